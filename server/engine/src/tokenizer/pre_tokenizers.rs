//! The ways of splitting text into words that a GGUF names, each by its regular expressions.
//!
//! A row of [`PRE_TOKENIZERS`] per value of `tokenizer.ggml.pre`; names are llama.cpp's, and the
//! patterns are those of the checkpoints' own `tokenizer.json`. Several rows belong to
//! architectures that `models` does not run yet: `nigh tokenize` reads such vocabularies, and the
//! next model families need them. To support another, add a row.

use fancy_regex::Regex;

use super::encoder::WholeWords;
use crate::LoadError;

/// GPT-2's, which the byte-level step of a `tokenizer.json` applies by itself.
pub const GPT2: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2's, but punctuation does not take the line feeds after it.
const SEED_CODER: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+",
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
);
/// Words of mixed case end where a capital follows a small letter.
const TEKKEN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);
/// The same with English endings and up to three digits.
const GPT4O: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);
const BAILING: &str = concat!(
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*",
    r"|\s*[\r\n]|\s+(?!\S)|\s+",
);
/// Digits in threes from the end of a number.
const THREES: &str = r"(?=(\d{3})+(?!\d))";
/// One digit at a time.
pub const DIGIT: &str = r"\p{N}";
/// Han and the neighbouring scripts that DeepSeek splits off first.
const DEEPSEEK_HAN: &str = "[一-龥\u{800}-一가-\u{d7ff}]+";

/// A way of splitting text.
pub struct NamedPreTokenizer {
    /// The names a GGUF has for it.
    names: &'static [&'static str],
    /// Its patterns, in the order they are applied.
    patterns: &'static [&'static str],
    /// Which words are taken without merging.
    pub whole_words: WholeWords,
    /// Whether prompts begin with the beginning-of-text token unless the file says otherwise.
    pub adds_bos: bool,
}

const fn row(
    names: &'static [&'static str],
    patterns: &'static [&'static str],
) -> NamedPreTokenizer {
    NamedPreTokenizer {
        names,
        patterns,
        whole_words: WholeWords::Never,
        adds_bos: false,
    }
}

const PRE_TOKENIZERS: &[NamedPreTokenizer] = &[
    row(
        &[
            "qwen2",
            "deepseek-r1-qwen",
            "stablelm2",
            "hunyuan",
            "kormo",
            "f2llmv2",
            "megrez",
            "grok-2",
            "solar-open",
        ],
        &[QWEN2],
    ),
    row(&["qwen35"], &[QWEN35]),
    NamedPreTokenizer {
        names: &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
            "jina-v5-nano",
        ],
        patterns: &[LLAMA3],
        whole_words: WholeWords::Always,
        adds_bos: true,
    },
    row(&["smaug-bpe", "dbrx", "chatglm-bpe"], &[LLAMA3]),
    NamedPreTokenizer {
        names: &["glm4", "glm5"],
        patterns: &[LLAMA3],
        whole_words: WholeWords::Always,
        adds_bos: false,
    },
    NamedPreTokenizer {
        names: &["tekken"],
        patterns: &[TEKKEN],
        whole_words: WholeWords::Always,
        adds_bos: true,
    },
    row(
        &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
        &[GPT4O],
    ),
    row(&["seed-coder"], &[SEED_CODER]),
    row(&["bailingmoe", "bailingmoe2", "llada-moe"], &[BAILING]),
    row(&["laguna"], &[r"[^\n]+|[\n]+", QWEN2]),
    row(&["superbpe"], &[r"\p{N}+", THREES]),
    row(
        &[
            "gpt-2",
            "phi-2",
            "mpt",
            "olmo",
            "mellum",
            "jina-es",
            "jina-de",
            "modern-bert",
            "jais",
            "gigachat",
            "a.x-4.0",
            "exaone4",
            "trillion",
            "granite-docling",
        ],
        &[GPT2],
    ),
    row(
        &[
            "starcoder",
            "refact",
            "command-r",
            "smollm",
            "codeshell",
            "exaone",
            "minerva-7b",
            "mellum2",
        ],
        &[DIGIT, GPT2],
    ),
    row(
        &["deepseek-coder"],
        &["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", DEEPSEEK_HAN, DIGIT],
    ),
    row(
        &["deepseek-llm"],
        &[
            "[\r\n]",
            r"\s?[\p{Lu}\p{Ll}\p{Lt}]+",
            "\\s?[!-/:-~！-／：-～‘-‟\u{3000}-。]+",
            r"\s+$",
            DEEPSEEK_HAN,
            r"\p{N}+",
        ],
    ),
    row(
        &["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"],
        &[
            r"\p{N}{1,3}",
            "[一-龥\u{3040}-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
        ],
    ),
    row(
        &["falcon"],
        &[r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    ),
    row(
        &["default"],
        &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
    ),
];

/// The first name of the way of splitting with these patterns.
pub fn name_of(patterns: &[&str], whole_words: WholeWords) -> Option<&'static str> {
    let row = PRE_TOKENIZERS
        .iter()
        .find(|row| row.patterns == patterns && row.whole_words == whole_words)?;
    row.names.first().copied()
}

/// Gemma 4's: splits at line feeds only.
pub const LINE_FEEDS: NamedPreTokenizer = NamedPreTokenizer {
    names: &[],
    patterns: &[r"[^\n]+|[\n]+"],
    whole_words: WholeWords::LineFeeds,
    adds_bos: true,
};

impl NamedPreTokenizer {
    /// The way of splitting that a GGUF calls `name`.
    pub fn of_name(name: &str) -> Result<&'static NamedPreTokenizer, LoadError> {
        let row = PRE_TOKENIZERS.iter().find(|row| row.names.contains(&name));
        row.ok_or_else(|| {
            LoadError::Tokenizer(format!(
                "the pre-tokenizer {name:?} is not known; take another model"
            ))
        })
    }

    /// Its patterns, compiled.
    pub fn compile(&self) -> Result<Vec<Regex>, LoadError> {
        let patterns = self.patterns.iter().map(|pattern| Regex::new(pattern));
        patterns
            .collect::<Result<_, _>>()
            .map_err(|e| LoadError::Tokenizer(e.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tokenizer::added_tokens::AddedTokens;
    use crate::tokenizer::splitter::{Splitter, WordOrToken};

    fn words(name: &str, text: &str) -> Vec<String> {
        let splitter = Splitter::Patterns {
            added: AddedTokens::new(std::iter::empty()),
            patterns: NamedPreTokenizer::of_name(name).unwrap().compile().unwrap(),
        };
        let mut words = Vec::new();
        let split = splitter.split(text, false, &mut |word| match word {
            WordOrToken::Word(word) => words.push(word.to_owned()),
            WordOrToken::Token(_) => {}
        });
        assert!(split.is_ok());
        words
    }

    #[test]
    fn every_row_has_names_of_its_own_and_patterns_that_compile() {
        let names: Vec<&str> = PRE_TOKENIZERS
            .iter()
            .flat_map(|row| row.names)
            .copied()
            .collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name}");
            let row = NamedPreTokenizer::of_name(name).unwrap();
            assert!(!row.compile().unwrap().is_empty(), "{name}");
        }
        assert!(NamedPreTokenizer::of_name("unknown").is_err());
    }

    #[test]
    fn words_end_where_each_family_ends_them() {
        let text = "getURL it's 12345 a;\n\nb";
        let split = |name| words(name, text).join("|");
        assert_eq!(split("qwen2"), "getURL| it|'s| |1|2|3|4|5| a|;\n\n|b");
        assert_eq!(split("seed-coder"), "getURL| it|'s| |1|2|3|4|5| a|;|\n\n|b");
        assert_eq!(split("tekken"), "get|URL| it|'s| |1|2|3|4|5| a|;\n\n|b");
        assert_eq!(split("gpt-4o"), "get|URL| it's| |123|45| a|;\n\n|b");
        assert_eq!(split("glm4"), "getURL| it|'s| |123|45| a|;\n\n|b");
        assert_eq!(split("mellum2"), "getURL| it|'s| |1|2|3|4|5| a|;|\n|\n|b");
        assert_eq!(words("superbpe", "1234567 a"), ["1", "234", "567", " a"]);
    }
}
