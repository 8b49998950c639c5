//! How much an answer may claim: two logistic models over plain features of a ranking.
//!
//! `tests/ask/fit.py` fits the coefficients on the tuning cases and prints the constants below.
//! One model says whether the best passage answers the question, the other whether the question
//! is about this project at all. Nothing here reads a text.

use super::question::{Question, Wording};
use super::rank::{Hit, Ranking};
use crate::AnswerLevel;

/// How many features there are.
pub(crate) const FEATURES: usize = 10;

/// What a ranking shows of the fit between a question and a project.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Features(pub [f32; FEATURES]);

/// The names of the features, in their order.
pub(crate) const NAMES: [&str; FEATURES] = [
    "coverage",
    "covered",
    "missing",
    "ideal",
    "gap",
    "name",
    "rarest",
    "words",
    "question",
    "neighbours",
];

/// A logistic model: its constant and a coefficient for each feature.
struct Model(f32, [f32; FEATURES]);

const ANSWERED: Model = Model(
    -5.409,
    [1.738, 1.478, 0.0, 0.258, 3.765, 0.0, 0.249, 0.0, 0.0, 2.065],
);
const ABOUT: Model = Model(
    -3.904,
    [2.231, 0.0, 0.0, 3.738, 2.075, 0.094, 0.0, 0.0, 0.0, 0.44],
);
/// From this on the best passage is an answer.
const ANSWER: f32 = 0.808;
/// From this on passages are worth showing.
const RELATED: f32 = 0.144;

impl Model {
    fn probability(&self, features: &Features) -> f32 {
        let products = self.1.iter().zip(&features.0).map(|(a, b)| a * b);
        1.0 / (1.0 + (-self.0 - products.sum::<f32>()).exp())
    }
}

impl Features {
    /// The features of a ranking.
    pub(crate) fn of(question: &Question, ranking: &Ranking) -> Self {
        let all: f32 = ranking.weights.iter().sum::<f32>().max(1e-6);
        let Some(best) = ranking.hits.first() else {
            return Self::default();
        };
        let weighted = |has: &dyn Fn(usize) -> bool| -> f32 {
            let weights = ranking.weights.iter().enumerate();
            let held = weights.filter(|(at, _)| has(*at));
            held.map(|(_, weight)| weight).sum::<f32>() / all
        };
        let has = |hit: &Hit, at: usize| hit.has.get(at).is_some_and(|has| *has);
        let rarest = ranking.weights.iter().enumerate();
        let rarest = rarest.max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, _)| at);
        let fifth = ranking.hits.get(4).map_or(0.0, |hit| hit.score);
        let same_file = ranking
            .hits
            .iter()
            .take(5)
            .filter(|hit| hit.path == best.path);
        let flag = |is: bool| f32::from(u8::from(is));
        Self([
            weighted(&|at| has(best, at)),
            weighted(&|at| ranking.hits.iter().take(5).any(|hit| has(hit, at))),
            weighted(&|at| !ranking.occurs.get(at).is_some_and(|occurs| *occurs)),
            best.score / (2.0 * all),
            1.0 - fifth / best.score.max(1e-6),
            best.name_share,
            flag(rarest.is_some_and(|at| has(best, at))),
            (question.concepts.len() as f32).ln_1p() / 3.0,
            flag(question.wording == Wording::Question),
            same_file.count() as f32 / 5.0,
        ])
    }

    /// How likely the best passage is an answer.
    pub(crate) fn answered(&self) -> f32 {
        ANSWERED.probability(self)
    }

    /// How likely the question is about the project.
    pub(crate) fn about(&self) -> f32 {
        ABOUT.probability(self)
    }

    /// What may be claimed.
    pub(crate) fn level(&self) -> AnswerLevel {
        if self.0 == [0.0; FEATURES] || self.about() < RELATED {
            AnswerLevel::NotFound
        } else if self.answered() < ANSWER {
            AnswerLevel::Related
        } else {
            AnswerLevel::Answer
        }
    }
}
