//! What a run tries that reaches only the servers that are named: each by name, from inside.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use timmy::confinement::{
    CannotRun, Confinement, FinishedRun, Network, Reach, RunEnd, SessionRequest,
};
use tokio::io::AsyncReadExt as _;

use super::reach::{Names, echo, reach};
use super::stage::{Stage, enough, long, staged};

/// Runs a script of the shell that reaches what it may; without a word it has ended well.
async fn shell(stage: &Stage, reach: &Reach, script: &str) -> FinishedRun {
    let workspace = stage.workspace().await;
    let run = stage.shell_in(&workspace, script, Network::Through(reach), enough()).await.unwrap();
    workspace.discard().await;
    stage.assert_empty();
    run
}

#[track_caller]
fn assert_good(run: &FinishedRun) {
    assert_eq!(run.end, RunEnd::Exited(0), "{}", run.output.text());
}

/// Python that asks the proxy for `target`, and prints what it answers.
fn asking(target: &str) -> String {
    format!(
        "import socket; s = socket.create_connection(('127.0.0.1', 3128)); \
         s.sendall(b'CONNECT {target} HTTP/1.1\\r\\n\\r\\n'); print(s.recv(99).split(b'\\r')[0])"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_that_is_named_is_reached() {
    let stage = staged!();
    let server = echo().await;
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/3128; \
         printf 'CONNECT api.example.com:{} HTTP/1.1\\r\\n\\r\\n' >&3; \
         read -r answer <&3; read -r empty <&3; echo $answer; echo hello >&3; head -n 1 <&3",
        server.port()
    );
    let run = shell(&stage, &reach(server), &script).await;
    assert_good(&run);
    assert_eq!(run.output.text(), "HTTP/1.1 200 Connected\r\nhello\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_git_and_python_find_the_proxy_by_themselves() {
    let stage = staged!();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let url = format!("https://api.example.com:{}/", server.port());
    let python = format!("import urllib.request as r; r.urlopen('{url}')");
    for words in [
        format!("curl -s {url}"),
        format!("git ls-remote {url}"),
        format!("/usr/bin/python3 -c \"{python}\""),
    ] {
        let program = words.split(' ').next().unwrap();
        let script = format!("command -v {program} || exit 3; {words}; true");
        let reach = reach(server);
        let run = shell(&stage, &reach, &script);
        tokio::pin!(run);
        let mut first = [0; 6];
        tokio::select! {
            // Where it is not installed, nobody comes.
            run = &mut run => {
                assert_eq!(run.end, RunEnd::Exited(3), "{words}: {}", run.output.text());
                continue;
            }
            accepted = listener.accept() => {
                accepted.unwrap().0.read_exact(&mut first).await.unwrap();
            }
        }
        // It got as far as the first message of TLS; the rest is between it and its server.
        assert_eq!((first[0], first[5]), (22, 1), "{words}");
        assert_good(&run.await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_reached_through_the_proxy() {
    let stage = staged!();
    let server = echo().await;
    let port = server.port();
    for (target, expected) in [
        ("other.example.com:443".to_owned(), "403"),
        ("api.example.com:1".to_owned(), "403"),
        (format!("127.0.0.1:{port}"), "403"),
        ("127.0.0.1:7233".to_owned(), "403"),
        (format!("[::1]:{port}"), "403"),
        ("169.254.169.254:80".to_owned(), "403"),
        ("192.168.0.1:443".to_owned(), "403"),
    ] {
        let run =
            shell(&stage, &reach(server), &format!("python3 -c \"{}\"", asking(&target))).await;
        assert_good(&run);
        assert!(run.output.text().contains(expected), "{target}: {}", run.output.text());
    }
    // A name that leads to a private network, however it came there.
    let rebound = reach(server).resolving_by(Names::told(&[&["10.0.0.1"]]));
    let ask = asking(&format!("api.example.com:{port}"));
    let run = shell(&stage, &rebound, &format!("python3 -c \"{ask}\"")).await;
    assert!(run.output.text().contains("403 No Public Address"), "{}", run.output.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reached_beside_the_proxy() {
    let stage = staged!();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (udp, six) = (UdpSocket::bind("0.0.0.0:0").unwrap(), TcpListener::bind("[::1]:0"));
    let name = format!("timmy-{}", long());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let hidden = UnixListener::bind_addr(&address).unwrap();
    listener.set_nonblocking(true).unwrap();
    hidden.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    let own = listener.local_addr().unwrap().port();
    let six = six.map_or(1, |six| six.local_addr().unwrap().port());
    let udp_port = udp.local_addr().unwrap().port();
    let script = format!(
        r#"
import socket
def fails(what, attempt):
    try:
        attempt()
    except OSError:
        return
    print("GOT OUT:", what)
tcp = lambda *to: socket.create_connection(to, 5)
fails("loopback of the machine", lambda: tcp("127.0.0.1", {own}))
fails("loopback by IPv6", lambda: tcp("::1", {six}))
fails("Temporal", lambda: tcp("127.0.0.1", 7233))
fails("a public address", lambda: tcp("1.1.1.1", 443))
fails("a public address by IPv6", lambda: tcp("2606:4700:4700::1111", 443))
fails("metadata", lambda: tcp("169.254.169.254", 80))
fails("a private network", lambda: tcp("10.0.0.1", 443))
fails("a name", lambda: socket.getaddrinfo("example.com", 443))
fails("the named name", lambda: socket.getaddrinfo("api.example.com", 443))
def udp(to):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(to)
    s.send(b"x")
    s.settimeout(5)
    s.recv(1)
fails("UDP 53", lambda: udp(("1.1.1.1", 53)))
fails("UDP of the machine", lambda: udp(("127.0.0.1", {udp_port})))
def raw():
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
fails("raw packets", raw)
fails("raw frames", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
def abstract():
    socket.socket(socket.AF_UNIX).connect("\0{name}")
fails("an abstract socket of the machine", abstract)
assert socket.gethostbyname("localhost") == "127.0.0.1"
print("done")
"#
    );
    let script = format!(
        "cat > try.py <<'END'\n{script}\nEND\npython3 try.py; ip link 2>/dev/null | grep -c ' UP' || true"
    );
    let run = shell(&stage, &reach("127.0.0.1:9".parse().unwrap()), &script).await;
    assert_good(&run);
    assert!(run.output.text().contains("done"), "{}", run.output.text());
    assert!(!run.output.text().contains("GOT OUT"), "{}", run.output.text());
    assert!(listener.accept().is_err() && hidden.accept().is_err());
    assert!(udp.recv(&mut [0; 1]).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_no_proxy_reaches_nothing() {
    let stage = staged!();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = listener.local_addr().unwrap();
    let url = format!("https://api.example.com:{}/", server.port());
    let script = format!("! env -i PATH=$PATH curl -s {url} && ! curl -s --noproxy '*' {url}");
    assert_good(&shell(&stage, &reach(server), &script).await);
    assert!(listener.accept().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_do_not_see_the_proxy_of_another() {
    let stage = staged!();
    let (one, two) = (stage.workspace().await, stage.workspace().await);
    let reach = reach("127.0.0.1:9".parse().unwrap());
    let script = "read -r go; ls -A /timmy /timmy/reach; ! touch /timmy/reach/x 2>&1";
    let words = ["bash", "-c", script].map(str::to_owned);
    let network = Network::Through(&reach);
    let request = SessionRequest { words: &words, variables: &[], network, bounds: enough() };
    let mut first = stage.confinement.begin(&one, &request).await.unwrap();
    let mut second = stage.confinement.begin(&two, &request).await.unwrap();
    drop(first.input.take());
    let mut said = String::new();
    first.output.take().unwrap().read_to_string(&mut said).await.unwrap();
    let listed: Vec<&str> = said.lines().filter(|line| !line.starts_with("touch")).collect();
    let expected =
        ["/timmy:", "checkout", "forward", "home", "reach", "", "/timmy/reach:", "proxy"];
    assert_eq!(listed, expected);
    first.ended().await.unwrap();
    second.end().await.unwrap();
    one.discard().await;
    two.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_as_its_program_does_and_signals_reach_it() {
    let stage = staged!();
    let reach = reach("127.0.0.1:9".parse().unwrap());
    assert_eq!(shell(&stage, &reach, "exit 7").await.end, RunEnd::Exited(7));
    assert_eq!(shell(&stage, &reach, "kill -TERM $$").await.end, RunEnd::Exited(128 + 15));
    let script = "trap 'exit 5' TERM; kill -TERM $PPID; while true; do sleep 0.01; done";
    assert_eq!(shell(&stage, &reach, script).await.end, RunEnd::Exited(5));
    let workspace = stage.workspace().await;
    let words = ["/usr/bin/no-such-program".to_owned()];
    let network = Network::Through(&reach);
    let request = SessionRequest { words: &words, variables: &[], network, bounds: enough() };
    let why = match stage.confinement.begin(&workspace, &request).await {
        Ok(mut session) => session.ended().await.unwrap_err(),
        Err(why) => why,
    };
    assert!(matches!(why, CannotRun::NotStarted(_) | CannotRun::Refused(_)), "{why:?}");
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_run_its_connections_end_and_are_told() {
    let stage = staged!();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let workspace = stage.workspace().await;
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/3128; \
         printf 'CONNECT api.example.com:{} HTTP/1.1\\r\\n\\r\\nhi\\n' >&3; read -r never",
        server.port()
    );
    let words = ["bash", "-c", &script].map(str::to_owned);
    let reach = reach(server);
    let network = Network::Through(&reach);
    let request = SessionRequest { words: &words, variables: &[], network, bounds: enough() };
    let mut session = stage.confinement.begin(&workspace, &request).await.unwrap();
    let mut accepted = listener.accept().await.unwrap().0;
    // What passes through it is counted: who only sees that it was made may be earlier than that.
    let mut said = [0; 3];
    accepted.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hi\n");
    let end = session.end().await.unwrap();
    assert_eq!(accepted.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let told = format!("It reached api.example.com:{}: 1 connection, ", server.port());
    assert!(matches!(&end.reached[..], [line] if line.starts_with(&told)), "{:?}", end.reached);
    workspace.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sandbox_it_is_not_run_at_all() {
    let stage = staged!().with(Confinement::none());
    let workspace = stage.workspace().await;
    let reach = reach("127.0.0.1:9".parse().unwrap());
    let run = stage.shell_in(&workspace, "true", Network::Through(&reach), enough()).await;
    assert!(matches!(run, Err(CannotRun::NotKeptIn)), "{run:?}");
    workspace.discard().await;
}
