//! A completion that would add a syntax error where there was none is not shown.

use super::Place;
use syntax::adds_error;

/// Drops what the tree says would break the code; where there is no tree, everything passes.
pub fn apply(place: &Place<'_>, text: String) -> Option<String> {
    let Some(syntax) = &place.snapshot.syntax else {
        return Some(text);
    };
    let rope = place.snapshot.rope();
    (!adds_error(
        syntax.grammar,
        rope,
        Some(syntax),
        place.offset,
        &place.inserted(&text),
        0,
    ))
    .then_some(text)
}
