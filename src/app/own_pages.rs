//! What whoever runs timmy looks at, on the listener of `[web]`.

use std::sync::Arc;
use std::time::Duration;

use super::error::AppError;
use super::listen::{Listening, bind};
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::{AgentCondition, Engine};
use crate::page::{self, PageState};
use crate::store::Ledger;
use crate::version;
use crate::web::metrics::{
    BuildInfo, LiveMetrics, MetricsAgent, MetricsSetting, MetricsState, metrics_routes,
};
use crate::web::{Introduced, WebhookResults, health_routes, own_router};

/// How long a scrape waits for the ledger: less than Prometheus' own ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What its pages show.
pub(super) struct OwnPages<'a> {
    pub(super) config: &'a Config,
    pub(super) ledger: &'a Ledger,
    pub(super) engine: &'a Arc<Engine>,
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl OwnPages<'_> {
    /// The listener of `[web]`, if it is wanted and its address can be had. What nobody asked for
    /// does not keep timmy from starting.
    pub(super) async fn listener(
        &self,
        introduced: &Introduced,
        webhook: &Arc<WebhookResults>,
    ) -> Result<Option<Listening>, AppError> {
        let web = self.config.web;
        let Some(address) = web.listen else { return Ok(None) };
        let listener = match bind(&address.to_string()).await {
            Ok(listener) => listener,
            Err(error) if web.is_default() => {
                tracing::warn!(
                    "there are no metrics and no status page: {error}; set web.listen to another \
                     address, or to \"off\""
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let routes = [
            health_routes(self.ledger.clone(), introduced.clone()),
            metrics_routes(self.metrics(introduced, webhook)),
            page::routes(PageState::new(self.engine.clone(), address)),
            // Each further page of this listener is a router in this list.
        ];
        Ok(Some((listener, own_router(address, routes))))
    }

    fn metrics(&self, introduced: &Introduced, webhook: &Arc<WebhookResults>) -> MetricsState {
        let config = self.config;
        let agents = config.agents.iter().map(|agent| MetricsAgent {
            name: agent.name.clone(),
            kind: agent.kind.word().to_owned(),
            capacity: agent.capacity,
        });
        let setting = MetricsSetting {
            agents: agents.collect(),
            budgets: config.budgets(),
            zone: config.people.timezone.clone(),
            build: BuildInfo {
                version: version::VERSION,
                commit: version::COMMIT,
                features: version::FEATURES,
            },
            started_at: self.clock.now(),
        };
        let (engine, introduced) = (self.engine.clone(), introduced.clone());
        MetricsState {
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
            setting,
            live: Box::new(move || live(&engine, &introduced)),
            webhook: webhook.clone(),
            patience: PATIENCE,
        }
    }
}

fn live(engine: &Engine, introduced: &Introduced) -> LiveMetrics {
    let up = |(name, condition): (String, AgentCondition)| (name, condition.is_up());
    LiveMetrics {
        requests: engine.request_counts(),
        polled_at: engine.last_poll(),
        introduced: introduced(),
        up: engine.agents().into_iter().map(up).collect(),
    }
}
