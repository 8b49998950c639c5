//! What is near the cursor: the words around its line, what is shown anyway, and what was typed on
//! the line so far.
//!
//! Made once for a prompt and asked by every source. So that the sources answer the same while one
//! types, the words are those of the other lines, of what comes after the cursor, and of the
//! typed part up to a multiple of [`STEP`] bytes. Nothing here looks at the workspace.

use crate::snapshot::Snapshot;
use std::collections::HashMap;
use std::ops::Range;
use text::is_word;

/// How many bytes of the line are typed before its words count again.
const STEP: usize = 32;
/// How many lines above and below the cursor's line are read.
const ABOVE: usize = 24;
const BELOW: usize = 6;
/// How many words are kept.
const MAX_WORDS: usize = 64;
/// Words shorter than this say too little.
const SHORTEST: usize = 3;

/// What is near the cursor.
pub struct CursorContext<'a> {
    /// The document and its workspace.
    pub snapshot: &'a Snapshot,
    /// The cursor, in bytes.
    pub offset: usize,
    /// The bytes of the document that the prompt shows anyway.
    pub window: Range<usize>,
    /// The identifiers around the cursor, the nearest first, each once.
    pub words: Vec<String>,
    /// What was typed on the cursor's line.
    pub typed: String,
    closeness: HashMap<String, f32>,
}

impl<'a> CursorContext<'a> {
    /// What is near byte `offset`, where `window` is shown.
    pub fn new(snapshot: &'a Snapshot, offset: usize, window: Range<usize>) -> Self {
        let (typed, after_cursor) = snapshot.line_around(offset);
        let mut near = Self {
            snapshot,
            offset,
            window,
            words: Vec::new(),
            typed,
            closeness: HashMap::new(),
        };
        let settled = near.settled();
        near.read(&[settled, after_cursor].join("\n"), 0);
        let mut below = snapshot.lines_below(offset).take(BELOW).enumerate();
        for (distance, line) in snapshot.lines_above(offset).take(ABOVE).enumerate() {
            near.read(&line, distance + 1);
            if let Some((distance, line)) = below.next() {
                near.read(&line, 2 * distance + 2);
            }
        }
        below.for_each(|(distance, line)| near.read(&line, 2 * distance + 2));
        near
    }

    /// The same where another part of the document is shown.
    pub fn showing(self, window: Range<usize>) -> Self {
        Self { window, ..self }
    }

    /// How near a word is: 1 on the cursor's line, less for each line away, 0 where it is not
    /// near.
    pub fn closeness(&self, word: &str) -> f32 {
        self.closeness.get(word).copied().unwrap_or(0.0)
    }

    /// Whether a path is that of the document.
    pub fn is_own(&self, path: &str) -> bool {
        *self.snapshot.path == *path
    }

    /// Whether a line of the document, counted from 0, is shown anyway.
    pub fn shows_line(&self, line: usize) -> bool {
        let rope = self.snapshot.rope();
        line < rope.len_lines() && {
            let start = rope.line_to_byte(line);
            self.window.start <= start && start < self.window.end.max(self.offset + 1)
        }
    }

    /// The words of the typed part that count: up to a multiple of [`STEP`] bytes, whole ones
    /// only.
    fn settled(&self) -> String {
        let mut end = self.typed.len() / STEP * STEP;
        while !self.typed.is_char_boundary(end) {
            end -= 1;
        }
        let within_word = self.typed[end..].starts_with(is_word) || end == self.typed.len();
        let settled = &self.typed[..end];
        if within_word {
            settled.trim_end_matches(is_word).to_owned()
        } else {
            settled.to_owned()
        }
    }

    fn read(&mut self, line: &str, distance: usize) {
        for word in identifiers(line) {
            if self.words.len() < MAX_WORDS && !self.closeness.contains_key(word) {
                self.closeness
                    .insert(word.to_owned(), 1.0 / (1.0 + distance as f32 / 6.0));
                self.words.push(word.to_owned());
            }
        }
    }
}

/// The identifiers of a text that are long enough to say something, in its order.
pub fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !is_word(c));
    words.filter(|word| word.len() >= SHORTEST && !word.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use crate::tests::near;

    #[test]
    fn words_come_nearest_first_and_the_typed_ones_late() {
        let near = near("a.py", "far = 1\nabove = far2\ncli$0ent.send\nbelow()\n");
        assert_eq!(near.words, ["ent", "send", "above", "far2", "below", "far"]);
        assert_eq!((near.closeness("ent"), near.closeness("cli")), (1.0, 0.0));
        assert!(near.closeness("above") > near.closeness("far"));
    }

    #[test]
    fn the_words_change_once_in_thirty_characters() {
        let line = "result = first_name(second, third) + other_thing";
        let mut seen: Vec<Vec<String>> = (0..30)
            .map(|typed| {
                near("a.py", &format!("value = 1\n{}$0\n", &line[..10 + typed]))
                    .words
                    .clone()
            })
            .collect();
        seen.dedup();
        assert!(seen.len() <= 2, "{seen:?}");
    }
}
