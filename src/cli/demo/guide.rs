//! What the page proposes to a newcomer: whose parts there are, and what to try.

use crate::sandbox::page::{Guide, Hint, Person};

/// The guide to the demo; `home` is the path of the thread that was played.
pub(super) fn guide(home: String) -> Guide {
    let person = |login, about| Person { login, about };
    let hint = |who, text, shows| Hint { who, text, shows };
    Guide {
        home,
        welcome: "People and a real timmy said this a moment ago, over signed webhooks. Now you: \
                  play any of them, timmy answers.",
        bot: "timmy".to_owned(),
        people: vec![
            person("alexander", "who owns the fleet"),
            person("anna", "who may write here"),
            person("walt", "who may write here"),
            person("rando", "a stranger"),
        ],
        hints: vec![
            hint("alexander", "/timmy help", "Everything it understands, and what you may use."),
            hint("alexander", "/timmy status", "How things stand in this thread."),
            hint("anna", "/timmy unhold", "Lifts the hold."),
            hint("walt", "/timmy priority p0", "Steers the work, and sets the label."),
            hint("walt", "/timmy queue", "What is next in all repositories, and who would get it."),
            hint("walt", "/timmy why", "Why this one is where it is."),
            hint("walt", "/timmy snooze 3d", "Puts it off."),
            hint("anna", "/timmy asign @walt", "A slip: it offers the line that works."),
            hint("walt", "/timmy pause all", "Not everybody may govern: walt is refused."),
            hint("anna", "@timmy thanks!", "Talk gets a look, not a reply."),
        ],
    }
}
