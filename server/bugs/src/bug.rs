//! A bug as callers get it: a finding with how far its fix was checked.

use crate::finding::Finding;
use crate::verify::{Level, describe_checks};

/// A finding whose edits were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bug {
    /// What was found.
    pub finding: Finding,
    /// How far its edits were checked.
    pub level: Level,
    /// The names of the steps above [`Level::Names`] that it passed: `model`, `cargo check`,
    /// `tests`.
    pub passed_checks: Vec<String>,
    /// The name of the function it is in.
    pub function: Option<String>,
    /// Where that function begins: another one may have its name.
    pub function_start: usize,
}

impl Bug {
    /// What its fix does and how far it was checked: `Fix off-by-one in range (checked: parses,
    /// names)`.
    pub fn title(&self) -> String {
        format!(
            "{} (checked: {})",
            self.finding.title,
            describe_checks(self.level, &self.passed_checks)
        )
    }

    /// Whether both are in the same function.
    pub fn is_in_same_function(&self, other: &Bug) -> bool {
        self.function.is_some()
            && (&self.function, self.function_start) == (&other.function, other.function_start)
    }
}
