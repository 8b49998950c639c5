//! Nothing but white space is no completion, and no completion ends with it.

use crate::completion_context::CompletionContext;

/// Cuts trailing blanks; drops what is left empty.
pub fn apply(_context: &CompletionContext<'_>, mut text: String) -> Option<String> {
    text.truncate(text.trim_end().len());
    (!text.is_empty()).then_some(text)
}
