//! The order of readings and how sure the first is: a linear model over what the parser knows.
//!
//! The weights are in `weights.txt`: those of the order were set by hand, those of confidence were
//! fitted to cases that are not the test.

use super::parse::Choices;
use std::collections::HashMap;
use std::sync::LazyLock;

static WEIGHTS: LazyLock<HashMap<&'static str, f32>> = LazyLock::new(|| {
    include_str!("weights.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, weight)| Some((name, weight.trim().parse().ok()?)))
        .collect()
});

fn weight(name: &str) -> f32 {
    WEIGHTS.get(name).copied().unwrap_or(0.0)
}

/// What is known of a reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    pub choices: Choices,
    /// The smallest lead of a chosen column over its rival.
    pub margin: f32,
    pub unknown_words: usize,
    pub guesses: usize,
    /// Names in the question that no part of the query came from.
    pub unused_names: usize,
    /// How far the names that were used are from fitting fully, added up.
    pub weakness: f32,
    pub tables: usize,
    /// Cues and values of the question that left no trace in the query.
    pub leftovers: usize,
    /// Words that only relate others.
    pub relating: usize,
    /// Tables that fit a name about as well as the one that was chosen.
    pub table_rivals: usize,
    /// Tables of the query that the question does not name.
    pub unnamed_tables: usize,
    /// Tables of the schema.
    pub schema_tables: usize,
    /// Whether each group has its own first rows, or shares are computed.
    pub is_involved: bool,
}

/// How good a reading is next to others.
pub(crate) fn score(features: &Features) -> f32 {
    let choices = &features.choices;
    let mut score = 0.0;
    let flags = [
        (choices.groups_by_label, "group_by_label"),
        (choices.joins_keys, "join_keys"),
        (choices.drops_tables, "drop_tables"),
        (choices.second_subject, "second_subject"),
        (choices.distinct, "distinct"),
    ];
    for (is_set, name) in flags {
        score += if is_set { weight(name) } else { 0.0 };
    }
    if choices.second.is_some() {
        score += weight("second_column") - weight("lead") * features.margin.min(1.0);
    }
    let counted = [
        (features.unknown_words, "unknown_word"),
        (features.tables.saturating_sub(1), "table"),
        (features.guesses, "guess"),
        (features.unused_names, "unused_name"),
    ];
    counted.iter().fold(score, |score, (count, name)| {
        score + weight(name) * *count as f32
    })
}

/// What speaks for and against a reading, each by the name of its weight. `rival`: the score of the
/// next reading less that of this one.
pub(crate) fn signs(features: &Features, rival: f32) -> Vec<(&'static str, f32)> {
    vec![
        ("sure_unknown", features.unknown_words.min(3) as f32),
        ("sure_margin", features.margin.clamp(0.0, 1.0) - 0.5),
        ("sure_guess", features.guesses.min(3) as f32),
        (
            "sure_table",
            features.tables.saturating_sub(1).min(4) as f32,
        ),
        ("sure_unused", features.unused_names.min(3) as f32),
        ("sure_weak", features.weakness.min(2.0)),
        ("sure_rival", (rival + 1.0).clamp(0.0, 1.0)),
        ("sure_leftover", features.leftovers.min(4) as f32),
        ("sure_relating", features.relating.min(4) as f32),
        ("sure_table_rival", features.table_rivals.min(2) as f32),
        ("sure_unnamed", features.unnamed_tables.min(4) as f32),
        (
            "sure_schema",
            (features.schema_tables.max(3) as f32 / 3.0).ln(),
        ),
        ("sure_involved", f32::from(u8::from(features.is_involved))),
    ]
}

/// How likely it is that a reading is what was meant, from 0 to 1.
pub(crate) fn confidence(signs: &[(&'static str, f32)]) -> f32 {
    let odds = signs
        .iter()
        .fold(weight("sure_base"), |odds, (name, value)| {
            odds + weight(name) * value
        });
    1.0 / (1.0 + (-odds).exp())
}
