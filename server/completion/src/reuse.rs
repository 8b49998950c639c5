//! An answer that still agrees with what was typed since it was shown is given again, without the
//! model.

use text::Rope;

/// A completion that was given, with the text it was given for.
#[derive(Clone, Debug)]
pub struct ShownCompletion {
    rope: Rope,
    offset: usize,
    completion: String,
    confidence: f32,
}

impl ShownCompletion {
    /// Remembers that `completion` was given at byte `offset` of `rope`.
    pub fn new(rope: Rope, offset: usize, completion: String, confidence: f32) -> Self {
        Self {
            rope,
            offset,
            completion,
            confidence,
        }
    }

    /// What is left of the completion at `offset` of the text as it is now, and its confidence: the
    /// text must be the old one with the head of the completion typed in, and something must be
    /// left.
    pub fn remaining(&self, rope: &Rope, offset: usize) -> Option<(&str, f32)> {
        let typed = offset.checked_sub(self.offset)?;
        if rope.len_bytes() != self.rope.len_bytes() + typed || typed >= self.completion.len() {
            return None;
        }
        let (head, rest) = self.completion.split_at_checked(typed)?;
        let same = rope.byte_slice(..self.offset) == self.rope.byte_slice(..self.offset)
            && rope.byte_slice(self.offset..offset) == head
            && rope.byte_slice(offset..) == self.rope.byte_slice(self.offset..);
        same.then_some((rest, self.confidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_the_completion_keeps_it() {
        let shown = ShownCompletion::new(Rope::from_str("x = \ny"), 4, "größe + 1".into(), 0.5);
        assert_eq!(
            shown.remaining(&Rope::from_str("x = \ny"), 4),
            Some(("größe + 1", 0.5))
        );
        assert_eq!(
            shown.remaining(&Rope::from_str("x = grö\ny"), 8),
            Some(("ße + 1", 0.5))
        );
    }

    #[test]
    fn anything_else_drops_it() {
        let shown = ShownCompletion::new(Rope::from_str("x = \ny"), 4, "grün".into(), 0.5);
        for (text, offset) in [
            ("x = b\ny", 5),
            ("x = g\nz", 5),
            ("x = grün\ny", 9),
            ("z = g\ny", 5),
            ("x = \ny", 3),
            ("x = gr\ny", 5),
        ] {
            assert_eq!(
                shown.remaining(&Rope::from_str(text), offset),
                None,
                "{text:?}"
            );
        }
    }
}
