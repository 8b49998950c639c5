//! Builds a tokenizer from a GGUF's `tokenizer.ggml.*` metadata.
//!
//! Ids come out as llama.cpp gives them (without special tokens in the text), which the tests check
//! on its own vocabularies. Only the arrays that are used are read; their lengths were checked by
//! `files/gguf_header.rs`.

use std::collections::HashMap;

use super::pieces::{Pieces, Speller, Spelling, spm_byte};
use super::special::{Role, SPELLINGS, is_marker, role_of};
use super::{Encoder, Tokenizer, bpe, spm};
use crate::LoadError;
use crate::files::gguf::Gguf;

/// Largest vocabulary that is believed.
pub const MAX_TOKENS: usize = 1 << 20;

/// Most merges and most added tokens that are believed.
const MAX_MERGES: usize = 2 << 20;
pub const MAX_ADDED: usize = 16_384;

/// What a vocabulary entry is; GGUF's token types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

/// A vocabulary as the file has it.
pub struct Vocabulary<'a> {
    pub tokens: Vec<&'a str>,
    pub kinds: Vec<Kind>,
}

impl<'a> Vocabulary<'a> {
    /// Tokens that text may become, with their ids.
    pub fn encodable(&self) -> impl Iterator<Item = (&'a str, u32)> {
        let usable = |kind: Kind| !matches!(kind, Kind::Control | Kind::Unknown);
        let entries = self.tokens.iter().zip(&self.kinds).zip(0u32..);
        entries
            .filter(move |((_, kind), _)| usable(**kind))
            .map(|((token, _), id)| (*token, id))
    }

    /// Tokens that are neither special nor added nor single bytes, with their ids.
    pub fn plain(&self) -> impl Iterator<Item = (&'a str, u32)> {
        let entries = self.tokens.iter().zip(&self.kinds).zip(0u32..);
        let plain = entries.filter(|((_, kind), _)| matches!(kind, Kind::Normal | Kind::Unused));
        plain.map(|((token, _), id)| (*token, id))
    }

    /// Tokens that are found in the text before it is cut, with their ids.
    pub fn additions(&self) -> impl Iterator<Item = (&'a str, u32)> {
        let entries = self.tokens.iter().zip(&self.kinds).zip(0u32..);
        let added =
            entries.filter(|((token, kind), _)| **kind == Kind::UserDefined && !token.is_empty());
        added.map(|((token, _), id)| (*token, id))
    }

    /// The tokens that stand for a single byte each (`<0x0A>`), by byte.
    pub fn bytes(&self) -> [Option<u32>; 256] {
        let mut bytes = [None; 256];
        for ((token, kind), id) in self.tokens.iter().zip(&self.kinds).zip(0u32..) {
            if let Some(byte) = spm_byte(token).filter(|_| *kind == Kind::Byte) {
                bytes[usize::from(byte)] = Some(id);
            }
        }
        bytes
    }

    /// Special tokens, with their ids.
    fn specials(&self) -> impl Iterator<Item = (&'a str, u32)> {
        let entries = self.tokens.iter().zip(&self.kinds).zip(0u32..);
        entries
            .filter(|((_, kind), _)| **kind == Kind::Control)
            .map(|((token, _), id)| (*token, id))
    }
}

fn bad(what: impl Into<String>) -> LoadError {
    LoadError::Tokenizer(what.into())
}

/// Reads the tokenizer.
pub fn read(file: &Gguf) -> Result<Tokenizer, LoadError> {
    let vocabulary = vocabulary(file)?;
    let model = file.text("tokenizer.ggml.model").unwrap_or("");
    let pre = file.text("tokenizer.ggml.pre").unwrap_or("default");
    let (encoder, spelling, bos_by_default) = match model {
        "gpt2" => {
            let (split, merges) = (bpe::Split::of_pre(pre)?, merges(file)?);
            let adds_bos = split.adds_bos;
            let bpe = bpe::Bpe::new(&vocabulary, &merges, split)?;
            (Encoder::Bpe(Box::new(bpe)), Spelling::ByteLevel, adds_bos)
        }
        "gemma4" => {
            let bpe = bpe::Bpe::new(&vocabulary, &merges(file)?, bpe::Split::newlines())?;
            (Encoder::Bpe(Box::new(bpe)), Spelling::SentencePiece, true)
        }
        "llama" => {
            let prefix = file.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
            let spm = spm::Spm::new(&vocabulary, &scores(file, vocabulary.tokens.len())?, prefix);
            (Encoder::Spm(Box::new(spm)), Spelling::SentencePiece, true)
        }
        other => {
            return Err(bad(format!(
                "the kind {other:?} is not supported; gpt2, llama and gemma4 are"
            )));
        }
    };
    let adds_bos = file
        .flag("tokenizer.ggml.add_bos_token")
        .unwrap_or(bos_by_default);
    let roles = roles(file, &vocabulary);
    let adds_bos = adds_bos && roles.contains_key(&Role::Bos);
    let specials = vocabulary
        .specials()
        .map(|(token, id)| (token.to_owned(), id))
        .collect();
    Ok(Tokenizer {
        specials,
        pieces: pieces(&vocabulary, spelling),
        encoder,
        roles,
        adds_bos,
    })
}

fn vocabulary<'a>(file: &Gguf<'a>) -> Result<Vocabulary<'a>, LoadError> {
    let array = file
        .array("tokenizer.ggml.tokens")
        .ok_or_else(|| bad("the file holds no vocabulary"))?;
    if array.len == 0 || array.len > MAX_TOKENS {
        return Err(bad(format!("a vocabulary of {} tokens", array.len)));
    }
    let tokens: Vec<&str> = array
        .texts()
        .ok_or_else(|| bad("the vocabulary is not a list of texts"))?
        .collect();
    let mut kinds = vec![Kind::Normal; tokens.len()];
    if let Some(types) = file.array("tokenizer.ggml.token_type") {
        if types.len != tokens.len() {
            return Err(bad(format!(
                "{} tokens but {} token types",
                tokens.len(),
                types.len
            )));
        }
        for (kind, number) in kinds.iter_mut().zip(
            types
                .numbers()
                .ok_or_else(|| bad("token types are no numbers"))?,
        ) {
            *kind = match number as i64 {
                2 => Kind::Unknown,
                3 => Kind::Control,
                4 => Kind::UserDefined,
                5 => Kind::Unused,
                6 => Kind::Byte,
                _ => Kind::Normal,
            };
        }
    }
    // Markers are special whatever the file calls them; an ordinary piece of text is never spelt
    // so.
    for (kind, token) in kinds.iter_mut().zip(&tokens) {
        if *kind != Kind::Byte && is_marker(token) {
            *kind = Kind::Control;
        }
    }
    let vocabulary = Vocabulary { tokens, kinds };
    match vocabulary.additions().count() {
        0..=MAX_ADDED => Ok(vocabulary),
        added => Err(bad(format!("{added} added tokens"))),
    }
}

/// Pairs of texts to merge, in order of rank.
fn merges<'a>(file: &Gguf<'a>) -> Result<Vec<(&'a str, &'a str)>, LoadError> {
    let array = file
        .array("tokenizer.ggml.merges")
        .ok_or_else(|| bad("the file holds no merges"))?;
    if array.len > MAX_MERGES {
        return Err(bad(format!("{} merges", array.len)));
    }
    let texts = array
        .texts()
        .ok_or_else(|| bad("the merges are not a list of texts"))?;
    let split = |merge: &'a str| {
        // The first half may itself be a space in vocabularies that do not spell bytes.
        let first = merge.chars().next().map_or(0, char::len_utf8);
        let at = merge[first..]
            .find(' ')
            .ok_or_else(|| bad("a merge does not have two halves"))?;
        Ok((&merge[..first + at], &merge[first + at + 1..]))
    };
    texts.map(split).collect()
}

fn scores(file: &Gguf, tokens: usize) -> Result<Vec<f32>, LoadError> {
    let scores = file
        .array("tokenizer.ggml.scores")
        .and_then(|a| a.numbers());
    let scores: Vec<f32> = scores
        .ok_or_else(|| bad("the file holds no scores"))?
        .map(|s| s as f32)
        .collect();
    if scores.len() != tokens {
        return Err(bad(format!("{tokens} tokens but {} scores", scores.len())));
    }
    Ok(scores)
}

fn pieces(vocabulary: &Vocabulary, spelling: Spelling) -> Pieces {
    let mut pieces = Pieces::default();
    let speller = Speller::new(spelling);
    for (token, &kind) in vocabulary.tokens.iter().zip(&vocabulary.kinds) {
        match kind {
            Kind::Control | Kind::Unknown => pieces.push(token.as_bytes(), true),
            // Added tokens stand in the text as they are spelt.
            Kind::UserDefined if spelling == Spelling::ByteLevel => {
                pieces.push(token.as_bytes(), false)
            }
            _ => pieces.push(&speller.bytes(token), false),
        }
    }
    pieces
}

/// Roles by the ids that the metadata names, else by spelling.
fn roles(file: &Gguf, vocabulary: &Vocabulary) -> HashMap<Role, u32> {
    let mut roles = HashMap::new();
    for (token, id) in vocabulary.specials() {
        if let Some(role) = role_of(token) {
            roles.entry(role).or_insert(id);
        }
    }
    for (role, key, _) in SPELLINGS {
        let id = file.number(&format!("tokenizer.ggml.{key}"));
        if let Some(id) = id.filter(|&id| id >= 0.0 && (id as usize) < vocabulary.tokens.len()) {
            roles.insert(*role, id as u32);
        }
    }
    roles
}
