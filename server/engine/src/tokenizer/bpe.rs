//! Byte-pair encoding for vocabularies of ranked merges from a GGUF.
//!
//! How text is cut into words before merging is named by `tokenizer.ggml.pre`: a row of [`SPLITS`]
//! per kind. The patterns are those of the checkpoints' own `tokenizer.json`; llama.cpp's names for
//! them are used. To support another, add a row. Merging after Sennrich, Haddow and Birch, arXiv
//! 1508.07909.

use std::collections::HashMap;
use std::ops::Range;

use fancy_regex::Regex;

use super::additions::{Additions, Part};
use super::gguf::Vocabulary;
use super::merge::{Symbol, merge};
use super::pieces::{Speller, Spelling};
use crate::LoadError;

/// GPT-2's cutting, which the byte-level step of a `tokenizer.json` does by itself.
pub const GPT2: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// One digit at a time.
pub const DIGIT: &str = r"\p{N}";
/// Han and the neighbouring scripts that DeepSeek cuts out first.
const DEEPSEEK_HAN: &str = "[一-龥\u{800}-一가-\u{d7ff}]+";

/// Names of a kind, its patterns in the order they are applied, whether whole words are taken,
/// whether BOS is added.
type Row = (&'static [&'static str], &'static [&'static str], bool, bool);

const SPLITS: &[Row] = &[
    (
        &["qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan"],
        &[QWEN2],
        false,
        false,
    ),
    (&["qwen35"], &[QWEN35], false, false),
    (
        &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "pixtral",
            "lfm2",
        ],
        &[LLAMA3],
        true,
        true,
    ),
    (
        &["smaug-bpe", "dbrx", "chatglm-bpe", "glm4"],
        &[LLAMA3],
        false,
        false,
    ),
    (
        &[
            "gpt-2",
            "phi-2",
            "mpt",
            "olmo",
            "mellum",
            "jina-es",
            "jina-de",
            "modern-bert",
        ],
        &[GPT2],
        false,
        false,
    ),
    (
        &[
            "starcoder",
            "refact",
            "command-r",
            "smollm",
            "codeshell",
            "exaone",
        ],
        &[DIGIT, GPT2],
        false,
        false,
    ),
    (
        &["deepseek-coder"],
        &["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", DEEPSEEK_HAN, DIGIT],
        false,
        false,
    ),
    (
        &["deepseek-llm"],
        &[
            "[\r\n]",
            r"\s?[\p{Lu}\p{Ll}\p{Lt}]+",
            "\\s?[!-/:-~！-／：-～‘-‟\u{3000}-。]+",
            r"\s+$",
            DEEPSEEK_HAN,
            r"\p{N}+",
        ],
        false,
        false,
    ),
    (
        &["deepseek-v3", "hunyuan-dense"],
        &[
            r"\p{N}{1,3}",
            "[一-龥\u{3040}-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
        ],
        false,
        false,
    ),
    (
        &["falcon"],
        &[r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
        false,
        false,
    ),
    (
        &["default"],
        &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
        false,
        false,
    ),
];

/// The first name of the kind that cuts by these patterns.
pub fn pre_of(patterns: &[&str], whole_words: bool) -> Option<&'static str> {
    let row = SPLITS
        .iter()
        .find(|(_, found, whole, _)| *found == patterns && *whole == whole_words)?;
    row.0.first().copied()
}

/// How text is cut before merging.
pub struct Split {
    patterns: &'static [&'static str],
    /// A word that is a token as a whole is taken without merging.
    whole_words: bool,
    /// How tokens are spelt; words are merged from bytes if they are byte-level, else from
    /// characters.
    spelling: Spelling,
    /// Prompts begin with the beginning-of-text token unless the file says otherwise.
    pub adds_bos: bool,
}

impl Split {
    /// The kind that a GGUF calls `pre`.
    pub fn of_pre(pre: &str) -> Result<Split, LoadError> {
        let row = SPLITS.iter().find(|(names, ..)| names.contains(&pre));
        let &(_, patterns, whole_words, adds_bos) = row.ok_or_else(|| {
            LoadError::Tokenizer(format!(
                "the pre-tokenizer {pre:?} is not known; take another model"
            ))
        })?;
        Ok(Split {
            patterns,
            whole_words,
            spelling: Spelling::ByteLevel,
            adds_bos,
        })
    }

    /// Gemma 4's: only lines are cut; characters without a token become byte tokens.
    pub fn newlines() -> Split {
        Split {
            patterns: &[r"[^\n]+|[\n]+"],
            whole_words: false,
            spelling: Spelling::SentencePiece,
            adds_bos: true,
        }
    }
}

/// A vocabulary ready to encode.
pub struct Bpe {
    patterns: Vec<Regex>,
    split: Split,
    /// Ordinary tokens by the bytes they stand for.
    tokens: HashMap<Vec<u8>, u32>,
    /// Ids of two halves: rank and id of the whole.
    merges: HashMap<(u32, u32), (i64, u32)>,
    bytes: [Option<u32>; 256],
    additions: Additions,
}

impl Bpe {
    /// Takes a vocabulary; control tokens are left out, and so are merges of what is not in it.
    pub fn new(
        vocabulary: &Vocabulary,
        merges: &[(&str, &str)],
        split: Split,
    ) -> Result<Bpe, LoadError> {
        let patterns = split.patterns.iter().map(|pattern| Regex::new(pattern));
        let patterns = patterns
            .collect::<Result<_, _>>()
            .map_err(|e| LoadError::Tokenizer(e.to_string()))?;
        let speller = Speller::new(split.spelling);
        let spelt: HashMap<&str, u32> = vocabulary.encodable().collect();
        let mut ranked = HashMap::with_capacity(merges.len());
        let mut whole = String::new();
        for ((a, b), rank) in merges.iter().zip(0..) {
            whole.clear();
            whole.push_str(a);
            whole.push_str(b);
            if let (Some(&a), Some(&b), Some(&id)) =
                (spelt.get(a), spelt.get(b), spelt.get(whole.as_str()))
            {
                // Of a merge that occurs twice the first rank counts.
                ranked.entry((a, b)).or_insert((rank, id));
            }
        }
        let tokens: HashMap<Vec<u8>, u32> = vocabulary
            .plain()
            .map(|(token, id)| (speller.bytes(token), id))
            .collect();
        let bytes = match split.spelling {
            Spelling::ByteLevel => {
                std::array::from_fn(|byte| tokens.get(&[byte as u8][..]).copied())
            }
            Spelling::SentencePiece => vocabulary.bytes(),
        };
        let additions = Additions::new(vocabulary.additions());
        Ok(Bpe {
            patterns,
            split,
            tokens,
            merges: ranked,
            bytes,
            additions,
        })
    }

    /// The ids of plain text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        for part in self.additions.cut(text) {
            match part {
                Part::Token(id) => ids.push(id),
                Part::Text(text) => self
                    .words(text)
                    .into_iter()
                    .for_each(|word| self.push(&text[word], &mut ids)),
            }
        }
        ids
    }

    /// Cuts text by one pattern after the other: what a pattern matches and what it leaves are
    /// words of their own.
    fn words(&self, text: &str) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = std::iter::once(0..text.len()).collect();
        for pattern in &self.patterns {
            let mut cut = Vec::with_capacity(text.len() / 4);
            for word in words {
                let mut done = word.start;
                // A pattern that gives up leaves the rest as one word.
                for found in pattern.find_iter(&text[word.clone()]).map_while(Result::ok) {
                    let (start, end) = (word.start + found.start(), word.start + found.end());
                    cut.extend(
                        [done..start, start..end]
                            .into_iter()
                            .filter(|range| !range.is_empty()),
                    );
                    done = end;
                }
                cut.extend(Some(done..word.end).filter(|range| !range.is_empty()));
            }
            words = cut;
        }
        words
    }

    /// A word's ids.
    fn push(&self, word: &str, ids: &mut Vec<u32>) {
        let lines = self.split.spelling == Spelling::SentencePiece
            && word.bytes().all(|byte| byte == b'\n');
        if (self.split.whole_words || lines)
            && let Some(&id) = self.tokens.get(word.as_bytes())
        {
            return ids.push(id);
        }
        let symbol = |start: usize, len: usize| {
            let bytes = &word.as_bytes()[start..start + len];
            let id = if len == 1 && self.split.spelling == Spelling::ByteLevel {
                self.bytes[usize::from(bytes[0])]
            } else {
                self.tokens.get(bytes).copied()
            };
            Symbol { start, len, id }
        };
        let symbols = match self.split.spelling {
            Spelling::ByteLevel => (0..word.len()).map(|start| symbol(start, 1)).collect(),
            Spelling::SentencePiece => word
                .char_indices()
                .map(|(start, c)| symbol(start, c.len_utf8()))
                .collect(),
        };
        let symbols = merge(symbols, |a, b| {
            let &(rank, id) = self.merges.get(&(a.id?, b.id?))?;
            Some((
                rank,
                Symbol {
                    start: a.start,
                    len: a.len + b.len,
                    id: Some(id),
                },
            ))
        });
        for Symbol { start, len, id } in symbols {
            match id {
                Some(id) => ids.push(id),
                None => {
                    let bytes = word.as_bytes()[start..start + len].iter();
                    ids.extend(bytes.filter_map(|&byte| self.bytes[usize::from(byte)]));
                }
            }
        }
    }
}
