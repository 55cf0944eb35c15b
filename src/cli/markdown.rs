//! timmy's own Markdown (replies, the report) as text for a terminal.
//!
//! It knows what the templates use: paragraphs, headings, lists, tables, folds, bold and code. What
//! people wrote was made harmless for the forge by zero width spaces; those are taken out again.

use console::Style;
use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd};

use super::terminal::{self, Sheet};
use crate::core::reply::plain::{self, APART};

/// The text without any markup, such as a cell of a table.
pub(super) fn plain(markdown: &str) -> String {
    terminal::visible(&plain::plain(markdown))
}

/// The text as people read it on a terminal: bold is bold, a table stands in columns, what is
/// folded away is there. It ends with a line break.
pub(super) fn shown(markdown: &str) -> String {
    let mut page = RenderedPage::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.text
}

#[derive(Default)]
struct RenderedPage {
    text: String,
    /// What of the present block was read so far.
    block: String,
    strong: usize,
    emphasis: usize,
    /// The numbers that the items of the present lists have next; none for a list of dots.
    lists: Vec<Option<u64>>,
    table: Option<Table>,
}

#[derive(Default)]
struct Table {
    right: Vec<bool>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl RenderedPage {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) => self.say(&visible(&text)),
            Event::Code(code) if self.table.is_some() => self.say(&visible(&code)),
            Event::Code(code) => self.say(&format!("`{}`", visible(&code))),
            Event::SoftBreak | Event::HardBreak => self.block.push('\n'),
            Event::Html(html) => self.unfold(&html),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } | Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::List(first) => {
                self.gap();
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.block.push_str(&mark);
            }
            Tag::Table(columns) => {
                let right = columns.iter().map(|column| *column == Alignment::Right).collect();
                self.table = Some(Table { right, ..Table::default() });
            }
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph if self.lists.is_empty() => self.end_block(),
            TagEnd::Heading(_) => {
                self.strong -= 1;
                self.end_block();
            }
            TagEnd::Strong => self.strong -= 1,
            TagEnd::Emphasis => self.emphasis -= 1,
            TagEnd::Item => self.end_line(),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.block);
                self.table.get_or_insert_default().row.push(cell);
            }
            TagEnd::TableHead => {
                let table = self.table.get_or_insert_default();
                table.head = std::mem::take(&mut table.row);
            }
            TagEnd::TableRow => {
                let table = self.table.get_or_insert_default();
                table.rows.push(std::mem::take(&mut table.row));
            }
            TagEnd::Table => {
                let Table { right, head, rows, .. } = self.table.take().unwrap_or_default();
                self.gap();
                self.text.push_str(&Sheet { right, head, rows }.text());
            }
            _ => {}
        }
    }

    fn say(&mut self, words: &str) {
        let mut style = Style::new();
        if self.strong > 0 {
            style = style.bold();
        }
        if self.emphasis > 0 {
            style = style.italic();
        }
        self.block.push_str(&style.apply_to(words).to_string());
    }

    fn end_block(&mut self) {
        self.gap();
        self.end_line();
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.block);
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// An empty line between two blocks.
    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// The heading of what is folded away.
    fn unfold(&mut self, html: &str) {
        let summary =
            html.split_once("<summary>").and_then(|(_, rest)| rest.split_once("</summary>"));
        if let Some((summary, _)) = summary {
            self.strong += 1;
            self.say(&plain(summary));
            self.strong -= 1;
            self.end_block();
        }
    }
}

fn visible(text: &str) -> String {
    terminal::visible(&text.replace(APART, ""))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::cli::markdown::*;
    use crate::core::effect::defuse;

    #[test]
    fn a_reply_is_read_without_its_markup() {
        let title = defuse::defused("<b>Paint</b> it `red` | @anna, see #4 at https://example.org");
        let markdown = format!(
            "foundation/door\\#3 *{title}*: **2nd of 2.** `/timmy why #3` tells\\.\n\n\
             <details><summary>/timmy why &lt;b&gt; &#96;c&#96;</summary>\n\n\
             | | value | because |\n|---|---:|---|\n\
             | size | ×&nbsp;0.58 | `size/s` \\| {title} |\n| age | 0.00 | |\n\n</details>\n\n\
             ## Sunday\n\n1. one\n2. two **b**\n\n- dot\n\nThe end.\n\n<!-- timmy key=c1 -->"
        );
        assert_snapshot!(shown(&markdown), @"
        foundation/door#3 <b>Paint</b> it `red` | @anna, see #4 at https://example.org: 2nd of 2. `/timmy why #3` tells.

        /timmy why <b> `c`

               value  because
        size  × 0.58  size/s | <b>Paint</b> it `red` | @anna, see #4 at https://example.org
        age     0.00

        Sunday

        1. one
        2. two b

        - dot

        The end.
        ");
    }

    #[test]
    fn what_people_wrote_comes_out_as_they_wrote_it() {
        for text in ["a_b_c *d* \\ <!-- x --> &amp; 1. ~~e~~", "- list", "www.example.org !4", "["]
        {
            assert_eq!(plain(&defuse::defused(text)), text);
            assert_eq!(plain(&defuse::code(text)), text);
        }
        assert_eq!(plain("cod\u{202e}gnp\u{1b}[2J"), "cod�gnp�[2J");
    }
}
