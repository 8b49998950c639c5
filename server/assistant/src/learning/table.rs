//! How suggestions fared, as counts per language, kind of place, source and confidence; and the
//! thresholds that follow.
//!
//! Counts of a language and kind lose half their weight with every [`HALF_LIFE`] suggestions
//! counted there, so that habits may change. There is no text in it. [`Table::absorb`] adds new
//! counts to old ones, in memory and in the file alike.

use completion::{Extent, SuggestionOutcome};
use context::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Suggestions after which a count weighs half.
const HALF_LIFE: f32 = 500.0;
/// Languages that are kept; those with the fewest suggestions go.
const MAX_LANGUAGES: usize = 64;
/// The most bytes of a language id.
const MAX_NAME: usize = 40;
/// Steps in which confidence is counted.
const STEPS: usize = 5;
/// The share of suggestions that are taken where nothing needs to change.
const USUAL: f32 = 0.35;
/// Suggestions that this expectation weighs as much as.
const PRIOR: f32 = 40.0;
/// Suggestions after which a shift has half its force.
const HALF_FORCE_SHOWN: f32 = 20.0;
/// The lowest and the highest shift of a threshold.
const BOUNDS: (f32, f32) = (-0.2, 0.25);

/// The kind of place that a suggestion is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Only blanks are before it in its line.
    LineStart,
    /// After anything but the following.
    MidLine,
    /// After `.`, `->` or `::`.
    AfterDot,
    /// After an opening bracket or a comma.
    AfterParen,
    /// Where a block is expected.
    Block,
}

impl Kind {
    /// The kind of the place at byte `offset`.
    pub fn at(snapshot: &Snapshot, offset: usize) -> Self {
        let (before, _) = snapshot.line_around(offset);
        let before = before.trim_end();
        if matches!(Extent::at(snapshot, offset), Extent::Block { .. }) {
            Self::Block
        } else if before.is_empty() {
            Self::LineStart
        } else if [".", "->", "::"].iter().any(|end| before.ends_with(end)) {
            Self::AfterDot
        } else if before.ends_with(['(', '[', '{', ',']) {
            Self::AfterParen
        } else {
            Self::MidLine
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::LineStart => "start of line",
            Self::MidLine => "in a line",
            Self::AfterDot => "after a dot",
            Self::AfterParen => "in brackets",
            Self::Block => "block",
        }
    }
}

/// Where a suggestion comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model generated it.
    Model,
    /// It occurs elsewhere.
    Copy,
    /// Both.
    Both,
}

/// How often each fate befell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counts {
    /// Inserted whole.
    pub accepted: f32,
    /// Inserted in part.
    pub part: f32,
    /// Typed by hand, the same.
    pub typed: f32,
    /// Inserted, then changed.
    pub edited: f32,
    /// Inserted, then removed.
    pub reverted: f32,
    /// Not used.
    pub ignored: f32,
}

impl Counts {
    fn fields(&mut self) -> [&mut f32; 6] {
        let Self {
            accepted,
            part,
            typed,
            edited,
            reverted,
            ignored,
        } = self;
        [accepted, part, typed, edited, reverted, ignored]
    }

    /// The sum of all counts.
    pub fn shown(mut self) -> f32 {
        self.fields().iter().map(|field| **field).sum()
    }

    /// How many were of use; those taken in part or changed count half.
    fn used(self) -> f32 {
        self.accepted + self.typed + (self.part + self.edited) / 2.0
    }

    fn add(&mut self, mut other: Self) {
        self.fields()
            .into_iter()
            .zip(other.fields())
            .for_each(|(mine, more)| *mine += *more);
    }

    fn scale(&mut self, factor: f32) {
        self.fields().into_iter().for_each(|field| *field *= factor);
    }

    fn count(&mut self, fate: SuggestionOutcome) {
        match fate {
            SuggestionOutcome::Accepted => self.accepted += 1.0,
            SuggestionOutcome::AcceptedPart => self.part += 1.0,
            SuggestionOutcome::TypedOver => self.typed += 1.0,
            SuggestionOutcome::Edited => self.edited += 1.0,
            SuggestionOutcome::Reverted => self.reverted += 1.0,
            SuggestionOutcome::Ignored => self.ignored += 1.0,
            SuggestionOutcome::Unseen => {}
        }
    }
}

/// The cells of one kind of place: by source and step of confidence, as `model/3`.
type Cells = BTreeMap<String, Counts>;

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Table(BTreeMap<String, BTreeMap<Kind, Cells>>);

impl Table {
    /// Counts one suggestion of this confidence, 0 to 1.
    pub fn count(
        &mut self,
        language: &str,
        kind: Kind,
        source: Source,
        confidence: f32,
        fate: SuggestionOutcome,
    ) {
        let fits = !language.is_empty() && language.len() <= MAX_NAME;
        let language = if fits { language } else { "other" };
        let step = ((confidence.clamp(0.0, 1.0) * STEPS as f32) as usize).min(STEPS - 1);
        let source = match source {
            Source::Model => "model",
            Source::Copy => "copy",
            Source::Both => "both",
        };
        let cells = self
            .0
            .entry(language.to_owned())
            .or_default()
            .entry(kind)
            .or_default();
        cells
            .entry(format!("{source}/{step}"))
            .or_default()
            .count(fate);
    }

    /// Adds newer counts; the old ones of the same places lose weight.
    pub fn absorb(&mut self, newer: &Self) {
        for (language, kinds) in &newer.0 {
            for (kind, cells) in kinds {
                let old = self
                    .0
                    .entry(language.clone())
                    .or_default()
                    .entry(*kind)
                    .or_default();
                let factor = 0.5f32.powf(sum(cells).shown() / HALF_LIFE);
                old.values_mut().for_each(|counts| counts.scale(factor));
                cells
                    .iter()
                    .for_each(|(cell, counts)| old.entry(cell.clone()).or_default().add(*counts));
            }
        }
        self.keep(MAX_LANGUAGES);
    }

    /// Drops half of the languages, those with the fewest suggestions; false if there is only one.
    pub fn halve(&mut self) -> bool {
        let half = self.0.len() / 2;
        self.keep(half.max(1));
        half > 0
    }

    fn keep(&mut self, most: usize) {
        let weight = |kinds: &BTreeMap<Kind, Cells>| {
            kinds.values().map(|cells| sum(cells).shown()).sum::<f32>()
        };
        let mut names: Vec<_> = self
            .0
            .iter()
            .map(|(name, kinds)| (weight(kinds), name.clone()))
            .collect();
        names.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, name) in names.iter().skip(most) {
            self.0.remove(name);
        }
    }

    /// The sums of every language and kind, in the order of their names.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Kind, Counts)> {
        self.0.iter().flat_map(|(language, kinds)| {
            kinds
                .iter()
                .map(move |(kind, cells)| (language.as_str(), *kind, sum(cells)))
        })
    }

    /// The sum of all.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.rows().for_each(|(_, _, counts)| total.add(counts));
        total
    }

    /// What is added to the least confidence of a suggestion at such a place.
    ///
    /// Of `n` suggestions there, `s` were of use. Seen as `PRIOR` more suggestions of which the
    /// usual share was of use, that share is `r = (PRIOR * USUAL + s) / (PRIOR + n)`, and the shift
    /// is `(USUAL - r) * n² / (n² + HALF_FORCE_SHOWN²)`, times 1.2, within `BOUNDS`. So 5 ignored
    /// suggestions add 0.003, 20 add 0.07 and 60 add 0.23; 60 that were taken subtract 0.2.
    pub fn shift(&self, language: &str, kind: Kind) -> f32 {
        self.0
            .get(language)
            .and_then(|kinds| kinds.get(&kind))
            .map_or(0.0, |cells| shift(sum(cells)))
    }

    /// What is wrong with counts that were read from a file, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        let cells = || self.0.values().flat_map(|kinds| kinds.values());
        let mut counts = cells().flat_map(|cells| cells.values().copied());
        if self.0.len() > MAX_LANGUAGES || self.0.keys().any(|name| name.len() > MAX_NAME) {
            Some("it names too many languages, or one with too long a name")
        } else if cells().any(|cells| cells.len() > 3 * STEPS) {
            Some("it has too many cells for one kind of place")
        } else if counts.any(|mut counts| {
            counts
                .fields()
                .iter()
                .any(|field| !(0.0..=1e6).contains(&**field))
        }) {
            Some("a count is not a number between 0 and 1000000")
        } else {
            None
        }
    }
}

/// See [`Table::shift`].
pub fn shift(counts: Counts) -> f32 {
    let (shown, used) = (counts.shown(), counts.used());
    let rate = (PRIOR * USUAL + used) / (PRIOR + shown);
    let force = shown * shown / (shown * shown + HALF_FORCE_SHOWN * HALF_FORCE_SHOWN);
    (1.2 * (USUAL - rate) * force).clamp(BOUNDS.0, BOUNDS.1)
}

fn sum(cells: &Cells) -> Counts {
    let mut sum = Counts::default();
    cells.values().for_each(|counts| sum.add(*counts));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(fates: &[(SuggestionOutcome, usize)]) -> Table {
        let mut table = Table::default();
        for &(fate, times) in fates {
            for _ in 0..times {
                let mut one = Table::default();
                one.count("python", Kind::MidLine, Source::Model, 0.7, fate);
                table.absorb(&one);
            }
        }
        table
    }

    fn shift_after(fates: &[(SuggestionOutcome, usize)]) -> f32 {
        after(fates).shift("python", Kind::MidLine)
    }

    #[test]
    fn few_observations_move_nothing_visibly() {
        assert_eq!(Table::default().shift("python", Kind::MidLine), 0.0);
        assert!(shift_after(&[(SuggestionOutcome::Ignored, 5)]) < 0.01);
        assert!((0.04..0.09).contains(&shift_after(&[(SuggestionOutcome::Ignored, 20)])));
    }

    #[test]
    fn shifts_follow_the_fates_within_their_bounds() {
        assert!(shift_after(&[(SuggestionOutcome::Ignored, 60)]) > 0.18);
        assert!(shift_after(&[(SuggestionOutcome::Accepted, 60)]) <= -0.19);
        assert!(shift_after(&[(SuggestionOutcome::Reverted, 5000)]) <= BOUNDS.1);
        assert!(shift_after(&[(SuggestionOutcome::TypedOver, 5000)]) >= BOUNDS.0);
        assert_eq!(shift_after(&[(SuggestionOutcome::Unseen, 100)]), 0.0);
        assert_eq!(
            after(&[(SuggestionOutcome::Ignored, 60)]).shift("rust", Kind::MidLine),
            0.0
        );
        assert_eq!(
            after(&[(SuggestionOutcome::Ignored, 60)]).shift("python", Kind::Block),
            0.0
        );
    }

    #[test]
    fn old_habits_fade() {
        let table = after(&[
            (SuggestionOutcome::Ignored, 500),
            (SuggestionOutcome::Accepted, 500),
        ]);
        let counts = table.total();
        assert!(
            (counts.ignored / counts.accepted - 0.5).abs() < 0.01,
            "{counts:?}"
        );
    }

    #[test]
    fn languages_are_bounded_and_wrong_counts_are_found() {
        let mut table = Table::default();
        for language in 0..200 {
            let mut one = Table::default();
            one.count(
                &format!("language{language}"),
                Kind::Block,
                Source::Copy,
                2.0,
                SuggestionOutcome::Ignored,
            );
            table.absorb(&one);
        }
        assert_eq!((table.0.len(), table.fault()), (MAX_LANGUAGES, None));
        let bad: Table =
            serde_json::from_str(r#"{"python": {"block": {"model/0": {"ignored": -1}}}}"#).unwrap();
        assert!(bad.fault().is_some());
    }
}
