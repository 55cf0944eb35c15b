//! Is there a webhook for everything that is watched, and is it as it should be?

use url::Url;

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::cli::hooks::{HookPlace, judge as judge_hooks};
use crate::gitea::Error;

const WEBHOOK: &str = "webhook";

/// What the forge shows of the webhooks that call `url`.
pub(super) fn judge(url: &Url, places: &Result<Vec<HookPlace>, Error>) -> CheckResult {
    let places = match places {
        Ok(places) => places,
        Err(error) => return hidden(&in_short(error)),
    };
    let faulty: Vec<String> = judge_hooks(places)
        .iter()
        .filter(|judged| !judged.faults.is_empty())
        .map(|judged| {
            let faults: Vec<String> = judged.faults.iter().map(ToString::to_string).collect();
            format!("webhook {} of {}: {}", judged.hook.id, judged.home, faults.join("; "))
        })
        .collect();
    let missing: Vec<&HookPlace> = places.iter().filter(|place| place.is_missing(places)).collect();
    if let Some(first) = missing.first() {
        return lacking(url, first, missing.len());
    }
    if let Some(first) = faulty.first() {
        return CheckResult::broken(WEBHOOK, format!("{first}."), "Run timmy hooks repair.");
    }
    let refused = places.iter().filter(|place| place.is_needed);
    match refused.filter_map(|place| Some((place, place.ours.as_ref().err()?))).next() {
        Some((place, error)) => hidden(&format!("{}: {}", place.home, in_short(error))),
        None => CheckResult::good(WEBHOOK, "Each watched place has its webhook, with all events."),
    }
}

/// Polling works without; it is only slower.
pub(super) fn none_configured() -> CheckResult {
    CheckResult::warning(
        WEBHOOK,
        "There is no [webhook] in the configuration: timmy hears by polling alone.",
        "Add the table, so that it hears at once. timmy init writes an example.",
    )
}

fn lacking(url: &Url, place: &HookPlace, count: usize) -> CheckResult {
    let more = match count {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let similar = place.similar.first().map_or_else(String::new, |(id, url)| {
        format!(" Webhook {id} calls {url}, which is not quite that.")
    });
    CheckResult::broken(
        WEBHOOK,
        format!("No webhook of {}{more} calls {url}.{similar}", place.home),
        "Run timmy hooks install, with --token-file FILE if timmy's account may not: a token of \
         an owner of the organisation.",
    )
}

fn hidden(why: &str) -> CheckResult {
    CheckResult::warning(
        WEBHOOK,
        format!("The webhooks are hidden from this token ({why})."),
        "For a bot that is as it should be. To check them, put a token of an owner of the \
         organisation into a file: timmy doctor --token-file FILE",
    )
}
