//! Time zones, times of the day and quiet hours.

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use toml::de::DeValue;

use super::value::{Wrong, text};
use crate::core::command::grammar::nearest;
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
    fn a_misspelt_zone_finds_its_neighbour() {
        let wrong = time_zone(&DeValue::String("Europe/Berln".into())).unwrap_err();
        assert_eq!(wrong.remedy, "Did you mean \"Europe/Berlin\"?");
    }
}
