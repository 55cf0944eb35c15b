//! What people tell the agents of a job.

use serde::{Deserialize, Serialize};

use super::ids::Commit;
use crate::core::model::remark::Remark;

/// The most remarks of a review that an agent is told.
const MOST_REMARKS: usize = 50;

/// What somebody told the agents of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText")]
pub struct ToldText {
    /// Their login; none if nobody wrote down who it was.
    pub by: Option<String>,
    pub text: String,
    /// It is a review that asks for changes: then all of it is data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ToldReview>,
}

/// A review that asks for changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldReview {
    /// The pull request, and the head of it that was looked at.
    pub pull: i64,
    pub commit: Option<Commit>,
    pub remarks: Vec<Remark>,
    /// How many more there are.
    #[serde(default)]
    pub left_out: usize,
}

/// As it may be stored: once it was the text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredText {
    Alone(String),
    Said {
        by: Option<String>,
        text: String,
        #[serde(default)]
        review: Option<ToldReview>,
    },
}

impl From<StoredText> for ToldText {
    fn from(stored: StoredText) -> Self {
        match stored {
            StoredText::Alone(text) => Self::alone(text),
            StoredText::Said { by, text, review } => Self { by, text, review },
        }
    }
}

impl ToldText {
    /// A text of which nobody knows who said it.
    pub fn alone(text: String) -> Self {
        Self { by: None, text, review: None }
    }

    pub fn by(login: &str, text: &str) -> Self {
        Self { by: Some(login.to_owned()), text: text.to_owned(), review: None }
    }

    /// With the review that it is.
    #[must_use]
    pub fn of(self, review: ToldReview) -> Self {
        Self { review: Some(review), ..self }
    }

    pub fn asks_for_changes(&self) -> bool {
        self.review.is_some()
    }
}

impl ToldReview {
    pub fn new(pull: i64, commit: Option<Commit>, mut remarks: Vec<Remark>) -> Self {
        let left_out = remarks.len().saturating_sub(MOST_REMARKS);
        remarks.truncate(MOST_REMARKS);
        Self { pull, commit, remarks, left_out }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::JobEvent;
    use crate::core::jobs::told::*;
    use crate::core::model::remark::RemarkLine;

    fn remark(comment: i64) -> Remark {
        let line = Some(RemarkLine::New(2));
        Remark { comment, path: "hinge.rs".to_owned(), line, text: "Oil it.".to_owned() }
    }

    #[test]
    fn a_text_that_was_stored_without_its_author_is_still_read() {
        let read = |json: &str| serde_json::from_str::<JobEvent>(json).unwrap();
        let alone = ToldText::alone("Use oil.".to_owned());
        assert_eq!(read(r#"{"told":"Use oil."}"#), JobEvent::Told(alone));
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let told: ToldText = serde_json::from_str(r#""use oil""#).unwrap();
        assert_eq!(told, ToldText::alone("use oil".to_owned()));
        let told: ToldText = serde_json::from_str(r#"{"by":"anna","text":"use oil"}"#).unwrap();
        assert_eq!(told, ToldText::by("anna", "use oil"));
        let review = ToldReview::new(2, None, vec![remark(125)]);
        let told = ToldText::by("anna", "Not yet.").of(review);
        let stored = serde_json::to_string(&told).unwrap();
        assert_eq!(
            stored,
            r#"{"by":"anna","text":"Not yet.","review":{"pull":2,"commit":null,"remarks":[{"comment":125,"path":"hinge.rs","line":{"new":2},"text":"Oil it."}],"left_out":0}}"#
        );
        assert_eq!(serde_json::from_str::<ToldText>(&stored).unwrap(), told);
    }

    #[test]
    fn nobody_is_told_more_than_fifty_remarks() {
        let review = ToldReview::new(2, None, (1..=52).map(remark).collect());
        assert_eq!((review.remarks.len(), review.left_out), (50, 2));
    }
}
