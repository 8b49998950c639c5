//! Text to token ids and back.

/// What a special token is for; read from the GGUF metadata or the vocabulary's well-known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Beginning of text.
    Bos,
    /// End of text.
    Eos,
    /// End of a chat turn.
    Eot,
    /// Padding.
    Pad,
    /// Before the text that stands in front of the gap.
    FimPrefix,
    /// Before the text that stands after the gap.
    FimSuffix,
    /// Before the text that fills the gap.
    FimMiddle,
    /// Padding of an infilling prompt.
    FimPad,
    /// Before a repository's name.
    RepoName,
    /// Between files.
    FileSep,
}

/// A model's tokenizer.
pub struct Tokenizer {
    tokens: Vec<Vec<u8>>,
}

impl Tokenizer {
    /// The ids of plain text: no beginning-of-text token, and special tokens' strings are text like any other.
    pub fn encode(&self, _text: &str) -> Vec<u32> {
        Vec::new()
    }

    /// The text of `ids`; bytes that are not UTF-8 become U+FFFD, unknown ids nothing.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes one token stands for; empty for an unknown id.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.tokens.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The id of the special token that is spelt exactly so, e.g. `<|fim_prefix|>`.
    pub fn special(&self, _name: &str) -> Option<u32> {
        None
    }

    /// The special token with this role: its id and its spelling.
    pub fn named(&self, _role: Role) -> Option<(u32, String)> {
        None
    }

    /// Whether prompts begin with the beginning-of-text token.
    pub fn adds_bos(&self) -> bool {
        false
    }

    /// Ids run from 0 to one below this.
    pub fn vocab_size(&self) -> usize {
        self.tokens.len()
    }
}
