//! The other open files: their chunks most like the cursor's surroundings, the file looked at last
//! counting most.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// Files looked at, and chunks of each.
const FILES: usize = 6;
const CHUNKS: usize = 2;
/// Files longer than this, in lines, are not read whole at every key.
const LONGEST: usize = 5_000;
/// What a file counts compared with the one looked at after it.
const FADING: f32 = 0.85;

/// The most similar chunks of each file.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let files = near
        .snapshot
        .recent
        .files
        .iter()
        .filter(|file| !near.is_own(&file.path));
    let short = files
        .filter(|file| file.rope.len_lines() <= LONGEST)
        .take(FILES);
    let chunks = |(age, file): (usize, &crate::OpenFile)| {
        let rope = &file.rope;
        let chunk = |lines: std::ops::Range<usize>| Snippet {
            path: file.path.to_string(),
            line: lines.start,
            text: pieces::whole(
                rope.slice(rope.line_to_char(lines.start)..rope.line_to_char(lines.end))
                    .to_string(),
            ),
            score: 0.0,
        };
        let similar =
            pieces::most_similar(near, pieces::chunks(rope).into_iter().map(chunk), CHUNKS);
        similar.into_iter().map(move |one| Snippet {
            score: one.score * FADING.powi(age as i32),
            ..one
        })
    };
    short.enumerate().flat_map(chunks).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{near_with, recent_files, texts};

    #[test]
    fn chunks_of_open_files_come_by_likeness() {
        let files = recent_files(&[
            ("a.py", "client.send()\n"),
            ("b.py", "nothing\n"),
            ("c.py", "client.send()\nother\n"),
        ]);
        let near = near_with("a.py", "client.send()\n$0\n", Default::default(), files);
        assert_eq!(texts(super::gather(&near)), ["client.send()\nother\n"]);
    }
}
