//! A bug as callers get it: a finding with how far its fix was checked.

use crate::finding::Finding;
use crate::patterns::SCHEMA_CODES;
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
        // The schema has the new name; the code need not.
        let checked = if self.is_of_schema() {
            self.passed_checks.join(", ")
        } else {
            describe_checks(self.level, &self.passed_checks)
        };
        format!("{} (checked: {checked})", self.finding.title)
    }

    /// Whether it is about names of a schema: its edits were checked there, not against the code.
    pub fn is_of_schema(&self) -> bool {
        SCHEMA_CODES.contains(&self.finding.code)
    }

    /// Whether both are in the same function.
    pub fn is_in_same_function(&self, other: &Bug) -> bool {
        self.function.is_some()
            && (&self.function, self.function_start) == (&other.function, other.function_start)
    }
}
