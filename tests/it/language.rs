//! What holds of the command language whatever people write.

use proptest::prelude::*;
use timmy::core::command::Command;
use timmy::core::command::grammar::{ErrorKind, MOST_COMMANDS, Reading, read};
use timmy::core::command::markdown::{command_lines, with_plain_line_ends};
use timmy::core::command::trigger::Trigger;
use timmy::core::command::verb::Verb;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Pieces of Markdown and of commands, of which surprising comments are made.
const PIECES: &[&str] = &[
    "/timmy",
    "@timmy",
    "@Timmy,",
    "/TIMMY",
    "timmy",
    " ",
    "  ",
    "    ",
    "\t",
    "\u{A0}",
    "\u{3000}",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\\",
    "\\\n",
    "  \n",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "> ",
    ">",
    "# ",
    "---\n",
    "===\n",
    "```\n",
    "~~~\n",
    "`",
    "``",
    "*",
    "**",
    "_",
    "~~",
    "[",
    "]",
    "](",
    ")",
    "![",
    "[^1]: ",
    "[a]: ",
    "- [ ] ",
    "[x] ",
    "<!--",
    "-->",
    "<b>",
    "</b>",
    "<details>\n",
    "<",
    ">",
    "&#47;",
    "&amp;",
    "|",
    "|-|\n",
    "a|b\n-|-\n",
    "\"",
    "\\\"",
    "“",
    "”",
    "„",
    "=",
    "role=",
    "until=",
    "budget=",
    "agent=\"",
    "\u{200B}",
    "\u{202E}",
    "\u{2060}/timmy",
    "\u{FEFF}",
    "\0",
    "\u{C}",
    "👩\u{200D}💻",
    "é",
    " ping\n",
    " ping",
    " status #12\n",
    " assign ezra\n",
    " approve d7 yes\n",
    " hold ",
    " crew coder \"a b\"\n",
    " snooze 3d\n",
    " override tests because\n",
    " asign x\n",
    "word",
    ".",
    ",",
    "!",
];

fn comment() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// Comments with many good command lines between surprising pieces.
fn busy_comment() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        comment(),
        command_line().prop_map(|line| format!("\n/timmy {line}\n")),
        command_line().prop_map(|line| format!("\n  @timmy, {line}  \n")),
    ];
    prop::collection::vec(line, 0..6).prop_map(|lines| lines.concat())
}

/// Comments of many paragraphs, some of which command.
fn paragraphs() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    let few = prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    let block = prop_oneof![
        few.clone(),
        few.clone().prop_map(|text| format!("word {text}")),
        few.prop_map(|text| format!("{text}\n/timmy ping")),
        Just("/timmy ping".to_owned()),
        Just("- /timmy status".to_owned()),
    ];
    let gap = prop::sample::select(vec!["\n\n", "\n \n", "\n\n\n", "\n"]);
    prop::collection::vec((block, gap), 0..9)
        .prop_map(|blocks| blocks.into_iter().map(|(block, gap)| block + gap).collect())
}

/// Whether nobody can see `c`, or it is white space.
fn is_unseen(c: char) -> bool {
    let hidden = [GeneralCategory::Control, GeneralCategory::Format];
    c.is_whitespace() || hidden.contains(&c.general_category())
}

/// `body` with a definition behind it: as that could mean anything in it, all of it is read.
fn all_is_read(body: &str) -> String {
    format!("{}\n\n[nobody]: refers", with_plain_line_ends(body))
}

/// Good command lines without their trigger, with odd case, order and white space.
fn command_line() -> impl Strategy<Value = String> {
    let word = r#"[a-zA-Z0-9=|`*"\\.-]{1,8}"#;
    let note = r#"[a-zA-Z0-9 =|`*"\\.é-]{0,20}"#;
    let date =
        (2000..2100_i32, 1..13_i32, 1..29_i32).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let quote = |word: String| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
    prop_oneof![
        "(help|PLAN|pause|resume) (status|queue)",
        "(status|Why|info) ([a-zA-Z0-9]{1,5}/x)?#[1-9][0-9]{0,6}",
        "(status|cancel|retry|verify) [jJ][0-9]{1,9}",
        "queue [1-9][0-9]{0,3}  repo=[a-z]{1,4}/[a-zA-Z._-]{1,4}x",
        "(p|priority)\t(P[0-3]|none)",
        "size (xs|S|m|L|xl)",
        "snooze [1-9][0-9]?[mhdD]",
        "(budget) [0-9]{1,4}(\\.[0-9]{1,2})?(usd|KTOK) scope=(issue|ALL|repo:a/B|agent:Ezra)",
        "assign (@[a-zA-Z0-9]{1,8}|auto|[a-zA-Z0-9]{1,8})",
        (word.prop_map(quote), 0..9999_u32)
            .prop_map(|(role, n)| format!("assign role={role} x budget={n}runs")),
        prop::collection::vec(word.prop_map(quote), 0..4)
            .prop_map(|roles| format!("crew {}", roles.join(" "))),
        (word.prop_map(quote), note).prop_map(|(guard, note)| format!("override {guard} x{note}")),
        ("(approve|r-|yes|LGTM|reject)[.!]?( d[0-9]{1,6},?)?", note)
            .prop_map(|(verb, note)| format!("{verb} {note}")),
        ("(revise|answer)( d[0-9]{1,6})?", note).prop_map(|(verb, note)| format!("{verb} x{note}")),
        // What ends a hold is no reason for one.
        note.prop_map(|note| format!("hold x{note}")),
        ("(tell|STEER)( j[0-9]{1,6}:?)?", note).prop_map(|(verb, note)| format!("{verb} x{note}")),
        ("(no|reject)( d[0-9]{1,6})? (wrong|Unwanted|superseded)[,:]?", note)
            .prop_map(|(verb, note)| format!("{verb} {note}")),
        "assign (me|ezra|@anna) on=(a/b)?#[1-9][0-9]{0,3}",
        Just("split".to_owned()),
        date.prop_map(|date| format!("delegate @anna until={date}")),
    ]
}

fn commands(reading: &Reading) -> Vec<&Command> {
    reading.commands.iter().map(|line| &line.command).collect()
}

fn kinds(reading: &Reading) -> Vec<ErrorKind> {
    reading.errors.iter().map(|error| error.kind).collect()
}

/// What may stand behind a word.
const MARKS: [char; 6] = ['.', ',', '!', '?', ';', ':'];

/// What people say that begins with a verb.
fn sentence() -> impl Strategy<Value = String> {
    let verb = prop::sample::select(Verb::words().collect::<Vec<_>>());
    let word = prop::sample::select(vec![
        "on,", "is", "d7", "d7,", "D8", "d", "#12", "j42", "off", "x=y", "role=", "auto", "\"a",
        "2d", "p1", "wrong",
    ]);
    let mark = prop::sample::select(vec!["", "", ",", "?", "..."]);
    (verb, mark, prop::collection::vec(word, 0..5))
        .prop_map(|(verb, mark, words)| format!("{verb}{mark} {}", words.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_stands_where_it_is_said_to_stand(body in busy_comment()) {
        let plain = with_plain_line_ends(&body);
        let lines: Vec<_> = plain.split('\n').collect();
        let mut former = 0;
        for outcome in read("timmy", &body).in_order() {
            let (line, text) = match outcome {
                Ok(line) => (line.line, &line.text),
                Err(error) => (error.line, &error.text),
            };
            prop_assert!(line > former, "one outcome a line, from top to bottom");
            prop_assert!(lines[line - 1].contains(text.as_str()), "{text:?} on line {line}");
            let called = text.trim_start_matches(is_unseen).to_lowercase();
            prop_assert!(called.starts_with("/timmy") || called.starts_with("@timmy"), "{text:?}");
            prop_assert!(!text.starts_with(char::is_whitespace) || text.starts_with('\u{C}'), "{text:?}");
            former = line;
        }
    }

    #[test]
    fn any_text_is_read(body in any::<String>(), name in "[a-z@/ ]{0,3}") {
        read(&name, &body);
        read("timmy", &format!("/timmy {body}"));
        read("timmy", &format!("@timmy crew {body}"));
    }

    #[test]
    fn a_good_line_is_a_command(line in command_line()) {
        let reading = read("timmy", &format!("/timmy {line}"));
        prop_assert_eq!(reading.commands.len(), 1, "{:?}", reading.errors);
    }

    #[test]
    fn what_stands_before_the_trigger_is_a_blank_or_refused(
        line in command_line(),
        blanks in "[ \u{A0}\u{2003}\u{202F}\u{3000}]{0,3}",
        hidden in "[\u{0}\u{C}\u{AD}\u{200B}\u{200F}\u{202E}\u{2060}\u{FEFF}]",
        words in prop::sample::select(vec!["", "word\n", "word\n\n", "- word\n- "]),
    ) {
        let plain = read("timmy", &format!("{words}/timmy {line}"));
        let odd = read("timmy", &format!("{words}{blanks}/timmy {line}"));
        prop_assert_eq!(&odd, &plain);
        let refused = read("timmy", &format!("{words}{blanks}{hidden}/timmy {line}"));
        if words.is_empty() && blanks.is_empty() && hidden == "\u{FEFF}" {
            prop_assert_eq!(&refused, &plain);
        } else {
            prop_assert!(refused.commands.is_empty());
            prop_assert_eq!(kinds(&refused), [ErrorKind::InvisibleCharacter]);
        }
    }

    #[test]
    fn behind_an_at_stands_a_command_or_talk(line in prop_oneof![command_line(), sentence()]) {
        let (slash, at) = (read("timmy", &format!("/timmy {line}")), read("timmy", &format!("@timmy {line}")));
        let mut words = line.split_whitespace();
        let verb = words.next().and_then(|word| Verb::named(word.trim_end_matches(MARKS)));
        let behind = words.next().map(|word| word.trim_end_matches(MARKS));
        let names_decision = behind.and_then(|word| word.strip_prefix(['d', 'D']))
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()));
        let is_said = matches!(verb, Some(Verb::Hold | Verb::Approve | Verb::Reject))
            && behind.is_some() && !names_decision;
        let is_sentence = slash.commands.is_empty() && line.split_whitespace().count() >= 4;
        if verb.is_some() && (is_said || is_sentence) {
            prop_assert!(at.is_talk() && !at.is_empty(), "{at:?}");
        } else if verb.is_some() {
            prop_assert_eq!(commands(&at), commands(&slash));
            prop_assert_eq!(kinds(&at), kinds(&slash));
        } else {
            prop_assert!(at.commands.is_empty());
        }
    }

    #[test]
    fn curly_quotes_are_quotes(word in r"[a-zA-Z0-9 =.\-]{1,8}", open in "[“”„‟]", close in "[“”„‟]") {
        let straight = read("timmy", &format!("/timmy crew \"{word}\" x"));
        let curly = read("timmy", &format!("/timmy crew {open}{word}{close} x"));
        prop_assert_eq!(commands(&curly), commands(&straight));
        prop_assert_eq!(curly.errors.len(), straight.errors.len());
    }

    #[test]
    fn a_command_written_out_is_the_same_command(body in busy_comment(), line in command_line()) {
        for body in [body, format!("/timmy {line}")] {
            for line in read("timmy", &body).commands {
                let again = read("timmy", &format!("/timmy {}", line.command));
                prop_assert_eq!(commands(&again), vec![&line.command], "{}", line.command);
            }
        }
    }

    #[test]
    fn a_suggestion_taken_is_a_good_word(word in "[a-z]{1,9}") {
        for error in read("timmy", &format!("/timmy {word} d7")).errors {
            if let (Some(corrected), Some(suggestion)) = (error.corrected, error.suggestion) {
                let again = read("timmy", &corrected);
                prop_assert!(again.errors.iter().all(|error| error.kind != ErrorKind::UnknownVerb), "{suggestion}");
            }
        }
    }

    #[test]
    fn quoted_or_fenced_or_indented_nothing_is_read(body in busy_comment()) {
        let body = with_plain_line_ends(&body);
        let fence = "~".repeat(100);
        let each_line = |prefix: &str| body.split('\n').map(|line| format!("{prefix}{line}\n")).collect::<String>();
        for silent in [each_line("> "), each_line(">"), each_line("    "), format!("{fence}\n{body}\n{fence}")] {
            prop_assert_eq!(read("timmy", &silent), Reading::default(), "{}", silent);
        }
    }

    #[test]
    fn all_line_ends_are_the_same(body in busy_comment()) {
        let plain = with_plain_line_ends(&body);
        let reading = read("timmy", &plain);
        prop_assert_eq!(&read("timmy", &plain.replace('\n', "\r\n")), &reading);
        prop_assert_eq!(&read("timmy", &plain.replace('\n', "\r")), &reading);
        prop_assert_eq!(&read("timmy", &body), &reading);
    }

    #[test]
    fn the_quick_look_misses_nothing(body in busy_comment()) {
        let trigger = Trigger::new("timmy").expect("a name");
        if !trigger.may_stand_in(&body) {
            let body = all_is_read(&body);
            prop_assert_eq!(command_lines(trigger, &body), Ok(vec![]));
        }
    }

    #[test]
    fn what_is_left_out_says_nothing(body in paragraphs()) {
        let trigger = Trigger::new("timmy").expect("a name");
        let (plain, whole) = (with_plain_line_ends(&body), all_is_read(&body));
        prop_assert_eq!(command_lines(trigger, &plain), command_lines(trigger, &whole));
    }

    #[test]
    fn a_comment_commands_ten_things_at_most(lines in prop::collection::vec("(ping|asign|x y|status)", 0..20)) {
        let body: String = lines.iter().map(|line| format!("/timmy {line}\n@timmy hello there\n")).collect();
        let reading = read("timmy", &body);
        if lines.len() <= MOST_COMMANDS {
            let talk = reading.errors.iter().filter(|error| error.kind == ErrorKind::Talk).count();
            prop_assert_eq!(reading.commands.len() + reading.errors.len() - talk, lines.len());
        } else {
            prop_assert!(reading.commands.is_empty());
            prop_assert_eq!(reading.errors.len(), 1);
            prop_assert_eq!(reading.errors[0].line, 2 * MOST_COMMANDS + 1);
        }
    }
}

/// Were any step quadratic, these would take minutes instead of moments.
#[test]
fn hostile_texts_come_to_an_end() {
    const LENGTH: usize = 1 << 17;
    for piece in PIECES.iter().copied().chain([
        "@timmy abcd\n",
        "/timmy asigm\n",
        "/timmy \u{200B}\n",
        "- /timmy ping\n  ",
        "1. - ",
        "**a_",
        "[a](",
        "<a ",
        "a <!-- ",
        "a <?",
        "[a]: b\n",
        "[^a]: b\n",
        "a|\n-|\n",
        "&",
        "🏴\u{E0067}",
        "🏴\u{E0067}\u{E007F}",
        "/",
        "@",
    ]) {
        let many = piece.repeat(LENGTH / piece.len());
        let one_line = many.replace(['\n', '\r'], " ");
        for body in [
            format!("{many}\n\n/timmy ping\n"),
            format!("a\n{one_line}/timmy ping"),
            format!("@timmy hold {one_line}"),
            format!("/timmy crew {one_line}"),
            format!("/timmy hold {one_line}"),
            format!("/timmy assign x role=\"{one_line}"),
            format!("/timmy {one_line}"),
            format!("{one_line}\n{}", "/timmy hold\n".repeat(1000)),
        ] {
            let reading = read("timmy", &body);
            assert!(reading.commands.len() <= MOST_COMMANDS);
        }
    }
}

#[test]
fn too_deep_a_comment_is_refused_with_a_reason() {
    for prefix in ["> ", ">", "- ", "1. ", "-\t", "[^a]: > "] {
        let body = format!("{}a\n{}\n/timmy ping", prefix.repeat(20_000), "b\n".repeat(20_000));
        let reading = read("timmy", &body);
        assert_eq!(reading.errors[0].kind, ErrorKind::TooDeep, "{prefix}");
        assert!(reading.commands.is_empty());
    }
    let harmless = format!("{}a\n\n/timmy ping", "> ".repeat(20_000));
    assert_eq!(commands(&read("timmy", &harmless)), [&Command::Ping]);
}

#[test]
fn a_long_word_is_shortened_in_the_message_only() {
    let word = "é".repeat(1000);
    let reading = read("timmy", &format!("/timmy {word}"));
    assert_eq!(reading.errors[0].token.as_deref(), Some(word.as_str()));
    assert!(reading.errors[0].message.len() < 300);
}

#[test]
fn a_correction_is_the_line_with_the_known_word() {
    let corrected = |body: &str| read("timmy", body).errors.remove(0).corrected;
    assert_eq!(corrected("/timmy asign! ezra"), Some("/timmy assign! ezra".into()));
    assert_eq!(corrected("@timmy: assign x rol=y"), Some("@timmy: assign x role=y".into()));
    assert_eq!(corrected("/timmy budget scope=isue"), Some("/timmy budget scope=issue".into()));
    assert_eq!(corrected("/timmy frobnicate"), None);
}
