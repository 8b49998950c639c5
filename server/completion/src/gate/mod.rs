//! The gate: how likely a candidate is to be taken, as one calibrated number, and how likely is
//! likely enough.
//!
//! Boosted trees, and weights, over the evidence for a candidate (`evidence.rs`): their sum is the
//! log-odds. They are fitted by `training/gate.py` on completions of repositories that no
//! evaluation uses, and are in `models/gate.txt`. Another such file may take its place.
//! `complete` ranks its candidates by this number and shows the best one that passes.
//! Format, `#` starts a comment: `tree` and a tree (`tree.rs`) on a line; `NAME NUMBER` is the
//! weight of a feature, or of `bias`; `show.quiet`, `show.balanced` and `show.eager` are
//! thresholds.

mod candidate_view;
mod evidence;
mod flow;
mod names;
mod tree;

pub use evidence::{Evidence, FEATURES, Feature};

use std::collections::HashMap;
use tree::Tree;

/// How readily something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eagerness {
    /// Only what is very likely right.
    Quiet,
    /// What is more likely right than not.
    #[default]
    Balanced,
    /// What is worth a look.
    Eager,
}

/// Trees, weights and thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    trees: Vec<Tree>,
    bias: f32,
    weights: Vec<f32>,
    thresholds: [f32; 3],
}

/// The file that comes with the program.
const OWN: &str = include_str!("../../../../models/gate.txt");
const BIAS: &str = "bias";
const THRESHOLDS: [&str; 3] = ["show.quiet", "show.balanced", "show.eager"];

impl Default for Gate {
    /// The gate that comes with the program.
    fn default() -> Self {
        let silent = || Self {
            trees: Vec::new(),
            bias: 0.0,
            weights: vec![0.0; FEATURES.len()],
            thresholds: [1.0; 3],
        };
        Self::parse(OWN).unwrap_or_else(|_| silent())
    }
}

impl Gate {
    /// Reads a gate. The error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut trees, mut values) = (Vec::new(), HashMap::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let wrong = |what: String| format!("line {}: {what}", number + 1);
            match line.split_once(char::is_whitespace) {
                None if line.is_empty() => {}
                Some(("tree", tree)) => trees.push(Tree::parse(tree).map_err(wrong)?),
                Some((name, value)) => {
                    let value = value
                        .trim()
                        .parse::<f32>()
                        .ok()
                        .filter(|value| value.is_finite());
                    let value = value
                        .ok_or_else(|| wrong(format!("`{line}` is not a name and a number")))?;
                    let known = [BIAS].iter().chain(&THRESHOLDS).any(|known| *known == name);
                    if !known && FEATURES.iter().all(|feature| feature.name != name) {
                        return Err(wrong(format!("there is no feature `{name}`")));
                    }
                    values.insert(name, value);
                }
                None => return Err(wrong(format!("`{line}` is not a name and a number"))),
            }
        }
        let threshold = |name: &str| {
            values
                .get(name)
                .copied()
                .ok_or_else(|| format!("`{name}` is missing"))
        };
        let thresholds = [
            threshold(THRESHOLDS[0])?,
            threshold(THRESHOLDS[1])?,
            threshold(THRESHOLDS[2])?,
        ];
        let weight = |name: &str| values.get(name).copied().unwrap_or(0.0);
        let weights = FEATURES
            .iter()
            .map(|feature| weight(feature.name))
            .collect();
        Ok(Self {
            trees,
            bias: weight(BIAS),
            weights,
            thresholds,
        })
    }

    /// How likely the candidate is to be taken, 0 to 1. `bonus` is added to the log-odds.
    pub fn probability(&self, evidence: &Evidence, bonus: f32) -> f32 {
        let values = evidence.values();
        let weighted: f32 = values
            .iter()
            .zip(&self.weights)
            .map(|(value, weight)| value * weight)
            .sum();
        let grown: f32 = self.trees.iter().map(|tree| tree.value(values)).sum();
        1.0 / (1.0 + (-self.bias - weighted - grown - bonus).exp())
    }

    /// The least probability that is shown.
    pub fn threshold(&self, eagerness: Eagerness) -> f32 {
        self.thresholds[eagerness as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_of_the_program_can_be_read() {
        let gate = Gate::parse(OWN).unwrap();
        assert!(gate.threshold(Eagerness::Quiet) >= gate.threshold(Eagerness::Balanced));
        assert!(gate.threshold(Eagerness::Balanced) >= gate.threshold(Eagerness::Eager));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, named) in [
            ("bias x", "line 1"),
            ("\nbiass 1", "`biass`"),
            ("bias 1", "show.quiet"),
            ("bias inf", "line 1"),
            ("\ntree men<0 1 2", "line 2"),
            ("bias", "line 1"),
        ] {
            let error = Gate::parse(text).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
