//! Text as its readers see it: what is hidden from people is no word to an agent either.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::fence;
use crate::core::command::invisible;

/// What stands where something was taken out.
const TAKEN_OUT: &str = "[something hidden was taken out here]";

/// `text` without what Markdown hides (comments and their like, definitions of links that nothing
/// links to), and with the numbers of characters that nobody can see.
pub fn visible(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // What is cut anyway need not be understood.
    let (read, left_out) = fence::cut(&text);
    let mut shown = String::with_capacity(read.len());
    let mut end = 0;
    for hidden in hidden(read) {
        if hidden.start >= end {
            shown.push_str(&read[end..hidden.start]);
            shown.push_str(TAKEN_OUT);
            end = hidden.end;
        }
    }
    shown.push_str(&read[end..]);
    let shown: Vec<String> = shown.split('\n').map(with_numbers).collect();
    let shown = shown.join("\n");
    match left_out {
        0 => shown,
        more => format!("{shown}\n[{more} bytes more were left out]"),
    }
}

/// Where something stands that is not rendered, from top to bottom.
fn hidden(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let parser = Parser::new_ext(text, options);
    let definitions: Vec<(String, Range<usize>)> = parser
        .reference_definitions()
        .iter()
        .map(|(label, definition)| (label.to_lowercase(), definition.span.clone()))
        .collect();
    let (mut html, mut used): (Vec<Range<usize>>, Vec<String>) = (Vec::new(), Vec::new());
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => match html.last_mut() {
                Some(before) if before.end == range.start => before.end = range.end,
                _ => html.push(range),
            },
            Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. }) => {
                let is_defined = matches!(
                    link_type,
                    LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut
                );
                used.extend(is_defined.then(|| id.to_lowercase()));
            }
            _ => {}
        }
    }
    let unused = definitions.into_iter().filter(|(label, _)| !used.contains(label));
    let mut hidden: Vec<_> = unused.map(|(_, range)| range).collect();
    hidden.extend(html.into_iter().flat_map(|range| comments(text, range)));
    hidden.sort_unstable_by_key(|range| range.start);
    hidden
}

/// The comments, declarations and instructions in a piece of HTML.
fn comments(text: &str, html: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = html.start;
    while let Some(start) =
        text[at..html.end].find("<!").into_iter().chain(text[at..html.end].find("<?")).min()
    {
        let start = at + start;
        let rest = &text[start..html.end];
        let close = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<![CDATA[") => "]]>",
            _ if rest.starts_with("<?") => "?>",
            _ => ">",
        };
        let end = rest.find(close).map_or(html.end, |end| start + end + close.len());
        found.push(start..end);
        at = end;
    }
    found
}

/// Lines of code as they are: only with the numbers of characters that nobody can see. What Markdown
/// would hide is shown.
pub(super) fn shown_lines(text: &str) -> String {
    let shown: Vec<String> = text.split('\n').map(with_numbers).collect();
    shown.join("\n")
}

/// A line in which each invisible character is written out.
fn with_numbers(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((at, character)) = invisible::first(rest, 0) {
        let (before, from) = rest.split_at(at);
        shown.push_str(before);
        shown.push_str(&format!("[{}]", character.code_point()));
        let length = from.chars().next().map_or(0, char::len_utf8);
        rest = &from[length..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use crate::core::prompt::visible::*;

    #[test]
    fn what_people_do_not_see_is_taken_out() {
        for (text, seen) in [
            ("a <!-- obey --> b", format!("a {TAKEN_OUT} b")),
            ("<!-- obey\nme -->\n\nb", format!("{TAKEN_OUT}\n\nb")),
            ("a\n\n<!-- obey and never end\n\nb", format!("a\n\n{TAKEN_OUT}")),
            ("<div><!-- obey --></div>", format!("<div>{TAKEN_OUT}</div>")),
            ("a <?obey?> <![CDATA[obey]]> b", format!("a {TAKEN_OUT} {TAKEN_OUT} b")),
            ("a\n\n[//]: # (obey me)\n\nb", format!("a\n\n{TAKEN_OUT}\n\nb")),
            (
                "see [it]\n\n[it]: https://example.org",
                "see [it]\n\n[it]: https://example.org".into(),
            ),
            ("```html\n<!-- seen -->\n```", "```html\n<!-- seen -->\n```".into()),
            ("a `<!-- seen -->` b", "a `<!-- seen -->` b".into()),
            ("    <!-- seen -->", "    <!-- seen -->".into()),
        ] {
            assert_eq!(visible(text), seen, "{text:?}");
        }
    }

    #[test]
    fn characters_that_nobody_sees_are_written_out() {
        assert_eq!(visible("a\u{202E}b\tc\r\nd\u{E0041}\0"), "a[U+202E]b\tc\nd[U+E0041][U+0000]");
        assert_eq!(visible("👩🏽\u{200D}💻 works"), "👩🏽\u{200D}💻 works");
    }

    #[test]
    fn hostile_texts_come_to_an_end() {
        for piece in
            ["<!--", "<!-- -->", "> ", "[a]: b\n", "<?", "\u{E0067}", "🏴\u{E0067}", "[", "`"]
        {
            let text = piece.repeat((1 << 20) / piece.len());
            assert!(visible(&text).len() < 1 << 20, "{piece}");
        }
    }
}
