//! HTML as strictly as it can be read: each element ends where it should, each name is there once.

use std::collections::{BTreeMap, BTreeSet};

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "link", "br", "hr"];

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// What stands in it, without markup.
    pub(crate) text: String,
    /// The element around it.
    parent: Option<usize>,
}

/// A page that is well formed.
#[derive(Debug)]
pub(crate) struct Html {
    pub(crate) elements: Vec<Element>,
}

impl Html {
    /// Reads a page, and panics where it is not well formed.
    pub(crate) fn read(page: &str) -> Self {
        let mut rest = page.trim_end().strip_prefix("<!DOCTYPE html>").expect("a doctype");
        let (mut elements, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
        while let Some((text, behind)) = rest.split_once('<') {
            say(&mut elements, &open, text);
            let (tag, behind) = behind.split_once('>').expect("a tag ends");
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop().unwrap_or_else(|| panic!("</{name}> ends nothing"));
                assert_eq!(elements[last].name, name, "another element is open");
                continue;
            }
            let element = element(tag, open.last().copied());
            let is_void = VOID.contains(&element.name.as_str());
            elements.push(element);
            if !is_void {
                open.push(elements.len() - 1);
            }
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "it ends too early: {rest}");
        Self { elements }
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// All that is written on it.
    pub(crate) fn text(&self) -> &str {
        &self.elements[0].text
    }

    /// Where its links lead.
    pub(crate) fn links(&self) -> BTreeSet<&str> {
        self.all("a").map(|link| link.attributes["href"].as_str()).collect()
    }

    /// What everybody can rely on who reads it by ear or by keyboard.
    pub(crate) fn assert_accessible(&self) {
        assert_eq!(self.elements[0].attributes["lang"], "en");
        let ids: Vec<&String> =
            self.elements.iter().filter_map(|one| one.attributes.get("id")).collect();
        let unique: BTreeSet<&String> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id is there twice: {ids:?}");
        for element in &self.elements {
            for (name, value) in &element.attributes {
                assert!(!name.starts_with("on") && name != "style", "{element:?}");
                if name == "aria-labelledby" {
                    assert!(unique.contains(value), "nothing is called {value}");
                }
            }
        }
        for name in ["script", "style", "img", "form", "iframe", "object"] {
            assert_eq!(self.all(name).count(), 0, "{name}");
        }
        for name in ["main", "h1", "title", "header", "footer"] {
            assert_eq!(self.all(name).count(), 1, "{name}");
        }
        assert!(self.all("nav").all(|nav| nav.attributes.contains_key("aria-label")));
        assert!(self.all("section").all(|part| part.attributes.contains_key("aria-labelledby")));
        self.assert_headings();
        self.assert_tables();
        let skip = self.all("a").next().expect("a link");
        assert_eq!(skip.attributes["href"], "#main", "the first link skips what is on each page");
        for link in self.links().iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(unique.contains(&link.to_owned()), "nothing is called {link}");
        }
        assert!(self.all("a").all(|link| !link.text.trim().is_empty()), "a link without a name");
    }

    fn assert_headings(&self) {
        let levels = self.elements.iter().filter_map(|one| one.name.strip_prefix('h'));
        let levels: Vec<u32> = levels.filter_map(|level| level.parse().ok()).collect();
        assert_eq!(levels.first(), Some(&1));
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    }

    fn assert_tables(&self) {
        for (nth, table) in self.elements.iter().enumerate() {
            if table.name == "table" {
                let first = &self.elements[nth + 1];
                assert_eq!((first.name.as_str(), first.parent), ("caption", Some(nth)));
            }
        }
        assert!(self.all("th").all(|head| head.attributes.contains_key("scope")));
        // Cards below one another are a table to whoever hears them only where roles say so.
        for (name, role) in
            [("table", "table"), ("thead", "rowgroup"), ("tbody", "rowgroup"), ("tr", "row")]
        {
            assert!(self.all(name).all(|one| one.attributes.get("role") == Some(&role.to_owned())));
        }
        for head in self.all("th") {
            let role = if head.attributes["scope"] == "col" { "columnheader" } else { "rowheader" };
            assert_eq!(head.attributes["role"], role, "{head:?}");
        }
        assert!(self.all("td").all(|cell| cell.attributes["role"] == "cell"));
        // On a phone the headings of columns stand beside the cells.
        assert!(self.all("td").all(|cell| !cell.attributes["data-label"].is_empty()));
    }
}

/// Adds a text to all elements that are open.
fn say(elements: &mut [Element], open: &[usize], text: &str) {
    let text = unescaped(text);
    for nth in open {
        elements[*nth].text.push_str(&text);
    }
}

fn element(tag: &str, parent: Option<usize>) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "<{tag}>");
    let mut attributes = BTreeMap::new();
    while !rest.trim().is_empty() {
        let (key, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("<{tag}>"));
        let (value, behind) = behind.split_once('"').unwrap_or_else(|| panic!("<{tag}>"));
        let is_new = attributes.insert(key.trim().to_owned(), unescaped(value)).is_none();
        assert!(is_new, "an attribute is there twice: <{tag}>");
        rest = behind;
    }
    Element { name: name.to_owned(), attributes, text: String::new(), parent }
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains('>'), "a bare > in {text}");
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, behind) = part.split_once(';').unwrap_or_else(|| panic!("a bare & in {text}"));
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let code = number.strip_prefix('#').and_then(|code| code.parse().ok());
                code.and_then(char::from_u32).unwrap_or_else(|| panic!("&{name};"))
            }
        });
        plain.push_str(behind);
    }
    plain
}
