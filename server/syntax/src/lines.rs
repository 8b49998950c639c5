//! Lines and indentation of a rope, as the editor sees them (LF, CRLF or CR), for the parts that
//! combine tree and text.
//!
//! Used inside this crate; [`indent_unit`] also says whoever writes new code how deep one step is
//! in this file.

use grammars::Facts;
use ropey::Rope;
use std::ops::Range;

/// How many lines [`indent_unit`] looks at.
const LINES_TO_LEARN_FROM: usize = 400;

/// The byte range of the line an offset is in, without its line break.
pub(crate) fn line_range(rope: &Rope, offset: usize) -> Range<usize> {
    line_at(rope, rope.byte_to_line(offset.min(rope.len_bytes())))
}

/// The byte range of a line by number, without its line break.
pub(crate) fn line_at(rope: &Rope, line: usize) -> Range<usize> {
    let start = rope.line_to_byte(line);
    let mut end = rope.line_to_byte((line + 1).min(rope.len_lines()));
    while end > start && matches!(rope.byte(end - 1), b'\n' | b'\r') {
        end -= 1;
    }
    start..end
}

/// The text of a byte range; offsets inside a character are moved to its start, offsets past the
/// end to the end.
pub fn slice(rope: &Rope, range: Range<usize>) -> String {
    let floor = |offset: usize| rope.char_to_byte(rope.byte_to_char(offset.min(rope.len_bytes())));
    let start = floor(range.start);
    rope.byte_slice(start..floor(range.end).max(start))
        .to_string()
}

/// The blanks a line starts with.
pub(crate) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// How wide blanks are, a tab up to the next multiple of four.
pub(crate) fn width(indent: &str) -> usize {
    indent.chars().fold(0, |width, c| {
        if c == '\t' {
            width / 4 * 4 + 4
        } else {
            width + 1
        }
    })
}

/// The number of the next line in a direction that is not blank, and its text.
pub(crate) fn next_nonblank(
    rope: &Rope,
    lines: impl Iterator<Item = usize>,
) -> Option<(usize, String)> {
    lines
        .map(|line| (line, slice(rope, line_at(rope, line))))
        .find(|(_, text)| !text.trim().is_empty())
}

/// One step of indentation in this text: the commonest step inwards of its first lines, else the
/// language's own.
pub fn indent_unit(rope: &Rope, facts: &Facts) -> String {
    let mut steps: Vec<(String, usize)> = Vec::new();
    let mut outer = String::new();
    for line in 0..rope.len_lines().min(LINES_TO_LEARN_FROM) {
        let text = slice(rope, line_at(rope, line));
        if text.trim().is_empty() {
            continue;
        }
        let inner = indent(&text).to_string();
        if let Some(step) = inner
            .strip_prefix(outer.as_str())
            .filter(|step| *step == "\t" || step.len() > 1 && step.len() <= 8)
        {
            match steps.iter_mut().find(|(known, _)| known == step) {
                Some((_, count)) => *count += 1,
                None => steps.push((step.to_string(), 1)),
            }
        }
        outer = inner;
    }
    steps
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or_else(|| facts.indent.clone(), |(step, _)| step)
}
