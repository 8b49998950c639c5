//! The SQL of a document: all of a file of SQL, or the strings of code that hold statements.

use crate::documents::DocumentSnapshot;
use context::Snapshot;
use sql::host::{SqlRegion, regions};
use std::ops::Range;
use syntax::Code;

/// The id of the language whose files are SQL.
pub(super) const SQL: &str = "sql";

/// How much of a long file of SQL is looked at around a place, in bytes, and what ends a statement.
const WINDOW: usize = 64 << 10;
const END: &str = ";\n";

/// Words of which a statement in a string has one.
const WORDS: &[&str] = &["select", "insert", "update", "delete", "merge"];

/// A text of SQL in a document.
pub(crate) struct SqlText {
    whole: String,
    /// Where the text begins in a file of SQL.
    start: usize,
    /// Where it is, if the document is code.
    region: Option<SqlRegion>,
    /// The quote around it, if the document is code.
    quote: Option<char>,
}

/// Whether a document may hold SQL: a quick look.
pub(crate) fn may_hold_sql(document: &DocumentSnapshot) -> bool {
    if is_sql(document) {
        return true;
    }
    let text = document.snapshot.rope().to_string().to_ascii_lowercase();
    document.grammar.is_some() && WORDS.iter().any(|word| text.contains(word))
}

fn is_sql(document: &DocumentSnapshot) -> bool {
    document.grammar.is_some_and(|grammar| grammar.id == SQL)
}

/// The texts of SQL in a document, in its order. Parses it if its tree is out of date.
pub(crate) fn of(document: &DocumentSnapshot) -> Vec<SqlText> {
    let Some(grammar) = document.grammar.filter(|_| may_hold_sql(document)) else {
        return Vec::new();
    };
    if is_sql(document) {
        return in_snapshot(&document.snapshot, grammar.id);
    }
    let document = document.clone().parsed();
    if !document.parsed {
        return Vec::new();
    }
    in_snapshot(&document.snapshot, grammar.id)
}

/// The texts of SQL in a text of a language, by the id of its grammar; the tree is up to date.
pub(super) fn in_snapshot(snapshot: &Snapshot, language: &str) -> Vec<SqlText> {
    if language == SQL {
        return vec![SqlText::of_file(snapshot.rope().to_string())];
    }
    let Some(syntax) = &snapshot.syntax else {
        return Vec::new();
    };
    let code = Code::new(syntax, snapshot.rope());
    let text = |region: SqlRegion| SqlText {
        whole: region.text().to_owned(),
        start: 0,
        quote: code.text[..region.inside().start].chars().next_back(),
        region: Some(region),
    };
    regions(&code).into_iter().map(text).collect()
}

impl SqlText {
    /// All of a file of SQL.
    pub fn of_file(text: String) -> Self {
        Self {
            whole: text,
            start: 0,
            region: None,
            quote: None,
        }
    }

    /// The SQL.
    pub fn sql(&self) -> &str {
        &self.whole
    }

    /// Whether it is a whole statement for sure, so that errors in it count.
    pub fn is_certain(&self) -> bool {
        self.region.as_ref().is_none_or(|region| region.is_certain)
    }

    /// A byte of the document as one of the SQL; none if it is not in the SQL.
    pub fn to_sql(&self, offset: usize) -> Option<usize> {
        match &self.region {
            Some(region) => region.to_text(offset),
            None => offset
                .checked_sub(self.start)
                .filter(|offset| *offset <= self.whole.len()),
        }
    }

    /// The statements around a place, where the text is long: it is read at each key.
    pub fn around(mut self, offset: usize) -> Self {
        if self.region.is_some() || self.whole.len() <= WINDOW {
            return self;
        }
        let boundary =
            |at: usize| (at..=self.whole.len()).find(|at| self.whole.is_char_boundary(*at));
        let (Some(from), Some(until)) = (
            boundary(offset.saturating_sub(WINDOW / 2)),
            boundary((offset + WINDOW / 2).min(self.whole.len())),
        ) else {
            return self;
        };
        let end = self.whole[until..]
            .find(END)
            .map(|at| until + at + END.len());
        let start = self.whole[..from].rfind(END).map(|at| at + END.len());
        let range = start.unwrap_or(0)..end.unwrap_or(self.whole.len());
        self.start = range.start;
        self.whole = self.whole[range].to_owned();
        self
    }

    /// Bytes of the SQL as those of the document; none where they are not one piece of it.
    pub fn to_document(&self, range: &Range<usize>) -> Option<Range<usize>> {
        match &self.region {
            Some(region) => region.to_file_range(range),
            None => Some(range.start + self.start..range.end + self.start),
        }
    }

    /// A text as it is written in the document; `None` where its quotes cannot hold it.
    pub fn written(&self, text: &str) -> Option<String> {
        let breaks = |c: char| Some(c) == self.quote || c == '\\' || c.is_control();
        let is_plain = self.region.is_none() || !text.contains(breaks);
        is_plain.then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_file_the_statements_around_a_place_are_read() {
        let line = "SELECT 'é' FROM users;\n";
        let text = line.repeat(20_000);
        let offset = line.len() * 10_000 + 7;
        let around = SqlText::of_file(text.clone()).around(offset);
        assert!(around.sql().len() < 2 * WINDOW && around.sql().starts_with("SELECT"));
        let inner = around.to_sql(offset).unwrap();
        assert_eq!(
            around.to_document(&(inner..inner + 3)),
            Some(offset..offset + 3)
        );
        assert_eq!(around.to_sql(0), None);
        assert_eq!(SqlText::of_file(line.into()).around(3).sql(), line);
    }
}
