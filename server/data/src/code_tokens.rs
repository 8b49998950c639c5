//! The tokens of code in any language that has a grammar, for crates that look at code without a
//! tree: half-typed and broken code has tokens too.

use crate::tokens::{Kind, LexRules, content, tokens};
use std::ops::Range;

/// What a token of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTokenKind {
    /// A name or keyword.
    Word,
    /// A text between quotes.
    Text,
    /// A number.
    Number,
    /// One byte of anything else; `?` is any character of several bytes.
    Mark(u8),
}

/// A token of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeToken {
    /// What it is.
    pub kind: CodeTokenKind,
    /// Its bytes, with the prefix and the quotes of a text.
    pub range: Range<usize>,
    /// Whether it is the first one on its line.
    pub is_first: bool,
    /// For an opening bracket with a partner: how many tokens on that is.
    pub close: Option<usize>,
}

/// The tokens of a text in a language, by its id, without comments; `None` if it has no grammar.
pub fn code_tokens(text: &str, language: &str) -> Option<Vec<CodeToken>> {
    let rules = LexRules::of(&grammars::by_id(language)?.facts);
    let found = tokens(text, &rules).list;
    let token = |token: crate::tokens::Token| CodeToken {
        kind: match token.kind {
            Kind::Word | Kind::Name => CodeTokenKind::Word,
            Kind::Text => CodeTokenKind::Text,
            Kind::Number => CodeTokenKind::Number,
            Kind::Mark(mark) => CodeTokenKind::Mark(mark),
        },
        range: token.start..token.end,
        is_first: token.is_first,
        close: (token.close > 0).then_some(token.close as usize),
    };
    Some(found.into_iter().map(token).collect())
}

/// What a text token says: prefix and quotes off, common escapes resolved.
pub fn text_content(written: &str) -> String {
    content(written)
}
