//! Text to token ids and back.
//!
//! The engine loads one from a GGUF's metadata (`gguf`) or a `tokenizer.json` (`json`); callers
//! encode plain text, look up the ids of special tokens and add them between texts themselves. So
//! whatever stands in a user's file, a marker's spelling included, is text: [`Tokenizer::encode`]
//! never gives a special token. `bpe` and `spm` encode with a GGUF's vocabulary, `library` with the
//! tokenizers library what a `tokenizer.json` describes; `special` says which tokens are special;
//! `gguf_vocabulary` spells a folder's vocabulary as a GGUF has it.

mod additions;
mod bpe;
mod gguf;
mod gguf_vocabulary;
mod json;
mod json_steps;
mod library;
mod merge;
mod pieces;
mod special;
mod spm;

use std::collections::HashMap;
use std::path::Path;

pub(crate) use gguf_vocabulary::GgufVocabulary;
use pieces::Pieces;
pub use special::Role;
pub(crate) use special::SPELLINGS;

use crate::LoadError;
use crate::files::gguf::Gguf;
use crate::files::{Bytes, Folder};

/// A model's tokenizer.
pub struct Tokenizer {
    encoder: Encoder,
    pieces: Pieces,
    specials: HashMap<String, u32>,
    roles: HashMap<Role, u32>,
    adds_bos: bool,
}

/// What turns text into ids.
enum Encoder {
    Bpe(Box<bpe::Bpe>),
    Library(Box<tokenizers::Tokenizer>),
    Spm(Box<spm::Spm>),
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokenizer({} tokens)", self.vocab_size())
    }
}

impl Tokenizer {
    /// Reads only the tokenizer of a `.gguf` file (which may hold no weights) or of a folder.
    pub fn open(path: &Path) -> Result<Tokenizer, LoadError> {
        if path.is_dir() {
            return Tokenizer::from_folder(&Folder::read(path)?);
        }
        Tokenizer::from_gguf(&Gguf::read(&Bytes::map(path)?)?)
    }

    /// Reads the tokenizer in a GGUF's metadata.
    pub(crate) fn from_gguf(file: &Gguf) -> Result<Tokenizer, LoadError> {
        gguf::read(file)
    }

    /// Reads the `tokenizer.json` of a folder.
    pub(crate) fn from_folder(folder: &Folder) -> Result<Tokenizer, LoadError> {
        json::read(folder)
    }

    /// The ids of plain text: no beginning-of-text token, and special tokens' strings are text like
    /// any other.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        match &self.encoder {
            Encoder::Library(library) => match library.encode_fast(text, false) {
                Ok(encoding) => encoding.get_ids().to_vec(),
                Err(_) => self.encode_bytes(text),
            },
            Encoder::Bpe(bpe) => bpe.encode(text),
            Encoder::Spm(spm) => spm.encode(text),
        }
    }

    /// Byte by byte, for text that the library cannot split (its regex engine gives up on some).
    fn encode_bytes(&self, text: &str) -> Vec<u32> {
        text.bytes()
            .filter_map(|byte| self.pieces.byte(byte))
            .collect()
    }

    /// The text of `ids`; bytes that are not UTF-8 become U+FFFD, unknown ids nothing.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|&id| self.token_bytes(id))
            .copied()
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes one token stands for (a special token's spelling); empty for an unknown id.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.pieces.get(id)
    }

    /// The id of the special token that is spelt exactly so, e.g. `<|fim_prefix|>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.specials.get(name).copied()
    }

    /// Whether `id` is a special token: one that no text encodes to.
    pub fn is_special(&self, id: u32) -> bool {
        self.pieces.is_special(id)
    }

    /// The special token with this role: its id and its spelling.
    pub fn named(&self, role: Role) -> Option<(u32, String)> {
        let id = *self.roles.get(&role)?;
        Some((
            id,
            String::from_utf8_lossy(self.token_bytes(id)).into_owned(),
        ))
    }

    /// Whether prompts begin with the beginning-of-text token.
    pub fn adds_bos(&self) -> bool {
        self.adds_bos
    }

    /// Ids run from 0 to one below this.
    pub fn vocab_size(&self) -> usize {
        self.pieces.len()
    }
}
