//! Words in a message that keep CI from running. What did not run because of them is not merely
//! absent: who wrote them wanted it so.

use super::code::FindingCode;
use super::finding::GuardFinding;
use super::result::GuardResult;
use super::secrets::SaidFacts;
use super::sentence::Sentence;

/// What Gitea goes by as long as nobody configured it otherwise, and what others do.
const MARKERS: [&str; 6] =
    ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "***no_ci***"];

/// What the checks say of a change of which `said` was said.
pub(super) fn without_excuse(checks: GuardResult, said: &SaidFacts) -> GuardResult {
    let Some(marker) = marker_in(said) else { return checks };
    let findings = checks.findings.into_iter().map(|finding| match finding.code {
        FindingCode::CheckAbsent => {
            let form = format!("{{}} The message of a commit, or the title, says `{marker}`.");
            let said = Sentence::of(&form, &[&finding.said.plain()]);
            GuardFinding { code: FindingCode::CheckMissing, said, ..finding }
        }
        _ => finding,
    });
    let result = GuardResult::new(checks.guard, checks.seen, findings.collect());
    result.waiting_for(checks.waits_for)
}

/// Gitea looks into the message of the head and into the title of the pull request.
fn marker_in(said: &SaidFacts) -> Option<&'static str> {
    let messages = said.messages.iter().map(|(_, message)| message);
    let texts = messages.chain(said.texts.iter().map(|(_, text)| text));
    let texts: Vec<String> = texts.map(|text| text.to_ascii_lowercase()).collect();
    MARKERS.into_iter().find(|marker| texts.iter().any(|text| text.contains(marker)))
}
