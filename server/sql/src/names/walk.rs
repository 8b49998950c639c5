//! Looking at the tokens of one statement by their place.

use super::resolver::Resolver;
use super::words::is_in;
use data::{SqlToken, SqlTokenKind};
use std::ops::Range;

/// A name with its quotes off.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub text: String,
    pub range: Range<usize>,
    /// Whether it is between double quotes, which may be a text.
    pub may_be_text: bool,
    /// Whether it is between quotes of any kind.
    pub is_quoted: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn token(&self, at: usize) -> Option<SqlToken> {
        self.tokens.get(at).copied()
    }

    /// How a token is written; empty after the last one.
    pub(super) fn written(&self, at: usize) -> &'a str {
        self.token(at)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    pub(super) fn word(&self, at: usize) -> Option<&'a str> {
        let token = self
            .token(at)
            .filter(|token| token.kind == SqlTokenKind::Word)?;
        Some(&self.text[token.start..token.end])
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.word(at)
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        self.word(at).is_some_and(|found| is_in(found, words))
    }

    pub(super) fn mark(&self, at: usize, mark: u8) -> bool {
        self.token_kind(at) == Some(SqlTokenKind::Mark(mark))
    }

    pub(super) fn token_kind(&self, at: usize) -> Option<SqlTokenKind> {
        self.token(at).map(|token| token.kind)
    }

    /// What is between the brackets that open here, as places of tokens. A bracket that is not
    /// closed holds the rest.
    pub(super) fn group(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let token = self
            .token(at)
            .filter(|token| token.kind == SqlTokenKind::Mark(b'('))?;
        let close = at + token.close;
        let is_closed = token.close > 0 && close < end;
        Some(at + 1..if is_closed { close } else { end.max(at + 1) })
    }

    /// The place after a token, or after the whole group if a bracket opens here.
    pub(super) fn after(&self, at: usize, end: usize) -> usize {
        let is_bracket = |token: &SqlToken| token.kind == SqlTokenKind::Mark(b'(');
        match self.token(at).filter(is_bracket) {
            Some(token) if token.close > 0 => (at + token.close + 1).min(end),
            Some(_) => end,
            None => at + 1,
        }
    }

    /// The first place outside of groups where something holds, or the end.
    pub(super) fn find(&self, part: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
        let mut at = part.start;
        while at < part.end && !holds(at) {
            at = self.after(at, part.end);
        }
        at.min(part.end)
    }

    /// The parts between commas outside of groups; empty ones too.
    pub(super) fn split(&self, part: Range<usize>) -> Vec<Range<usize>> {
        let (mut parts, mut start) = (Vec::new(), part.start);
        loop {
            let comma = self.find(start..part.end, |at| {
                self.mark(at, b',') && self.bracket_depth(start..at) == 0
            });
            parts.push(start..comma);
            if comma >= part.end {
                return parts;
            }
            start = comma + 1;
        }
    }

    /// How many square brackets are open at the end of a part.
    pub(super) fn bracket_depth(&self, part: Range<usize>) -> usize {
        let looked_at = part.start.max(part.end.saturating_sub(64))..part.end;
        looked_at.fold(0_usize, |depth, at| match self.token_kind(at) {
            Some(SqlTokenKind::Mark(b'[')) => depth + 1,
            Some(SqlTokenKind::Mark(b']')) => depth.saturating_sub(1),
            _ => depth,
        })
    }

    /// The bytes of a part.
    pub(super) fn bytes(&self, part: &Range<usize>) -> Range<usize> {
        let first = self.token(part.start).filter(|_| part.start < part.end);
        let last = self.token(part.end.saturating_sub(1));
        match (first, last) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => {
                let at = self
                    .token(part.start)
                    .map_or(self.text.len(), |token| token.start);
                at..at
            }
        }
    }

    /// Whether a placeholder touches a token, so that it is a part of a name only.
    pub(super) fn is_partial(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else {
            return false;
        };
        let touches = |other: Option<SqlToken>, is_next: bool| {
            other.is_some_and(|other| {
                let meets = if is_next {
                    other.start == token.end
                } else {
                    other.end == token.start
                };
                meets
                    && matches!(
                        other.kind,
                        SqlTokenKind::Mark(b'?' | b'#' | b'$' | b'{' | b'}')
                    )
            })
        };
        touches(self.token(at + 1), true)
            || touches(at.checked_sub(1).and_then(|at| self.token(at)), false)
    }

    /// The name at a place, if one is there.
    pub(super) fn name(&self, at: usize) -> Option<Named> {
        let token = self.token(at)?;
        let written = &self.text[token.start..token.end];
        let is_quoted = token.kind == SqlTokenKind::Name;
        let text = match token.kind {
            SqlTokenKind::Word if !written.starts_with(['@', '$']) => written.to_owned(),
            SqlTokenKind::Name => {
                let inner = written.get(1..written.len().checked_sub(1)?)?;
                let close = if written.starts_with('[') {
                    "]"
                } else {
                    &written[..1]
                };
                inner.replace(&close.repeat(2), close)
            }
            _ => return None,
        };
        if text.is_empty() || text.contains('?') || self.is_partial(at) {
            return None;
        }
        Some(Named {
            text,
            range: token.start..token.end,
            may_be_text: is_quoted && written.starts_with('"'),
            is_quoted,
        })
    }

    /// Names with points between them, and the place after them.
    pub(super) fn chain(&self, at: usize, end: usize) -> (Vec<Named>, usize) {
        let (mut names, mut at) = (Vec::new(), at);
        while at < end {
            let Some(name) = self.name(at) else { break };
            names.push(name);
            at += 1;
            let mut next = at;
            while next < end && self.mark(next, b'.') {
                next += 1;
            }
            if next == at || next >= end || self.name(next).is_none() {
                break;
            }
            at = next;
        }
        (names, at)
    }
}
