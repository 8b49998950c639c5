//! Builds a tokenizer from a GGUF's `tokenizer.ggml.*` metadata.
//!
//! Ids are those of llama.cpp (without special tokens in the text), which the tests check on its
//! own vocabularies. Only the arrays that are used are read; their lengths were checked by
//! `files/gguf_header.rs`.

use std::collections::HashMap;

use super::Tokenizer;
use super::added_tokens::AddedTokens;
use super::chat_template;
use super::encoder::{Alphabet, Encoder, Ranking, Unknown, WholeWords};
use super::pre_tokenizers::{LINE_FEEDS, NamedPreTokenizer};
use super::special::{SPELLINGS, TokenRole, is_marker, role_of};
use super::splitter::Splitter;
use super::token_bytes::{Speller, Spelling, TokenBytes, sentencepiece_byte};
use crate::LoadError;
use crate::files::gguf::Gguf;

/// Largest vocabulary that is accepted.
pub const MAX_TOKENS: usize = 1 << 20;

/// Most merges that are accepted.
const MAX_MERGES: usize = 2 << 20;
/// Most added tokens that are accepted.
pub const MAX_ADDED: usize = 16_384;

/// A token's type, in GGUF's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenType {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

/// The tokens of a file, by id.
struct Vocabulary<'a> {
    tokens: Vec<&'a str>,
    types: Vec<TokenType>,
}

impl<'a> Vocabulary<'a> {
    /// The tokens whose types are wanted, with their ids.
    fn of_types(&self, is_wanted: fn(TokenType) -> bool) -> impl Iterator<Item = (&'a str, u32)> {
        let entries = self.tokens.iter().zip(&self.types).zip(0u32..);
        entries
            .filter(move |((_, token_type), _)| is_wanted(**token_type))
            .map(|((token, _), id)| (*token, id))
    }

    /// Tokens that text may become, with their ids.
    fn encodable(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.of_types(|it| !matches!(it, TokenType::Control | TokenType::Unknown))
    }

    /// Tokens that merges of a SentencePiece vocabulary may give, with their ids.
    fn scored(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.of_types(|it| {
            use TokenType::{Byte, Control, Unknown};
            !matches!(it, Control | Unknown | Byte)
        })
    }

    /// Tokens that are neither special nor added nor single bytes, with their ids.
    fn plain(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.of_types(|it| matches!(it, TokenType::Normal | TokenType::Unused))
    }

    /// Tokens that are found in the text before it is split, with their ids.
    fn added(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.of_types(|it| it == TokenType::UserDefined)
            .filter(|(token, _)| !token.is_empty())
    }

    /// Special tokens, with their ids.
    fn specials(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.of_types(|it| it == TokenType::Control)
    }

    /// The tokens for single bytes (`<0x0A>`), by byte.
    fn byte_tokens(&self) -> [Option<u32>; 256] {
        let mut tokens = [None; 256];
        for (token, id) in self.of_types(|it| it == TokenType::Byte) {
            if let Some(byte) = sentencepiece_byte(token) {
                tokens[usize::from(byte)] = Some(id);
            }
        }
        tokens
    }
}

/// Reads the tokenizer.
pub fn read(file: &Gguf) -> Result<Tokenizer, LoadError> {
    let vocabulary = vocabulary(file)?;
    let model = file.text("tokenizer.ggml.model").unwrap_or("");
    let (encoder, spelling, bos_by_default) = match model {
        "gpt2" => {
            let name = file.text("tokenizer.ggml.pre").unwrap_or("default");
            let pre_tokenizer = NamedPreTokenizer::of_name(name)?;
            let (merges, spelling) = (merges(file)?, Spelling::ByteLevel);
            let encoder = encoder_of_merges(&vocabulary, &merges, pre_tokenizer, spelling)?;
            (encoder, spelling, pre_tokenizer.adds_bos)
        }
        "gemma4" => {
            let (merges, spelling) = (merges(file)?, Spelling::SentencePiece);
            let encoder = encoder_of_merges(&vocabulary, &merges, &LINE_FEEDS, spelling)?;
            (encoder, spelling, LINE_FEEDS.adds_bos)
        }
        "llama" => {
            let prefix = file.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
            let scores = scores(file, vocabulary.tokens.len())?;
            let encoder = encoder_of_scores(&vocabulary, &scores, prefix);
            (encoder, Spelling::SentencePiece, true)
        }
        other => {
            return Err(LoadError::tokenizer(format!(
                "the kind {other:?} is not supported; gpt2, llama and gemma4 are"
            )));
        }
    };
    let adds_bos = file
        .flag("tokenizer.ggml.add_bos_token")
        .unwrap_or(bos_by_default);
    let roles = roles(file, &vocabulary);
    let adds_bos = adds_bos && roles.contains_key(&TokenRole::Bos);
    let specials = vocabulary
        .specials()
        .map(|(token, id)| (token.to_owned(), id))
        .collect();
    Ok(Tokenizer {
        specials,
        token_bytes: token_bytes(&vocabulary, spelling),
        encoder,
        roles,
        adds_bos,
        chat_template: chat_template::of_gguf(file),
    })
}

/// The encoder of a vocabulary with ranked merges. Control tokens are left out, and so are merges
/// of what is not in the vocabulary.
fn encoder_of_merges(
    vocabulary: &Vocabulary,
    merges: &[(&str, &str)],
    pre_tokenizer: &NamedPreTokenizer,
    spelling: Spelling,
) -> Result<Encoder, LoadError> {
    let speller = Speller::new(spelling);
    let tokens: HashMap<Vec<u8>, u32> = vocabulary
        .plain()
        .map(|(token, id)| (speller.bytes(token), id))
        .collect();
    let (alphabet, byte_tokens) = match spelling {
        Spelling::ByteLevel => {
            let token = |byte: usize| tokens.get(&[byte as u8][..]).copied();
            (Alphabet::Bytes, std::array::from_fn(token))
        }
        Spelling::SentencePiece => (Alphabet::Characters, vocabulary.byte_tokens()),
    };
    let added = AddedTokens::new(vocabulary.added());
    let patterns = pre_tokenizer.compile()?;
    Ok(Encoder {
        splitter: Splitter::Patterns { added, patterns },
        alphabet,
        tokens,
        ranking: Ranking::of_merges(&vocabulary.encodable().collect(), merges),
        whole_words: pre_tokenizer.whole_words,
        byte_tokens: Box::new(byte_tokens),
        unknown: Unknown::Bytes,
    })
}

/// The encoder of a SentencePiece vocabulary with scores (Llama 2, CodeLlama, Phi-3, Gemma).
fn encoder_of_scores(vocabulary: &Vocabulary, scores: &[f32], prefix: bool) -> Encoder {
    let unknown = vocabulary
        .types
        .iter()
        .zip(0u32..)
        .find(|(token_type, _)| **token_type == TokenType::Unknown);
    let added = AddedTokens::new(vocabulary.added());
    Encoder {
        splitter: Splitter::Spaces { added, prefix },
        alphabet: Alphabet::Characters,
        tokens: vocabulary
            .scored()
            .map(|(token, id)| (token.as_bytes().to_vec(), id))
            .collect(),
        ranking: Ranking::Scores(scores.iter().copied().map(rank_of_score).collect()),
        whole_words: WholeWords::Never,
        byte_tokens: Box::new(vocabulary.byte_tokens()),
        unknown: match unknown {
            Some((_, id)) => Unknown::BytesOr(id),
            None => Unknown::Bytes,
        },
    }
}

/// A whole number that falls as the score rises, by IEEE 754's total order.
fn rank_of_score(score: f32) -> i64 {
    let bits = score.to_bits() as i32;
    -i64::from(bits ^ ((bits >> 31) as u32 >> 1) as i32)
}

fn vocabulary<'a>(file: &Gguf<'a>) -> Result<Vocabulary<'a>, LoadError> {
    let array = file
        .array("tokenizer.ggml.tokens")
        .ok_or_else(|| LoadError::tokenizer("the file holds no vocabulary"))?;
    if array.len == 0 || array.len > MAX_TOKENS {
        return Err(LoadError::tokenizer(format!(
            "a vocabulary of {} tokens",
            array.len
        )));
    }
    let tokens: Vec<&str> = array
        .texts()
        .ok_or_else(|| LoadError::tokenizer("the vocabulary is not a list of texts"))?
        .collect();
    let mut token_types = vec![TokenType::Normal; tokens.len()];
    if let Some(types) = file.array("tokenizer.ggml.token_type") {
        if types.len != tokens.len() {
            return Err(LoadError::tokenizer(format!(
                "{} tokens but {} token types",
                tokens.len(),
                types.len
            )));
        }
        let numbers = types
            .numbers()
            .ok_or_else(|| LoadError::tokenizer("token types are no numbers"))?;
        for (token_type, number) in token_types.iter_mut().zip(numbers) {
            *token_type = match number as i64 {
                2 => TokenType::Unknown,
                3 => TokenType::Control,
                4 => TokenType::UserDefined,
                5 => TokenType::Unused,
                6 => TokenType::Byte,
                _ => TokenType::Normal,
            };
        }
    }
    // Markers are special whatever the file says; ordinary text is never spelled like them.
    for (token_type, token) in token_types.iter_mut().zip(&tokens) {
        if *token_type != TokenType::Byte && is_marker(token) {
            *token_type = TokenType::Control;
        }
    }
    let vocabulary = Vocabulary {
        tokens,
        types: token_types,
    };
    match vocabulary.added().count() {
        0..=MAX_ADDED => Ok(vocabulary),
        added => Err(LoadError::tokenizer(format!("{added} added tokens"))),
    }
}

/// Pairs of texts to merge, in order of rank.
fn merges<'a>(file: &Gguf<'a>) -> Result<Vec<(&'a str, &'a str)>, LoadError> {
    let array = file
        .array("tokenizer.ggml.merges")
        .ok_or_else(|| LoadError::tokenizer("the file holds no merges"))?;
    if array.len > MAX_MERGES {
        return Err(LoadError::tokenizer(format!("{} merges", array.len)));
    }
    let texts = array
        .texts()
        .ok_or_else(|| LoadError::tokenizer("the merges are not a list of texts"))?;
    texts.map(halves).collect()
}

/// The two halves of a merge, which a space separates.
fn halves(merge: &str) -> Result<(&str, &str), LoadError> {
    // The first half may itself be a space in vocabularies that do not spell bytes.
    let first = merge.chars().next().map_or(0, char::len_utf8);
    let at = merge[first..]
        .find(' ')
        .ok_or_else(|| LoadError::tokenizer("a merge does not have two halves"))?;
    Ok((&merge[..first + at], &merge[first + at + 1..]))
}

fn scores(file: &Gguf, tokens: usize) -> Result<Vec<f32>, LoadError> {
    let scores = file
        .array("tokenizer.ggml.scores")
        .and_then(|a| a.numbers());
    let scores: Vec<f32> = scores
        .ok_or_else(|| LoadError::tokenizer("the file holds no scores"))?
        .map(|s| s as f32)
        .collect();
    if scores.len() != tokens {
        return Err(LoadError::tokenizer(format!(
            "{tokens} tokens but {} scores",
            scores.len()
        )));
    }
    Ok(scores)
}

fn token_bytes(vocabulary: &Vocabulary, spelling: Spelling) -> TokenBytes {
    let mut all = TokenBytes::default();
    let speller = Speller::new(spelling);
    for (token, &token_type) in vocabulary.tokens.iter().zip(&vocabulary.types) {
        match token_type {
            TokenType::Control | TokenType::Unknown => all.push(token.as_bytes(), true),
            // Added tokens are spelled as they are in the text.
            TokenType::UserDefined if spelling == Spelling::ByteLevel => {
                all.push(token.as_bytes(), false)
            }
            _ => all.push(&speller.bytes(token), false),
        }
    }
    all
}

/// Roles by the ids that the metadata names, else by spelling.
fn roles(file: &Gguf, vocabulary: &Vocabulary) -> HashMap<TokenRole, u32> {
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
