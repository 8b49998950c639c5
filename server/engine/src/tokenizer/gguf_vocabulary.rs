//! A folder's vocabulary in the form of a GGUF: tokens by id with their types, merges, and the name
//! of the pre-tokenizer.
//!
//! `quantize` calls it for a folder. Only byte-level vocabularies can be converted to a GGUF from
//! the `tokenizer.json`, and only with a pre-tokenizer that has a name there
//! ([`super::pre_tokenizers`]); anything else is refused. The caller checks on the finished file
//! whether it gives the same ids.

use serde_json::Value;

use super::encoder::WholeWords;
use super::tokenizer_json::VocabularyEntries;
use super::{chat_template, folder_steps, pre_tokenizers, tokenizer_json};
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
    pub token_types: Vec<i32>,
    pub merges: Vec<String>,
    /// The name of the pre-tokenizer.
    pub pre: &'static str,
    pub chat_template: Option<String>,
}

impl GgufVocabulary {
    /// Reads the folder's tokenizer; ids up to `rows`, the embedding's, that it does not have
    /// become unused tokens.
    pub fn read(folder: &Folder, rows: usize) -> Result<GgufVocabulary, LoadError> {
        let (json, extra) = tokenizer_json::files(folder)?;
        if !folder_steps::has(&json["pre_tokenizer"], "ByteLevel") {
            return Err(LoadError::tokenizer(
                "only byte-level vocabularies can be written to a GGUF; \
                            make a GGUF with llama.cpp's convert_hf_to_gguf.py, then quantise that",
            ));
        }
        let entries = VocabularyEntries::read(&json)?;
        let mut tokens: Vec<String> = (0..rows).map(|id| format!("[unused{id}]")).collect();
        let mut token_types = vec![UNUSED; rows];
        let mut put = |id: u32, token: &str, token_type: i32| {
            if let (Some(slot), Some(old)) = (
                tokens.get_mut(id as usize),
                token_types.get_mut(id as usize),
            ) {
                (*slot, *old) = (token.to_owned(), token_type);
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
        let chat_template = chat_template::of_folder(folder, &extra);
        Ok(GgufVocabulary {
            tokens,
            token_types,
            merges,
            pre: pre(&json)?,
            chat_template,
        })
    }
}

/// GGUF's name for the way this tokenizer splits text.
fn pre(json: &Value) -> Result<&'static str, LoadError> {
    let mut patterns = Vec::new();
    for step in folder_steps::steps(&json["pre_tokenizer"]) {
        match step["type"].as_str() {
            Some("Split") => patterns.push(
                step["pattern"]["Regex"]
                    .as_str()
                    .or(step["pattern"]["String"].as_str()),
            ),
            Some("Digits") if step["individual_digits"] == true => {
                patterns.push(Some(pre_tokenizers::DIGIT))
            }
            Some("ByteLevel") if step["add_prefix_space"] == true => patterns.push(None),
            Some("ByteLevel") if step["use_regex"] != false => {
                patterns.push(Some(pre_tokenizers::GPT2))
            }
            Some("Sequence" | "ByteLevel") => {}
            _ => patterns.push(None),
        }
    }
    let patterns: Option<Vec<&str>> = patterns.into_iter().collect();
    let whole_words = if json["model"]["ignore_merges"] == true {
        WholeWords::Always
    } else {
        WholeWords::Never
    };
    let found = patterns.and_then(|patterns| pre_tokenizers::name_of(&patterns, whole_words));
    found.ok_or_else(|| {
        LoadError::tokenizer(
            "a GGUF has no name for the way this tokenizer splits text; \
             make a GGUF with llama.cpp's convert_hf_to_gguf.py, then quantise that",
        )
    })
}
