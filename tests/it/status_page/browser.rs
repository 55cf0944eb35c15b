//! In a real browser, on a phone and on a desk, by day and by night.

use std::path::Path;

use super::stage::site;
use crate::page::browser::Browser;

#[tokio::test]
async fn a_phone_and_a_desk_show_it_whole() {
    let Some(mut browser) = Browser::start() else { return };
    let site = site().await;
    let pages = [("all", "/".to_owned()), ("job", format!("/jobs/{}", site.claimed))];
    let address = site.address;
    let looking = move || {
        for (name, path) in pages {
            for width in [400, 1280] {
                for is_dark in [false, true] {
                    browser.look_from(width, is_dark);
                    browser.open(&format!("http://{address}{path}"));
                    browser.until(&format!("location.pathname === '{path}'"));
                    let what = format!("{name}-{width}-{}", if is_dark { "dark" } else { "light" });
                    assert_fits(&mut browser, &what);
                    keep(&browser.screenshot(), &what);
                }
            }
            assert_skips(&mut browser);
        }
        assert_eq!(browser.complaints(), Vec::<String>::new());
    };
    tokio::task::spawn_blocking(looking).await.unwrap();
    site.stage.end().await;
}

/// Nobody has to scroll sideways, whatever is unfolded, and the style is there.
fn assert_fits(browser: &mut Browser, what: &str) {
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
    let over = browser.evaluate(
        "[document.documentElement.scrollWidth - document.documentElement.clientWidth, \
          [...document.querySelectorAll('body *')].filter(one => \
              one.getBoundingClientRect().right > document.documentElement.clientWidth + 1) \
              .map(one => one.outerHTML.slice(0, 80))]",
    );
    assert_eq!(over, serde_json::json!([0, []]), "{what} is too wide");
    let margin = browser.evaluate("getComputedStyle(document.body).margin");
    assert_eq!(margin, "0px", "{what} has no style");
}

/// The first key leads to a link that is seen then, and skips what is on each page.
fn assert_skips(browser: &mut Browser) {
    browser.press_tab();
    let skip = "document.activeElement.matches('.skip') \
                && document.activeElement.getBoundingClientRect().top >= 0";
    browser.until(skip);
    browser.click(".skip");
    browser.until("document.activeElement.id === 'main'");
}

/// Keeps a picture for whoever wants to see it.
fn keep(picture: &[u8], what: &str) {
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 10_000, "{what} is empty");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("status_page");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{what}.png")), picture).unwrap();
}
