//! What a chat template is rendered with: placeholders for the texts, and a model's vocabulary.

use std::ops::Range;

/// What a template gets in the place of the instruction and of the question. That a template
/// could write them itself does no harm: each must be in what it renders exactly once.
pub const SYSTEM_TEXT: &str = "NighInstruction7Q";
/// See [`SYSTEM_TEXT`].
pub const USER_TEXT: &str = "NighQuestion7Q";

/// A vocabulary, as far as the turns of a conversation need it.
pub struct ChatVocabulary<'v> {
    /// The beginning-of-text token; empty where there is none.
    pub bos: String,
    /// The end-of-text token; empty where there is none.
    pub eos: String,
    /// Whether every prompt begins with `bos` anyway.
    pub adds_bos: bool,
    /// Whether there is a special token of this spelling.
    pub has: &'v dyn Fn(&str) -> bool,
    /// Where the special tokens are in a text, in order.
    pub find: &'v dyn Fn(&str) -> Vec<Range<usize>>,
}
