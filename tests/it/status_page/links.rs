//! Every link leads somewhere.

use std::collections::{BTreeSet, VecDeque};

use super::stage::{Site, site};
use crate::support::forge::http_client;

#[tokio::test]
async fn every_link_leads_somewhere() {
    let site = site().await;
    let (mut seen, mut next) = (BTreeSet::new(), VecDeque::from(["/".to_owned()]));
    let mut outward = BTreeSet::new();
    while let Some(path) = next.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = site.page(&path).await;
        for link in page.links() {
            match link {
                own if own.starts_with('/') => next.push_back(own.to_owned()),
                own if own.starts_with('#') => {}
                other => {
                    outward.insert(other.to_owned());
                }
            }
        }
    }
    for job in [site.delivered, site.claimed, site.dead, site.hidden] {
        assert!(seen.contains(&format!("/jobs/{job}")), "{job}: {seen:?}");
    }
    assert!(outward.iter().any(|link| link.contains("#issuecomment-")), "{outward:?}");
    for link in &outward {
        assert_leads_somewhere(&site, link).await;
    }
    site.stage.end().await;
}

/// The forge in the test has no pages: what each would show is asked of its API.
async fn assert_leads_somewhere(site: &Site, link: &str) {
    let forge = site.stage.app.sandbox.url().trim_end_matches('/');
    let path = link.strip_prefix(forge).unwrap_or_else(|| panic!("{link} leads elsewhere"));
    let (thread, comment) = match path.split_once("#issuecomment-") {
        Some((thread, comment)) => (thread, Some(comment)),
        None => (path, None),
    };
    let mut asked = vec![format!("{forge}/api/v1/repos{thread}")];
    if let Some(comment) = comment {
        let (repo, _) = thread.split_once("/issues/").expect("a thread");
        asked.push(format!("{forge}/api/v1/repos{repo}/issues/comments/{comment}"));
    }
    for url in asked {
        let token = format!("token {}", site.stage.app.timmy.token);
        let answer = http_client().get(&url).header("Authorization", token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{link}: {url}");
    }
}
