//! The access token, kept where it cannot be printed.

use std::fmt;

use reqwest::header::HeaderValue;

/// An access token of the forge. Nothing prints it; it leaves only as a header of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

/// Why a text is no token. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAToken {
    #[error("the token is empty: put the access token of the bot's account there")]
    Empty,
    /// It holds white space, control characters or letters beyond ASCII.
    #[error("the token holds characters that no access token has: is this the right file?")]
    Characters,
}

impl Token {
    /// The token in `text`; white space around it (the end of the line of a file) is dropped.
    pub fn new(text: &str) -> Result<Self, NotAToken> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotAToken::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(NotAToken::Characters);
        }
        let mut header =
            HeaderValue::from_str(&format!("token {text}")).map_err(|_| NotAToken::Characters)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use crate::gitea::token::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new("0123abcd\n").unwrap();
        assert_eq!(format!("{token:?} {:?}", token.header()), "Token(..) Sensitive");
        assert_eq!(token.header().to_str().unwrap(), "token 0123abcd");
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_without_repeating_it() {
        assert_eq!(Token::new(" \n").unwrap_err(), NotAToken::Empty);
        for bad in ["two words", "a\nb", "gehe\u{ef}m"] {
            let error = Token::new(bad).unwrap_err();
            assert_eq!(error, NotAToken::Characters);
            assert!(!error.to_string().contains(bad));
        }
    }
}
