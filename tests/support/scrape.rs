//! Metrics, read as a scraper reads them: strictly.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::support::forge::http_client;

/// What one scrape gave.
#[derive(Debug)]
pub struct Scrape {
    /// The type of each family, by its name.
    pub families: BTreeMap<String, String>,
    /// Each sample as it is written, with its labels, and its number.
    samples: BTreeMap<String, String>,
}

impl Scrape {
    pub async fn of(address: SocketAddr) -> Self {
        let answer = http_client().get(format!("http://{address}/metrics")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let format = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(format, "text/plain; version=0.0.4; charset=utf-8");
        Self::read(&answer.text().await.unwrap())
    }

    /// Each family is told once: its help, its type, then its samples.
    pub fn read(text: &str) -> Self {
        let (mut families, mut samples) = (BTreeMap::new(), BTreeMap::new());
        let (mut helped, mut family) = (None, None);
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').expect("a help says something");
                assert!(words.ends_with('.'), "{line}");
                helped = Some(name.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                assert_eq!(helped.as_deref(), Some(name), "a type without its help");
                let is_new = families.insert(name.to_owned(), kind.to_owned()).is_none();
                assert!(is_new, "{name} is told twice");
                family = Some((name.to_owned(), kind.to_owned()));
            } else {
                let (sample, number) = line.rsplit_once(' ').expect("a sample");
                let (name, kind) = family.as_ref().expect("a family before its samples");
                let of = sample.split('{').next().unwrap();
                let own = match kind.as_str() {
                    "histogram" => ["_bucket", "_sum", "_count"]
                        .iter()
                        .find_map(|end| of.strip_suffix(end))
                        .unwrap_or_default(),
                    _ => of,
                };
                assert_eq!(own, name, "{line} stands in another family");
                number.parse::<f64>().unwrap_or_else(|_| panic!("no number: {line}"));
                let is_new = samples.insert(sample.to_owned(), number.to_owned()).is_none();
                assert!(is_new, "{sample} is told twice");
            }
        }
        Self { families, samples }
    }

    /// The number of one sample, with its labels as they are written.
    pub fn of_sample(&self, sample: &str) -> &str {
        self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in {:#?}", self.samples))
    }

    /// All samples of a family that are not 0, without its name.
    pub fn told(&self, family: &str) -> Vec<String> {
        let of_it = self.samples.iter().filter_map(|(sample, number)| {
            let labels = sample.strip_prefix(family)?;
            let is_its = labels.is_empty() || labels.starts_with('{');
            (is_its && number != "0").then(|| format!("{labels} {number}"))
        });
        of_it.collect()
    }

    /// All labels, each with its value. For labels without commas.
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let pairs = self.samples.keys().filter_map(|sample| sample.split_once('{'));
        pairs
            .flat_map(|(_, labels)| labels.trim_end_matches('}').split(','))
            .filter_map(|label| label.split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect()
    }
}
