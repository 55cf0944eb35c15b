//! In whose trace an effect is, by its key.

use crate::core::model::ids::{JobId, Subject};

/// Whose effect it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectOwner {
    /// What a text led to.
    Text(TextKey),
    Job(JobId),
    /// A question to a person, by the number of the decision: it is in the trace of its job.
    Decision(i64),
}

/// A version of a text, as its effects name it: `c812`, `c812.e5` for an edit of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextKey {
    pub subject: Subject,
    /// The number of the version in the inbox, if it is an edit.
    pub edit: Option<i64>,
}

impl TextKey {
    /// The forge's number of it.
    pub fn number(self) -> i64 {
        match self.subject {
            Subject::Comment(id) | Subject::Issue(id) => id,
        }
    }

    /// What the root of its trace is called.
    pub fn root_name(self) -> &'static str {
        match self.subject {
            Subject::Comment(_) => "comment",
            Subject::Issue(_) => "issue",
        }
    }
}

/// As the keys of its effects begin.
impl std::fmt::Display for TextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.subject.key())?;
        self.edit.map_or(Ok(()), |edit| write!(f, ".e{edit}"))
    }
}

/// Whose effect `key` is in the ledger of this name; none if it is neither a text's nor a job's, such
/// as one of the report.
pub fn effect_owner(key: &str, ledger: &str) -> Option<EffectOwner> {
    let own = key.strip_prefix(ledger).and_then(|rest| rest.strip_prefix('-'));
    if let Some(own) = own {
        let first = own.split(['.', '-']).next().unwrap_or_default();
        return match first.split_at_checked(1)? {
            ("j", number) => Some(EffectOwner::Job(JobId(digits(number)?))),
            ("d", number) => Some(EffectOwner::Decision(digits(number)?)),
            _ => None,
        };
    }
    text_key(key).map(EffectOwner::Text)
}

/// Reads what the keys of a text's effects begin with.
fn text_key(key: &str) -> Option<TextKey> {
    let mut parts = key.split('.');
    let subject = match parts.next()?.split_at_checked(1)? {
        ("c", number) => Subject::Comment(digits(number)?),
        ("i", number) => Subject::Issue(digits(number)?),
        _ => return None,
    };
    let edit = parts.next().and_then(|part| digits(part.strip_prefix('e')?));
    Some(TextKey { subject, edit })
}

/// A number of digits alone: that of a gesture may be below zero.
fn digits(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_number = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::core::trace::effect_owner::*;

    fn text(subject: Subject, edit: Option<i64>) -> Option<EffectOwner> {
        Some(EffectOwner::Text(TextKey { subject, edit }))
    }

    #[test]
    fn a_key_says_whose_effect_it_is() {
        let owner = |key| effect_owner(key, "x7k2m4pq");
        assert_eq!(owner("c812.1"), text(Subject::Comment(812), None));
        assert_eq!(owner("c812.eyes"), text(Subject::Comment(812), None));
        assert_eq!(owner("c812.e5.1"), text(Subject::Comment(812), Some(5)));
        assert_eq!(owner("i41.2"), text(Subject::Issue(41), None));
        assert_eq!(owner("x7k2m4pq-j42.7"), Some(EffectOwner::Job(JobId(42))));
        assert_eq!(owner("x7k2m4pq-j42.7.merge"), Some(EffectOwner::Job(JobId(42))));
        assert_eq!(owner("x7k2m4pq-j42.7-1764515000.card"), Some(EffectOwner::Job(JobId(42))));
        assert_eq!(owner("x7k2m4pq-d7"), Some(EffectOwner::Decision(7)));
        assert_eq!(owner("x7k2m4pq-d7.void"), Some(EffectOwner::Decision(7)));
        for no in ["", "c", "report.2026-11-23", "other123-j42.7", "x7k2m4pq-", "x7k2m4pq-jx", "é"]
        {
            assert_eq!(owner(no), None, "{no}");
        }
    }

    #[test]
    fn a_text_is_called_as_its_effects_begin() {
        for key in ["c812", "c812.e5", "i41"] {
            assert_eq!(text_key(key).unwrap().to_string(), key);
        }
    }
}
