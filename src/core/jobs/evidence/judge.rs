//! Facts and a claim make a verdict.

use super::facts::{
    BranchFacts, CitedFact, CodeFacts, Facts, GivenHead, HeadPusher, Made, NamedCommit, NamedPull,
    PullFacts, PullStanding,
};
use super::finding::{Finding, Grade};
use crate::core::jobs::event::{AgentClaim, OutcomeDigest, Verdict};
use crate::core::jobs::ids::Commit;

/// What was found of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    pub verdict: Verdict,
    /// The commit that was judged.
    pub commit: Option<Commit>,
    /// The pull request that it stands in.
    pub pull: Option<i64>,
    /// What the pull request was merged into, if somebody merged it already.
    pub merged: Option<Commit>,
    /// The comment that is the result.
    pub comment: Option<i64>,
    /// What a person is told, the gravest first.
    pub findings: Vec<Finding>,
    pub digest: OutcomeDigest,
}

/// What follows from what the agent says and what the forge shows.
///
/// The forge decides: work that is there counts though its agent said nothing, and what is said
/// counts for nothing where no work is. Of several findings the gravest decides.
pub fn judge(claim: &AgentClaim, facts: &Facts) -> Findings {
    let mut findings = match (&facts.made, claim) {
        (_, AgentClaim::NoChange { .. }) => no_change(facts),
        (Made::Code(code), _) => of_code(claim, code),
        (Made::Comments(comments), _) => of_comments(claim, comments),
    };
    if *claim == AgentClaim::Nothing {
        findings.push(Finding::NoResultLine);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
    let verdict = verdict(claim, &findings);
    let digest = digest(claim, &findings);
    let (commit, pull, merged, comment) = places(claim, facts);
    Findings { verdict, commit, pull, merged, comment, findings, digest }
}

fn verdict(claim: &AgentClaim, findings: &[Finding]) -> Verdict {
    match findings.first().map(Finding::grade) {
        Some(Grade::Nothing) => Verdict::Nothing,
        Some(Grade::Stuck) => Verdict::Stuck,
        Some(Grade::Block) => Verdict::Block,
        Some(Grade::Ask) => Verdict::Ask,
        Some(Grade::Warn) | None => match claim {
            AgentClaim::NoChange { .. } => Verdict::NoChange { ask: false },
            AgentClaim::PullRequest { .. }
            | AgentClaim::Comment
            | AgentClaim::Review(_)
            | AgentClaim::Blocked
            | AgentClaim::Nothing => Verdict::Pass { ask: false },
        },
    }
}

/// What equal results have in common: which outcome was claimed, and what was found but warnings.
fn digest(claim: &AgentClaim, findings: &[Finding]) -> OutcomeDigest {
    let claimed = match claim {
        AgentClaim::PullRequest { .. } => "pull_request",
        AgentClaim::Comment => "comment",
        AgentClaim::Review(_) => "review",
        AgentClaim::NoChange { .. } => "no_change",
        AgentClaim::Blocked => "blocked",
        AgentClaim::Nothing => "nothing",
    };
    let grave = findings.iter().filter(|finding| finding.grade() > Grade::Warn);
    let codes: Vec<&str> = std::iter::once(claimed).chain(grave.map(Finding::code)).collect();
    OutcomeDigest(codes.join(" "))
}

/// Where the result stands: commit, pull request, what that was merged into, comment.
fn places(
    claim: &AgentClaim,
    facts: &Facts,
) -> (Option<Commit>, Option<i64>, Option<Commit>, Option<i64>) {
    match &facts.made {
        Made::Code(code) => {
            let pull = code.pull.as_ref();
            let merged = pull.and_then(|pull| match &pull.standing {
                PullStanding::Merged(commit) => commit.clone(),
                PullStanding::Open | PullStanding::Closed => None,
            });
            let head = code.branch.as_ref().filter(|branch| branch.holds_work);
            let commit = head.map(|branch| branch.head.clone());
            let commit = commit.or_else(|| pull.map(|pull| pull.head.clone()));
            (commit, pull.map(|pull| pull.number), merged, None)
        }
        Made::Comments(_) if *claim == AgentClaim::Blocked => (None, None, None, None),
        Made::Comments(comments) => (None, None, None, comments.last().copied()),
    }
}

/// That nothing has to change is shown by something that exists.
fn no_change(facts: &Facts) -> Vec<Finding> {
    if let Made::Code(code) = &facts.made
        && let Some(pull) = &code.pull
        && pull.standing == PullStanding::Open
    {
        return vec![Finding::Contradiction { number: pull.number }];
    }
    let missing = facts.cited.iter().filter(|cited| !cited.exists);
    let missing = missing.map(|cited| Finding::MissingCitation { cited: cited.citation.clone() });
    let mut findings: Vec<Finding> = missing.collect();
    if !facts.cited.iter().any(|CitedFact { exists, .. }| *exists) {
        findings.push(Finding::NothingCited);
    }
    findings
}

fn of_comments(claim: &AgentClaim, comments: &[i64]) -> Vec<Finding> {
    if *claim == AgentClaim::Blocked {
        return vec![Finding::Blocked];
    }
    if comments.is_empty() { vec![Finding::NoComment] } else { Vec::new() }
}

fn of_code(claim: &AgentClaim, code: &CodeFacts) -> Vec<Finding> {
    if *claim == AgentClaim::Blocked {
        return vec![Finding::Blocked];
    }
    let mut findings = named_pull(&code.named_pull);
    match (&code.branch, &code.pull) {
        (_, Some(pull)) if matches!(pull.standing, PullStanding::Merged(_)) => {}
        (None, Some(pull)) => findings.push(gone(pull)),
        (Some(branch), Some(pull)) if branch.holds_work => {
            findings.extend(of_pull(code, pull));
            findings.extend(of_branch(code, branch));
        }
        (Some(branch), None) if branch.holds_work => {
            findings.push(Finding::NoPull);
            findings.extend(of_branch(code, branch));
        }
        (Some(_), _) => findings.push(absent(claim, Finding::EmptyBranch)),
        (None, None) => findings.push(absent(claim, Finding::NothingThere)),
    }
    // What it brought elsewhere is something, though not what was asked for.
    if findings.iter().any(|finding| finding.grade() == Grade::Block) {
        findings.retain(|finding| finding.grade() != Grade::Nothing);
    }
    findings
}

/// There is no work. Who only says something is answered by a person.
fn absent(claim: &AgentClaim, finding: Finding) -> Finding {
    if *claim == AgentClaim::Comment { Finding::CommentInstead } else { finding }
}

fn gone(pull: &PullFacts) -> Finding {
    match pull.standing {
        PullStanding::Closed => Finding::PullClosed { number: pull.number },
        PullStanding::Open | PullStanding::Merged(_) => Finding::BranchGone { number: pull.number },
    }
}

/// What is wrong with a pull request that the agent named, and that is not the job's.
fn named_pull(named: &NamedPull) -> Vec<Finding> {
    let finding = match named {
        NamedPull::NoOther => return Vec::new(),
        NamedPull::Missing(number) => Finding::MissingPull { number: *number },
        NamedPull::Other(pull) if !pull.is_agents => {
            Finding::ForeignPull { number: pull.number, author: pull.author.clone() }
        }
        NamedPull::Other(pull) if pull.is_from_fork => Finding::FromFork { number: pull.number },
        NamedPull::Other(pull) => {
            Finding::OtherBranch { number: pull.number, branch: pull.head_branch.clone() }
        }
    };
    vec![finding]
}

fn of_pull(code: &CodeFacts, pull: &PullFacts) -> Vec<Finding> {
    let number = pull.number;
    let mut findings = Vec::new();
    if pull.standing == PullStanding::Closed {
        findings.push(Finding::PullClosed { number });
    }
    if pull.base_branch != code.base_branch {
        findings.push(Finding::OtherBase { number, base: pull.base_branch.clone() });
    }
    findings
}

fn of_branch(code: &CodeFacts, branch: &BranchFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &branch.pusher {
        HeadPusher::Agent | HeadPusher::Timmy => {}
        HeadPusher::Unknown => findings.push(Finding::PusherUnknown),
        HeadPusher::Other { login, agent_before: true } => {
            findings.push(Finding::PushedByOther { login: login.clone() });
        }
        HeadPusher::Other { login, agent_before: false } => {
            findings.push(Finding::OthersWork { login: login.clone() });
        }
    }
    let named = |commit: &Commit| commit.clone();
    match &code.named_commit {
        NamedCommit::NoOther => {}
        // What somebody else pushed on top of it is no fault of the agent.
        NamedCommit::Behind(_)
            if matches!(branch.pusher, HeadPusher::Other { .. } | HeadPusher::Timmy) => {}
        NamedCommit::Behind(commit) => {
            findings.push(Finding::CommitBehind { named: named(commit) });
        }
        NamedCommit::Elsewhere(commit) => {
            findings.push(Finding::CommitElsewhere { named: named(commit) });
        }
        NamedCommit::Gone(commit) => findings.push(Finding::CommitGone { named: named(commit) }),
        NamedCommit::CannotTell(commit) => {
            findings.push(Finding::CommitUnknown { named: named(commit) });
        }
    }
    match &code.given {
        GivenHead::Yes => {}
        GivenHead::No(given) => findings.push(Finding::Rewritten { given: given.clone() }),
        GivenHead::CannotTell(given) => {
            findings.push(Finding::RewrittenUnknown { given: given.clone() });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::event::Citation;
    use crate::core::jobs::evidence::judge::*;

    fn commit(letter: char) -> Commit {
        letter.to_string().repeat(40).parse().unwrap()
    }

    fn claimed(number: Option<i64>, commit: Option<Commit>) -> AgentClaim {
        AgentClaim::PullRequest { number, commit }
    }

    fn pull(number: i64) -> PullFacts {
        PullFacts {
            number,
            author: Some("ezra".to_owned()),
            is_agents: true,
            standing: PullStanding::Open,
            head_branch: "timmy/41-j42".to_owned(),
            head: commit('a'),
            is_from_fork: false,
            base_branch: "main".to_owned(),
        }
    }

    /// A branch with work by the agent, and its pull request.
    fn delivered() -> CodeFacts {
        let branch = BranchFacts { head: commit('a'), holds_work: true, pusher: HeadPusher::Agent };
        CodeFacts {
            branch: Some(branch),
            pull: Some(pull(58)),
            named_pull: NamedPull::NoOther,
            named_commit: NamedCommit::NoOther,
            given: GivenHead::Yes,
            base_branch: "main".to_owned(),
        }
    }

    fn nothing() -> CodeFacts {
        CodeFacts { branch: None, pull: None, ..delivered() }
    }

    fn pushed_by(pusher: HeadPusher) -> CodeFacts {
        let branch = BranchFacts { pusher, ..delivered().branch.unwrap() };
        CodeFacts { branch: Some(branch), ..delivered() }
    }

    fn with_pull(pull: PullFacts) -> CodeFacts {
        CodeFacts { pull: Some(pull), ..delivered() }
    }

    fn of_code(claim: &AgentClaim, code: CodeFacts) -> Findings {
        judge(claim, &Facts { made: Made::Code(Box::new(code)), cited: Vec::new() })
    }

    fn told(findings: &Findings) -> (Verdict, Vec<&'static str>) {
        (findings.verdict, findings.findings.iter().map(Finding::code).collect())
    }

    const PASS: Verdict = Verdict::Pass { ask: false };

    #[test]
    fn what_the_forge_shows_is_done() {
        let found = of_code(&claimed(Some(58), Some(commit('a'))), delivered());
        assert_eq!(told(&found), (PASS, vec![]));
        assert_eq!((found.commit, found.pull), (Some(commit('a')), Some(58)));
        assert_eq!((found.merged, found.digest.0.as_str()), (None, "pull_request"));
    }

    #[test]
    fn work_that_is_there_counts_though_nothing_was_said() {
        let found = of_code(&AgentClaim::Nothing, delivered());
        assert_eq!(told(&found), (PASS, vec!["no_result_line"]));
        assert_eq!(told(&of_code(&AgentClaim::Comment, delivered())), (PASS, vec![]));
    }

    #[test]
    fn what_is_only_said_is_nothing() {
        for claim in [claimed(None, None), claimed(Some(12), Some(commit('f')))] {
            let found = of_code(&claim, nothing());
            assert_eq!(told(&found), (Verdict::Nothing, vec!["nothing_there"]));
            assert_eq!((found.commit, found.pull), (None, None));
        }
        let found = of_code(&AgentClaim::Nothing, nothing());
        assert_eq!(told(&found), (Verdict::Nothing, vec!["nothing_there", "no_result_line"]));
        let branch = BranchFacts { holds_work: false, ..delivered().branch.unwrap() };
        let empty = CodeFacts { branch: Some(branch), ..nothing() };
        let found = of_code(&claimed(None, None), empty.clone());
        assert_eq!(told(&found), (Verdict::Nothing, vec!["empty_branch"]));
        assert_eq!(told(&of_code(&AgentClaim::Comment, empty)).0, Verdict::Stuck);
    }

    #[test]
    fn somebody_elses_pull_request_is_nothing_of_its_own() {
        let other = PullFacts { author: Some("bezalel".into()), is_agents: false, ..pull(12) };
        let named = NamedPull::Other(PullFacts { head_branch: "theirs".into(), ..other });
        let found =
            of_code(&claimed(Some(12), None), CodeFacts { named_pull: named.clone(), ..nothing() });
        assert_eq!(told(&found), (Verdict::Nothing, vec!["nothing_there", "foreign_pull"]));
        assert_eq!(found.pull, None);
        let found =
            of_code(&claimed(Some(12), None), CodeFacts { named_pull: named, ..delivered() });
        assert_eq!(told(&found), (PASS, vec!["foreign_pull"]));
        assert_eq!(found.pull, Some(58));
        let missing = CodeFacts { named_pull: NamedPull::Missing(99), ..nothing() };
        let found = of_code(&claimed(Some(99), None), missing);
        assert_eq!(told(&found), (Verdict::Nothing, vec!["nothing_there", "missing_pull"]));
    }

    #[test]
    fn its_own_pull_request_of_another_branch_or_a_fork_is_mended() {
        let other = PullFacts { head_branch: "fix".into(), ..pull(60) };
        let fork = PullFacts { is_from_fork: true, ..pull(60) };
        for (named, code) in [(other, "other_branch"), (fork, "from_fork")] {
            let facts = CodeFacts { named_pull: NamedPull::Other(named), ..nothing() };
            let found = of_code(&claimed(Some(60), None), facts);
            assert_eq!(told(&found), (Verdict::Block, vec![code]));
        }
    }

    #[test]
    fn a_branch_without_a_pull_request_is_mended() {
        let found = of_code(&claimed(None, None), CodeFacts { pull: None, ..delivered() });
        assert_eq!(told(&found), (Verdict::Block, vec!["no_pull"]));
        assert_eq!(found.commit, Some(commit('a')));
        let elsewhere = PullFacts { base_branch: "next".into(), ..pull(58) };
        let found = of_code(&claimed(None, None), with_pull(elsewhere));
        assert_eq!(told(&found), (Verdict::Block, vec!["other_base"]));
    }

    #[test]
    fn the_commit_that_was_named_is_the_head() {
        let named = |named_commit| {
            told(&of_code(
                &claimed(None, Some(commit('f'))),
                CodeFacts { named_commit, ..delivered() },
            ))
        };
        for (fact, verdict, code) in [
            (NamedCommit::Behind(commit('f')), Verdict::Block, "commit_behind"),
            (NamedCommit::Elsewhere(commit('f')), Verdict::Block, "commit_elsewhere"),
            (NamedCommit::Gone(commit('f')), Verdict::Block, "commit_gone"),
            (NamedCommit::CannotTell(commit('f')), PASS, "commit_unknown"),
        ] {
            assert_eq!(named(fact), (verdict, vec![code]));
        }
        let person = HeadPusher::Other { login: "anna".into(), agent_before: true };
        let named_commit = NamedCommit::Behind(commit('f'));
        let facts = CodeFacts { named_commit, ..pushed_by(person) };
        let found = of_code(&claimed(None, Some(commit('f'))), facts);
        assert_eq!(told(&found), (PASS, vec!["pushed_by_other"]));
    }

    #[test]
    fn who_pushed_is_part_of_it() {
        let by = |pusher| told(&of_code(&claimed(Some(58), None), pushed_by(pusher)));
        let other = |agent_before| HeadPusher::Other { login: "anna".into(), agent_before };
        assert_eq!(by(HeadPusher::Unknown), (PASS, vec!["pusher_unknown"]));
        assert_eq!(by(other(true)), (PASS, vec!["pushed_by_other"]));
        assert_eq!(by(other(false)), (Verdict::Ask, vec!["others_work"]));
    }

    #[test]
    fn a_repair_keeps_what_it_was_given() {
        let given =
            |given| told(&of_code(&claimed(None, None), CodeFacts { given, ..delivered() }));
        assert_eq!(given(GivenHead::No(commit('e'))), (Verdict::Block, vec!["rewritten"]));
        assert_eq!(given(GivenHead::CannotTell(commit('e'))), (PASS, vec!["rewritten_unknown"]));
    }

    #[test]
    fn what_people_did_with_it_is_seen() {
        let standing = |standing| with_pull(PullFacts { standing, ..pull(58) });
        let claim = claimed(Some(58), None);
        let found = of_code(&claim, standing(PullStanding::Closed));
        assert_eq!(told(&found), (Verdict::Ask, vec!["pull_closed"]));
        let merged = standing(PullStanding::Merged(Some(commit('d'))));
        let found = of_code(&claim, CodeFacts { branch: None, ..merged });
        assert_eq!(told(&found), (PASS, vec![]));
        assert_eq!((found.merged, found.commit), (Some(commit('d')), Some(commit('a'))));
        let found = of_code(&claim, CodeFacts { branch: None, ..delivered() });
        assert_eq!(told(&found), (Verdict::Block, vec!["branch_gone"]));
    }

    #[test]
    fn that_nothing_has_to_change_is_shown() {
        let cited = |exists: &[bool]| {
            let cited = exists.iter().map(|exists| CitedFact {
                citation: Citation::File("src/a.rs".into()),
                exists: *exists,
            });
            let facts = Facts { made: Made::Code(Box::new(nothing())), cited: cited.collect() };
            told(&judge(&AgentClaim::NoChange { cited: Vec::new() }, &facts)).0
        };
        assert_eq!(cited(&[]), Verdict::Block);
        assert_eq!(cited(&[false]), Verdict::Block);
        assert_eq!(cited(&[false, true]), Verdict::NoChange { ask: false });
        let found = of_code(&AgentClaim::NoChange { cited: Vec::new() }, delivered());
        assert_eq!(told(&found), (Verdict::Ask, vec!["contradiction"]));
    }

    #[test]
    fn a_comment_is_seen_or_nothing() {
        let of = |claim: AgentClaim, comments: Vec<i64>| {
            judge(&claim, &Facts { made: Made::Comments(comments), cited: Vec::new() })
        };
        let found = of(AgentClaim::Comment, vec![7, 9]);
        assert_eq!((told(&found), found.comment), ((PASS, vec![]), Some(9)));
        assert_eq!(told(&of(AgentClaim::Comment, vec![])), (Verdict::Nothing, vec!["no_comment"]));
        assert_eq!(told(&of(AgentClaim::Nothing, vec![7])), (PASS, vec!["no_result_line"]));
        assert_eq!(told(&of(AgentClaim::Blocked, vec![7])), (Verdict::Stuck, vec!["blocked"]));
    }

    #[test]
    fn who_is_blocked_is_asked_about_whatever_is_there() {
        assert_eq!(
            told(&of_code(&AgentClaim::Blocked, nothing())),
            (Verdict::Stuck, vec!["blocked"])
        );
        let found = of_code(&AgentClaim::Blocked, delivered());
        assert_eq!((told(&found).0, found.pull), (Verdict::Stuck, Some(58)));
    }

    #[test]
    fn equal_results_have_one_digest_and_warnings_do_not_count() {
        let digest = |claim: &AgentClaim, facts: CodeFacts| of_code(claim, facts).digest.0;
        let unknown = CodeFacts { pull: None, ..pushed_by(HeadPusher::Unknown) };
        let known = CodeFacts { pull: None, ..delivered() };
        assert_eq!(digest(&claimed(None, None), unknown), "pull_request no_pull");
        assert_eq!(digest(&claimed(Some(1), None), known), "pull_request no_pull");
        assert_eq!(digest(&AgentClaim::Nothing, nothing()), "nothing nothing_there");
    }
}
