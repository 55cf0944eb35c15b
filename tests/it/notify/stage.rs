//! A forge that can go away, a timmy that has something to tell then, and a receiver.

use timmy::clock::Clock as _;
use timmy::core::model::incident::Incident;
use timmy::sandbox::Sandbox;
use timmy::store::{Transaction, incidents};

use crate::support::app::App;
use crate::support::clock::MINUTE;
use crate::support::config::Config;
use crate::support::forge::{DOOR, found};
use crate::support::notified::NotifiedReceiver;

pub struct Stage {
    pub app: App,
    pub receiver: NotifiedReceiver,
}

/// timmy is awake, and all is well. JSON is told, unless `change` says otherwise.
pub async fn awake(change: impl FnOnce(Config) -> Config) -> Stage {
    let receiver = NotifiedReceiver::start().await;
    let furnish = |sandbox: &Sandbox| found(sandbox, "foundation", &[DOOR]);
    let url = receiver.url.clone();
    let mut app = App::asleep(furnish, |config| {
        change(config.with("notify.kind", "webhook").with("notify.url", url))
    })
    .await;
    app.wake().await;
    app.wait(MINUTE).await;
    assert_eq!(receiver.came().len(), 0, "{:?}", receiver.came());
    Stage { app, receiver }
}

impl Stage {
    /// The forge goes away; timmy has seen it.
    pub async fn goes_away(&self) {
        self.app.sandbox.faults().down();
        self.passes(6).await;
    }

    /// The forge is there again; timmy has seen it.
    pub async fn comes_back(&self) {
        self.app.sandbox.faults().up();
        self.passes(10).await;
        let noted = self.app.timmy.noted().await;
        assert!(!noted.contains("answer"), "{noted}");
    }

    /// This is wrong as well.
    pub async fn goes_wrong(&self, incident: Incident) {
        let now = self.app.clock.now();
        let note =
            move |tx: &Transaction<'_>| incidents::note(tx, &incident, None, "it is so", now);
        self.app.timmy.write(note).await;
    }

    /// So many minutes, half a minute after the other.
    pub async fn passes(&self, minutes: u32) {
        for _ in 0..minutes * 2 {
            self.app.wait(MINUTE / 2).await;
        }
    }
}
