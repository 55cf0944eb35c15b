//! Which days were told, and what is to be written now.
//!
//! A day has at most one comment, however the clock is set: the diary keeps the days, not the
//! times. Each comment tells from where the one before it ended, so that nothing falls between two
//! of them.

use std::time::Duration;

use jiff::civil::Date;

use super::hours::Hours;
use crate::core::model::time::Timestamp;

/// How far back a comment tells at most; so far back does the first one.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a comment tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// What happened then or later,
    pub since: Timestamp,
    /// and before that.
    pub until: Timestamp,
}

impl Period {
    /// Whether a moment belongs to it.
    pub fn holds(&self, moment: Timestamp) -> bool {
        self.since <= moment && moment < self.until
    }
}

/// What became of a day's comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayState {
    /// It is written, or about to be, and kept up to date while its day lasts.
    Open,
    /// Its day is over, and told to the end.
    Closed,
    /// Somebody deleted it: it is not written again.
    Deleted,
    /// The forge refused it: the next day tells what it was to tell.
    Failed,
    /// It never came about, or was lost with its issue: it may be written once more.
    Void,
}

/// A day of the diary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayEntry {
    /// Which.
    pub day: Date,
    /// What it tells.
    pub period: Period,
    /// What became of it.
    pub fate: DayState,
    /// Whether it called the owner.
    pub called: bool,
    /// Until when what happened is told; what happened later is news.
    pub told: Timestamp,
    /// Whether a write for it is under way: it is left alone meanwhile.
    pub is_busy: bool,
}

/// What is to be written now, if there is anything to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportTask {
    /// A day that is over, told to the end: once, if something happened since `told`.
    Close {
        /// Which.
        day: Date,
        /// What it tells.
        period: Period,
        /// Until when it tells already.
        told: Timestamp,
    },
    /// The comment of today, brought up to date.
    Update {
        /// Which day that is.
        day: Date,
        /// What it tells.
        period: Period,
    },
    /// The first comment of today.
    Begin {
        /// Which day that is.
        day: Date,
        /// What it tells.
        period: Period,
        /// Whether the owner may still be called today.
        may_call: bool,
    },
}

/// Whether it is time to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportTiming {
    /// If the hours say so.
    InHours,
    /// It is: a person asked.
    Now,
}

/// What is to be written at `now`. `diary`: the days told so far, in any order.
pub fn tasks(
    now: Timestamp,
    when: ReportTiming,
    hours: &Hours,
    diary: &[DayEntry],
) -> Vec<ReportTask> {
    if when == ReportTiming::InHours && hours.is_quiet(now) {
        return Vec::new();
    }
    let today = hours.day(now);
    let over = diary.iter().filter(|e| e.fate == DayState::Open && e.day < today && !e.is_busy);
    let close = |e: &DayEntry| ReportTask::Close { day: e.day, period: e.period, told: e.told };
    let may_begin = when == ReportTiming::Now || hours.may_begin(now);
    let of_today = task_of_today(today, hours, diary);
    let of_today = of_today.filter(|task| may_begin || !matches!(task, ReportTask::Begin { .. }));
    over.map(close).chain(of_today).collect()
}

fn task_of_today(day: Date, hours: &Hours, diary: &[DayEntry]) -> Option<ReportTask> {
    match diary.iter().find(|entry| entry.day == day) {
        Some(entry) if entry.is_busy => None,
        // A day that was closed already comes back when the clock is set back.
        Some(DayEntry { period, fate: DayState::Open | DayState::Closed, .. }) => {
            Some(ReportTask::Update { day, period: *period })
        }
        Some(DayEntry { fate: DayState::Deleted | DayState::Failed, .. }) => None,
        Some(DayEntry { called, fate: DayState::Void, .. }) => {
            Some(begin(day, hours, diary, !called))
        }
        None => Some(begin(day, hours, diary, true)),
    }
}

fn begin(day: Date, hours: &Hours, diary: &[DayEntry], may_call: bool) -> ReportTask {
    ReportTask::Begin { day, period: period_of(day, hours, diary), may_call }
}

/// What the comment of a day tells: from where the one before it ended, to the end of the day.
pub fn period_of(day: Date, hours: &Hours, diary: &[DayEntry]) -> Period {
    let is_told = |entry: &&DayEntry| !matches!(entry.fate, DayState::Void | DayState::Failed);
    let told = diary.iter().filter(|entry| entry.day < day).filter(is_told);
    let begins = hours.begins(day);
    let since = told.map(|entry| entry.period.until).max().unwrap_or_default();
    Period { since: since.clamp(begins.before(LONGEST), begins), until: hours.ends(day) }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use crate::core::report::QuietHours;
    use crate::core::report::diary::*;

    const NOON: i64 = 1_795_435_200; // 2026-11-23, 12:00 UTC

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// What happens to a report.
    #[derive(Debug, Clone)]
    enum DiaryEvent {
        /// The clock is moved by so many seconds, forth or back, and somebody looks.
        Clock(i64),
        /// Somebody gives a command.
        Command,
        /// Something breaks, or is mended.
        Broken(bool),
        /// The issue is deleted with all its comments.
        IssueDeleted,
        /// Today's comment is deleted.
        CommentDeleted,
        /// From now on the forge takes writes, or refuses them for good, or loses them.
        Forge(DiaryForge),
        /// Somebody asks for it on the command line.
        Asked,
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum DiaryForge {
        Takes,
        Refuses,
        Loses,
    }

    fn event() -> impl Strategy<Value = DiaryEvent> {
        const DAY: i64 = 86_400;
        prop_oneof![
            6 => (60..4 * 3600i64).prop_map(DiaryEvent::Clock),
            2 => (DAY / 2..3 * DAY).prop_map(DiaryEvent::Clock),
            1 => (-40 * DAY..40 * DAY).prop_map(DiaryEvent::Clock),
            5 => Just(DiaryEvent::Command),
            1 => any::<bool>().prop_map(DiaryEvent::Broken),
            1 => Just(DiaryEvent::IssueDeleted),
            1 => Just(DiaryEvent::CommentDeleted),
            1 => Just(DiaryEvent::Asked),
            2 => prop_oneof![
                3 => Just(DiaryForge::Takes),
                1 => Just(DiaryForge::Refuses),
                1 => Just(DiaryForge::Loses),
            ].prop_map(DiaryEvent::Forge),
        ]
    }

    /// A forge and a ledger, as far as the diary depends on them.
    struct Model {
        now: Timestamp,
        hours: Hours,
        diary: Vec<DayEntry>,
        commands: Vec<Timestamp>,
        is_broken: bool,
        forge: DiaryForge,
        /// The days whose comments were posted where nobody deleted the issue since.
        posted: Vec<Date>,
        /// The days of comments that called.
        calls: Vec<Date>,
        /// What was ever told.
        told: Vec<Timestamp>,
    }

    impl Model {
        fn entry(&mut self, day: Date) -> &mut DayEntry {
            self.diary.iter_mut().find(|entry| entry.day == day).expect("a day of the diary")
        }

        fn look(&mut self, when: ReportTiming) {
            for task in tasks(self.now, when, &self.hours, &self.diary) {
                if when == ReportTiming::InHours {
                    assert!(!self.hours.is_quiet(self.now), "{task:?} in quiet hours");
                }
                let (day, period) = match task {
                    ReportTask::Begin { day, period, may_call } => {
                        self.begin(day, period, may_call);
                        continue;
                    }
                    ReportTask::Close { day, period, .. } => {
                        self.entry(day).fate = DayState::Closed;
                        (day, period)
                    }
                    ReportTask::Update { day, period } => (day, period),
                };
                if self.forge == DiaryForge::Takes && self.posted.contains(&day) {
                    self.tell(period);
                    self.entry(day).told = self.now;
                }
            }
        }

        fn begin(&mut self, day: Date, period: Period, may_call: bool) {
            let has_news = self.commands.iter().any(|at| period.holds(*at));
            if !has_news && !self.is_broken {
                return;
            }
            let fate = match self.forge {
                DiaryForge::Takes => DayState::Open,
                DiaryForge::Refuses => DayState::Failed,
                DiaryForge::Loses => DayState::Void,
            };
            let called = self.diary.iter().any(|entry| entry.day == day && entry.called);
            let calls = may_call && self.is_broken && self.forge == DiaryForge::Takes;
            self.diary.retain(|entry| entry.day != day);
            let told = self.now;
            self.diary.push(DayEntry {
                day,
                period,
                fate,
                called: called || calls,
                told,
                is_busy: false,
            });
            if self.forge == DiaryForge::Takes {
                self.posted.push(day);
                self.calls.extend(calls.then_some(day));
                self.tell(period);
            }
        }

        fn tell(&mut self, period: Period) {
            self.told.extend(self.commands.iter().filter(|at| period.holds(**at)));
        }

        fn play(&mut self, event: DiaryEvent) {
            match event {
                DiaryEvent::Clock(by) if by < 0 => {
                    self.now = self.now.before(Duration::from_secs(by.unsigned_abs()));
                }
                DiaryEvent::Clock(by) => self.now = self.now.after(Duration::from_secs(by as u64)),
                DiaryEvent::Command => self.commands.push(self.now),
                DiaryEvent::Broken(broken) => self.is_broken = broken,
                DiaryEvent::IssueDeleted => {
                    self.posted.clear();
                    let open = self.diary.iter_mut().filter(|entry| entry.fate == DayState::Open);
                    open.for_each(|entry| entry.fate = DayState::Void);
                }
                DiaryEvent::CommentDeleted => {
                    let today = self.hours.day(self.now);
                    let here =
                        |entry: &&mut DayEntry| entry.day == today && entry.fate == DayState::Open;
                    let found = self.diary.iter_mut().find(here);
                    found.into_iter().for_each(|entry| entry.fate = DayState::Deleted);
                }
                DiaryEvent::Forge(forge) => self.forge = forge,
                DiaryEvent::Asked => self.look(ReportTiming::Now),
            }
            self.look(ReportTiming::InHours);
        }
    }

    fn model(zone: &str, at: i8, quiet: Option<(i8, i8)>) -> Model {
        let hour = |hour| jiff::civil::Time::constant(hour, 0, 0, 0);
        let quiet = quiet.and_then(|(from, until)| QuietHours::new(hour(from), hour(until)));
        Model {
            now: second(NOON),
            hours: Hours::new(TimeZone::get(zone).unwrap(), hour(at), quiet),
            diary: vec![],
            commands: vec![],
            is_broken: false,
            forge: DiaryForge::Takes,
            posted: vec![],
            calls: vec![],
            told: vec![],
        }
    }

    fn is_each_once(days: &[Date]) -> bool {
        let mut sorted = days.to_vec();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| pair[0] != pair[1])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_day_has_at_most_one_comment_and_one_call_whatever_happens(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Beirut", "Pacific/Apia"]),
            at in 0..24i8,
            quiet in prop::option::of((0..24i8, 0..24i8)),
            events in prop::collection::vec(event(), 0..60),
        ) {
            let mut model = model(zone, at, quiet);
            for event in events {
                model.play(event);
                prop_assert!(is_each_once(&model.posted), "{:?}", model.posted);
                prop_assert!(is_each_once(&model.calls), "{:?}", model.calls);
            }
        }

        #[test]
        fn nothing_is_left_untold_while_the_clock_only_goes_forth(
            at in 0..24i8,
            quiet in prop::option::of((0..24i8, 0..24i8)),
            steps in prop::collection::vec((60..20 * 3600i64, any::<bool>()), 0..40),
        ) {
            let mut model = model("Europe/Berlin", at, quiet);
            for (by, speaks) in steps {
                // As the engine does, it looks at each moment on the way.
                let end = model.now.after(Duration::from_secs(by as u64));
                while model.now < end {
                    model.now = model.hours.next_after(model.now).min(end);
                    model.look(ReportTiming::InHours);
                }
                if speaks {
                    model.play(DiaryEvent::Command);
                }
            }
            for _ in 0..12 {
                model.now = model.hours.next_after(model.now);
                model.look(ReportTiming::InHours);
            }
            for command in &model.commands {
                prop_assert!(model.told.contains(command), "{command} was never told");
            }
        }
    }
}
