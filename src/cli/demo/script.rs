//! The script of the demo: who writes what, which fault happens meanwhile, what timmy must do.

/// One comment and what follows from it.
pub(super) struct Scene {
    /// What a newcomer should look at.
    pub(super) note: &'static str,
    pub(super) who: &'static str,
    pub(super) text: &'static str,
    /// What the forge does wrong while this is said.
    pub(super) incident: ForgeFault,
    pub(super) expected: Expected,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ForgeFault {
    None,
    /// It posts the reply and answers 500.
    FailsAfterPosting,
    SendsTwice,
}

/// What has to come of a comment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// One reply that holds these words.
    Reply(&'static str),
    /// The reaction `confused`, and no reply.
    Puzzled,
    Silence,
}

pub(super) fn scenes() -> Vec<Scene> {
    use Expected::{Puzzled, Reply, Silence};
    use ForgeFault::{FailsAfterPosting, None, SendsTwice};

    let scene = |note, who, text, incident, expected| Scene { note, who, text, incident, expected };
    vec![
        scene("Is it there?", "walt", "/timmy ping", None, Reply("**Here.**")),
        scene(
            "Several commands in one comment get one reply; a slip does not stop the others.",
            "walt",
            "Let us get this going.\n\n/timmy priority p1\n/timmy size s\n/timmy asign @anna",
            None,
            Reply("Did you mean `/timmy assign @anna`?"),
        ),
        scene("The line that it proposed.", "walt", "/timmy assign @anna", None, Reply("@anna")),
        scene(
            "A stranger is refused, politely, once a day.",
            "rando",
            "/timmy priority p0",
            None,
            Reply("**Not done.**"),
        ),
        scene(
            "The second time there is nothing more to say.",
            "rando",
            "/timmy hold",
            None,
            Silence,
        ),
        scene(
            "What stands in a code block is an example, not a command.",
            "walt",
            "In the manual it says:\n\n```\n/timmy unassign\n```",
            None,
            Silence,
        ),
        scene("Nor is a quote.", "anna", "> /timmy hold\n\nPlease not yet.", None, Silence),
        scene("Talk gets a puzzled look, and no reply.", "anna", "@timmy thanks!", None, Puzzled),
        scene(
            "The right to steer is not the right to govern.",
            "walt",
            "/timmy pause all",
            None,
            Reply("the owner of this fleet"),
        ),
        scene(
            "The forge posts the reply, then answers 500. Looked for before it is repeated: one reply.",
            "anna",
            "/timmy hold until the smith was here",
            FailsAfterPosting,
            Reply("**On hold** until"),
        ),
        scene(
            "The webhook comes twice: still one reply.",
            "alexander",
            "/timmy why",
            SendsTwice,
            Reply("**Nothing starts here:**"),
        ),
        scene("How do things stand?", "alexander", "/timmy status", None, Reply("**On hold**")),
        scene(
            "What is next, in all repositories? Each place can be explained.",
            "alexander",
            "/timmy queue 3",
            None,
            Reply("issues are ready**"),
        ),
        scene(
            "Who would get what?",
            "alexander",
            "/timmy plan",
            None,
            Reply("would be handed out now.** Where `dispatch.auto`"),
        ),
        scene(
            "What else is there?",
            "alexander",
            "/timmy help snooze",
            None,
            Reply("/timmy snooze"),
        ),
    ]
}

/// What is asked when the backlog was worked on.
pub(super) fn last_scenes() -> Vec<Scene> {
    let scene = |note, text, words| Scene {
        note,
        who: "alexander",
        text,
        incident: ForgeFault::None,
        expected: Expected::Reply(words),
    };
    vec![
        scene("What could not be done?", "/timmy dead", "/timmy retry"),
        scene("How are the agents?", "/timmy agents", "ezra"),
    ]
}
