//! What the doctor says in the situations that newcomers get into, word for word.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use timmy::clock::{Clock, SystemClock};
use timmy::sandbox::{DeliveryFault, Mode, Options, Scopes, Unit, Version};
use timmy::store::inbox::{self, Ending, Inserted};
use timmy::store::{Ledger, incidents, meta};

use super::stage::Stage;
use crate::support::config::Config;
use crate::support::delivery::Delivery;
use crate::support::facts;
use crate::support::forge::{DOOR, EVENTS};
use crate::support::process::{Run, until};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_good() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    let run = stage.run("doctor --token-file owner --probe");
    insta::assert_snapshot!(run.out, @"
    good     configuration  timmy.toml and its secrets are good.
    good     disk           The ledger's folder can be written to, and has room.
    good     serve          timmy serve runs, as process PID.
    good     ledger         No other ledger answers for this account.
    good     server         Gitea 1.25.4 answers at http://forge.
    good     clock          The clock agrees with the server's.
    good     capabilities   The server has everything that timmy uses.
    good     reactions      The server allows the reactions that timmy gives.
    good     account        The token is that of timmy: timmy hears /timmy and @timmy.
    good     token          The token is good, with read:user, read:organization, write:issue,
                            write:repository.
    good     repositories   1 repository is watched.
    good     write access   timmy may write to all of them.
    good     labels         The labels of foundation can be used.
    good     people         Everybody whom [people] names has an account.
    good     names          The accounts behind the names of the configuration are those first seen.
    good     webhook        Each watched place has its webhook, with all events.
    good     reachable      The server's test delivery arrived, with a good signature.

    All is good.
    ");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_down() {
    let stage = Stage::set().await;
    stage.sandbox.faults().down();
    let run = stage.run("doctor");
    // How a connection breaks is the system's to say.
    let (before, after) = run.out.split_once("does not answer:").unwrap();
    assert!(before.ends_with("broken   server         The server at http://forge "), "{before}");
    assert!(after.contains("Check gitea.url, and try it from this machine"), "{after}");
    assert!(after.ends_with("1 broken, 1 warning.\n"), "{after}");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_wrong() {
    let stage = Stage::set().await;
    stage.secret("token", "0123456789");
    let run = stage.run("doctor");
    insta::assert_snapshot!(without_good(&run), @"
    good: configuration, disk
    warning  serve          timmy serve does not run.
                            > Start it: timmy serve, or the unit of your system.
    broken   token          The server does not accept the token (invalid username, password or token).
                            > Log in as timmy's account, make a token under Settings > Applications with
                              write:issue, write:repository, read:organization, read:user, and put it
                              into the file that gitea.token_file names.

    1 broken, 1 warning.
    ");
    assert_eq!(run.code, 1);
    assert!(!run.out.contains("0123456789"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_missing() {
    let stage = Stage::set().await;
    stage.token("read:issue,write:repository,read:organization,read:user");
    let run = stage.run("doctor");
    insta::assert_snapshot!(without_good(&run), @"
    good: configuration, disk
    warning  serve          timmy serve does not run.
                            > Start it: timmy serve, or the unit of your system.
    good: server, clock, capabilities, reactions, account
    broken   token          The token lacks the scope write:issue.
                            > Scopes cannot be added: make a new token with write:issue,
                              write:repository, read:organization, read:user, and put it into the file
                              that gitea.token_file names.
    good: repositories, write access, labels, people
    warning  webhook        The webhooks are hidden from this token (foundation: Must be an organization
                            owner).
                            > For a bot that is as it should be. To check them, put a token of an owner
                              of the organisation into a file: timmy doctor --token-file FILE
    warning  reachable      http://127.0.0.1:PORT/webhook leads to timmy, but nothing of the server was
                            heard yet.
                            > Write a comment in a watched repository, and run timmy doctor again. Or
                              let the server call: timmy doctor --probe --token-file FILE, with a token
                              of an administrator of a watched repository, makes a webhook there for a
                              moment.

    1 broken, 3 warnings.
    ");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_webhook() {
    let stage = Stage::set().await;
    let _serve = stage.serve_and_know().await;
    let run = stage.run("doctor --token-file owner");
    insta::assert_snapshot!(without_good(&run), @"
    good: configuration, disk, serve, ledger, server, clock, capabilities, reactions, account, token, repositories, write access, labels, people, names
    broken   webhook        No webhook of foundation calls http://127.0.0.1:PORT/webhook.
                            > Run timmy hooks install, with --token-file FILE if timmy's account may
                              not: a token of an owner of the organisation.
    warning  reachable      http://127.0.0.1:PORT/webhook leads to timmy, but nothing of the server was
                            heard yet.
                            > Write a comment in a watched repository, and run timmy doctor again. Or
                              let the server call: timmy doctor --probe --token-file FILE, with a token
                              of an administrator of a watched repository, makes a webhook there for a
                              moment.

    1 broken, 1 warning.
    ");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_cannot_reach_timmy() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    stage.sandbox.faults().next_delivery(DeliveryFault::Dropped);
    let run = stage.run("doctor --token-file owner --probe --wait 1");
    insta::assert_snapshot!(without_good(&run), @"
    good: configuration, disk, serve, ledger, server, clock, capabilities, reactions, account, token, repositories, write access, labels, people, names, webhook
    broken   reachable      The server's test delivery did not arrive, although this machine reaches
                            http://127.0.0.1:PORT/webhook.
                            > Most likely Gitea may not call that address: by default it calls public
                              ones only. Set ALLOWED_HOST_LIST = loopback under [webhook] in its
                              app.ini, and restart it. Else a firewall or the server's DNS is in the
                              way, or the repository has no commit yet: the webhook's page in Gitea
                              shows what it tried.

    1 broken.
    ");
    assert_eq!(run.code, 1);
}

/// Without a `serve` the doctor itself listens.
#[tokio::test(flavor = "multi_thread")]
async fn a_repositorys_webhook_is_tested_without_a_probe() {
    let stage = Stage::set().await;
    stage.watch(["alexander/notes"]);
    stage.hook("alexander/notes");
    let run = stage.run("doctor --token-file owner");
    assert_eq!(
        stage.found(&run, "webhook"),
        "Each watched place has its webhook, with all events."
    );
    assert_eq!(
        stage.found(&run, "reachable"),
        "The server's test delivery arrived, with a good signature."
    );
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_signs_with_another_secret_is_noticed() {
    let stage = Stage::set().await;
    stage.watch(["alexander/notes"]);
    stage.sandbox.add_hook("alexander/notes", &stage.webhook(), "other", &EVENTS).unwrap();
    let _serve = stage.serve_and_know().await;
    let run = stage.run("doctor --token-file owner");
    insta::assert_snapshot!(stage.found(&run, "reachable"), @"The server's test delivery arrived, but signed with another secret than webhook.secret_files has for it. > Run timmy hooks repair --rotate: it makes the webhooks anew, each with its own.");
    assert_eq!(run.code, 1);
}

/// Anybody can send them.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_signatures_are_counted_and_break_nothing_while_good_ones_come() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    let forged = Delivery { signature: "0".repeat(64), ..Delivery::raw(b"{}") };
    for _ in 0..3 {
        assert_eq!(forged.send(&stage.webhook()).await, 401);
    }
    let run = stage.run("doctor");
    let found = without_times(&stage.found(&run, "reachable"));
    insta::assert_snapshot!(found, @"A delivery came N s ago, and no good one since: it was signed with another secret than webhook.secret_files has for it. So were within a day: N from 127.0.0.1. > If one of these is the server, run timmy hooks repair --rotate: it makes the webhooks anew, each with its own.");
    assert_eq!(run.code, 1);
    stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    stage.sandbox.settle().await;
    let run = stage.run("doctor");
    let found = without_times(&stage.found(&run, "reachable"));
    insta::assert_snapshot!(found, @"http://127.0.0.1:PORT/webhook leads to timmy, and the server's last delivery came N s ago. Refused within a day, signed with no secret of mine: N from 127.0.0.1.");
    assert_eq!(run.code, 0);
}

/// A text without spans of time and counts, which differ from run to run.
fn without_times(text: &str) -> String {
    let is_number = |word: &str| word.parse::<u32>().is_ok();
    let words = text.split(' ').map(|word| if is_number(word) { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Each place has a secret of its own: the probe signs with that of the repository it is made in.
#[tokio::test(flavor = "multi_thread")]
async fn a_probe_signs_with_the_secret_of_its_place() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    stage.secret("notes", "s3cret-of-the-notes");
    stage.secret_files(json!({ "alexander/notes": "notes", "foundation": "webhook" }));
    stage.hook("foundation");
    let run = stage.run("doctor --token-file owner --probe");
    assert_eq!(
        stage.found(&run, "reachable"),
        "The server's test delivery arrived, with a good signature."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_serve_does_not_know_yet_is_named() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    stage.secret_files(json!({ "foundation": "webhook" }));
    let _serve = stage.serve_and_know().await;
    stage.secret("notes", "s3cret-of-the-notes");
    stage.secret_files(json!({ "foundation": "webhook", "alexander/notes": "notes" }));
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "reachable"), @"At http://127.0.0.1:PORT/webhook somebody answers who does not know my secret for alexander/notes. > Restart timmy serve, if webhook.secret_files changed since its start. Else the address leads to another timmy.");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_secret_for_several_places_is_worth_a_warning() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "configuration"), @r#"timmy.toml:17: webhook.secret_files is one secret for the webhooks of several owners or repositories. > Whoever administers one of them can speak for all. Give each its own, such as secret_files = { foundation = "secrets/webhook-foundation" }, restart timmy serve, and run timmy hooks repair --rotate."#);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_of_a_probe() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    assert_eq!(stage.run("doctor --token-file owner --probe").code, 0);
    let listed = stage.run("hooks --token-file owner");
    assert_eq!(listed.out.matches(": webhook").count(), 1, "{}", listed.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_needs_the_right_to_make_one() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let run = stage.run("doctor --probe");
    let found = stage.found(&run, "reachable");
    assert!(found.contains("and this token may make no probe."), "{found}");
    assert_eq!(run.code, 0);
}

/// A delivery of another kind says as much, and needs no token of anybody.
#[tokio::test(flavor = "multi_thread")]
async fn what_serve_received_before_is_a_sign_of_life() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    stage.sandbox.settle().await;
    let run = stage.run("doctor");
    let found = stage.found(&run, "reachable");
    assert!(found.contains("leads to timmy, and the server's last delivery came "), "{found}");
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_at_the_public_address() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let taken = std::net::TcpListener::bind(("127.0.0.1", stage.port)).unwrap();
    let run = stage.run("doctor");
    assert!(stage.found(&run, "reachable").starts_with("Nobody can listen at webhook.listen"));
    assert_eq!(run.code, 1);
    drop(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_a_persons() {
    let stage = Stage::set().await;
    stage.secret("token", &stage.owner_token);
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "account"), @"The token is that of alexander, who is people.owner. > Make an account for timmy alone, and a token of that account. What timmy's account says is never taken for a command.");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_is_not_there() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "foundatoin/door"]);
    let some = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&some, "repositories"), @"timmy sees nothing of these in gitea.watch: foundatoin/door. > Check the spelling in gitea.watch and gitea.except, and add timmy's account to the repositories or to a team of the organisation.");
    assert_eq!(some.code, 0);
    stage.watch(["foundatoin"]);
    let none = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&none, "repositories"), @"timmy sees nothing of gitea.watch. > Check the spelling in gitea.watch and gitea.except, and add timmy's account to the repositories or to a team of the organisation.");
    assert_eq!(none.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_has_another_name_now() {
    let stage = Stage::set().await;
    stage.sandbox.rename_user("foundation", "guild").unwrap();
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "repositories"), @"foundation is called guild now: nothing is watched there. > Write the new name wherever the configuration has the old one (gitea.watch, webhook.secret_files, report.repository), and restart timmy serve.");
    assert_eq!(run.code, 1);
    stage.watch(["foundation", "alexander/notes"]);
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "repositories"), @"foundation is called guild now: nothing is watched there. > Write the new name wherever the configuration has the old one (gitea.watch, webhook.secret_files, report.repository), and restart timmy serve.");
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_timmy_may_only_read_it_says_so() {
    let stage = Stage::set().await;
    stage.sandbox.collaborator("foundation/door", "timmy", Mode::Read).unwrap();
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "write access"), @"timmy may only read foundation/door. > Give its account write access, best by a team of the organisation. Without it timmy can answer there, but not set labels or assignees.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_server_lacks_is_said() {
    let stage = Stage::set().await;
    stage.sandbox.take_away("/repos/{owner}/{repo}/issues/{index}/dependencies");
    stage.sandbox.take_away("/repos/issues/search");
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "capabilities"), @"The server lacks dependencies of issues: block and unblock are refused, and nothing waits for anything; the search by owner: each poll reads the issues of everybody. > Upgrade the server: Gitea 1.20 and later have all of that. The rest of timmy works without.");
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_may_have_it_all() {
    let stage = Stage::set_on(Options { version: Version::V1_22, ..Options::default() }).await;
    let run = stage.run("doctor");
    assert_eq!(stage.found(&run, "server"), "Gitea 1.22.6 answers at http://forge.");
    let found = stage.found(&run, "capabilities");
    assert_eq!(found, "The server has everything that timmy uses.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_server_says_what_the_token_is_good_for() {
    let stage = Stage::set_on(newest()).await;
    let run = stage.run("doctor");
    let good =
        "The token is good, with write:issue, write:repository, read:organization, read:user.";
    assert_eq!(stage.found(&run, "token"), good);
    let narrow = Scopes::of("write:issue,read:organization,read:user");
    stage.secret("token", &stage.sandbox.add_token("timmy", narrow).unwrap());
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "token"), @"The token lacks the scope read:repository. > Scopes cannot be added: make a new token with write:issue, write:repository, read:organization, read:user, and put it into the file that gitea.token_file names.");
    assert!(!stage.sandbox.requests().iter().any(|asked| asked.method != "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_old_is_good_for_all_but_jobs() {
    for options in [Options::default(), newest()] {
        let stage = Stage::set_on(options).await;
        stage.token("write:issue,read:repository,read:organization,read:user");
        let run = stage.run("doctor");
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.found(&run, "token"), @"The token lacks the scope write:repository, which jobs need for branches, pull requests, reviews and statuses. All else goes on without. > Scopes cannot be added: make a new token with write:issue, write:repository, read:organization, read:user, and put it into the file that gitea.token_file names.");
        }
        assert_eq!(run.code, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_server_has_its_list_of_hosts_elsewhere() {
    let stage = Stage::set_on(newest()).await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    stage.sandbox.faults().next_delivery(DeliveryFault::Dropped);
    let run = stage.run("doctor --token-file owner --probe --wait 1");
    let found = stage.found(&run, "reachable");
    let remedy = "Set ALLOWED_HOST_LIST = loopback under [security] (what stands under [webhook] \
                  wins: take it out there) in its app.ini, and restart it.";
    assert!(found.contains(remedy), "{found}");
}

/// Since 1.27 others do not even see that there is such a team, unless it is set to be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_of_a_newer_server_is_private_by_default() {
    let stage = Stage::set_on(newest()).await;
    let write = [(Unit::Issues, Mode::Write)];
    let makers = stage.sandbox.add_team("foundation", "makers", &write, &["alexander"]).unwrap();
    stage.sandbox.add_team("foundation", "bots", &write, &["timmy"]).unwrap();
    stage.configure_key("people.operators", ["team:foundation/makers"]);
    let unseen = stage.run("doctor");
    assert!(stage.found(&unseen, "teams").starts_with("timmy sees no team foundation/makers"));
    stage.sandbox.show_team(makers, true);
    let seen = stage.run("doctor");
    assert_eq!(stage.found(&seen, "teams"), "timmy can tell who is in foundation/makers.");
}

/// The newest server that there is.
fn newest() -> Options {
    Options { version: Version::V1_27, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_hide_what_it_has() {
    let stage = Stage::set().await;
    stage.sandbox.take_away("/swagger.v1.json");
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "capabilities"), @"The server shows no description of its API: what it lacks cannot be seen. > Nothing, if it is Gitea 1.20 or later. Else set ENABLE_SWAGGER = true under [api] in its app.ini, restart it and run timmy doctor again.");
    assert_eq!(run.code, 0);
}

/// `team:` works where timmy is in that team, or owns the organisation.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_is_kept_secret_gives_no_right() {
    let stage = Stage::set().await;
    stage.configure_key("people.operators", ["team:foundation/makers"]);
    let unseen = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&unseen, "teams"), @"timmy sees no team foundation/makers, which [people] names: it gives nobody a right. > Check the spelling. If that is right, the team is private: put timmy's account into it. From Gitea 1.27 on it is also enough to set the team's visibility to limited, if timmy's account is in another team of the organisation.");

    let write = [(Unit::Issues, Mode::Write)];
    stage.sandbox.add_team("foundation", "makers", &write, &["alexander"]).unwrap();
    stage.sandbox.add_team("foundation", "bots", &write, &["timmy"]).unwrap();
    let secret = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&secret, "teams"), @"The server does not tell timmy who is in foundation/makers: people have no right by it. > Put timmy's account into that team (best for a bot), or make it an owner of the organisation.");
    assert_eq!(secret.code, 0);

    stage.configure_key("people.operators", ["team:foundation/bots"]);
    let run = stage.run("doctor");
    assert_eq!(stage.found(&run, "teams"), "timmy can tell who is in foundation/bots.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_misspelt() {
    let stage = Stage::set().await;
    stage.configure_key("people.owner", "alexandre");
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "people"), @"The server shows timmy no account alexandre, which [people] names. > Check the spelling. An account that hides its profile is not shown either, and is heard all the same.");
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_no_account() {
    let stage = Stage::set().await;
    stage.configure(|config| config.agent("ezra", ["coder"]));
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "agents"), @"The server knows no account ezra. > Make the account, or correct agent.account: by it timmy tells who did what.");
    stage.sandbox.add_user("ezra");
    let run = stage.run("doctor");
    assert_eq!(stage.found(&run, "agents"), "The accounts of ezra exist.");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_timmys_share_an_account() {
    let stage = Stage::set().await;
    let now = SystemClock.now();
    let text = facts::comment(1, now, "/timmy ping");
    let lost = stage.ledger().write(move |tx| {
        let Inserted::New(seq) = inbox::insert(tx, &text, now)? else { panic!("stored before") };
        inbox::finish(tx, seq, Ending::ClaimedElsewhere, now)
    });
    lost.await.unwrap();
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "ledger"), @"In the last 7 days another timmy was quicker to take a text (1 in all). > Two timmys use one account: stop one of them, or give it an account of its own. If another ledger was used for a while, and is no longer, nothing is to be done.");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_an_array() {
    let stage = Stage::set().await;
    stage.token("read:user");
    let run = stage.run("doctor --json");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&run.out).unwrap();
    let of = |check: &str| findings.iter().find(|finding| finding["check"] == check).unwrap();
    assert_eq!(of("server")["state"], "good");
    assert_eq!(of("server")["remedy"], serde_json::Value::Null);
    assert_eq!(of("token")["state"], "broken");
    assert_eq!(
        of("token")["found"],
        "The token lacks the scope read:organization, write:repository."
    );
    assert!(of("token")["remedy"].as_str().unwrap().contains("write:issue"));
    assert_eq!(run.code, 1);

    std::fs::write(stage.path("timmy.toml"), "[gitea").unwrap();
    let broken = stage.run("doctor --json");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&broken.out).unwrap();
    assert_eq!((findings.len(), broken.code), (1, 2));
    assert_eq!(stage.run("doctor").code, 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_can_read_is_worth_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::set().await;
    let token = stage.path("token");
    std::fs::set_permissions(token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "configuration"), @"timmy.toml:5: gitea.token_file names a file that others can read. > Run chmod 600 on it.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_taken_away_from_whoever_writes_it() {
    let stage = Stage::set().await;
    let _serving = Ledger::open(stage.path("timmy.db")).unwrap();
    std::fs::rename(stage.path("timmy.db"), stage.path("old.db")).unwrap();
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "serve"), @"The running timmy serve, process PID, has its ledger in a file that does not lie at ledger.path any more: it was deleted, moved or replaced. > It ends within a minute. Put the right ledger or a backup there before it starts again, else it knows nothing of what was.");
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ledger_of_an_account_that_answered_before() {
    let stage = Stage::set().await;
    let issue = stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    let reply = "**Pong.**\n\n<!-- timmy key=c1 -->";
    stage.sandbox.comment("timmy", "foundation/door", issue, reply).unwrap();
    let found = stage.found(&stage.run("doctor"), "new ledger");
    assert!(found.starts_with("There is no ledger at ledger.path, but the account "), "{found}");
    let _serve = stage.serve().await;
    let readers = Ledger::open_read_only(stage.path("timmy.db")).unwrap();
    until("the forge was asked", async || {
        let start = readers.read(|conn| meta::get(conn, meta::LEDGER_START)).await.unwrap();
        start.is_some_and(|start| start.asked)
    })
    .await;
    let run = stage.run("doctor");
    let found = stage.found(&run, "new ledger");
    assert!(found.starts_with("The ledger began "), "{found}");
    assert!(found.contains("put the former ledger or a backup at ledger.path"), "{found}");
    assert_eq!(run.code, 0);
}

/// The listing, in which checks that found nothing wrong are only named.
fn without_good(run: &Run) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut is_good = false;
    for line in run.out.lines() {
        let good = line.strip_prefix("good     ").map(|rest| rest[..13].trim_end());
        match (good, lines.last_mut()) {
            (Some(check), Some(last)) if is_good => last.extend([", ", check]),
            (Some(check), _) => lines.push(format!("good: {check}")),
            // The rest of what a good one found.
            (None, _) if is_good && line.starts_with("   ") => continue,
            (None, _) => lines.push(line.to_owned()),
        }
        is_good = good.is_some();
    }
    lines.join("\n")
}

impl Stage {
    /// What a check found and its remedy, on one line.
    fn found(&self, run: &Run, check: &str) -> String {
        let heading = format!("  {check:<13}  ");
        let mut lines = run.out.lines().skip_while(|line| !line.contains(&heading));
        let first = lines.next().unwrap_or_else(|| panic!("no {check} in {run:?}"));
        let rest = lines.take_while(|line| line.starts_with("   ")).map(str::trim);
        let found = first.split_once(&heading).unwrap().1;
        std::iter::once(found).chain(rest).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_set_to_other_reactions_is_named() {
    let stage = Stage::set().await;
    stage.sandbox.allow_reactions(&["+1", "-1", "heart"]);
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "reactions"), @"The server does not allow the reaction eyes: timmy claims what it answers by +1. > Add eyes and confused to REACTIONS under [ui] in the server's app.ini, and restart it.");
    stage.sandbox.allow_reactions(&[]);
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "reactions"), @"The server allows no reaction, eyes neither: two timmys for one account would both answer, and not notice each other. > Add eyes and confused to REACTIONS under [ui] in the server's app.ini, and restart it.");
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_whose_opener_blocked_the_account_is_named() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    stage.sandbox.add_user("rando");
    stage.sandbox.block("rando", "timmy", true).unwrap();
    let serve = stage.serve_and_know().await;
    let number = stage.sandbox.open_issue("rando", DOOR, "The door is ugly", "").unwrap();
    stage.sandbox.comment("alexander", DOOR, number, "/timmy ping").unwrap();
    let readers = Ledger::open_read_only(stage.path("timmy.db")).unwrap();
    until("it is met", async || !readers.read(incidents::all).await.unwrap().is_empty()).await;
    let run = stage.run("doctor");
    let found = stage.found(&run, "incident");
    let (what, remedy) = found.split_once(" Met ").unwrap();
    insta::assert_snapshot!(what, @"foundation/door#1: whoever opened the thread, or owns the repository, has blocked timmy's account: nothing can be claimed or said there.");
    assert!(remedy.contains("can lift that"), "{remedy}");
    drop(serve);
}

/// An agent that is driven, at an address where nobody answers.
fn away(config: Config) -> Config {
    config
        .agent("groq", ["coder"])
        .its("kind", "openai")
        .its("url", "http://127.0.0.1:1/v1")
        .its("model", "llama")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_away_is_told_with_its_price() {
    let stage = Stage::set().await;
    stage.sandbox.add_user("groq");
    stage.configure(|config| {
        away(config)
            .its("price", json!({ "input": 0.59, "output": 0.79 }))
            .its("max_tokens", 100_000)
    });
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "agent"), @"groq does not work: its gateway is down: Connection refused (os error 111) (openai; 0.59 USD for a million tokens read, 0.79 written, at most 0.08 USD an attempt). > Until that is mended it gets no work, and jobs for it alone wait.");
    insta::assert_snapshot!(stage.found(&run, "rights"), @"What groq may do in foundation/door is unknown: the forge does not show it. > Only its own token tells for sure: name its token_file.");
    assert_eq!(run.code, 1);
}

/// What doctor says of an agent that speaks the Agent Client Protocol, started in this way.
async fn said_of_acp(how: &str, change: impl FnOnce(Config) -> Config) -> String {
    let stage = Stage::set().await;
    stage.sandbox.add_user("cleo");
    std::fs::create_dir(stage.path("home")).unwrap();
    let program = include_str!("../agents/acp/agent.py");
    std::fs::write(stage.path("home/agent.py"), program).unwrap();
    stage.configure(|config| {
        change(
            config
                .agent("cleo", ["coder"])
                .its("kind", "acp")
                .its("command", ["/usr/bin/python3", "/timmy/home/agent.py", how])
                .its("home", "home"),
        )
    });
    let run = stage.run("doctor");
    stage.found(&run, "agent")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_kind_acp_is_tried_out() {
    let said = said_of_acp("", |config| config).await;
    assert!(
        said.starts_with("cleo is ready (acp, scripted 1.2, mode default; price unknown"),
        "{said}"
    );
    let said = said_of_acp("logged-out", |config| config).await;
    assert!(
        said.starts_with("cleo does not work: its key is refused (acp, mode default;"),
        "{said}"
    );
    let remedy = "> Log it in, with HOME=home in its environment when you run /usr/bin/python3, and \
                  name the file that it keeps that in as agent.home_keep.";
    assert!(said.ends_with(remedy), "{said}");
    let said = said_of_acp("", |config| config.its("mode", "careful")).await;
    assert!(said.contains("it has no mode \"careful\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_may_push_to_the_default_branch() {
    let stage = Stage::set().await;
    stage.sandbox.add_user("groq");
    stage.sandbox.collaborator(DOOR, "groq", Mode::Write).unwrap();
    let token = stage.sandbox.add_token("groq", Scopes::all()).unwrap();
    stage.secret("groq", &token);
    let at_the_door = |config| away(config).its("repositories", [DOOR]);
    stage.configure(|config| at_the_door(config).its("token_file", "groq"));
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "rights"), @"groq may push to the default branch of foundation/door, or merge into it. > Protect that branch and leave groq out of those who may push or merge: else nobody has to look at what it does.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_could_read_the_secrets_of_actions() {
    let stage = Stage::set().await;
    stage.sandbox.add_user("groq");
    stage.sandbox.collaborator(DOOR, "groq", Mode::Write).unwrap();
    stage.sandbox.collaborator(DOOR, "timmy", Mode::Owner).unwrap();
    stage.sandbox.add_secret(DOOR, "DEPLOY_KEY").unwrap();
    // What this one brings timmy pushes.
    stage.configure(away);
    let run = stage.run("doctor");
    assert!(!run.out.contains("hold secrets"), "{}", run.out);
    // This one pushes by itself.
    stage.configure(|config| {
        config.without_agents().agent("groq", ["coder"]).its("repositories", [DOOR])
    });
    let run = stage.run("doctor");
    let said = "Actions of foundation/door hold secrets, and a workflow that groq pushes";
    assert!(stage.found(&run, "secrets").starts_with(said), "{}", run.out);
}

/// As README sets timmy up, neither its token nor an agent's is shown them; an owner's is.
#[tokio::test(flavor = "multi_thread")]
async fn the_secrets_of_actions_are_asked_for_with_the_token_that_is_given() {
    let stage = Stage::set().await;
    stage.sandbox.add_user("groq");
    stage.sandbox.collaborator(DOOR, "groq", Mode::Write).unwrap();
    stage.sandbox.add_secret(DOOR, "DEPLOY_KEY").unwrap();
    stage.configure(|config| config.agent("groq", ["coder"]).its("repositories", [DOOR]));
    let run = stage.run("doctor");
    assert!(!run.out.contains("hold secrets"), "{}", run.out);
    let run = stage.run("doctor --token-file owner");
    let said = "Actions of foundation/door hold secrets, and a workflow that groq pushes";
    assert!(stage.found(&run, "secrets").starts_with(said), "{}", run.out);
    let run = stage.run("doctor --token-file nowhere");
    assert!(run.out.contains("Name a file that holds the token"), "{}", run.out);
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_never_starts_and_what_starts_by_itself() {
    let stage = Stage::set().await;
    stage.sandbox.add_user("groq");
    stage.configure(|config| {
        away(config)
            .its("price", json!({ "input": 5, "output": 20 }))
            .its("max_tokens", 1_000_000)
            .with("dispatch.auto", [DOOR])
    });
    let run = stage.run("doctor");
    insta::assert_snapshot!(stage.found(&run, "budget"), @"An attempt of groq may cost 20.00 USD, its max_tokens at its price, and budget.issue is 2.00 USD: it never starts. > Lower its max_tokens, or raise budget.issue.");
    insta::assert_snapshot!(stage.found(&run, "dispatch"), @"Work will start by itself where dispatch.auto says so, once timmy serve has read the whole backlog: on issues that people open or touch from that day on.");
}

/// A script of the shell as a guard of that name, with a folder that it must not let pass.
fn guard(name: &str, script: &str) -> String {
    let command = json!(["sh", "-c", script]);
    format!(
        "[[guards.script]]\nname = \"{name}\"\nkind = \"exit_code\"\ncommand = {command}\n\
         fixture = \"bad\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn guards_have_to_catch_their_fixtures_where_they_run() {
    drop(crate::confinement::stage::staged!());
    let stage = Stage::set().await;
    std::fs::set_permissions(stage.folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let bad = stage.folder.path().join("bad");
    std::fs::create_dir(&bad).unwrap();
    std::fs::write(bad.join("secret.txt"), "hunter2\n").unwrap();
    let guards = guard("finds", "! grep -rq hunter2 .") + &guard("sleeps", "true");
    let none = "[[guards.script]]\nname = \"untried\"\nkind = \"json\"\ncommand = [\"true\"]\n";
    stage.configure(|config| config.and(&guards).and(none));
    let alone = fixtures(&stage.run("doctor"));
    insta::assert_snapshot!(alone, @"
    good     fixture        The guard finds catches its fixture.
    broken   fixture        The guard sleeps lets its fixture pass: it catches nothing.
                            > Mend its command or its fixture, then restart timmy serve.
    warning  fixture        The guard untried has no fixture: nobody knows whether it catches anything.
                            > Put something that it must not let pass into a folder, and name that as
                              its fixture.
    ");
    // Where a service runs, it is asked.
    let _serve = stage.serve_and_know().await;
    let readers = Ledger::open_read_only(stage.path("timmy.db")).unwrap();
    until("the service tried its guards", async || {
        readers.read(|conn| meta::get(conn, meta::FIXTURES)).await.unwrap().is_some()
    })
    .await;
    assert_eq!(fixtures(&stage.run("doctor")), alone);
    stage.configure(|config| config.and(&guard("new", "false")));
    let changed = fixtures(&stage.run("doctor"));
    assert!(changed.contains("has not tried the guard new as it is written now"), "{changed}");
}

/// What it says of fixtures.
fn fixtures(run: &Run) -> String {
    let mut is_of_it = false;
    let mut lines = Vec::new();
    for line in run.out.lines() {
        if !line.starts_with(' ') {
            is_of_it = line.contains(" fixture ");
        }
        lines.extend(is_of_it.then_some(line));
    }
    lines.join("\n")
}
