//! Chunks of other files that share most with the words around the cursor (BM25 of the index).

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// Chunks at most.
const MAX_CHUNKS: usize = 4;

/// The most similar chunks; the best counts as its similarity, the others less as BM25 says.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let words: Vec<&str> = near.words.iter().map(String::as_str).collect();
    let chunks = near
        .snapshot
        .index
        .similar(&words, &near.snapshot.path, MAX_CHUNKS);
    let best = chunks
        .first()
        .map_or(1.0, |chunk| chunk.score.max(f32::MIN_POSITIVE));
    let candidate = |chunk: index::Chunk| {
        let text: String = chunk
            .text
            .split_inclusive('\n')
            .take(pieces::CHUNK_LINES)
            .collect();
        let similarity = pieces::similarity(near, &text).sqrt();
        let text = pieces::whole(text);
        Snippet {
            path: chunk.path,
            line: chunk.line,
            text,
            score: similarity * chunk.score / best,
        }
    };
    chunks.into_iter().map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{near_among, texts};

    #[test]
    fn the_most_similar_chunk_comes_first() {
        let files = [
            (
                "b.py",
                "def one():\n    client.send(request)\n    client.close()\n",
            ),
            ("c.py", "def two():\n    unrelated(thing)\n"),
            ("a.py", "client.send(request)\n"),
        ];
        let near = near_among("a.py", "client.send(request)\n$0\nclient.close()\n", &files);
        let found = super::gather(&near);
        assert!(found.iter().all(|one| one.path != "a.py"));
        assert!(texts(found)[0].contains("client.close()"));
    }
}
