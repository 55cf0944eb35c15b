//! What one day's comment says.

use askama::Template;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::agent_day::AgentActivity;
use super::day_jobs::DayJobs;
use crate::core::effect::marker::marker;
use crate::core::reply::ReportAnswer;
use crate::core::reply::decisions::ShortQuestion;
use crate::core::reply::filters::{self, Name};
use crate::core::reply::jobs::{CancelledBy, JobStanding};
use crate::core::reply::words::SHOWN;
use crate::core::scheduling::outlook::Outlook;

/// One day, as its comment tells it. Texts are as people and the forge wrote them: the template
/// defuses them. Times are moments of the clock, never ages: a comment does not change by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// timmy's account: how commands are written to it.
    pub name: String,
    /// Who is called if something waits for them.
    pub owner: String,
    /// What waits for an answer.
    pub asks: Vec<OpenQuestion>,
    /// What does not work.
    pub broken: Vec<Broken>,
    /// Whether it tells more than this day.
    pub is_longer: bool,
    /// What happened, and what rests.
    pub report: ReportAnswer,
    /// What agents do and did.
    pub jobs: DayJobs,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// The thread in which it stands, in full.
    pub thread: String,
    /// What is asked.
    pub question: ShortQuestion,
    /// When it falls due.
    pub due: Option<String>,
    /// The words behind timmy's name that answer it: `approve d7`; none if no words do, but an act
    /// on the forge.
    pub answer: Option<String>,
    /// How many seconds an answer is expected to take: quick ones are told first.
    pub effort: u32,
    /// Whether it is new, or to be brought up once more; else it is told and calls nobody.
    pub is_brought_up: bool,
    /// Whether nothing was changed, and a yes only closes the thread: it is folded away, behind what
    /// has more to look at.
    pub is_folded: bool,
}

/// Something that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The thread or the repository in question, in full; none for all of the forge.
    pub place: Option<String>,
    /// What is wrong, and what to do.
    pub text: String,
    /// Since when; for writes that were given up, when the last one was.
    pub since: String,
    /// How many writes were given up because of it; none if it still lasts.
    pub given_up: u32,
}

impl Broken {
    /// What is wrong, as it begins a line.
    pub fn said(&self) -> String {
        match self.text.strip_prefix("the ").filter(|_| self.place.is_none()) {
            Some(rest) => format!("The {rest}"),
            None => self.text.clone(),
        }
    }
}

/// What a comment says, but for what changes by itself: with the same one, nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(pub [u8; 32]);

impl Day {
    /// How many things wait for the owner.
    pub fn needs(&self) -> usize {
        self.asks.len() + self.broken.len()
    }

    /// Whether the owner is to be called.
    pub fn calls(&self) -> bool {
        !self.broken.is_empty() || self.asks.iter().any(|ask| ask.is_brought_up)
    }

    /// What waits for an answer, as far as it is folded away, or is not.
    fn asked(&self, is_folded: bool) -> Vec<&OpenQuestion> {
        self.asks.iter().filter(|ask| ask.is_folded == is_folded).collect()
    }

    /// Whether there is anything to say for which a comment is due.
    pub fn has_news(&self) -> bool {
        self.calls()
            || self.report.commands > 0
            || !self.jobs.shipped.is_empty()
            || !self.jobs.dead.is_empty()
            || !self.jobs.reverted.is_empty()
    }

    /// The comment, without a marker. `calls` the owner, if something waits for them.
    pub fn text(&self, calls: bool) -> String {
        self.page(calls, true)
    }

    /// The comment, marked with its key.
    pub fn comment(&self, key: &str, calls: bool) -> String {
        format!("{}\n\n{}", self.text(calls), marker(key))
    }

    /// What it says. Points grow with the hours, and are left out.
    pub fn gist(&self, calls: bool) -> ContentHash {
        ContentHash(Sha256::digest(self.page(calls, false)).into())
    }

    fn page(&self, calls: bool, points: bool) -> String {
        let (report, outlook) = (&self.report, &self.report.outlook);
        let page = DayPage { day: self, report, outlook, calls, points };
        let text = page.render_with_values(&Name(self.name.clone()));
        text.expect("a String takes everything, and the name is told").trim().to_owned()
    }

    fn heading(&self) -> String {
        self.date.strftime("%A, %-d %B").to_string()
    }
}

#[derive(Template)]
#[template(path = "report/day.md")]
struct DayPage<'a> {
    day: &'a Day,
    report: &'a ReportAnswer,
    outlook: &'a Outlook,
    calls: bool,
    points: bool,
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::core::model::incident::AgentProblem;
    use crate::core::reply::{Held, Paused};
    use crate::core::report::day::*;
    use crate::core::report::{AgentDay, AgentResults, DayMoney, NextIssue};
    use crate::core::scheduling::Ineligible;

    fn quiet_day() -> Day {
        Day {
            date: "2026-11-22".parse().unwrap(),
            name: "timmy".into(),
            owner: "alexander".into(),
            asks: vec![],
            broken: vec![],
            is_longer: false,
            report: ReportAnswer {
                since: "Sun 22 Nov, 00:00 UTC".into(),
                commands: 1,
                people: 1,
                outcomes: vec![("done".into(), 1)],
                asked: vec![],
                merged: vec![],
                held: vec![],
                snoozed: vec![],
                paused: vec![],
                lent: vec![],
                dead: vec![],
                routines: vec![],
                outlook: Outlook::default(),
            },
            jobs: DayJobs::default(),
        }
    }

    #[test]
    fn a_day_on_which_nothing_waits() {
        assert_snapshot!(quiet_day().text(true), @"
        ## Sunday, 22 November

        **Nothing needs you.** 1 command by one person, done.
        ");
    }

    fn agents() -> Vec<AgentDay> {
        let thread = Some("foundation/door#44".to_owned());
        let idle =
            |agent: &str, now| AgentDay { agent: agent.into(), results: None, fit: 230_473, now };
        let results = AgentResults {
            agent: "ezra".into(),
            verified: 34,
            ended: 38,
            first_try: 79,
            median: Some("9 min".into()),
            usd: "0.28".into(),
        };
        vec![
            AgentDay {
                results: Some(results),
                ..idle("ezra", AgentActivity::Works { thread, more: 0 })
            },
            idle("bezalel", AgentActivity::Idle),
            idle("groq", AgentActivity::Wrong(AgentProblem::BadKey)),
        ]
    }

    #[test]
    fn a_day_with_everything() {
        let mut day = quiet_day();
        day.is_longer = true;
        day.asks = vec![OpenQuestion {
            thread: "foundation/door#41".into(),
            question: ShortQuestion {
                words: "Merge ".into(),
                pull: Some("foundation/door#58".into()),
                rest: "? 1 lifted: `protected`.".into(),
            },
            due: Some("Tue 24 Nov, 09:00 UTC".into()),
            answer: Some("approve d7".into()),
            effort: 60,
            is_brought_up: true,
            is_folded: false,
        }];
        day.broken = vec![
            Broken {
                place: None,
                text: "the forge does not accept the token (expired): make a new one".into(),
                since: "Sun 22 Nov, 13:10 UTC".into(),
                given_up: 0,
            },
            Broken {
                place: Some("foundation/door#12".into()),
                text: "the thread is locked: unlock it".into(),
                since: "Sun 22 Nov, 14:00 UTC".into(),
                given_up: 3,
            },
        ];
        day.report.outcomes = vec![("done".into(), 7), ("unclear".into(), 2)];
        (day.report.commands, day.report.people) = (9, 4);
        let since = "Sat 21 Nov, 10:00 UTC".to_owned();
        let reason = Some("see @anna".to_owned());
        day.report.held = vec![(
            "foundation/door#9".into(),
            Held { by: "walt".into(), since: since.clone(), reason },
        )];
        day.report.paused = vec![Paused { what: "all".into(), since, by: "alexander".into() }];
        day.jobs.agents = agents();
        day.jobs.money =
            DayMoney { spent: 3_120_000, cap: Some(10_000_000), per_merged: Some(310_000) };
        day.report.outlook.next = vec![NextIssue {
            thread: "foundation/door#44".into(),
            title: "Session test: flaky, says @anna".into(),
            points: "30.2".into(),
            is_p0: true,
            due: Some("Fri 27 Nov".into()),
            agent: Some("ezra".into()),
            starts: false,
        }];
        day.report.outlook.others = vec![(Ineligible::Blocked, 31), (Ineligible::MissingScope, 12)];
        let seen = day.text(true).replace('\u{200b}', "{zwsp}");
        assert_snapshot!(seen, @r"
        ## Sunday, 22 November

        **3 things need you, @alexander.** 9 commands by 4 people: 7 done, 2 unclear. This tells all since Sun 22 Nov, 00:00 UTC.

        ### Needs you
        | | question | reply here or there |
        |---|---|---|
        | foundation/door\#41 | Merge foundation/door\#58? 1 lifted: `protected`. due Tue 24 Nov, 09:00 UTC | `/timmy approve d7` |

        ### Broken
        - The forge does not accept the token (expired): make a new one. Since Sun 22 Nov, 13:10 UTC.
        - foundation/door\#12: I gave up 3 writes, the last on Sun 22 Nov, 14:00 UTC: the thread is locked: unlock it.

        <details><summary>On hold: 1 · paused: 1</summary>

        - foundation/door\#9 is on hold since Sat 21 Nov, 10:00 UTC, by \@walt (see @{zwsp}anna).
        - The whole fleet is paused since Sat 21 Nov, 10:00 UTC, by \@alexander.

        </details>

        <details><summary>Next, and why</summary>

        1. foundation/door\#44 Session test: flaky, says @{zwsp}anna: 30.2, `p0`, due Fri 27 Nov: `/timmy assign ezra on=foundation/door#44`

        43 are not ready: 31 blocked, 12 without scope.

        </details>

        <details><summary>Money and agents</summary>

        **3.12 of 10.00 USD** today, 0.31 per merged issue this week.

        | | fit | verified | first try | median | USD each | now |
        |---|---:|---:|---:|---:|---:|---|
        | `ezra` | 0.23 | 34 of 38 | 79 % | 9 min | 0.28 | foundation/door\#44 |
        | `bezalel` | 0.23 | – | – | – | – | idle |
        | `groq` | 0.23 | – | – | – | – | key refused |

        </details>
        ");
        assert!(!day.text(false).contains(" @alexander"));
    }

    #[test]
    fn what_a_yes_only_closes_is_folded_and_calls_all_the_same() {
        let mut day = quiet_day();
        let ask = |number: u32, is_folded| OpenQuestion {
            thread: format!("foundation/door#{number}"),
            question: "Is there nothing to change?".to_owned().into(),
            due: None,
            answer: Some(format!("approve d{number}")),
            effort: 60,
            is_brought_up: true,
            is_folded,
        };
        day.asks = vec![ask(7, true)];
        assert_snapshot!(day.text(true), @"
        ## Sunday, 22 November

        **1 thing needs you, @alexander.** 1 command by one person, done.

        <details><summary>A yes closes it: 1</summary>

        | | question | reply here or there |
        |---|---|---|
        | foundation/door\\#7 | Is there nothing to change? | `/timmy approve d7` |

        </details>
        ");
        assert!(day.calls());
        day.asks.insert(0, ask(8, false));
        let text = day.text(true);
        let (shown, folded) = text.split_once("<details>").expect("a fold");
        assert!(shown.contains("### Needs you") && shown.contains("`/timmy approve d8`"), "{text}");
        assert!(!shown.contains("d7") && folded.contains("`/timmy approve d7`"), "{text}");
        assert!(text.contains("**2 things need you, @alexander.**"), "{text}");
    }

    #[test]
    fn only_a_day_with_news_begins_a_comment() {
        let mut day = quiet_day();
        assert!(day.has_news());
        day.report.commands = 0;
        assert!(!day.has_news());
        let mut ask = OpenQuestion {
            thread: "foundation/door#41".into(),
            question: "Merge #58?".to_owned().into(),
            due: None,
            answer: None,
            effort: 60,
            is_brought_up: false,
            is_folded: false,
        };
        day.asks = vec![ask.clone()];
        assert!(!day.has_news(), "it was brought up not long ago");
        ask.is_brought_up = true;
        day.asks = vec![ask];
        assert!(day.has_news() && day.calls());
    }
}
