//! What JSON must look like: the language of the fixtures.
//!
//! A shape is JSON itself. `null`, `true` and `false` stand for themselves, a number for any
//! number, `""` for any text, `"=x"` for the text `x`, `"*x"` for a text that ends in `x`,
//! `"?"` for anything, `"@name"` for a shape of `shapes.json`. An array of one shape stands
//! for one or more such items, a longer one for just these items, an empty one for none. An
//! object has exactly the keys of its shape, unless it says `"@some"`; `"@like"` takes over a
//! named shape but for the keys that follow; `"@set"` lists texts in any order.

use serde_json::{Map, Value};

/// The named shapes.
pub(crate) struct Shapes(Map<String, Value>);

impl Shapes {
    pub(crate) fn read(json: &str) -> Self {
        Self(serde_json::from_str(json).expect("an object of shapes"))
    }

    /// The same shapes but for what `json` says: of each that it names, the keys that it gives,
    /// and none of those `"@without"`.
    pub(crate) fn but(mut self, json: &str) -> Self {
        for (name, mut other) in Self::read(json).0 {
            let other = other.as_object_mut().expect("a shape of an object");
            let without = other.remove("@without").unwrap_or_default();
            let shape = self.0.entry(name).or_insert_with(|| Map::new().into());
            let shape = shape.as_object_mut().expect("a shape of an object");
            shape.retain(|key, _| !sorted(&without).contains(&key.as_str()));
            shape.append(other);
        }
        self
    }

    /// Where `actual` differs from `shape`, one line a place.
    pub(crate) fn differences(&self, shape: &Value, actual: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.compare(shape, actual, "", &mut found);
        found
    }

    fn compare(&self, shape: &Value, actual: &Value, place: &str, found: &mut Vec<String>) {
        let fits = match (shape, actual) {
            (Value::String(text), _) if text.starts_with('@') => {
                return self.compare(&self.0[&text[1..]], actual, place, found);
            }
            (Value::String(text), _) if text == "?" => true,
            (Value::String(wanted), Value::String(text)) => fits_text(wanted, text),
            (Value::Number(_), Value::Number(_)) => true,
            (Value::Array(shapes), Value::Array(items)) => {
                return self.compare_items(shapes, items, place, found);
            }
            (Value::Object(shape), _) if shape.contains_key("@set") => {
                sorted(&shape["@set"]) == sorted(actual)
            }
            (Value::Object(shape), Value::Object(object)) => {
                return self.compare_keys(shape, object, place, found);
            }
            _ => shape == actual,
        };
        if !fits {
            found.push(format!("{place}: expected {shape}, found {actual}"));
        }
    }

    fn compare_items(
        &self,
        shapes: &[Value],
        items: &[Value],
        place: &str,
        found: &mut Vec<String>,
    ) {
        if shapes.len() != 1 && shapes.len() != items.len() || shapes.len() > items.len() {
            found.push(format!("{place}: expected {} items, found {}", shapes.len(), items.len()));
            return;
        }
        for (at, (shape, item)) in shapes.iter().cycle().zip(items).enumerate() {
            self.compare(shape, item, &format!("{place}[{at}]"), found);
        }
    }

    fn compare_keys(
        &self,
        shape: &Map<String, Value>,
        object: &Map<String, Value>,
        place: &str,
        found: &mut Vec<String>,
    ) {
        let wanted = self.expanded(shape);
        for (key, shape) in &wanted {
            match object.get(key) {
                Some(actual) => self.compare(shape, actual, &format!("{place}.{key}"), found),
                None => found.push(format!("{place}.{key}: missing")),
            }
        }
        if !shape.contains_key("@some") {
            let more = object.keys().filter(|key| !wanted.contains_key(*key));
            found.extend(more.map(|key| format!("{place}.{key}: not expected")));
        }
    }

    /// The keys of a shape, with those that it takes over.
    fn expanded(&self, shape: &Map<String, Value>) -> Map<String, Value> {
        let like = shape.get("@like").and_then(Value::as_str);
        let base = like.and_then(|name| self.0[&name[1..]].as_object());
        let mut all = base.map(|base| self.expanded(base)).unwrap_or_default();
        all.extend(shape.clone());
        all.retain(|key, _| !key.starts_with('@'));
        all
    }
}

fn fits_text(wanted: &str, text: &str) -> bool {
    match (wanted.strip_prefix('='), wanted.strip_prefix('*')) {
        (Some(exact), _) => text == exact,
        (_, Some(end)) => text.ends_with(end),
        _ => wanted.is_empty(),
    }
}

fn sorted(list: &Value) -> Vec<&str> {
    let mut texts: Vec<&str> =
        list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    texts.sort_unstable();
    texts
}
