//! How well a candidate continues the text around the cursor: words that follow each other here,
//! lines that are the same or of the same shape.
//!
//! `candidate_view.rs` looks at a place once, `evidence.rs` asks for each candidate. Knows no
//! language and no model.

use crate::completion_context::CompletionContext;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use text::is_word;

/// Bytes on each side of the cursor that are looked at.
const MAX_BYTES: usize = 32 * 1024;

/// What the text around a place says.
pub(crate) struct Flow {
    /// Runs of two and of three lexemes, hashed.
    runs: HashSet<u64>,
    /// The last two lexemes before the cursor.
    last: Vec<String>,
    /// How often each line is here.
    lines: HashMap<String, usize>,
    /// The shapes of the nearest lines above and below.
    shapes: [String; 2],
}

impl Flow {
    pub(crate) fn new(context: &CompletionContext) -> Self {
        let rope = context.snapshot.rope();
        let border = |byte: usize| rope.char_to_byte(rope.byte_to_char(byte));
        let above =
            &context.text()[border(context.offset.saturating_sub(MAX_BYTES))..context.offset];
        let below = &context.text()
            [context.offset..border((context.offset + MAX_BYTES).min(rope.len_bytes()))];
        let parts = above
            .split('\n')
            .rev()
            .skip(1)
            .chain(below.split('\n').skip(1))
            .map(str::trim);
        let mut lines: HashMap<String, usize> = HashMap::new();
        parts
            .filter(|line| !line.is_empty())
            .for_each(|line| *lines.entry(line.to_owned()).or_default() += 1);
        let line_above = above
            .split('\n')
            .rev()
            .skip(1)
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let all: Vec<&str> = lexemes(above).collect();
        let last = all[all.len().saturating_sub(2)..]
            .iter()
            .map(|lexeme| (*lexeme).to_owned())
            .collect();
        Self {
            runs: runs(&all)
                .chain(runs(&lexemes(below).collect::<Vec<_>>()))
                .collect(),
            last,
            lines,
            shapes: [shape(line_above), shape(&context.next)],
        }
    }

    /// The share of the runs of `length` lexemes, 2 or 3, that end in the text and are here too.
    pub(crate) fn known(&self, text: &str, length: usize) -> f32 {
        let mut all: Vec<&str> = self.last.iter().map(String::as_str).collect();
        let typed = all.len();
        all.extend(lexemes(text.trim_end()));
        let ends = typed..all.len();
        let count = ends.len().max(1);
        let known = ends.filter(|&end| {
            end + 1 >= length && self.runs.contains(&run(&all[end + 1 - length..=end]))
        });
        known.count() as f32 / count as f32
    }

    /// How often the line is here.
    pub(crate) fn places(&self, line: &str) -> usize {
        self.lines.get(line.trim()).copied().unwrap_or(0)
    }

    /// Whether the line has the shape of the nearest one above, or below.
    pub(crate) fn shaped(&self, line: &str) -> [bool; 2] {
        let own = shape(line);
        [self.shapes[0] == own, self.shapes[1] == own]
    }
}

fn runs(lexemes: &[&str]) -> impl Iterator<Item = u64> {
    lexemes.windows(2).chain(lexemes.windows(3)).map(run)
}

fn run(lexemes: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    lexemes.hash(&mut hasher);
    hasher.finish()
}

/// Words, single marks and line breaks.
fn lexemes(text: &str) -> impl Iterator<Item = &str> {
    index::lexemes(text).map(|range| {
        if text[range.clone()].trim().is_empty() {
            "\n"
        } else {
            &text[range]
        }
    })
}

/// A line with one letter for each word.
fn shape(line: &str) -> String {
    let lexemes = lexemes(line.trim());
    lexemes
        .map(|lexeme| {
            if lexeme.starts_with(is_word) {
                "a"
            } else {
                lexeme
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::at_mark;

    fn flow(marked: &str) -> Flow {
        at_mark("a.py", marked, Flow::new)
    }

    const TEXT: &str =
        "size = load(path)\nrows = size\ntotal = read(size)\n$0\nshow(total, count)\n";

    #[test]
    fn runs_of_lexemes_begin_before_the_cursor() {
        let flow = flow(TEXT);
        assert_eq!(flow.known("rows = load(path)", 2), 1.0);
        assert_eq!(flow.known("path", 2), 0.0);
        assert!(flow.known("rows = load(size)", 3) < flow.known("rows = load(size)", 2));
    }

    #[test]
    fn lines_are_compared_whole_and_by_shape() {
        let flow = flow(TEXT);
        assert_eq!([flow.places("  rows = size"), flow.places("rows")], [1, 0]);
        assert_eq!(flow.shaped("a = b(c)"), [true, false]);
        assert_eq!(flow.shaped("draw(a, b)"), [false, true]);
    }
}
