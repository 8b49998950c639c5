//! Reads the `tokenizer.json` of a Hugging Face folder, with what `config.json` and
//! `tokenizer_config.json` say about it.
//!
//! The tokenizers library panics or exhausts memory on hostile files, so it never sees the file
//! itself: vocabulary, merges and added tokens are read and checked here, and the library only gets
//! the added tokens and the steps that normalize and split text, after `folder_steps` has checked
//! them. Padding, truncation and templates are not used. Only BPE models are read.

use std::collections::HashMap;

use serde_json::Value;
use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, Vocab};

use super::encoder::{Alphabet, Encoder, Ranking, Unknown, WholeWords};
use super::gguf::{MAX_ADDED, MAX_TOKENS};
use super::special::{TokenRole, is_marker, role_of};
use super::splitter::Splitter;
use super::token_bytes::{Speller, Spelling, TokenBytes, sentencepiece_byte};
use super::{Tokenizer, chat_template, folder_steps};
use crate::LoadError;
use crate::files::Folder;

/// Largest file that is read; the largest vocabulary in use (256k tokens) takes 33 MB.
const MAX_FILE: u64 = 48 << 20;
/// Largest `tokenizer_config.json`; that of Gemma 3 takes 1.2 MB.
const MAX_CONFIG: u64 = 4 << 20;
/// Most values of a file, counted before it is parsed.
const MAX_VALUES: usize = 4 << 20;
/// Most levels of nesting.
const MAX_DEPTH: usize = 32;

/// Reads the tokenizer of a folder.
pub fn read(folder: &Folder) -> Result<Tokenizer, LoadError> {
    let (json, extra) = files(folder)?;
    let entries = VocabularyEntries::read(&json)?;
    let byte_level = [&json["pre_tokenizer"], &json["decoder"]]
        .iter()
        .any(|step| folder_steps::has(step, "ByteLevel"));
    let spelling = if byte_level {
        Spelling::ByteLevel
    } else {
        Spelling::SentencePiece
    };
    let encoder = entries.encoder(&json, spelling)?;
    let (roles, adds_bos) = entries.roles(&json, folder.config(), &extra);
    let specials = entries.added.iter().filter(|added| added.special);
    Ok(Tokenizer {
        encoder,
        token_bytes: entries.token_bytes(spelling),
        specials: specials
            .map(|added| (added.content.to_owned(), added.id))
            .collect(),
        roles,
        adds_bos,
        chat_template: chat_template::of_folder(folder, &extra),
    })
}

/// The contents of `tokenizer.json` and, where there is one, of `tokenizer_config.json`.
pub(super) fn files(folder: &Folder) -> Result<(Value, Value), LoadError> {
    let json = parse(&folder.file("tokenizer.json", MAX_FILE)?)?;
    let extra = folder.file("tokenizer_config.json", MAX_CONFIG).ok();
    let extra = extra
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or(Value::Null);
    Ok((json, extra))
}

/// Counts values and nesting in one pass without allocating, then parses.
fn parse(bytes: &[u8]) -> Result<Value, LoadError> {
    let (mut depth, mut deepest, mut values) = (0usize, 0usize, 0usize);
    let (mut quoted, mut escaped) = (false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth += 1;
                values += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
    }
    if deepest > MAX_DEPTH || values > MAX_VALUES {
        return Err(LoadError::tokenizer(format!(
            "tokenizer.json holds {values} values on {deepest} levels, too many"
        )));
    }
    serde_json::from_slice(bytes).map_err(|e| LoadError::tokenizer(format!("tokenizer.json: {e}")))
}

/// An entry of `added_tokens`.
pub(super) struct AddedEntry<'a> {
    pub id: u32,
    pub content: &'a str,
    /// Special, or spelled like a marker: no text encodes to it.
    pub special: bool,
    json: &'a Value,
}

impl AddedEntry<'_> {
    fn for_library(&self) -> AddedToken {
        let flag = |name: &str| self.json[name].as_bool().unwrap_or(false);
        AddedToken::from(self.content.to_owned(), false)
            .normalized(flag("normalized"))
            .lstrip(flag("lstrip"))
            .rstrip(flag("rstrip"))
            .single_word(flag("single_word"))
    }
}

/// The checked parts of the vocabulary.
pub(super) struct VocabularyEntries<'a> {
    pub vocab: HashMap<&'a str, u32>,
    pub merges: Vec<(&'a str, &'a str)>,
    pub added: Vec<AddedEntry<'a>>,
    len: usize,
}

impl<'a> VocabularyEntries<'a> {
    pub fn read(json: &'a Value) -> Result<VocabularyEntries<'a>, LoadError> {
        let model = &json["model"];
        // Old files do not name the type of a BPE.
        if !matches!(model["type"].as_str(), Some("BPE") | None) {
            return Err(LoadError::tokenizer(format!(
                "models of the type {} are not supported, BPE is",
                model["type"]
            )));
        }
        let vocab = model["vocab"]
            .as_object()
            .ok_or_else(|| LoadError::tokenizer("tokenizer.json holds no vocabulary"))?;
        let vocab: HashMap<&str, u32> = vocab
            .iter()
            .map(|(token, id)| Ok((token.as_str(), checked_id(id)?)))
            .collect::<Result<_, LoadError>>()?;
        let list = |value: &'a Value| value.as_array().into_iter().flatten();
        let merges = list(&model["merges"])
            .map(merge)
            .collect::<Result<_, _>>()?;
        let added = list(&json["added_tokens"])
            .map(added)
            .collect::<Result<Vec<_>, _>>()?;
        if added.len() > MAX_ADDED {
            return Err(LoadError::tokenizer(format!(
                "{} added tokens",
                added.len()
            )));
        }
        let len = vocab
            .values()
            .chain(added.iter().map(|a| &a.id))
            .max()
            .map_or(0, |&id| id as usize + 1);
        Ok(VocabularyEntries {
            vocab,
            merges,
            added,
            len,
        })
    }

    /// The encoder of this vocabulary, without special tokens.
    fn encoder(&self, json: &Value, spelling: Spelling) -> Result<Encoder, LoadError> {
        let model = &json["model"];
        let affix = |name: &str| model[name].as_str().is_some_and(|affix| !affix.is_empty());
        if affix("continuing_subword_prefix") || affix("end_of_word_suffix") {
            return Err(LoadError::tokenizer(
                "vocabularies with prefixes or suffixes of subwords are not supported",
            ));
        }
        let mut vocab = self.vocab.clone();
        for added in self.added.iter().filter(|added| added.special) {
            vocab.remove(added.content);
        }
        let ordinary = self.added.iter().filter(|added| !added.special);
        vocab.extend(ordinary.map(|added| (added.content, added.id)));
        let flag = |name: &str| model[name].as_bool().unwrap_or(false);
        let unknown = model["unk_token"].as_str();
        let tokens = vocab.iter();
        Ok(Encoder {
            splitter: Splitter::Library(Box::new(self.library(json)?)),
            // The words of the library are spelled as the tokens are.
            alphabet: Alphabet::Characters,
            tokens: tokens
                .map(|(token, &id)| (token.as_bytes().to_vec(), id))
                .collect(),
            ranking: Ranking::of_merges(&vocab, &self.merges),
            whole_words: if flag("ignore_merges") {
                WholeWords::Always
            } else {
                WholeWords::Never
            },
            byte_tokens: Box::new(byte_tokens(&vocab, spelling)),
            unknown: Unknown::Symbol {
                byte_fallback: flag("byte_fallback"),
                unknown: unknown.and_then(|token| vocab.get(token).copied()),
                fused: flag("fuse_unk"),
            },
        })
    }

    /// The library with the added tokens that are not special, and the steps of the file.
    fn library(&self, json: &Value) -> Result<tokenizers::Tokenizer, LoadError> {
        let ordinary = || {
            self.added
                .iter()
                .filter(|added| !added.special && !added.content.is_empty())
        };
        // An added token keeps its id only if the model knows it.
        let vocab = ordinary().map(|added| (added.content.to_owned(), added.id));
        let model = BPE::builder().vocab_and_merges(vocab.collect::<Vocab>(), Vec::new());
        let model = model
            .build()
            .map_err(|e| LoadError::tokenizer(e.to_string()))?;
        let mut library = tokenizers::Tokenizer::new(model);
        folder_steps::apply(json, &mut library)?;
        library
            .add_tokens(ordinary().map(AddedEntry::for_library))
            .map_err(|e| LoadError::tokenizer(e.to_string()))?;
        Ok(library)
    }

    fn token_bytes(&self, spelling: Spelling) -> TokenBytes {
        let speller = Speller::new(spelling);
        let mut by_id: Vec<Option<(Vec<u8>, bool)>> = vec![None; self.len];
        for (token, &id) in &self.vocab {
            by_id[id as usize] = Some((speller.bytes(token), false));
        }
        for added in &self.added {
            by_id[added.id as usize] = Some((added.content.as_bytes().to_vec(), added.special));
        }
        let mut all = TokenBytes::default();
        for token in by_id {
            let (bytes, special) = token.unwrap_or_default();
            all.push(&bytes, special);
        }
        all
    }

    /// Roles, and whether prompts begin with the beginning-of-text token.
    fn roles(
        &self,
        json: &Value,
        config: &Value,
        extra: &Value,
    ) -> (HashMap<TokenRole, u32>, bool) {
        let mut roles = HashMap::new();
        for added in self.added.iter().filter(|a| a.special) {
            if let Some(role) = role_of(added.content) {
                roles.entry(role).or_insert(added.id);
            }
        }
        for (role, name) in [
            (TokenRole::Bos, "bos_token"),
            (TokenRole::Eos, "eos_token"),
            (TokenRole::Pad, "pad_token"),
        ] {
            let spelt = extra[name]
                .as_str()
                .or_else(|| extra[name]["content"].as_str());
            let spelt = spelt
                .and_then(|content| self.added.iter().find(|a| a.content == content))
                .map(|a| a.id);
            let number = &config[format!("{name}_id")];
            let number = number
                .as_u64()
                .or_else(|| number[0].as_u64())
                .filter(|&id| id < self.len as u64);
            if let Some(id) = spelt.or(number.map(|id| id as u32)) {
                roles.insert(role, id);
            }
        }
        let template = folder_steps::first_special(&json["post_processor"]);
        let template = template.and_then(|name| self.added.iter().find(|a| a.content == name));
        if let Some(added) = template {
            roles.insert(TokenRole::Bos, added.id);
        }
        let adds_bos = extra["add_bos_token"]
            .as_bool()
            .unwrap_or(template.is_some());
        let adds_bos = adds_bos && roles.contains_key(&TokenRole::Bos);
        (roles, adds_bos)
    }
}

/// The tokens of single bytes.
fn byte_tokens(vocab: &HashMap<&str, u32>, spelling: Spelling) -> [Option<u32>; 256] {
    let speller = Speller::new(spelling);
    let mut tokens = [None; 256];
    for (token, &id) in vocab {
        let byte = match spelling {
            Spelling::SentencePiece => sentencepiece_byte(token),
            Spelling::ByteLevel => speller.byte(token),
        };
        if let Some(byte) = byte {
            tokens[usize::from(byte)] = Some(id);
        }
    }
    tokens
}

fn checked_id(id: &Value) -> Result<u32, LoadError> {
    match id.as_u64() {
        Some(id) if id < MAX_TOKENS as u64 => Ok(id as u32),
        _ => Err(LoadError::tokenizer(format!("{id} is no token id"))),
    }
}

/// A merge: two texts, or one text with a space between its halves.
fn merge(json: &Value) -> Result<(&str, &str), LoadError> {
    let halves = match json {
        Value::String(text) => text.split_once(' '),
        pair => pair[0].as_str().zip(pair[1].as_str()),
    };
    halves.ok_or_else(|| LoadError::tokenizer("a merge does not have two halves"))
}

fn added(json: &Value) -> Result<AddedEntry<'_>, LoadError> {
    let content = json["content"]
        .as_str()
        .ok_or_else(|| LoadError::tokenizer("an added token has no text"))?;
    let special = json["special"].as_bool().unwrap_or(false) || is_marker(content);
    Ok(AddedEntry {
        id: checked_id(&json["id"])?,
        content,
        special,
        json,
    })
}
