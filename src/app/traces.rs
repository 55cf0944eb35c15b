//! What becomes of traces: they are sent to the collector of `[otlp]`, or never made.

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::error::AppError;
use crate::config::Config;
use crate::otlp::Exporter;
use crate::tracer::Tracer;

/// A tracer, and what sends its spans.
#[derive(Default)]
pub(super) struct Traces {
    tracer: Tracer,
    exporter: Option<Exporter>,
}

/// What sends spans, under way. It ends with this.
pub(super) struct SendingTraces {
    stop: CancellationToken,
    task: Option<AbortOnDropHandle<()>>,
}

impl Traces {
    /// As the configuration wants it.
    pub(super) fn of(config: &Config) -> Result<Self, AppError> {
        let Some(otlp) = &config.otlp else { return Ok(Self::default()) };
        let (tracer, queue) = Tracer::to_queue();
        let exporter = Exporter::new(otlp, queue)?;
        tracing::info!(collector = otlp.host(), "traces are sent");
        Ok(Self { tracer, exporter: Some(exporter) })
    }

    pub(super) fn tracer(&self) -> Tracer {
        self.tracer.clone()
    }

    /// Sends from now on, beside all else.
    pub(super) fn begin(self) -> SendingTraces {
        let stop = CancellationToken::new();
        let send = |exporter: Exporter| tokio::spawn(exporter.run(stop.clone()));
        let task = self.exporter.map(|exporter| AbortOnDropHandle::new(send(exporter)));
        SendingTraces { stop, task }
    }
}

impl SendingTraces {
    /// Sends what is left, as far as the collector takes it at once.
    pub(super) async fn end(self) {
        self.stop.cancel();
        if let Some(task) = self.task {
            // One that ended in a bug of timmy's own sends nothing more.
            let _ = task.await;
        }
    }
}
