//! The review that an agent gave, and what is told of it to whoever mends what it found.

use super::asked_review::AskedReview;
use super::drivers::ReviewEvidence;
use super::forge::LiveForge;
use super::posting::posting_key;
use crate::core::effect::marker::key_of;
use crate::core::jobs::evidence::{AgentResult, SeenReview};
use crate::core::jobs::{
    AdoptedBranch, AgentClaim, Commit, FindingPlace, GivenReview, ReviewClaim, ReviewFinding,
    ReviewFollowUp, ToldReview, ToldText,
};
use crate::core::model::remark::{Remark, RemarkLine};
use crate::core::model::verdict::Opinion;
use crate::gitea::{Error, PullRequest, PullState};

/// What is read of a review, beside what is judged by.
pub(super) struct ReviewRead {
    pub(super) said: AgentResult,
    pub(super) pull: Option<PullRequest>,
    pub(super) own: Option<SeenReview>,
    pub(super) diff: Option<Vec<u8>>,
}

impl LiveForge {
    /// What an agent says, without secrets. A plain answer is a review that approves nothing.
    pub(super) fn shown(&self, said: &AgentResult) -> (ReviewClaim, String) {
        let redactor = &self.ctx.policy.jobs.redactor;
        let mut claim = claim_of(&said.claim);
        for finding in &mut claim.findings {
            finding.text = redactor.redact(&finding.text);
        }
        (claim, redactor.redact(&said.words))
    }

    /// The review of `head` that was given, and what is told of it to whoever mends that.
    pub(super) async fn given(
        &self,
        asked: &AskedReview<'_>,
        read: &ReviewRead,
        head: &Commit,
    ) -> Result<ReviewEvidence, Error> {
        let AskedReview { result, attempt, agent, .. } = asked;
        let (claim, words) = self.shown(&read.said);
        let number = asked.pull.number;
        let key = posting_key(attempt);
        let on_forge = match &read.own {
            Some(own) if own.remarks > 0 => {
                let (gitea, name) = (&self.ctx.gitea, &result.repo.name);
                gitea.remarks(name, number, own.review, agent).await?
            }
            Some(_) | None => Vec::new(),
        };
        // What it posted by itself is what stands there, whatever else it says.
        let by_itself = read.own.as_ref().filter(|own| key_of(&own.body) != Some(&key));
        let (opinion, text, remarks, places, left_out) = match by_itself {
            Some(own) => {
                let places: Vec<FindingPlace> = on_forge.iter().map(place_of_remark).collect();
                (own.opinion, own.body.clone(), on_forge, places, 0)
            }
            None => {
                let places: Vec<FindingPlace> = claim.findings.iter().filter_map(place).collect();
                let unplaced = claim.findings.len() - places.len();
                let left_out =
                    claim.left_out.saturating_add(u32::try_from(unplaced).unwrap_or(u32::MAX));
                let remarks: Vec<Remark> = match on_forge.is_empty() {
                    true => claim.findings.iter().filter_map(remark).collect(),
                    false => {
                        on_forge.into_iter().map(|one| as_said(one, &claim.findings)).collect()
                    }
                };
                let text = with_the_rest(&words, &claim.findings, &remarks);
                (claim.opinion, text, remarks, places, left_out)
            }
        };
        let pull = read.pull.as_ref();
        let is_current =
            pull.is_some_and(|pull| pull.state == PullState::Open && pull.head == *head);
        let may_be_mended = pull.is_some_and(|pull| {
            !pull.is_from_fork() && pull.head_branch.parse::<AdoptedBranch>().is_ok()
        });
        let review = GivenReview {
            attempt: attempt.fence,
            job: result.job.spec.id,
            review: read.own.as_ref().map(|own| own.review),
            pull: number,
            agent: attempt.agent.clone(),
            head: head.clone(),
            opinion,
            places,
            left_out,
            follow_up: ReviewFollowUp::Nothing,
            is_dismissed: false,
        };
        let told = ToldReview::new(number, Some(head.clone()), remarks);
        let told = ToldText::by(&agent.login, &text).of(told);
        Ok(ReviewEvidence { review, told, is_current, may_be_mended })
    }
}

/// What is said of a pull request. Whoever only answers gives no verdict.
fn claim_of(claim: &AgentClaim) -> ReviewClaim {
    match claim {
        AgentClaim::Review(review) => (**review).clone(),
        AgentClaim::Comment
        | AgentClaim::PullRequest { .. }
        | AgentClaim::NoChange { .. }
        | AgentClaim::Blocked
        | AgentClaim::Nothing => ReviewClaim {
            opinion: Opinion::Comment,
            commit: None,
            findings: Vec::new(),
            left_out: 0,
        },
    }
}

/// An approval says enough by itself; whoever asks for changes has to say which.
pub(super) fn has_words(said: &AgentResult) -> bool {
    let claim = claim_of(&said.claim);
    !said.words.is_empty() || !claim.findings.is_empty() || claim.opinion == Opinion::Approved
}

fn place(finding: &ReviewFinding) -> Option<FindingPlace> {
    Some(FindingPlace { path: finding.path.clone()?, line: finding.line })
}

fn place_of_remark(remark: &Remark) -> FindingPlace {
    let line = match remark.line {
        Some(RemarkLine::New(line)) => u32::try_from(line).ok(),
        Some(RemarkLine::Old(_)) | None => None,
    };
    FindingPlace { path: remark.path.clone(), line }
}

/// A finding that stands in no comment of its own.
fn remark(finding: &ReviewFinding) -> Option<Remark> {
    let (path, line) = (finding.path.clone()?, finding.line.map(i64::from));
    let line = line.map(RemarkLine::New);
    Some(Remark { comment: 0, path, line, text: finding.text.clone() }.bounded())
}

/// A remark that timmy posted for an agent, in the agent's own words: on the forge they are made
/// harmless, which nobody has to read who mends that. As it stands there if several are in its place.
fn as_said(remark: Remark, findings: &[ReviewFinding]) -> Remark {
    let is_there = |finding: &&ReviewFinding| {
        let line = finding.line.map(|line| RemarkLine::New(i64::from(line)));
        finding.path.as_deref() == Some(remark.path.as_str()) && line == remark.line
    };
    let said: Vec<&ReviewFinding> = findings.iter().filter(is_there).collect();
    match said.as_slice() {
        [one] => Remark { text: one.text.clone(), ..remark }.bounded(),
        _ => remark,
    }
}

/// The words of a review with those of its findings that are no remark.
fn with_the_rest(words: &str, findings: &[ReviewFinding], remarks: &[Remark]) -> String {
    let is_remark = |finding: &ReviewFinding| {
        let line = finding.line.map(|line| RemarkLine::New(i64::from(line)));
        let path = finding.path.as_deref();
        remarks.iter().any(|remark| Some(remark.path.as_str()) == path && remark.line == line)
    };
    let mut text = words.to_owned();
    for finding in findings.iter().filter(|finding| !is_remark(finding)) {
        let place = match (&finding.path, finding.line) {
            (Some(path), Some(line)) => format!("{path}, line {line}: "),
            (Some(path), None) => format!("{path}: "),
            (None, _) => String::new(),
        };
        text.push_str(&format!("\n- {place}{}", finding.text));
    }
    text.trim().to_owned()
}
