//! What is done to a completion before anybody sees it: one file per filter, in the order of
//! [`FILTERS`].
//!
//! A filter gets the context and the text and gives back the text, corrected or shortened, or
//! `None` to show nothing. It never makes anything up. To add one: a file, a line in the list, and
//! golden cases in `cases/<name>.txt`.

mod blank;
mod brackets;
mod characters;
mod comment;
mod indentation;
mod layout;
mod repetition;
mod reply;
mod suffix;
mod syntax_error;

pub(crate) use comment::{ends_comment, is_all_comment};

use crate::completion_context::CompletionContext;
use context::BegunReply;

/// A filter's name and function.
pub type Filter = (
    &'static str,
    fn(&CompletionContext<'_>, String) -> Option<String>,
);

/// All filters in their order.
pub const FILTERS: &[Filter] = &[
    ("characters", characters::apply),
    ("indentation", indentation::apply),
    ("suffix", suffix::apply),
    ("brackets", brackets::apply),
    ("repetition", repetition::apply),
    ("comment", comment::apply),
    ("blank", blank::apply),
    ("layout", layout::apply),
    ("syntax_error", syntax_error::apply),
];

/// The text to insert after all filters, or the name of the one that dropped it.
pub fn apply_all(context: &CompletionContext<'_>, text: String) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("blank");
    }
    let text = FILTERS.iter().try_fold(text, |text, (name, filter)| {
        filter(context, text).ok_or(*name)
    })?;
    Ok(context.inserted(&text))
}

/// As [`apply_all`], for what a model generated: where it continues a reply, what is no code is
/// left out first.
pub fn apply_answer(
    context: &CompletionContext<'_>,
    reply: Option<&BegunReply>,
    text: String,
) -> Result<String, &'static str> {
    let text = match reply {
        Some(reply) => reply::apply(context, reply, text).ok_or("reply")?,
        None => text,
    };
    apply_all(context, text)
}

#[cfg(test)]
mod tests;
