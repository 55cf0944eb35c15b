//! Raw HTML in comments: a handful of tags without attributes passes, comments vanish, and all
//! else is shown as the text that it is.

/// What may pass. Gitea lets more through; timmy's replies need no more.
const ALLOWED: [&str; 6] = ["details", "summary", "br", "kbd", "sub", "sup"];

/// The tags of one comment, passed in order. What is left open is closed at the end, so that
/// nobody's comment swallows the next.
#[derive(Default)]
pub(super) struct Tags {
    open: Vec<&'static str>,
}

/// A tag that may pass, and how many bytes it takes in the source.
struct Tag {
    name: &'static str,
    closes: bool,
    length: usize,
}

impl Tags {
    /// What may be shown of `raw`, as HTML.
    pub(super) fn pass(&mut self, raw: &str) -> String {
        let mut shown = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('<') {
            escape(&rest[..at], &mut shown);
            rest = &rest[at..];
            if rest.starts_with("<!--") {
                rest = rest.split_once("-->").map_or("", |(_, behind)| behind);
            } else if let Some(tag) = read(rest) {
                self.write(&tag, &mut shown);
                rest = &rest[tag.length..];
            } else {
                shown.push_str("&lt;");
                rest = &rest[1..];
            }
        }
        escape(rest, &mut shown);
        shown
    }

    /// Closes what is still open.
    pub(super) fn close(&mut self) -> String {
        self.open.drain(..).rev().map(|name| format!("</{name}>")).collect()
    }

    fn write(&mut self, tag: &Tag, shown: &mut String) {
        if tag.closes {
            // One that was never opened says nothing.
            let Some(at) = self.open.iter().rposition(|open| *open == tag.name) else { return };
            for name in self.open.drain(at..).rev() {
                shown.push_str(&format!("</{name}>"));
            }
            return;
        }
        shown.push_str(&format!("<{}>", tag.name));
        if tag.name != "br" {
            self.open.push(tag.name);
        }
    }
}

/// The tag at the beginning of `text`, if it is one that may pass. Its attributes do not.
fn read(text: &str) -> Option<Tag> {
    let inside = text.strip_prefix('<')?;
    let closes = inside.starts_with('/');
    let inside = inside.trim_start_matches('/');
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, attributes) = inside.split_at(end);
    let name = ALLOWED.into_iter().find(|allowed| allowed.eq_ignore_ascii_case(name))?;
    let length = text.len() - attributes.len() + attributes.find('>')? + 1;
    Some(Tag { name, closes, length })
}

/// Writes `text` so that HTML shows it as it is, also inside a quoted attribute.
pub(super) fn escape(text: &str, shown: &mut String) {
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::page::tags::*;

    fn passed(raw: &str) -> String {
        let mut tags = Tags::default();
        tags.pass(raw) + &tags.close()
    }

    #[test]
    fn what_timmy_writes_passes_without_attributes() {
        assert_eq!(
            passed("<details open onclick=\"x()\"><summary>why</summary>a<br/>b</details>"),
            "<details><summary>why</summary>a<br>b</details>"
        );
    }

    #[test]
    fn comments_vanish_also_unfinished_ones() {
        assert_eq!(passed("a<!-- timmy key=c1 -->b<!-- c"), "ab");
    }

    #[test]
    fn everything_else_is_text() {
        assert_eq!(passed("<script>x</script>"), "&lt;script&gt;x&lt;/script&gt;");
        assert_eq!(passed("<img src=x onerror=y>"), "&lt;img src=x onerror=y&gt;");
        assert_eq!(passed("<kbdx> <kbd"), "&lt;kbdx&gt; &lt;kbd");
        assert_eq!(passed("<br\u{e9}>"), "<br>");
    }

    #[test]
    fn every_tag_is_closed_once_and_in_order() {
        assert_eq!(passed("<details><kbd>x</details>"), "<details><kbd>x</kbd></details>");
        assert_eq!(passed("</sub><sup>x"), "<sup>x</sup>");
    }
}
