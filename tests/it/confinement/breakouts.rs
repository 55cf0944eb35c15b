//! What tries to reach something outside.

use std::fs;
use std::net::TcpListener;

use timmy::confinement::{CannotRun, Confinement, Network, RunEnd};

use super::stage::{enough, long, open_folder, staged};

#[tokio::test(flavor = "multi_thread")]
async fn the_network_is_not_there() {
    let stage = staged!();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let call = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo through");
    let workspace = stage.workspace().await;
    let alone = stage.shell_in(&workspace, &call, Network::Own, enough()).await.unwrap();
    assert_ne!(alone.end, RunEnd::Exited(0), "{}", alone.output.text());
    assert!(listener.accept().is_err());
    // The same call goes through where it may: it is the confinement that stopped it.
    let shared = stage.shell_in(&workspace, &call, Network::Shared, enough()).await.unwrap();
    assert_eq!(shared.end, RunEnd::Exited(0), "{}", shared.output.text());
    assert!(listener.accept().is_ok());
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_a_network_of_its_own() {
    let stage = staged!();
    let script = "(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -q refused";
    assert_eq!(stage.shell(script, enough()).await.end, RunEnd::Exited(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_configuration_and_token_are_not_there() {
    let stage = staged!();
    let secrets = open_folder();
    let names = ["timmy.db", "timmy.toml", "token"];
    for name in names {
        fs::write(secrets.path().join(name), "the-secret").unwrap();
    }
    let folder = secrets.path().display();
    let script = format!(
        "cat {folder}/* /etc/timmy/* /proc/1/environ /root/* /home/*/.* /etc/shadow \
         /run/credentials/*/* ; env; ls /root /home /var /run {folder}; true"
    );
    let run = stage.shell(&script, enough()).await;
    let said = run.output.text();
    assert_eq!(run.end, RunEnd::Exited(0), "{said}");
    assert!(!said.contains("the-secret"), "{said}");
    for variable in ["TIMMY_", "CARGO", "TOKEN"] {
        assert!(!said.contains(variable), "{variable}: {said}");
    }
    let listed = said.lines().filter(|line| names.contains(line)).count();
    assert_eq!(listed, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_that_would_show_them_is_refused() {
    let secrets = open_folder();
    let ledger = secrets.path().join("timmy.db");
    fs::write(&ledger, "").unwrap();
    let refused = Confinement::bwrap(&[secrets.path().to_owned()], &[ledger]);
    assert!(matches!(refused, Err(CannotRun::ShowsSecret { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mounted_can_be_read_and_not_written() {
    let stage = staged!();
    let tools = open_folder();
    fs::create_dir(tools.path().join("bin")).unwrap();
    let tool = tools.path().join("bin/greet");
    fs::write(&tool, "#!/bin/sh\necho hello\n").unwrap();
    fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let confinement = Confinement::bwrap(&[tools.path().to_owned()], &[]).unwrap();
    let stage = stage.with(confinement);
    let script = format!("greet && ! echo x >>{}", tool.display());
    let run = stage.shell(&script, enough()).await;
    assert_eq!(run.end, RunEnd::Exited(0), "{}", run.output.text());
    assert!(run.output.text().starts_with("hello\n"), "{}", run.output.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_processes_are_not_there() {
    let stage = staged!();
    let own = std::process::id();
    let script = format!(
        "cat /proc/*/comm; ls -d /proc/[0-9]* | wc -l; kill -9 {own} 2>&1; \
         ls /proc/{own} 2>&1; readlink /proc/self/ns/pid"
    );
    let run = stage.shell(&script, enough()).await;
    let said = run.output.text();
    assert!(said.contains(&format!("({own}) - No such process")), "{said}");
    let count: usize = said.lines().find_map(|line| line.trim().parse().ok()).unwrap();
    assert!(count <= 8, "{said}");
    let outside = fs::read_link("/proc/self/ns/pid").unwrap();
    assert!(!said.contains(&*outside.to_string_lossy()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_the_copy_can_be_written() {
    let stage = staged!();
    let outside = open_folder();
    fs::set_permissions(outside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let script = format!(
        "for place in / /usr /usr/bin /etc /dev /timmy /proc/sys/kernel {} {}; do \
         touch $place/broke-out 2>/dev/null && echo broke out at $place; done; \
         mount -t tmpfs none /usr 2>/dev/null && echo mounted; \
         unshare --user --map-root-user true 2>/dev/null && echo another user; \
         touch here ~/there /tmp/there /dev/shm/there && echo inside",
        outside.path().display(),
        stage.place().display(),
    );
    let run = stage.shell(&script, enough()).await;
    assert_eq!(run.output.text(), "inside\n");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_root_whoever_timmy_is() {
    let stage = staged!();
    let script = "id -u; grep -E 'Cap(Eff|Bnd|Prm)' /proc/self/status; grep NoNewPrivs \
                  /proc/self/status; cat /proc/self/uid_map";
    let said = stage.shell(script, enough()).await.output.text();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "1000");
    for row in &lines[1..4] {
        assert!(row.ends_with("\t0000000000000000"), "{said}");
    }
    assert!(lines[4].ends_with("\t1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_could_not_run() {
    let stage = staged!();
    let workspace = stage.workspace().await;
    for words in [vec!["/no/such/program"], vec!["no-such-program", "-x"]] {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let request = timmy::confinement::RunRequest {
            words: &words,
            input: None,
            network: Network::Own,
            output: timmy::confinement::OutputForm::Together,
            bounds: enough(),
        };
        let run = stage.confinement.run(&workspace, &request).await;
        assert!(run.is_err(), "{run:?}");
    }
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_waiting_ends_it() {
    let stage = staged!();
    let (workspace, name) = (stage.workspace().await, long());
    let script = format!("sleep {name} & wait");
    {
        let run = stage.shell_in(&workspace, &script, Network::Own, enough());
        tokio::pin!(run);
        let lives = async || super::stage::lives(&name);
        let is_there = crate::support::process::until("it has started", lives);
        tokio::select! {
            run = &mut run => panic!("it ended: {run:?}"),
            () = is_there => {}
        }
    }
    let gone = async || !super::stage::lives(&name);
    crate::support::process::until("nothing of it lives", gone).await;
    workspace.discard().await;
    stage.assert_empty();
}
