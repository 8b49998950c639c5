//! What is known of a candidate, as numbers for the gate. To add one: a line in [`FEATURES`], and a
//! gate fitted again.

use super::candidate_view::{CandidateView, Surroundings};
use crate::candidates::{Candidate, Proximity};
use crate::completion_context::CompletionContext;
use crate::syntax_errors::ErrorCounts;

/// A number that speaks for or against a candidate.
pub struct Feature {
    /// Its name in gate files.
    pub name: &'static str,
    of: fn(&CandidateView) -> f32,
}

const fn feature(name: &'static str, of: fn(&CandidateView) -> f32) -> Feature {
    Feature { name, of }
}

/// What a text ends with that has not come to its end.
const OPEN: [char; 11] = ['(', '[', '{', ',', '.', '=', '+', '-', '*', '&', '|'];

/// All features. Counts are logarithms of one more; probabilities are natural logarithms.
pub const FEATURES: &[Feature] = &[
    // where the text comes from
    feature("copied", |seen| flag(seen.candidate.copied.is_some())),
    feature("said", |seen| flag(seen.candidate.generated)),
    feature("named", |seen| flag(seen.candidate.identifier)),
    feature("adapted", |seen| flag(seen.candidate.adapted.is_some())),
    feature("adapted.lexemes", |seen| {
        seen.candidate
            .adapted
            .map_or(0.0, |(lexemes, _)| count(lexemes))
    }),
    feature("adapted.renamed", |seen| {
        seen.candidate
            .adapted
            .map_or(0.0, |(_, renamed)| renamed as f32)
    }),
    feature("cut", |seen| flag(seen.candidate.cut)),
    feature("copied.lexemes", |seen| count(seen.found.lexemes)),
    feature("copied.bytes", |seen| count(seen.found.bytes)),
    feature("copied.agreement", |seen| seen.found.agreement),
    feature("copied.places", |seen| count(seen.found.places)),
    feature("copied.here", |seen| {
        flag(seen.found.places > 0 && seen.found.proximity == Proximity::SameFile)
    }),
    feature("copied.near", |seen| {
        flag(seen.found.places > 0 && seen.found.proximity == Proximity::SameFolder)
    }),
    // what the model thinks of it
    feature("mean", |seen| seen.mean),
    feature("least", |seen| seen.least),
    feature("first", |seen| seen.first),
    feature("total", |seen| seen.total.max(-60.0)),
    // how it goes on with the text around it
    feature("pairs.known", |seen| {
        seen.surroundings.flow.known(&seen.candidate.text, 2)
    }),
    feature("triples.known", |seen| {
        seen.surroundings.flow.known(&seen.candidate.text, 3)
    }),
    feature("names.fresh", |seen| {
        seen.surroundings.function.fresh(&seen.candidate.text)
    }),
    feature("names.missed", |seen| {
        seen.surroundings.function.missed(&seen.candidate.text)
    }),
    feature("names.above", |seen| {
        seen.surroundings.function.above(&seen.candidate.text)
    }),
    feature("names.foreign", |seen| {
        seen.surroundings.function.foreign(&seen.candidate.text)
    }),
    feature("names.promised", |seen| seen.promised[0]),
    feature("names.promising", |seen| seen.promised[1]),
    feature("line.places", |seen| {
        count(seen.surroundings.flow.places(&seen.line))
    }),
    feature("shape.above", |seen| flag(seen.shaped[0])),
    feature("shape.below", |seen| flag(seen.shaped[1])),
    // the text
    feature("characters", |seen| {
        count(seen.candidate.text.trim().chars().count())
    }),
    feature("lines", |seen| {
        seen.candidate.text.trim().matches('\n').count().min(9) as f32
    }),
    feature("names", |seen| count(seen.names)),
    feature("names.unknown", |seen| seen.unknown as f32),
    feature("names.unknown.share", |seen| {
        seen.unknown as f32 / seen.names.max(1) as f32
    }),
    feature("names.near", |seen| seen.near_names()),
    feature("line.near", |seen| flag(seen.is_near())),
    feature("begins.word", |seen| {
        flag(
            seen.candidate
                .text
                .trim_start()
                .starts_with(char::is_alphanumeric),
        )
    }),
    feature("begins.comment", |seen| {
        flag(
            ["#", "//", "/*", "*"]
                .iter()
                .any(|sign| seen.candidate.text.trim_start().starts_with(sign)),
        )
    }),
    feature("ends.open", |seen| {
        flag(seen.candidate.text.trim_end().ends_with(OPEN))
    }),
    feature("ends.statement", |seen| {
        flag(seen.candidate.text.trim_end().ends_with(';'))
    }),
    feature("has.quote", |seen| {
        flag(seen.candidate.text.contains(['"', '\'']))
    }),
    feature("has.call", |seen| flag(seen.candidate.text.contains('('))),
    feature("has.number", |seen| {
        flag(seen.candidate.text.contains(|c: char| c.is_ascii_digit()))
    }),
    // the place
    feature("lone", |seen| flag(seen.surroundings.lone())),
    feature("place.line_start", |seen| {
        flag(seen.surroundings.before().trim().is_empty())
    }),
    feature("place.after_dot", |seen| {
        flag(seen.surroundings.before().ends_with(['.', ':', '>']))
    }),
    feature("place.after_open", |seen| {
        flag(
            seen.surroundings
                .before()
                .trim_end()
                .ends_with(['(', '[', '{', ',']),
        )
    }),
    feature("place.block", |seen| flag(seen.surroundings.block())),
    feature("place.indented", |seen| {
        count(indentation(seen.surroundings.before()))
    }),
    feature("place.typed", |seen| {
        count(seen.surroundings.before().trim_start().chars().count())
    }),
    feature("place.behind", |seen| {
        flag(!seen.surroundings.after().trim().is_empty())
    }),
    feature("word.typed", |seen| flag(seen.surroundings.typing())),
    // the other candidates
    feature("rivals", |seen| count(seen.others.count)),
    feature("rivals.total", |seen| {
        (seen.total - seen.others.total).clamp(-20.0, 20.0)
    }),
    feature("rivals.mean", |seen| seen.mean - seen.others.mean),
    feature("rivals.first", |seen| seen.first - seen.others.first),
    feature("rivals.lexemes", |seen| {
        count(seen.found.lexemes) - seen.others.lexemes
    }),
    feature("rivals.agreement", |seen| {
        seen.found.agreement - seen.others.agreement
    }),
    feature("votes", |seen| seen.agreeing.count as f32),
    feature("votes.share", |seen| {
        seen.agreeing.count as f32 / seen.others.count.max(1) as f32
    }),
    feature("votes.lexemes", |seen| seen.agreeing.lexemes),
    feature("against.lexemes", |seen| seen.against.lexemes),
    feature("against.agreement", |seen| seen.against.agreement),
    feature("against.mean", |seen| seen.against.mean),
    feature("against.first", |seen| seen.against.first),
    feature("against.said", |seen| flag(seen.against.generated)),
    // the tree
    feature("errors.left", |seen| count(seen.candidate.errors)),
    feature("errors.mended", |seen| {
        flag(seen.candidate.errors < seen.surroundings.errors)
    }),
    feature("errors.behind", |seen| {
        (seen.candidate.errors - seen.surroundings.fewest_errors.min(seen.candidate.errors)).min(3)
            as f32
    }),
];

/// The evidence for one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    values: Vec<f32>,
}

impl Evidence {
    /// The evidence for each of the candidates of a place; `scores` are the natural-log
    /// probabilities of their tokens.
    pub(crate) fn all(
        context: &CompletionContext,
        candidates: &[Candidate],
        scores: &[Vec<f32>],
        errors: ErrorCounts,
    ) -> Vec<Self> {
        let surroundings = Surroundings::new(context, errors);
        let views = surroundings.views(candidates, scores);
        views
            .iter()
            .map(|seen| Self {
                values: FEATURES.iter().map(|feature| (feature.of)(seen)).collect(),
            })
            .collect()
    }

    /// The numbers, in the order of [`FEATURES`].
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

fn count(number: usize) -> f32 {
    (number as f32).ln_1p()
}

/// Characters of white space before the first other one.
fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}
