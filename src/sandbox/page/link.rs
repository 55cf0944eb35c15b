//! `@name`, `#12`, `owner/repo#12` and addresses in running text, as Gitea links them.

use super::tags::escape;

/// What the forge knows: only that is linked.
pub(super) trait LinkTargets {
    /// Whether `login` is an account of the sandbox.
    fn is_account(&self, login: &str) -> bool;
    /// The path of a thread, of the repository at hand unless another is named.
    fn thread(&self, repo: Option<&str>, number: i64) -> Option<String>;
}

/// `text` as HTML, with its mentions, references and addresses marked.
pub(super) fn linked(text: &str, names: &impl LinkTargets) -> String {
    let mut html = String::with_capacity(text.len());
    let mut done = 0;
    for (at, sign) in text.match_indices(['@', '#', 'h']) {
        // What was found before may hold such a sign, too.
        let Some(before) = text.get(done..at) else { continue };
        let behind = &text[at + 1..];
        let found = match sign {
            "@" => mention(before, behind, names),
            "#" => reference(before, behind, names),
            _ => address(before, &text[at..]),
        };
        if let Some(FoundLink { kept, shown, length }) = found {
            escape(&before[..kept], &mut html);
            html.push_str(&shown);
            done = at + 1 + length;
        }
    }
    escape(&text[done..], &mut html);
    html
}

/// The beginning of a link that leads away and tells nothing about where it was.
pub(super) fn opening(url: &str) -> String {
    let mut tag = "<a rel=\"nofollow noopener noreferrer\" href=\"".to_owned();
    escape(url, &mut tag);
    tag + "\">"
}

struct FoundLink {
    /// How much of the text before the sign does not belong to it, in bytes.
    kept: usize,
    shown: String,
    /// How much behind the sign belongs to it, in bytes.
    length: usize,
}

fn mention(before: &str, behind: &str, names: &impl LinkTargets) -> Option<FoundLink> {
    if before.ends_with(|c: char| c.is_alphanumeric() || is_name(c) || c == '@' || c == '/') {
        return None;
    }
    let end = behind.find(|c| !is_name(c)).unwrap_or(behind.len());
    let login = behind[..end].trim_end_matches(['.', '-', '_']);
    let shown = format!("<span class=\"mention\">@{login}</span>");
    names.is_account(login).then_some(FoundLink { kept: before.len(), shown, length: login.len() })
}

fn reference(before: &str, behind: &str, names: &impl LinkTargets) -> Option<FoundLink> {
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    if behind[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        return None;
    }
    let number: i64 = behind[..end].parse().ok()?;
    let kept = before
        .rfind(|c: char| !is_name(c) && c != '/')
        .map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
    if before[..kept].ends_with(char::is_alphanumeric) {
        return None;
    }
    let repo = Some(&before[kept..]).filter(|word| !word.is_empty());
    let path = names.thread(repo, number)?;
    let mut shown = String::new();
    shown.push_str("<a href=\"");
    escape(&path, &mut shown);
    shown.push_str("\">");
    escape(repo.unwrap_or_default(), &mut shown);
    shown.push_str(&format!("#{number}</a>"));
    Some(FoundLink { kept, shown, length: end })
}

/// `from` begins with the sign: the `h` of an address.
fn address(before: &str, from: &str) -> Option<FoundLink> {
    let host = from.strip_prefix("https://").or(from.strip_prefix("http://"))?;
    if before.ends_with(is_name) || !host.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let end =
        from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '"')).unwrap_or(from.len());
    let url = from[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '*']);
    let mut shown = opening(url);
    escape(url, &mut shown);
    shown.push_str("</a>");
    Some(FoundLink { kept: before.len(), shown, length: url.len() - 1 })
}

/// What names on the forge are made of.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
pub(super) mod tests {
    use crate::sandbox::page::link::*;

    /// A forge with anna, and the issues 1 to 9 of foundation/door.
    pub(in crate::sandbox::page) struct Door;

    impl LinkTargets for Door {
        fn is_account(&self, login: &str) -> bool {
            login == "anna"
        }

        fn thread(&self, repo: Option<&str>, number: i64) -> Option<String> {
            let here = repo.is_none_or(|repo| repo == "foundation/door");
            (here && (1..10).contains(&number)).then(|| format!("/foundation/door/issues/{number}"))
        }
    }

    #[test]
    fn accounts_and_threads_are_found() {
        assert_eq!(
            linked("(@anna, #1) foundation/door#2.", &Door),
            "(<span class=\"mention\">@anna</span>, <a href=\"/foundation/door/issues/1\">#1</a>) \
             <a href=\"/foundation/door/issues/2\">foundation/door#2</a>."
        );
    }

    #[test]
    fn addresses_are_links() {
        assert_eq!(
            linked("(https://example.org/#1?a&b).", &Door),
            "(<a rel=\"nofollow noopener noreferrer\" href=\"https://example.org/#1?a&amp;b\">\
             https://example.org/#1?a&amp;b</a>)."
        );
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "x@anna",
            "@nobody",
            "@",
            "#",
            "#12",
            "x#1",
            "a/b#1",
            "#1x",
            "#99999999999999999999",
            "é#1é",
            "https://",
            "xhttp://a",
            "h",
        ] {
            assert_eq!(linked(text, &Door).replace("&#39;", "'"), text);
        }
        assert_eq!(linked("<b>&@@", &Door), "&lt;b&gt;&amp;@@");
    }
}
