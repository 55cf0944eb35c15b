//! timmy: a Gitea account that runs a fleet of AI agents, commanded in issue threads.
//!
//! This page is the map. Imports run one way, and no file of the house imports another in a circle
//! (a test holds both):
//! `main -> cli -> app -> {page, temporal} -> {engine, web, sandbox} -> agents -> {store, gitea, config} -> core`,
//! `{{engine, temporal} -> guard_runs, agents} -> confinement -> core` and `app -> otlp -> {gitea, config, tracer -> core}`; inside core
//! `model <- command <- {policy, guards} <- {scheduling, jobs} <- {crew, split} <- {decisions, effect} <- reply <-
//! report <- handlers`, and `prompt` beside `reply`.
//!
//! # The walk of a comment
//!
//! 1. `web/webhook` takes a delivery: its size and its signature ([`gitea::signature`], taken while
//!    it arrives), its form ([`gitea::webhook`] turns the payload into
//!    [`core::model::text::InboundText`]), and whether the secret that signed it speaks for that
//!    repository ([`core::policy::webhook_scope`]).
//! 2. [`store::inbox`] stores it, once, whatever is delivered twice. Only then Gitea gets its 202:
//!    it never repeats a delivery, so from here on the text must not be lost. What no delivery
//!    told, `engine/poll` finds: once a minute it asks Gitea what moved, and stores it under the
//!    same key.
//! 3. `engine/inbox` takes the texts of a thread one after the other. Is it a person's word
//!    ([`core::policy::authority`]), and their own ([`core::policy::relay`])? Does it name timmy at
//!    all ([`core::command::trigger`])?
//! 4. [`core::command::markdown`] says which lines can be commands, [`core::command::grammar`]
//!    reads each into a [`core::command::Command`] or an error with the nearest known word. Of an
//!    edit only what it added counts ([`core::policy::edits`]).
//! 5. The text is read back from Gitea: [`core::policy::authorship`] says whose words it proves.
//!    What the actor may do that the configuration and the payload do not settle, `engine/permissions`
//!    asks. Then timmy claims the text by a reaction, so that of two ledgers for one account one acts.
//! 6. `engine/snapshot` gathers what the commands need to know; [`core::handlers`], pure, makes
//!    answers and effects of commands and snapshot. The answers are rendered here ([`core::reply`],
//!    from `templates/`): the text is finished.
//! 7. [`store::handled`]: one transaction. The text is done, the thread's state is new, the effects
//!    are in [`store::outbox`], each line is in the [`store::audit`].
//! 8. What people do in the forge's own pages goes the same way ([`core::model::gesture`]): the thread's
//!    timeline tells it and who did it (`engine/poll/gestures`), its entry is claimed like a text
//!    (`engine/inbox/gesture`), and [`core::handlers`] do what it means.
//! 9. `engine/outbox` delivers the effects ([`core::effect`]) in order, one file for each kind.
//!    After an unknown outcome the effect is looked for before it is written again: a comment or an
//!    issue by its hidden [`core::effect::marker`], anything else by what Gitea shows. What goes
//!    beyond the rights of every writer and is not proved waits for a 👍: `engine/confirmations`.
//!
//! # The walk of an issue, as far as it goes
//!
//! 1. `engine/sync` reads the open issues of every watched repository in full once, and again once
//!    a day; in between deliveries and polls bring what moves. Dependencies are in no list: they are
//!    read apart, and so are issue templates and who may write, where that matters. All of it is kept in [`store::backlog`].
//! 2. [`core::scheduling`], pure and in whole numbers: may the issue be dispatched, and if not, for
//!    which reasons (`eligibility`)? What is it worth, term by term (`score`)? Which agent fits, and
//!    who gets it (`fit`, `capacity`, `matching`)? How the agents stand, `engine/roster` adds from the
//!    ledger: what runs, what is spent, where each may work, what each has proved.
//! 3. `engine/tick` matches again whenever something moved. What is new goes into
//!    [`store::matches`] with all that it was decided from, so that `timmy simulate` can decide it
//!    again.
//!    Of what would be next if it said what is to be done, `engine/scope_questions` asks the author, once
//!    ([`store::ask_scope`]), which is looked at again when it is sent (`engine/outbox/scope_question`); an
//!    answer comes as a comment like any other (`engine/inbox/scope_answer`), and a yes covers it as it
//!    covers the text of the issue ([`store::covered_text`]).
//! 4. `queue`, `why`, `plan` and `agents` are answered from `engine/planner`, the ranked backlog of
//!    a moment ago, as [`core::handlers::BacklogFacts`]. What the readers of the thread may know,
//!    `engine/audience` asks and [`core::policy::audience`] decides; nothing else has a name there.
//! 5. `timmy backlog` and `timmy why` make the same answers of the same facts, with everything
//!    named, and print their text.
//!
//! # The walk of a job
//!
//! 1. [`store::jobs::create`] makes a job for a thread, one at a time. Its number is never given
//!    again, not even by a copy of the ledger ([`store::jobs::restore`]).
//! 2. `engine/jobs/dispatch` looks who may take it ([`core::jobs::ladder`]), and
//!    [`store::jobs::lease()`] gives it to the first one that nothing speaks against: in its own
//!    transaction everything is asked again, the issue and who is paused from the ledger, capacity by
//!    what is leased, budgets and quotas by what was spent or set aside, the agent's breaker by what it
//!    left. A quota that an agent says is used up is shut for all that share it (`engine/jobs/quota`).
//! 3. `engine/jobs/preflight` asks the agent how it is and the forge how the issue is, and has the
//!    prompt written ([`core::prompt`]). [`agents`] make a request of it, which is stored word for
//!    word with [`store::jobs::start`]: that asks once more, right before the agent is called.
//! 4. `engine/jobs/start` sends it. A start of which this process does not know that it was never
//!    sent is looked for before it is sent again.
//! 5. `engine/jobs/follow` asks how the attempt goes. Whatever happens is told to
//!    [`store::jobs::advance()`]: what became of the attempt, what people said, that a deadline is
//!    over. [`core::jobs::advance()`], pure, says where the job stands after it and what is to be done.
//!    The step, the job, the actions and what is said of it ([`core::reply::job_speech`]) are stored in
//!    one transaction; told again under its key, it changes nothing.
//! 6. `engine/jobs/verify` has judged what the forge shows: `engine/evidence` reads it,
//!    [`core::jobs::evidence`] says what it proves. What an agent says is a claim.
//!    `engine/guards` reads a change in full, and [`core::guards`] say what speaks against it.
//!    What needs something run is run beside the loops ([`guard_runs`]), here or on the host that is
//!    named for it, of exactly that commit and confined; a job stays where it is until that has ended. What follows stands on its commit,
//!    as `timmy/verify`.
//!    A job that reviews lives beside the one that works there: what its agent says is posted for it
//!    (`engine/jobs/posting`), what the forge shows of it is `engine/jobs/reviewing`, and what it
//!    asks for (`given_review`) is told to the other ([`store::jobs::tell_reviewed`]).
//! 7. What only a person can decide becomes a question in the thread: `engine/jobs/ask` puts it, and
//!    `engine/jobs/question_watch` voids it when anything moves that a yes to it covers ([`core::decisions`]). An answer is a
//!    comment like any other, or a review in the forge's own page (`engine/inbox/review`,
//!    `core/handlers/review`); `engine/decision_check` reads from the forge that all is as it was
//!    shown, and [`store::jobs::decide`] closes the decision and moves the job, once.
//! 8. [`core::jobs::standing`] says at any moment what is to be done for a job. So a start after a
//!    crash is no other case than any look, and nothing is repeated that was not looked for.
//!    [`store::jobs::rebuilt`] folds every history again and compares.
//!
//! # The walk of a routine
//!
//! 1. `engine/routines` looks whether a date has come ([`core::scheduling::RoutineCalendar`], over the dates
//!    of [`core::model::recurrence`]), with each tick and when the next one is due.
//! 2. [`store::jobs::begin_routine`]: the date is settled and its job made in one transaction; or no job,
//!    as long as what the last one brought is not dealt with ([`store::routines`]). Where that ended
//!    without a pull request that is known, the forge is asked first whether it left one open.
//! 3. From there on it is a job like any other, without an issue ([`core::jobs::JobThread`]): it is talked of
//!    in its pull request, and before that, if anything has to be said, in the report.
//!
//! # The walk of a crew
//!
//! 1. `crew` makes a job that plans, and with it a [`core::crew`] of that number ([`store::crews`]). What
//!    its agent ends with is read as a plan (`engine/jobs/crew_parts`), given back if nobody can work by
//!    it, and put to a person as any question of a job.
//! 2. From the yes on, whatever moves a job of the crew moves the crew in the same transaction
//!    (`store/jobs/crew`), and makes the job of the next task there: so no crash falls between two of
//!    them. Each is a job like any other, with its part of the plan and what came before in its prompt.
//! 3. Of a change that is handed in people are asked only when its reviews are over
//!    (`engine/jobs/ask`). One card, that of the job that plans, shows all of it ([`core::reply::crew`]).
//!
//! # The walk of an epic
//!
//! 1. `split` makes a job that proposes. What its agent ends with is read ([`core::split`]), and each issue
//!    of it looked for among those that are there (`engine/jobs/split_parts`); what no issues can be made
//!    of is given back. What is left is kept ([`store::splits`]) and put to a person as any question of a
//!    job.
//! 2. A yes stores all that is to be made as effects of the epic's lane ([`core::reply::split`]): the issues
//!    (`engine/outbox/make_part`), each with its marker, what waits for what (`bond`), and last the list of
//!    them, whose text is known only then (`split_list`). Which issue an effect became is kept
//!    ([`store::made_issues`]); until all is bound nobody begins one. What would close a circle, or was closed
//!    meanwhile, is left out and told; what cannot be bound is on hold until a person frees it.
//!
//! # The walk of the report
//!
//! `engine/report` looks at the days that were told ([`store::reports`]) once a minute if something
//! moved, and at the moments at which it may speak ([`core::report`]). The issue, its pin, the
//! comment of a day and its edits are effects in the outbox like any others; only what a day says is
//! gathered right before it is sent, since who may read it then decides what may be told.
//!
//! # The walk of a look
//!
//! Whoever runs timmy opens the status page. `page/gate` turns away what a page of another site could ask;
//! `engine/overview` reads all that there is to see in one look at the ledger, beside the planner's ranking,
//! through a lens that knows what may be named to whoever can reach the listener; `page/show` renders it,
//! from `templates/status_page/`. The same types and the same words as in threads: [`core::reply`].
//!
//! # The walk of a notification
//!
//! `engine/notify` looks four times a minute for what there is to tell elsewhere ([`store::notifications`]:
//! open decisions, what was given up, open incidents), keeps each as a row, and sends it outside quiet
//! hours ([`core::notify`]): what kind of thing it is, and a link. The row stays, so that it is told once.
//!
//! # What goes first
//!
//! `engine/queue` works in lanes ([`core::model::ids::Lane`]): in one, things happen one after the
//! other. Lanes run in pools: what people said and what answers them in one, what nobody waits for
//! in another, jobs in a third; the requests to the forge have the same order ([`gitea`]'s budget). So a forge
//! that hangs over one repository, or hundreds of pull requests that moved, keep nobody waiting.
//!
//! # Traces
//!
//! Nothing keeps a trace open: its ids are made of what the ledger has ([`core::trace`]). What a job went
//! through `engine/traces` tells from its history; what a text took, an effect, a guard or a clone
//! whoever did it hands to the [`tracer`], finished. [`otlp`] sends them, and nobody waits for that.
//!
//! # When it crashes
//!
//! A crash between any two of these loses nothing and repeats nothing that can be seen:
//! `tests/crashes/` kills the real binary at each step ([`crash`]) and at random moments.
//!
//! # Where things are
//!
//! | module | what it knows |
//! |---|---|
//! | [`core`] | pure: the vocabulary, commands, policy, scheduling, jobs, crews, guards, what runs of tests prove, decisions, effects, prompts, replies, the report, notifications, the format of metrics, traces |
//! | [`store`] | the ledger: SQLite, one writer thread, one file per family of rows |
//! | [`gitea`] | the forge: client, one file per resource, webhook payloads; its wire types never leave it |
//! | [`agents`] | who does the work, each kind behind one trait; they know no ledger |
//! | [`confinement`] | where agents on this host work, and what an agent wrote is run: in a private copy, by `bwrap`, and bounded |
//! | [`guard_runs`] | the guards that run something: scripts, and a project's own tests; here or on another host |
//! | [`engine`] | the background work: queue, inbox, outbox, tasks, polling, backlog sync, matching, the report, notifications, and all of it at a glance |
//! | [`page`] | the status page, which shows what the engine sees of itself, and changes nothing |
//! | [`temporal`] | jobs as workflows of a Temporal server, and agents and guards on other hosts, with the cargo feature of that name |
//! | [`web`] | the listeners: webhook and health, and how much strangers may take up; metrics, for operators |
//! | [`sandbox`] | a small Gitea of three versions with real git behind it, for the demo and the tests, its faults, its page, backlogs of any size, and scripted agents behind a gateway, or a model behind any agent |
//! | [`config`] | `timmy.toml`, read strictly, explained well |
//! | [`app`] | wiring: from the configuration to a running bot |
//! | [`cli`] | one file or folder per subcommand |
//! | [`otlp`] | spans on their way to a collector of OpenTelemetry |
//! | [`clock`], [`chance`], [`tracer`] | time and chance, and where finished spans go, injected |
//! | [`crash`] | where tests kill the process |
//! | [`version`] | which version, commit and features this is |

pub mod agents;
pub mod app;
pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod confinement;
pub mod core;
pub mod crash;
pub mod engine;
pub mod gitea;
pub mod guard_runs;
pub mod otlp;
pub mod page;
pub mod sandbox;
pub mod store;
pub mod temporal;
pub mod tracer;
pub mod version;
pub mod web;

// What the tests outside know of people and threads, unit tests know as well.
#[cfg(test)]
extern crate self as timmy;
#[cfg(test)]
#[path = "../tests/support"]
#[allow(dead_code, unreachable_pub, reason = "shared with tests that need more of it")]
mod support {
    pub(crate) mod facts;
    pub(crate) mod people;
    pub(crate) mod repository;
    pub(crate) mod work_tree;
}
