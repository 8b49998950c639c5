//! Compares reports with what was planted.

use super::generate::{FactStrength, MadeSet, PlantedFact};
use crate::finding::{FindingKind, ReportFinding};
use crate::report::Report;
use crate::verify::VerifyOutcome;
use std::collections::BTreeMap;

/// How often a fact was planted and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FactScore {
    /// Data sets with the fact.
    pub planted: usize,
    /// Reports that say it.
    pub found: usize,
}

/// What was measured of one data set.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MeasuredSet {
    /// The fact.
    pub fact: PlantedFact,
    /// Its strength.
    pub strength: FactStrength,
    /// Whether the report says it.
    pub is_found: bool,
    /// Findings of the report that claim something.
    pub claims: Vec<String>,
    /// Findings about the shuffled twin, which are all false.
    pub false_claims: Vec<String>,
    /// Numbers that were not equal when recomputed, of both.
    pub unequal: Vec<String>,
}

/// The score of all reports.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct ReportScore {
    /// The data sets, in order.
    pub sets: Vec<MeasuredSet>,
    /// Sentences that were recomputed.
    pub sentences: usize,
    /// Sentences of which all numbers were equal.
    pub equal: usize,
}

/// Whether a finding claims a pattern that noise does not have.
fn is_claim(finding: &ReportFinding) -> bool {
    !finding.kind.is_description()
}

/// How far two months are from each other.
fn months_between(a: &str, b: &str) -> i64 {
    let number = |label: &str| -> Option<i64> {
        let (year, month) = label.split_once('-')?;
        Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()?)
    };
    number(a)
        .zip(number(b))
        .map_or(i64::MAX, |(a, b)| (a - b).abs())
}

fn is_near(finding: &ReportFinding, name: &str, made: &MadeSet, months: i64) -> bool {
    finding
        .word(name)
        .is_some_and(|label| months_between(label, &made.month) <= months)
}

/// Whether a finding says what was planted.
fn says(finding: &ReportFinding, made: &MadeSet) -> bool {
    let is_direction = finding.template.contains(".rise") == made.is_rise;
    match (made.fact, finding.kind) {
        (PlantedFact::Trend, FindingKind::Trend) => is_direction,
        (PlantedFact::LevelShift, FindingKind::LevelShift) => {
            is_direction && is_near(finding, "since", made, 2)
        }
        (PlantedFact::Season, FindingKind::Season) => {
            let high = finding.word("high_phase");
            high.is_some_and(|month| ["12", "01", "02"].contains(&month))
        }
        (PlantedFact::Outlier, FindingKind::PeriodOutlier) => {
            let is_high = finding.template.contains(".high");
            is_high == made.is_rise && is_near(finding, "period", made, 0)
        }
        (PlantedFact::Driver, FindingKind::Driver) => {
            is_direction && finding.word("segment") == Some(&made.segment)
        }
        (PlantedFact::MissingBurst, FindingKind::MissingBurst) => {
            is_near(finding, "first_period", made, 1)
        }
        (PlantedFact::DuplicateKeys, FindingKind::DuplicateKeys) => {
            finding.value("repeated") == Some(made.keys as f64)
        }
        (PlantedFact::UnitChange, FindingKind::UnitChange) => {
            let power = finding
                .word("power")
                .and_then(|power| power.parse::<f64>().ok());
            let factor = made.factor.max(1.0 / made.factor);
            power == Some(factor.round()) && is_near(finding, "since", made, 1)
        }
        _ => false,
    }
}

fn claims(report: &Report) -> Vec<String> {
    let claims = report
        .sentences
        .iter()
        .filter(|sentence| is_claim(&sentence.finding));
    claims.map(|sentence| sentence.text.clone()).collect()
}

impl ReportScore {
    /// Adds a data set and its twin.
    pub(super) fn add(
        &mut self,
        made: &MadeSet,
        (planted, planted_check): (&Report, &VerifyOutcome),
        (twin, twin_check): (&Report, &VerifyOutcome),
    ) {
        let mut unequal = Vec::new();
        for check in [planted_check, twin_check] {
            self.sentences += check.sentences;
            self.equal += check.equal;
            let shown = check.mismatches.iter();
            unequal.extend(shown.map(|one| {
                format!(
                    "{}: {} is {}, recomputed {}",
                    one.text, one.number, one.expected, one.found
                )
            }));
        }
        self.sets.push(MeasuredSet {
            fact: made.fact,
            strength: made.strength,
            is_found: planted.sentences.iter().any(|one| says(&one.finding, made)),
            claims: claims(planted),
            false_claims: claims(twin),
            unequal,
        });
    }

    /// How often each fact was found, by strength.
    pub fn by_fact(&self) -> BTreeMap<(FactStrength, PlantedFact), FactScore> {
        let mut scores: BTreeMap<(FactStrength, PlantedFact), FactScore> = BTreeMap::new();
        for set in &self.sets {
            let score = scores.entry((set.strength, set.fact)).or_default();
            score.planted += 1;
            score.found += usize::from(set.is_found);
        }
        scores
    }

    /// The share of planted facts of a strength that were found; 1 if there were none.
    pub fn found(&self, strength: FactStrength) -> f64 {
        let of: Vec<&MeasuredSet> = self
            .sets
            .iter()
            .filter(|set| set.strength == strength)
            .collect();
        let found = of.iter().filter(|set| set.is_found).count();
        if of.is_empty() {
            1.0
        } else {
            found as f64 / of.len() as f64
        }
    }

    /// False findings for each shuffled data set.
    pub fn false_findings(&self) -> f64 {
        let all: usize = self.sets.iter().map(|set| set.false_claims.len()).sum();
        all as f64 / self.sets.len().max(1) as f64
    }
}
