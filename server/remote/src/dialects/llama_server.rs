//! llama.cpp's llama-server: `/tokenize` makes ids of each text, `/completion` continues ids.
//!
//! Texts are tokenized without their markers (`parse_special: false`), so nothing in a file can act
//! as one. Markers are looked up once, when the server is first met; each must be one token.

use super::line::{Line, logprobs, number, text};
use crate::client::Connection;
use crate::error::RemoteError;
use crate::limits::RemoteLimits;
use crate::prompt::{AnswerChunk, AnswerEnd, PromptPart, RemoteRequest};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Texts whose tokens are kept: from key to key, one or two parts of a prompt change.
const MAX_TEXTS: usize = 32;

/// What is known of the server's vocabulary.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// The ids of the markers that are one token.
    pub(crate) markers: HashMap<String, u64>,
    /// What every prompt begins with.
    start: Vec<u64>,
    /// The tokens of the last texts.
    texts: Mutex<VecDeque<(String, Vec<u64>)>>,
    /// The tokens of the texts of the chat template.
    templates: Mutex<HashMap<String, Vec<u64>>>,
}

impl Vocabulary {
    /// One with these markers, of which no more is known.
    pub(crate) fn of(markers: HashMap<String, u64>) -> Self {
        Self {
            markers,
            ..Self::default()
        }
    }

    /// Looks up the markers.
    pub(crate) async fn read(
        connection: &mut Connection<'_>,
        markers: &[String],
    ) -> Result<Self, RemoteError> {
        let mut found = HashMap::new();
        for marker in markers {
            let body = json!({"content": marker, "add_special": false, "parse_special": true});
            if let [id] = tokens(connection, &body).await?[..] {
                found.insert(marker.clone(), id);
            }
        }
        let body = json!({"content": "", "add_special": true, "parse_special": false});
        Ok(Self {
            markers: found,
            start: tokens(connection, &body).await?,
            texts: Mutex::default(),
            templates: Mutex::default(),
        })
    }

    /// The tokens of a prompt.
    async fn ids(
        &self,
        connection: &mut Connection<'_>,
        parts: &[PromptPart],
    ) -> Result<Vec<u64>, RemoteError> {
        self.check(connection, parts).await?;
        let mut ids = self.start.clone();
        for part in parts {
            match part {
                PromptPart::Marker(marker) => ids.push(self.marker(marker)?),
                PromptPart::Text(text) if text.is_empty() => {}
                PromptPart::Text(text) => ids.extend(self.text(connection, text).await?),
                PromptPart::Template(text) => ids.extend(self.template(connection, text).await?),
                PromptPart::Role(_) => {}
            }
        }
        // A template may write what every prompt begins with.
        if !self.start.is_empty() && ids[self.start.len()..].starts_with(&self.start) {
            ids.drain(..self.start.len());
        }
        Ok(ids)
    }

    /// Makes sure that the markers are still what they were: someone may have started the server
    /// again with another model.
    async fn check(
        &self,
        connection: &mut Connection<'_>,
        parts: &[PromptPart],
    ) -> Result<(), RemoteError> {
        let markers = parts.iter().filter_map(|part| match part {
            PromptPart::Marker(marker) => Some(marker.as_str()),
            PromptPart::Text(_) | PromptPart::Template(_) | PromptPart::Role(_) => None,
        });
        let content: String = markers.clone().collect();
        if content.is_empty() {
            return Ok(());
        }
        let known: Vec<u64> = markers
            .map(|marker| self.marker(marker))
            .collect::<Result<_, _>>()?;
        let body = json!({"content": content, "add_special": false, "parse_special": true});
        if tokens(connection, &body).await? != known {
            return Err(RemoteError::Changed);
        }
        Ok(())
    }

    fn marker(&self, marker: &str) -> Result<u64, RemoteError> {
        let id = self.markers.get(marker).copied();
        id.ok_or_else(|| RemoteError::Unusable(format!("its model has no token `{marker}`")))
    }

    /// The tokens of a text of the chat template, special tokens among them. They are asked for
    /// each time, to see that the model is still the same.
    async fn template(
        &self,
        connection: &mut Connection<'_>,
        text: &str,
    ) -> Result<Vec<u64>, RemoteError> {
        let body = json!({"content": text, "add_special": false, "parse_special": true});
        let ids = tokens(connection, &body).await?;
        let mut known = self
            .templates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match known.get(text) {
            Some(known) if *known != ids => Err(RemoteError::Changed),
            Some(_) => Ok(ids),
            None => {
                known.insert(text.to_owned(), ids.clone());
                Ok(ids)
            }
        }
    }

    async fn text(
        &self,
        connection: &mut Connection<'_>,
        text: &str,
    ) -> Result<Vec<u64>, RemoteError> {
        if let Some(known) = self.known(text) {
            return Ok(known);
        }
        let body = json!({"content": text, "add_special": false, "parse_special": false});
        let ids = tokens(connection, &body).await?;
        // A server that is too old reads markers in texts.
        if self.markers.values().any(|marker| ids.contains(marker)) {
            return Err(RemoteError::MarkerInText);
        }
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.push_back((text.to_owned(), ids.clone()));
        let surplus = texts.len().saturating_sub(MAX_TEXTS);
        texts.drain(..surplus);
        Ok(ids)
    }

    /// The tokens of a text that was tokenized before; it counts as new again.
    fn known(&self, text: &str) -> Option<Vec<u64>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let at = texts.iter().position(|(known, _)| known == text)?;
        let known = texts.remove(at)?;
        let ids = known.1.clone();
        texts.push_back(known);
        Some(ids)
    }
}

async fn tokens(connection: &mut Connection<'_>, body: &Value) -> Result<Vec<u64>, RemoteError> {
    let answer = connection.post("/tokenize", body).await?;
    let ids = answer["tokens"].as_array();
    let ids = ids.and_then(|ids| ids.iter().map(Value::as_u64).collect());
    ids.ok_or_else(|| RemoteError::Malformed("`tokens` is missing".into()))
}

/// The request for a completion.
pub(crate) async fn body(
    connection: &mut Connection<'_>,
    vocabulary: &Vocabulary,
    model: &str,
    request: &RemoteRequest,
    limits: &RemoteLimits,
) -> Result<Value, RemoteError> {
    let mut body = json!({
        "prompt": vocabulary.ids(connection, &request.parts).await?,
        "model": model,
        "n_predict": request.max_tokens,
        "temperature": 0.0,
        "n_probs": 1,
        "return_tokens": true,
        "cache_prompt": true,
        "stream": true,
        "t_max_predict_ms": limits.whole.as_millis() as u64,
    });
    if !request.required.is_empty() {
        body["grammar"] = json!(beginning_with(&request.required));
    }
    Ok(body)
}

/// A grammar of llama.cpp for all texts that begin with this one.
fn beginning_with(required: &str) -> String {
    let mut literal = String::new();
    for c in required.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c => literal.push(c),
        }
    }
    format!("root ::= \"{literal}\" .*")
}

/// Reads `{"content", "tokens", "stop", "completion_probabilities"}`.
pub(crate) fn line(value: &Value) -> Result<Line, RemoteError> {
    let probabilities = value["completion_probabilities"].as_array();
    let probabilities = probabilities.into_iter().flatten();
    let ids = value["tokens"].as_array().into_iter().flatten();
    let completed = match value["stop"].as_bool() {
        Some(true) if value["truncated"] == true => {
            let why = "the prompt does not fit into its context; start llama-server with a larger \
                       `--ctx-size`";
            return Err(RemoteError::Unusable(why.into()));
        }
        Some(true) => Some(AnswerEnd {
            cut_short: value["stop_type"] == "limit",
            prompt_tokens: number(value, "tokens_evaluated"),
            reused_tokens: number(&value["timings"], "cache_n"),
        }),
        _ => None,
    };
    Ok(Line {
        chunk: AnswerChunk {
            text: text(value, "content")?,
            logprobs: logprobs(probabilities.map(|one| &one["logprob"])),
        },
        ids: ids.filter_map(Value::as_u64).collect(),
        completed,
    })
}

#[cfg(test)]
mod tests {
    use super::beginning_with;

    #[test]
    fn a_required_text_is_a_literal_of_the_grammar() {
        assert_eq!(beginning_with(" ret"), "root ::= \" ret\" .*");
        assert_eq!(beginning_with("\t\"\\"), r#"root ::= "\t\"\\" .*"#);
    }
}
