//! `timmy serve`: listen to the forge and answer, until it is stopped.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{forge, log};
use crate::app::{App, AppError, Clocks};
use crate::cli::output::{FAILED, WRONG, block_on};
use crate::config::{Config, Loaded};
use crate::engine::Engine;
use crate::otlp::OtlpError;

/// Listen to the forge and answer, until SIGTERM or SIGINT.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// How log lines are written to standard error
    #[arg(long, value_enum, default_value_t = log::Format::Text)]
    log: log::Format,
}

impl ServeArgs {
    /// Runs until it is stopped.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let Loaded { config, warnings } = match forge::configured(config) {
            Ok((_, loaded)) => loaded,
            Err(code) => return code,
        };
        log::start(self.log);
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        match block_on(serve(&config)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                // The log is on standard error, where a person looks as well.
                tracing::error!("{failure}");
                match failure {
                    // To start again would not help.
                    AppError::NoWorkers(_)
                    | AppError::NoGuardWorker(_)
                    | AppError::Lines(_)
                    | AppError::Temporal(_)
                    | AppError::Otlp(OtlpError::NotBuilt) => WRONG.into(),
                    _ => FAILED.into(),
                }
            }
        }
    }
}

async fn serve(config: &Config) -> Result<(), AppError> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let bot = App::new(config, Clocks::system()).await?;
    tokio::spawn(drain_on_signal(bot.engine.clone()));
    match bot.address() {
        Some(address) => tracing::info!(%address, "listening"),
        None => tracing::info!("no [webhook] configured: polling only"),
    }
    if let Some(address) = bot.own_address() {
        tracing::info!(%address, "status page is at /, metrics at /metrics");
    }
    bot.run(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Starts no job any more once SIGUSR1 comes, as `timmy drain` sends it.
async fn drain_on_signal(engine: Arc<Engine>) {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::user_defined1()) {
        Ok(mut asked) => {
            while asked.recv().await.is_some() {
                engine.drain();
            }
        }
        Err(error) => tracing::warn!(%error, "timmy drain will not be heard"),
    }
}

/// Cancels `stop` on SIGTERM and SIGINT.
pub(super) async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};

    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("shutting down: finishing what has begun");
            stop.cancel();
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "signal handlers cannot be installed: only SIGKILL ends this process");
        }
    }
}
