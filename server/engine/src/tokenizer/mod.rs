//! Text to token ids and back.
//!
//! The engine loads one from a GGUF's metadata (`gguf`) or a `tokenizer.json` (`tokenizer_json`);
//! callers encode plain text, look up the ids of special tokens and add them between texts
//! themselves. So everything in a user's file, even the spelling of a marker, is text:
//! [`Tokenizer::encode`] never gives a special token. Both sources build the same [`encoder`]; they
//! differ in how text is split (`splitter`), for which the tokenizers library runs the steps of a
//! `tokenizer.json`. `special` says which tokens are special; `gguf_vocabulary` converts a folder's
//! vocabulary.

mod added_tokens;
mod chat_template;
mod encoder;
mod folder_steps;
mod gguf;
mod gguf_vocabulary;
mod merge;
mod pre_tokenizers;
mod special;
mod splitter;
mod token_bytes;
mod tokenizer_json;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use encoder::Encoder;
pub(crate) use gguf_vocabulary::GgufVocabulary;
pub(crate) use special::SPELLINGS;
pub use special::TokenRole;
use token_bytes::TokenBytes;

use crate::LoadError;
use crate::files::gguf::Gguf;
use crate::files::{Folder, MappedFile, ModelFiles};

/// A model's tokenizer.
pub struct Tokenizer {
    encoder: Encoder,
    token_bytes: TokenBytes,
    specials: HashMap<String, u32>,
    roles: HashMap<TokenRole, u32>,
    adds_bos: bool,
    chat_template: Option<String>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokenizer({} tokens)", self.vocab_size())
    }
}

impl Tokenizer {
    /// Reads only the tokenizer of a `.gguf` file (which may hold no weights) or of a folder.
    pub fn open(path: &Path) -> Result<Tokenizer, LoadError> {
        match ModelFiles::find(path)? {
            ModelFiles::Folder(folder) => Tokenizer::from_folder(&Folder::read(&folder)?),
            ModelFiles::Gguf(parts) => {
                let parts = MappedFile::map_all(&parts)?;
                let parts: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
                Tokenizer::from_gguf(&Gguf::read_parts(&parts)?)
            }
        }
    }

    /// Reads the tokenizer in a GGUF's metadata.
    pub(crate) fn from_gguf(file: &Gguf) -> Result<Tokenizer, LoadError> {
        gguf::read(file)
    }

    /// Reads the `tokenizer.json` of a folder.
    pub(crate) fn from_folder(folder: &Folder) -> Result<Tokenizer, LoadError> {
        tokenizer_json::read(folder)
    }

    /// The ids of plain text: no beginning-of-text token, and special tokens' strings are text like
    /// any other.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encoder.encode(text, false)
    }

    /// The same for the middle of a text: a SentencePiece vocabulary of a GGUF puts no space before
    /// it.
    pub fn encode_inner(&self, text: &str) -> Vec<u32> {
        self.encoder.encode(text, true)
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

    /// The bytes of one token (a special token's spelling); empty for an unknown id.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.token_bytes.get(id)
    }

    /// The id of the special token that is spelt exactly so, e.g. `<|fim_prefix|>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.specials.get(name).copied()
    }

    /// Where special tokens are spelt in a text, in order; of those that begin at one place, the
    /// longest. Only for a text of the model itself, such as what its chat template renders: in a
    /// user's text nothing is special.
    pub fn find_specials(&self, text: &str) -> Vec<Range<usize>> {
        let lengths: BTreeSet<usize> = self.specials.keys().map(String::len).collect();
        let longest = |at: usize| {
            let ends = lengths.iter().rev().map(|length| at + length);
            ends.take_while(|end| *end > at).find(|&end| {
                text.get(at..end)
                    .is_some_and(|part| self.specials.contains_key(part))
            })
        };
        let (mut found, mut at) = (Vec::new(), 0);
        while at < text.len() {
            at = match longest(at) {
                Some(end) => {
                    found.push(at..end);
                    end
                }
                None => at + 1,
            };
        }
        found
    }

    /// The template that lays out conversations, as the file has it: a program in Jinja, not to be
    /// trusted.
    pub fn chat_template(&self) -> Option<&str> {
        self.chat_template.as_deref()
    }

    /// Whether `id` is a special token: one that no text encodes to.
    pub fn is_special(&self, id: u32) -> bool {
        self.token_bytes.is_special(id)
    }

    /// The special token with this role: its id and its spelling.
    pub fn named(&self, role: TokenRole) -> Option<(u32, String)> {
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
        self.token_bytes.len()
    }
}
