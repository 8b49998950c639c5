//! No file begins with an indented line. Where indentation is syntax, a new line must also fit the
//! line above it, and the line it is put in front of: the parser forgives such mistakes, the
//! interpreter does not.

use super::Place;
use crate::extent::Extent;
use grammars::BlockStyle;
use syntax::Place as Region;

/// Drops a line that stands deeper than the code above without being its block, is missing as its
/// block, or is indented with no code above; and a line put in front of another that opens a block
/// without anything deeper behind it, or stands less deep than what follows. Comments and lines
/// with open brackets are left alone.
pub fn apply(place: &Place<'_>, text: String) -> Option<String> {
    let Some(syntax) = &place.snapshot.syntax else {
        return Some(text);
    };
    let in_code = syntax.place(place.snapshot.rope(), place.offset) == Region::Code;
    let first = text.split('\n').next().unwrap_or_default();
    let line = format!("{}{first}", place.before);
    let begins_line = place.before.trim().is_empty() && !first.trim().is_empty();
    if !in_code || !begins_line {
        return Some(text);
    }
    let above = place
        .snapshot
        .lines_above(place.offset)
        .find(|line| is_code(line));
    let Some(above) = above else {
        return (depth(&line) == 0).then_some(text);
    };
    if syntax.grammar.facts.block != BlockStyle::Colon || is_loose(&line) {
        return Some(text);
    }
    let fits_above = is_loose(&above) || opens_block(&above) == (depth(&line) > depth(&above));
    let whole = *place.extent == Extent::WholeLine && first.len() == text.len();
    let fits_next = !whole
        || is_loose(&place.next)
        || opens_block(&line) == (depth(&place.next) > depth(&line));
    (fits_above && fits_next).then_some(text)
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
