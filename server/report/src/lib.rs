//! What a data file says: trends, seasons, level shifts, outliers, drivers of a change and quality.
//!
//! Every sentence has its number, how many rows it rests on, its period, and the SQL that gives the
//! number again. Plans and findings are pure functions of the profile and the groups that `data`
//! computes; pages are Markdown with SVG, HTML or JSON. This crate knows no editor or protocol.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod answer;
mod calendar;
mod chart;
mod finding;
mod findings;
mod group;
mod losses;
pub mod measure;
mod options;
mod page;
mod period;
mod plan;
mod problem;
mod report;
mod report_sentence;
mod sentence;
mod source_sql;
mod sql;
mod stats;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verify;

pub use finding::{
    FindingKind, NumberForm, NumberValue, ReportFinding, ReportNumber, ReportSection,
    StatisticalTest,
};
pub use options::{ReportLanguage, ReportOptions};
pub use page::MarkdownReport;
pub use period::PeriodSpan;
pub use problem::ReportProblem;
pub use report::{Report, make};
pub use report_sentence::ReportSentence;
pub use verify::{VerifyMismatch, VerifyOutcome, verify};
