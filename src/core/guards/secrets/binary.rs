//! Files that the diff does not show: what is in them is looked at byte by byte.
//!
//! One zero byte makes git take any text for binary, so that nobody sees a line of it. So a file of
//! that kind passes only if it is what its name says, a picture or a font, and holds no secret.

use super::look::in_bytes;
use crate::core::guards::paths::name_of;

/// How large such a file may be that is looked at.
pub const LARGEST_BINARY: usize = 4 << 20;

/// How many of one change are looked at.
pub const MOST_BINARIES: usize = 10;

/// What is in a file that the diff does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryLook {
    /// It is what its name says, and nothing runs it.
    Harmless,
    /// Something that looks like a secret.
    Holds(&'static str),
    /// Nobody can tell.
    NotKnown,
}

/// Looks into the file that lies at `path`.
pub fn look_into(path: &str, bytes: &[u8]) -> BinaryLook {
    // Text in two bytes a letter shows its letters as well once its zeros are taken out.
    let letters: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    if let Some(what) = in_bytes(bytes).or_else(|| in_bytes(&letters)) {
        BinaryLook::Holds(what)
    } else if is_what_it_is_called(path, bytes) {
        BinaryLook::Harmless
    } else {
        BinaryLook::NotKnown
    }
}

/// Whether a picture or a font begins as its name says.
fn is_what_it_is_called(path: &str, bytes: &[u8]) -> bool {
    let name = name_of(path);
    let Some((_, ending)) = name.rsplit_once('.') else { return false };
    let at = |from: usize, mark: &[u8]| bytes.get(from..).is_some_and(|b| b.starts_with(mark));
    match ending {
        "png" => at(0, b"\x89PNG\r\n\x1a\n"),
        "jpg" | "jpeg" => at(0, b"\xff\xd8\xff"),
        "gif" => at(0, b"GIF87a") || at(0, b"GIF89a"),
        "webp" => at(0, b"RIFF") && at(8, b"WEBP"),
        "ico" => at(0, b"\0\0\x01\0"),
        "bmp" => at(0, b"BM"),
        "avif" => at(4, b"ftypavif"),
        "woff" => at(0, b"wOFF"),
        "woff2" => at(0, b"wOF2"),
        "ttf" => at(0, b"\0\x01\0\0"),
        "otf" => at(0, b"OTTO"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::secrets::binary::*;

    #[test]
    fn a_zero_byte_hides_nothing() {
        let key = format!("key = \"glpat-{}\"\n", "Q7mZ2kXw9Rb4TyVf6NcH");
        let hidden = format!("import a\n\0\n{key}");
        assert!(matches!(look_into("a.py", hidden.as_bytes()), BinaryLook::Holds(_)));
        let wide: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(look_into("a.txt", &wide), BinaryLook::Holds(_)));
        let pictured = [b"\x89PNG\r\n\x1a\n\0\n", key.as_bytes()].concat();
        assert!(matches!(look_into("a.png", &pictured), BinaryLook::Holds(_)));
    }

    #[test]
    fn only_what_is_what_it_is_called_passes() {
        let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(look_into("docs/Door.PNG", picture), BinaryLook::Harmless);
        assert_eq!(look_into("door.py", picture), BinaryLook::NotKnown);
        assert_eq!(look_into("door.png", b"print()\0"), BinaryLook::NotKnown);
        assert_eq!(look_into("door.zip", b"PK\x03\x04"), BinaryLook::NotKnown);
        assert_eq!(look_into("png", b""), BinaryLook::NotKnown);
    }
}
