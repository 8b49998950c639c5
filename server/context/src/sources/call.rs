//! The signature and the first line of documentation of the function whose arguments are being
//! typed.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;
use index::Symbol;
use text::is_word;

/// How far back the opening bracket is looked for, in bytes.
const BRACKET_SEARCH_BYTES: usize = 2000;
/// Signatures at most: a name may be defined in several places.
const MAX_SIGNATURES: usize = 3;
/// What languages call the function that makes an object.
const CONSTRUCTORS: &[&str] = &["__init__", "constructor", "new"];

/// The signatures of the function, or of the constructor where it is a class.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let mut start = near.offset.saturating_sub(BRACKET_SEARCH_BYTES);
    let rope = near.snapshot.rope();
    start = rope.char_to_byte(rope.byte_to_char(start));
    let before = near.snapshot.slice(start, near.offset);
    let Some(name) = called(&before) else {
        return Vec::new();
    };
    let index = &near.snapshot.index;
    let mut found = index.definitions(name, MAX_SIGNATURES);
    let makes = |symbol: &Symbol| CONSTRUCTORS.contains(&&*symbol.name) || symbol.name == name;
    if name.starts_with(char::is_uppercase) {
        found.extend(
            index
                .members(name, 64)
                .into_iter()
                .filter(makes)
                .take(MAX_SIGNATURES),
        );
    }
    let score = 1.0 / (found.len().max(1) as f32).sqrt();
    found
        .iter()
        .filter_map(|symbol| pieces::signature(near, symbol, score))
        .collect()
}

/// The name before the innermost bracket that is open at the end of a text.
fn called(before: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in before.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' if depth == 0 => {
                let name = &before[before[..at].trim_end_matches(is_word).len()..at];
                return (!name.is_empty()).then_some(name);
            }
            '[' | '{' if depth == 0 => return None,
            '(' | '[' | '{' => depth -= 1,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::called;
    use crate::tests::{near_among, texts};

    #[test]
    fn the_function_being_called_is_shown() {
        let shop = "def buy(what, price):\n    \"\"\"Buys it.\"\"\"\n\n\nclass Shop:\n    def __init__(self, name):\n        pass\n";
        let near = near_among("a.py", "x = buy(1, $0)\n", &[("b.py", shop)]);
        let found = texts(super::gather(&near));
        assert!(
            found.len() == 1
                && found[0].contains("buy(what, price)")
                && found[0].contains("Buys it."),
            "{found:?}"
        );
        let near = near_among("a.py", "x = Shop($0\n", &[("b.py", shop)]);
        assert!(
            texts(super::gather(&near))
                .iter()
                .any(|text| text.contains("__init__(self, name)"))
        );
    }

    #[test]
    fn the_innermost_open_call_counts() {
        assert_eq!(called("x = send(a, get(b), [c], "), Some("send"));
        assert_eq!(called("x = send(a, get(b"), Some("get"));
        assert_eq!(called("send(\n    a,\n    "), Some("send"));
        assert_eq!(called("x = (a + "), None);
        assert_eq!(called("send(a)"), None);
        assert_eq!(called("send([a, "), None);
    }
}
