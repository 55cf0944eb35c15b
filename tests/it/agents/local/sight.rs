//! What an agent looks for that it must not see, and whether it can be run at all.

use timmy::agents::{Agent, AgentTrouble, Speaker};

use super::stage::{Stage, end, said, start};
use crate::confinement::stage::staged;

#[tokio::test(flavor = "multi_thread")]
async fn neither_ledger_nor_token_nor_another_agent_is_there() {
    drop(staged!());
    let mut stage = Stage::new().await;
    for folder in
        ["template", "agent-runs/bezalel/work/timmy-run-1/home", "agent-runs/ezra/attempts"]
    {
        std::fs::create_dir_all(stage.path(folder)).unwrap();
    }
    for file in [
        "timmy.db",
        "timmy.toml",
        "template/other",
        "agent-runs/bezalel/work/timmy-run-1/home/key",
        "agent-runs/ezra/attempts/x.json",
    ] {
        std::fs::write(stage.path(file), "the-secret").unwrap();
    }
    let folder = stage.folder.path().display().to_string();
    let script = format!(
        "exec 2>&1; cat {folder}/* {folder}/agent-runs/*/*/* {folder}/agent-runs/*/*/*/*/* /etc/timmy/* \
         /root/* /proc/1/environ; env; ls -a {folder} / /timmy; git remote -v; git config --list; true"
    );
    stage.more = vec![("env", ["PATH"].as_slice().into())];
    let agent = stage.agent(&script);
    let handle = start(&agent, &stage.task()).await;
    end(&agent, &handle).await;
    let said = said(&agent, &handle, Speaker::ToolResult).await.join("\n");
    assert!(said.contains("HOME=/timmy/home") && said.contains("user.name=ezra"), "{said}");
    let token = std::fs::read_to_string(stage.path("ezra.token")).unwrap();
    for secret in ["the-secret", "CARGO", "TIMMY_", "Authorization", token.as_str()] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_whether_it_can_be_run() {
    drop(staged!());
    let mut stage = Stage::new().await;
    let health = stage.agent("true").health().await.unwrap();
    assert!(health.refuses.is_none() && health.process.is_some());
    assert!(!stage.path("agent-runs").exists(), "who only asks makes nothing");
    stage.more = vec![("command", ["no-such-program"].as_slice().into())];
    let trouble = stage.agent("").health().await.unwrap_err();
    assert_eq!(
        trouble,
        AgentTrouble::CannotRun(
            "there is no program no-such-program: install it, or correct agent.command".to_owned()
        )
    );
    let shows = stage.folder.path().display().to_string();
    std::fs::write(stage.path("timmy.toml"), "").unwrap();
    stage.more = vec![("mounts", [shows.as_str()].as_slice().into())];
    let trouble = stage.agent("true").health().await.unwrap_err().to_string();
    assert!(trouble.contains("which nothing in there may see"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_what_it_reaches_has_no_other_network() {
    drop(staged!());
    let mut stage = Stage::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; true");
    stage.more = vec![("reach", ["api.example.com:443"].as_slice().into())];
    stage.end_of(&script).await;
    assert!(listener.accept().is_err());
    // Without that it has the network of this machine, as doctor says.
    stage.more.clear();
    stage.end_of(&script).await;
    assert!(listener.accept().is_ok());
    // A home is copied: it must hold nothing of timmy's own. Beside that it may lie.
    let folder = stage.folder.path().display().to_string();
    stage.more = vec![("home", folder.as_str().into())];
    let trouble = stage.agent("true").health().await.unwrap_err().to_string();
    assert!(trouble.contains("which nothing in there may see"), "{trouble}");
    std::fs::create_dir_all(stage.path("agents/ezra")).unwrap();
    stage.more = vec![("home", "agents/ezra".into())];
    let agent = stage.agent("touch ~/new; ls -a ~");
    assert!(agent.health().await.is_ok());
    let handle = start(&agent, &stage.task()).await;
    end(&agent, &handle).await;
    assert_eq!(std::fs::read_dir(stage.path("agents/ezra")).unwrap().count(), 0);
}
