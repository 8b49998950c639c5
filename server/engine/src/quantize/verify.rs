//! Verifies the finished file before it is renamed: it must read as the model it was made from.
//!
//! Headers, shapes and tokenizer are read back with all checks of a reader. The tokenizers are
//! compared on a text that pre-tokenizers split in different ways; different ids would make the
//! file wrong silently.

use std::path::Path;

use crate::checked_model::CheckedModel;
use crate::{LoadError, QuantizeError, Tokenizer, check};

/// Words, cases, digits, spaces, line ends, punctuation and scripts that pre-tokenizers treat
/// differently. All in Unicode's composed form: Qwen's tokenizers compose text first, which a GGUF
/// cannot express and its readers do not do.
const PROBE: &str = "def f(self, x1=12345678, *args):\n\t# it's we'LL  don't\r\n    return {\"k\": x1 ** 2.50e-10}  \n\n\n\
                     if (a&&b)||!c{}//=> <=> `x`~^$+ __init__ fooBar HTTPServer 東京タワー 한국어 größe naïve Ω≈ç√ 😀👍🏽 \
                     \u{a0}x   y\n        z;;;;\n#include <stdio.h>\t\tint\n 's 3rd 1,000,000 ¿qué? «да» ...\n";

/// Bytes of the file at `path`, if it holds what `opened` holds.
pub fn verify(path: &Path, opened: &CheckedModel) -> Result<u64, QuantizeError> {
    let found = check(path)?.info;
    let wanted = &opened.info;
    let tokenizer = Tokenizer::open(path)?;
    let same = tokenizer.encode(PROBE) == opened.tokenizer.encode(PROBE)
        && tokenizer.adds_bos() == opened.tokenizer.adds_bos();
    if !same {
        return Err(LoadError::Tokenizer(
            "in a GGUF it would split text differently; make one with llama.cpp's convert_hf_to_gguf.py, then quantise that"
                .into(),
        )
        .into());
    }
    if (found.layers, found.hidden_size, found.vocab_size)
        != (wanted.layers, wanted.hidden_size, wanted.vocab_size)
    {
        return Err(LoadError::Damaged(
            "the file that was written does not read back as the same model".into(),
        )
        .into());
    }
    let size = std::fs::metadata(path).map_err(|reason| QuantizeError::Write {
        path: path.to_path_buf(),
        reason,
    })?;
    Ok(size.len())
}
