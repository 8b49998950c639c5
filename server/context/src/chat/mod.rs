//! Filling in with a model that was trained to chat.
//!
//! Such a model has no markers for filling in. It is asked in a conversation: what to do, the code
//! with a hole in it, and the beginning of the answer, a code block with the last lines before the
//! cursor, which the model continues. So it has no room for prose, and what it generates is scored
//! like the answer of any other model.
//!
//! What is around question and answer comes from the model's chat template, which runs once, when
//! the model is opened, with placeholders for the texts (`template.rs`). So only the template's own
//! text is searched for special tokens, and no text of a user can become one. A model without a
//! template that works gets the turns of its family (`families.rs`), by the markers it has.

mod families;
mod jinja;
mod placeholders;
mod question;
mod template;
#[cfg(test)]
mod tests;
mod turns;

pub use placeholders::ChatVocabulary;
pub(crate) use question::Question;
pub use question::{BegunReply, HOLE};
pub use turns::{ChatTurns, ROLES, TurnSpelling};

/// What the model is asked to do, as short as can be: it is a part of every prompt.
pub(crate) const INSTRUCTION: &str = "Write the code that is missing at <FILL_HERE>. Answer with \
                                      this code only, without any explanation.";
