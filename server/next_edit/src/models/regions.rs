//! Zeta 2.1: as Zeta 2, but the editable region is divided into numbered blocks, and the answer
//! has only the blocks that change, between the marks of their first and their last border.
//!
//! Blocks have 6 to 16 lines and begin, where that is possible, after a blank line and with a line
//! that does not close something. Source: Zed's `zeta_prompt`, the format `V0318SeedMultiRegions`.

use super::prompt_writer::PromptWriter;
use super::rewrite::Rewritten;
use super::window::EditWindow;
use super::zeta2;
use context::{Generate, Prompt};

/// Lines of a block.
const MIN_LINES: usize = 6;
const MAX_LINES: usize = 16;
/// Lines in which a better line to begin a block with is looked for.
const MAX_NUDGE: usize = 5;

const MARK: &str = "<|marker_";
const MARK_END: &str = "|>";
const CURSOR: &str = "<|user_cursor|>";
/// Texts that mean something in the prompt.
pub(super) const RESERVED: &[&str] = &[CURSOR, MARK];

/// What the model is asked, and its answers if nothing changes, one for each block that it may
/// begin with.
pub(super) fn prompt(window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
    let borders = borders(&window.text);
    let mut region = PromptWriter::new(model);
    region.lines(&marked(window, &borders));
    let drafts = (0..borders.len() - 1)
        .map(|first| blocks(&window.text, &borders, first))
        .collect();
    (zeta2::laid_out(window, region), drafts)
}

fn mark(number: usize) -> String {
    format!("{MARK}{number}{MARK_END}")
}

/// The region with the marks of all borders, and the cursor.
fn marked(window: &EditWindow, borders: &[usize]) -> String {
    let block = borders[1..].iter().position(|end| window.cursor <= *end);
    let mut text = String::new();
    for (number, pair) in borders.windows(2).enumerate() {
        text += &mark(number + 1);
        if Some(number) == block {
            text += &window.text[pair[0]..window.cursor];
            text += CURSOR;
            text += &window.text[window.cursor..pair[1]];
        } else {
            text += &window.text[pair[0]..pair[1]];
        }
    }
    text + &mark(borders.len())
}

/// The blocks from `first` on with their marks, as an answer has them.
fn blocks(text: &str, borders: &[usize], first: usize) -> String {
    let mut answer = String::new();
    for (number, pair) in borders.windows(2).enumerate().skip(first) {
        answer += &mark(number + 1);
        answer += &text[pair[0]..pair[1]];
    }
    answer + &mark(borders.len())
}

/// Where blocks begin, in bytes, and where the last one ends: at least two places.
pub(super) fn borders(text: &str) -> Vec<usize> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        lines.push("");
    }
    let mut starts = vec![0];
    for line in &lines {
        starts.push(starts[starts.len() - 1] + line.len());
    }
    let mut borders = vec![0];
    let mut last = 0;
    let mut line = 0;
    while line < lines.len() {
        match block_start(&lines, last, line) {
            Some(begin) => {
                borders.push(starts[begin]);
                (last, line) = (begin, begin + 1);
            }
            None => line += 1,
        }
    }
    borders.push(text.len());
    borders
}

/// The line with which a new block begins at `line` or a little below, if one does.
fn block_start(lines: &[&str], last: usize, line: usize) -> Option<usize> {
    let is_blank = |line: usize| lines[line].trim().is_empty();
    let nudged = || {
        let reach = lines.len().min(line + MAX_NUDGE);
        (line..reach)
            .find(|line| begins_well(lines[*line].trim()))
            .unwrap_or(line)
    };
    let length = line - last;
    if length >= MIN_LINES && !is_blank(line) && is_blank(line - 1) {
        let begin = nudged();
        if lines.len() - begin >= MIN_LINES {
            return Some(begin);
        }
    }
    (length >= MAX_LINES).then(nudged)
}

/// Whether a block may begin with such a line: it is not blank and closes nothing.
fn begins_well(line: &str) -> bool {
    let closes = line.starts_with(['}', ']', ')']);
    let word = line.trim_end_matches(';');
    let ends = ["break", "continue", "return", "throw", "end"].contains(&word);
    !line.is_empty() && !closes && !ends
}

/// A mark in an answer.
struct Mark {
    number: usize,
    start: usize,
    end: usize,
}

fn marks(answer: &str) -> Vec<Mark> {
    let found = answer.match_indices(MARK).filter_map(|(start, _)| {
        let (number, _) = answer[start + MARK.len()..].split_once(MARK_END)?;
        let end = start + MARK.len() + number.len() + MARK_END.len();
        let number = number.parse().ok()?;
        Some(Mark { number, start, end })
    });
    found.collect()
}

/// The window with the blocks of an answer in the place of its own; `None` if the answer does not
/// have the marks of two borders, or names none of this window.
pub(super) fn read(window: &EditWindow, answer: &str) -> Option<Rewritten> {
    let marks = marks(answer);
    let borders = borders(&window.text);
    let [first, .., last] = marks.as_slice() else {
        return None;
    };
    // The same mark twice means that nothing changes.
    if first.number == last.number {
        return Some(Rewritten::whole(&window.text));
    }
    let border = |mark: &Mark| borders.get(mark.number.checked_sub(1)?).copied();
    let start = border(first)?;
    let end = border(last)?;
    if start > end {
        return None;
    }
    let mut rewritten = Rewritten::default();
    rewritten.push(&window.text[..start], None);
    for pair in marks.windows(2) {
        let content = pair[0].end..pair[1].start;
        rewritten.push_without(answer.get(content.clone())?, CURSOR, content.start);
    }
    rewritten.push(&window.text[end..], None);
    Some(rewritten)
}
