//! The client against the sandbox of each version: where these differ, timmy mostly need not
//! know it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::gitea::{
    Authorization, AuthorizationHeader, Error, Gitea, HookHome, NewHook, Visibility,
};
use timmy::sandbox::{self, Mode, Sandbox, Scopes, Version};

use crate::support::forge::client;

const DOOR: &str = "alexander/door";

/// A forge with one repository, one issue in it, and a bot that may write.
struct Stage {
    version: Version,
    sandbox: Sandbox,
    timmy: Gitea,
    alexander: Gitea,
    /// The seconds that the forge's clock shows.
    seconds: Arc<AtomicI64>,
}

impl Stage {
    /// One of each version.
    async fn all() -> Vec<Self> {
        let mut stages = Vec::new();
        for version in Version::ALL {
            stages.push(Self::of(version).await);
        }
        stages
    }

    async fn of(version: Version) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_700_000_000));
        let shown = Arc::clone(&seconds);
        let clock = move || Timestamp::from_micros(shown.load(Ordering::Relaxed) * 1_000_000);
        let options =
            sandbox::Options { clock: Arc::new(clock), version, ..sandbox::Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let alexander = client(&sandbox, &sandbox.add_user("alexander"));
        let timmy = client(&sandbox, &sandbox.add_user("timmy"));
        sandbox.add_repo(DOOR, false).unwrap();
        sandbox.collaborator(DOOR, "timmy", Mode::Write).unwrap();
        sandbox.open_issue("alexander", DOOR, "It squeaks", "").unwrap();
        Self { version, sandbox, timmy, alexander, seconds }
    }
}

fn door() -> RepoName {
    DOOR.parse().unwrap()
}

#[tokio::test]
async fn a_renamed_repository_is_read_but_not_written_to() {
    for stage in Stage::all().await {
        stage.sandbox.rename(DOOR, "gate").unwrap();
        let repo = stage.timmy.repo(&door()).await.unwrap();
        assert_eq!(repo.name.to_string(), "alexander/gate");
        let error = stage.timmy.post_comment(&door(), 1, "x").await.unwrap_err();
        let to = "/api/v1/repos/alexander/gate/issues/1/comments".to_owned();
        assert_eq!(error, Error::Moved { to }, "{}", stage.version);
    }
}

#[tokio::test]
async fn one_may_ask_for_ones_own_rights_since_1_24() {
    for stage in Stage::all().await {
        let visibility = stage.timmy.may_write(&door(), "timmy").await.unwrap();
        let expected = match stage.version {
            Version::V1_22 => Visibility::Secret,
            Version::V1_25 | Version::V1_27 => Visibility::Yes,
        };
        assert_eq!(visibility, expected);
        assert_eq!(stage.timmy.may_write(&door(), "alexander").await.unwrap(), Visibility::Secret);
        assert_eq!(stage.alexander.may_write(&door(), "timmy").await.unwrap(), Visibility::Yes);
    }
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_none_the_worse() {
    for stage in Stage::all().await {
        let comment = stage.timmy.post_comment(&door(), 1, "same").await.unwrap();
        let edited = stage.timmy.edit_comment(&door(), comment.id, "same").await.unwrap();
        assert_eq!((edited.id, edited.body.as_str()), (comment.id, "same"));
        assert_eq!(edited.author.is_none(), stage.version >= Version::V1_25);
    }
}

#[tokio::test]
async fn a_deleted_comment_moved_its_thread_until_1_22() {
    for stage in Stage::all().await {
        let id = stage.sandbox.comment("alexander", DOOR, 1, "hello").unwrap();
        stage.seconds.fetch_add(60, Ordering::Relaxed);
        stage.timmy.delete_comment(&door(), id).await.unwrap();
        let since = Timestamp::parse("2023-11-14T22:13:50Z").unwrap();
        let page = stage.timmy.moved("alexander", since).next().await.unwrap().unwrap();
        assert_eq!(page.entries.len(), usize::from(stage.version == Version::V1_22));
    }
}

#[tokio::test]
async fn reviews_are_one_event_of_a_hook() {
    for stage in Stage::all().await {
        let home = HookHome::Repository(door());
        let (url, events) = (stage.sandbox.url(), &["pull_request"]);
        let authorization = AuthorizationHeader::default();
        let new = NewHook { url, secret: "s", events, authorization };
        let hook = stage.alexander.create_hook(&home, new).await.unwrap();
        let reviews: Vec<_> = hook.events.iter().filter(|e| e.contains("_review")).collect();
        assert!(reviews.contains(&&"pull_request_review".to_owned()), "{reviews:?}");
        assert_eq!(reviews.len(), 2, "{reviews:?}");
        let listed = stage.alexander.hooks(&home).await.unwrap();
        assert_eq!((listed.len(), listed[0].id), (1, hook.id));
        assert_eq!(listed[0].events, hook.events);
        let is_hidden = listed[0].authorization == Authorization::Hidden;
        assert_eq!(is_hidden, stage.version >= Version::V1_27);
    }
}

#[tokio::test]
async fn refusals_mean_the_same_in_other_words() {
    for stage in Stage::all().await {
        let sandbox = &stage.sandbox;
        let narrow = sandbox.add_token("timmy", Scopes::of("read:issue")).unwrap();
        let error = client(sandbox, &narrow).post_comment(&door(), 1, "x").await.unwrap_err();
        assert_eq!(error, Error::MissingScope { scope: "write:issue".to_owned() });

        let unknown = client(sandbox, &"f00d".repeat(10)).me().await.unwrap_err();
        assert!(matches!(unknown, Error::BadToken { .. }), "{unknown}");

        sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
        let stranger = client(sandbox, &sandbox.add_user("rando"));
        let locked = stranger.post_comment(&door(), 1, "x").await.unwrap_err();
        assert_eq!(locked, Error::Locked, "{}", stage.version);

        sandbox.archive(DOOR, true).unwrap();
        let archived = stage.timmy.post_comment(&door(), 1, "x").await.unwrap_err();
        assert!(matches!(archived, Error::Archived), "{archived}");
    }
}
