//! Which tokens are special, and their roles.
//!
//! A GGUF names some roles by id; the others are found by their usual spellings, a row per role in
//! [`SPELLINGS`]. To support another family's markers, add its spelling there.

/// The role of a special token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenRole {
    /// Beginning of text.
    Bos,
    /// End of text.
    Eos,
    /// End of a chat turn.
    Eot,
    /// Padding.
    Pad,
    /// Precedes the text before the gap.
    FimPrefix,
    /// Precedes the text after the gap.
    FimSuffix,
    /// Precedes the text that fills the gap.
    FimMiddle,
    /// Padding of an infilling prompt.
    FimPad,
    /// Precedes a repository's name.
    RepoName,
    /// Separates files.
    FileSep,
}

/// A role, its GGUF key after `tokenizer.ggml.`, and its spellings.
pub const SPELLINGS: &[(TokenRole, &str, &[&str])] = &[
    (TokenRole::Bos, "bos_token_id", &[]),
    (TokenRole::Eos, "eos_token_id", &[]),
    (
        TokenRole::Eot,
        "eot_token_id",
        &[
            "<|im_end|>",
            "<|eot_id|>",
            "<end_of_turn>",
            "<EOT>",
            "▁<EOT>",
        ],
    ),
    (TokenRole::Pad, "padding_token_id", &[]),
    (
        TokenRole::FimPrefix,
        "fim_pre_token_id",
        &[
            "<|fim_prefix|>",
            "<fim_prefix>",
            "<fim-prefix>",
            "<[fim-prefix]>",
            "<|code_prefix|>",
            "<|prefix|>",
            "<｜fim▁begin｜>",
            "<PRE>",
            "▁<PRE>",
            "[PREFIX]",
        ],
    ),
    (
        TokenRole::FimSuffix,
        "fim_suf_token_id",
        &[
            "<|fim_suffix|>",
            "<fim_suffix>",
            "<fim-suffix>",
            "<[fim-suffix]>",
            "<|code_suffix|>",
            "<|suffix|>",
            "<｜fim▁hole｜>",
            "<SUF>",
            "▁<SUF>",
            "[SUFFIX]",
        ],
    ),
    (
        TokenRole::FimMiddle,
        "fim_mid_token_id",
        &[
            "<|fim_middle|>",
            "<fim_middle>",
            "<fim-middle>",
            "<[fim-middle]>",
            "<|code_middle|>",
            "<|middle|>",
            "<｜fim▁end｜>",
            "<MID>",
            "▁<MID>",
            "[MIDDLE]",
        ],
    ),
    (
        TokenRole::FimPad,
        "fim_pad_token_id",
        &["<|fim_pad|>", "<fim_pad>", "<fim-pad>", "<PAD>"],
    ),
    (
        TokenRole::RepoName,
        "fim_rep_token_id",
        &[
            "<|repo_name|>",
            "<repo_name>",
            "<reponame>",
            "<|fim_repo|>",
            "<fim_repo>",
        ],
    ),
    (
        TokenRole::FileSep,
        "fim_sep_token_id",
        &[
            "<|file_sep|>",
            "<file_sep>",
            "<filename>",
            "<|file_separator|>",
        ],
    ),
];

/// Whether a token is spelled like a marker, so that text must not encode to it, even if the file
/// declares it as an ordinary added token.
pub fn is_marker(token: &str) -> bool {
    let framed = |open: &str, close: &str| {
        token.len() > open.len() + close.len() && token.starts_with(open) && token.ends_with(close)
    };
    framed("<|", "|>")
        || framed("<｜", "｜>")
        || SPELLINGS.iter().any(|(_, _, names)| names.contains(&token))
}

/// The role of a spelling.
pub fn role_of(token: &str) -> Option<TokenRole> {
    SPELLINGS
        .iter()
        .find(|(_, _, names)| names.contains(&token))
        .map(|(role, _, _)| *role)
}
