//! What an agent is good for.

use std::fmt;

/// The kind of work that an agent takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Changes code.
    Coder,
    /// Judges the changes of others.
    Reviewer,
    /// Finds out.
    Researcher,
    /// Changes what runs.
    Devops,
}

impl Role {
    /// All of them, by the word that labels and the configuration use.
    pub const ALL: [(&'static str, Self); 4] = [
        ("coder", Self::Coder),
        ("reviewer", Self::Reviewer),
        ("researcher", Self::Researcher),
        ("devops", Self::Devops),
    ];
}

/// The word of the configuration, in lower case.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coder => "coder",
            Self::Reviewer => "reviewer",
            Self::Researcher => "researcher",
            Self::Devops => "devops",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn each_prints_the_word_it_is_read_from() {
        for (word, role) in Role::ALL {
            assert_eq!(role.to_string(), word);
        }
    }
}
