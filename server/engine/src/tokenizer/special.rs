//! Which tokens are special, and what they are for.
//!
//! A GGUF names some roles by id; the rest are found by the spellings that the families in use
//! have, a row per role in [`SPELLINGS`]: to support another family's markers, add its spelling
//! there.

/// What a special token is for.
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

/// A role, its GGUF key after `tokenizer.ggml.`, and its spellings.
pub const SPELLINGS: &[(Role, &str, &[&str])] = &[
    (Role::Bos, "bos_token_id", &[]),
    (Role::Eos, "eos_token_id", &[]),
    (
        Role::Eot,
        "eot_token_id",
        &[
            "<|im_end|>",
            "<|eot_id|>",
            "<end_of_turn>",
            "<EOT>",
            "▁<EOT>",
        ],
    ),
    (Role::Pad, "padding_token_id", &[]),
    (
        Role::FimPrefix,
        "fim_pre_token_id",
        &[
            "<|fim_prefix|>",
            "<fim_prefix>",
            "<fim-prefix>",
            "<｜fim▁begin｜>",
            "<PRE>",
            "▁<PRE>",
            "[PREFIX]",
        ],
    ),
    (
        Role::FimSuffix,
        "fim_suf_token_id",
        &[
            "<|fim_suffix|>",
            "<fim_suffix>",
            "<fim-suffix>",
            "<｜fim▁hole｜>",
            "<SUF>",
            "▁<SUF>",
            "[SUFFIX]",
        ],
    ),
    (
        Role::FimMiddle,
        "fim_mid_token_id",
        &[
            "<|fim_middle|>",
            "<fim_middle>",
            "<fim-middle>",
            "<｜fim▁end｜>",
            "<MID>",
            "▁<MID>",
            "[MIDDLE]",
        ],
    ),
    (
        Role::FimPad,
        "fim_pad_token_id",
        &["<|fim_pad|>", "<fim_pad>", "<fim-pad>", "<PAD>"],
    ),
    (
        Role::RepoName,
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
        Role::FileSep,
        "fim_sep_token_id",
        &[
            "<|file_sep|>",
            "<file_sep>",
            "<filename>",
            "<|file_separator|>",
        ],
    ),
];

/// Whether a token that a file calls an ordinary addition reads as a marker, so that text must not
/// encode to it.
pub fn is_marker(token: &str) -> bool {
    let framed = |open: &str, close: &str| {
        token.len() > open.len() + close.len() && token.starts_with(open) && token.ends_with(close)
    };
    framed("<|", "|>")
        || framed("<｜", "｜>")
        || SPELLINGS.iter().any(|(_, _, names)| names.contains(&token))
}

/// The role that a spelling has by itself.
pub fn role_of(token: &str) -> Option<Role> {
    SPELLINGS
        .iter()
        .find(|(_, _, names)| names.contains(&token))
        .map(|(role, _, _)| *role)
}
