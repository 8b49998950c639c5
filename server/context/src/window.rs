//! Which part of the text before and after the cursor is shown, so that it fits and changes rarely
//! while one types.
//!
//! Where the text before the cursor is too long, it is cut at a line start. Were that always the
//! earliest line that fits, every keystroke would move the cut and with it every token of the
//! prompt; so the cut moves in steps: it is a function of the cursor's place rounded down to a
//! quarter of the budget. The cut after the cursor is at a line's end.

use crate::prompt::CountTokens;
use std::ops::Range;
use text::Rope;

/// Bytes of code per token, taken low so that a first guess rarely needs a second count.
const BYTES_PER_TOKEN: usize = 3;

/// The bytes before `offset` that fit into `budget` tokens, from a line start on, and their tokens.
pub fn before(
    rope: &Rope,
    offset: usize,
    budget: usize,
    tokens: &dyn CountTokens,
) -> (Range<usize>, usize) {
    let reach = budget * BYTES_PER_TOKEN;
    let step = (reach / 4).max(1);
    let mut start = match offset.checked_sub(reach) {
        Some(rest) => line_start_after(rope, (rest / step + 1) * step, offset),
        None => 0,
    };
    loop {
        let count = tokens.count(&rope.byte_slice(start..offset).to_string());
        if count <= budget || start >= offset {
            return (start..offset, count);
        }
        start = line_start_after(rope, start + step, offset);
    }
}

/// The bytes from `offset` on that fit into `budget` tokens, up to a line's end, and their tokens.
pub fn after(
    rope: &Rope,
    offset: usize,
    budget: usize,
    tokens: &dyn CountTokens,
) -> (Range<usize>, usize) {
    let mut reach = budget * BYTES_PER_TOKEN;
    loop {
        let end = if offset + reach >= rope.len_bytes() {
            rope.len_bytes()
        } else {
            line_end_before(rope, offset, reach)
        };
        let count = tokens.count(&rope.byte_slice(offset..end).to_string());
        if count <= budget || end == offset {
            return (offset..end, count);
        }
        reach = (end - offset) * 3 / 4;
    }
}

/// The first line start at or after `wanted`, or `wanted` itself (at a character) when the cursor's
/// line is that long.
fn line_start_after(rope: &Rope, wanted: usize, offset: usize) -> usize {
    if wanted >= offset {
        return offset;
    }
    let line = rope.byte_to_line(wanted);
    if rope.line_to_byte(line) == wanted {
        return wanted;
    }
    match rope.line_to_byte(line + 1) {
        next if next <= offset && line < rope.byte_to_line(offset) => next,
        _ => rope.char_to_byte(rope.byte_to_char(wanted)),
    }
}

/// The last line start within `reach` bytes after `offset`; in the middle of the line (at a
/// character) when it is longer.
fn line_end_before(rope: &Rope, offset: usize, reach: usize) -> usize {
    let limit = rope.char_to_byte(rope.byte_to_char(offset + reach));
    let start = rope.line_to_byte(rope.byte_to_line(limit));
    if start > offset { start } else { limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Words;
    impl CountTokens for Words {
        fn count(&self, text: &str) -> usize {
            text.len().div_ceil(4)
        }
    }

    fn text(lines: usize) -> Rope {
        Rope::from_str(
            &(0..lines)
                .map(|line| format!("let value_{line} = {line};\n"))
                .collect::<String>(),
        )
    }

    #[test]
    fn short_texts_are_shown_whole() {
        let rope = text(3);
        let middle = rope.line_to_byte(1);
        assert_eq!(before(&rope, middle, 100, &Words).0, 0..middle);
        assert_eq!(
            after(&rope, middle, 100, &Words).0,
            middle..rope.len_bytes()
        );
    }

    #[test]
    fn cuts_stand_at_line_borders_and_fit() {
        let rope = text(1000);
        let offset = rope.line_to_byte(500) + 7;
        let (head, tokens) = before(&rope, offset, 200, &Words);
        assert!((90..=200).contains(&tokens), "{tokens}");
        assert_eq!(rope.line_to_byte(rope.byte_to_line(head.start)), head.start);
        let (tail, tokens) = after(&rope, offset, 50, &Words);
        assert!((20..=50).contains(&tokens), "{tokens}");
        assert_eq!(rope.line_to_byte(rope.byte_to_line(tail.end)), tail.end);
    }

    #[test]
    fn the_cut_moves_rarely_while_one_types() {
        let mut rope = text(1000);
        let mut offset = rope.line_to_byte(500);
        let mut starts = std::collections::BTreeSet::new();
        for _ in 0..100 {
            rope.insert(rope.byte_to_char(offset), "x");
            offset += 1;
            starts.insert(before(&rope, offset, 200, &Words).0.start);
        }
        assert!(starts.len() <= 2, "{starts:?}");
    }

    #[test]
    fn one_endless_line_is_cut_at_a_character() {
        let rope = Rope::from_str(&"😀".repeat(5000));
        let (head, tokens) = before(&rope, 10_000, 100, &Words);
        assert!(tokens <= 100 && head.start % 4 == 0 && head.end == 10_000);
        let (tail, tokens) = after(&rope, 10_000, 100, &Words);
        assert!(tokens <= 100 && tail.end % 4 == 0 && tail.start == 10_000 && !tail.is_empty());
    }
}
