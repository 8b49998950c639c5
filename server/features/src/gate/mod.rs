//! The gate: how likely a candidate is to be taken, as one calibrated number, and how likely is likely enough.
//!
//! A logistic regression over the evidence for a candidate (`evidence.rs`). Its weights are fitted by `training/gate.py` on
//! completions of repositories that nobody is judged by, and stand in `models/gate.txt`, one line per feature. Another such
//! file may take its place. `inline_completion` ranks its candidates by this number and shows the best one that
//! passes. Format: `name value` per line, `#` starts a comment; a name behind `lone.` is
//! the weight where there is no workspace, `show.quiet`, `show.balanced` and `show.eager` are thresholds.

mod evidence;

pub(crate) use evidence::Surroundings;
pub use evidence::{Evidence, FEATURES};

use std::collections::HashMap;

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

/// Weights and thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    weights: Vec<f32>,
    lone: Vec<f32>,
    thresholds: [f32; 3],
}

/// The file that comes with the program.
const OWN: &str = include_str!("../../../../models/gate.txt");

impl Default for Gate {
    /// The gate that comes with the program.
    fn default() -> Self {
        Self::parse(OWN).unwrap_or_else(|_| Self {
            weights: vec![0.0; FEATURES.len()],
            lone: vec![0.0; FEATURES.len()],
            thresholds: [0.5; 3],
        })
    }
}

impl Gate {
    /// Reads a gate. The error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut values = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let mut words = line.split_whitespace();
            let (Some(name), value) = (words.next(), words.next()) else { continue };
            let value = value.and_then(|value| value.parse::<f32>().ok()).filter(|value| value.is_finite());
            let Some(value) = value else {
                return Err(format!("line {}: `{line}` is not a name and a number", number + 1));
            };
            let feature = name.strip_prefix(LONE).unwrap_or(name);
            if !FEATURES.contains(&feature) && !THRESHOLDS.contains(&name) {
                return Err(format!("line {}: there is no feature `{name}`", number + 1));
            }
            values.insert(name, value);
        }
        let threshold = |name: &str| values.get(name).copied().ok_or_else(|| format!("`{name}` is missing"));
        let thresholds = [threshold(THRESHOLDS[0])?, threshold(THRESHOLDS[1])?, threshold(THRESHOLDS[2])?];
        let weight = |name: &str| values.get(name).copied().unwrap_or(0.0);
        let weights: Vec<f32> = FEATURES.iter().map(|name| weight(name)).collect();
        let has_lone = values.keys().any(|name| name.starts_with(LONE));
        let lone = FEATURES.iter().map(|name| weight(&format!("{LONE}{name}"))).collect();
        Ok(Self { lone: if has_lone { lone } else { weights.clone() }, weights, thresholds })
    }

    /// How likely the candidate is to be taken, 0 to 1. `bonus` is added to the log-odds.
    pub fn probability(&self, evidence: &Evidence, bonus: f32) -> f32 {
        let weights = if evidence.is_lone() { &self.lone } else { &self.weights };
        let sum: f32 = evidence.values().iter().zip(weights).map(|(value, weight)| value * weight).sum();
        1.0 / (1.0 + (-sum - bonus).exp())
    }

    /// The least probability that is shown.
    pub fn threshold(&self, eagerness: Eagerness) -> f32 {
        self.thresholds[eagerness as usize]
    }
}

/// In front of the weights for a file without a workspace, where there is little to copy and the model counts for more.
const LONE: &str = "lone.";
const THRESHOLDS: [&str; 3] = ["show.quiet", "show.balanced", "show.eager"];

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
        for (text, named) in
            [("bias x", "line 1"), ("\nbiass 1", "`biass`"), ("bias 1", "show.quiet"), ("bias inf", "line 1")]
        {
            let error = Gate::parse(text).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
