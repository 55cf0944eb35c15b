//! Weights in one line, as a command line takes them: `urgency=0.5,value=0.05`.

use super::quantity::{in_decimals, parse_millionths};
use crate::core::scheduling::{MILLION, Weights};

/// Why a text is no set of weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWeights {
    /// A part is not of the form `name=number`, or its name is no term of the score.
    #[error(
        "`{0}` is no weight: write urgency=, value=, dependents=, people= or age= with a number \
         from 0 to 1 of at most six decimals, such as urgency=0.35"
    )]
    Part(String),
    /// They do not sum to 1, so that scores could not be compared.
    #[error("the weights sum to {sum}, not to 1: now they are {all}")]
    Sum {
        sum: String,
        /// All five.
        all: String,
    },
}

/// The weights that `text` gives; those that it does not name stay as in `others`.
///
/// # Errors
/// If a part is unreadable, or all five do not sum to exactly 1.
pub fn parse_weights(text: &str, others: Weights) -> Result<Weights, NotWeights> {
    let mut weights = others;
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let wrong = || NotWeights::Part(part.to_owned());
        let (name, number) = part.split_once('=').ok_or_else(wrong)?;
        let number = parse_millionths(number.trim()).filter(|n| *n <= MILLION).ok_or_else(wrong)?;
        *weight(&mut weights, name.trim()).ok_or_else(wrong)? = number;
    }
    let Weights { urgency, value, dependents, people, age } = weights;
    let sum = urgency + value + dependents + people + age;
    if sum == MILLION {
        return Ok(weights);
    }
    let all = [
        ("urgency", urgency),
        ("value", value),
        ("dependents", dependents),
        ("people", people),
        ("age", age),
    ];
    let all = all.map(|(name, weight)| format!("{name}={}", in_decimals(weight))).join(",");
    Err(NotWeights::Sum { sum: in_decimals(sum), all })
}

fn weight<'w>(weights: &'w mut Weights, name: &str) -> Option<&'w mut u64> {
    match name {
        "urgency" => Some(&mut weights.urgency),
        "value" => Some(&mut weights.value),
        "dependents" => Some(&mut weights.dependents),
        "people" => Some(&mut weights.people),
        "age" => Some(&mut weights.age),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::weights::*;

    const PRESENT: Weights = Weights {
        urgency: 350_000,
        value: 200_000,
        dependents: 200_000,
        people: 150_000,
        age: 100_000,
    };

    #[test]
    fn what_is_not_named_stays() {
        let changed = parse_weights("urgency=0.5, value = 0.05", PRESENT);
        assert_eq!(changed, Ok(Weights { urgency: 500_000, value: 50_000, ..PRESENT }));
        assert_eq!(parse_weights("", PRESENT), Ok(PRESENT));
    }

    #[test]
    fn what_is_no_weight_is_refused_by_name() {
        for bad in ["urgency", "urgency=-1", "urgency=2", "urgency=NaN", "hurry=1", "age=1e-1"] {
            assert_eq!(parse_weights(bad, PRESENT), Err(NotWeights::Part(bad.to_owned())));
        }
        let sum = parse_weights("age=0.2", PRESENT).expect_err("1.1 is not 1").to_string();
        assert!(sum.contains("sum to 1.1,") && sum.contains("age=0.2"), "{sum}");
    }
}
