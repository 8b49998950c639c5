//! Below a comment comes code, or nothing: a comment says what is wanted, and another is no answer.
//! A comment without a word says nothing anywhere.

use crate::completion_context::CompletionContext;
use crate::extent::Extent;
use grammars::Facts;

/// Drops a completion that has nothing but comments, on a line of its own below a comment. In the
/// middle of a comment of several lines, where the next line is one too, it may continue. One that
/// begins a comment and has no word in it is dropped too.
pub fn apply(context: &CompletionContext<'_>, text: String) -> Option<String> {
    let Some(facts) = context.facts() else {
        return Some(text);
    };
    if !context.begins_line() || !context.in_code() {
        return Some(text);
    }
    let answers_comment = ends_comment(facts, &context.above) && !is_above_comment(context, facts);
    if answers_comment && is_all_comment(facts, &text) {
        return None;
    }
    let says_nothing = begins_comment(facts, &text) && !text.contains(char::is_alphanumeric);
    (!says_nothing).then_some(text)
}

/// Whether a line ends a comment. The one that names an interpreter asks for nothing.
pub(crate) fn ends_comment(facts: &Facts, line: &str) -> bool {
    let closes = |[_, close]: &[String; 2]| line.trim_end().ends_with(close.as_str());
    !line.starts_with("#!")
        && (begins_comment(facts, line) || facts.block_comment.as_ref().is_some_and(closes))
}

/// Whether the line right below is a comment.
fn is_above_comment(context: &CompletionContext<'_>, facts: &Facts) -> bool {
    let below = match context.extent {
        Extent::WholeLine => Some(context.next.clone()),
        Extent::Line | Extent::Block { .. } | Extent::Statement { .. } => {
            context.snapshot.lines_below(context.offset).next()
        }
    };
    below.is_some_and(|line| begins_comment(facts, &line))
}

fn begins_comment(facts: &Facts, line: &str) -> bool {
    comment_end(facts, line.trim_start()).is_some()
}

/// Whether a text is comments and blanks only.
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
    let mark = facts.line_comment.as_ref();
    if mark.is_some_and(|mark| text.starts_with(mark.as_str())) {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let [open, close] = facts.block_comment.as_ref()?;
    let inside = text.strip_prefix(open.as_str())?;
    let end = inside.find(close.as_str());
    Some(end.map_or(text.len(), |at| open.len() + at + close.len()))
}
