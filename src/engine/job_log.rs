//! What the attempts of a job were asked, did and said, as text, for the command line and the page.
//! Agents wrote most of it: nothing of it reaches a terminal that could steer that.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::agents::{Speaker, Transcript, TranscriptEntry};
use crate::core::command::invisible::Invisible;
use crate::core::jobs::AttemptEnd;
use crate::core::prompt::sent_prompt;
use crate::store::jobs::AttemptLog;

/// A part of what is kept of the words of an attempt. Characters that nobody can see are spelled out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSection {
    pub title: String,
    pub words: String,
}

/// All that is kept of the words of a job's attempts.
pub fn job_log(logs: &[AttemptLog], zone: &TimeZone) -> String {
    let sections = logs.iter().enumerate().flat_map(|(nth, log)| sections(log, nth + 1, zone));
    sections.map(|LogSection { title, words }| format!("-- {title}\n{words}\n")).collect()
}

/// The same of the attempt that is called number `nth`.
pub fn sections(log: &AttemptLog, nth: usize, zone: &TimeZone) -> Vec<LogSection> {
    let AttemptLog { agent, asked, transcript, .. } = log;
    let mut all = vec![section(&format!("attempt {nth}, by {agent}: asked"), &sent_prompt(asked))];
    match transcript.as_deref().map(serde_json::from_str::<Transcript>) {
        Some(Ok(transcript)) => all.push(section("did", &did(&transcript, zone))),
        Some(Err(_)) => all.push(section("did", "(another version of timmy kept that)")),
        None => {}
    }
    all.push(last_words(log));
    all
}

/// What an attempt said in the end; where that is nothing, with what it ended.
fn last_words(log: &AttemptLog) -> LogSection {
    match (&log.said, log.ended) {
        (Some(said), _) => section("said", said),
        (None, None) => section("said", "(nothing yet)"),
        (None, Some(AttemptEnd::Asked)) => {
            let asks = log.asks.as_deref().unwrap_or("(it does not say what)");
            section("ended to ask a person whether it may", asks)
        }
        (None, Some(ended)) => section("ended", &ended.said()),
    }
}

fn section(title: &str, words: &str) -> LogSection {
    let mut shown = String::with_capacity(words.len());
    for c in words.trim_end().chars() {
        match (c, Invisible::new(c)) {
            ('\n', _) | (_, None) => shown.push(c),
            (_, Some(invisible)) => {
                let _ = write!(shown, "<{}>", invisible.code_point());
            }
        }
    }
    LogSection { title: title.to_owned(), words: shown }
}

fn did(transcript: &Transcript, zone: &TimeZone) -> String {
    let (beginning, end) = transcript.parts();
    let mut lines: Vec<String> = beginning.iter().map(|entry| line(entry, zone)).collect();
    if transcript.cut > 0 {
        lines.push(format!("[{} entries were not kept]", transcript.cut));
    }
    lines.extend(end.iter().map(|entry| line(entry, zone)));
    lines.join("\n")
}

fn line(entry: &TranscriptEntry, zone: &TimeZone) -> String {
    let who = match entry.speaker {
        Speaker::Asked => "asked",
        Speaker::Agent => "agent",
        Speaker::ToolCall => "calls",
        Speaker::ToolResult => "gets",
        Speaker::Note => "note",
    };
    let at = entry.at.map(|at| at.zoned(zone).strftime("%H:%M:%S ").to_string());
    format!("[{}{who}] {}", at.unwrap_or_default(), entry.text)
}

#[cfg(test)]
mod tests {
    use crate::agents::Redactor;
    use crate::engine::job_log::*;

    fn log(transcript: Option<String>) -> AttemptLog {
        let asked = "mend the door".to_owned();
        let (agent, said) = ("ezra".to_owned(), Some("done".to_owned()));
        AttemptLog { agent, asked, transcript, said, asks: None, ended: Some(AttemptEnd::Ended) }
    }

    #[test]
    fn what_ended_without_a_word_is_told_by_its_end() {
        let asks = || Some("rm \u{1b}junk".to_owned());
        let last = |ended, asks| {
            let LogSection { title, words } =
                last_words(&AttemptLog { said: None, ended, asks, ..log(None) });
            (title, words)
        };
        let section = |title: &str, words: &str| (title.to_owned(), words.to_owned());
        assert_eq!(last(None, asks()), section("said", "(nothing yet)"));
        assert_eq!(
            last(Some(AttemptEnd::Asked), asks()),
            section("ended to ask a person whether it may", "rm <U+001B>junk")
        );
        assert_eq!(
            last(Some(AttemptEnd::Asked), None),
            section("ended to ask a person whether it may", "(it does not say what)")
        );
        let lost = last(Some(AttemptEnd::Lost), asks());
        assert_eq!(lost, section("ended", &AttemptEnd::Lost.said()));
    }

    #[test]
    fn what_an_agent_did_stands_between_what_it_was_asked_and_what_it_said() {
        let mut transcript = Transcript::default();
        for (speaker, text) in
            [(Speaker::ToolCall, "read a.rs"), (Speaker::ToolResult, "\u{1b}[2Jfn main\n\tit")]
        {
            let entry = TranscriptEntry { at: None, speaker, text: text.to_owned() };
            transcript.push(&Redactor::default(), entry);
        }
        let kept = serde_json::to_string(&transcript).unwrap();
        let logs = [log(Some(kept)), log(Some("{}}".to_owned())), log(None)];
        assert_eq!(
            job_log(&logs, &TimeZone::UTC),
            "-- attempt 1, by ezra: asked\nmend the door\n\
             -- did\n[calls] read a.rs\n[gets] <U+001B>[2Jfn main\n\tit\n-- said\ndone\n\
             -- attempt 2, by ezra: asked\nmend the door\n\
             -- did\n(another version of timmy kept that)\n-- said\ndone\n\
             -- attempt 3, by ezra: asked\nmend the door\n-- said\ndone\n"
        );
    }
}
