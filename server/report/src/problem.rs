//! Why there is no report. Each message is a sentence that says what to do.

use std::fmt;

/// Why a report could not be made or checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportProblem {
    message: String,
}

impl ReportProblem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// A column that the options name and the file does not have.
    pub(crate) fn no_column(option: &str, name: &str, columns: &[&str]) -> Self {
        let mut near: Vec<&str> = columns.to_vec();
        near.truncate(12);
        let more = columns.len().saturating_sub(near.len());
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Self::new(format!(
            "--{option}: the file has no column `{name}`; it has {}{rest}",
            near.join(", ")
        ))
    }
}

impl fmt::Display for ReportProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ReportProblem {}

impl From<data::files::FileProblem> for ReportProblem {
    fn from(problem: data::files::FileProblem) -> Self {
        Self::new(problem.to_string())
    }
}

impl From<rusqlite::Error> for ReportProblem {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(format!("SQLite could not recompute a number: {error}"))
    }
}
