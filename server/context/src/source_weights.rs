//! How much of a prompt other text than the window may take, and how much each source counts, by
//! the size of the model.
//!
//! A row per size class, measured with `nigh eval infill` on cases with a repository around them: a
//! small model is led astray by what a large one makes good use of. A weight of 0 switches a source
//! off.

use crate::sources::{COUNT, SOURCES};

/// The share of the prompt for the sources, and their weights in the order of [`SOURCES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceWeights {
    /// Percent of the prompt that is kept for the sources where the file would fill it; what the
    /// file leaves free is theirs too.
    pub percent: usize,
    /// What a source's scores are multiplied with.
    pub weights: [f32; COUNT],
}

/// The weights from the largest models down: (least parameters, least tokens of context, weights).
///
/// Small models: what `nigh eval context` says of one of 8.9 M parameters, in bits that the right
/// line costs more than with the window only, with the standard error, on 88 cases of 22 packages.
/// Worse: names +1.6 (0.6), imports +0.8 (0.4). No difference: own +0.3 (0.7), similar 0.0 (0.9),
/// siblings +0.2 (0.1), call 0.0 (0.0). Better, where they have something to say: scopes, members.
/// So these stay, with what is rare and short. The embedded model of 118 M parameters, after 7.0
/// million tokens of training, on every second of 880 tuning places, each with a gate of its own:
/// all sources at 25 percent lead to 0.5 (standard error 1.4) more right lines of a hundred than
/// these, with prompts 12 percent longer. Large models were not measured; they get all sources.
const CLASSES: &[(u64, usize, SourceWeights)] = &[
    // The weights, in the order of `SOURCES`: siblings, imports, files, edits, similar, data,
    // names, members, call, own, scopes.
    (
        200_000_000,
        8192,
        SourceWeights {
            percent: 40,
            weights: [0.5, 0.9, 0.8, 1.0, 0.7, 1.0, 0.8, 1.2, 1.2, 0.8, 1.5],
        },
    ),
    (
        0,
        0,
        SourceWeights {
            percent: 25,
            weights: [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.2, 1.2, 0.0, 1.5],
        },
    ),
];

impl SourceWeights {
    /// The window only.
    pub const NONE: Self = Self {
        percent: 0,
        weights: [0.0; COUNT],
    };

    /// What suits a model of this size.
    pub fn of(parameters: u64, context: usize) -> Self {
        let fits =
            |(most, tokens, _): &&(u64, usize, Self)| *most <= parameters && *tokens <= context;
        CLASSES
            .iter()
            .find(fits)
            .map_or(Self::NONE, |(_, _, weights)| *weights)
    }

    /// The names of all sources.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SOURCES.iter().map(|source| source.name)
    }

    /// The same without the sources of these names. `Err` is a name that no source has.
    pub fn without(mut self, names: &[String]) -> Result<Self, String> {
        for at in places(names)? {
            self.weights[at] = 0.0;
        }
        Ok(self)
    }

    /// The sources of these names only, which count at least as much as any; `Err` is a name that
    /// no source has.
    pub fn only(mut self, names: &[String]) -> Result<Self, String> {
        let kept = places(names)?;
        for (at, weight) in self.weights.iter_mut().enumerate() {
            *weight = if kept.contains(&at) {
                weight.max(1.0)
            } else {
                0.0
            };
        }
        Ok(self)
    }

    /// The names of the sources that are switched off.
    pub fn off(self) -> impl Iterator<Item = &'static str> {
        SOURCES
            .iter()
            .zip(self.weights)
            .filter(|(_, weight)| *weight == 0.0)
            .map(|(source, _)| source.name)
    }

    /// The same with another share of the prompt.
    pub fn at(mut self, percent: usize) -> Self {
        self.percent = percent;
        self
    }

    /// Whether nothing but the window is shown.
    pub fn is_none(&self) -> bool {
        self.weights.iter().all(|weight| *weight == 0.0)
    }
}

fn places(names: &[String]) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        SOURCES
            .iter()
            .position(|source| source.name == name)
            .ok_or_else(|| name.clone())
    };
    names.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_switched_by_name() {
        let weights = SourceWeights::of(10_000_000, 1024);
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert!(weights.only(&[]).unwrap().is_none());
        let only = weights.only(&names(&["similar"])).unwrap();
        assert_eq!(
            only.weights.iter().filter(|weight| **weight > 0.0).count(),
            1
        );
        assert_eq!(
            only.without(&names(&["similar"])).unwrap().weights,
            SourceWeights::NONE.weights
        );
        assert_eq!(
            weights.without(&names(&["gossip"])),
            Err("gossip".to_owned())
        );
    }

    #[test]
    fn large_models_get_more() {
        assert!(
            SourceWeights::of(500_000_000, 32768).percent
                > SourceWeights::of(8_900_000, 1024).percent
        );
        assert_eq!(
            SourceWeights::of(500_000_000, 1024),
            SourceWeights::of(8_900_000, 1024)
        );
    }
}
