//! What several sources need to make candidates: lines of the document, signatures of symbols, and
//! chunks of a text.

use super::Snippet;
use crate::cursor_context::{CursorContext, identifiers};
use index::Symbol;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use text::Rope;

/// Lines of a chunk at most.
pub const CHUNK_LINES: usize = 24;

/// Documents longer than this, in bytes, are not looked through at every key.
const LONGEST: usize = 512 << 10;

/// Whether the document is too long to be looked through at every key.
pub fn is_long(near: &CursorContext) -> bool {
    near.snapshot.rope().len_bytes() > LONGEST
}

/// Whether there is more to the document than what is shown, and not too much.
pub fn has_more(near: &CursorContext) -> bool {
    let bytes = near.snapshot.rope().len_bytes();
    (near.window.start > 0 || near.window.end < bytes) && !is_long(near)
}

/// Lines of the document, counted from 0; `None` if one is shown anyway or the range is empty.
pub fn own_lines(near: &CursorContext, lines: Range<usize>, score: f32) -> Option<Snippet> {
    let rope = near.snapshot.rope();
    if lines.is_empty()
        || lines.end > rope.len_lines()
        || lines.clone().any(|line| near.shows_line(line))
    {
        return None;
    }
    let text = whole(
        rope.slice(rope.line_to_char(lines.start)..rope.line_to_char(lines.end))
            .to_string(),
    );
    Some(Snippet {
        path: near.snapshot.path.to_string(),
        line: lines.start,
        text,
        score,
    })
}

/// The signature of a symbol; `None` where its line is shown anyway.
pub fn signature(near: &CursorContext, symbol: &Symbol, score: f32) -> Option<Snippet> {
    if near.is_own(&symbol.path) && near.shows_line(symbol.line) {
        return None;
    }
    let text = whole(symbol.signature.clone());
    Some(Snippet {
        path: symbol.path.clone(),
        line: symbol.line,
        text,
        score,
    })
}

/// The signatures of several symbols, one candidate per file.
pub fn signatures(near: &CursorContext, symbols: &[Symbol], score: f32) -> Vec<Snippet> {
    let mut files: BTreeMap<&str, Snippet> = BTreeMap::new();
    for symbol in symbols {
        let Some(one) = signature(near, symbol, score) else {
            continue;
        };
        match files.get_mut(symbol.path.as_str()) {
            Some(file) => file.text.push_str(&one.text),
            None => drop(files.insert(&symbol.path, one)),
        }
    }
    files.into_values().collect()
}

/// A text with a line break at its end, and none but line feeds.
pub fn whole(mut text: String) -> String {
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A text in pieces of at most [`CHUNK_LINES`] lines, cut before a line at the margin or after a
/// blank one where there is one in the second half: the lines of each, counted from 0.
pub fn chunks(rope: &Rope) -> Vec<Range<usize>> {
    let (mut chunks, mut start) = (Vec::new(), 0);
    let lines = rope.len_lines();
    while start < lines {
        let most = (start + CHUNK_LINES).min(lines);
        let border = |line: &usize| {
            let first = |line: usize| {
                rope.line(line)
                    .chars()
                    .next()
                    .is_none_or(|c| c == '\n' || c == '\r')
            };
            first(*line - 1)
                || rope
                    .line(*line)
                    .chars()
                    .next()
                    .is_some_and(|c| !c.is_whitespace() && c != '}')
        };
        let end = if most == lines {
            lines
        } else {
            (start + CHUNK_LINES / 2..most)
                .rev()
                .find(border)
                .unwrap_or(most)
        };
        chunks.push(start..end);
        start = end;
    }
    chunks
}

/// Which share of the words near the cursor a text has, the near ones counting more; from 0 to 1.
pub fn similarity(near: &CursorContext, text: &str) -> f32 {
    let all: f32 = near.words.iter().map(|word| near.closeness(word)).sum();
    let mut seen = HashSet::new();
    let shared: f32 = identifiers(text)
        .filter(|word| seen.insert(*word))
        .map(|word| near.closeness(word))
        .sum();
    if all == 0.0 { 0.0 } else { shared / all }
}

/// The candidates most like the cursor's surroundings, scored by [`similarity`], the most similar
/// first.
pub fn most_similar(
    near: &CursorContext,
    candidates: impl Iterator<Item = Snippet>,
    most: usize,
) -> Vec<Snippet> {
    let scored = candidates.map(|one| Snippet {
        score: similarity(near, &one.text),
        ..one
    });
    let mut likely: Vec<Snippet> = scored.filter(|one| one.score > 0.0).collect();
    likely.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.line.cmp(&b.line)));
    likely.truncate(most);
    likely
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_cut_at_borders_and_leave_nothing_out() {
        let body = "    a = 1\n".repeat(12);
        let rope = Rope::from_str(&format!(
            "def a():\n{body}\ndef b():\n{body}\ndef c():\n{body}"
        ));
        let chunks = chunks(&rope);
        assert_eq!(
            chunks.iter().map(|chunk| chunk.start).collect::<Vec<_>>(),
            [0, 14, 28]
        );
        assert_eq!(chunks.last().unwrap().end, rope.len_lines());
        assert!(chunks.windows(2).all(|two| two[0].end == two[1].start));
    }
}
