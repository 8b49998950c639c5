//! The document itself beyond the window: its chunks most like the cursor's surroundings.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// Chunks at most.
const MAX_CHUNKS: usize = 4;

/// The most similar chunks that are not shown anyway.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let rope = near.snapshot.rope();
    if !pieces::has_more(near) {
        return Vec::new();
    }
    let chunks = pieces::chunks(rope)
        .into_iter()
        .filter_map(|lines| pieces::own_lines(near, lines, 0.0));
    pieces::most_similar(near, chunks, MAX_CHUNKS)
}

#[cfg(test)]
mod tests {
    use crate::tests::{cut_off, texts};

    #[test]
    fn what_is_alike_elsewhere_in_the_file_is_shown() {
        let padding = "pass\n".repeat(23);
        let text = format!(
            "client.send(request)\n{padding}other = 1\n{padding}^client.open(request)\n$0\n"
        );
        let found = texts(super::gather(&cut_off("a.py", &text)));
        assert!(found[0].starts_with("client.send(request)\n"), "{found:?}");
        assert!(super::gather(&cut_off("a.py", "^client.open()\n$0\n")).is_empty());
    }
}
