//! Hands a checked vocabulary of ranked merges to the tokenizers library, for `json`.

use std::collections::{HashMap, HashSet};

use tokenizers::models::bpe::{BPE, Vocab};

use crate::LoadError;

/// A vocabulary of ranked merges. Control tokens are not in it, so no text can encode to one.
pub struct Model<'a> {
    pub vocab: HashMap<&'a str, u32>,
    pub merges: Vec<(&'a str, &'a str)>,
    pub whole_words: bool,
    pub byte_fallback: bool,
    pub fuse_unknown: bool,
    pub unknown: Option<&'a str>,
}

impl Model<'_> {
    /// Builds the library's model. Merges whose halves or result have no token are left out: they
    /// cannot be applied, and the library would refuse the whole list or worse.
    pub fn build(self) -> Result<BPE, LoadError> {
        let mut joined = String::new();
        let mut seen = HashSet::new();
        let mut usable = |merge: &(&str, &str)| {
            let (a, b) = *merge;
            joined.clear();
            joined.push_str(a);
            joined.push_str(b);
            let known = [a, b, joined.as_str()]
                .iter()
                .all(|token| self.vocab.contains_key(token));
            // Of a merge that occurs twice the first rank counts.
            known && seen.insert((self.vocab[a], self.vocab[b]))
        };
        let merges: Vec<(String, String)> = self
            .merges
            .iter()
            .filter(|merge| usable(merge))
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        let unknown = self.unknown.filter(|token| self.vocab.contains_key(token));
        let vocab: Vocab = self
            .vocab
            .into_iter()
            .map(|(token, id)| (token.to_owned(), id))
            .collect();
        let mut builder = BPE::builder()
            .vocab_and_merges(vocab, merges)
            .ignore_merges(self.whole_words)
            .byte_fallback(self.byte_fallback)
            .fuse_unk(self.fuse_unknown);
        if let Some(unknown) = unknown {
            builder = builder.unk_token(unknown.to_owned());
        }
        builder
            .build()
            .map_err(|e| LoadError::Tokenizer(e.to_string()))
    }
}
