//! What an attempt said and did, kept for whoever wants to know.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::redact::Redactor;
use crate::core::model::time::Timestamp;

/// How much of an attempt is kept, in bytes: half from its beginning, half from its end.
const KEPT: usize = 1 << 20;

/// What an entry takes beside its text, in bytes.
const ENTRY: usize = 64;

/// The most of one entry.
const LONGEST: usize = 64 << 10;

/// Who said or did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// timmy, or the person whose text it brought.
    Asked,
    Agent,
    /// A tool was called, with these arguments.
    ToolCall,
    /// What it gave.
    ToolResult,
    /// What timmy has to say of the attempt itself.
    Note,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptEntry {
    pub at: Option<Timestamp>,
    pub speaker: Speaker,
    pub text: String,
}

/// Entries in order, without secrets, and never more than is kept: what is cut is cut from the
/// middle, oldest first, and counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transcript {
    beginning: Vec<TranscriptEntry>,
    end: VecDeque<TranscriptEntry>,
    /// How many entries were cut between the two.
    pub cut: u64,
    sizes: (usize, usize),
}

impl Transcript {
    /// Adds an entry, without the secrets that `redactor` knows.
    pub fn push(&mut self, redactor: &Redactor, mut entry: TranscriptEntry) {
        entry.text = shortened(redactor.redact(&entry.text));
        let size = room(&entry);
        if self.end.is_empty() && self.sizes.0 + size <= KEPT / 2 {
            self.sizes.0 += size;
            self.beginning.push(entry);
            return;
        }
        self.sizes.1 += size;
        self.end.push_back(entry);
        while self.sizes.1 > KEPT / 2 {
            let Some(oldest) = self.end.pop_front() else { return };
            self.sizes.1 -= room(&oldest);
            self.cut += 1;
        }
    }

    /// What was kept of the beginning, and of the end.
    pub fn parts(&self) -> (&[TranscriptEntry], &VecDeque<TranscriptEntry>) {
        (&self.beginning, &self.end)
    }
}

fn room(entry: &TranscriptEntry) -> usize {
    entry.text.len() + ENTRY
}

fn shortened(mut text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let left_out = text.len() - LONGEST;
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or_default());
    text.push_str(&format!("\n[{left_out} bytes more]"));
    text
}

#[cfg(test)]
mod tests {
    use crate::agents::transcript::*;

    fn entry(text: String) -> TranscriptEntry {
        TranscriptEntry { at: None, speaker: Speaker::Agent, text }
    }

    #[test]
    fn the_middle_is_cut_and_what_is_cut_is_counted() {
        let mut transcript = Transcript::default();
        for n in 0..100 {
            transcript.push(&Redactor::default(), entry(format!("{n} {}", "x".repeat(60_000))));
        }
        let (beginning, end) = transcript.parts();
        assert!(beginning[0].text.starts_with("0 "));
        assert!(end.back().is_some_and(|last| last.text.starts_with("99 ")));
        assert_eq!(beginning.len() as u64 + end.len() as u64 + transcript.cut, 100);
        let size: usize = beginning.iter().chain(end).map(|entry| entry.text.len()).sum();
        assert!(size <= KEPT, "{size}");
    }

    #[test]
    fn entries_without_a_word_take_room_too() {
        let mut transcript = Transcript::default();
        for _ in 0..100_000 {
            transcript.push(&Redactor::default(), entry(String::new()));
        }
        let (beginning, end) = transcript.parts();
        assert!(beginning.len() + end.len() <= KEPT / ENTRY);
    }

    #[test]
    fn one_entry_is_bounded_and_without_secrets() {
        let mut transcript = Transcript::default();
        let redactor = Redactor::new(["a-secret-of-timmy"]);
        transcript.push(&redactor, entry(format!("a-secret-of-timmy {}", "é".repeat(100_000))));
        let text = &transcript.parts().0[0].text;
        assert!(text.starts_with("[secret] é") && text.len() < LONGEST + 40);
    }
}
