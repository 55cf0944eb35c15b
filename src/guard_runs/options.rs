//! Which options of programs have the word behind them for themselves.

/// Whether the word behind an option belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakesNext {
    Yes,
    No,
    /// Nobody here knows the option.
    Perhaps,
}

/// What stands before another program, and its letters that take the next word.
const WRAPPERS: [(&str, &str); 14] = [
    ("env", "uCa"),
    ("nice", "n"),
    ("ionice", "cnpPu"),
    ("timeout", "sk"),
    ("sudo", "ugCDhprtTUR"),
    ("doas", "uC"),
    ("stdbuf", "ioe"),
    ("xvfb-run", "efnpsw"),
    ("exec", "a"),
    ("time", "fo"),
    ("strace", "eopsuPaObISX"),
    ("xargs", "adEILnPs"),
    ("uv", "pwiC"),
    ("npx", "pcw"),
];

/// Long options of wrappers that take the next word.
const LONG_WITH_VALUE: [&str; 34] = [
    "--unset",
    "--chdir",
    "--argv0",
    "--signal",
    "--kill-after",
    "--adjustment",
    "--class",
    "--classdata",
    "--user",
    "--host",
    "--prompt",
    "--input",
    "--output",
    "--error",
    "--format",
    "--server-args",
    "--server-num",
    "--error-file",
    "--auth-file",
    "--xauth-protocol",
    "--with",
    "--with-editable",
    "--with-requirements",
    "--python",
    "--project",
    "--directory",
    "--prefix",
    "--group",
    "--only-group",
    "--extra",
    "--package",
    "--env-file",
    "--index-url",
    "--config-file",
];

/// Long options of wrappers that take none.
const LONG_WITHOUT: [&str; 20] = [
    "--",
    "--ignore-environment",
    "--debug",
    "--foreground",
    "--preserve-status",
    "--preserve-env",
    "--verbose",
    "--quiet",
    "--non-interactive",
    "--set-home",
    "--wait",
    "--auto-servernum",
    "--frozen",
    "--locked",
    "--offline",
    "--isolated",
    "--exact",
    "--dev",
    "--all-extras",
    "--yes",
];

/// Of an option of `wrapper`, which stands before the program that is run.
pub(super) fn of_wrapper(wrapper: &str, option: &str) -> TakesNext {
    let long = option.starts_with("--");
    if LONG_WITH_VALUE.contains(&option) {
        return TakesNext::Yes;
    }
    if long {
        let is_none =
            LONG_WITHOUT.contains(&option) || option.starts_with("--no-") || option.contains('=');
        return if is_none { TakesNext::No } else { TakesNext::Perhaps };
    }
    let letters = WRAPPERS.iter().find(|(name, _)| *name == wrapper).map_or("", |(_, all)| all);
    match option.chars().next_back().is_some_and(|letter| letters.contains(letter)) {
        true => TakesNext::Yes,
        false => TakesNext::No,
    }
}

/// Of an option of `interpreter`, before the file that it runs. Of what may take the next word it is
/// not known whether it does.
pub(super) fn of_interpreter(interpreter: &str, option: &str) -> TakesNext {
    let is_shell = interpreter.ends_with("sh");
    let is_python = interpreter.starts_with("py");
    let takes = if option == "-" || option == "--" || option.contains('=') {
        false
    } else if option.starts_with("--") {
        match (is_shell, is_python) {
            (true, _) => matches!(option, "--rcfile" | "--init-file" | "--emulate"),
            (_, true) => option == "--check-hash-based-pycs",
            _ => true,
        }
    } else if is_shell {
        // `-euo pipefail`, `-oe pipefail`, `+o posix`.
        option.contains(['o', 'O'])
    } else {
        let letters = match interpreter {
            _ if is_python => "WXQ",
            "node" | "nodejs" | "bun" | "deno" => "rCcL",
            "ruby" => "rIEC",
            "perl" => "I",
            "php" => "dczStg",
            "lua" => "l",
            _ => "",
        };
        option.chars().next_back().is_some_and(|letter| letters.contains(letter))
    };
    if takes { TakesNext::Perhaps } else { TakesNext::No }
}

#[cfg(test)]
mod tests {
    use crate::guard_runs::options::*;

    #[test]
    fn it_is_known_what_takes_the_next_word_and_what_may() {
        for (wrapper, option, expected) in [
            ("env", "-u", TakesNext::Yes),
            ("env", "-iu", TakesNext::Yes),
            ("env", "-i", TakesNext::No),
            ("sudo", "-n", TakesNext::No),
            ("nice", "-n", TakesNext::Yes),
            ("timeout", "--signal", TakesNext::Yes),
            ("timeout", "--signal=KILL", TakesNext::No),
            ("uv", "--no-sync", TakesNext::No),
            ("uv", "--new", TakesNext::Perhaps),
            ("", "-u", TakesNext::No),
        ] {
            assert_eq!(of_wrapper(wrapper, option), expected, "{wrapper} {option}");
        }
        for (interpreter, option, expected) in [
            ("bash", "-euo", TakesNext::Perhaps),
            ("bash", "-eu", TakesNext::No),
            ("bash", "--norc", TakesNext::No),
            ("bash", "--rcfile", TakesNext::Perhaps),
            ("python3.13", "-W", TakesNext::Perhaps),
            ("python3", "-Werror", TakesNext::No),
            ("node", "--import", TakesNext::Perhaps),
            ("node", "--import=./a.mjs", TakesNext::No),
        ] {
            assert_eq!(of_interpreter(interpreter, option), expected, "{interpreter} {option}");
        }
    }
}
