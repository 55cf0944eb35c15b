//! What is seen from inside: the words for `bwrap`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::cannot_run::CannotRun;
use super::network::Network;
use super::reach;

/// Where the copy lies, seen from inside.
pub const CHECKOUT: &str = "/timmy/checkout";

/// The home, seen from inside.
pub(super) const HOME: &str = "/timmy/home";

/// Of the machine, beside `/usr`: its links at the root, and what programs look up in `/etc`.
const ROOT: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
const ETC: [&str; 12] = [
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

/// And with network.
const ETC_OF_NETWORK: [&str; 5] =
    ["/etc/gai.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/services"];

/// The path of programs of the machine.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How much `/dev/shm` holds: it is memory.
const SHARED_MEMORY: &str = "67108864";

/// What the configuration shows of the machine besides, read-only.
#[derive(Debug, Clone, Default)]
pub(super) struct Mounts(Vec<PathBuf>);

impl Mounts {
    /// Refuses what would show one of `secrets`: the ledger, the configuration, tokens.
    pub(super) fn new(mounts: &[PathBuf], secrets: &[PathBuf]) -> Result<Self, CannotRun> {
        let real = |path: &Path| fs::canonicalize(path);
        let secrets: Vec<PathBuf> = secrets.iter().filter_map(|secret| real(secret).ok()).collect();
        for mount in mounts {
            let shown = real(mount).map_err(|_| CannotRun::NoMount(mount.clone()))?;
            let shows = |secret: &&PathBuf| secret.starts_with(&shown) || shown.starts_with(secret);
            if let Some(secret) = secrets.iter().find(shows) {
                let (mount, secret) = (mount.clone(), secret.clone());
                return Err(CannotRun::ShowsSecret { mount, secret });
            }
        }
        Ok(Self(mounts.to_vec()))
    }

    /// Refuses a folder of which a copy would show one of `secrets`. It may be one of them itself.
    pub(super) fn require_apart(folder: &Path, secrets: &[PathBuf]) -> Result<(), CannotRun> {
        let real = |path: &Path| fs::canonicalize(path);
        // One that is not there holds nothing.
        let Ok(shown) = real(folder) else { return Ok(()) };
        for secret in secrets {
            let Ok(hidden) = real(secret) else { continue };
            if hidden != shown && (hidden.starts_with(&shown) || shown.starts_with(&hidden)) {
                let (mount, secret) = (folder.to_owned(), secret.clone());
                return Err(CannotRun::ShowsSecret { mount, secret });
            }
        }
        Ok(())
    }

    /// Where programs are looked for: first in what is mounted.
    fn search_path(&self, rest: &OsStr) -> OsString {
        let mut path = OsString::new();
        for folder in self.0.iter().map(|mount| mount.join("bin")).filter(|bin| bin.is_dir()) {
            path.push(folder);
            path.push(":");
        }
        path.push(rest);
        path
    }
}

/// The variables that programs see, inside of a confinement and without one. `more`: what is passed
/// to one of them; where its home is, nothing of that says.
pub(super) fn environment(
    mounts: &Mounts,
    home: &Path,
    temporary: &Path,
    more: &[(String, OsString)],
) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> =
        more.iter().map(|(name, value)| (name.into(), value.clone())).collect();
    let path = all.remove(OsStr::new("PATH"));
    all.entry("LANG".into()).or_insert_with(|| "C.UTF-8".into());
    all.entry("TERM".into()).or_insert_with(|| "dumb".into());
    let own: [(&str, OsString); 6] = [
        ("PATH", mounts.search_path(path.as_deref().unwrap_or(OsStr::new(PATH)))),
        ("HOME", home.into()),
        ("TMPDIR", temporary.into()),
        ("USER", "timmy".into()),
        ("GIT_LFS_SKIP_SMUDGE", "1".into()),
        ("GIT_TERMINAL_PROMPT", "0".into()),
    ];
    all.extend(own.map(|(name, value)| (name.into(), value)));
    all
}

/// What `/etc` says of users, in there.
pub(super) const PASSWD: &str = "root:x:0:0::/nonexistent:/bin/false\n\
                                 timmy:x:1000:1000::/timmy/home:/bin/sh\n\
                                 nobody:x:65534:65534::/nonexistent:/bin/false\n";
pub(super) const GROUP: &str = "root:x:0:\ntimmy:x:1000:\nnogroup:x:65534:\n";

/// And of names, where a proxy is all that looks them up.
pub(super) const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";
pub(super) const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files\n";

/// What a run sees of its workspace.
pub(super) struct Places<'a> {
    pub(super) checkout: &'a Path,
    pub(super) home: &'a Path,
    pub(super) temporary: &'a Path,
    /// With the files of [`PASSWD`], [`GROUP`], [`HOSTS`] and [`NSSWITCH`].
    pub(super) etc: &'a Path,
    /// With the socket of its proxy, if it has one.
    pub(super) reach: PathBuf,
}

/// The arguments of `bwrap` up to the program. `program`: a file that must be seen to be started.
pub(super) fn arguments(
    places: &Places<'_>,
    mounts: &Mounts,
    program: Option<&Path>,
    network: Network<'_>,
) -> Vec<OsString> {
    let mut words = Arguments::default();
    words.add(["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]);
    words.add(["--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"]);
    let has_network = matches!(network, Network::Shared);
    if has_network {
        words.add(["--share-net"]);
    }
    words.add(["--ro-bind", "/usr", "/usr"]);
    words.root();
    let looked_up: &[&str] = if has_network { &ETC_OF_NETWORK } else { &[] };
    for file in ETC.iter().chain(looked_up) {
        words.add(["--ro-bind-try", file, file]);
    }
    let of_names: &[&str] = match network {
        Network::Through(_) => &["hosts", "nsswitch.conf"],
        Network::Own | Network::Shared => &[],
    };
    for file in ["passwd", "group"].iter().chain(of_names) {
        words.bind("--ro-bind", &places.etc.join(file), &Path::new("/etc").join(file));
    }
    words.add(["--proc", "/proc", "--dev", "/dev", "--size", SHARED_MEMORY]);
    words.add(["--tmpfs", "/dev/shm", "--remount-ro", "/dev"]);
    words.bind("--bind", places.temporary, Path::new("/tmp"));
    // The mounts come before the copy: none of them may lie over it.
    for mount in &mounts.0 {
        words.bind("--ro-bind", mount, mount);
    }
    // What is seen anyway may be a link there, as the `python` of a virtual environment is.
    let is_seen = |program: &Path| {
        program.starts_with("/usr") || mounts.0.iter().any(|mount| program.starts_with(mount))
    };
    if let Some(program) = program.filter(|program| !is_seen(program)) {
        words.bind("--ro-bind", program, program);
    }
    if let Network::Through(reach) = network {
        words.bind("--ro-bind", &places.reach, Path::new(reach::FOLDER));
        words.bind("--ro-bind", reach.forwarder(), Path::new(reach::FORWARDER));
    }
    words.bind("--bind", places.home, Path::new(HOME));
    words.bind("--bind", places.checkout, Path::new(CHECKOUT));
    words.add(["--remount-ro", "/", "--chdir", CHECKOUT, "--"]);
    words.0
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize>(&mut self, words: [&str; N]) {
        self.0.extend(words.map(OsString::from));
    }

    fn bind(&mut self, how: &str, from: &Path, to: &Path) {
        self.0.extend([how.into(), from.as_os_str().into(), to.as_os_str().into()]);
    }

    /// `/bin` and its like: links as they are on this machine, or folders.
    fn root(&mut self) {
        for name in ROOT {
            let path = Path::new("/").join(name);
            match fs::read_link(&path) {
                Ok(target) => self.bind("--symlink", &target, &path),
                Err(_) if path.is_dir() => self.bind("--ro-bind", &path, &path),
                Err(_) => {}
            }
        }
    }
}

/// The file of a program that is named by its whole path, unless it comes from the copy itself.
pub(super) fn file_of(program: &OsStr) -> Option<&Path> {
    Some(Path::new(program)).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use crate::confinement::view::*;

    fn words(mounts: &Mounts, network: Network<'_>) -> Vec<String> {
        let place = Path::new("/place");
        let places = Places {
            checkout: place,
            home: place,
            temporary: place,
            etc: place,
            reach: place.join("reach"),
        };
        let words = arguments(&places, mounts, Some(Path::new("/opt/guard.sh")), network);
        words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn network_is_seen_only_where_it_is_asked_for() {
        let alone = words(&Mounts::default(), Network::Own);
        assert!(!alone.iter().any(|word| word == "--share-net" || word.contains("resolv")));
        let with = words(&Mounts::default(), Network::Shared);
        assert!(with.iter().any(|word| word == "--share-net"));
        assert!(with.iter().any(|word| word == "/etc/resolv.conf"));
    }

    #[test]
    fn nothing_of_the_machine_can_be_written() {
        let words = words(&Mounts::default(), Network::Shared);
        let writable: Vec<&str> = words
            .windows(3)
            .filter(|three| three[0] == "--bind")
            .map(|three| three[1].as_str())
            .collect();
        assert_eq!(writable, ["/place"; 3]);
        assert!(
            words.windows(3).any(|three| three == ["--ro-bind", "/opt/guard.sh", "/opt/guard.sh"])
        );
        assert!(!words.iter().any(|word| word.starts_with("/etc/timmy") || word == "/home"));
        let mounts = Mounts(vec![PathBuf::from("/opt")]);
        let within = self::words(&mounts, Network::Shared);
        assert!(!within.iter().any(|word| word == "/opt/guard.sh"), "it is seen with its folder");
    }

    #[test]
    fn what_is_passed_says_not_where_the_home_is() {
        let more = [("HOME", "/root"), ("PATH", "/opt/bin"), ("KEY", "k"), ("LANG", "de")];
        let more = more.map(|(name, value)| (name.to_owned(), value.into()));
        let all = environment(&Mounts::default(), Path::new(HOME), Path::new("/tmp"), &more);
        let value = |name: &str| all.get(OsStr::new(name)).and_then(|value| value.to_str());
        assert_eq!(value("HOME"), Some(HOME));
        assert_eq!((value("PATH"), value("KEY")), (Some("/opt/bin"), Some("k")));
        assert_eq!((value("LANG"), value("TERM")), (Some("de"), Some("dumb")));
    }

    #[test]
    fn a_mount_that_shows_a_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (tools, ledger) = (folder.path().join("tools"), folder.path().join("timmy.db"));
        fs::create_dir(&tools).unwrap();
        fs::write(&ledger, "").unwrap();
        let whole = [folder.path().to_owned()];
        let refused = Mounts::new(&whole, std::slice::from_ref(&ledger));
        assert!(matches!(refused, Err(CannotRun::ShowsSecret { .. })), "{refused:?}");
        assert!(Mounts::new(std::slice::from_ref(&tools), std::slice::from_ref(&ledger)).is_ok());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(Mounts::new(&[link], &[ledger]).is_err());
        assert!(matches!(Mounts::new(&[tools.join("no")], &[]), Err(CannotRun::NoMount(_))));
        let below = tools.join("below");
        fs::create_dir(&below).unwrap();
        assert!(Mounts::new(&[below], &[tools]).is_err());
    }
}
