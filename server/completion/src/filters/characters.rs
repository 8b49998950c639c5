//! Nothing with characters that no source has: control characters, and the sign for bytes that are
//! no text, which a model gives where it stops within a character.

use crate::completion_context::CompletionContext;

/// Drops a text with such a character.
pub fn apply(_context: &CompletionContext<'_>, text: String) -> Option<String> {
    let is_foreign = |c: char| c == char::REPLACEMENT_CHARACTER || c.is_control();
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\t');
    let is_sound = text.chars().all(|c| is_break(c) || !is_foreign(c));
    is_sound.then_some(text)
}
