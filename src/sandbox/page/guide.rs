//! What the page shows a newcomer, and whose parts can be played.

/// What the page shows a newcomer, and whose parts can be played.
pub struct Guide {
    /// Where `/` leads: a path such as `/foundation/door/issues/1`.
    pub home: String,
    /// What is said above the thread at `home`.
    pub welcome: &'static str,
    /// The account that answers; it is shown as a bot.
    pub bot: String,
    /// Who can be played. The first one is proposed where nobody spoke yet.
    pub people: Vec<Person>,
    /// Comments to try.
    pub hints: Vec<Hint>,
}

impl Guide {
    /// Whether `login` is somebody who can be played.
    pub(super) fn plays(&self, login: &str) -> bool {
        self.people.iter().any(|person| person.login == login)
    }
}

pub struct Person {
    pub login: &'static str,
    /// Who they are, in a few words.
    pub about: &'static str,
}

pub struct Hint {
    pub who: &'static str,
    pub text: &'static str,
    /// What it shows.
    pub shows: &'static str,
}
