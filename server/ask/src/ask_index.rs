//! What is known of a project's files to answer questions about them.
//!
//! The texts belong to the index; the library keeps what was found in them. It is made when it is
//! first asked, and then follows the index: only files that changed are read again.

use crate::documents::{self, Passages};
use crate::structure::{self, Facts};
use crate::{Answer, AnswerLevel};
use index::Index;

/// What is known of a project's files, to answer questions.
#[derive(Default)]
pub struct AskIndex {
    /// Flags, variables, settings, messages, commands, calls and imports.
    pub(crate) facts: Facts,
    /// Documents and definitions, cut into passages.
    pub(crate) passages: Passages,
}

impl AskIndex {
    /// Reads what changed in the index since the last call, file by file, while `goes_on`. Returns
    /// whether it has read everything.
    pub fn update(&mut self, index: &Index, goes_on: &mut dyn FnMut() -> bool) -> bool {
        self.facts.update(index, goes_on) && self.passages.update(index, goes_on)
    }

    /// About how many bytes of memory the facts about the structure take.
    pub fn facts_bytes(&self) -> usize {
        self.facts.memory_bytes()
    }

    /// Answers a question. `index` must be the one that was read last; lines of files that changed
    /// since are not quoted.
    pub fn answer(&self, index: &Index, question: &str) -> Answer {
        if let Some(exact) = structure::answer(self, index, question) {
            return exact;
        }
        let answer = documents::answer(self, index, question);
        debug_assert_ne!(answer.level, AnswerLevel::Exact);
        answer
    }
}
