//! Time zones, times of the day, quiet hours, and dates that come again.

use jiff::civil::{Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use toml::de::DeValue;

use super::value::{Wrong, text};
use crate::core::command::grammar::nearest;
use crate::core::model::recurrence::{Recurrence, WEEKDAYS};
use crate::core::report::QuietHours;

/// A zone of the database that is built in, so that every platform knows the same ones.
pub(super) fn time_zone(value: &DeValue<'_>) -> Result<TimeZone, Wrong> {
    let name = text(value)?;
    let zones = TimeZoneDatabase::bundled();
    zones.get(&name).map_err(|_| {
        let names: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        let remedy = match nearest(&name, names.iter().map(String::as_str)) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => "Write a name of the IANA database, such as \"Europe/Berlin\".".to_owned(),
        };
        Wrong::not(&name, "time zone", remedy)
    })
}

/// A time of the day: `"08:00"`.
pub(super) fn time_of_day(value: &DeValue<'_>) -> Result<Time, Wrong> {
    const FORM: &str = "a time of the day in quotes, such as \"08:00\"";
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, FORM))?;
    parse_time(text).ok_or_else(|| Wrong::not(text, "time of the day", format!("Write {FORM}.")))
}

/// `"off"` or `"22:00-07:00"`.
pub(super) fn quiet_hours(value: &DeValue<'_>) -> Result<Option<QuietHours>, Wrong> {
    const FORM: &str = "\"off\", or two times such as \"22:00-07:00\"";
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, FORM))?;
    if text == "off" {
        return Ok(None);
    }
    let hours = text.split_once('-').and_then(|(from, until)| {
        QuietHours::new(parse_time(from.trim())?, parse_time(until.trim())?)
    });
    match hours {
        Some(hours) => Ok(Some(hours)),
        None => Err(Wrong::not(text, "part of a day", format!("Write {FORM}."))),
    }
}

/// `"06:00"`, each day; `"Mon 06:00"`, `"Mon Thu 06:00"` or `"Mon-Fri 06:00"`.
pub(super) fn recurrence(value: &DeValue<'_>) -> Result<Recurrence, Wrong> {
    const FORM: &str = "a time of the day, after the days of the week if it is not each day: \
                        \"06:00\", \"Mon 06:00\", \"Mon Thu 06:00\" or \"Mon-Fri 06:00\"";
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, FORM))?;
    let not = || Wrong::not(text, "calendar", format!("Write {FORM}."));
    let mut words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let at = words.pop().and_then(parse_time).ok_or_else(not)?;
    if words.is_empty() {
        return Ok(Recurrence::daily(at));
    }
    let mut days: Vec<Weekday> = Vec::new();
    for word in words {
        match word.split_once('-') {
            None => days.push(weekday(word)?),
            Some((first, last)) => days.extend(from_to(weekday(first)?, weekday(last)?)),
        }
    }
    Recurrence::weekly(days, at).ok_or_else(not)
}

/// The days from one to another, over the end of the week as well.
fn from_to(first: Weekday, last: Weekday) -> impl Iterator<Item = Weekday> {
    let length = last.to_monday_zero_offset() - first.to_monday_zero_offset();
    (0..=length.rem_euclid(7)).map(move |nth| first.wrapping_add(nth))
}

fn weekday(word: &str) -> Result<Weekday, Wrong> {
    let found = WEEKDAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map(|(_, day)| *day).ok_or_else(|| {
        let names = WEEKDAYS.map(|(name, _)| name);
        let meant = names
            .into_iter()
            .find(|name| word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name)));
        let remedy = match meant.or_else(|| nearest(word, names)) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => format!("The days are {}.", names.join(", ")),
        };
        Wrong::not(word, "day of the week", remedy)
    })
}

/// `HH:MM` from 00:00 to 23:59.
fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use crate::config::calendar::*;

    #[test]
    fn times_have_two_digits_twice() {
        for bad in ["", "8:00", "24:00", "08:60", "08:00:00", "+8:00", "ab:cd"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_calendar_is_days_and_a_time() {
        let read = |text: &'static str| recurrence(&DeValue::String(text.into()));
        for (text, told) in [
            ("06:00", "06:00"),
            ("Mon 06:00", "Mon 06:00"),
            ("thu, MON  23:59", "Mon Thu 23:59"),
            ("Mon-Fri 06:00", "Mon Tue Wed Thu Fri 06:00"),
            ("Sat-Mon 06:00", "Mon Sat Sun 06:00"),
            ("Sun-Sun,Sun 00:00", "Sun 00:00"),
        ] {
            assert_eq!(read(text).expect(text).to_string(), told, "{text}");
        }
        for (bad, remedy) in [
            ("", "Write a time of the day"),
            ("Mon", "Write a time of the day"),
            ("Mon 6:00", "Write a time of the day"),
            ("06:00 Mon", "Write a time of the day"),
            ("Monday 06:00", "Did you mean \"Mon\"?"),
            ("Mno 06:00", "Did you mean \"Mon\"?"),
            ("1. 06:00", "The days are Mon"),
            ("Mon- 06:00", "The days are Mon"),
            ("Mon-Fri-Sun 06:00", "Did you mean \"Fri\"?"),
        ] {
            let wrong = read(bad).expect_err(bad);
            assert!(wrong.remedy.starts_with(remedy), "{bad}: {}", wrong.remedy);
        }
    }

    #[test]
    fn a_misspelt_zone_finds_its_neighbour() {
        let wrong = time_zone(&DeValue::String("Europe/Berln".into())).unwrap_err();
        assert_eq!(wrong.remedy, "Did you mean \"Europe/Berlin\"?");
    }
}
