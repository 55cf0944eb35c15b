//! The templates that a repository has for issues.

use serde::Deserialize;
use serde_json::Value;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::or_default;
use crate::core::model::ids::RepoName;
use crate::core::scheduling::text::IssueTemplate;

/// One of them: Markdown in `content`, or the fields of a form in `body`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTemplate {
    #[serde(deserialize_with = "or_default")]
    title: String,
    #[serde(deserialize_with = "or_default")]
    content: String,
    #[serde(deserialize_with = "or_default")]
    body: Vec<WireField>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireField {
    attributes: Value,
}

impl Gitea {
    /// The templates for issues on the default branch, wherever Gitea looks for them; none if
    /// there are none. Those that it cannot read it leaves out.
    pub async fn issue_templates(&self, repo: &RepoName) -> Result<Vec<IssueTemplate>, Error> {
        let route =
            Route::new("repos/{owner}/{repo}/issue_templates", &[&repo.owner(), &repo.name()]);
        let templates: Option<Vec<WireTemplate>> = self.get(&route).await?.json()?;
        Ok(templates.unwrap_or_default().into_iter().map(IssueTemplate::from).collect())
    }
}

impl From<WireTemplate> for IssueTemplate {
    fn from(template: WireTemplate) -> Self {
        let mut texts = vec![template.content];
        for field in template.body {
            add_texts(field.attributes, &mut texts);
        }
        texts.retain(|text| !text.trim().is_empty());
        Self { title: template.title, texts }
    }
}

/// All that the attributes of a field may show: its label, what stands in it, its options.
fn add_texts(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.into_iter().for_each(|value| add_texts(value, texts)),
        Value::Object(fields) => fields.into_iter().for_each(|(_, value)| add_texts(value, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::gitea::templates::*;

    #[test]
    fn a_form_is_read_by_its_labels_values_and_options() {
        let json = r###"[
            {"name":"Bug","title":"[BUG] ","labels":null,"content":"## What\n","body":null},
            {"name":"Form","title":"","content":"","body":[
                {"type":"textarea","id":"a","attributes":{"label":"What?","value":"Say"},"validations":null},
                {"type":"dropdown","attributes":{"label":"Version","options":["1.0","2.0"]}},
                {"type":"checkboxes","attributes":{"options":[{"label":"I agree","required":true}]}},
                {"type":"input","attributes":null}]}]"###;
        let read: Vec<WireTemplate> = serde_json::from_str(json).unwrap();
        let read: Vec<IssueTemplate> = read.into_iter().map(Into::into).collect();
        assert_eq!(
            (read[0].title.as_str(), read[0].texts.as_slice()),
            ("[BUG] ", &["## What\n".to_owned()][..])
        );
        assert_eq!(read[1].texts, ["What?", "Say", "Version", "1.0", "2.0", "I agree"]);
    }
}
