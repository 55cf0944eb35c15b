//! Asks the authors of issues that would be next what their texts do not say (`dispatch.ask_scope`).
//!
//! Before a question is asked, the forge is: whether the issue still says nothing, nobody has locked
//! it, and no other ledger of this account asked the same.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::automatic::{AutomaticWork, KEPT};
use super::context::Context;
use super::identity::Identity;
use super::incidents::Incidents;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::scope_question::{asked_by, question, question_key};
use crate::core::scheduling::text::TextReader;
use crate::core::scheduling::{QUESTIONS_A_DAY, QuestionTerms, RankedBacklog, Readiness};
use crate::gitea;
use crate::store::ask_scope::{self, AskTerms, NewScopeQuestion};
use crate::store::{Connection, Error, Transaction, backlog, meta, scope_questions};

/// How many issues are looked at in one round.
const MOST: usize = 8;

/// How long an issue is passed over about whose author something speaks against a question.
const STRANGE: Duration = Duration::from_secs(60 * 60);

pub(super) struct ScopeQuestions {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    reader: Arc<TextReader>,
    /// The issues that are not asked about for a while, and until when.
    passed_over: Mutex<HashMap<ThreadId, Timestamp>>,
}

/// What the ledger knows of questions.
struct Known {
    left_today: u32,
    terms: QuestionTerms,
    repos: Vec<Repo>,
    ledger: Option<String>,
}

/// What a look at an issue on the forge shows.
enum IssueLook {
    /// Its author may be asked for what this does not say.
    Lacks(Readiness, Timestamp),
    /// Another ledger has asked, then, by the comment with this key.
    WasAsked(Readiness, String, Timestamp),
    /// Nobody is to be asked for a while.
    PassOver(Duration),
}

impl ScopeQuestions {
    pub(super) fn new(
        ctx: &Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        reader: Arc<TextReader>,
    ) -> Self {
        let (ctx, passed_over) = (ctx.for_background(), Mutex::default());
        Self { ctx, identity, incidents, reader, passed_over }
    }

    /// Asks about what would be next of `judged`.
    pub(super) async fn ask(
        &self,
        judged: &RankedBacklog,
        automatic: &AutomaticWork,
    ) -> Result<(), Error> {
        let Some(own) = self.identity.known().filter(|_| self.ctx.policy.dispatch.ask_scope) else {
            return Ok(());
        };
        for _ in 0..MOST {
            let known = self.known().await?;
            let Some(ledger) = known.ledger.as_deref().filter(|_| known.left_today > 0) else {
                return Ok(());
            };
            let Some(thread) = judged.to_ask(&known.terms) else { return Ok(()) };
            let author = judged.facts(thread).and_then(|facts| facts.author.clone());
            let place = known.repos.iter().find(|repo| repo.id == thread.repo);
            let (Some(author), Some(place)) = (author, place) else {
                self.pass_over(thread, STRANGE);
                continue;
            };
            if !automatic.trusts(&author, place).await? {
                self.pass_over(thread, STRANGE);
                continue;
            }
            match self.look((place, thread.number), &author, own).await {
                Ok(IssueLook::Lacks(readiness, since)) => {
                    let key = question_key(ledger, thread);
                    let words = (own.login.as_str(), key.as_str());
                    let comment = question(&author, &readiness.lacks(), words, since);
                    let author = Account::clone(&author);
                    let new = NewScopeQuestion { thread, author, readiness, key, comment };
                    if self.put(new, judged).await? {
                        // One question a look is enough: what is asked takes its place, and what is
                        // next then, the next look tells.
                        return Ok(());
                    }
                }
                Ok(IssueLook::WasAsked(readiness, key, at)) => {
                    let write = move |tx: &Transaction<'_>| {
                        ask_scope::was_asked(tx, thread, &key, readiness, at)
                    };
                    self.ctx.ledger.write(write).await?;
                }
                Ok(IssueLook::PassOver(span)) => self.pass_over(thread, span),
                Err(error) => {
                    self.incidents.met(&error, thread).await;
                    self.pass_over(thread, KEPT);
                }
            }
        }
        Ok(())
    }

    /// Asks, if nothing speaks against it in the act. Whether it did.
    async fn put(&self, new: NewScopeQuestion, judged: &RankedBacklog) -> Result<bool, Error> {
        let (thread, now) = (new.thread, self.ctx.now());
        let terms = AskTerms {
            rules: judged.setting.rules.clone(),
            most: QUESTIONS_A_DAY,
            day_began: now.day_began(&self.ctx.policy.zone),
        };
        let asked = self.ctx.ledger.write(move |tx| ask_scope::ask(tx, &new, &terms, now)).await?;
        match asked {
            true => {
                tracing::info!(issue = thread.number, "author asked what is to be done");
                self.ctx.stored.notify();
            }
            false => self.pass_over(thread, KEPT),
        }
        Ok(asked)
    }

    async fn known(&self) -> Result<Known, Error> {
        let now = self.ctx.now();
        let day_began = now.day_began(&self.ctx.policy.zone);
        let passed_over = self.passed_over_at(now);
        let read = move |conn: &Connection| {
            let asked = scope_questions::asked_since(conn, day_began)?;
            let terms = QuestionTerms { passed_over, ..scope_questions::terms(conn)? };
            Ok(Known {
                left_today: QUESTIONS_A_DAY.saturating_sub(asked),
                terms,
                repos: backlog::tracked(conn)?,
                ledger: meta::get(conn, meta::LEDGER)?,
            })
        };
        self.ctx.ledger.read(read).await
    }

    /// How an issue by `author` is on the forge now.
    async fn look(
        &self,
        (repo, number): (&Repo, i64),
        author: &Account,
        own: &Account,
    ) -> Result<IssueLook, gitea::Error> {
        let issue = self.ctx.gitea.issue(&repo.name, number).await?;
        let Issue { open, locked, is_pull, title, body, created_at, updated_at, .. } = &issue;
        let is_same = issue.author.as_ref().is_some_and(|by| by.id == author.id);
        if !open || *locked || *is_pull || !is_same {
            return Ok(IssueLook::PassOver(STRANGE));
        }
        let readiness = self.reader.read(repo.id, title, body).readiness;
        if readiness.scope {
            return Ok(IssueLook::PassOver(KEPT));
        }
        let said = self.ctx.gitea.comments_by(&repo.name, number, own, *created_at).await?;
        let mut earlier = said.iter().filter_map(|one| Some((asked_by(&one.body)?, one)));
        Ok(match earlier.next() {
            Some((key, one)) => IssueLook::WasAsked(readiness, key.to_owned(), one.created_at),
            None => IssueLook::Lacks(readiness, *updated_at),
        })
    }

    fn pass_over(&self, thread: ThreadId, span: Duration) {
        let until = self.ctx.now().after(span);
        let mut passed_over = self.passed_over.lock().unwrap_or_else(PoisonError::into_inner);
        passed_over.insert(thread, until);
    }

    fn passed_over_at(&self, now: Timestamp) -> BTreeSet<ThreadId> {
        let mut passed_over = self.passed_over.lock().unwrap_or_else(PoisonError::into_inner);
        passed_over.retain(|_, until| *until > now);
        passed_over.keys().copied().collect()
    }
}
