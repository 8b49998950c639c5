//! Bugs that the syntax tree and the names show, each with a fix: one file per idea, all listed in
//! [`PATTERNS`].
//!
//! `lsp` calls [`find`] and shows what comes back as diagnostics and code actions, or on the
//! command line. A pattern is a plain function from a [`View`](view::View) of a file to findings.
//! It must be right nearly always: it names no bug without edits that fix it, and [`verify`] drops
//! what would break the text or use unknown names. What a model thinks of code is in
//! [`model_checks`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod arguments;
mod awaits;
mod branches;
mod bug;
mod cells;
mod comparisons;
mod defaults;
mod discarded_results;
mod division;
mod exceptions;
mod fields;
mod finding;
mod infinite_loops;
mod interpolations;
mod literals;
mod loops;
mod lost;
mod members;
mod missing_this;
pub mod model_checks;
mod operands;
mod past_end;
mod paths;
mod patterns;
mod precedence;
mod reads;
mod reported;
mod returns;
mod scopes;
mod search;
mod slices;
mod statements;
mod strings;
mod suppressions;
#[cfg(test)]
mod tests;
mod types;
mod unbound;
mod unreturned;
mod verify;
mod view;
mod walks;

pub use bug::Bug;
use context::Snapshot;
use finding::merged;
pub use finding::{Finding, Related};
pub use patterns::{PATTERNS, Pattern, PatternSelection, SCHEMA_CODES, is_code};
pub use reported::{ReportedError, fix_reported};
pub use search::{Cause, Search, Unfinished};
pub use suppressions::{UnknownCode, is_silenced};
use syntax::Code;
use text::Edit;
pub use verify::{Level, describe_checks};

/// The bugs of a file in the order of the text, as far as these patterns find them.
///
/// What has no fix, or whose edits would break the text, is left out, and so is what a `nigh:
/// ignore` comment suppresses. A file without a tree has none.
pub fn find(snapshot: &Snapshot, choice: PatternSelection<'_>) -> Vec<Bug> {
    search(snapshot, choice).bugs
}

/// What [`find`] finds, and which patterns gave up on the way.
pub fn search(snapshot: &Snapshot, choice: PatternSelection<'_>) -> Search {
    let Some(syntax) = &snapshot.syntax else {
        return Search::default();
    };
    let wanted: Vec<&Pattern> = PATTERNS
        .iter()
        .filter(|pattern| choice.takes(pattern) && pattern.knows(syntax.grammar))
        .collect();
    search::run(snapshot, &wanted)
}

/// The edits that fix all of these bugs at once, and how far they were checked together.
///
/// Where two bugs want the same place, the first one gets it; where the whole would break the text,
/// the last ones are left out.
pub fn fix_all(snapshot: &Snapshot, bugs: &[&Bug]) -> Option<(Vec<Edit>, Level)> {
    let syntax = snapshot.syntax.as_ref()?;
    let code = Code::new(syntax, snapshot.rope());
    let judge = verify::FixVerifier::new(syntax, snapshot.rope(), &code);
    (1..=bugs.len()).rev().find_map(|count| {
        let edits = merged(bugs[..count].iter().map(|bug| &bug.finding));
        let level = judge.level(&edits).filter(|level| *level >= Level::Names)?;
        Some((edits, level))
    })
}
