//! Tests of the whole product, with a model that knows a few answers and their probabilities.

mod chat;
mod deep;
mod identifiers;
mod invoked;
mod syntax_errors;
mod written;

use crate::completion_context::CompletionContext;
use context::testing::snapshot;

/// What `look` makes of the place at `$0`.
pub fn at_mark<T>(path: &str, marked: &str, look: impl FnOnce(&CompletionContext) -> T) -> T {
    let offset = marked.find("$0").unwrap();
    let snapshot = snapshot(path, &marked.replacen("$0", "", 1));
    look(&CompletionContext::new(&snapshot, offset, false))
}
