use crate::core::crew::progress::*;

const PLAN: JobId = JobId(1);

fn commit(letter: char) -> Commit {
    letter.to_string().repeat(40).parse().expect("a commit")
}

fn planned(tasks: &[(&str, &[u32])]) -> CrewPlan {
    let task = |(role, after): &(&str, &[u32])| PlannedTask {
        role: (*role).to_owned(),
        title: "T".to_owned(),
        acceptance: "so".to_owned(),
        after: after.to_vec(),
        agent: format!("{role}-agent"),
    };
    CrewPlan { tasks: tasks.iter().map(task).collect(), micro_usd: 1, is_fixed: false }
}

/// A crew, whose jobs are made as it asks for them.
struct Story {
    crew: Crew,
    next: i64,
    cancelled: Vec<i64>,
    history: Vec<CrewEvent>,
}

impl Story {
    fn new(tasks: &[(&str, &[u32])]) -> Self {
        let crew = Crew::new(PLAN, 2);
        let story = Self { crew, next: 2, cancelled: Vec::new(), history: Vec::new() };
        story.tell(CrewEvent::Planned(planned(tasks)))
    }

    fn usual() -> Self {
        Self::new(&[("researcher", &[]), ("coder", &[1]), ("reviewer", &[2])])
            .plan(JobStanding::Done)
    }

    fn tell(mut self, event: CrewEvent) -> Self {
        self.crew = self.crew.advance(&event);
        self.history.push(event);
        for action in self.crew.due() {
            match action {
                CrewAction::Begin(task) => {
                    let job = JobId(self.next);
                    self.next += 1;
                    return self.tell(CrewEvent::Began { task, job });
                }
                CrewAction::Cancel(job) => self.cancelled.push(job.0),
            }
        }
        self
    }

    fn plan(self, to: JobStanding) -> Self {
        self.tell(CrewEvent::Moved { task: 0, job: PLAN, to })
    }

    fn task(self, task: u32, job: i64, to: JobStanding) -> Self {
        self.tell(CrewEvent::Moved { task, job: JobId(job), to })
    }

    /// The change is handed in at this commit.
    fn delivers(self, letter: char) -> Self {
        let job = self.crew.tasks[1].jobs.last().expect("a job").0;
        let to = JobStanding::Delivered { commit: commit(letter), is_over: false };
        self.task(2, job, to)
    }

    fn reviews(self, letter: char, asks: bool, is_told: bool) -> Self {
        let job = self.crew.tasks[2].jobs.last().expect("a job").0;
        let to = JobStanding::Reviewed { commit: Some(commit(letter)), asks, is_told };
        self.task(3, job, to)
    }

    fn begun(&self) -> Vec<u32> {
        let begun = self.crew.numbered().filter(|(_, _, now)| now.standing == TaskStanding::Begun);
        begun.map(|(number, ..)| number).collect()
    }

    fn holds(&self, letter: char) -> bool {
        self.crew.holds(Some(&commit(letter)))
    }
}

#[test]
fn nothing_begins_before_the_plan_is_taken() {
    let story = Story::new(&[("coder", &[])]).plan(JobStanding::Asks);
    assert_eq!((story.crew.state, story.begun()), (CrewState::Asking, vec![]));
    let again = story.plan(JobStanding::Live);
    assert_eq!(again.crew.state, CrewState::Planning);
    let taken = again.plan(JobStanding::Done);
    assert_eq!((taken.crew.state, taken.begun()), (CrewState::Working, vec![1]));
}

#[test]
fn each_task_begins_behind_what_it_depends_on() {
    let story = Story::usual();
    assert_eq!(story.begun(), [1]);
    let story = story.task(1, 2, JobStanding::Done);
    assert_eq!(story.begun(), [2]);
    assert_eq!(story.crew.gives_to(2), [1]);
    let story = story.delivers('a');
    assert_eq!(story.begun(), [3], "beside the change, which waits");
    assert_eq!(story.crew.gives_to(3), [1, 2]);
    assert!(story.holds('a'));
    let story = story.reviews('a', false, false);
    assert!(!story.holds('a') && story.begun().is_empty());
    assert_eq!(story.crew.state, CrewState::Working, "a person is asked");
    assert!(story.crew.review_notes(Some(&commit('a'))).is_empty());
    let story = story.task(2, 3, JobStanding::Done);
    assert_eq!(story.crew.state, CrewState::Done);
    let folded = story.history.iter().fold(Crew::new(PLAN, 2), |crew, event| crew.advance(event));
    assert_eq!(folded, story.crew);
}

#[test]
fn a_review_sends_the_work_back_within_the_rounds() {
    use crate::core::crew::record::ReviewNote;
    let mut story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
    for (round, letter, next) in [(1, 'a', 'b'), (2, 'b', 'c')] {
        assert!(story.crew.has_rounds());
        let job = story.crew.tasks[1].jobs[0].0;
        story = story.task(2, job, JobStanding::Live).reviews(letter, true, true);
        assert_eq!(story.crew.rounds, round);
        assert_eq!(story.begun(), [2], "it is mended first");
        story = story.delivers(next);
        assert_eq!(story.begun(), [3], "and reviewed again");
    }
    assert!(!story.crew.has_rounds());
    let story = story.reviews('c', true, false);
    assert!(!story.holds('c'), "a person is asked");
    let agent = "reviewer-agent".to_owned();
    let notes = story.crew.review_notes(Some(&commit('c')));
    assert_eq!(notes, [ReviewNote::Objects { agent, rounds: 2 }]);
    // A person wants it otherwise: that is between them and the agent.
    let job = story.crew.tasks[1].jobs[0].0;
    let story = story.task(2, job, JobStanding::Live).delivers('d');
    assert!(story.begun().is_empty() && !story.holds('d'));
}

#[test]
fn a_new_head_is_reviewed_again_and_not_for_ever() {
    use crate::core::crew::record::ReviewNote;
    let mut story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
    for (passed, next) in [('a', 'b'), ('b', 'c'), ('c', 'd')] {
        story = story.reviews(passed, false, false).delivers(next);
        assert!(story.holds(next), "{next}");
    }
    let story = story.reviews('d', false, false).delivers('e');
    assert!(!story.holds('e') && story.begun().is_empty());
    let notes = story.crew.review_notes(Some(&commit('e')));
    assert_eq!(notes, [ReviewNote::NotGiven { agent: "reviewer-agent".to_owned() }]);
}

#[test]
fn a_review_that_is_not_to_be_had_holds_nothing() {
    for end in [JobStanding::Cancelled, JobStanding::Dead] {
        let story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
        let story = story.task(3, 4, end);
        assert_eq!(story.crew.state, CrewState::Working);
        assert!(!story.holds('a') && story.begun().is_empty());
    }
    let moved = JobStanding::Reviewed { commit: None, asks: false, is_told: false };
    let story = Story::usual().task(1, 2, JobStanding::Done).delivers('a').task(3, 4, moved);
    assert_eq!(story.begun(), [3], "of the head that is there now");
}

#[test]
fn a_review_that_was_dismissed_is_asked_for_again_and_not_for_ever() {
    let mut story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
    for _ in 0..3 {
        story = story.reviews('a', false, false);
        assert!(!story.holds('a'), "a person is asked");
        let [(task, job)] = story.crew.reviews_of(&commit('a'))[..] else { panic!() };
        assert!(story.crew.reviews_of(&commit('b')).is_empty());
        assert!(story.crew.reviews_again(task, job, &commit('a')));
        story = story.tell(CrewEvent::Dismissed { task, job });
        assert!(story.holds('a'));
        assert_eq!(story.begun(), [3], "as if it had not been given");
        // Told once more, or of the one before it, it changes nothing.
        let same = story.crew.advance(&CrewEvent::Dismissed { task, job });
        assert_eq!(same, story.crew);
    }
    story = story.reviews('a', true, false);
    let [(task, job)] = story.crew.reviews_of(&commit('a'))[..] else { panic!() };
    assert!(!story.crew.reviews_again(task, job, &commit('a')));
    let story = story.tell(CrewEvent::Dismissed { task, job });
    assert!(story.begun().is_empty() && !story.holds('a'), "a person looks instead");
    let notes = story.crew.review_notes(Some(&commit('a')));
    let agent = "reviewer-agent".to_owned();
    assert_eq!(notes, [crate::core::crew::record::ReviewNote::NotGiven { agent }]);
    // What is over needs no review any more.
    let over =
        Story::usual().task(1, 2, JobStanding::Done).delivers('a').reviews('a', false, false);
    let [(task, job)] = over.crew.reviews_of(&commit('a'))[..] else { panic!() };
    let over = over.task(2, 3, JobStanding::Done);
    assert_eq!(over.crew.advance(&CrewEvent::Dismissed { task, job }), over.crew);
}

#[test]
fn a_new_plan_has_its_rounds_anew() {
    let mut story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
    let job = story.crew.tasks[1].jobs[0].0;
    story = story.task(2, job, JobStanding::Live).reviews('a', true, true);
    assert_eq!(story.crew.rounds, 1);
    // All of it was cancelled, and a person wants it planned once more.
    let story = story.task(2, job, JobStanding::Cancelled).plan(JobStanding::Live);
    assert_eq!((story.crew.state, story.crew.rounds), (CrewState::Planning, 1));
    let story = story.tell(CrewEvent::Planned(planned(&[("coder", &[]), ("reviewer", &[1])])));
    assert_eq!((story.crew.rounds, story.crew.has_rounds()), (0, true));
    let story = story.plan(JobStanding::Asks).plan(JobStanding::Done);
    assert_eq!((story.crew.state, story.begun()), (CrewState::Working, vec![1]));
}

#[test]
fn whatever_ends_one_task_ends_all() {
    let story = Story::usual().task(1, 2, JobStanding::Cancelled);
    assert_eq!((story.crew.state, story.begun()), (CrewState::Cancelled, vec![]));
    let story = Story::usual().task(1, 2, JobStanding::Done).delivers('a');
    let story = story.task(2, 3, JobStanding::Cancelled);
    assert_eq!((story.crew.state, story.cancelled.clone()), (CrewState::Cancelled, vec![4]));
    let dead = Story::usual().task(1, 2, JobStanding::Dead);
    assert_eq!(dead.crew.state, CrewState::Dead);
    // A person begins it once more.
    let again = dead.task(1, 2, JobStanding::Live).task(1, 2, JobStanding::Done);
    assert_eq!((again.crew.state, again.begun()), (CrewState::Working, vec![2]));
}

#[test]
fn nothing_has_to_be_reviewed_where_nothing_had_to_change() {
    let story = Story::usual().task(1, 2, JobStanding::Done).task(2, 3, JobStanding::NoChange);
    assert_eq!((story.crew.state, story.begun()), (CrewState::Done, vec![]));
}

#[test]
fn where_nobody_is_asked_to_accept_the_reviews_end_it() {
    let story = Story::usual().task(1, 2, JobStanding::Done);
    let over = JobStanding::Delivered { commit: commit('a'), is_over: true };
    let story = story.task(2, 3, over);
    assert_eq!((story.crew.state, story.begun()), (CrewState::Working, vec![3]));
    assert_eq!(story.reviews('a', false, false).crew.state, CrewState::Done);
}

#[test]
fn what_is_late_or_of_others_changes_nothing() {
    let crew = Story::usual().crew;
    for event in [
        CrewEvent::Moved { task: 1, job: JobId(77), to: JobStanding::Done },
        CrewEvent::Moved { task: 9, job: JobId(2), to: JobStanding::Done },
        CrewEvent::Moved { task: 0, job: JobId(77), to: JobStanding::Cancelled },
        CrewEvent::Began { task: 9, job: JobId(2) },
        CrewEvent::Planned(planned(&[("coder", &[])])),
    ] {
        assert_eq!(crew.advance(&event), crew, "{event:?}");
    }
    let stored = serde_json::to_string(&crew).expect("JSON");
    assert_eq!(serde_json::from_str::<Crew>(&stored).expect("a crew"), crew);
}
