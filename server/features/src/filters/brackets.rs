//! Closing brackets, quotes and separators that already stand behind the cursor are not written twice.
//!
//! Editors close brackets as one types, models close them again. Where the completion closes a bracket it did not open,
//! and the same bracket stands right behind the cursor, the completion ends there.

use super::Place;

/// Cuts the completion at what the rest of the line already has.
pub fn apply(place: &Place<'_>, mut text: String) -> Option<String> {
    let rest = place.after.trim_start();
    let Some(next) = rest.chars().next() else { return Some(text) };
    match next {
        ')' | ']' | '}' => {
            if let Some(at) = first_unopened(&text).filter(|&at| text[at..].starts_with(next)) {
                text.truncate(at);
            }
        }
        '"' | '\'' | '`' => {
            let open = place.before.matches(next).count() % 2 == 1;
            if open && text.matches(next).count() % 2 == 1 {
                text.truncate(text.find(next).unwrap_or(text.len()));
            }
        }
        ';' | ',' => {
            let kept = text.trim_end().trim_end_matches(next).len();
            text.truncate(kept);
        }
        _ => {}
    }
    (!text.trim().is_empty()).then_some(text)
}

/// Where the text closes a bracket that it did not open; brackets in its strings do not count.
fn first_unopened(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (Some(_), '\n') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => return Some(at),
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}
