//! A completion that would add a syntax error where there was none is not shown.

use crate::completion_context::CompletionContext;
use syntax::adds_error;
use text::Edit;

/// Drops what the tree says would break the code; where there is no tree, everything passes.
pub fn apply(context: &CompletionContext<'_>, text: String) -> Option<String> {
    let Some(syntax) = &context.snapshot.syntax else {
        return Some(text);
    };
    let edit = Edit::insert(context.offset, context.inserted(&text));
    (!adds_error(syntax, context.snapshot.rope(), &edit)).then_some(text)
}
