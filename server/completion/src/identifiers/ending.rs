//! How a line would end after its last name: the brackets it opened, then what such lines end with
//! in this file.

use crate::completion_context::CompletionContext;
use grammars::BlockStyle;
use text::is_word;

/// Words that begin a line which opens a block.
const OPENING: [&str; 11] = [
    "if", "elif", "while", "for", "with", "switch", "match", "except", "catch", "else", "}",
];

/// What follows a value at the end of the cursor's line, of which `head` is typed; nothing where
/// something follows already.
pub(super) fn ending(context: &CompletionContext, head: &str) -> String {
    if context.after.trim().is_empty() {
        closers(context, head) + terminator(context, head)
    } else {
        String::new()
    }
}

/// What closes the brackets that the line opened and nothing below closes.
fn closers(context: &CompletionContext, head: &str) -> String {
    let Some(facts) = context.facts() else {
        return String::new();
    };
    let open = syntax::unclosed(facts, head);
    let is_closed = |close: &String| context.next.trim_start().starts_with(close.as_str());
    if open.last().is_some_and(is_closed) {
        return String::new();
    }
    open.iter().rev().map(String::as_str).collect()
}

/// What lines end with here.
fn terminator(context: &CompletionContext, head: &str) -> &'static str {
    let first = head
        .trim_start()
        .split(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default();
    let style = context.facts().map(|facts| facts.block);
    if OPENING.contains(&first) {
        return match style {
            Some(BlockStyle::Colon) => ":",
            Some(BlockStyle::Brace) => " {",
            _ => "",
        };
    }
    if first == "case" {
        return ":";
    }
    match end_of_line_above(context) {
        Some(end) if style != Some(BlockStyle::Colon) || end == "," => end,
        None if style != Some(BlockStyle::Colon) && uses_semicolons(context) => ";",
        _ => "",
    }
}

/// What the nearest line above that is indented alike ends with, if that is a comma or a semicolon.
fn end_of_line_above(context: &CompletionContext) -> Option<&'static str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let above = &context.above;
    if depth(above) != depth(&context.before) {
        return None;
    }
    [",", ";"]
        .into_iter()
        .find(|end| above.trim_end().ends_with(end))
}

/// Whether statements of this file end with semicolons: more lines do than end with a word or a
/// closing bracket. Where the block ends after the cursor's line, only last lines of blocks count:
/// some languages give their value.
fn uses_semicolons(context: &CompletionContext) -> bool {
    let own = context.before.trim();
    let is_last = context.next.trim_start().starts_with('}');
    let lines: Vec<&str> = context
        .text()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != own)
        .collect();
    let (mut with, mut without) = (0, 0);
    for pair in lines.windows(2) {
        let (line, next) = (pair[0], pair[1]);
        if line.starts_with(['/', '*', '#', '@']) || is_last && !next.starts_with('}') {
            continue;
        }
        with += usize::from(line.ends_with(';'));
        let ends_value = |c: char| is_word(c) || matches!(c, ')' | ']');
        without += usize::from(line.ends_with(ends_value));
    }
    with > without
}
