//! How a line would end behind its last name: the brackets it opened, then what such lines end with
//! in this file.

use crate::filters::Place;
use grammars::BlockStyle;
use text::is_word;

/// Words that begin a line which opens a block.
const OPENING: [&str; 11] = [
    "if", "elif", "while", "for", "with", "switch", "match", "except", "catch", "else", "}",
];

/// What follows a value at the end of the cursor's line, of which `head` is typed; nothing where
/// something stands behind already.
pub(super) fn ending(place: &Place, head: &str) -> String {
    if place.after.trim().is_empty() {
        closers(place, head) + terminator(place, head)
    } else {
        String::new()
    }
}

/// What closes the brackets that the line opened and nothing below closes.
fn closers(place: &Place, head: &str) -> String {
    let Some(syntax) = &place.snapshot.syntax else {
        return String::new();
    };
    let open = syntax::unclosed(&syntax.grammar.facts, head);
    if open
        .last()
        .is_some_and(|close| place.next.trim_start().starts_with(close.as_str()))
    {
        return String::new();
    }
    open.iter().rev().map(String::as_str).collect()
}

/// What lines end with here.
fn terminator(place: &Place, head: &str) -> &'static str {
    let first = head
        .trim_start()
        .split(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default();
    let style = place
        .snapshot
        .syntax
        .as_ref()
        .map(|syntax| syntax.grammar.facts.block);
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
    if style == Some(BlockStyle::Colon) {
        return beside(place).filter(|end| *end == ",").unwrap_or("");
    }
    beside(place).unwrap_or(if semicolons(place) { ";" } else { "" })
}

/// What the nearest line above that is indented alike ends with, if that is a comma or a semicolon.
fn beside(place: &Place) -> Option<&'static str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(&place.before);
    let mut above = place
        .snapshot
        .lines_above(place.offset)
        .filter(|line| !line.trim().is_empty());
    let line = above.next().filter(|line| depth(line) == own)?;
    [",", ";"]
        .into_iter()
        .find(|end| line.trim_end().ends_with(end))
}

/// Whether statements of this file end with semicolons: more lines do than end with a word or a
/// closing bracket. Where the block ends behind the cursor's line, only last lines of blocks count:
/// some languages give their value.
fn semicolons(place: &Place) -> bool {
    let (own, last) = (
        place.before.trim(),
        place.next.trim_start().starts_with('}'),
    );
    let lines: Vec<&str> = place
        .text()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != own)
        .collect();
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let code = pairs.filter(|(line, next)| {
        !line.starts_with(['/', '*', '#', '@']) && (!last || next.starts_with('}'))
    });
    let (ended, open) = code.fold((0, 0), |(ended, open), (line, _)| {
        let word = line.ends_with(|c: char| is_word(c) || matches!(c, ')' | ']'));
        (
            ended + usize::from(line.ends_with(';')),
            open + usize::from(word),
        )
    });
    ended > open
}
