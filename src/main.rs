//! The binary. Everything that it does is in the library; start reading at `lib.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    timmy::cli::run()
}
