//! The text format of Prometheus, version 0.0.4: families, each with its help and its type, and
//! their samples.

use std::fmt::{self, Write as _};

use super::histogram::Histogram;

/// What kind of number a family holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// It only grows, until it begins at zero again.
    Counter,
    Gauge,
    Histogram,
}

impl MetricType {
    fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A number of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Whole(u64),
    /// In millionths: seconds of microseconds, dollars of millionths.
    Millionths(u64),
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        Self::Whole(u64::from(holds))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Whole(number) => write!(f, "{number}"),
            Self::Millionths(number) if number % 1_000_000 == 0 => {
                write!(f, "{}", number / 1_000_000)
            }
            Self::Millionths(number) => {
                let parts = format!("{:06}", number % 1_000_000);
                write!(f, "{}.{}", number / 1_000_000, parts.trim_end_matches('0'))
            }
        }
    }
}

/// What a scraper is answered, as it grows.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family: what comes next is of it.
    pub fn family(
        &mut self,
        name: &'static str,
        kind: MetricType,
        help: &'static str,
    ) -> Family<'_> {
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {}", kind.word()));
        Family { name, exposition: self }
    }

    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // A `String` takes all that there is memory for.
        let _ = writeln!(self.text, "{line}");
    }
}

/// One family, whose samples are written.
#[derive(Debug)]
pub struct Family<'a> {
    name: &'static str,
    exposition: &'a mut Exposition,
}

impl Family<'_> {
    /// One number.
    pub fn sample(
        &mut self,
        labels: &[(&'static str, &str)],
        value: impl Into<Value>,
    ) -> &mut Self {
        let (name, labels, value) = (self.name, Labels(labels), value.into());
        self.exposition.line(format_args!("{name}{labels} {value}"));
        self
    }

    /// All numbers of a histogram of durations, in seconds.
    pub fn seconds(&mut self, labels: &[(&'static str, &str)], took: &Histogram) -> &mut Self {
        let name = self.name;
        let mut bucket = |bound: &str, count: u64| {
            let labels: Vec<_> = labels.iter().copied().chain([("le", bound)]).collect();
            self.exposition.line(format_args!("{name}_bucket{} {count}", Labels(&labels)));
        };
        for (bound, within) in took.cumulative() {
            bucket(&Value::Millionths(bound).to_string(), within);
        }
        bucket("+Inf", took.count());
        let (labels, sum) = (Labels(labels), Value::Millionths(took.sum()));
        self.exposition.line(format_args!("{name}_sum{labels} {sum}"));
        self.exposition.line(format_args!("{name}_count{labels} {}", took.count()));
        self
    }
}

/// Labels as they are written; nothing if there are none.
struct Labels<'a>(&'a [(&'static str, &'a str)]);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            write!(f, "{}{name}=\"{value}\"", if place == 0 { '{' } else { ',' })?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_char('}') }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::metrics::exposition::*;

    #[test]
    fn numbers_are_written_without_rounding() {
        let millionths = |number| Value::Millionths(number).to_string();
        assert_eq!(millionths(0), "0");
        assert_eq!(millionths(1), "0.000001");
        assert_eq!(millionths(1_500_000), "1.5");
        assert_eq!(millionths(60_000_000), "60");
        assert_eq!(millionths(u64::MAX), "18446744073709.551615");
        assert_eq!(Value::from(true).to_string(), "1");
    }

    #[test]
    fn a_family_has_help_type_and_samples() {
        let mut text = Exposition::default();
        let mut jobs = text.family("timmy_jobs", MetricType::Gauge, "Jobs\nby state, a \\ too.");
        jobs.sample(&[("state", "running")], 3).sample(&[], Value::Millionths(250_000));
        assert_eq!(
            text.finish(),
            "# HELP timmy_jobs Jobs\\nby state, a \\\\ too.\n\
             # TYPE timmy_jobs gauge\n\
             timmy_jobs{state=\"running\"} 3\n\
             timmy_jobs 0.25\n"
        );
    }

    /// Whatever stands in a label, it stays on its line and in its quotes.
    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        let hostile = "a\"} 1\nevil{b=\"\\";
        let mut jobs = text.family("timmy_jobs", MetricType::Gauge, "Jobs.");
        jobs.sample(&[("agent", hostile), ("kind", "")], 1);
        let text = text.finish();
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples, [r#"timmy_jobs{agent="a\"} 1\nevil{b=\"\\",kind=""} 1"#]);
    }

    #[test]
    fn a_histogram_counts_up_to_everything() {
        let mut took = Histogram::new(&[500_000, 60_000_000]);
        took.observe(250_000);
        took.observe(90_000_000);
        let mut text = Exposition::default();
        let mut family = text.family("timmy_wait_seconds", MetricType::Histogram, "Waits.");
        family.seconds(&[("agent", "ezra")], &took);
        let text = text.finish();
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                r#"timmy_wait_seconds_bucket{agent="ezra",le="0.5"} 1"#,
                r#"timmy_wait_seconds_bucket{agent="ezra",le="60"} 1"#,
                r#"timmy_wait_seconds_bucket{agent="ezra",le="+Inf"} 2"#,
                r#"timmy_wait_seconds_sum{agent="ezra"} 90.25"#,
                r#"timmy_wait_seconds_count{agent="ezra"} 2"#,
            ]
        );
    }
}
