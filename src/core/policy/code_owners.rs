//! Whom a file `CODEOWNERS` makes the forge ask for reviews.
//!
//! The forge asks them in the name of whoever opened the pull request, whenever that moves, and no
//! timeline that a program can read tells the difference.

/// Where the forge looks for such a file.
pub const PLACES: [&str; 3] = ["CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"];

/// Whether a file names an account anywhere. Which paths a line is for does not matter: what might
/// be the forge's doing is nobody's word.
pub fn names(file: &str, login: &str) -> bool {
    file.lines().any(|line| {
        let words = line.split('#').next().unwrap_or_default().split_whitespace();
        words.skip(1).any(|word| word.trim_start_matches('@').eq_ignore_ascii_case(login))
    })
}

#[cfg(test)]
mod tests {
    use crate::core::policy::code_owners::*;

    #[test]
    fn an_account_is_named_with_and_without_its_sign() {
        let file =
            "# @rando owns nothing\n.*\\.rs @ezra @foundation/writers\n!docs/.* Bezalel # x\n";
        for named in ["ezra", "Ezra", "bezalel"] {
            assert!(names(file, named), "{named}");
        }
        for other in ["rando", "writers", "foundation", "x", ".*\\.rs", ""] {
            assert!(!names(file, other), "{other}");
        }
    }
}
