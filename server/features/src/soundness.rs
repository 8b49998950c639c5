//! Which candidates leave the code as sound as it can be here: their syntax errors are counted with
//! each of them in place.
//!
//! `inline_completion` asks before the model judges. Where another candidate, or typing nothing,
//! leaves fewer errors, a candidate is most likely wrong, or ends in the middle of something. It is
//! cut back to a head that ends sound, or left out. Only a line that opens a block stays as it is:
//! somebody who writes from top to bottom closes it later. Where there is no tree, everything is
//! sound.

use crate::candidates::Candidate;
use crate::filters::Place;
use syntax::errors_with;
use text::is_word;

/// Characters that a head must have.
const SHORTEST: usize = 4;
/// How many words or signs are taken off a text in search of a head that ends sound.
const STEPS: usize = 3;

/// How many errors are to be expected at a place.
pub(crate) struct Soundness<'a> {
    place: &'a Place<'a>,
    /// Those of the text as it is.
    pub(crate) before: usize,
    /// The fewest that the text or any candidate leaves.
    pub(crate) least: usize,
}

impl<'a> Soundness<'a> {
    /// Counts the errors of every candidate. Those that are not sound are cut back, or left out.
    pub(crate) fn settle(place: &'a Place<'a>, candidates: &mut Vec<Candidate>) -> Self {
        let before = place
            .snapshot
            .syntax
            .as_ref()
            .map_or(0, |syntax| syntax.errors().len());
        let mut soundness = Self {
            place,
            before,
            least: before,
        };
        for candidate in candidates.iter_mut() {
            candidate.errors = soundness.errors(&candidate.text);
            soundness.least = soundness.least.min(candidate.errors);
        }
        let mut heads = Vec::new();
        candidates.retain(|candidate| {
            let stays = candidate.errors <= soundness.least || opens_block(&candidate.text);
            if !stays && let Some(text) = soundness.head(&candidate.text) {
                heads.push(Candidate {
                    text,
                    cut: true,
                    errors: soundness.least,
                    ..candidate.clone()
                });
            }
            stays
        });
        for head in heads {
            if candidates.iter().all(|known| known.text != head.text) {
                candidates.push(head);
            }
        }
        soundness
    }

    /// The longest head of a line, up to a word or sign near its end, that leaves no more errors
    /// than there must be. A line that goes above another has none.
    pub(crate) fn head(&self, text: &str) -> Option<String> {
        if text.contains('\n') {
            return None;
        }
        let mut head = text.trim_end();
        for _ in 0..=STEPS {
            if head.trim_start().chars().count() < SHORTEST {
                return None;
            }
            if self.errors(head) <= self.least {
                return Some(head.to_owned());
            }
            head = without_last(head).trim_end();
        }
        None
    }

    fn errors(&self, text: &str) -> usize {
        let syntax = self.place.snapshot.syntax.as_ref();
        let (rope, offset) = (self.place.snapshot.rope(), self.place.offset);
        syntax
            .and_then(|syntax| errors_with(syntax, rope, offset, text))
            .unwrap_or(self.before)
    }
}

/// Whether the last line begins a block that nothing of the text closes.
fn opens_block(text: &str) -> bool {
    text.trim_end().ends_with([':', '{'])
}

/// A text without the word, or the one sign, at its end.
fn without_last(text: &str) -> &str {
    let shorter = text.trim_end_matches(is_word);
    let sign = text.chars().next_back().map_or(0, char::len_utf8);
    if shorter.len() < text.len() {
        shorter
    } else {
        &text[..text.len() - sign]
    }
}
