//! Whether a delivery is the forge's: the signature of its payload, checked while the payload
//! arrives, piece by piece.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::core::policy::webhook_scope::HookScope;

/// What `X-Gitea-Signature` holds: the HMAC-SHA256 of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 32]);

impl Signature {
    /// The signature in `header`: 64 hexadecimal digits. Anything else is none, also the empty
    /// header that Gitea sends when the webhook has no secret: it can be refused unread.
    pub fn parse(header: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let is_whole = base16ct::mixed::decode(header, &mut bytes).ok()?.len() == bytes.len();
        is_whole.then_some(Self(bytes))
    }
}

/// The secrets that may have signed, each with what it speaks for. Its `Debug` shows none.
#[derive(Clone, Default)]
pub struct Keys(Vec<(Hmac<Sha256>, HookScope)>);

impl Keys {
    /// The keys made of `secrets`. Empty ones are left out: anybody can sign with them.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = (S, HookScope)>) -> Self {
        let key = |(secret, scope): (S, HookScope)| {
            let secret = Some(secret.as_ref()).filter(|secret| !secret.is_empty())?;
            Some((Hmac::new_from_slice(secret).ok()?, scope))
        };
        Self(secrets.into_iter().filter_map(key).collect())
    }

    /// Begins to read a payload. It costs one HMAC for each secret.
    pub fn digest(&self) -> PayloadDigest<'_> {
        PayloadDigest { keys: self, macs: self.0.iter().map(|(mac, _)| mac.clone()).collect() }
    }

    /// The scopes of those secrets that signed `payload`.
    pub fn verify(&self, payload: &[u8], signature: Signature) -> Vec<HookScope> {
        let mut digest = self.digest();
        digest.update(payload);
        digest.verify(signature)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(_, scope)| scope)).finish()
    }
}

/// The HMACs of a payload that is still arriving.
pub struct PayloadDigest<'a> {
    keys: &'a Keys,
    macs: Vec<Hmac<Sha256>>,
}

impl PayloadDigest<'_> {
    /// Adds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        for mac in &mut self.macs {
            mac.update(piece);
        }
    }

    /// The scopes of those secrets that made `signature`; none if it is no good. Every secret is
    /// tried, and each comparison takes the same time wherever the difference lies.
    pub fn verify(self, signature: Signature) -> Vec<HookScope> {
        let mut signers = Vec::new();
        for (mac, (_, scope)) in self.macs.into_iter().zip(&self.keys.0) {
            if mac.verify_slice(&signature.0).is_ok() {
                signers.push(scope.clone());
            }
        }
        signers
    }
}

#[cfg(test)]
mod tests {
    use crate::gitea::signature::*;

    const BODY: &[u8] = br#"{"action":"created"}"#;
    const SIGNATURE: &str = "4cba2b9c2501fa00baeb133cfe10ef0c66a8097a1a9b934fc46452a70522568f";

    fn signers(secrets: &[&str], body: &[u8], header: &str) -> usize {
        let keys = Keys::new(secrets.iter().map(|secret| (secret, HookScope::Everything)));
        Signature::parse(header).map_or(0, |signature| keys.verify(body, signature).len())
    }

    #[test]
    fn any_of_the_secrets_will_do() {
        assert_eq!(signers(&["s3cret"], BODY, SIGNATURE), 1);
        assert_eq!(signers(&["new", "s3cret"], BODY, SIGNATURE), 1);
        assert_eq!(signers(&["new"], BODY, SIGNATURE), 0);
        assert_eq!(signers(&[], BODY, SIGNATURE), 0);
        assert_eq!(signers(&["s3cret"], br#"{"action":"edited"}"#, SIGNATURE), 0);
    }

    #[test]
    fn what_is_no_signature_is_known_by_its_form() {
        for bad in ["", "00", &SIGNATURE[1..], &SIGNATURE.replace('4', "g"), &"é".repeat(32)] {
            assert_eq!(Signature::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        // The HMAC under an empty key, which anybody can compute.
        let empty = "7d48ddaaee8f6849e8fd3dc7a49c97e8774a1c25a615808b6f1a019f6b2784d0";
        assert_eq!(signers(&[""], BODY, empty), 0);
    }

    #[test]
    fn it_does_not_matter_how_the_payload_is_cut() {
        let scope = HookScope::Owner("foundation".to_owned());
        let keys = Keys::new([("other", HookScope::Everything), ("s3cret", scope.clone())]);
        for size in 1..BODY.len() {
            let mut digest = keys.digest();
            BODY.chunks(size).for_each(|piece| digest.update(piece));
            let signers = digest.verify(Signature::parse(SIGNATURE).unwrap());
            assert_eq!(signers, std::slice::from_ref(&scope), "{size}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let keys = Keys::new([("s3cret", HookScope::Everything)]);
        assert_eq!(format!("{keys:?}"), "[Everything]");
    }
}
