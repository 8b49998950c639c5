//! Below a comment comes code, or nothing: a comment says what is wanted, and another is no answer.
//! A comment without a word says nothing anywhere.

use super::Place;
use crate::extent::Extent;
use context::Snapshot;
use grammars::Facts;

/// Drops a completion that has nothing but comments, on a line of its own below a comment. In the
/// middle of a comment of several lines, where the next line is one too, it may go on. One that
/// begins a comment and has no word in it is dropped too.
pub fn apply(place: &Place<'_>, text: String) -> Option<String> {
    let Some(syntax) = &place.snapshot.syntax else {
        return Some(text);
    };
    let facts = &syntax.grammar.facts;
    let begins_line = place.before.trim().is_empty() && place.in_code(place.offset);
    let asked = begins_line
        && is_below_comment(place.snapshot, place.offset)
        && !is_above_comment(place, facts);
    let says_nothing =
        begins_line && begins_comment(facts, &text) && !text.contains(char::is_alphanumeric);
    (!(asked && is_all_comment(facts, &text) || says_nothing)).then_some(text)
}

/// Whether the nearest line above with anything on it ends a comment. What names an interpreter
/// asks for nothing.
pub(crate) fn is_below_comment(snapshot: &Snapshot, offset: usize) -> bool {
    let Some(syntax) = &snapshot.syntax else {
        return false;
    };
    let facts = &syntax.grammar.facts;
    let above = snapshot
        .lines_above(offset)
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let closes = |[_, close]: &[String; 2]| above.trim_end().ends_with(close.as_str());
    !above.starts_with("#!")
        && (begins_comment(facts, &above) || facts.block_comment.as_ref().is_some_and(closes))
}

/// Whether the line right below is a comment.
fn is_above_comment(place: &Place<'_>, facts: &Facts) -> bool {
    let below = match place.extent {
        Extent::WholeLine => Some(place.next.clone()),
        Extent::Line | Extent::Block { .. } | Extent::Statement { .. } => {
            place.snapshot.lines_below(place.offset).next()
        }
    };
    below.is_some_and(|line| begins_comment(facts, &line))
}

fn begins_comment(facts: &Facts, line: &str) -> bool {
    comment_end(facts, line.trim_start()).is_some()
}

pub(crate) fn is_all_comment(facts: &Facts, text: &str) -> bool {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some(end) = comment_end(facts, rest) else {
            return false;
        };
        rest = rest[end..].trim_start();
    }
    true
}

/// Where the comment ends with which `text` begins.
fn comment_end(facts: &Facts, text: &str) -> Option<usize> {
    if facts
        .line_comment
        .as_ref()
        .is_some_and(|mark| text.starts_with(mark.as_str()))
    {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let [open, close] = facts.block_comment.as_ref()?;
    let inside = text.strip_prefix(open.as_str())?;
    Some(
        inside
            .find(close.as_str())
            .map_or(text.len(), |at| open.len() + at + close.len()),
    )
}
