//! Sets the tokenizers library up for a vocabulary of ranked merges from a GGUF.
//!
//! How text is cut into words before merging is named by `tokenizer.ggml.pre`: a row of [`SPLITS`] per kind. The patterns
//! are those of the checkpoints' own `tokenizer.json`; llama.cpp's names for them are used. To support another, add a row.

use std::collections::{HashMap, HashSet};

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::Replace;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split as SplitPattern, SplitPattern as Pattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior};

use super::gguf::Vocabulary;
use crate::LoadError;

/// How text is cut before merging.
pub struct Split {
    patterns: &'static [&'static str],
    /// A word that is a token as a whole is taken without merging.
    whole_words: bool,
    /// Words are merged as GPT-2's byte characters; else as plain UTF-8 with `▁` for spaces.
    byte_level: bool,
    /// Prompts begin with the beginning-of-text token unless the file says otherwise.
    pub adds_bos: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Han and the neighbouring scripts that DeepSeek cuts out first.
const DEEPSEEK_HAN: &str = "[一-龥\u{800}-一가-\u{d7ff}]+";

/// Names of a kind, its patterns in the order they are applied, whether whole words are taken, whether BOS is added.
type Row = (&'static [&'static str], &'static [&'static str], bool, bool);

const SPLITS: &[Row] = &[
    (&["qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan"], &[QWEN2], false, false),
    (&["qwen35"], &[QWEN35], false, false),
    (&["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "lfm2"], &[LLAMA3], true, true),
    (&["smaug-bpe", "dbrx", "chatglm-bpe", "glm4"], &[LLAMA3], false, false),
    (&["gpt-2", "phi-2", "mpt", "olmo", "mellum", "jina-es", "jina-de", "modern-bert"], &[GPT2], false, false),
    (&["starcoder", "refact", "command-r", "smollm", "codeshell", "exaone"], &[r"\p{N}", GPT2], false, false),
    (&["deepseek-coder"], &["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", DEEPSEEK_HAN, r"\p{N}"], false, false),
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
    (&["falcon"], &[r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"], false, false),
    (&["default"], &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], false, false),
];

impl Split {
    /// The kind that a GGUF calls `pre`.
    pub fn of_pre(pre: &str) -> Result<Split, LoadError> {
        let row = SPLITS.iter().find(|(names, ..)| names.contains(&pre));
        let &(_, patterns, whole_words, adds_bos) =
            row.ok_or_else(|| LoadError::Tokenizer(format!("the pre-tokenizer {pre:?} is not known")))?;
        Ok(Split { patterns, whole_words, byte_level: true, adds_bos })
    }

    /// Gemma 4's: only lines are cut, spaces become `▁`, bytes without a token become byte tokens.
    pub fn newlines() -> Split {
        Split { patterns: &[r"[^\n]+|[\n]+"], whole_words: false, byte_level: false, adds_bos: true }
    }
}

/// A vocabulary of ranked merges, ready for the library. Control tokens are not in it, so no text can encode to one.
pub struct Model<'a> {
    pub vocab: HashMap<&'a str, u32>,
    pub merges: Vec<(&'a str, &'a str)>,
    pub whole_words: bool,
    pub byte_fallback: bool,
    pub fuse_unknown: bool,
    pub unknown: Option<&'a str>,
}

impl Model<'_> {
    /// Builds the library's model. Merges whose halves or result have no token are left out: they cannot be applied,
    /// and the library would refuse the whole list or worse.
    pub fn build(self) -> Result<BPE, LoadError> {
        let mut joined = String::new();
        let mut seen = HashSet::new();
        let mut usable = |merge: &(&str, &str)| {
            let (a, b) = *merge;
            joined.clear();
            joined.push_str(a);
            joined.push_str(b);
            let known = [a, b, joined.as_str()].iter().all(|token| self.vocab.contains_key(token));
            // Of a merge that occurs twice the first rank counts.
            known && seen.insert((self.vocab[a], self.vocab[b]))
        };
        let merges: Vec<(String, String)> =
            self.merges.iter().filter(|merge| usable(merge)).map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let unknown = self.unknown.filter(|token| self.vocab.contains_key(token));
        let vocab: Vocab = self.vocab.into_iter().map(|(token, id)| (token.to_owned(), id)).collect();
        let mut builder = BPE::builder()
            .vocab_and_merges(vocab, merges)
            .ignore_merges(self.whole_words)
            .byte_fallback(self.byte_fallback)
            .fuse_unk(self.fuse_unknown);
        if let Some(unknown) = unknown {
            builder = builder.unk_token(unknown.to_owned());
        }
        builder.build().map_err(|e| LoadError::Tokenizer(e.to_string()))
    }
}

/// The library's tokenizer for a GGUF's vocabulary.
pub fn build(
    vocabulary: &Vocabulary,
    merges: Vec<(&str, &str)>,
    split: &Split,
) -> Result<tokenizers::Tokenizer, LoadError> {
    let bad = |e: tokenizers::Error| LoadError::Tokenizer(e.to_string());
    let model = Model {
        vocab: vocabulary.encodable().collect(),
        merges,
        whole_words: split.whole_words,
        byte_fallback: !split.byte_level,
        fuse_unknown: false,
        unknown: None,
    };
    let mut tokenizer = tokenizers::Tokenizer::new(model.build()?);
    let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
    for pattern in split.patterns {
        let pattern = Pattern::Regex((*pattern).to_owned());
        steps.push(SplitPattern::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(bad)?.into());
    }
    if split.byte_level {
        steps.push(ByteLevel::new(false, false, false).into());
    } else {
        tokenizer.with_normalizer(Some(Replace::new(" ", "▁").map_err(bad)?)).map_err(bad)?;
    }
    tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
    let additions = vocabulary.additions().map(|token| AddedToken::from(token.to_owned(), false).normalized(false));
    tokenizer.add_tokens(additions).map_err(bad)?;
    Ok(tokenizer)
}
