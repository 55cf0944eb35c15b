//! Markdown as HTML, as Gitea shows comments: line breaks stay, mentions and references are
//! marked, and nothing that people write can do anything.

use std::fmt;

use pulldown_cmark::{
    CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

use super::link::{LinkTargets, linked, opening};
use super::tags::Tags;

/// HTML that came through [`render`]: templates print it as it is.
pub(super) struct Harmless(String);

impl fmt::Display for Harmless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Harmless {}

/// Shows `source`.
pub(super) fn render(source: &str, names: &impl LinkTargets) -> Harmless {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let events = TextMergeStream::new(Parser::new_ext(source, options));
    let mut walk =
        Walk { names, tags: Tags::default(), raw: String::new(), links: Vec::new(), code: false };
    let mut shown = String::with_capacity(source.len() * 2);
    html::push_html(&mut shown, events.filter_map(|event| walk.event(event)));
    shown.push_str(&walk.tags.close());
    Harmless(shown)
}

/// What has to be known on the way through the events.
struct Walk<'n, N> {
    names: &'n N,
    tags: Tags,
    /// The lines of the HTML block that is being read: a comment can span several.
    raw: String,
    /// How the links and images that are open have to be closed.
    links: Vec<&'static str>,
    /// Whether the reader is inside a code block.
    code: bool,
}

impl<N: LinkTargets> Walk<'_, N> {
    fn event<'e>(&mut self, event: Event<'e>) -> Option<Event<'e>> {
        Some(match event {
            Event::Html(line) => {
                self.raw.push_str(&line);
                return None;
            }
            Event::End(TagEnd::HtmlBlock) => {
                let raw = std::mem::take(&mut self.raw);
                Event::Html(self.tags.pass(&raw).into())
            }
            Event::InlineHtml(tag) => inline(self.tags.pass(&tag)),
            Event::Text(text) if !self.code && self.links.is_empty() => {
                inline(linked(&text, self.names))
            }
            Event::SoftBreak => Event::HardBreak,
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                let mail = if link_type == LinkType::Email { "mailto:" } else { "" };
                inline(self.open_link(&format!("{mail}{dest_url}"), ""))
            }
            // A picture would tell its server who reads this: a link has to do.
            Event::Start(Tag::Image { dest_url, .. }) => {
                inline(self.open_link(&dest_url, "Image: "))
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                inline(self.links.pop().unwrap_or_default().to_owned())
            }
            Event::Start(Tag::FootnoteDefinition(label)) => {
                Event::Start(Tag::FootnoteDefinition(footnote(&label)))
            }
            Event::FootnoteReference(label) => Event::FootnoteReference(footnote(&label)),
            Event::Start(Tag::CodeBlock(kind)) => {
                self.code = true;
                Event::Start(Tag::CodeBlock(kind))
            }
            Event::End(TagEnd::CodeBlock) => {
                self.code = false;
                Event::End(TagEnd::CodeBlock)
            }
            event => event,
        })
    }

    fn open_link(&mut self, url: &str, label: &str) -> String {
        if !self.links.is_empty() || !is_harmless(url) {
            self.links.push("</span>");
            return format!("<span>{label}");
        }
        self.links.push("</a>");
        opening(url) + label
    }
}

fn inline<'e>(html: String) -> Event<'e> {
    Event::InlineHtml(html.into())
}

/// The label becomes an id: it must not be one of the page's own.
fn footnote<'e>(label: &str) -> CowStr<'e> {
    format!("footnote-{label}").into()
}

/// Addresses that open a page or write a letter, and run nothing.
fn is_harmless(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    ["http://", "https://", "mailto:", "/", "#"].iter().any(|begin| url.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::page::link::tests::Door;
    use crate::sandbox::page::markdown::*;

    fn shown(source: &str) -> String {
        render(source, &Door).to_string().replace('\n', "")
    }

    #[test]
    fn a_reply_with_a_fold_and_a_marker() {
        let reply = "**P1** `ezra`\n\n<details><summary>why</summary>\n\n| a |\n|---|\n| 1 |\n\n\
                     </details>\n\n<!-- timmy\nkey=c1 -->";
        assert_eq!(
            shown(reply),
            "<p><strong>P1</strong> <code>ezra</code></p><details><summary>why</summary>\
             <table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>\
             </details>"
        );
    }

    #[test]
    fn line_breaks_stay() {
        assert_eq!(shown("a\r\nb"), "<p>a<br />b</p>");
    }

    #[test]
    fn escaped_references_are_links_code_is_not() {
        assert_eq!(
            shown("foundation/door\\#1 \\@anna `#1`"),
            "<p><a href=\"/foundation/door/issues/1\">foundation/door#1</a> \
             <span class=\"mention\">@anna</span> <code>#1</code></p>"
        );
        assert_eq!(shown("    #1 @anna"), "<pre><code>#1 @anna</code></pre>");
    }

    #[test]
    fn links_run_nothing() {
        assert_eq!(shown("[x](javascript:alert(1))"), "<p><span>x</span></p>");
        assert_eq!(shown("<JavaScript:alert(1)>"), "<p><span>JavaScript:alert(1)</span></p>");
        assert_eq!(shown("[x](data:text/html,y)"), "<p><span>x</span></p>");
        assert_eq!(
            shown("[#1](https://example.org/?a=\"b\")"),
            "<p><a rel=\"nofollow noopener noreferrer\" \
             href=\"https://example.org/?a=&quot;b&quot;\">#1</a></p>"
        );
    }

    #[test]
    fn pictures_are_not_fetched() {
        let html = shown("[![a](https://example.org/a.png)](https://example.org)");
        assert!(!html.contains("<img"), "{html}");
        assert_eq!(html.matches("<a ").count(), 1);
    }

    #[test]
    fn html_of_people_is_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "x <svg/onload=alert(1)>",
            "<details ontoggle=alert(1) open>",
            "<!-- --><script>",
            "<div><iframe src=//x>",
            "[^<script>]\n\n[^<script>]: x",
            "``` \"><script>\nx",
        ] {
            let html = shown(hostile).to_lowercase();
            for forbidden in ["<script", "<img", "<svg", "<iframe", "<div><", "<details o"] {
                assert!(!html.contains(forbidden), "{hostile} became {html}");
            }
        }
    }
}
