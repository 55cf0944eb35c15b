//! The words of a notification: what waits, and where it is looked at.

use askama::Template;
use serde::Serialize;

use super::subject::NotificationSubject;
use crate::core::model::ids::RepoName;

/// Where on the forge something is looked at; its front page, where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePlace {
    pub repo: Option<RepoName>,
    /// The issue or the pull request there.
    pub number: Option<i64>,
    /// The comment there.
    pub comment: Option<i64>,
}

impl MessagePlace {
    /// Its address below `forge`, which ends with a slash.
    fn link(&self, forge: &str) -> String {
        let Some(repo) = &self.repo else { return forge.to_owned() };
        let mut link = format!("{forge}{repo}");
        if let Some(number) = self.number {
            link.push_str(&format!("/issues/{number}"));
            if let Some(comment) = self.comment {
                link.push_str(&format!("#issuecomment-{comment}"));
            }
        }
        link
    }
}

/// What a receiver gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The same whenever it is sent again: so a receiver knows that it has it already.
    pub id: String,
    /// `decision`, `dead_letter` or `incident`.
    pub kind: &'static str,
    /// `d7`, `j42`, `agent ezra: down`, or a word for what else is wrong.
    pub name: String,
    /// What is to be done, where an agent needs something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    pub link: String,
}

impl Message {
    /// What is to be told of `subject`, which is looked at in `place` below `forge`.
    pub fn of(
        id: String,
        subject: &NotificationSubject,
        place: &MessagePlace,
        forge: &str,
    ) -> Self {
        let (kind, name, remedy) = (subject.kind().name(), subject.name(), subject.remedy());
        Self { id, kind, name, remedy, link: place.link(forge) }
    }

    /// The same as two lines for people.
    pub fn text(&self) -> String {
        // The name of an agent stays as it is written.
        let words = match self.remedy {
            Some(_) => self.name.clone(),
            None => self.name.replace('_', " "),
        };
        let (kind, remedy, link) = (self.kind, self.remedy, self.link.as_str());
        let template = MessageTemplate { kind, words: &words, remedy, link };
        template.render().expect("a String takes everything").trim_end().to_owned()
    }
}

#[derive(Template)]
#[template(path = "notify.txt")]
struct MessageTemplate<'a> {
    kind: &'a str,
    words: &'a str,
    remedy: Option<&'a str>,
    link: &'a str,
}

#[cfg(test)]
mod tests {
    use crate::core::command::value::{DecisionId, JobId};
    use crate::core::model::incident::{AgentProblem, Incident};
    use crate::core::model::time::Timestamp;
    use crate::core::notify::message::*;

    const FORGE: &str = "https://git.example.org/git/";

    fn told(subject: NotificationSubject, place: &MessagePlace) -> Message {
        Message::of("x-1".to_owned(), &subject, place, FORGE)
    }

    fn thread() -> MessagePlace {
        let repo = Some("foundation/door".parse().unwrap());
        MessagePlace { repo, number: Some(4), comment: Some(12) }
    }

    #[test]
    fn a_message_is_one_sentence_and_a_link() {
        let decision = told(NotificationSubject::Decision(DecisionId(7)), &thread());
        assert_eq!(
            decision.text(),
            "d7 waits for an answer.\n\
             https://git.example.org/git/foundation/door/issues/4#issuecomment-12"
        );
        let at = Timestamp::from_micros(1);
        let job = told(NotificationSubject::Job { job: JobId(42), at }, &thread());
        assert!(job.text().starts_with("j42 was given up.\n"), "{}", job.text());
        let effect = NotificationSubject::Effect { key: "c812".to_owned() };
        let message = told(effect, &MessagePlace { comment: None, ..thread() });
        assert_eq!(
            message.text(),
            "A message could not be delivered.\n\
             https://git.example.org/git/foundation/door/issues/4"
        );
    }

    /// What is wrong may hold the name of a private repository: a word says what kind of thing it is.
    #[test]
    fn an_incident_is_a_word_and_no_name() {
        let what = "foundation/cellar".to_owned();
        let incident = NotificationSubject::Incident(Incident::CannotRead { what });
        let message = told(incident, &MessagePlace::default());
        assert_eq!(message.text(), format!("Something is wrong: cannot read.\n{FORGE}"));
        assert!(!serde_json::to_string(&message).unwrap().contains("cellar"));
    }

    /// Whoever is called has to know which one, and what for.
    #[test]
    fn an_agent_is_named_with_what_to_do() {
        let (name, problem) = ("night_owl".to_owned(), AgentProblem::BadKey);
        let subject = NotificationSubject::Incident(Incident::Agent { name, problem });
        let message = told(subject, &MessagePlace::default());
        assert_eq!(
            message.text(),
            format!(
                "Something is wrong with agent night_owl: key refused. Put its gateway's key into \
                 its key_file, and restart timmy serve.\n{FORGE}"
            )
        );
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(json["name"], "agent night_owl: key refused");
        assert_eq!(json["remedy"], AgentProblem::BadKey.remedy());
    }

    #[test]
    fn a_program_gets_the_same_in_four_fields() {
        let message = told(NotificationSubject::Decision(DecisionId(7)), &thread());
        assert_eq!(
            serde_json::to_value(&message).unwrap(),
            serde_json::json!({
                "id": "x-1",
                "kind": "decision",
                "name": "d7",
                "link": "https://git.example.org/git/foundation/door/issues/4#issuecomment-12",
            })
        );
    }
}
