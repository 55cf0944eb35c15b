//! `timmy --version` says which timmy it is.

use std::path::Path;

use regex::Regex;

use crate::support::process::{Run, timmy};

#[test]
fn it_names_version_commit_and_features() {
    let form =
        Regex::new(r"^timmy (\S+) \(commit ([0-9A-Za-z._+-]+); features: ([0-9a-z_,]+)\)\n$");
    let form = form.unwrap();
    for flag in ["--version", "-V"] {
        let run = Run::of(&mut timmy(Path::new("."), flag));
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        let said = form.captures(&run.out).map(|found| found[1].to_owned());
        assert_eq!(said.as_deref(), Some(env!("CARGO_PKG_VERSION")), "{}", run.out);
    }
}
