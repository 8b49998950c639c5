//! What is known of a candidate, as numbers for the gate. To add one: a name in [`FEATURES`], its value at the same place in
//! [`Evidence::values`], and weights fitted anew.

use crate::candidates::{Candidate, Match, Whence};
use crate::extent::Extent;
use crate::filters::Place;
use context::Snapshot;
use std::collections::HashSet;

/// The names of the features, in the order of their values.
pub const FEATURES: &[&str] = &[
    "bias",
    "copied",
    "said",
    "both",
    "adapted",
    "adapted.lexemes",
    "adapted.renamed",
    "adapted.mean",
    "adapted.alone",
    "cut",
    "copied.lexemes",
    "copied.lexemes>4",
    "copied.lexemes>8",
    "copied.lexemes>16",
    "copied.lexemes>32",
    "copied.agreement",
    "copied.agreement*lexemes",
    "copied.places",
    "copied.here",
    "copied.near",
    "copied.mean",
    "said.mean",
    "mean",
    "least",
    "first",
    "behind",
    "characters",
    "characters>24",
    "word.typed",
    "unknown",
    "unknown.share",
    "place.line_start",
    "place.after_dot",
    "place.after_open",
    "place.block",
    "place.line_start*copied",
    "rivals",
    "alone",
];

/// The evidence for one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    values: Vec<f32>,
    lone: bool,
}

/// What all candidates of a place have in common.
pub(crate) struct Surroundings {
    words: HashSet<String>,
    line_start: bool,
    after_dot: bool,
    after_open: bool,
    block: bool,
    typing: bool,
    lone: bool,
}

impl Surroundings {
    /// Looks at the place once.
    pub(crate) fn new(place: &Place) -> Self {
        let text = place.snapshot.rope().to_string();
        let before = place.before.trim_end();
        Self {
            words: words(&text).map(str::to_owned).collect(),
            line_start: before.is_empty(),
            after_dot: before.ends_with(['.', ':', '>']) && place.before == before,
            after_open: before.ends_with(['(', '[', '{', ',']),
            block: matches!(place.extent, Extent::Block { .. }),
            lone: place.snapshot.index.files().next().is_none(),
            typing: place.before.ends_with(|c: char| c.is_alphanumeric() || c == '_'),
        }
    }

    /// How many different names of a candidate stand neither in the file nor in the workspace, and how many it has.
    fn unknown(&self, snapshot: &Snapshot, text: &str) -> (usize, usize) {
        let mut names: HashSet<&str> = words(text).collect();
        // The first word may be the end of one that is half typed.
        if self.typing && text.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            words(text).next().map(|first| names.remove(first));
        }
        let all = names.len();
        names.retain(|name| !self.words.contains(*name) && snapshot.index.word_count(name) == 0);
        (names.len(), all)
    }
}

impl Evidence {
    /// The evidence for `candidate`, whose tokens have the natural-log probabilities `tokens`. `best` is the sum of those of
    /// the likeliest of the `rivals` candidates.
    pub(crate) fn new(
        candidate: &Candidate,
        tokens: &[f32],
        best: f32,
        rivals: usize,
        surroundings: &Surroundings,
        snapshot: &Snapshot,
    ) -> Self {
        let flag = |is: bool| f32::from(u8::from(is));
        let floor = |value: f32| value.max(-10.0);
        let total: f32 = tokens.iter().sum();
        let mean = floor(total / tokens.len().max(1) as f32);
        let least = floor(tokens.iter().copied().fold(0.0, f32::min));
        let first = floor(tokens.first().copied().unwrap_or(-10.0));
        let copied = flag(candidate.copied.is_some());
        let said = flag(candidate.said);
        let adapted = flag(candidate.adapted.is_some());
        let (like, renamed) =
            candidate.adapted.map_or((0.0, 0.0), |(lexemes, renamed)| (lexemes as f32, renamed as f32));
        let none = Match { lexemes: 0, bytes: 0, agreement: 0.0, places: 0, whence: Whence::Far };
        let found = candidate.copied.unwrap_or(none);
        let lexemes = (found.lexemes as f32).ln_1p();
        let longer = |than: usize| flag(found.lexemes > than);
        let characters = candidate.text.trim().chars().count();
        let (unknown, names) = surroundings.unknown(snapshot, &candidate.text);
        let values = vec![
            1.0,
            copied,
            said,
            copied * said,
            adapted,
            like.ln_1p(),
            renamed.min(6.0),
            adapted * mean,
            adapted * (1.0 - copied) * (1.0 - said),
            flag(candidate.cut),
            lexemes,
            longer(4),
            longer(8),
            longer(16),
            longer(32),
            found.agreement,
            found.agreement * lexemes,
            (found.places as f32).ln_1p(),
            copied * flag(found.whence == Whence::Here),
            copied * flag(found.whence == Whence::Near),
            copied * mean,
            said * mean,
            mean,
            least,
            first,
            floor(total - best),
            (characters as f32).ln_1p(),
            flag(characters > 24),
            flag(surroundings.typing),
            (unknown as f32).min(4.0),
            unknown as f32 / names.max(1) as f32,
            flag(surroundings.line_start),
            flag(surroundings.after_dot),
            flag(surroundings.after_open),
            flag(surroundings.block),
            flag(surroundings.line_start) * copied,
            (rivals as f32).ln(),
            flag(rivals == 1),
        ];
        Self { values, lone: surroundings.lone }
    }

    /// Whether the file stands alone, without a workspace to copy from.
    pub fn is_lone(&self) -> bool {
        self.lone
    }

    /// The numbers, in the order of [`FEATURES`].
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// The identifiers of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !is_word(c)).filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}
