//! Guesses at the next tokens, which the model checks several at a time (arXiv 2211.17192, with
//! greedy guesses).
//!
//! A pass over a few tokens costs little more than one over a single token, because the weights are
//! read once. What the model would not have said itself is thrown away, so drafts change the time
//! and nothing else. They come from texts that the answer may be, given by the caller, and else
//! from what followed the last tokens earlier in the prompt or the answer.

use crate::Tokenizer;

/// Tokens of the first draft; with each one that is taken whole they double, with each that is not
/// they start again.
const FEW: usize = 3;
/// Tokens of the longest draft.
const MANY: usize = 7;
/// Bytes of a text that are looked at for a draft.
const BYTES: usize = 8 * MANY;

/// Where drafts come from, and how long the next one may be.
pub struct Drafts<'a> {
    texts: &'a [String],
    most: usize,
}

impl<'a> Drafts<'a> {
    /// Drafts from `texts`, each of which the whole answer may be.
    pub fn new(texts: &'a [String]) -> Drafts<'a> {
        Drafts { texts, most: FEW }
    }

    /// The tokens that may follow `tokens`, at most `room` of them. `said` is the answer so far.
    pub fn next(&self, tokens: &[u32], said: &str, tokenizer: &Tokenizer, room: usize) -> Vec<u32> {
        let mut draft = self.told(said, tokenizer);
        if draft.is_empty() {
            draft = repeated(tokens).to_vec();
        }
        draft.truncate(self.most.min(room));
        let sound = draft
            .iter()
            .take_while(|&&id| !tokenizer.is_special(id))
            .count();
        draft.truncate(sound);
        draft
    }

    /// Learns that `taken` of `drafted` tokens were what the model said.
    pub fn learn(&mut self, taken: usize, drafted: usize) {
        if drafted > 0 {
            self.most = if taken == drafted {
                (2 * self.most).min(MANY)
            } else {
                FEW
            };
        }
    }

    /// How the first text goes on that begins with the answer.
    fn told(&self, said: &str, tokenizer: &Tokenizer) -> Vec<u32> {
        let mut rests = self.texts.iter().filter_map(|text| text.strip_prefix(said));
        let Some(rest) = rests.find(|rest| !rest.is_empty()) else {
            return Vec::new();
        };
        let cut = (0..=BYTES.min(rest.len()))
            .rev()
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(0);
        let mut tokens = tokenizer.encode(&rest[..cut]);
        if cut < rest.len() {
            tokens.pop(); // It may go on behind the cut.
        }
        tokens
    }
}

/// What followed the last two tokens where they stood before, at the nearest such place.
fn repeated(tokens: &[u32]) -> &[u32] {
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
    fn what_followed_before_may_follow_again() {
        assert_eq!(repeated(&[1, 2, 3, 4, 1, 2, 5, 6, 1, 2]), [5, 6, 1, 2]);
        assert_eq!(repeated(&[1, 2, 3]), [0u32; 0]);
        assert_eq!(repeated(&[7, 7, 7]), [7u32; 1]);
        assert_eq!(repeated(&[7]), [0u32; 0]);
    }

    #[test]
    fn drafts_grow_while_they_are_right() {
        let mut drafts = Drafts::new(&[]);
        let mut lengths = Vec::new();
        for taken in [3, 6, 7, 2] {
            lengths.push(drafts.most);
            drafts.learn(taken, drafts.most);
        }
        lengths.push(drafts.most);
        assert_eq!(lengths, [3, 6, 7, 7, 3]);
        drafts.learn(0, 0);
        assert_eq!(drafts.most, 3);
    }
}
