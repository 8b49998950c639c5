//! Measures answers against known queries: by their parts, and by their results on made databases.
//!
//! [`score`] asks for an answer to each [`SqlCase`] and counts. The parts are those of Spider's
//! exact set match (`exact.rs`); the databases are made for each pair of statements (`fill.rs`).
//! This module must never know how an answer is found, reads no file and asks no clock.

mod calendar;
mod cases;
mod chosen;
mod cursor;
mod exact;
mod faults;
mod fill;
mod hardness;
mod hints;
mod judged;
mod lex;
mod operand;
mod ordered;
mod parse;
mod random;
mod results;
mod rows;
mod scope;
mod score;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod values;

pub use cases::{ShownColumns, SqlCase, SqlPrediction, read_cases};
pub use faults::QueryFault;
pub use hardness::QueryHardness;
pub use judged::{CaseJudge, CaseScore};
pub use results::ResultMatch;
pub use score::{AnswerCounts, AnswerTimes, CurvePoint, SqlScore, score};
