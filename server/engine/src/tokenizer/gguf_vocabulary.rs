//! A folder's vocabulary as a GGUF writes it: tokens by id with their types, merges, and the name
//! of the way text is cut.
//!
//! `quantize` calls it for a folder. Only byte-level vocabularies can be said in a GGUF from a
//! `tokenizer.json` alone, and only with a way of cutting that has a name there ([`super::bpe`]'s
//! list); anything else is refused. Whether the result gives the same ids is checked by the caller
//! on the finished file.

use serde_json::Value;

use super::json::{Entries, bad};
use super::{bpe, json, json_steps};
use crate::LoadError;
use crate::files::Folder;

/// GGUF's token types.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// A vocabulary in a GGUF's terms.
pub struct GgufVocabulary {
    pub tokens: Vec<String>,
    pub kinds: Vec<i32>,
    pub merges: Vec<String>,
    /// The name of the way text is cut.
    pub pre: &'static str,
    pub chat_template: Option<String>,
}

impl GgufVocabulary {
    /// Reads the folder's tokenizer; ids up to `rows`, the embedding's, that it does not have
    /// become unused tokens.
    pub fn read(folder: &Folder, rows: usize) -> Result<GgufVocabulary, LoadError> {
        let (json, extra) = json::files(folder)?;
        if !json_steps::has(&json["pre_tokenizer"], "ByteLevel") {
            return Err(bad(
                "only byte-level vocabularies can be written to a GGUF; \
                            make a GGUF with llama.cpp's convert_hf_to_gguf.py, then quantise that",
            ));
        }
        let entries = Entries::read(&json)?;
        let mut tokens: Vec<String> = (0..rows).map(|id| format!("[unused{id}]")).collect();
        let mut kinds = vec![UNUSED; rows];
        let mut put = |id: u32, token: &str, kind: i32| {
            if let (Some(slot), Some(old)) =
                (tokens.get_mut(id as usize), kinds.get_mut(id as usize))
            {
                (*slot, *old) = (token.to_owned(), kind);
            }
        };
        for (token, &id) in &entries.vocab {
            put(id, token, NORMAL);
        }
        for added in &entries.added {
            put(
                added.id,
                added.content,
                if added.special { CONTROL } else { USER_DEFINED },
            );
        }
        let merges = entries
            .merges
            .iter()
            .map(|(a, b)| format!("{a} {b}"))
            .collect();
        let chat_template = extra["chat_template"].as_str().map(str::to_owned);
        Ok(GgufVocabulary {
            tokens,
            kinds,
            merges,
            pre: pre(&json)?,
            chat_template,
        })
    }
}

/// GGUF's name for the way this tokenizer cuts text.
fn pre(json: &Value) -> Result<&'static str, LoadError> {
    let mut patterns = Vec::new();
    for step in json_steps::steps(&json["pre_tokenizer"]) {
        match step["type"].as_str() {
            Some("Split") => patterns.push(
                step["pattern"]["Regex"]
                    .as_str()
                    .or(step["pattern"]["String"].as_str()),
            ),
            Some("Digits") if step["individual_digits"] == true => patterns.push(Some(bpe::DIGIT)),
            Some("ByteLevel") if step["add_prefix_space"] == true => patterns.push(None),
            Some("ByteLevel") if step["use_regex"] != false => patterns.push(Some(bpe::GPT2)),
            Some("Sequence" | "ByteLevel") => {}
            _ => patterns.push(None),
        }
    }
    let patterns: Option<Vec<&str>> = patterns.into_iter().collect();
    let whole_words = json["model"]["ignore_merges"] == true;
    let found = patterns.and_then(|patterns| bpe::pre_of(&patterns, whole_words));
    found.ok_or_else(|| {
        bad("a GGUF has no name for the way this tokenizer cuts text; \
             make a GGUF with llama.cpp's convert_hf_to_gguf.py, then quantise that")
    })
}
