//! What the templates print, read from the forge's memory.

use crate::core::model::ids::{RepoId, RepoName, Subject};
use crate::core::model::time::{Timestamp, rounded};
use crate::sandbox::world::World;
use crate::sandbox::world::rights::Mode;

use crate::sandbox::world::records::{CommentRecord, IssueRecord};
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::search::Filter;

use super::link::LinkTargets;
use super::markdown::{Harmless, render};

/// A line of the list of issues.
pub(super) struct IssueRow {
    pub(super) number: i64,
    pub(super) title: String,
    pub(super) open: bool,
    pub(super) author: String,
    pub(super) opened: Moment,
    pub(super) labels: Vec<ShownLabel>,
    pub(super) assignees: Vec<String>,
    pub(super) comments: usize,
}

/// An issue with all that was said.
pub(super) struct ShownThread {
    pub(super) number: i64,
    pub(super) title: String,
    pub(super) open: bool,
    pub(super) labels: Vec<ShownLabel>,
    pub(super) assignees: Vec<String>,
    /// The issue's own text first.
    pub(super) posts: Vec<Post>,
}

pub(super) struct Post {
    /// The number of the comment; none for the issue's own text.
    pub(super) comment: Option<i64>,
    pub(super) author: String,
    /// What they are in this repository.
    pub(super) role: &'static str,
    pub(super) written: Moment,
    pub(super) edited: Option<Moment>,
    /// As written.
    pub(super) source: String,
    pub(super) html: Harmless,
    pub(super) reactions: Vec<ShownReaction>,
}

/// A kind of reaction, and whose it is.
pub(super) struct ShownReaction {
    pub(super) picture: &'static str,
    pub(super) who: Vec<String>,
}

pub(super) struct ShownLabel {
    pub(super) name: String,
    pub(super) color: String,
}

/// A time, for machines and for people.
pub(super) struct Moment {
    pub(super) exact: String,
    pub(super) ago: String,
}

impl Moment {
    fn new(moment: Timestamp, now: Timestamp) -> Self {
        let since = now.since(moment);
        let ago = match since.as_secs() {
            0..90 => "just now".to_owned(),
            _ => format!("{} ago", rounded(since)),
        };
        Self { exact: moment.to_string(), ago }
    }
}

impl ShownThread {
    /// Who wrote comment `id`, if it is one of this thread.
    pub(super) fn author_of(&self, id: i64) -> Option<&str> {
        let post = self.posts.iter().find(|post| post.comment == Some(id))?;
        Some(&post.author)
    }

    /// Who spoke last and is not `bot`: the one whose part is proposed next.
    pub(super) fn last_speaker(&self, bot: &str) -> Option<&str> {
        self.posts.iter().map(|post| post.author.as_str()).rfind(|author| *author != bot)
    }
}

/// The issues of a repository, newest first.
pub(super) fn rows(
    world: &World,
    repo: &RepoName,
    now: Timestamp,
) -> Result<Vec<IssueRow>, Refusal> {
    let repo = world.repo_named(repo)?;
    let issues = world.find_issues(&[repo], &Filter::default());
    Ok(issues.iter().map(|id| row(world, world.issue(*id), now)).collect())
}

fn row(world: &World, issue: &IssueRecord, now: Timestamp) -> IssueRow {
    IssueRow {
        number: issue.number,
        title: issue.title.clone(),
        open: issue.is_open(),
        author: login(world, issue.author),
        opened: Moment::new(issue.created, now),
        labels: labels(world, issue),
        assignees: assignees(world, issue),
        comments: issue.comments.len(),
    }
}

/// The thread `number` of a repository.
pub(super) fn thread(
    world: &World,
    repo: &RepoName,
    number: i64,
    now: Timestamp,
) -> Result<ShownThread, Refusal> {
    let repo = world.repo_named(repo)?;
    let issue = world.issue(world.thread(repo, number)?);
    let said = issue.comments.iter().filter_map(|id| world.comments.get(id));
    let mut posts = vec![opening(world, issue, now)];
    posts.extend(said.map(|comment| post(world, issue, comment, now)));
    Ok(ShownThread {
        number,
        title: issue.title.clone(),
        open: issue.is_open(),
        labels: labels(world, issue),
        assignees: assignees(world, issue),
        posts,
    })
}

fn opening(world: &World, issue: &IssueRecord, now: Timestamp) -> Post {
    Post {
        comment: None,
        author: login(world, issue.author),
        role: role(world, issue.author, issue),
        written: Moment::new(issue.created, now),
        edited: None,
        source: issue.body.clone(),
        html: render(&issue.body, &KnownNames { world, repo: issue.repo }),
        reactions: reactions(world, Subject::Issue(issue.id)),
    }
}

fn post(world: &World, issue: &IssueRecord, comment: &CommentRecord, now: Timestamp) -> Post {
    Post {
        comment: Some(comment.id),
        author: login(world, comment.author),
        role: role(world, comment.author, issue),
        written: Moment::new(comment.created, now),
        edited: (comment.edits > 0).then(|| Moment::new(comment.updated, now)),
        source: comment.body.clone(),
        html: render(&comment.body, &KnownNames { world, repo: issue.repo }),
        reactions: reactions(world, Subject::Comment(comment.id)),
    }
}

fn login(world: &World, user: i64) -> String {
    world.users[&user].login.clone()
}

fn role(world: &World, user: i64, issue: &IssueRecord) -> &'static str {
    match world.mode(Some(user), world.repo(issue.repo), issue.unit()) {
        Mode::Owner => "Owner",
        Mode::Admin | Mode::Write => "Collaborator",
        Mode::Read | Mode::None => "",
    }
}

fn labels(world: &World, issue: &IssueRecord) -> Vec<ShownLabel> {
    let held = world.labels_on(issue.id).into_iter();
    held.map(|label| ShownLabel { name: label.name.clone(), color: label.color.clone() }).collect()
}

fn assignees(world: &World, issue: &IssueRecord) -> Vec<String> {
    issue.assignees.iter().map(|&user| login(world, user)).collect()
}

fn reactions(world: &World, subject: Subject) -> Vec<ShownReaction> {
    let mut grouped: Vec<ShownReaction> = Vec::new();
    for reaction in world.reactions_to(subject) {
        let (picture, who) = (picture(&reaction.content), login(world, reaction.user));
        match grouped.iter_mut().find(|group| group.picture == picture) {
            Some(group) => group.who.push(who),
            None => grouped.push(ShownReaction { picture, who: vec![who] }),
        }
    }
    grouped
}

fn picture(content: &str) -> &'static str {
    match content {
        "+1" => "👍",
        "-1" => "👎",
        "laugh" => "😄",
        "hooray" => "🎉",
        "confused" => "😕",
        "heart" => "❤️",
        "rocket" => "🚀",
        _ => "👀",
    }
}

/// What a mention or a reference can point to.
struct KnownNames<'w> {
    world: &'w World,
    /// Where it stands.
    repo: RepoId,
}

impl LinkTargets for KnownNames<'_> {
    fn is_account(&self, login: &str) -> bool {
        self.world.user_named(login).is_ok()
    }

    fn thread(&self, repo: Option<&str>, number: i64) -> Option<String> {
        let repo = match repo {
            Some(name) => self.world.repo_named(&name.parse().ok()?).ok()?,
            None => self.repo,
        };
        self.world.thread(repo, number).ok()?;
        Some(format!("/{}/issues/{number}", self.world.full_name(repo)))
    }
}
