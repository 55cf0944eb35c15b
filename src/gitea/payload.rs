//! The JSON in the body of a delivery, taken out while the body arrives.
//!
//! The signature is over that JSON: the body itself, or the decoded field `payload` where the
//! webhook was made with the content type of a form.

use std::borrow::Cow;

/// The field of a form that holds the JSON.
const FIELD: &[u8] = b"payload";

/// Why a form holds no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPayload {
    /// The content type is neither JSON nor a form.
    #[error("the webhook's content type must be application/json (or the form that Gitea offers)")]
    ContentType,
    #[error("the form has no field `payload`")]
    Field,
}

/// Takes the payload out of a body, piece by piece.
#[derive(Debug)]
pub struct PayloadReader(Option<FormReader>);

impl PayloadReader {
    /// For a body of this `Content-Type`.
    ///
    /// # Errors
    /// [`NoPayload::ContentType`]: the body need not be read.
    pub fn new(content_type: &str) -> Result<Self, NoPayload> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/json") {
            Ok(Self(None))
        } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Ok(Self(Some(FormReader::default())))
        } else {
            Err(NoPayload::ContentType)
        }
    }

    /// What the next `piece` of the body holds of the payload.
    pub fn read<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        match &mut self.0 {
            None => Cow::Borrowed(piece),
            Some(form) => Cow::Owned(form.read(piece)),
        }
    }

    /// To be called at the end of the body: what is left of the payload.
    ///
    /// # Errors
    /// [`NoPayload::Field`], if the form had no such field.
    pub fn finish(self) -> Result<Vec<u8>, NoPayload> {
        match self.0 {
            None => Ok(Vec::new()),
            Some(form) => form.finish(),
        }
    }
}

/// The payload of a whole `body`.
///
/// # Errors
/// If it holds none.
pub fn payload(content_type: &str, body: &[u8]) -> Result<Vec<u8>, NoPayload> {
    let mut reader = PayloadReader::new(content_type)?;
    let mut payload = reader.read(body).into_owned();
    payload.extend(reader.finish()?);
    Ok(payload)
}

/// A form that is being read. Of its fields only the first `payload` is decoded, none is kept.
#[derive(Debug)]
struct FormReader {
    at: At,
    /// How many bytes of the field's name were read, as long as they are those of `payload`.
    matched: Option<usize>,
    /// A percent sign, and what followed it so far.
    escape: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Name,
    /// In the value of another field.
    Other,
    Payload,
    /// Behind the payload: the rest is ignored.
    End,
}

impl Default for FormReader {
    fn default() -> Self {
        Self { at: At::Name, matched: Some(0), escape: Vec::new() }
    }
}

impl FormReader {
    fn read(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        for byte in piece {
            match (self.at, byte) {
                (At::Name, b'=') => {
                    let is_payload = self.matched == Some(FIELD.len());
                    self.at = if is_payload { At::Payload } else { At::Other };
                }
                (At::Name | At::Other, b'&') => *self = Self::default(),
                (At::Name, byte) => {
                    let next = self.matched.filter(|at| FIELD.get(*at) == Some(byte));
                    self.matched = next.map(|at| at + 1);
                }
                (At::Payload, b'&') => {
                    payload.append(&mut self.escape);
                    self.at = At::End;
                }
                (At::Payload, byte) => self.decode(*byte, &mut payload),
                (At::Other | At::End, _) => {}
            }
        }
        payload
    }

    fn decode(&mut self, byte: u8, payload: &mut Vec<u8>) {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        if !self.escape.is_empty() {
            if let Some(low) = digit(byte) {
                if let [_, high] = *self.escape {
                    payload.push(digit(high).unwrap_or_default() << 4 | low);
                    self.escape.clear();
                } else {
                    self.escape.push(byte);
                }
                return;
            }
            // No escape after all: it stands for itself.
            payload.append(&mut self.escape);
        }
        match byte {
            b'%' => self.escape.push(byte),
            b'+' => payload.push(b' '),
            byte => payload.push(byte),
        }
    }

    fn finish(self) -> Result<Vec<u8>, NoPayload> {
        match self.at {
            At::Payload | At::End => Ok(self.escape),
            At::Name | At::Other => Err(NoPayload::Field),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::gitea::payload::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    /// The payload of `body` when it comes in pieces of `size` bytes.
    fn in_pieces(body: &[u8], size: usize) -> Result<Vec<u8>, NoPayload> {
        let mut reader = PayloadReader::new(FORM).unwrap();
        let mut payload = Vec::new();
        for piece in body.chunks(size) {
            payload.extend_from_slice(&reader.read(piece));
        }
        payload.extend(reader.finish()?);
        Ok(payload)
    }

    #[test]
    fn a_form_holds_the_json_in_a_field() {
        let form = b"x=1&payload=%7B%22a%22%3A+%22%25%22%7D&payload=2";
        assert_eq!(payload(FORM, form).unwrap(), br#"{"a": "%"}"#);
        assert_eq!(payload("Application/JSON; charset=utf-8", b"{}").unwrap(), b"{}");
    }

    #[test]
    fn other_bodies_hold_nothing() {
        assert_eq!(payload("text/plain", b"{}"), Err(NoPayload::ContentType));
        assert_eq!(payload("", b"{}"), Err(NoPayload::ContentType));
        for none in ["", "a=b", "payload", "payloads=1", "xpayload=1", "a=payload", "PAYLOAD=1"] {
            assert_eq!(payload(FORM, none.as_bytes()), Err(NoPayload::Field), "{none}");
        }
    }

    #[test]
    fn a_broken_escape_stands_for_itself() {
        assert_eq!(payload(FORM, b"payload=%4%41%zz%").unwrap(), b"%4A%zz%");
        assert_eq!(payload(FORM, b"payload=%&a=b").unwrap(), b"%");
    }

    proptest! {
        /// As the crate does it that knows only whole forms.
        #[test]
        fn a_form_is_read_as_others_read_it(
            json in "(?s).{0,60}", before in "[a-z]{0,3}=[a-z%+]{0,5}&", size in 1..9_usize,
        ) {
            let mut form = before;
            form.extend(form_urlencoded::byte_serialize(b"payload"));
            form.push('=');
            form.extend(form_urlencoded::byte_serialize(json.as_bytes()));
            prop_assert_eq!(in_pieces(form.as_bytes(), size).unwrap(), json.into_bytes());
        }

        #[test]
        fn broken_escapes_are_read_as_others_read_them(value in "[a-f0-9%+=]{0,12}", size in 1..5_usize) {
            let form = format!("payload={value}");
            let read = form_urlencoded::parse(form.as_bytes()).next().unwrap().1.into_owned();
            let ours = String::from_utf8_lossy(&in_pieces(form.as_bytes(), size).unwrap()).into_owned();
            prop_assert_eq!(ours, read);
        }
    }
}
