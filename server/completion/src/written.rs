//! The answer of a model elsewhere: asked for before anything else, read after the model here has
//! done its own work.
//!
//! Its answer passes the same filters, and takes the place of what the model here generated. If it
//! does not come in time or is dropped, the model's own text is used.

use crate::complete::{Query, end_of};
use crate::filters;
use crate::stop::Stop;
use context::{Answer, BegunReply, Generate, GenerateError, PendingText, Snapshot, fill_in};

/// What came of asking the model elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// There is none, or it could not be asked.
    #[default]
    NotAsked,
    /// It gave no answer in time.
    Nothing,
    /// This filter dropped its answer.
    Dropped(&'static str),
    /// Its answer is a candidate.
    Kept,
}

/// An answer that passed the filters.
pub(crate) struct WrittenText {
    /// What was generated, up to the end of the extent.
    pub generated: String,
    /// What the filters left of it.
    pub text: String,
    /// The natural-log probabilities of its tokens, if the filters left them as they are.
    pub logprobs: Vec<f32>,
}

/// An answer that is on its way, and what it continues where it is a reply.
pub(crate) struct AskedWriter {
    pending: Box<dyn PendingText>,
    reply: Option<BegunReply>,
}

/// Asks the model elsewhere, if there is one. Its prompt has its own layout and length.
pub(crate) fn ask(
    snapshot: &Snapshot,
    offset: usize,
    max_tokens: usize,
    model: &mut dyn Generate,
) -> Option<AskedWriter> {
    let writer = model.writer()?;
    let (format, budget) = (writer.fim_format(), writer.budget());
    let prompt = fill_in(snapshot, offset, &format, budget, &*model);
    let pending = model.writer()?.start(snapshot, &prompt, max_tokens)?;
    let reply = prompt.reply;
    Some(AskedWriter { pending, reply })
}

/// Waits for the answer and filters it.
pub(crate) fn read(
    asked: Option<AskedWriter>,
    query: &Query,
) -> Result<(Written, Option<WrittenText>), GenerateError> {
    let Some(AskedWriter { pending, reply }) = asked else {
        return Ok((Written::NotAsked, None));
    };
    let stop = Stop::new(query.context, reply.as_ref());
    let query = &Query {
        stop: &stop,
        ..*query
    };
    let mut on_text = |text: &str| query.stop.check(text);
    let Some(answer) = pending.read(&mut on_text)? else {
        return Ok((Written::Nothing, None));
    };
    let generated = answer.text[..end_of(&answer, query)].to_owned();
    let filtered = filters::apply_answer(query.context, reply.as_ref(), generated.clone());
    Ok(match filtered {
        Ok(text) => {
            let logprobs = logprobs(&answer, &text);
            let text = WrittenText {
                generated,
                text,
                logprobs,
            };
            (Written::Kept, Some(text))
        }
        Err(filter) => (Written::Dropped(filter), None),
    })
}

/// The log-probabilities of the tokens that `text` begins with; none if it is no part of the
/// answer, or if the server gave too few.
fn logprobs(answer: &Answer, text: &str) -> Vec<f32> {
    if !answer.text.starts_with(text) {
        return Vec::new();
    }
    let mut start = 0;
    let mut logprobs = Vec::new();
    for &(end, logprob) in &answer.tokens {
        if start < text.len() {
            logprobs.push(logprob);
        }
        start = end;
    }
    if start < text.len() {
        return Vec::new();
    }
    logprobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tokens_of_a_text_count() {
        let answer = Answer {
            text: "foo(x)\nbar".into(),
            tokens: vec![(3, -0.1), (5, -0.2), (6, -0.3), (7, -0.4), (10, -0.5)],
            ..Answer::default()
        };
        assert_eq!(logprobs(&answer, "foo(x)"), [-0.1, -0.2, -0.3]);
        assert_eq!(logprobs(&answer, "foo(x)\nbar").len(), 5);
        assert_eq!(logprobs(&answer, "other"), [0.0; 0]);
        let silent = Answer {
            tokens: Vec::new(),
            ..answer
        };
        assert_eq!(logprobs(&silent, "foo(x)"), [0.0; 0]);
    }
}
