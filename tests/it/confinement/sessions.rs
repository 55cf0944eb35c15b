//! Confined processes that are talked to, and how they end.

use timmy::confinement::{Confinement, Network, RunEnd, Session, SessionRequest, Workspace};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::stage::{Stage, enough, lives, long, staged};

async fn begin(stage: &Stage, workspace: &Workspace, script: &str) -> Session {
    begin_with(&stage.confinement, workspace, script, &[]).await
}

async fn begin_with(
    confinement: &Confinement,
    workspace: &Workspace,
    script: &str,
    variables: &[(String, std::ffi::OsString)],
) -> Session {
    let words = ["bash", "-c", script].map(str::to_owned);
    let network = Network::Own;
    let request = SessionRequest { words: &words, variables, network, bounds: enough() };
    confinement.begin(workspace, &request).await.unwrap()
}

/// The next line that it prints.
async fn line(session: &mut Session) -> String {
    let mut line = String::new();
    let output = session.output.as_mut().unwrap();
    BufReader::with_capacity(1, output).read_line(&mut line).await.unwrap();
    line.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_something_and_answers() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let script = "read -r told; echo heard $told; cat > /dev/null; echo sorry >&2; exit 3";
    let mut session = begin(&stage, &workspace, script).await;
    session.input.as_mut().unwrap().write_all(b"this\n").await.unwrap();
    assert_eq!(line(&mut session).await, "heard this");
    drop(session.input.take());
    let end = session.ended().await.unwrap();
    assert_eq!((end.end, end.complaints.text().as_str()), (Some(RunEnd::Exited(3)), "sorry\n"));
    assert_eq!(session.end().await.unwrap(), end, "also when it is asked again");
    workspace.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_ignores_every_signal_ends_with_all_that_it_left() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let long = long();
    let script = format!(
        "trap '' HUP INT QUIT TERM PIPE; (trap '' HUP TERM; setsid sleep {long}) & \
         setsid -f sleep {long}; echo begun; while true; do sleep {long}; done"
    );
    let mut session = begin(&stage, &workspace, &script).await;
    assert_eq!(line(&mut session).await, "begun");
    assert_eq!(session.end().await.unwrap().end, None);
    assert!(!lives(&long));
    workspace.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_holds_its_output_open_ends_with_it() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let long = long();
    let mut session =
        begin(&stage, &workspace, &format!("setsid -f sleep {long}; echo done")).await;
    assert_eq!(session.ended().await.unwrap().end, Some(RunEnd::Exited(0)));
    assert_eq!(line(&mut session).await, "done");
    assert_eq!(line(&mut session).await, "", "nobody holds it open");
    assert!(!lives(&long));
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_prints_without_end_to_nobody_can_be_ended() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let mut session = begin(&stage, &workspace, "yes; yes >&2").await;
    assert_eq!(line(&mut session).await, "y");
    assert_eq!(session.end().await.unwrap().end, None);
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_is_given_stands_in_no_argument() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let secret = format!("given-{}", long());
    let variables =
        [("KEY".to_owned(), secret.clone().into()), ("HOME".to_owned(), "/root".into())];
    let script = "echo $KEY; echo $HOME; read -r never";
    let mut session = begin_with(&stage.confinement, &workspace, script, &variables).await;
    assert_eq!(line(&mut session).await, secret);
    assert_eq!(line(&mut session).await, "/timmy/home");
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let shows = |process: std::fs::DirEntry| {
        let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(&secret)
    };
    assert!(!all.into_iter().any(shows));
    session.end().await.unwrap();
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_is_said() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    let words = ["/usr/bin/no-such-program".to_owned()];
    let request =
        SessionRequest { words: &words, variables: &[], network: Network::Own, bounds: enough() };
    let why = match stage.confinement.begin(&workspace, &request).await {
        Ok(mut session) => session.ended().await.unwrap_err(),
        Err(why) => why,
    };
    assert!(!why.is_of_this_machine(), "{why}");
    workspace.discard().await;
}
