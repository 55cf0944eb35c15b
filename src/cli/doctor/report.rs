//! Has the report a place to stand?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::config::ReportConfig;
use crate::core::model::ids::RepoName;
use crate::gitea::{Error, Gitea, VisibleRepo};

const REPORT: &str = "report";

/// Looks its repository up; nothing to say where no report is wanted.
pub(super) async fn check(gitea: &Gitea, report: Option<&ReportConfig>) -> Option<CheckResult> {
    let name = &report?.repository;
    let page = gitea.visible_repo(name).await;
    Some(judge(name, &page.map(|page| page.entries.into_iter().next())))
}

fn judge(name: &RepoName, answer: &Result<Option<VisibleRepo>, Error>) -> CheckResult {
    match answer {
        Ok(None) | Err(Error::NotFound { .. }) => CheckResult::broken(
            REPORT,
            format!(
                "The repository {name} of the report is not there, or not for timmy's account."
            ),
            "Make it, add timmy's account to it, or correct report.repository.",
        ),
        Ok(Some(visible)) if visible.permissions.push && !visible.repo.private => {
            CheckResult::warning(
                REPORT,
                format!(
                    "Everybody may read {name}: the report there leaves private repositories out."
                ),
                "Make it private, or name a private one as report.repository.",
            )
        }
        Ok(Some(visible)) if visible.permissions.admin => CheckResult::good(
            REPORT,
            format!("The report stands in {name}, and can be pinned there."),
        ),
        Ok(Some(visible)) if visible.permissions.push => CheckResult::good(
            REPORT,
            format!("The report stands in {name}; only an owner can pin it."),
        ),
        Ok(Some(_)) => CheckResult::warning(
            REPORT,
            format!("timmy's account may only read {name}, where the report stands."),
            "Give it write access there: somebody could lock it out, or close the issue for good.",
        ),
        Err(error) => CheckResult::warning(
            REPORT,
            format!("The repository {name} of the report cannot be seen: {}.", in_short(error)),
            "Run timmy doctor again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::report::*;
    use crate::core::model::ids::RepoId;
    use crate::core::model::repository::{Permissions, Repo};

    #[test]
    fn a_place_must_be_there_and_should_be_writable() {
        let name: RepoName = "foundation/office".parse().unwrap();
        let told = |private, push, admin| {
            let repo = Repo { id: RepoId(1), name: name.clone(), private };
            let permissions = Permissions { pull: true, push, admin };
            let (is_empty, is_archived, default_branch) = (false, false, None);
            let seen = VisibleRepo { repo, permissions, is_empty, is_archived, default_branch };
            judge(&name, &Ok(Some(seen))).state
        };
        let with = |push, admin| told(true, push, admin);
        assert_eq!(with(true, true), CheckGrade::Good);
        assert_eq!(told(false, true, true), CheckGrade::Warning);
        assert_eq!(with(true, false), CheckGrade::Good);
        assert_eq!(with(false, false), CheckGrade::Warning);
        assert_eq!(judge(&name, &Ok(None)).state, CheckGrade::Broken);
        assert_eq!(judge(&name, &Err(Error::Timeout)).state, CheckGrade::Warning);
    }
}
