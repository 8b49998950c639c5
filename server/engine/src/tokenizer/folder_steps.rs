//! Checks the steps of a `tokenizer.json` before the tokenizers library gets them: only known
//! kinds, of bounded size.
//!
//! `tokenizer_json` calls [`apply`]. Refused are steps that no code model's tokenizer has and those
//! that could run away: unknown kinds, replacements that grow the text, patterns with huge
//! repetitions. To support a kind, add it to its list.

use serde_json::Value;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper};

use crate::LoadError;

const NORMALIZERS: &[&str] = &[
    "Sequence",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "Lowercase",
    "Prepend",
    "Replace",
];
const PRE_TOKENIZERS: &[&str] = &[
    "Sequence",
    "ByteLevel",
    "Split",
    "Digits",
    "Metaspace",
    "Whitespace",
    "WhitespaceSplit",
];
/// Most steps.
const MAX_STEPS: usize = 16;
/// Most bytes of a pattern.
const MAX_PATTERN: usize = 8192;
/// Most bytes of a text that a step inserts.
const MAX_CONTENT: usize = 16;
/// Largest product of a pattern's repetition counts.
const MAX_REPEATS: u64 = 100_000;
/// Most steps that can grow the text.
const MAX_GROWING: usize = 2;

/// Hands the normalizer and the pre-tokenizer to the library.
pub fn apply(json: &Value, library: &mut tokenizers::Tokenizer) -> Result<(), LoadError> {
    let (normalizer, pre_tokenizer) = (&json["normalizer"], &json["pre_tokenizer"]);
    check(normalizer, NORMALIZERS)?;
    check(pre_tokenizer, PRE_TOKENIZERS)?;
    // The checks above leave no known way to make the library panic; its own bugs must not end the
    // server.
    let load = std::panic::AssertUnwindSafe(|| -> Result<(), LoadError> {
        if !normalizer.is_null() {
            let step = serde_json::from_value::<NormalizerWrapper>(normalizer.clone());
            let step = step.map_err(|e| LoadError::tokenizer(format!("the normalizer: {e}")))?;
            library
                .with_normalizer(Some(step))
                .map_err(|e| LoadError::tokenizer(e.to_string()))?;
        }
        if !pre_tokenizer.is_null() {
            let step = serde_json::from_value::<PreTokenizerWrapper>(pre_tokenizer.clone());
            library.with_pre_tokenizer(Some(
                step.map_err(|e| LoadError::tokenizer(format!("the pre-tokenizer: {e}")))?,
            ));
        }
        Ok(())
    });
    std::panic::catch_unwind(load)
        .unwrap_or_else(|_| Err(LoadError::tokenizer("the tokenizers library failed on it")))
}

/// Whether a step, or a step inside it, is of this kind.
pub fn has(step: &Value, kind: &str) -> bool {
    steps(step).iter().any(|step| step["type"] == kind)
}

/// The special token that a post-processor puts first, if it does.
pub fn first_special(post_processor: &Value) -> Option<&str> {
    steps(post_processor)
        .iter()
        .find_map(|step| step["single"][0]["SpecialToken"]["id"].as_str())
}

/// A step and those inside it, nested ones included.
pub fn steps(step: &Value) -> Vec<&Value> {
    let mut all = vec![step];
    for list in ["normalizers", "pretokenizers", "decoders", "processors"] {
        all.extend(step[list].as_array().into_iter().flatten().flat_map(steps));
    }
    all
}

fn check(step: &Value, kinds: &[&str]) -> Result<(), LoadError> {
    if step.is_null() {
        return Ok(());
    }
    let steps = steps(step);
    let growing = steps
        .iter()
        .filter(|step| matches!(step["type"].as_str(), Some("Replace" | "Prepend")))
        .count();
    if steps.len() > MAX_STEPS || growing > MAX_GROWING {
        return Err(LoadError::tokenizer(format!(
            "{} steps, {growing} of which grow the text, are too many",
            steps.len()
        )));
    }
    for step in steps {
        let kind = step["type"].as_str().unwrap_or("");
        if !kinds.contains(&kind) {
            return Err(LoadError::tokenizer(format!(
                "steps of the kind {:?} are not supported",
                kind.chars().take(40).collect::<String>()
            )));
        }
        for content in ["content", "prepend", "replacement"] {
            if step[content]
                .as_str()
                .is_some_and(|text| text.len() > MAX_CONTENT)
            {
                return Err(LoadError::tokenizer(format!(
                    "the {content} of a {kind} step is longer than {MAX_CONTENT} bytes"
                )));
            }
        }
        let pattern = &step["pattern"];
        let pattern = pattern["Regex"]
            .as_str()
            .or_else(|| pattern["String"].as_str())
            .unwrap_or("");
        if pattern.len() > MAX_PATTERN || repeats(pattern) > MAX_REPEATS {
            return Err(LoadError::tokenizer(
                "a pattern is too long or repeats too often",
            ));
        }
    }
    Ok(())
}

/// The product of a pattern's repetition counts, an upper bound of how much it grows when it is
/// compiled.
fn repeats(pattern: &str) -> u64 {
    let counts = pattern
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    let largest = counts.filter_map(|(count, _)| {
        count
            .split(',')
            .filter_map(|n| {
                if n.len() > 9 {
                    Some(u64::MAX)
                } else {
                    n.trim().parse::<u64>().ok()
                }
            })
            .max()
    });
    largest.fold(1, |product, n| product.saturating_mul(n.max(1)))
}
