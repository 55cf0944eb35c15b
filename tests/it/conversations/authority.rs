//! Who may steer: what can be shown counts, what cannot be shown is refused with the remedy.
//!
//! A comment's signed payload carries the permissions of whoever wrote it. The text of a new issue
//! carries none, nor does anything that is found by polling: there the forge is asked, and what it
//! tells depends on who asks.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Mode, Unit};

use crate::conversations::talk::{Talk, talk, talk_where};

use crate::support::config::Config;
use crate::support::forge::DOOR;
use Answer::{Asked, Done, Refused, Silence, Stranger, Unknown};

/// What becomes of `/timmy size s`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Done,
    /// They are asked whether it is theirs.
    Asked,
    /// They may only read.
    Refused,
    /// Neither a collaborator nor a member, as far as timmy can see: told so once a day.
    Stranger,
    /// The forge does not tell whether they may, or are one: they are told how to show it.
    Unknown,
    /// Nothing, not even a look.
    Silence,
}

/// How it is said, and whether anything but the forge's answers can show a right.
#[derive(Debug, Clone, Copy)]
enum Way {
    Comment,
    Issue,
    PolledComment,
    PolledIssue,
}

const WAYS: [Way; 4] = [Way::Comment, Way::Issue, Way::PolledComment, Way::PolledIssue];

/// What timmy's account is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rank {
    /// A collaborator who may write.
    Writer,
    /// The same, in every team.
    Teammate,
    /// A collaborator who administers the repository.
    Admin,
    /// One of the organisation's owners.
    Owner,
}

/// Whom the forge knows, and what becomes of their command: in a comment that a webhook brought, and
/// by all other ways.
type Row = (&'static str, [Answer; 2]);

/// Where it does not matter who asks.
const ALWAYS: [Row; 7] = [
    ("alexander", [Done, Done]),        // people.owner
    ("anna", [Done, Done]),             // people.approvers
    ("rita", [Refused, Unknown]),       // people.readers
    ("restricted", [Refused, Unknown]), // a restricted account, let in by a collaboration
    ("nobody", [Stranger, Unknown]),    // the repository is public
    ("ezra", [Silence, Silence]),       // an agent
    ("renovate", [Silence, Silence]),   // people.ignore
];

/// Where it does: those whose right is a collaboration's or a team's.
fn by_rank(rank: Rank) -> [Row; 5] {
    let of_collaborator = match rank {
        Rank::Admin | Rank::Owner => Done,
        Rank::Writer | Rank::Teammate => Unknown,
    };
    // Only members are told who is one. A payload speaks of the code alone, not of the issues.
    let (of_member, triager, reader) = match rank {
        Rank::Teammate | Rank::Owner => (Done, Done, Refused),
        Rank::Writer | Rank::Admin => (Unknown, Stranger, Stranger),
    };
    [
        ("admin", [Done, of_collaborator]),
        ("sharer", [Done, of_collaborator]), // may write
        ("byteam", [Done, of_member]),       // in a team that writes
        ("triage", [triager, of_member]),    // in a team that writes issues only
        ("reader", [reader, Unknown]),       // in a team that reads
    ]
}

impl Rank {
    fn give(self, t: &Talk) {
        let team = |name: &str, units: &[(Unit, Mode)], member: &str| {
            let members = [member, "timmy"];
            let count = if self == Self::Teammate { 2 } else { 1 };
            t.sandbox.add_team("foundation", name, units, &members[..count]).unwrap();
        };
        for login in ["admin", "byteam", "triage", "reader", "sharer", "restricted", "nobody"] {
            t.sandbox.add_user(login);
        }
        let modes = [("admin", Mode::Admin), ("sharer", Mode::Write), ("restricted", Mode::Read)];
        for (login, mode) in modes {
            t.sandbox.collaborator(DOOR, login, mode).unwrap();
        }
        team("makers", &[(Unit::Code, Mode::Write), (Unit::Issues, Mode::Write)], "byteam");
        team("triagers", &[(Unit::Issues, Mode::Write)], "triage");
        team("readers", &[(Unit::Code, Mode::Read), (Unit::Issues, Mode::Read)], "reader");
        match self {
            Self::Writer | Self::Teammate => {}
            Self::Admin => t.sandbox.collaborator(DOOR, "timmy", Mode::Admin).unwrap(),
            Self::Owner => {
                let all = [(Unit::Code, Mode::Owner), (Unit::Issues, Mode::Owner)];
                t.sandbox.add_team("foundation", "keepers", &all, &["timmy"]).unwrap();
            }
        }
    }
}

impl Way {
    /// Says it in an issue of its own, so that nothing that went before counts.
    async fn try_of(self, t: &Talk, who: &str) -> Answer {
        const TEXT: &str = "/timmy size s";
        let drop_next = || t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        if matches!(self, Self::PolledIssue) {
            drop_next();
        }
        let by_body = matches!(self, Self::Issue | Self::PolledIssue);
        let (opener, body) = if by_body { (who, TEXT) } else { ("alexander", "") };
        let number = t.opens(DOOR, opener, "A wish", body).await;
        let subject = if by_body {
            t.sandbox.issue_subject(DOOR, number).unwrap()
        } else {
            if matches!(self, Self::PolledComment) {
                drop_next();
            }
            Subject::Comment(t.says_in(DOOR, number, who, TEXT))
        };
        t.quiet().await;
        if matches!(self, Self::PolledComment | Self::PolledIssue) {
            t.polls().await;
        }
        if t.sandbox.reactions(subject).is_empty() {
            return Silence;
        }
        answer(&t.answer_to(DOOR, number, subject))
    }
}

fn answer(reply: &str) -> Answer {
    match reply {
        _ if reply.starts_with("Now size **s**") => Done,
        _ if reply.starts_with("**Is this yours") => Asked,
        _ if reply.contains("the forge does not tell me whether you") => Unknown,
        _ if reply.contains("I take commands") => Stranger,
        _ if reply.contains("`size` is for") => Refused,
        other => panic!("{other}"),
    }
}

async fn everybody_by_all_ways(rank: Rank) {
    talk(async |t| {
        rank.give(t);
        let mut wrong = Vec::new();
        for (who, [by_payload, by_asking]) in ALWAYS.into_iter().chain(by_rank(rank)) {
            for way in WAYS {
                let expected = if matches!(way, Way::Comment) { by_payload } else { by_asking };
                let found = way.try_of(t, who).await;
                if found != expected {
                    wrong.push(format!("{who}, {way:?}: {found:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{rank:?}: {wrong:#?}");
    })
    .await;
}

#[tokio::test]
async fn asked_by_a_writer() {
    everybody_by_all_ways(Rank::Writer).await;
}

#[tokio::test]
async fn asked_by_a_member_of_the_teams() {
    everybody_by_all_ways(Rank::Teammate).await;
}

#[tokio::test]
async fn asked_by_an_administrator_of_the_repository() {
    everybody_by_all_ways(Rank::Admin).await;
}

#[tokio::test]
async fn asked_by_an_owner_of_the_organisation() {
    everybody_by_all_ways(Rank::Owner).await;
}

#[tokio::test]
async fn what_was_written_elsewhere_is_nobodys_command() {
    talk(async |t| {
        let id = t.sandbox.import_comment("alexander", DOOR, 1, "/timmy size s").unwrap();
        t.polls().await;
        assert_eq!(t.sandbox.reactions(Subject::Comment(id)), []);
        assert!(t.labels().is_empty());
        t.replies();
    })
    .await;
}

#[tokio::test]
async fn a_team_can_be_named() {
    let strict = |config: Config| config.with("people.operators", ["team:foundation/triagers"]);
    talk_where(strict, async |t| {
        Rank::Teammate.give(t);
        for way in WAYS {
            let is_polled = matches!(way, Way::PolledComment | Way::PolledIssue);
            let expected = if is_polled { Asked } else { Done };
            assert_eq!(way.try_of(t, "triage").await, expected, "{way:?}");
            assert_eq!(way.try_of(t, "byteam").await, Refused, "{way:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_found_out_is_explained() {
    talk(async |t| {
        Rank::Writer.give(t);
        let number = t.opens(DOOR, "sharer", "A wish", "/timmy size s").await;
        assert_snapshot!(t.answer_to_opening(DOOR, number), @r"**Not done.** `size` is for people who may write to this repository. Here the forge does not tell me whether you may: if so, say it in a new comment. Otherwise \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        let number = t.opens(DOOR, "nobody", "A wish", "/timmy size s").await;
        assert_snapshot!(t.answer_to_opening(DOOR, number), @r"**Not done.** I take commands from collaborators of this repository, members of its organisation and people named in my configuration. Here the forge does not tell me whether you are one: if so, say it in a new comment. Otherwise \@alexander can let you in. I say this once a day.");
        assert_snapshot!(t.ask("triage", "/timmy size s").await, @r"**Not done.** I take commands from collaborators of this repository, members of its organisation and people named in my configuration. \@alexander can let you in. I say this once a day.");
    })
    .await;
}
