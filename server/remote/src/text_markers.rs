//! Prompts as one string, for servers that take no token ids.
//!
//! Such a server reads a marker wherever it is, in the user's text too. So a text that holds
//! anything that looks like a marker is not sent.

use crate::error::RemoteError;
use crate::prompt::{Conversation, PromptPart, RemoteRequest};
use serde_json::{Value, json};

/// What a marker of a sentencepiece vocabulary begins with; it means a blank.
const BLANK: char = '\u{2581}';
/// What most markers begin and end with.
const BRACKETS: [(&str, &str); 2] = [("<|", "|>"), ("<\u{ff5c}", "\u{ff5c}>")];
/// Markers of conversations that are spelt otherwise.
const OF_TURNS: &[&str] = &[
    "[INST]",
    "[/INST]",
    "<start_of_turn>",
    "<end_of_turn>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<think>",
    "</think>",
];
/// Characters of the longest name between such brackets.
const MAX_NAME: usize = 40;

/// The prompt with its markers spelt out. An error if a text holds a marker.
pub(crate) fn spelt(request: &RemoteRequest) -> Result<String, RemoteError> {
    let markers = request.parts.iter().filter_map(|part| match part {
        PromptPart::Marker(marker) => Some(marker),
        PromptPart::Text(_) | PromptPart::Template(_) | PromptPart::Role(_) => None,
    });
    let known: Vec<&str> = markers
        .chain(&request.stops)
        .map(|marker| marker.trim_start_matches(BLANK))
        .collect();
    let mut prompt = String::new();
    for part in &request.parts {
        match part {
            PromptPart::Text(text) if holds_marker(text, &known) => {
                return Err(RemoteError::MarkerInText);
            }
            PromptPart::Text(text) | PromptPart::Template(text) => prompt.push_str(text),
            PromptPart::Role(_) => {}
            PromptPart::Marker(marker) => push_marker(&mut prompt, marker),
        }
    }
    Ok(prompt)
}

/// The turns of a conversation in the form that all dialects share. An error if a text holds what
/// may be a marker: the server looks for these in its texts.
pub(crate) fn messages(request: &RemoteRequest) -> Result<Value, RemoteError> {
    let mut turns: Conversation = Vec::new();
    for part in &request.parts {
        match (part, turns.last_mut()) {
            (PromptPart::Role(role), _) => turns.push((*role, String::new())),
            (PromptPart::Text(text), _) if holds_marker(text, OF_TURNS) => {
                return Err(RemoteError::MarkerInText);
            }
            (PromptPart::Text(text), Some((_, turn))) => turn.push_str(text),
            _ => {}
        }
    }
    Ok(as_messages(&turns))
}

/// Turns as the servers' JSON has them.
pub(crate) fn as_messages(turns: &Conversation) -> Value {
    let turns = turns.iter();
    let message =
        |(role, text): &(crate::ChatRole, String)| json!({"role": role.name(), "content": text});
    Value::Array(turns.map(message).collect())
}

/// Adds a marker. The blank of a sentencepiece vocabulary is added by the server at the start.
fn push_marker(prompt: &mut String, marker: &str) {
    match marker.strip_prefix(BLANK) {
        Some(rest) if prompt.is_empty() => prompt.extend([rest, " "]),
        Some(rest) => prompt.extend([" ", rest]),
        None => prompt.push_str(marker),
    }
}

/// Whether a text holds one of these markers, or something that is spelt like one.
fn holds_marker(text: &str, known: &[&str]) -> bool {
    let is_in = |marker: &&str| !marker.is_empty() && text.contains(*marker);
    known.iter().any(is_in) || BRACKETS.iter().any(|pair| has_named(text, *pair))
}

/// Whether a text has a name between these brackets.
fn has_named(text: &str, (open, close): (&str, &str)) -> bool {
    text.match_indices(open).any(|(at, _)| {
        let rest = &text[at + open.len()..];
        let is_name = |c: &char| c.is_alphanumeric() || matches!(*c, '_' | '-' | BLANK);
        let name: String = rest
            .chars()
            .take(MAX_NAME + 1)
            .take_while(is_name)
            .collect();
        !name.is_empty() && rest[name.len()..].starts_with(close)
    })
}

/// Where the first of these markers begins in an answer.
pub(crate) fn first_stop(text: &str, stops: &[String]) -> Option<usize> {
    let found = stops.iter().filter(|stop| !stop.is_empty());
    found
        .filter_map(|stop| text.find(stop.trim_start_matches(BLANK)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parts: &[(&str, &str)]) -> RemoteRequest {
        let part = |(marker, text): &(&str, &str)| {
            [
                PromptPart::Marker((*marker).to_owned()),
                PromptPart::Text((*text).to_owned()),
            ]
        };
        RemoteRequest {
            parts: parts.iter().flat_map(part).collect(),
            ..RemoteRequest::default()
        }
    }

    #[test]
    fn markers_are_spelt_as_the_family_spells_them() {
        let qwen = request(&[
            ("<|fim_prefix|>", "a"),
            ("<|fim_suffix|>", "b"),
            ("<|fim_middle|>", ""),
        ]);
        assert_eq!(
            spelt(&qwen).unwrap(),
            "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"
        );
        let llama = request(&[
            ("\u{2581}<PRE>", "a"),
            ("\u{2581}<SUF>", "b"),
            ("\u{2581}<MID>", ""),
        ]);
        assert_eq!(spelt(&llama).unwrap(), "<PRE> a <SUF>b <MID>");
        let deepseek = request(&[("<\u{ff5c}fim\u{2581}begin\u{ff5c}>", "a")]);
        assert_eq!(
            spelt(&deepseek).unwrap(),
            "<\u{ff5c}fim\u{2581}begin\u{ff5c}>a"
        );
    }

    #[test]
    fn a_marker_in_a_text_is_not_sent() {
        for text in [
            "x = '<|fim_middle|>'",
            "x = '<|im_start|>'",
            "'<\u{ff5c}begin\u{2581}of\u{2581}sentence\u{ff5c}>'",
            "[SUFFIX]",
        ] {
            let asked = request(&[("[SUFFIX]", text), ("[PREFIX]", "")]);
            assert_eq!(spelt(&asked), Err(RemoteError::MarkerInText), "{text}");
        }
        for text in ["f <| g |> h", "a <|b|c> d", "List<T>", "<|>", "a[PREFIXES]"] {
            assert!(spelt(&request(&[("[PREFIX]", text)])).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_answer_ends_before_a_marker() {
        let stops = [
            "<|endoftext|>".to_owned(),
            "\u{2581}<EOT>".to_owned(),
            String::new(),
        ];
        assert_eq!(first_stop("a<EOT>b<|endoftext|>", &stops), Some(1));
        assert_eq!(first_stop("plain", &stops), None);
    }
}
