//! Which metrics there are: each with its name, its type, and what it says. Labels hold names of the
//! configuration and words of this program, never what others wrote.

use super::attempts::{AgentAttempts, CountedAgent, OTHERS};
use super::setting::{LiveMetrics, MetricsAgent, MetricsSetting};
use super::snapshot::Snapshot;
use crate::core::jobs::{AttemptEnd, Question, StateKind};
use crate::core::metrics::MetricType::{Counter, Gauge, Histogram as Buckets};
use crate::core::metrics::{Exposition, Value};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::gitea::AnswerClass;
use crate::store::metrics::WaitingRows;
use crate::web::webhook_results::WebhookResults;

/// What is asked for, by whom, and what is known.
pub(super) struct Scrape<'a> {
    pub(super) now: Timestamp,
    pub(super) setting: &'a MetricsSetting,
    pub(super) live: &'a LiveMetrics,
    /// Whether the ledger takes writes.
    pub(super) is_writable: bool,
    pub(super) webhook: &'a WebhookResults,
    pub(super) snapshot: &'a Snapshot,
}

impl Scrape<'_> {
    /// All of it, as a scraper reads it.
    pub(super) fn exposition(&self) -> String {
        let mut out = Exposition::default();
        self.process(&mut out);
        self.jobs(&mut out);
        self.agents(&mut out);
        self.money(&mut out);
        self.waiting(&mut out);
        self.world(&mut out);
        out.finish()
    }

    fn process(&self, out: &mut Exposition) {
        let Self { setting, live, snapshot, .. } = self;
        let build = setting.build;
        out.family("timmy_build_info", Gauge, "What was built: always 1.").sample(
            &[("version", build.version), ("commit", build.commit), ("features", build.features)],
            1,
        );
        out.family("timmy_start_time_seconds", Gauge, "When the process started, since 1970.")
            .sample(&[], moment(setting.started_at));
        out.family("timmy_ready", Gauge, "Whether texts are stored and answered, as /readyz says.")
            .sample(&[], live.introduced && self.is_writable);
        out.family("timmy_ledger_writable", Gauge, "Whether the ledger takes writes.")
            .sample(&[], self.is_writable);
        out.family("timmy_ledger_bytes", Gauge, "How large the ledger is, without its log.")
            .sample(&[], snapshot.ledger.bytes);
        out.family(
            "timmy_ledger_snapshot_age_seconds",
            Gauge,
            "How old what is told of the ledger is: more than a moment while it is busy.",
        )
        .sample(&[], self.age(Some(snapshot.at)));
    }

    fn jobs(&self, out: &mut Exposition) {
        let ledger = &self.snapshot.ledger;
        let mut jobs = out.family("timmy_jobs", Gauge, "Jobs, those that ended as well, by state.");
        for state in StateKind::ALL {
            let count = ledger.jobs.get(state.name()).copied().unwrap_or(0);
            jobs.sample(&[("state", state.name())], count);
        }
        let mut open =
            out.family("timmy_decisions_open", Gauge, "Questions that people have not answered.");
        for question in Question::ALL {
            open.sample(&[("kind", question.name())], self.decisions(question).count);
        }
        let mut oldest = out.family(
            "timmy_decision_oldest_age_seconds",
            Gauge,
            "How long the oldest open question of a kind waits; 0 if there is none.",
        );
        for question in Question::ALL {
            let age = self.age(self.decisions(question).oldest);
            oldest.sample(&[("kind", question.name())], age);
        }
        out.family(
            "timmy_dead_letters_total",
            Counter,
            "Messages and other writes to the forge that were given up.",
        )
        .sample(&[], ledger.dead_letters);
    }

    fn agents(&self, out: &mut Exposition) {
        let mut ended =
            out.family("timmy_attempts_total", Counter, "Attempts that ended, by how they did.");
        for (agent, kind, of_agent) in self.attempts() {
            for outcome in AttemptEnd::NAMES {
                let count = of_agent.ended.get(outcome).copied().unwrap_or(0);
                ended.sample(&[("agent", agent), ("kind", kind), ("outcome", outcome)], count);
            }
        }
        let mut repairs = out.family(
            "timmy_repairs_total",
            Counter,
            "Attempts that repaired what was delivered.",
        );
        for (agent, kind, of_agent) in self.attempts() {
            repairs.sample(&[("agent", agent), ("kind", kind)], of_agent.repairs);
        }
        let mut took = out.family(
            "timmy_attempt_duration_seconds",
            Buckets,
            "How long attempts took from their start to their end.",
        );
        for (agent, kind, of_agent) in self.attempts() {
            took.seconds(&[("agent", agent), ("kind", kind)], &of_agent.took);
        }
        let mut leases =
            out.family("timmy_agent_leases", Gauge, "Jobs that an agent works on right now.");
        for MetricsAgent { name, kind, .. } in &self.setting.agents {
            let count = self.snapshot.ledger.leases.get(name).copied().unwrap_or(0);
            leases.sample(&[("agent", name), ("kind", kind)], count);
        }
        let mut capacity =
            out.family("timmy_agent_capacity", Gauge, "Jobs that an agent may work on at once.");
        for MetricsAgent { name, kind, capacity: most } in &self.setting.agents {
            capacity.sample(&[("agent", name), ("kind", kind)], u64::from(*most));
        }
        let mut up = out.family(
            "timmy_agent_up",
            Gauge,
            "Whether an agent, when it was asked last, answered and refused no work; a used-up quota \
             counts as up, and 0 is told until it was asked.",
        );
        for MetricsAgent { name, kind, .. } in &self.setting.agents {
            let is_up = self.live.up.get(name).copied().unwrap_or(false);
            up.sample(&[("agent", name), ("kind", kind)], is_up);
        }
    }

    fn money(&self, out: &mut Exposition) {
        let ledger = &self.snapshot.ledger;
        let mut cost = out.family(
            "timmy_cost_usd_total",
            Counter,
            "What attempts cost; basis=\"bound\" is what they may have cost at most, where nobody said.",
        );
        for (agent, kind, of_agent) in self.attempts() {
            for (basis, spent) in [("said", of_agent.said), ("bound", of_agent.bound)] {
                let labels = [("agent", agent), ("kind", kind), ("basis", basis)];
                cost.sample(&labels, Value::Millionths(spent.micro_usd));
            }
        }
        let mut tokens = out.family("timmy_tokens_total", Counter, "What attempts used of tokens.");
        for (agent, kind, of_agent) in self.attempts() {
            for (basis, spent) in [("said", of_agent.said), ("bound", of_agent.bound)] {
                let labels = [("agent", agent), ("kind", kind), ("basis", basis)];
                tokens.sample(&labels, spent.tokens);
            }
        }
        out.family("timmy_day_spent_usd", Gauge, "What was spent today, or is set aside.")
            .sample(&[], Value::Millionths(ledger.spent_today.micro_usd));
        let budgets = self.setting.budgets.today(&ledger.controls, OTHERS);
        let mut cap = out.family("timmy_day_budget_usd", Gauge, "What may be spent today.");
        if let Some(micro_usd) = budgets.day.micro_usd {
            cap.sample(&[], Value::Millionths(micro_usd));
        }
        let mut spent =
            out.family("timmy_agent_day_spent_usd", Gauge, "What an agent spent today.");
        for MetricsAgent { name, kind, .. } in &self.setting.agents {
            let of_agent = ledger.spent_by_agent.get(name).copied().unwrap_or_default();
            let labels = [("agent", name.as_str()), ("kind", kind.as_str())];
            spent.sample(&labels, Value::Millionths(of_agent.micro_usd));
        }
        let mut cap =
            out.family("timmy_agent_day_budget_usd", Gauge, "What an agent may spend today.");
        for MetricsAgent { name, kind, .. } in &self.setting.agents {
            let budgets = self.setting.budgets.today(&ledger.controls, name);
            if let Some(micro_usd) = budgets.agent_day.micro_usd {
                let labels = [("agent", name.as_str()), ("kind", kind.as_str())];
                cap.sample(&labels, Value::Millionths(micro_usd));
            }
        }
    }

    fn waiting(&self, out: &mut Exposition) {
        let ledger = &self.snapshot.ledger;
        out.family("timmy_inbox_texts", Gauge, "Texts that were heard and not yet dealt with.")
            .sample(&[], ledger.inbox.count);
        out.family("timmy_inbox_oldest_age_seconds", Gauge, "How long the oldest of them waits.")
            .sample(&[], self.age(ledger.inbox.oldest));
        out.family("timmy_outbox_effects", Gauge, "Writes to the forge that are not yet done.")
            .sample(&[], ledger.outbox.count);
        out.family("timmy_outbox_oldest_age_seconds", Gauge, "How long the oldest of them waits.")
            .sample(&[], self.age(ledger.outbox.oldest));
        out.family(
            "timmy_notifications_waiting",
            Gauge,
            "What [notify] has to tell and nobody took yet.",
        )
        .sample(&[], ledger.notifications.count);
        out.family(
            "timmy_text_wait_seconds",
            Buckets,
            "How long texts with commands waited, from when they were stored until their answer was \
             decided and stored to be sent; those since the start.",
        )
        .seconds(&[], &self.snapshot.answered);
    }

    fn world(&self, out: &mut Exposition) {
        out.family(
            "timmy_poll_lag_seconds",
            Gauge,
            "How long ago a round of polling was completed.",
        )
        .sample(&[], self.age(Some(self.live.polled_at.unwrap_or(self.setting.started_at))));
        let mut webhook = out.family(
            "timmy_webhook_deliveries_total",
            Counter,
            "What came to the webhook, by what became of it.",
        );
        for (result, count) in self.webhook.counts() {
            webhook.sample(&[("result", result.name())], count);
        }
        let mut incidents =
            out.family("timmy_incidents_open", Gauge, "What is wrong with the world.");
        for kind in Incident::KINDS {
            let count = self.snapshot.ledger.incidents.get(kind).copied().unwrap_or(0);
            incidents.sample(&[("kind", kind)], count);
        }
        let mut requests = out.family(
            "timmy_forge_requests_total",
            Counter,
            "Requests to the forge, by method and kind of answer.",
        );
        // So that there is one from the beginning.
        requests.sample(
            &[("method", "GET"), ("status", AnswerClass::Success.name())],
            self.requests("GET", AnswerClass::Success),
        );
        for ((method, class), count) in &self.live.requests.by {
            if (*method, *class) != ("GET", AnswerClass::Success) {
                requests.sample(&[("method", method), ("status", class.name())], *count);
            }
        }
        out.family(
            "timmy_forge_request_duration_seconds",
            Buckets,
            "How long the forge took to answer.",
        )
        .seconds(&[], &self.live.requests.took);
    }

    fn requests(&self, method: &'static str, class: AnswerClass) -> u64 {
        self.live.requests.by.get(&(method, class)).copied().unwrap_or(0)
    }

    fn decisions(&self, question: Question) -> WaitingRows {
        self.snapshot.ledger.decisions.get(&question).copied().unwrap_or_default()
    }

    /// How long it is since then; 0 where there is no such moment.
    fn age(&self, since: Option<Timestamp>) -> Value {
        let age = since.map_or(0, |since| self.now.since(since).as_micros());
        Value::Millionths(u64::try_from(age).unwrap_or(u64::MAX))
    }

    /// What each agent of the configuration did, in its order, and what all others did.
    fn attempts(&self) -> impl Iterator<Item = (&str, &str, &AgentAttempts)> {
        let counted = self.snapshot.attempts.iter();
        counted.map(|CountedAgent { name, kind, did }| (name.as_str(), kind.as_str(), did))
    }
}

/// A moment in seconds since 1970.
fn moment(at: Timestamp) -> Value {
    Value::Millionths(u64::try_from(at.micros()).unwrap_or_default())
}
