//! What a yes covers: if any of it changes, the question is void.

use serde::{Deserialize, Serialize};

use super::void::VoidReason;
use crate::core::crew::CrewPlan;
use crate::core::jobs::money::Ceiling;
use crate::core::jobs::{ChangeDigest, Commit};
use crate::core::model::issue::TextDigest;
use crate::core::split::SplitProposal;

/// What a yes covers. It is compared with what is there when somebody says yes. The verdict needs no
/// place here: a result that is judged anew is asked about anew, under another number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Covered {
    /// The commit that was shown, and where it would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CoveredHead>,
    /// What the issue asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextDigest>,
    /// What its author answered, if they were asked what it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<TextDigest>,
    /// What is done with the result then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_over: Option<TakeOver>,
    /// Who works, and for how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<CoveredStart>,
    /// By which plan a crew works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<CrewPlan>,
    /// What an epic becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitProposal>,
    /// What an agent wants to do, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
}

/// A result in a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredHead {
    pub pull: i64,
    pub commit: Commit,
    /// The branch into which it is to be merged.
    pub target: String,
    /// What it changes there: a yes reaches over timmy's own update that changes the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeDigest>,
}

/// Work that begins, or goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredStart {
    /// The agent; none if it is there no more.
    pub agent: Option<String>,
    /// What any issue may cost unasked, as it is configured.
    pub configured: Ceiling,
    /// What a yes lets be spent on it in all.
    pub budget: Ceiling,
}

/// How a verified result is taken over once a person says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeOver {
    /// It is approved by a review, and merged.
    Merge,
    /// It is approved by a review.
    Review,
}

impl Covered {
    /// What of it is not as it was, if `now` is how things are. What was never covered may change.
    pub fn difference(&self, now: &Self) -> Option<VoidReason> {
        if let (Some(then), Some(now)) = (&self.head, &now.head) {
            if then.commit != now.commit {
                return Some(VoidReason::Pushed { commit: now.commit.clone() });
            }
            if then.target != now.target {
                return Some(VoidReason::Retargeted { target: now.target.clone() });
            }
        }
        if let (Some(then), Some(now)) = (self.answers, now.answers)
            && then != now
        {
            return Some(VoidReason::Answered);
        }
        if let (Some(then), Some(now)) = (self.text, now.text)
            && then != now
        {
            return Some(VoidReason::Edited);
        }
        let (then, now) = self.start.as_ref().zip(now.start.as_ref())?;
        if then.agent != now.agent {
            return Some(VoidReason::OtherAgent);
        }
        (then.configured != now.configured).then_some(VoidReason::OtherBudget)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::decisions::covers::*;

    fn covered(commit: char, target: &str, text: u8) -> Covered {
        let commit: Commit = commit.to_string().repeat(40).parse().expect("a commit");
        let target = target.to_owned();
        let change = Some(ChangeDigest([3; 32]));
        let head = Some(CoveredHead { pull: 58, commit, target, change });
        Covered {
            head,
            text: Some(TextDigest([text; 32])),
            answers: Some(TextDigest([7; 32])),
            take_over: Some(TakeOver::Merge),
            start: None,
            plan: None,
            split: None,
            permission: None,
        }
    }

    #[test]
    fn each_part_counts() {
        let shown = covered('a', "main", 1);
        assert_eq!(shown.difference(&shown), None);
        let pushed = covered('b', "other", 2);
        let commit = pushed.head.clone().expect("a head").commit;
        assert_eq!(shown.difference(&pushed), Some(VoidReason::Pushed { commit }));
        let target = "other".to_owned();
        let elsewhere = covered('a', "other", 1);
        assert_eq!(shown.difference(&elsewhere), Some(VoidReason::Retargeted { target }));
        assert_eq!(shown.difference(&covered('a', "main", 2)), Some(VoidReason::Edited));
        let answers = Some(TextDigest([8; 32]));
        let answered = Covered { answers, ..covered('a', "main", 2) };
        assert_eq!(shown.difference(&answered), Some(VoidReason::Answered));
    }

    #[test]
    fn another_agent_or_another_budget_is_another_question() {
        let started = |agent: Option<&str>, most| {
            let configured = Ceiling { micro_usd: Some(most), ..Ceiling::default() };
            let agent = agent.map(str::to_owned);
            let start = Some(CoveredStart { agent, configured, budget: configured });
            Covered { start, ..Covered::default() }
        };
        let shown = started(Some("ezra"), 2);
        assert_eq!(shown.difference(&started(Some("ezra"), 2)), None);
        for agent in [Some("bezalel"), None] {
            assert_eq!(shown.difference(&started(agent, 2)), Some(VoidReason::OtherAgent));
        }
        assert_eq!(shown.difference(&started(Some("ezra"), 3)), Some(VoidReason::OtherBudget));
    }

    #[test]
    fn what_was_never_shown_may_change() {
        let shown = Covered::default();
        assert_eq!(shown.difference(&covered('a', "main", 1)), None);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        for covered in [Covered::default(), covered('a', "main", 1)] {
            let stored = serde_json::to_string(&covered).expect("JSON");
            assert_eq!(serde_json::from_str::<Covered>(&stored).expect(&stored), covered);
        }
    }
}
