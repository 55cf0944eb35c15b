//! One command line: its verb, and what that verb takes.

use super::arguments::Arguments;
use super::fault::{ErrorKind, GrammarFault, excerpt};
use super::nearest::nearest;
use super::talk;
use super::token::{plain, skip_blanks};
use crate::core::command::trigger::{Trigger, TriggerSign};
use crate::core::command::value::bare;
use crate::core::command::verb::Verb;
use crate::core::command::{Command, invisible};

/// The command on the line `text`, which begins with the trigger, or with what nobody can see
/// before it; or its leftmost fault.
pub(super) fn read(trigger: Trigger<'_>, text: &str) -> Result<Command, GrammarFault> {
    let (outcome, free) = parse(trigger, text);
    match (outcome, invisible::first(text, free)) {
        (Err(fault), Some((at, _))) if fault.span.end <= at => Err(fault),
        (_, Some((at, c))) => Err(GrammarFault::invisible(at, c)),
        (outcome, None) => outcome,
    }
}

/// The command, and the byte at which free text begins.
fn parse(trigger: Trigger<'_>, text: &str) -> (Result<Command, GrammarFault>, usize) {
    let called = text.trim_start_matches(invisible::is_unseen);
    let (sign, rest) = trigger.split(called).unwrap_or((TriggerSign::At, ""));
    let rest = skip_blanks(rest);
    let at = text.len() - rest.len();
    let (rest, word) = plain(rest).unwrap_or(("", rest));
    let bare = bare(word);
    match Verb::named(bare) {
        Some(verb) => {
            let mut arguments = Arguments::new(trigger.name(), verb, text, rest);
            let outcome = command(verb, &mut arguments);
            if sign == TriggerSign::At && talk::goes_on_as_talk(verb, rest, outcome.is_ok()) {
                return (Err(talk::with_verb(trigger, bare, at)), at);
            }
            (outcome, arguments.free())
        }
        None if sign == TriggerSign::At && talk::begins_talk(bare) => {
            (Err(talk::without_verb(trigger, bare, at)), at)
        }
        None if bare.is_empty() => (Err(missing_verb(trigger, at)), at),
        None => (Err(unknown_verb(trigger, bare, at)), text.len()),
    }
}

fn missing_verb(trigger: Trigger<'_>, at: usize) -> GrammarFault {
    let message = format!("What shall I do? `/{} help` lists what I understand.", trigger.name());
    GrammarFault::new(ErrorKind::MissingVerb, at..at, message)
}

fn unknown_verb(trigger: Trigger<'_>, word: &str, at: usize) -> GrammarFault {
    let place = at..at + word.len();
    let suggestion = nearest(word, Verb::words());
    let mut message = format!("I don't know `{}`.", excerpt(word));
    if suggestion.is_none() {
        message.push_str(&format!(" `/{} help` lists what I understand.", trigger.name()));
    }
    GrammarFault::new(ErrorKind::UnknownVerb, place.clone(), message)
        .at(word)
        .suggest(suggestion, place)
}

/// Reads the arguments of `verb`: the form of each, as the table of verbs shows it to people.
fn command(verb: Verb, args: &mut Arguments<'_>) -> Result<Command, GrammarFault> {
    Ok(match verb {
        Verb::Help => Command::Help(args.optional()?),
        Verb::Ping => args.none().map(|()| Command::Ping)?,
        Verb::Status => Command::Status(args.optional()?),
        Verb::Why => Command::Why(args.optional()?),
        Verb::Queue => {
            let (mut n, mut repo) = (None, None);
            args.fill(&mut n, &mut [("repo", &mut repo)])?;
            Command::Queue { n, repo }
        }
        Verb::Agents => args.none().map(|()| Command::Agents)?,
        Verb::Plan => Command::Plan(args.optional()?),
        Verb::Report => {
            let mut since = None;
            args.keyed(&mut [("since", &mut since)])?;
            Command::Report { since }
        }
        Verb::Assign => {
            let (mut who, mut on, mut role, mut budget) = (None, None, None, None);
            args.fill(
                &mut who,
                &mut [("on", &mut on), ("role", &mut role), ("budget", &mut budget)],
            )?;
            Command::Assign { who: args.given(who)?, on, role, budget }
        }
        Verb::Unassign => Command::Unassign(args.optional()?),
        Verb::Priority => {
            let (mut level, mut until) = (None, None);
            args.fill(&mut level, &mut [("until", &mut until)])?;
            Command::Priority { level: args.given(level)?, until }
        }
        Verb::Size => Command::Size(args.required()?),
        Verb::Block => Command::Block(args.required()?),
        Verb::Unblock => Command::Unblock(args.required()?),
        Verb::Hold => Command::Hold(args.reason_to_hold()?),
        Verb::Unhold => args.none().map(|()| Command::Unhold)?,
        Verb::Snooze => Command::Snooze(args.required()?),
        Verb::Cancel => Command::Cancel(args.optional()?),
        Verb::Tell => {
            let (job, text) = (args.job()?, args.note());
            Command::Tell { job, text: args.given(text)? }
        }
        Verb::Split => args.none().map(|()| Command::Split)?,
        Verb::Retry => {
            let (mut job, mut agent) = (None, None);
            args.fill(&mut job, &mut [("agent", &mut agent)])?;
            Command::Retry { job, agent }
        }
        Verb::Dead => args.none().map(|()| Command::Dead)?,
        Verb::Verify => Command::Verify(args.optional()?),
        Verb::Crew => Command::Crew(args.many()?),
        Verb::Approve => Command::Approve { decision: args.decision()?, note: args.note() },
        Verb::Reject => {
            let (decision, cause) = (args.decision()?, args.cause()?);
            Command::Reject { decision, cause, note: args.note() }
        }
        Verb::Revise => {
            let (decision, note) = (args.decision()?, args.note());
            Command::Revise { decision, note: args.given(note)? }
        }
        Verb::Answer => {
            let (decision, note) = (args.decision()?, args.note());
            Command::Answer { decision, note: args.given(note)? }
        }
        Verb::Delegate => {
            let (mut user, mut until) = (None, None);
            args.fill(&mut user, &mut [("until", &mut until)])?;
            Command::Delegate { user: args.given(user)?, until }
        }
        Verb::Undelegate => Command::Undelegate(args.required()?),
        Verb::Pause => Command::Pause(args.required()?),
        Verb::Resume => Command::Resume(args.required()?),
        Verb::Budget => {
            let (mut amount, mut scope) = (None, None);
            args.fill(&mut amount, &mut [("scope", &mut scope)])?;
            Command::Budget { amount, scope }
        }
        Verb::Override => {
            let (guard, reason) = (args.first()?, args.note());
            Command::Override { guard, reason: args.given(reason)? }
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::line::*;

    fn timmy() -> Trigger<'static> {
        Trigger::new("timmy").expect("a name")
    }

    fn fault(text: &str) -> ErrorKind {
        read(timmy(), text).expect_err(text).kind
    }

    /// What may follow a verb: of each verb all that it takes, and less.
    const ARGUMENTS: [&str; 20] = [
        "",
        "status",
        "3 repo=a/b",
        "ezra",
        "since=2026-12-01",
        "ezra role=coder budget=5usd",
        "me on=a/b#7",
        "@anna",
        "@anna until=2026-12-01",
        "p1 until=2026-12-01",
        "m",
        "a/b#7",
        "2d",
        "j7 agent=ezra",
        "coder \"a reviewer\"",
        "d7 since it is fine",
        "d7 unwanted since it is fine",
        "all",
        "5usd scope=repo:a/b",
        "diff since it is fine",
    ];

    #[test]
    fn each_verb_is_read_as_its_own_command_and_written_as_it_was_read() {
        for verb in Verb::all() {
            let lines = ARGUMENTS.map(|arguments| format!("/timmy {verb} {arguments}"));
            let good = lines.iter().filter_map(|line| read(timmy(), line).ok());
            let good: Vec<Command> = good.collect();
            assert!(!good.is_empty(), "add to ARGUMENTS what `{verb}` takes");
            for command in good {
                assert_eq!(command.verb(), verb, "{command}");
                assert_eq!(read(timmy(), &format!("/timmy {command}")).ok(), Some(command));
            }
        }
    }

    #[test]
    fn of_several_faults_the_leftmost_is_told() {
        assert_eq!(fault("/timmy asign \"x \u{200B}"), ErrorKind::UnknownVerb);
        assert_eq!(fault("/timmy assign budget=x role=a role=b"), ErrorKind::BadValue);
        assert_eq!(fault("/timmy assign role=a role=\"b budget=x"), ErrorKind::DuplicateArgument);
        assert_eq!(fault("/timmy assign role=\"b"), ErrorKind::UnclosedQuote);
        assert_eq!(fault("/timmy assign role=a rol=b"), ErrorKind::UnexpectedArgument);
        assert_eq!(fault("/timmy assign role=a"), ErrorKind::MissingArgument);
        assert_eq!(fault("/timmy cancel pl\u{200B}ease"), ErrorKind::InvisibleCharacter);
        assert_eq!(fault("/timmy cancel please \u{200B}"), ErrorKind::BadValue);
        assert_eq!(fault("/timmy revise d7 \u{200B}"), ErrorKind::InvisibleCharacter);
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand() {
        for text in [
            "/timmy\u{C}ping",
            "/timmy ping\u{0}",
            "/timmy hold a\u{7}b",
            "@timmy th\u{AD}anks",
            "\u{200B} /timmy asign x",
            "\u{202E}@timmy thanks",
            "\u{2060}/timmy hold",
        ] {
            assert_eq!(fault(text), ErrorKind::InvisibleCharacter, "{text:?}");
        }
        assert_eq!(fault("@timmy 👩\u{200D}💻 hello"), ErrorKind::Talk);
        assert_eq!(fault("/timmy crew 👩\u{200D}💻"), ErrorKind::InvisibleCharacter);
    }

    #[test]
    fn nobody_holds_because_of_an_end() {
        for word in ["cancel", "Off", "none.", "clear", "remove!"] {
            let text = format!("/timmy hold: {word} ");
            let fault = read(timmy(), &text).expect_err(&text).on(1, &text);
            assert_eq!((fault.kind, fault.token.as_deref()), (ErrorKind::BadValue, Some(word)));
            assert_eq!(fault.corrected.as_deref(), Some("/timmy unhold"), "{text}");
        }
        for text in ["/timmy hold off until Monday", "/timmy hold \"off\"", "/timmy hold offline"] {
            assert!(read(timmy(), text).is_ok(), "{text}");
        }
    }

    #[test]
    fn messages_speak_the_accounts_own_name() {
        let trigger = Trigger::new("tim").expect("a name");
        let error = read(trigger, "/tim ping x").expect_err("too much").on(1, "/tim ping x");
        assert_eq!(error.message, "`x` is too much: write `/tim ping`.");
    }
}
