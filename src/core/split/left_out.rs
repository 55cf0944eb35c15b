//! Dependencies that a person approved, and that were left out when they were to be set.

use serde::{Deserialize, Serialize};

/// That one issue does not wait for another, though it was to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub issue: i64,
    pub on: i64,
    pub why: LeftOutWhy,
}

/// Why a dependency was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutWhy {
    /// The other one waits for it by now, on whatever way: nobody could begin either.
    Circle,
    /// The other one may wait for it, on a way that is too long to be read.
    Unproven,
    /// This one of the two was open when a person said yes, and is closed.
    Closed(i64),
    /// This one of the two was there when a person said yes, and is not any more.
    Gone(i64),
}

#[cfg(test)]
mod tests {
    use crate::core::split::left_out::*;

    #[test]
    fn it_is_stored_and_read_again() {
        let left = |why| LeftOut { issue: 41, on: 40, why };
        for (left, stored) in [
            (left(LeftOutWhy::Circle), r#"{"issue":41,"on":40,"why":"circle"}"#),
            (left(LeftOutWhy::Unproven), r#"{"issue":41,"on":40,"why":"unproven"}"#),
            (left(LeftOutWhy::Closed(40)), r#"{"issue":41,"on":40,"why":{"closed":40}}"#),
            (left(LeftOutWhy::Gone(41)), r#"{"issue":41,"on":40,"why":{"gone":41}}"#),
        ] {
            assert_eq!(serde_json::to_string(&left).unwrap(), stored);
            assert_eq!(serde_json::from_str::<LeftOut>(stored).unwrap(), left);
        }
    }
}
