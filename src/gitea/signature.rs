//! Whether a delivery is the forge's: its bytes and their signature.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Whether `header` (`X-Gitea-Signature`: the HMAC-SHA256 in hexadecimal) signs `payload` with
/// one of `secrets`; several while a secret is being replaced.
///
/// An empty signature, which Gitea sends when the webhook has no secret, is never good, nor is
/// an empty secret. The comparison takes the same time wherever the difference lies.
pub fn verify(secrets: &[impl AsRef<[u8]>], payload: &[u8], header: &str) -> bool {
    let Some(signature) = from_hex(header) else {
        return false;
    };
    secrets.iter().map(AsRef::as_ref).any(|secret| {
        !secret.is_empty()
            && Hmac::<Sha256>::new_from_slice(secret)
                .is_ok_and(|mac| mac.chain_update(payload).verify_slice(&signature).is_ok())
    })
}

/// The 32 bytes that 64 hexadecimal digits stand for.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

/// Why a body holds no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPayload {
    /// The content type is neither JSON nor a form.
    #[error("the webhook's content type must be application/json (or the form that Gitea offers)")]
    ContentType,
    /// The form has no field `payload`.
    #[error("the form has no field `payload`")]
    Field,
}

/// The JSON in a delivery's body, which is what the signature is over: the body itself, or the
/// decoded field `payload` where the webhook was made with the content type of a form.
pub fn payload<'a>(content_type: &str, body: &'a [u8]) -> Result<Cow<'a, [u8]>, NoPayload> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(Cow::Borrowed(body));
    }
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(NoPayload::ContentType);
    }
    form_urlencoded::parse(body)
        .find(|(name, _)| name == "payload")
        .map(|(_, json)| Cow::Owned(json.into_owned().into_bytes()))
        .ok_or(NoPayload::Field)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"action":"created"}"#;
    const SIGNATURE: &str = "4cba2b9c2501fa00baeb133cfe10ef0c66a8097a1a9b934fc46452a70522568f";

    #[test]
    fn any_of_the_secrets_will_do() {
        assert!(verify(&["s3cret"], BODY, SIGNATURE));
        assert!(verify(&["new", "s3cret"], BODY, SIGNATURE));
        assert!(!verify(&["new"], BODY, SIGNATURE));
        assert!(!verify(&[""; 0], BODY, SIGNATURE));
        assert!(!verify(&["s3cret"], br#"{"action":"edited"}"#, SIGNATURE));
    }

    #[test]
    fn what_is_no_signature_is_never_good() {
        for bad in ["", "00", &SIGNATURE[1..], &SIGNATURE.replace('4', "g"), &"é".repeat(32)] {
            assert!(!verify(&["s3cret"], BODY, bad), "{bad}");
        }
        // The HMAC under an empty key, which anybody can compute.
        let empty = "7d48ddaaee8f6849e8fd3dc7a49c97e8774a1c25a615808b6f1a019f6b2784d0";
        assert!(!verify(&[""], BODY, empty));
    }

    #[test]
    fn a_form_holds_the_signed_json_in_a_field() {
        let form = b"x=1&payload=%7B%22action%22%3A%22created%22%7D";
        let json = payload("application/x-www-form-urlencoded", form).unwrap();
        assert!(verify(&["s3cret"], &json, SIGNATURE));
        let json = payload("Application/JSON; charset=utf-8", BODY).unwrap();
        assert!(verify(&["s3cret"], &json, SIGNATURE));
    }

    #[test]
    fn other_bodies_hold_nothing() {
        assert_eq!(payload("text/plain", BODY), Err(NoPayload::ContentType));
        assert_eq!(payload("", BODY), Err(NoPayload::ContentType));
        let form = payload("application/x-www-form-urlencoded", b"a=b");
        assert_eq!(form, Err(NoPayload::Field));
    }
}
