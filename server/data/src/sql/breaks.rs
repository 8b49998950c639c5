//! Where a query begins although the last statement has no end: after an empty line.

use super::lex::Statements;
use crate::tokens::Kind;

/// How many tokens of a statement are looked at.
const MAX_LOOKED_AT: usize = 5_000;

impl Statements<'_> {
    /// Whether a query may follow what was read so far.
    pub(super) fn continues(&self) -> bool {
        const OPEN: &[&str] = &[
            "as",
            "union",
            "all",
            "except",
            "intersect",
            "minus",
            "distinct",
            "then",
            "for",
            "key",
            "do",
            "on",
            "name",
            "or",
            "instead",
            "also",
        ];
        self.depth > 0
            || OPEN.contains(&self.last_word.as_str()) && self.ends_in_word()
            || self.begins_with(&["create"])
            || self.begins_with(&["with", "insert", "replace", "merge"]) && !self.has_rows()
    }

    fn ends_in_word(&self) -> bool {
        let last = self.now.tokens.last();
        last.is_some_and(|last| last.kind == Kind::Word)
    }

    /// Whether a line that begins with this word begins a statement, although the last one has no
    /// end: T-SQL is written so, and no dialect has a second query there.
    pub(super) fn is_next_line(&self, word: &str) -> bool {
        const VERBS: &[&str] = &["select", "insert", "update", "delete", "merge"];
        let last = self.now.tokens.last().map(|token| token.kind);
        let is_open = matches!(last, Some(Kind::Mark(mark)) if !b")]}?*".contains(&mark));
        self.depth == 0 && VERBS.contains(&word) && !is_open
    }

    /// Whether a statement that begins with INSERT or WITH has what gives it its rows.
    fn has_rows(&self) -> bool {
        const GIVES: &[&str] = &[
            "select", "values", "update", "delete", "merge", "exec", "execute",
        ];
        // MySQL: INSERT INTO a SET b = 1. After WITH it may be that of SEARCH.
        let may_set = !self.begins_with(&["with"]);
        let mut depth = 0_usize;
        let mut tokens = self.now.tokens.iter().skip(1).take(MAX_LOOKED_AT);
        tokens.any(|token| {
            match token.kind {
                Kind::Mark(b'(') => depth += 1,
                Kind::Mark(b')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let word = &self.text[token.start..token.end];
            let gives = |gives: &&str| word.eq_ignore_ascii_case(gives);
            depth == 0 && (GIVES.iter().any(gives) || may_set && gives(&"set"))
        })
    }

    /// Whether this place is the start of a line after an empty one, comments aside.
    pub(super) fn follows_gap(&self) -> bool {
        let before = self.text[..self.at].strip_suffix('\n');
        let mut lines = before.unwrap_or("x").rsplit('\n').map(str::trim).take(40);
        let gap = lines.find(|line| !line.starts_with("--"));
        self.depth == 0 && gap.is_some_and(str::is_empty)
    }
}
