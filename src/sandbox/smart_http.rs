//! Clone, fetch and push: the addresses under which git finds a repository, and who may what there.
//! Git itself answers; what a push changed is told like any other push.

use super::api::ApiAnswer;
use super::git::transport::{GitRequest, PushWord, asked_moves};
use super::git::{BareRepo, RefMove};
use super::push_hints::push_hints;
use super::world::World;
use super::world::refusal::Refusal;
use super::world::repos::FoundRepo;
use super::world::rights::{Mode, Unit};
use super::world::tokens::{Access, Scopes};
use crate::core::model::ids::RepoId;

/// The parts of a repository that git asks for.
const SERVICES: [&str; 3] = ["info/refs", "git-upload-pack", "git-receive-pack"];

/// Where git asks: `/{owner}/{name}.git/{service}`.
pub(super) struct GitAddress<'a> {
    owner: &'a str,
    name: &'a str,
    service: &'static str,
    is_push: bool,
}

impl<'a> GitAddress<'a> {
    /// Reads a path; none if it is not one of git's.
    pub(super) fn read(path: &'a str, query: &str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.splitn(3, '/');
        let (owner, name, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let service = *SERVICES.iter().find(|service| **service == rest)?;
        let is_push = service == "git-receive-pack" || query.contains("service=git-receive-pack");
        let name = name.strip_suffix(".git").unwrap_or(name);
        Some(Self { owner, name, service, is_push })
    }
}

/// What a request says beside its address.
pub(super) struct GitBody<'a> {
    pub(super) method: &'a str,
    pub(super) query: &'a str,
    pub(super) content_type: &'a str,
    pub(super) content_encoding: &'a str,
    pub(super) protocol: &'a str,
    pub(super) bytes: &'a [u8],
}

/// Who asks, with a good token; and what that is good for.
pub(super) type Asker<'a> = Option<(i64, &'a Scopes)>;

/// A request that may be answered.
pub(super) enum Admitted {
    /// It reads: nothing needs to stand still for that.
    Reading(BareRepo),
    Answered(ApiAnswer),
}

/// Carries a push out, or says from where reading is answered.
pub(super) fn admit(
    world: &mut World,
    address: &GitAddress,
    asker: Asker,
    body: &GitBody,
) -> Admitted {
    let answer = match find(world, address, asker) {
        Ok(repo) if address.is_push => push(world, address, asker, (repo, body)),
        Ok(repo) => match world.code(repo) {
            Ok(code) => return Admitted::Reading(code),
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    Admitted::Answered(answer.unwrap_or_else(|refusal| refused(&refusal)))
}

/// Answers what reads.
pub(super) fn read(code: &BareRepo, address: &GitAddress, body: &GitBody) -> ApiAnswer {
    served(code, address, None, (body, &PushWord::None)).unwrap_or_else(|refusal| refused(&refusal))
}

fn refused(refusal: &Refusal) -> ApiAnswer {
    let answer = ApiAnswer::text(refusal.status(), refusal.message());
    match refusal {
        Refusal::Unauthorized(_) => {
            answer.with("WWW-Authenticate", "Basic realm=\"Gitea\"".to_owned())
        }
        Refusal::Moved(to) => answer.with("Location", to.clone()),
        _ => answer,
    }
}

fn find(world: &World, address: &GitAddress, asker: Asker) -> Result<RepoId, Refusal> {
    let user = asker.map(|(user, _)| user);
    let unknown = Refusal::Unauthorized("Unauthorized");
    let repo = match world.find_repo(address.owner, address.name, user) {
        Ok(FoundRepo::Repo(repo)) => repo,
        Ok(FoundRepo::Moved(name)) => {
            let path = format!("{}/{name}.git/{}", world.base, address.service);
            let query = if address.is_push { "git-receive-pack" } else { "git-upload-pack" };
            return Err(Refusal::Moved(format!("{path}?service={query}")));
        }
        Err(_) if user.is_none() => return Err(unknown),
        Err(refusal) => return Err(refusal),
    };
    let access = if address.is_push { Access::Write } else { Access::Read };
    if let Some((_, scopes)) = asker {
        scopes.require(access, "repository", world.version)?;
    }
    // Whoever may read may ask to push: what becomes of that is told branch by branch.
    if address.is_push && user.is_none() {
        return Err(unknown);
    }
    if address.is_push && world.repo(repo).archived {
        let text = "This repo is archived. You can view files and clone it, but cannot push or \
                    open issues/pull-requests.";
        return Err(Refusal::Forbidden(text.to_owned()));
    }
    Ok(repo)
}

/// Why a branch must not be moved by somebody; none if they may.
fn why_declined(world: &World, user: i64, repo: RepoId, moved: &RefMove) -> Option<String> {
    let branch = &moved.branch;
    if world.may_push_to(user, repo, branch) {
        return None;
    }
    let may_write = world.mode(Some(user), world.repo(repo), Unit::Code) >= Mode::Write;
    let text = match may_write {
        true => format!("Not allowed to push to protected branch {branch}"),
        false => "User permission denied for writing.".to_owned(),
    };
    Some(world.version.push_declined(&text))
}

fn push(
    world: &mut World,
    address: &GitAddress,
    asker: Asker,
    (repo, body): (RepoId, &GitBody),
) -> Result<ApiAnswer, Refusal> {
    let (user, _) = asker.ok_or(Refusal::Unauthorized("Unauthorized"))?;
    if !matches!(body.content_encoding, "" | "identity") {
        // What it asks for could not be looked at before.
        return Err(Refusal::BadRequest("a push must not be compressed as a whole".to_owned()));
    }
    let asked = match address.service {
        "git-receive-pack" => asked_moves(body.bytes),
        _ => Vec::new(),
    };
    let declined = asked.iter().find_map(|moved| why_declined(world, user, repo, moved));
    let word = match declined {
        Some(words) => PushWord::Declined(words),
        None => push_hints(world, repo, &asked),
    };
    let code = world.code(repo)?;
    let login = world.users[&user].login.clone();
    let answer = served(&code, address, Some(&login), (body, &word))?;
    let moved = moved_by(&code, asked)?;
    world.pushed(user, repo, &moved)?;
    Ok(answer)
}

/// Those of the moves that happened.
fn moved_by(code: &BareRepo, asked: Vec<RefMove>) -> Result<Vec<RefMove>, Refusal> {
    if asked.is_empty() {
        return Ok(asked);
    }
    let now = code.branches()?;
    let mut done = asked;
    done.retain(|moved| match now.get(&moved.branch) {
        Some(head) => *head == moved.after && *head != moved.before,
        None => moved.is_gone(),
    });
    Ok(done)
}

fn served(
    code: &BareRepo,
    address: &GitAddress,
    user: Option<&str>,
    (body, word): (&GitBody, &PushWord),
) -> Result<ApiAnswer, Refusal> {
    let request = GitRequest {
        service: address.service,
        method: body.method,
        query: body.query,
        content_type: body.content_type,
        content_encoding: body.content_encoding,
        protocol: body.protocol,
        user,
        body: body.bytes,
    };
    let answered = code.serve(&request, word)?;
    let mut answer = ApiAnswer::empty(answered.status);
    answer.body = answered.body;
    let content = answered.headers.into_iter().find(|(name, _)| name == "Content-Type");
    Ok(match content {
        Some((_, content)) => answer.with("Content-Type", content),
        None => answer,
    })
}

#[cfg(test)]
mod tests {
    use crate::sandbox::smart_http::*;

    #[test]
    fn gits_own_addresses_are_told_from_others() {
        let read = |path, query| {
            let address = GitAddress::read(path, query)?;
            Some((address.owner.to_owned(), address.name.to_owned(), address.is_push))
        };
        let door = |is_push| Some(("alexander".to_owned(), "door".to_owned(), is_push));
        let refs = "/alexander/door.git/info/refs";
        assert_eq!(read(refs, "service=git-upload-pack"), door(false));
        assert_eq!(read(refs, "service=git-receive-pack"), door(true));
        assert_eq!(read("/alexander/door.git/git-receive-pack", ""), door(true));
        for other in ["/api/v1/repos/alexander/door", "/alexander/door.git/objects/1", "/", ""] {
            assert_eq!(read(other, ""), None, "{other}");
        }
    }
}
