//! Splits text into added tokens and the words that are merged.
//!
//! A GGUF names its way of splitting, and `pre_tokenizers` has the patterns; a `tokenizer.json`
//! describes it as steps, which the tokenizers library runs.

use fancy_regex::Regex;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizer};

use super::added_tokens::{AddedTokens, TextOrToken};

/// A part of a text.
pub enum WordOrToken<'t> {
    /// A word whose symbols are merged.
    Word(&'t str),
    /// An added token.
    Token(u32),
}

/// A text could not be split: a regex exceeded its limits.
pub struct NotSplit;

/// How text is split.
pub enum Splitter {
    /// By one pattern after the other: what a pattern matches and what it leaves are words of their
    /// own.
    Patterns {
        added: AddedTokens,
        patterns: Vec<Regex>,
    },
    /// Not at all; spaces become `▁`, as in SentencePiece vocabularies.
    Spaces { added: AddedTokens, prefix: bool },
    /// By the steps of a `tokenizer.json`. The library's model holds the added tokens only.
    Library(Box<tokenizers::Tokenizer>),
}

impl Splitter {
    /// Calls `on` with the pieces of `text` in order. No space is put before the beginning of a
    /// text that is `inner`, the middle of another.
    pub fn split(
        &self,
        text: &str,
        inner: bool,
        on: &mut dyn FnMut(WordOrToken),
    ) -> Result<(), NotSplit> {
        match self {
            Splitter::Patterns { added, patterns } => {
                for part in added.split(text) {
                    match part {
                        TextOrToken::Token(id) => on(WordOrToken::Token(id)),
                        TextOrToken::Text(text) => split_by_patterns(text, patterns, on),
                    }
                }
                Ok(())
            }
            Splitter::Spaces { added, prefix } => {
                split_spaces(added, *prefix, inner, text, on);
                Ok(())
            }
            Splitter::Library(library) => split_by_library(library, text, on),
        }
    }
}

fn split_by_patterns(text: &str, patterns: &[Regex], on: &mut dyn FnMut(WordOrToken)) {
    let mut words = vec![text];
    for pattern in patterns {
        let mut parts = Vec::with_capacity(text.len() / 4);
        for word in words {
            let mut done = 0;
            // A pattern that exceeds its limits leaves the rest as one word.
            for found in pattern.find_iter(word).map_while(Result::ok) {
                parts.push(&word[done..found.start()]);
                parts.push(found.as_str());
                done = found.end();
            }
            parts.push(&word[done..]);
        }
        parts.retain(|part| !part.is_empty());
        words = parts;
    }
    for word in words {
        on(WordOrToken::Word(word));
    }
}

fn split_spaces(
    added: &AddedTokens,
    prefix: bool,
    inner: bool,
    text: &str,
    on: &mut dyn FnMut(WordOrToken),
) {
    // A space goes only before the beginning and after an added token, as llama.cpp has it.
    let mut is_first = !inner;
    for part in added.split(text) {
        match part {
            TextOrToken::Token(id) => on(WordOrToken::Token(id)),
            TextOrToken::Text(text) => {
                let prefix = if prefix && is_first { " " } else { "" };
                on(WordOrToken::Word(
                    &format!("{prefix}{text}").replace(' ', "▁"),
                ));
            }
        }
        is_first = matches!(part, TextOrToken::Token(_));
    }
}

fn split_by_library(
    library: &tokenizers::Tokenizer,
    text: &str,
    on: &mut dyn FnMut(WordOrToken),
) -> Result<(), NotSplit> {
    let added = library.get_added_vocabulary();
    let mut split = added.extract_and_normalize(library.get_normalizer(), text);
    if let Some(pre_tokenizer) = library.get_pre_tokenizer() {
        let result = pre_tokenizer.pre_tokenize(&mut split);
        result.map_err(|_| NotSplit)?;
    }
    for (word, _, tokens) in split.get_splits(OffsetReferential::Original, OffsetType::None) {
        match tokens {
            Some(tokens) => tokens
                .iter()
                .for_each(|token| on(WordOrToken::Token(token.id))),
            None => on(WordOrToken::Word(word)),
        }
    }
    Ok(())
}
