//! Counts over many cases: in all, by database, hardness, language and split. Databases are drawn
//! as a whole for the standard errors, because cases of one are alike. How long answers took is
//! given by who has a clock. Nothing here judges a statement.

use super::cases::{SqlCase, SqlPrediction};
use super::faults::QueryFault;
use super::judged::{CaseJudge, CaseScore};
use super::results::ResultMatch;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Counts of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AnswerCounts {
    /// All cases.
    pub cases: usize,
    /// Those with an answer.
    pub answered: usize,
    /// Those whose answer SQLite accepts.
    pub prepared: usize,
    /// Those whose known query can be compared by its parts.
    pub comparable: usize,
    /// Those whose answer has the same parts.
    pub exact: usize,
    /// Those whose answer gives the same results.
    pub same: usize,
    /// Those that the results do not decide.
    pub inconclusive: usize,
    /// Those whose first answer is right.
    pub right: usize,
    /// Those with a right answer among three.
    pub right_of_three: usize,
}

impl AnswerCounts {
    fn add(&mut self, case: &CaseScore) {
        self.cases += 1;
        self.answered += usize::from(case.results.is_some());
        self.prepared += usize::from(case.is_prepared);
        self.comparable += usize::from(case.is_exact.is_some());
        self.exact += usize::from(case.is_exact == Some(true));
        self.same += usize::from(case.results == Some(ResultMatch::Same));
        let undecided = [ResultMatch::Inconclusive, ResultMatch::NoReference];
        self.inconclusive += usize::from(case.results.is_some_and(|one| undecided.contains(&one)));
        self.right += usize::from(case.is_right());
        self.right_of_three += usize::from(case.right_at.is_some());
    }
}

/// How many of the surest answers are right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The smallest confidence of these answers.
    pub confidence: f64,
    /// Their share of all cases.
    pub coverage: f64,
    /// The share of the right ones among them.
    pub precision: f64,
}

/// How long answers took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnswerTimes {
    /// Half took no longer.
    pub p50: f64,
    /// Of twenty, nineteen took no longer.
    pub p95: f64,
}

impl AnswerTimes {
    /// Of measured times in seconds; none of none.
    pub fn of(seconds: &[f64]) -> Option<Self> {
        let mut sorted = seconds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.max(1) - 1).copied()
        };
        Some(Self {
            p50: at(0.5)?,
            p95: at(0.95)?,
        })
    }
}

/// How the answers to all cases fared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SqlScore {
    /// All cases.
    pub total: AnswerCounts,
    /// By database.
    pub by_database: BTreeMap<String, AnswerCounts>,
    /// By hardness.
    pub by_hardness: BTreeMap<String, AnswerCounts>,
    /// By language.
    pub by_language: BTreeMap<String, AnswerCounts>,
    /// By split.
    pub by_split: BTreeMap<String, AnswerCounts>,
    /// The standard error of the share of exact answers, databases drawn as a whole.
    pub exact_error: f64,
    /// That of the share of right answers.
    pub right_error: f64,
    /// How many answers would be offered unasked.
    pub shown: usize,
    /// How many of these are right.
    pub shown_right: usize,
    /// From the surest answers to all.
    pub curve: Vec<CurvePoint>,
    /// How often each fault occurs, the most frequent first.
    pub faults: Vec<(QueryFault, usize)>,
    /// How long answers took; set by who has a clock.
    pub times: Option<AnswerTimes>,
    /// Why cases were left out.
    pub left_out: Vec<String>,
    /// Each case.
    pub cases: Vec<CaseScore>,
}

/// Asks for an answer to each case, the best prediction first, and counts. A case whose schema
/// SQLite refuses is left out, with the reason.
pub fn score(
    cases: &[SqlCase],
    answer: &mut dyn FnMut(&SqlCase) -> Vec<SqlPrediction>,
) -> SqlScore {
    let mut judges: HashMap<&str, Result<CaseJudge, String>> = HashMap::new();
    let mut scores = Vec::new();
    let mut left_out = Vec::new();
    for case in cases {
        let schema = case.schema.as_str();
        let judge = judges
            .entry(schema)
            .or_insert_with(|| CaseJudge::new(schema));
        match judge {
            Ok(judge) => scores.push(judge.judge(case, &answer(case))),
            Err(why) => left_out.push(format!("{}: {why}", case.id)),
        }
    }
    SqlScore {
        left_out,
        ..SqlScore::of(scores)
    }
}

impl SqlScore {
    /// Counts cases that were judged.
    pub fn of(cases: Vec<CaseScore>) -> Self {
        let mut score = Self::default();
        for case in &cases {
            score.total.add(case);
            let named = [
                (&mut score.by_database, case.database.as_str()),
                (&mut score.by_hardness, case.hardness.name()),
                (&mut score.by_language, case.language.as_str()),
                (&mut score.by_split, case.split.as_str()),
            ];
            for (counts, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
                counts.entry(name.to_owned()).or_default().add(case);
            }
            score.shown += usize::from(case.is_shown);
            score.shown_right += usize::from(case.is_shown && case.is_right());
        }
        let databases = || score.by_database.values();
        score.exact_error = clustered(databases().map(|one| (one.exact, one.comparable)));
        score.right_error = clustered(databases().map(|one| (one.right, one.cases)));
        score.curve = curve(&cases);
        score.faults = faults(&cases);
        score.cases = cases;
        score
    }
}

/// The standard error of a share when groups are drawn as a whole: by the sums of the residuals in
/// each group, with the usual correction for few groups.
fn clustered(groups: impl Iterator<Item = (usize, usize)>) -> f64 {
    let groups: Vec<(f64, f64)> = groups
        .map(|(hits, all)| (hits as f64, all as f64))
        .collect();
    let (hits, all) = groups
        .iter()
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    if groups.len() < 2 || all == 0.0 {
        return 0.0;
    }
    let share = hits / all;
    let squares: f64 = groups
        .iter()
        .map(|one| (one.0 - share * one.1).powi(2))
        .sum();
    let count = groups.len() as f64;
    (squares * count / (count - 1.0)).sqrt() / all
}

/// Ten points from the surest tenth to all answers; answers as sure as the last one come along.
fn curve(cases: &[CaseScore]) -> Vec<CurvePoint> {
    let answer = |case: &CaseScore| Some((case.confidence?, case.is_right()));
    let mut answers: Vec<(f64, bool)> = cases.iter().filter_map(answer).collect();
    answers.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut points: Vec<CurvePoint> = Vec::new();
    for tenth in 1..=10 {
        let wanted = (answers.len() * tenth).div_ceil(10);
        let Some((confidence, _)) = wanted.checked_sub(1).and_then(|at| answers.get(at)) else {
            continue;
        };
        let taken = answers.iter().take_while(|one| one.0 >= *confidence);
        let (taken, right) = taken.fold((0, 0), |(all, right), one| {
            (all + 1, right + usize::from(one.1))
        });
        let point = CurvePoint {
            confidence: *confidence,
            coverage: f64::from(taken) / cases.len() as f64,
            precision: right as f64 / f64::from(taken),
        };
        if points.last() != Some(&point) {
            points.push(point);
        }
    }
    points
}

fn faults(cases: &[CaseScore]) -> Vec<(QueryFault, usize)> {
    let mut counts: BTreeMap<QueryFault, usize> = BTreeMap::new();
    for fault in cases.iter().filter_map(|case| case.fault) {
        *counts.entry(fault).or_default() += 1;
    }
    let mut counts: Vec<(QueryFault, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
