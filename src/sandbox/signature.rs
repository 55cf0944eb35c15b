//! How Gitea signs a webhook: HMAC over the JSON, with SHA-256 and, for old receivers, SHA-1.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The HMAC-SHA256 of `payload`, in hexadecimal digits; nothing without a secret.
pub(super) fn sha256(secret: &str, payload: &[u8]) -> String {
    if secret.is_empty() {
        return String::new();
    }
    let mut mac =
        <Hmac<Sha256>>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(payload);
    hex(&mac.finalize().into_bytes())
}

/// The HMAC-SHA1 of `payload`, in hexadecimal digits; nothing without a secret.
///
/// RFC 2104 over RFC 3174, written out: it is here only because the header is sent.
pub(super) fn sha1(secret: &str, payload: &[u8]) -> String {
    const BLOCK: usize = 64;
    if secret.is_empty() {
        return String::new();
    }
    let key = secret.as_bytes();
    let mut block = [0; BLOCK];
    match key.len() {
        0..=BLOCK => block[..key.len()].copy_from_slice(key),
        _ => block[..20].copy_from_slice(&sha1_digest(key)),
    }
    let inner = sha1_digest(&[&block.map(|byte| byte ^ 0x36), payload].concat());
    hex(&sha1_digest(&[&block.map(|byte| byte ^ 0x5c)[..], &inner].concat()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 3174, method 1.
fn sha1_digest(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() - message.len() < 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let bits = 8 * message.len() as u64;
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&bits.to_be_bytes());

    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0_u32];
    for block in padded.chunks_exact(64) {
        sha1_block(&mut state, block);
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

fn sha1_block(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for t in 16..80 {
        words[t] = (words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in words.into_iter().enumerate() {
        let (mixed, constant) = match t {
            0..20 => (b & c | !b & d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let sum = [mixed, e, word, constant].into_iter().fold(a.rotate_left(5), u32::wrapping_add);
        (a, b, c, d, e) = (sum, a, b.rotate_left(30), c, d);
    }
    for (word, added) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(added);
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::signature::*;

    #[test]
    fn digests_are_those_of_rfc_3174() {
        assert_eq!(hex(&sha1_digest(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(&sha1_digest(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        );
        assert_eq!(
            hex(&sha1_digest(&[b'a'; 1_000_000])),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
        );
    }

    #[test]
    fn signatures_are_those_that_a_gitea_sent() {
        let body = br#"{"action":"created"}"#;
        assert_eq!(
            sha256("s3cret", body),
            "4cba2b9c2501fa00baeb133cfe10ef0c66a8097a1a9b934fc46452a70522568f"
        );
        // RFC 2202, test case 2.
        assert_eq!(
            sha1("Jefe", b"what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
    }

    #[test]
    fn without_a_secret_there_is_no_signature() {
        assert_eq!(sha256("", b"{}"), "");
        assert_eq!(sha1("", b"{}"), "");
    }
}
