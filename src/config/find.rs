//! Where the configuration stands.

use std::path::{Path, PathBuf};

/// Where it is looked for if nobody names it.
const PLACES: [&str; 2] = ["timmy.toml", "/etc/timmy/timmy.toml"];

/// Nobody named a configuration, and none stands where it is looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no configuration found: neither ./timmy.toml nor /etc/timmy/timmy.toml exists. \
     Write one with `timmy init`, or name it with --config FILE or $TIMMY_CONFIG."
)]
pub struct NotFound;

/// The file to read: `flag` (`--config`), else `$TIMMY_CONFIG`, else `timmy.toml` here, else
/// `/etc/timmy/timmy.toml`.
///
/// A file that somebody named is returned whether it exists or not: to read another one
/// instead would surprise.
///
/// # Errors
/// [`NotFound`] if nobody named one and there is none.
pub fn find(
    flag: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<PathBuf, NotFound> {
    search(flag, env, |path| path.exists())
}

fn search(
    flag: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
    exists: impl Fn(&Path) -> bool,
) -> Result<PathBuf, NotFound> {
    if let Some(path) = flag {
        return Ok(path.to_owned());
    }
    if let Some(path) = env("TIMMY_CONFIG").filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    PLACES.iter().map(PathBuf::from).find(|path| exists(path)).ok_or(NotFound)
}

#[cfg(test)]
mod tests {
    use crate::config::find::*;

    #[test]
    fn the_nearest_name_wins() {
        let set = |_: &str| Some("env.toml".to_owned());
        let unset = |_: &str| None;
        let all = |_: &Path| true;
        let found = |path: &str| Ok(PathBuf::from(path));
        assert_eq!(search(Some(Path::new("flag.toml")), &set, all), found("flag.toml"));
        assert_eq!(search(None, &set, all), found("env.toml"));
        assert_eq!(search(None, &unset, all), found("timmy.toml"));
        let only_etc = |path: &Path| path.is_absolute();
        assert_eq!(search(None, &unset, only_etc), found("/etc/timmy/timmy.toml"));
        assert_eq!(search(None, &unset, |_| false), Err(NotFound));
    }
}
