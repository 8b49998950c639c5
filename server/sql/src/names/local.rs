//! Tables that the text itself creates or changes.

use super::resolver::Resolver;
use super::scope::{Listed, Relation};
use super::words::{is_in, is_known};
use std::ops::Range;

/// First words in the brackets of CREATE TABLE that begin no column.
const NO_COLUMNS: &[&str] = &[
    "primary",
    "foreign",
    "unique",
    "check",
    "constraint",
    "key",
    "index",
    "fulltext",
    "spatial",
    "exclude",
    "period",
];

impl Resolver<'_> {
    /// Notes what a statement changes, whether before or after the place that is read.
    pub(super) fn note_changes(&mut self) {
        let end = self.tokens.len();
        if self.is(0, "create") {
            let kind = self.find(1..end.min(9), |at| self.is_any(at, &["table", "view"]));
            let is_table = self.is_any(kind, &["table", "view"]) && kind < end;
            let between = (1..kind).filter_map(|at| self.word(at));
            let is_plain = between
                .clone()
                .all(|word| !is_in(word, &["index", "function", "trigger", "procedure", "on"]));
            if is_table && is_plain {
                self.note_created(kind + 1..end, self.is(kind, "table"));
            }
        } else if self.is(0, "alter") && self.is(1, "table") {
            self.note_altered(end);
        } else if self.is(0, "rename") && self.is(1, "table") {
            let is_to = |at: &usize| self.is(*at, "to");
            let new: Vec<usize> = (2..end).filter(is_to).collect();
            for at in new {
                self.note_made(at + 1..end);
            }
        } else if self.is(0, "select") {
            let into = self.find(1..end, |at| self.is(at, "into"));
            self.note_made(into + 1..end);
        }
    }

    /// Whether a query puts its rows into a table.
    pub(super) fn makes_table(&self) -> bool {
        let end = self.tokens.len();
        let into = self.find(1..end, |at| self.is(at, "into"));
        self.made(into + 1..end).is_some()
    }

    /// A table of which only the name is known so far.
    fn note_made(&mut self, part: Range<usize>) {
        if let Some(name) = self.made(part) {
            self.own.created.entry(name.to_lowercase()).or_insert(None);
        }
    }

    /// The name of the table that SELECT INTO makes, without its namespace.
    pub(super) fn made(&self, part: Range<usize>) -> Option<String> {
        const NO_TABLE: &[&str] = &["outfile", "dumpfile", "strict"];
        let words = ["temp", "temporary", "local", "global", "unlogged", "table"];
        let at = self.skip_words(part.start, &words);
        let at = at + usize::from(self.mark(at, b'#'));
        let name = self.chain(at, part.end).0.pop()?;
        (!is_in(&name.text, NO_TABLE)).then_some(name.text)
    }

    /// All names after ALTER TABLE may be columns of it, before the statement or after it.
    fn note_altered(&mut self, end: usize) {
        let name = self.skip_words(2, &["if", "exists", "only"]);
        let (chain, after) = self.chain(name, end);
        let Some(table) = chain.last().map(|name| name.text.to_lowercase()) else {
            return;
        };
        let names = (after..end).filter_map(|at| self.name(at));
        let names: Vec<String> = names.map(|name| name.text.to_lowercase()).collect();
        if let Some(Some(known)) = self.own.created.get_mut(&table) {
            known.names.extend(names.iter().cloned());
        }
        let to = after + 1 + usize::from(self.is(after + 1, "to"));
        let renamed = self.name(to).filter(|_| self.is(after, "rename"));
        if let Some(new) = renamed.filter(|_| to + 1 >= end) {
            let columns = match self.relation(None, &table) {
                Some(Relation::Columns(listed)) => Some(listed),
                Some(Relation::Table(table)) if self.names.is_trusted(table) => Some(Listed {
                    names: self.names.column_names(table),
                    is_complete: true,
                }),
                _ => None,
            };
            let new = new.text.to_lowercase();
            if self.names.find(None, &new).is_none() {
                self.own.created.entry(new).or_insert(columns);
            }
        }
        self.own.altered.entry(table).or_default().extend(names);
    }

    /// A table that the text creates, with the columns of its query.
    pub(super) fn remember(&mut self, name: &str, mut columns: Option<Listed>) {
        let changed = self.own.altered.get(&name.to_lowercase());
        if let (Some(columns), Some(changed)) = (&mut columns, changed) {
            columns.names.extend(changed.iter().cloned());
        }
        let known = self.own.created.entry(name.to_lowercase());
        let known = known.or_insert(None);
        *known = match (known.take(), columns) {
            (None, columns) => columns,
            // The same table twice: all columns count.
            (Some(mut known), Some(more)) => {
                known.names.extend(more.names);
                known.is_complete &= more.is_complete;
                Some(known)
            }
            (Some(_), None) => None,
        };
    }

    fn skip_words(&self, mut at: usize, words: &[&str]) -> usize {
        while self.is_any(at, words) {
            at += 1;
        }
        at
    }

    fn note_created(&mut self, part: Range<usize>, is_table: bool) {
        let at = self.skip_words(part.start, &["if", "not", "exists"]);
        let at = if self.mark(at, b'#') { at + 1 } else { at };
        let (chain, after) = self.chain(at, part.end);
        let Some(name) = chain.last().map(|name| name.text.to_lowercase()) else {
            return;
        };
        let listed = self.group(after, part.end).filter(|_| is_table);
        let is_query = |at: usize| {
            self.is_any(
                at,
                &[
                    "select",
                    "with",
                    "like",
                    "as",
                    "inherits",
                    "partition",
                    "of",
                ],
            )
        };
        let query = self.find(after..part.end, |at| self.is_any(at, &["select", "with"]));
        let has_query = (after..part.end.min(after + 2)).any(is_query)
            || self.is(query, "select")
            || listed.as_ref().is_some_and(|inner| is_query(inner.start));
        let columns = listed
            .filter(|_| !has_query)
            .map(|inner| self.columns_in(inner));
        // The same table twice, once for each dialect or test: all columns count.
        let columns = match (self.own.created.remove(&name), columns) {
            (None, columns) => columns,
            (Some(Some(mut known)), Some(more)) => {
                known.names.extend(more.names);
                Some(known)
            }
            (Some(_), _) => None,
        };
        self.own.created.insert(name, columns);
    }

    pub(super) fn columns_in(&self, inner: Range<usize>) -> Listed {
        let mut listed = Listed {
            names: Vec::new(),
            is_complete: true,
        };
        for part in self.split(inner) {
            let begins_key = self.is_any(part.start, NO_COLUMNS);
            // `key TEXT` is a column.
            let has_type = self.is_any(part.start, &["key", "index", "period", "exclude"])
                && self.word(part.start + 1).is_some_and(is_known)
                && !self.is_any(part.start + 1, &["using", "if"]);
            let is_key =
                begins_key && !has_type && (self.mark(part.start + 1, b'(') || part.len() > 2);
            match self.name(part.start) {
                Some(name) if !is_key => listed.names.push(name.text),
                Some(_) => {}
                None => listed.is_complete = false,
            }
            if self.is(part.start, "like") {
                listed.is_complete = false;
            }
        }
        listed
    }

    /// What a name in FROM means: a query of WITH, a table of the text, or one of the schema.
    pub(super) fn relation(&self, namespace: Option<&str>, name: &str) -> Option<Relation> {
        if namespace.is_none() {
            let common = self.common.iter().rev();
            let mut named = common.filter(|of| of.name.eq_ignore_ascii_case(name));
            if let Some(found) = named.next() {
                let columns = found.columns.clone();
                return Some(columns.map_or(Relation::Unknown, Relation::Columns));
            }
        }
        let known = self.names.find(namespace, name);
        match (self.own.created.get(&name.to_lowercase()), known) {
            (None, known) => known.map(Relation::Table),
            (Some(Some(listed)), Some(table)) => {
                let is_new = listed
                    .names
                    .iter()
                    .any(|column| self.names.column(table, column).is_none());
                Some(if is_new {
                    Relation::Unknown
                } else {
                    Relation::Table(table)
                })
            }
            (Some(Some(listed)), None) => Some(Relation::Columns(listed.clone())),
            (Some(None), _) => Some(Relation::Unknown),
        }
    }
}
