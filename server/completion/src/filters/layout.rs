//! No file begins with an indented line. Where indentation is syntax, a new line must also fit the
//! line above it, and the line it is put before: the parser forgives such mistakes, the interpreter
//! does not.

use crate::completion_context::CompletionContext;
use crate::extent::Extent;
use grammars::BlockStyle;

/// Drops a line that does not fit the code above: it must be indented deeper if that opens a block,
/// and only then; the first line of code must not be indented at all. Also drops a whole line that
/// the line after it does not fit in the same way. Comments and lines with open brackets always
/// fit.
pub fn apply(context: &CompletionContext<'_>, text: String) -> Option<String> {
    let Some(facts) = context.facts() else {
        return Some(text);
    };
    let line = context.first_line(&text);
    let begins_line = context.begins_line() && !line.trim().is_empty();
    if !begins_line || !context.in_code() {
        return Some(text);
    }
    let mut lines_above = context.snapshot.lines_above(context.offset);
    let Some(above) = lines_above.find(|line| is_code(line)) else {
        return (depth(&line) == 0).then_some(text);
    };
    if facts.block != BlockStyle::Colon || is_loose(&line) {
        return Some(text);
    }
    if !fits_below(&line, &above) {
        return None;
    }
    let is_whole_line = context.extent == Extent::WholeLine && !text.contains('\n');
    (!is_whole_line || fits_below(&context.next, &line)).then_some(text)
}

/// Whether a line may follow another one: it is deeper where that opens a block, and only there.
fn fits_below(line: &str, above: &str) -> bool {
    is_loose(line) || is_loose(above) || opens_block(above) == (depth(line) > depth(above))
}

fn is_code(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim_start().starts_with('#')
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn opens_block(line: &str) -> bool {
    line.trim_end().ends_with(':')
}

/// Whether the line says nothing about the depth of its neighbours: empty, a comment, or with
/// brackets or quotes that open or close elsewhere.
fn is_loose(line: &str) -> bool {
    let line = line.trim();
    let unpaired = |pair: &&str| {
        let mut ends = pair.chars().map(|bracket| line.matches(bracket).count());
        ends.next() != ends.next()
    };
    line.is_empty()
        || line.starts_with('#')
        || line.ends_with('\\')
        || line.matches("\"\"\"").count() == 1
        || ["()", "[]", "{}"].iter().any(unpaired)
}
