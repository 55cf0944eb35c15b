//! Which findings of a review led to a commit: what stood there was changed since.

use std::collections::HashSet;

use super::review::FindingPlace;

/// How far from its line a change still answers a finding.
const NEAR: usize = 3;

/// How many comparisons of lines are made of what changed in between; of more, all of that counts as
/// changed.
const MOST_COMPARED: usize = 1 << 20;

/// Whether the file in which something was found was changed near that since; of the file as a whole,
/// whether it was changed at all. `then`, `now`: what it held when it was reviewed, and in the end;
/// none if it was not there.
pub fn led_to_a_change(place: &FindingPlace, then: Option<&str>, now: Option<&str>) -> bool {
    let (Some(then), Some(now)) = (then, now) else { return then.is_some() != now.is_some() };
    match place.line.and_then(|line| usize::try_from(line).ok()) {
        None => then != now,
        Some(line) => touched(then, now).iter().any(|changed| changed.abs_diff(line) <= NEAR),
    }
}

/// The lines of `then`, from 1 on, that are gone or changed in `now`, or beside which something was put.
fn touched(then: &str, now: &str) -> HashSet<usize> {
    let (then, now): (Vec<&str>, Vec<&str>) = (then.lines().collect(), now.lines().collect());
    let before = then.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let (then_rest, now_rest) = (&then[before..], &now[before..]);
    let behind = then_rest.iter().rev().zip(now_rest.iter().rev());
    let behind = behind.take_while(|(a, b)| a == b).count();
    let then_middle = &then_rest[..then_rest.len() - behind];
    let now_middle = &now_rest[..now_rest.len() - behind];
    let (old, new) = (then_middle.len(), now_middle.len());
    if old.saturating_mul(new) > MOST_COMPARED {
        return (before..=before + old).collect();
    }
    // The longest common run of lines, from each pair of places on.
    let width = new + 1;
    let mut longest = vec![0_u32; (old + 1) * width];
    for (i, one) in then_middle.iter().enumerate().rev() {
        for (j, other) in now_middle.iter().enumerate().rev() {
            longest[i * width + j] = match one == other {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut touched) = (0, 0, HashSet::new());
    while i < old || j < new {
        if i < old && j < new && then_middle[i] == now_middle[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old
            && (j == new || longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            touched.insert(before + i + 1);
            i += 1;
        } else {
            // Between this line and the next, unless it takes the place of what went.
            if !touched.contains(&(before + i)) {
                touched.extend([before + i, before + i + 1]);
            }
            j += 1;
        }
    }
    touched
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::led::*;

    fn at(line: Option<u32>) -> FindingPlace {
        FindingPlace { path: "a.rs".to_owned(), line }
    }

    fn text(lines: impl IntoIterator<Item = u32>) -> String {
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    }

    fn led(line: u32, then: &str, now: &str) -> bool {
        led_to_a_change(&at(Some(line)), Some(then), Some(now))
    }

    #[test]
    fn a_change_within_three_lines_answers_a_finding() {
        let then = text(1..=30);
        let now = then.replace("\n10\n", "\nten\n");
        for (line, expected) in [(6, false), (7, true), (10, true), (13, true), (14, false)] {
            assert_eq!(led(line, &then, &now), expected, "{line}");
        }
        assert!(!led(10, &then, &then));
    }

    #[test]
    fn what_moves_by_something_put_above_it_is_no_answer() {
        let then = text(1..=30);
        let now = text([100, 101].into_iter().chain(1..=30));
        assert!(!led(20, &then, &now));
        assert!(led(2, &then, &now), "beside what was put there");
        let apart = format!("new\n{}", then.replace("\n25\n", "\n"));
        assert!(led(25, &then, &apart) && !led(14, &then, &apart));
    }

    #[test]
    fn a_file_as_a_whole_and_one_that_went_or_came() {
        assert!(led_to_a_change(&at(None), Some("a"), Some("b")));
        assert!(!led_to_a_change(&at(None), Some("a"), Some("a")));
        assert!(led_to_a_change(&at(Some(1)), Some("a"), None), "it went");
        assert!(led_to_a_change(&at(Some(1)), None, Some("a")), "it came");
        assert!(!led_to_a_change(&at(Some(1)), None, None));
    }

    #[test]
    fn of_a_change_too_large_to_be_compared_all_counts() {
        let (then, now) = (text(1..=3000), text(5001..=8000));
        assert!(led(1500, &then, &now));
    }
}
