//! Whatever stands in the file: no secret is printed, and nothing panics.

use std::io;
use std::path::Path;

use proptest::prelude::*;
use timmy::config::{Outside, SecretFile, parse};

use super::example::uncommented;
use super::{EXAMPLE, read};

/// Files with `secret` in all the places, and in all the broken ways, in which people write one.
fn exposures(secret: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for key in ["token", "secret", "key", "password", "token_file", "secret_files", "key_file"] {
        for value in [
            format!("\"{secret}\""),
            secret.to_owned(),
            format!("\"{secret}"),
            format!("[\"{secret}\"]"),
            format!("[{secret}"),
            format!("\"\"\"\n{secret}"),
            format!("{{ {secret} = 1 }}"),
        ] {
            for table in ["[gitea]", "[webhook]", "[[agent]]\nkind = \"hermes\"", "[web]"] {
                texts.push(format!("{table}\n{key} = {value}\n"));
            }
        }
    }
    texts.push(format!("[gitea]\nurl = \"https://timmy:{secret}@git.example.org\""));
    texts.push(format!("[gitea]\nurl = \"https://git.example.org/?token={secret}\""));
    texts.push(format!("[gitea]\nurl = \"{secret}\""));
    // A key is a name and is quoted, unless it is too long or too odd for one.
    texts.push(format!("[gitea]\n\"{secret:=<33}\" = 1"));
    texts.push(format!("[gitea]\ntoken_file = \"a\"\n{secret}"));
    texts.push(EXAMPLE.to_owned());
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_secret_is_never_printed(secret in "[A-Za-z0-9+/=]{10,64}") {
        let secret_file = |path: &Path| match path.to_string_lossy().contains(&secret) {
            true => Err(io::ErrorKind::NotFound.into()),
            false => Ok(SecretFile { text: secret.clone(), exposed: true }),
        };
        for text in exposures(&secret) {
            for env in [None, Some(secret.clone()), Some(format!("{secret}\n{secret}"))] {
                // Where workers run is no secret.
                let env = |name: &str| env.clone().filter(|_| !name.starts_with("TIMMY_WORKER_"));
                let world = Outside { env: &env, secret_file: &secret_file };
                let printed = match parse(&text, Path::new("timmy.toml"), world) {
                    Ok(loaded) => format!("{loaded:?}"),
                    Err(problems) => format!("{problems}{problems:?}"),
                };
                prop_assert!(!printed.contains(&secret), "{}", printed);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_answered(text in "(?s).{0,400}") {
        let _ = read(&text);
    }

    /// Broken pieces of TOML, and what is put into values, never panic; and whatever is refused
    /// says why.
    #[test]
    fn any_change_of_the_example_is_answered(
        start in any::<prop::sample::Index>(),
        length in 0..60_usize,
        patch in prop_oneof![
            "(?s).{0,20}",
            "[\\[\\]{}=\"'#.,\n a-z0-9-]{0,30}",
            "(\\[\\[agent\\]\\]|= \"\"|= \\[\\]|= -1|= 1e400|= 99999999999999999999|= 0xff|\n){1,4}",
        ],
    ) {
        let text: Vec<char> = uncommented(true, true).chars().collect();
        let start = start.index(text.len());
        let before = text[..start].iter();
        let after = text[start..].iter().skip(length);
        let changed: String = before.copied().chain(patch.chars()).chain(after.copied()).collect();
        if let Err(problems) = read(&changed) {
            prop_assert!(!problems.0.is_empty());
        }
    }
}
