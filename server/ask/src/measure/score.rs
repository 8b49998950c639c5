//! Outcomes as numbers: recall, mean reciprocal rank, what was claimed, and how well two settings
//! are distinguished.
//!
//! Nothing here asks a question.

use super::CaseOutcome;
use serde::Serialize;

/// The numbers of some outcomes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scores {
    /// How many questions were asked of their own project.
    pub cases: usize,
    /// The share with a right hit first.
    pub recall_1: f64,
    /// The share with a right hit among the first five.
    pub recall_5: f64,
    /// The share with a right hit among the first ten.
    pub recall_10: f64,
    /// The mean of 1 / rank of the first right hit.
    pub mean_reciprocal_rank: f64,
    /// The share that was answered.
    pub answered: f64,
    /// Of those, the share whose first hit was right.
    pub answered_right: f64,
    /// The share with at least related passages.
    pub shown: f64,
    /// The share that was answered although the places were cut out.
    pub answered_cut: f64,
    /// The share that was answered by another project.
    pub answered_foreign: f64,
    /// The share that another project answered nothing to.
    pub refused_foreign: f64,
    /// How well own and foreign questions are distinguished.
    pub foreign_area: f64,
    /// How well questions are distinguished from those whose places were cut out.
    pub cut_area: f64,
    /// Quotes in all.
    pub quotes: usize,
    /// Quotes that are not in their files.
    pub wrong_quotes: usize,
    /// Seconds of the middle question.
    pub median_seconds: f64,
    /// Seconds that 95 of 100 questions need at most.
    pub slow_seconds: f64,
}

impl Scores {
    /// The numbers of these outcomes.
    pub fn of(outcomes: &[&CaseOutcome]) -> Self {
        let of = |setting: &str| -> Vec<&CaseOutcome> {
            let outcomes = outcomes.iter().copied();
            outcomes.filter(|one| one.setting == setting).collect()
        };
        let (own, foreign, cut) = (of("own"), of("foreign"), of("cut"));
        let within = |most: usize| share(&own, |one| one.rank.is_some_and(|rank| rank <= most));
        let reciprocal = own
            .iter()
            .map(|one| one.rank.map_or(0.0, |rank| 1.0 / rank as f64));
        let claims = |one: &CaseOutcome| one.level == "answer";
        let claimed: Vec<&CaseOutcome> = own.iter().copied().filter(|one| claims(one)).collect();
        let values = |of: &[&CaseOutcome], value: fn(&CaseOutcome) -> f32| -> Vec<f32> {
            of.iter().map(|one| value(one)).collect()
        };
        let mut seconds: Vec<f64> = outcomes.iter().map(|one| one.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = (seconds.len() as f64 * part) as usize;
            seconds.get(place).copied().unwrap_or_default()
        };
        Self {
            cases: own.len(),
            recall_1: within(1),
            recall_5: within(5),
            recall_10: within(10),
            mean_reciprocal_rank: reciprocal.sum::<f64>() / own.len().max(1) as f64,
            answered: share(&own, claims),
            answered_right: share(&claimed, |one| one.rank == Some(1)),
            shown: share(&own, |one| one.level != "none"),
            answered_cut: share(&cut, claims),
            answered_foreign: share(&foreign, claims),
            refused_foreign: share(&foreign, |one| one.level == "none"),
            foreign_area: area_under_curve(
                &values(&own, |one| one.about),
                &values(&foreign, |one| one.about),
            ),
            cut_area: area_under_curve(
                &values(&own, |one| one.answered),
                &values(&cut, |one| one.answered),
            ),
            quotes: outcomes.iter().map(|one| one.quotes).sum(),
            wrong_quotes: outcomes.iter().map(|one| one.wrong_quotes).sum(),
            median_seconds: at(0.5),
            slow_seconds: at(0.95),
        }
    }
}

fn share(of: &[&CaseOutcome], is: impl Fn(&CaseOutcome) -> bool) -> f64 {
    of.iter().filter(|one| is(one)).count() as f64 / of.len().max(1) as f64
}

/// How likely a value of the first list is above one of the second; equal ones count half.
pub fn area_under_curve(above: &[f32], below: &[f32]) -> f64 {
    let mut below = below.to_vec();
    below.sort_by(f32::total_cmp);
    let wins = above.iter().map(|value| {
        let less = below.partition_point(|other| other < value);
        let equal = below.partition_point(|other| other <= value) - less;
        less as f64 + equal as f64 / 2.0
    });
    wins.sum::<f64>() / (above.len() * below.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_apart_have_all_the_area() {
        assert_eq!(area_under_curve(&[0.9, 0.8], &[0.1, 0.2]), 1.0);
        assert_eq!(area_under_curve(&[0.5], &[0.5]), 0.5);
        assert_eq!(area_under_curve(&[0.1, 0.9], &[0.5]), 0.5);
    }
}
