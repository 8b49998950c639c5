//! Tokens of texts that are asked for again and again; `model` keeps them for its engine.

use std::cell::RefCell;
use std::collections::VecDeque;

use engine::Tokenizer;

/// The tokens of the last long texts: an answer asks about its prompt several times, and from key
/// to key one part of it changes.
#[derive(Default)]
pub struct Encoded(RefCell<VecDeque<EncodedText>>);

/// A text, whether it is the middle of another, and its tokens.
type EncodedText = (String, bool, Vec<u32>);

impl Encoded {
    /// Texts that are kept, and bytes that make one worth keeping.
    const MAX_TEXTS: usize = 8;
    const LONG: usize = 64;

    /// What `take` makes of the tokens of `text`, which is the middle of another where it is
    /// `inner`.
    pub fn give<T>(
        &self,
        text: &str,
        inner: bool,
        tokenizer: &Tokenizer,
        take: impl FnOnce(&[u32]) -> T,
    ) -> T {
        let encode = || match inner {
            true => tokenizer.encode_inner(text),
            false => tokenizer.encode(text),
        };
        if text.len() < Self::LONG {
            return take(&encode());
        }
        let mut kept = self.0.borrow_mut();
        let known = kept
            .iter()
            .position(|(known, is_inner, _)| known == text && *is_inner == inner)
            .and_then(|at| kept.remove(at));
        let known = known.unwrap_or_else(|| (text.to_owned(), inner, encode()));
        let made = take(&known.2);
        kept.push_back(known);
        let surplus = kept.len().saturating_sub(Self::MAX_TEXTS);
        kept.drain(..surplus);
        made
    }
}
