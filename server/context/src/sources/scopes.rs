//! The headers of what encloses the cursor, where the window begins after them: which class and
//! function this is.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// A header longer than this, in lines, is shown by its first lines.
const LINES: usize = 8;

/// One candidate per cut-off header, the innermost the most useful.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let snapshot = near.snapshot;
    let Some(syntax) = &snapshot.syntax else {
        return Vec::new();
    };
    let scopes = syntax.scopes(snapshot.rope(), near.offset);
    let cut = scopes
        .into_iter()
        .rev()
        .filter(|scope| scope.header.start < near.window.start);
    let header = |(depth, scope): (usize, syntax::Scope)| {
        let line = snapshot.rope().byte_to_line(scope.header.start);
        let end = snapshot
            .rope()
            .byte_to_line(scope.header.end.max(scope.header.start + 1) - 1)
            + 1;
        pieces::own_lines(
            near,
            line..end.min(line + LINES),
            1.0 / (1.0 + depth as f32),
        )
    };
    cut.enumerate().filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{cut_off, texts};

    #[test]
    fn headers_above_the_window_are_shown() {
        let near = cut_off(
            "a.py",
            "class Shop(Base):\n    x = 1\n    def buy(self,\n            what):\n        y = 1\n^        $0\n",
        );
        assert_eq!(
            texts(super::gather(&near)),
            [
                "    def buy(self,\n            what):\n",
                "class Shop(Base):\n"
            ]
        );
        let near = cut_off(
            "a.py",
            "^class Shop(Base):\n    def buy(self):\n        $0\n",
        );
        assert!(super::gather(&near).is_empty());
    }
}
