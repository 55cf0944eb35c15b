//! A crew is asked for.

use timmy::core::jobs::{CrewPart, JobId, Purpose, StateKind};
use timmy::store::{crews, jobs};

use crate::conversations::talk::{talk, talk_where};
use crate::support::config::Config;
use crate::support::forge::DOOR;

fn with_reviewers(config: Config) -> Config {
    config.its("roles", ["coder", "reviewer"]).agent("bezalel", ["researcher"])
}

#[tokio::test]
async fn a_crew_begins_with_its_plan() {
    talk_where(with_reviewers, async |t| {
        let said = t.ask("walt", "/timmy crew coder researcher").await;
        assert!(
            said.contains("plans this for a crew") || said.contains("A crew is planned"),
            "{said}"
        );
        let job = t.timmy.read(|conn| jobs::get(conn, JobId(1))).await.expect("a job").job;
        assert_eq!((job.spec.purpose, job.state.kind()), (Purpose::Plan, StateKind::Queued));
        let Some(CrewPart::Plans(terms)) = &job.spec.crew else { panic!("{:?}", job.spec) };
        assert_eq!(
            (&terms.roles[..], terms.rounds, terms.ask_plan),
            (&["coder".to_owned(), "researcher".to_owned()][..], 2, true)
        );
        assert!(t.timmy.read(|conn| crews::get(conn, JobId(1))).await.is_some());
        let again = t.ask("walt", "/timmy crew").await;
        assert!(again.starts_with("**Not done: this is in work.**"), "{again}");
        let status = t.ask("walt", "/timmy status").await;
        assert!(status.contains("A crew is planned here."), "{status}");
        t.ask("walt", "/timmy cancel").await;
        let status = t.ask("walt", "/timmy status").await;
        assert!(status.contains("A crew was cancelled here."), "{status}");
        t.replies();
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn roles_that_nobody_holds_and_pull_requests_are_refused() {
    talk_where(with_reviewers, async |t| {
        let said = t.ask("walt", "/timmy crew coder wizard").await;
        assert!(said.starts_with("**Not done.** Nobody holds the role `wizard`."), "{said}");
        let said = t.ask("walt", "/timmy crew reviewer").await;
        assert!(said.starts_with("**Not done.** Nobody holds the role `coder`"), "{said}");
        let pull = t.sandbox.open_pull("walt", DOOR, "A hinge", "", "hinge").unwrap();
        let said = t.ask_in(DOOR, pull, "walt", "/timmy crew").await;
        assert!(said.starts_with("**Not done.** A crew works on an issue"), "{said}");
        t.replies();
        t.replies_in(DOOR, pull);
    })
    .await;
}

#[tokio::test]
async fn through_crewai_only_its_agents_do_tasks() {
    let through = |config: Config| {
        let config = config.with("crew.engine", "crewai").agent("bok", ["researcher"]);
        config.its("kind", "crewai").its("command", ["true"]).its("sandbox", "none")
    };
    talk_where(through, async |t| {
        let said = t.ask("walt", "/timmy crew coder").await;
        assert!(said.starts_with("**Not done.** Nobody holds the role `coder`."), "{said}");
        t.ask("walt", "/timmy crew researcher").await;
        let job = t.timmy.read(|conn| jobs::get(conn, JobId(1))).await.expect("a job").job;
        assert_eq!(job.spec.purpose, Purpose::Plan);
        t.replies();
    })
    .await;
    talk(async |t| {
        let said = t.ask("rita", "/timmy crew").await;
        assert!(!said.contains("plans this"), "{said}");
    })
    .await;
}
