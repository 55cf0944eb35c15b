//! Which paths a text names, wherever in it they stand: an agent reads all of it.

use crate::core::model::issue::NamedPaths;

/// The most paths that are kept of one text.
const MOST: usize = 200;

/// The longest path that is one, in bytes.
const LONGEST: usize = 255;

/// Names of files that have no dot in them; and any that ends as `Makefile` does.
const FILE_NAMES: [&str; 24] = [
    "APKBUILD",
    "AUTHORS",
    "BUCK",
    "BUILD",
    "CHANGELOG",
    "CODEOWNERS",
    "CONTRIBUTING",
    "COPYING",
    "COPYRIGHT",
    "LICENCE",
    "LICENSE",
    "MAINTAINERS",
    "NOTICE",
    "OWNERS",
    "PKGBUILD",
    "README",
    "SECURITY",
    "VERSION",
    "WORKSPACE",
    "configure",
    "crontab",
    "gradlew",
    "mvnw",
    "wscript",
];

/// What stands around names in prose, code and Markdown.
const AROUND: &[char] = &[
    '`', '"', '\'', '(', ')', '[', ']', '{', '}', '<', '>', '|', ',', ';', '=', '*', '!', '?', '“',
    '”', '‘', '’', '«', '»', '„',
];

/// The paths that `title` and `body` name, each once. What is no path does no harm here: it is
/// compared with patterns.
pub fn named(title: &str, body: &str) -> NamedPaths {
    let mut named = NamedPaths::default();
    let words = [title, body].into_iter().flat_map(|text| {
        text.split(|c: char| c.is_whitespace() || AROUND.contains(&c))
            .flat_map(parts)
            .filter_map(path)
    });
    for path in words {
        if named.paths.iter().any(|known| known == path) {
            continue;
        }
        if named.paths.len() == MOST {
            named.is_cut = true;
            break;
        }
        named.paths.push(path.to_owned());
    }
    named
}

/// The parts of a word that may be paths: `door.rs:12`, `door.rs#L12`, `main:deploy/prod.yml`.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let word = of_link(word).unwrap_or_default();
    word.split('#').next().unwrap_or_default().split(':')
}

/// The path that a word is, from the root of the repository on.
fn path(word: &str) -> Option<&str> {
    let word = word.trim_end_matches('.').trim_start_matches("./").trim_start_matches('/');
    let is_named = word.contains('/') || word.trim_start_matches('.').contains('.');
    let word = word.trim_end_matches('/');
    let is_hidden = word.starts_with('.') && word.len() > 1;
    let has_letters = word.contains(char::is_alphanumeric);
    let is_path = (is_named || is_hidden) && has_letters || is_file_name(word);
    (is_path && word.len() <= LONGEST).then_some(word)
}

/// Whether files are called like that which have no dot in their names. Any other word would fill
/// what is kept of a text.
fn is_file_name(word: &str) -> bool {
    const ENDING: &str = "file";
    let ending = word.len().checked_sub(ENDING.len()).filter(|before| *before > 0);
    let ending = ending.and_then(|before| word.get(before..));
    FILE_NAMES.contains(&word) || ending.is_some_and(|end| end.eq_ignore_ascii_case(ENDING))
}

/// The path that a link to a file of a forge leads to; any other word as it is.
fn of_link(word: &str) -> Option<&str> {
    let Some((_, link)) = word.split_once("://") else { return Some(word) };
    let link = link.split(['?', '#']).next().unwrap_or_default();
    ["/src/branch/", "/src/commit/", "/src/tag/", "/raw/branch/", "/blob/", "/edit/"]
        .iter()
        .find_map(|folder| link.split_once(folder))
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::paths::*;

    fn paths(body: &str) -> Vec<String> {
        named("", body).paths
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        for (text, path) in [
            ("Change deploy/prod.yml.", "deploy/prod.yml"),
            ("In `.gitea/workflows/ci.yml`:", ".gitea/workflows/ci.yml"),
            ("```sh\nvi ./ci/run.sh\n```", "ci/run.sh"),
            ("<!-- AGENTS.md -->", "AGENTS.md"),
            ("[it](.timmy.toml)", ".timmy.toml"),
            ("at ci/run.sh:12", "ci/run.sh"),
            ("(deploy/)", "deploy"),
            ("the folder .claude", ".claude"),
            ("> quoted ci/x.sh, too", "ci/x.sh"),
            ("Bump it in the Makefile.", "Makefile"),
            ("the `Dockerfile`'s stage", "Dockerfile"),
            ("as CODEOWNERS says", "CODEOWNERS"),
            ("Jenkinsfile:12", "Jenkinsfile"),
            ("`git show main:deploy/prod.yml`", "deploy/prod.yml"),
            ("`git show origin/main:Makefile`", "Makefile"),
            ("host:deploy/a.sh:3", "deploy/a.sh"),
            ("https://git.example.org/o/r/src/branch/main/ci/run.sh#L3", "ci/run.sh"),
        ] {
            let found = paths(text);
            assert!(found.iter().any(|one| one == path), "{text}: {found:?}");
        }
        assert_eq!(named("Mend ci/run.sh", "ci/run.sh").paths, ["ci/run.sh"], "the title counts");
    }

    #[test]
    fn words_are_no_paths() {
        for text in [
            "It squeaks.",
            "e",
            "...",
            "/",
            "https://example.org/a/b",
            "#12",
            "@anna",
            "a file",
            "12:30",
        ] {
            assert_eq!(paths(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn so_many_are_kept_and_that_there_are_more_is_known() {
        let many: String = (0..300).map(|n| format!("src/{n}.rs ")).collect();
        let found = named("", &many);
        assert_eq!((found.paths.len(), found.is_cut), (200, true));
        let long = format!("{}/a.rs", "a".repeat(1_000_000));
        assert_eq!(named(&long, ""), NamedPaths::default());
    }
}
