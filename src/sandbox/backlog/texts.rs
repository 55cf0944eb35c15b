//! What people write.

use fastrand::Rng;

const THINGS: [&str; 16] = [
    "login",
    "session",
    "backup",
    "queue",
    "door controller",
    "mail relay",
    "dark mode",
    "export",
    "search",
    "webhook",
    "disk alarm",
    "nightly build",
    "certificate",
    "importer",
    "docs",
    "cache",
];
const FAILURES: [&str; 12] = [
    "is slow",
    "fails on Mondays",
    "leaks memory",
    "shows the wrong time",
    "needs a test",
    "loses the last line",
    "should be configurable",
    "breaks behind a proxy",
    "hangs at shutdown",
    "is not documented",
    "ignores the time zone",
    "accepts an empty name",
];
const ODD: [&str; 8] = [
    "Übersetzung: „Schließen“ fehlt",
    "ログイン画面が真っ白になる",
    "الصفحة لا تُحمّل",
    "🚪🔒 door stays locked 👩‍💻",
    "`rm -rf` in <script>alert(1)</script> | @anna #1",
    "re: re: FW: aw: (no subject)",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33",
    "…",
];
const PLACES: [&str; 10] =
    ["door", "infra", "web", "mobile", "notes", "api", "tools", "site", "data", "lab"];
const SENTENCES: [&str; 8] = [
    "It happens about once a day, and only on the second host.",
    "After the last upgrade the log shows a timeout before it stops.",
    "A customer called about this again.",
    "We agreed to do this before the next release.",
    "The old behaviour should stay the default.",
    "I could reproduce it with an empty database.",
    "There is a workaround, but it has to be repeated after each restart.",
    "See the log below.",
];
const CODE: &str = "```\nthread 'main' panicked at src/door.rs:41: /timmy assign ezra\n```";

pub(super) fn repo_name(rng: &mut Rng, nth: usize) -> String {
    let place = PLACES[nth % PLACES.len()];
    match nth / PLACES.len() {
        0 => place.to_owned(),
        round => format!("{place}-{}{round}", ["old-", "x", ""][rng.usize(0..3)]),
    }
}

pub(super) fn title(rng: &mut Rng) -> String {
    match rng.usize(0..40) {
        0 => ODD[rng.usize(0..ODD.len())].to_owned(),
        _ => {
            let mut title = format!("{} {}", one(rng, &THINGS), one(rng, &FAILURES));
            title[..1].make_ascii_uppercase();
            title
        }
    }
}

pub(super) fn body(rng: &mut Rng, acceptance: bool, checklist: bool) -> String {
    let mut parts: Vec<String> =
        (0..rng.usize(0..5)).map(|_| one(rng, &SENTENCES).to_owned()).collect();
    if rng.u8(0..5) == 0 {
        parts.push(CODE.to_owned());
    }
    if rng.u8(0..8) == 0 {
        parts.push(format!("> {}", one(rng, &SENTENCES)));
    }
    if acceptance {
        parts.push(format!("## Acceptance\n\nThe {} works for a week.", one(rng, &THINGS)));
    }
    if checklist {
        parts.push(format!("- [ ] {}\n- [x] a test first", one(rng, &THINGS)));
    }
    parts.join("\n\n")
}

/// The text of an epic: it lists issues that were opened before it.
pub(super) fn epic(rng: &mut Rng, number: usize) -> String {
    let list: Vec<String> =
        (0..rng.usize(2..6)).map(|_| format!("- [ ] #{}", rng.usize(1..number))).collect();
    format!("All that {} needs:\n\n{}", one(rng, &THINGS), list.join("\n"))
}

/// The text of a pull request that mostly closes an issue.
pub(super) fn pull(rng: &mut Rng, number: usize) -> String {
    match rng.u8(0..5) {
        0 => one(rng, &SENTENCES).to_owned(),
        1 => format!("{} closes #{number}.", one(rng, &SENTENCES)),
        _ => format!("Closes #{number}"),
    }
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(0..of.len())]
}
