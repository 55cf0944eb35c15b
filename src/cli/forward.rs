//! `timmy forward`: what timmy runs in a sandbox whose network is a proxy. Nobody types it.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::output::complain;
use crate::confinement::forward;

/// Run a program beside a forwarder to a proxy
#[derive(Debug, clap::Args)]
pub(super) struct ForwardArgs {
    /// The socket of the proxy
    #[arg(long)]
    socket: PathBuf,
    /// Where programs find it on 127.0.0.1
    #[arg(long)]
    port: u16,
    /// The program, with its arguments
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl ForwardArgs {
    /// Ends as the program does; where it cannot be started, as a shell says that.
    pub(super) fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ended = runtime
            .and_then(|runtime| runtime.block_on(forward(&self.socket, self.port, &self.program)));
        match ended {
            Ok(code) => u8::try_from(code).unwrap_or(u8::MAX).into(),
            Err(error) => {
                let program = self.program.first().map(|program| program.to_string_lossy());
                complain(&format!("{}: {error}", program.unwrap_or_default()));
                let is_missing = error.kind() == ErrorKind::NotFound;
                ExitCode::from(if is_missing { 127 } else { 126 })
            }
        }
    }
}
