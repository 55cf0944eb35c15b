//! Scripts and tests as guards: what did not run, and what did not end well, has not passed.

use std::time::Duration;

use timmy::confinement::{Confinement, Repository};
use timmy::core::guards::GuardGrade;
use timmy::core::jobs::Commit;
use timmy::core::script_guard::{ScriptFacts, ScriptFinding};
use timmy::guard_runs::{
    GuardRunner, Preparation, ScriptForm, ScriptRun, TestedCommit, TestsRun, Unpassed,
};

use super::stage::{MOMENTS, Project, Stage, staged};
use crate::support::process::PATIENCE;

struct Guarded {
    stage: Stage,
    project: Project,
    head: Commit,
}

impl Guarded {
    async fn with(stage: Stage, files: &[(&str, Option<&str>)]) -> Self {
        let project = Project::begun().await;
        let head = project.commit(files).await;
        Self { stage, project, head }
    }

    fn tested<'a>(&'a self, repository: &'a Repository) -> TestedCommit<'a> {
        TestedCommit { repository, base: &self.head, commit: &self.head, changes: &[] }
    }

    fn runner(&self) -> GuardRunner {
        let (confinement, place) = (self.stage.confinement.clone(), self.stage.place().to_owned());
        GuardRunner { confinement, place }
    }

    async fn script(
        &self,
        runner: &GuardRunner,
        form: ScriptForm,
        script: &str,
        time: Duration,
    ) -> Result<Vec<ScriptFinding>, Unpassed> {
        self.prepared(runner, (form, None), script, time).await
    }

    async fn prepared(
        &self,
        runner: &GuardRunner,
        (form, prepare): (ScriptForm, Option<Preparation>),
        script: &str,
        time: Duration,
    ) -> Result<Vec<ScriptFinding>, Unpassed> {
        let words = ["bash", "-c", script].map(str::to_owned).to_vec();
        let facts = ScriptFacts {
            repository: "foundation/door".to_owned(),
            pull: 12,
            issue: Some(41),
            target: "main".to_owned(),
            base: "0".repeat(40),
            head: self.head.to_string(),
            author: Some("hermes".to_owned()),
            files: vec!["door.sh".to_owned()],
        };
        let script = ScriptRun { words, form, prepare, time };
        let repository = self.project.repository();
        let found = runner.script(self.tested(&repository), &script, &facts).await;
        self.stage.assert_empty();
        found
    }

    async fn json(&self, script: &str) -> Result<Vec<ScriptFinding>, Unpassed> {
        self.script(&self.runner(), ScriptForm::Json, script, PATIENCE).await
    }

    async fn exit_code(&self, script: &str, time: Duration) -> Result<(), Unpassed> {
        self.script(&self.runner(), ScriptForm::ExitCode, script, time).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_passes_by_exit_code_0() {
    let guarded = Guarded::with(staged!(), &[("door.sh", Some("echo open\n"))]).await;
    guarded.exit_code("grep -q open door.sh", PATIENCE).await.unwrap();
    let failed = guarded.exit_code("echo all tests passed; echo no >&2; exit 1", PATIENCE).await;
    let Err(Unpassed::Failed { status: 1, end }) = failed else { panic!("{failed:?}") };
    assert_eq!(end.text(), "all tests passed\nno\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_hangs_or_is_not_there_has_not_passed() {
    let guarded = Guarded::with(staged!(), &[]).await;
    let mut said = String::new();
    for moment in MOMENTS {
        let hung = guarded.exit_code("echo begun; sleep 1000", moment).await;
        let Err(Unpassed::OverTime { end, .. }) = hung else { panic!("{hung:?}") };
        said = end.text();
        if !said.is_empty() {
            break;
        }
    }
    assert_eq!(said, "begun\n");
    let missing = guarded.exit_code("exec /no/such/program", PATIENCE).await;
    assert!(matches!(missing, Err(Unpassed::CouldNotRun(_))), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_facts_and_gives_findings() {
    let guarded = Guarded::with(staged!(), &[("door.sh", Some(""))]).await;
    let script = r#"
        read -r facts
        case "$facts" in *'"pull":12'*'"files":["door.sh"]'*) ;; *) echo "$facts" >&2; exit 1;; esac
        echo noise >&2
        echo '{"findings": [{"grade": "block", "said": "No test.", "path": "door.sh", "line": 1}]}'
    "#;
    let found = guarded.json(script).await.unwrap();
    let finding = ScriptFinding {
        grade: GuardGrade::Block,
        said: "No test.".to_owned(),
        path: Some("door.sh".to_owned()),
        line: Some(1),
    };
    assert_eq!(found, [finding]);
    // Who does not read its facts may answer all the same.
    assert_eq!(guarded.json("echo '{\"findings\": []}'").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_has_not_passed() {
    let guarded = Guarded::with(staged!(), &[]).await;
    for script in ["true", "echo ok", "echo '{}'", "yes | head -c 10000000"] {
        let found = guarded.json(script).await;
        assert!(matches!(found, Err(Unpassed::NoAnswer { .. })), "{script}: {found:?}");
    }
    let failed = guarded.json("echo '{\"findings\": []}'; echo why >&2; exit 3").await;
    let Err(Unpassed::Failed { status: 3, end }) = failed else { panic!("{failed:?}") };
    assert_eq!(end.text(), "why\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_prepares_has_the_network_and_what_follows_has_not() {
    let guarded = Guarded::with(staged!(), &[]).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let call = format!("exec 3<>/dev/tcp/127.0.0.1/{}", listener.local_addr().unwrap().port());
    let prepare = |script: &str| {
        let words = ["bash", "-c", script].map(str::to_owned).to_vec();
        Some(Preparation { words, time: PATIENCE })
    };
    let fetch = format!("{call} && echo fetched >~/cache && echo built >built");
    let runner = guarded.runner();
    let form = |script: &str| (ScriptForm::ExitCode, prepare(script));
    let script = format!("cat ~/cache built && ! ({call})");
    guarded.prepared(&runner, form(&fetch), &script, PATIENCE).await.unwrap();
    let broken = form("echo no such crate; exit 1");
    let found = guarded.prepared(&runner, broken, "true", PATIENCE).await;
    let Err(unpassed @ Unpassed::NotPrepared(_)) = found else { panic!("{found:?}") };
    assert_eq!(unpassed.end().unwrap().text(), "no such crate\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_are_run_in_the_checkout() {
    let guarded = Guarded::with(staged!(), &[("door.sh", Some("echo open\n"))]).await;
    let repository = guarded.project.repository();
    let tests = |script: &str| {
        let words = ["bash", "-c", script].map(str::to_owned).to_vec();
        TestsRun { words, prepare: None, time: PATIENCE }
    };
    let runner = guarded.runner();
    let good = tests("test \"$(sh door.sh)\" = open");
    let tested = guarded.tested(&repository);
    runner.tests(tested, &good).await.unwrap();
    let red = runner.tests(tested, &tests("exit 101")).await;
    assert!(matches!(red, Err(Unpassed::Failed { status: 101, .. })), "{red:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_confined_nothing_passes() {
    let guarded = Guarded::with(staged!(), &[]).await;
    // A mount that went away since the configuration was read.
    let tools = super::stage::open_folder();
    let confinement = Confinement::bwrap(&[tools.path().to_owned()], &[]).unwrap();
    drop(tools);
    let runner = GuardRunner { confinement, ..guarded.runner() };
    let found = guarded.script(&runner, ScriptForm::ExitCode, "true", PATIENCE).await;
    assert!(matches!(found, Err(Unpassed::CouldNotRun(_))), "{found:?}");
}
