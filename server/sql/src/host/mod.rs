//! SQL in the strings of other languages.
//!
//! [`regions`] finds the strings of a file that are SQL: arguments of calls such as `execute`,
//! tagged templates, and texts that obviously are a statement. Each [`SqlRegion`] has its SQL with
//! a map to the file and back; values in the text are question marks. [`question_at`] finds a
//! question in words where a query is expected. What differs between languages is read from the
//! roles of their trees; this folder knows no schema and no editor.

mod calls;
mod literal;
mod question;
mod region;
mod statement;

#[cfg(test)]
mod tests;

pub use question::{SqlQuestion, question_at};
pub use region::{SqlRegion, regions};
