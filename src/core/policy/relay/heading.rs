//! The lines by which tools say who wrote what they copy, and where.

use super::pattern::{is_among, matches, words};

/// How surely a line says that somebody else wrote what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    /// It says where or when, or in the form of a tool.
    Certain,
    /// People write it as well, before they quote.
    Likely,
}

const CERTAIN: &[&str] = &[
    // Originally created by @someone on GitHub (Nov 20, 2026).
    "(this) (THING) (was) originally DONE by ...",
    "(this) (THING) (was) originally DONE on|at|in|from PLACE|URL ...",
    "original THING (was) (DONE) by ...",
    "original author|poster|reporter|submitter|creator : ...",
    "original (PLACE) THING : URL",
    // Migrated from Trac · Imported comment from @someone
    "(this) (THING) (was|has) (been) (automatically) BROUGHT (THING) from|by|via (the) PLACE|URL|LOGIN ...",
    // Created by: someone · From: Some One <someone@example.org>
    "author|poster|reporter|submitter|commenter : ...",
    "created|opened|posted|reported|submitted|written|filed|commented by : ...",
    "comment|issue|note|reply by : ...",
    "from|sender|reply-to|return-path : ... MAIL ...",
    "message-id|received|mime-version : ...",
    "forwarded|original message",
    "begin forwarded message (:)",
    // Comment by @someone on 2023-05-15 · Comment from GitLab:
    "(BROUGHT) THING by|from PLACE :",
    "(BROUGHT) THING by|from NAME on|at|in|via|from PLACE (WHEN) :",
    "(BROUGHT) THING by|from NAME on|at|in|via|from PLACE WHEN",
    "(BROUGHT) THING by|from NAME WHEN :",
    "(BROUGHT) THING by|from NAME DATE",
    "by NAME DATE (:)",
    // @someone commented on GitHub (Nov 20, 2026):
    "NAME DID (this|a|an|the) (THING) on|in|at|via|from PLACE|URL (THING) (WHEN) :",
    "LOGIN DID (this|a|an|the) (THING) on|in|at|via|from PLACE|URL (THING) WHEN",
    "NAME DID (this|a|an|the) (THING) (ADDRESS) WHEN :",
    "LOGIN DID (this|a|an|the) (THING) (ADDRESS) DATE",
    // [irc] <someone> hello
    "CHANNEL NICK ...",
    "SITE WORD : ...",
];

const LIKELY: &[&str] = &[
    "ANOTHER DID :",
    "ANOTHER DID on|in|above|here|there (WORD) :",
    "on ... wrote|writes :",
    "am ... schrieb ... :",
];

/// What "Reference in new issue" writes below what it copies, and importers below a text.
const FOOTERS: &[&str] = &[
    "originally DONE by ... in|on|at WORD",
    "original THING by NAME WHEN",
    "original THING reported on WORD by NAME WHEN",
];

/// With which some sign what they copied.
const SIGNATURE: &str = "LOGIN via|on|auf|from|at WORD";

/// Where people talk, as tools call it; more may follow behind a sign: `github.com`, `trac:#4`.
const PLACE: &str = "github|gitlab|gitea|forgejo|gogs|codeberg|bitbucket|sourcehut|jira|trac|\
    redmine|bugzilla|launchpad|sourceforge|savannah|phabricator|gerrit|youtrack|mantis|asana|\
    trello|linear|googlecode|discord|slack|matrix|irc|telegram|mattermost|zulip|whatsapp|xmpp|\
    discourse|reddit|e-mail|email|mail";

const THING: &str = "issue|pull request|pr|merge request|mr|comment|note|review|reply|message|\
    post|ticket|bug|bug report|report|task|card";

/// Verbs behind the name of somebody whose words follow.
const DID: &str = "commented|wrote|writes|said|says|posted|replied|replies|answered|opened|\
    created|reported|reports|submitted|reviewed|approved|requested changes|left|added|filed";

/// What was done with a text, originally.
const DONE: &str = "posted|opened|created|reported|written|submitted|filed|authored|published|\
    raised|commented|sent";

/// Words for the way a text came from elsewhere.
const BROUGHT: &str = "imported|migrated|mirrored|copied|synced|synchronized|synchronised|\
    relayed|bridged|forwarded|transferred|cross-posted|crossposted";

/// What a moment is made of, beside numbers, days and months.
const MOMENT: &str = "on|at|in|of|am|pm|ago|utc|gmt|cet|cest|z|a|an|second|seconds|minute|minutes|\
    hour|hours|day|days|week|weeks|month|months|year|years|tues|sept";

const DAYS_AND_MONTHS: &str = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|\
    february|march|april|may|june|july|august|september|october|november|december";

/// First words that are nobody's name.
const NOBODY: &str = "i|we|originally";

/// With which somebody begins who takes up what another said.
const TAKEN_UP: &str = "as|like|what|when|since|because|if|that|and|but|so|see|until|before|after|\
    whatever|nobody|who|which";

/// In words.
const LONGEST_NAME: usize = 8;

/// Whether `line` says who wrote what follows.
pub(super) fn heading(line: &str) -> Option<Heading> {
    let words = words(line);
    let is_one =
        |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, &words, lengths));
    if is_one(CERTAIN) { Some(Heading::Certain) } else { is_one(LIKELY).then_some(Heading::Likely) }
}

/// Whether `line` says who wrote what stands above it.
pub(super) fn is_footer(line: &str) -> bool {
    let words = words(line);
    // "@anna on the roof" signs nothing without its dash.
    (line.starts_with(['-', '–', '—']) && matches(SIGNATURE, &words, lengths))
        || FOOTERS.iter().any(|pattern| matches(pattern, &words, lengths))
}

/// Whether a line that stands beside a heading only adds details: `Created: 2019-01-01`.
pub(super) fn is_detail(line: &str) -> bool {
    words(line).iter().take(4).any(|word| word == ":")
}

/// How many words at the beginning of `words` may be what `kind` stands for.
fn lengths(kind: &str, words: &[String]) -> Vec<usize> {
    let one = |holds: &dyn Fn(&str) -> bool| {
        let found = words.first().is_some_and(|word| holds(word));
        if found { vec![1] } else { Vec::new() }
    };
    match kind {
        "PLACE" => one(&is_place),
        "THING" => phrases(THING, words),
        "DID" => phrases(DID, words),
        "DONE" => phrases(DONE, words),
        "BROUGHT" => phrases(BROUGHT, words),
        "NAME" => names(words),
        "ANOTHER" if words.first().is_some_and(|word| is_among(word, TAKEN_UP)) => Vec::new(),
        "ANOTHER" => names(words),
        "WHEN" => moments(words, is_number),
        "DATE" => moments(words, has_year),
        "WORD" => one(&|word| word != ":"),
        "LOGIN" => one(&|word| word.len() > 1 && word.starts_with('@')),
        "URL" => one(&|word| word.contains("://")),
        "MAIL" => one(&is_mail),
        "ADDRESS" => one(&|word| word.contains('/') || is_mail(word)),
        "CHANNEL" => one(&|word| in_brackets(word).is_some()),
        "SITE" => one(&|word| in_brackets(word).is_some_and(is_place)),
        "NICK" => one(&is_nick),
        word => one(&|first| first == word),
    }
}

/// The lengths of those phrases of `list` with which `words` begin.
fn phrases(list: &str, words: &[String]) -> Vec<usize> {
    let length = |phrase: &str| {
        let count = phrase.split(' ').count();
        let begins = words.len() >= count && phrase.split(' ').zip(words).all(|(a, b)| a == b);
        begins.then_some(count)
    };
    list.split('|').filter_map(length).collect()
}

fn is_place(word: &str) -> bool {
    is_among(word.split(['.', ':', '/', '#', '\'']).next().unwrap_or_default(), PLACE)
}

fn is_mail(word: &str) -> bool {
    let mail = word.trim_start_matches('<').trim_end_matches('>');
    mail.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'))
}

/// What stands between brackets: `[irc]`.
fn in_brackets(word: &str) -> Option<&str> {
    word.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.is_empty())
}

/// Who spoke, as bridges between chats write it: `<anna>`.
fn is_nick(word: &str) -> bool {
    word.len() > 2 && word.starts_with('<') && word.ends_with('>') && !is_mail(word)
}

/// Who it was: a few words, perhaps an address behind them.
fn names(words: &[String]) -> Vec<usize> {
    if words.first().is_none_or(|word| is_among(word, NOBODY)) {
        return Vec::new();
    }
    let is_name = |word: &&String| !is_mail(word);
    let longest = words.iter().take(LONGEST_NAME).take_while(is_name).count();
    let with_mail = |n: usize| words.get(n).is_some_and(|word| is_mail(word)).then_some(n + 1);
    (1..=longest).chain((0..=longest).filter_map(with_mail)).collect()
}

/// Nothing but what a moment is made of, with a word in it for which `says` holds.
fn moments(words: &[String], says: fn(&str) -> bool) -> Vec<usize> {
    let is_day = |word: &str| {
        let is_it = |day: &str| day == word || day.get(..3) == Some(word);
        DAYS_AND_MONTHS.split('|').any(is_it)
    };
    let is_part = |word: &&String| is_number(word) || is_day(word) || is_among(word, MOMENT);
    let whole = words.iter().take_while(is_part).count();
    (1..=whole).filter(|n| words[..*n].iter().any(|word| says(word))).collect()
}

/// `20`, `20th`, `10:00`, `2026-11-20t10:00:00z`.
fn is_number(word: &str) -> bool {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    has_digit && word.chars().all(|c| c.is_ascii_digit() || "-:./+tzsrndh".contains(c))
}

/// Whether it is, or begins with, a year, as dates in full do that tools write.
fn has_year(word: &str) -> bool {
    let mut years = word.split(['-', '/', '.']);
    is_number(word)
        && years.any(|year| year.len() == 4 && (year.starts_with("19") || year.starts_with("20")))
}
