//! Speculative decoding: guesses at the next tokens, which the model verifies several at a time
//! (arXiv 2211.17192, with greedy guesses).
//!
//! A pass over a few tokens costs little more than one over a single token, because the weights are
//! read once. Guesses that the model does not confirm are thrown away, so drafts change the time
//! and nothing else. They come from texts that the caller expects, and else by prompt lookup: from
//! what followed the last tokens earlier in the prompt or the answer.

use crate::Tokenizer;

/// Tokens of the first draft. The limit doubles with each draft that is accepted whole, and starts
/// again here with each that is not.
const MIN_DRAFT: usize = 3;
/// Tokens of the longest draft.
const MAX_DRAFT: usize = 7;
/// Bytes of an expected text that are encoded for a draft.
const MAX_BYTES: usize = 8 * MAX_DRAFT;

/// Where drafts come from, and how long the next one may be.
pub struct Drafter<'a> {
    expected: &'a [String],
    limit: usize,
}

impl<'a> Drafter<'a> {
    /// Drafts from `expected`, each of which the whole answer may be.
    pub fn new(expected: &'a [String]) -> Drafter<'a> {
        Drafter {
            expected,
            limit: MIN_DRAFT,
        }
    }

    /// The tokens that may follow `tokens`, at most `room`. `generated` is the text of the
    /// answer so far.
    pub fn next(
        &self,
        tokens: &[u32],
        generated: &str,
        tokenizer: &Tokenizer,
        room: usize,
    ) -> Vec<u32> {
        let mut draft = self.expected_rest(generated, tokenizer);
        if draft.is_empty() {
            draft = prompt_lookup(tokens).to_vec();
        }
        draft.truncate(self.limit.min(room));
        let special = draft.iter().position(|&id| tokenizer.is_special(id));
        draft.truncate(special.unwrap_or(draft.len()));
        draft
    }

    /// Records that `accepted` of `drafted` tokens were confirmed by the model.
    pub fn record_acceptance(&mut self, accepted: usize, drafted: usize) {
        if drafted == 0 {
            return;
        }
        self.limit = if accepted == drafted {
            (2 * self.limit).min(MAX_DRAFT)
        } else {
            MIN_DRAFT
        };
    }

    /// The rest of the first expected text that begins with the answer.
    fn expected_rest(&self, generated: &str, tokenizer: &Tokenizer) -> Vec<u32> {
        let mut rests = self
            .expected
            .iter()
            .filter_map(|text| text.strip_prefix(generated));
        let Some(rest) = rests.find(|rest| !rest.is_empty()) else {
            return Vec::new();
        };
        let mut cut = MAX_BYTES.min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let mut tokens = tokenizer.encode(&rest[..cut]);
        if cut < rest.len() {
            tokens.pop(); // It may continue after the cut.
        }
        tokens
    }
}

/// What followed the last two tokens at their nearest earlier occurrence.
fn prompt_lookup(tokens: &[u32]) -> &[u32] {
    let Some(last) = tokens.last_chunk::<2>() else {
        return &[];
    };
    let earlier = tokens[..tokens.len() - 1]
        .windows(2)
        .rposition(|pair| pair == last);
    earlier.map_or(&[], |at| &tokens[at + 2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_drafted_again() {
        assert_eq!(prompt_lookup(&[1, 2, 3, 4, 1, 2, 5, 6, 1, 2]), [5, 6, 1, 2]);
        assert_eq!(prompt_lookup(&[1, 2, 3]), [0u32; 0]);
        assert_eq!(prompt_lookup(&[7, 7, 7]), [7u32; 1]);
        assert_eq!(prompt_lookup(&[7]), [0u32; 0]);
    }

    #[test]
    fn drafts_grow_while_they_are_accepted() {
        let mut drafts = Drafter::new(&[]);
        let mut lengths = Vec::new();
        for accepted in [3, 6, 7, 2] {
            lengths.push(drafts.limit);
            drafts.record_acceptance(accepted, drafts.limit);
        }
        lengths.push(drafts.limit);
        assert_eq!(lengths, [3, 6, 7, 7, 3]);
        drafts.record_acceptance(0, 0);
        assert_eq!(drafts.limit, 3);
    }
}
