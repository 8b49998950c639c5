//! The definitions of the identifiers near the cursor: their signatures, the nearest identifier
//! first.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// A name that is defined in more places than this says too little.
const HOMONYMS: usize = 3;
/// Signatures at most.
const MAX_SIGNATURES: usize = 16;

/// Signatures from the index, which knows the document too, as it was last indexed.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let mut found = Vec::new();
    for word in &near.words {
        if found.len() >= MAX_SIGNATURES {
            break;
        }
        let symbols = near.snapshot.index.definitions(word, HOMONYMS + 1);
        let shown = symbols
            .iter()
            .any(|symbol| near.is_own(&symbol.path) && near.shows_line(symbol.line));
        if symbols.len() > HOMONYMS || shown {
            continue;
        }
        let score = near.closeness(word) / symbols.len().max(1) as f32;
        found.extend(
            symbols
                .iter()
                .filter_map(|symbol| pieces::signature(near, symbol, score)),
        );
    }
    found.extend(own(near));
    found
}

/// Definitions of the document above and below the window: what an index without the document does
/// not have.
fn own(near: &CursorContext) -> Vec<Snippet> {
    let rope = near.snapshot.rope();
    let (true, Some(syntax)) = (pieces::has_more(near), &near.snapshot.syntax) else {
        return Vec::new();
    };
    let definitions = syntax.definitions(rope).into_iter();
    let wanted = definitions.filter(|definition| near.closeness(&definition.name) > 0.0);
    let header = |definition: syntax::Definition| {
        let first = rope.byte_to_line(definition.header.start);
        let last = rope.byte_to_line(definition.header.end.max(definition.header.start + 1) - 1);
        pieces::own_lines(near, first..last + 1, near.closeness(&definition.name))
    };
    wanted.filter_map(header).take(MAX_SIGNATURES).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{cut_off, near_among, texts};

    #[test]
    fn definitions_in_other_files_are_shown_unless_many_share_the_name() {
        let one = [("b.py", "def parse(text):\n    return text\n")];
        let found = texts(super::gather(&near_among(
            "a.py",
            "value = parse(line)\n$0\n",
            &one,
        )));
        assert!(
            found.len() == 1 && found[0].contains("parse(text)"),
            "{found:?}"
        );
        let source = "def parse(text):\n    return text\n";
        let many = [
            ("b.py", source),
            ("c.py", source),
            ("d.py", source),
            ("e.py", source),
        ];
        assert!(super::gather(&near_among("a.py", "value = parse(line)\n$0\n", &many)).is_empty());
    }

    #[test]
    fn definitions_of_near_names_beyond_the_window_are_shown() {
        let text =
            "def parse(text):\n    return text\n\ndef of():\n    pass\n^value = parse(line)\n$0\n";
        assert_eq!(
            texts(super::gather(&cut_off("a.py", text))),
            ["def parse(text):\n"]
        );
    }
}
