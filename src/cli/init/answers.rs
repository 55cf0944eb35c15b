//! The three answers: from flags, or from somebody at a terminal.

use std::io::{self, BufRead, Write};

/// What the configuration is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) url: String,
    /// The login that becomes `people.owner`.
    pub(super) owner: String,
    /// What is looked after; at least one.
    pub(super) watch: Vec<String>,
    /// What Gitea calls; the example's if nobody said.
    pub(super) public_url: Option<String>,
}

/// The answers that were given as flags; the rest is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenAnswers {
    pub(super) url: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) watch: Vec<String>,
    pub(super) public_url: Option<String>,
}

/// Takes what is given.
///
/// # Errors
/// All flags that are missing, in one sentence.
pub(super) fn take(given: GivenAnswers) -> Result<Answers, String> {
    let mut missing = Vec::new();
    if given.url.is_none() {
        missing.push("--url URL, the address of Gitea");
    }
    if given.owner.is_none() {
        missing.push("--owner NAME, your account there");
    }
    if given.watch.is_empty() {
        missing.push("--watch ORG, what to look after");
    }
    match (given.url, given.owner) {
        (Some(url), Some(owner)) if missing.is_empty() => {
            Ok(Answers { url, owner, watch: given.watch, public_url: given.public_url })
        }
        _ => Err(format!(
            "nobody is here to be asked, and these are missing: {}",
            missing.join("; ")
        )),
    }
}

/// Asks for what is not given.
///
/// # Errors
/// If there is nobody left to answer.
pub(super) fn ask(
    given: GivenAnswers,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<Answers> {
    let mut question = |text: &str| -> io::Result<String> {
        loop {
            write!(output, "{text} ")?;
            output.flush()?;
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !line.trim().is_empty() {
                return Ok(line.trim().to_owned());
            }
        }
    };
    let url = match given.url {
        Some(url) => url,
        None => question("Where is your Gitea? (https://git.example.org)")?,
    };
    let owner = match given.owner {
        Some(owner) => owner,
        None => question("What is your account there?")?,
    };
    let watch = match given.watch {
        watch if !watch.is_empty() => watch,
        _ => question("Which organisations or repositories shall timmy look after?")?
            .split([' ', ','])
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    Ok(Answers { url, owner, watch, public_url: given.public_url })
}

#[cfg(test)]
mod tests {
    use crate::cli::init::answers::*;

    #[test]
    fn everything_that_is_missing_is_told_at_once() {
        let problem = take(GivenAnswers::default()).unwrap_err();
        for flag in ["--url", "--owner", "--watch"] {
            assert!(problem.contains(flag), "{problem}");
        }
        let given = GivenAnswers {
            url: Some("u".into()),
            owner: Some("o".into()),
            ..GivenAnswers::default()
        };
        assert!(!take(given).unwrap_err().contains("--owner"));
    }

    #[test]
    fn only_what_is_missing_is_asked_until_it_is_answered() {
        let given =
            GivenAnswers { url: Some("https://git.example.org".into()), ..GivenAnswers::default() };
        let (mut input, mut output) = (&b"\n alexander\nfoundation, alexander/notes\n"[..], vec![]);
        let answers = ask(given, &mut input, &mut output).unwrap();
        assert_eq!(answers.owner, "alexander");
        assert_eq!(answers.watch, ["foundation", "alexander/notes"]);
        let asked = String::from_utf8(output).unwrap();
        assert_eq!(asked.matches("account").count(), 2, "{asked}");
        assert!(!asked.contains("Where is"), "{asked}");
    }

    #[test]
    fn without_an_answer_it_ends() {
        assert!(ask(GivenAnswers::default(), &mut io::empty(), &mut io::sink()).is_err());
    }
}
