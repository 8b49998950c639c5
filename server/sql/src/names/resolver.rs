//! Reads a text statement by statement and says what its names mean.
//!
//! This is the state that all readers of this folder share: the tokens of the statement, the
//! queries so far, and what was found. A statement that is not understood gives no problems.

use super::index::SchemaNames;
use super::mask::masked;
use super::other_database::{self, MissingColumn};
use super::own::OwnTables;
use super::problem::{NameProblem, NameProblemKind};
use super::scope::{Listed, NameScope, Relation, ScopeSource};
use data::{SqlDialect, SqlStatement, SqlToken, SqlTokenKind};
use std::borrow::Cow;
use std::ops::Range;

/// The largest text that is read, in bytes.
pub const MAX_TEXT: usize = 4 << 20;
/// How deep queries and brackets may be in each other.
const MAX_DEPTH: usize = 60;
/// The most problems of a text.
const MAX_PROBLEMS: usize = 1_000;

/// What a name is in the schema. Numbers are places in `Schema::tables` and `SqlTable::columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMeaning {
    /// A table or view.
    Table(usize),
    /// A column of a table.
    Column(usize, usize),
}

/// A name of a text that is in the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedName {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What it is.
    pub meaning: NameMeaning,
    /// Whether a name that does not exist would have been noticed at this place.
    pub is_checked: bool,
}

/// What was found in a text.
#[derive(Clone, Debug, Default)]
pub struct ResolvedSql {
    /// How many statements there are.
    pub statements: usize,
    /// The bytes of the statements that were understood, of which at least one table is known.
    pub understood: Vec<Range<usize>>,
    /// Those in which each name would have been noticed if it did not exist.
    pub whole: Vec<Range<usize>>,
    /// How many of the statements that were understood name a table of which not all columns are
    /// known, so that not all of their names are checked.
    pub incomplete: usize,
    /// The names that are in the schema, in the order of the text.
    pub names: Vec<ResolvedName>,
    /// What is wrong, in the order of the text.
    pub problems: Vec<NameProblem>,
    pub(super) scopes: Vec<NameScope>,
    pub(super) missing: Vec<MissingColumn>,
    /// Whether there is a table that resembles none of the schema.
    pub(super) has_foreign_table: bool,
    /// Queries with a name, and tables that the text creates: name and columns.
    pub(super) local: Vec<(String, Listed)>,
}

/// A query with a name: WITH.
#[derive(Clone, Debug)]
pub(super) struct CommonTable {
    pub name: String,
    pub columns: Option<Listed>,
}

pub(super) struct Resolver<'a> {
    pub names: &'a SchemaNames,
    pub dialect: Option<SqlDialect>,
    pub text: &'a str,
    pub tokens: &'a [SqlToken],
    pub common: Vec<CommonTable>,
    pub own: OwnTables,
    pub out: ResolvedSql,
    pub depth: usize,
    /// Whether the statement has something that was not understood.
    pub is_unsure: bool,
    /// Whether a table of the statement is in double quotes.
    pub has_quoted_table: bool,
    /// Whether statements are inside a block of a procedure without a name.
    pub is_in_block: bool,
}

/// Reads a text. Without a dialect only what all have in common counts as wrong.
pub fn resolve(names: &SchemaNames, text: &str, dialect: Option<SqlDialect>) -> ResolvedSql {
    let mut found = resolve_all(names, &[text], dialect);
    found.pop().unwrap_or_default()
}

/// Reads the statement at a byte of a text; of the others only what tables they create.
pub(super) fn resolve_at(
    names: &SchemaNames,
    text: &str,
    offset: usize,
    dialect: Option<SqlDialect>,
) -> ResolvedSql {
    let mut found = resolve_where(names, &[text], dialect, Some(offset));
    found.pop().unwrap_or_default()
}

/// Reads texts of one file, each by itself: the tables that one creates are known in all.
pub fn resolve_all(
    names: &SchemaNames,
    texts: &[&str],
    dialect: Option<SqlDialect>,
) -> Vec<ResolvedSql> {
    resolve_where(names, texts, dialect, None)
}

/// Reads texts, or only the statements at one place.
fn resolve_where(
    names: &SchemaNames,
    texts: &[&str],
    dialect: Option<SqlDialect>,
    place: Option<usize>,
) -> Vec<ResolvedSql> {
    let texts: Vec<Cow<'_, str>> = texts
        .iter()
        .map(|text| if text.len() > MAX_TEXT { "" } else { text })
        .map(masked)
        .collect();
    let statements: Vec<Vec<SqlStatement>> = texts
        .iter()
        .map(|text| data::sql_statements(text, dialect))
        .collect();
    let mut own = OwnTables::default();
    for (text, statements) in texts.iter().zip(&statements) {
        let mut resolver = Resolver::new(names, text, dialect, own);
        for statement in statements {
            resolver.tokens = &statement.tokens;
            resolver.note_changes();
        }
        own = resolver.own;
    }
    let mut all = Vec::with_capacity(texts.len());
    for (text, statements) in texts.iter().zip(&statements) {
        let mut resolver = Resolver::new(names, text, dialect, own);
        for statement in statements {
            resolver.tokens = &statement.tokens;
            if place.is_none_or(|place| resolver.is_needed(place)) {
                resolver.read(statement);
            }
        }
        own = std::mem::take(&mut resolver.own);
        if place.is_some() {
            let is_new = |(name, _): &(String, Listed)| !names.has_table(name);
            resolver.out.local.extend(own.known().filter(is_new));
        }
        all.push(resolver.finish());
    }
    other_database::leave_out(&mut all);
    all
}

impl<'a> Resolver<'a> {
    fn new(
        names: &'a SchemaNames,
        text: &'a str,
        dialect: Option<SqlDialect>,
        own: OwnTables,
    ) -> Self {
        Self {
            names,
            dialect,
            text,
            tokens: &[],
            common: Vec::new(),
            own,
            out: ResolvedSql::default(),
            depth: 0,
            is_unsure: false,
            has_quoted_table: false,
            is_in_block: false,
        }
    }

    /// Whether a statement is at a place, or creates a table with the columns of a query.
    fn is_needed(&self, place: usize) -> bool {
        let bytes = self.bytes(&(0..self.tokens.len()));
        let is_here = bytes.start <= place && place <= bytes.end;
        is_here || self.is(0, "create") || self.is(0, "select") && self.makes_table()
    }

    fn finish(self) -> ResolvedSql {
        let mut out = self.out;
        out.names.sort_by_key(|name| name.range.start);
        out.names.dedup_by(|a, b| a.range == b.range);
        out.problems.sort_by_key(|of| (of.range.start, of.kind));
        out.problems.dedup_by(|a, b| a.range == b.range);
        out.problems.truncate(MAX_PROBLEMS);
        out
    }

    fn read(&mut self, statement: &'a SqlStatement) {
        self.out.statements += 1;
        self.tokens = &statement.tokens;
        self.common.clear();
        self.has_quoted_table = false;
        let is_unsure = statement.broken.is_some() || self.has_escaped_quote();
        (self.depth, self.is_unsure) = (0, is_unsure);
        if statement.is_routine {
            // The body goes on after its declarations, or until the next routine.
            let is_whole = |at: usize| self.is(at, "begin") || self.written(at).starts_with('$');
            self.is_in_block = !(0..self.tokens.len()).any(is_whole);
            return;
        }
        if self.is_block() {
            return;
        }
        let (problems, names) = (self.out.problems.len(), self.out.names.len());
        let scopes = self.out.scopes.len();
        let whole = 0..self.tokens.len();
        self.statement(whole.clone(), None);
        if self.is_unsure {
            self.out.problems.truncate(problems);
            self.out.names[names..]
                .iter_mut()
                .for_each(|name| name.is_checked = false);
        } else if self.out.names.len() > names {
            let bytes = self.bytes(&whole);
            let is_whole = self.out.scopes[scopes..]
                .iter()
                .all(|of| self.is_closed(of));
            self.out.whole.extend(is_whole.then(|| bytes.clone()));
            let mut sources = self.out.scopes[scopes..].iter().flat_map(|of| &of.sources);
            let is_doubted = |of: &ScopeSource| match of.relation {
                Relation::Table(table) => !self.names.is_trusted(table),
                _ => false,
            };
            self.out.incomplete += usize::from(sources.any(is_doubted));
            self.out.understood.push(bytes);
        }
        let common = std::mem::take(&mut self.common);
        let known = common
            .into_iter()
            .filter_map(|of| Some((of.name, of.columns?)));
        self.out.local.extend(known);
    }

    /// Whether a text may not end where it seems to: in `'it\'s'` that depends on settings.
    fn has_escaped_quote(&self) -> bool {
        self.tokens.windows(2).any(|two| {
            let [text, next] = two else { return false };
            text.kind == SqlTokenKind::Text
                && text.end == next.start
                && next.kind == SqlTokenKind::Word
                && self.text[..text.end].ends_with("\\'")
        })
    }

    /// Whether all columns of a query's tables are known.
    fn is_closed(&self, scope: &NameScope) -> bool {
        let is_known = |source: &ScopeSource| match &source.relation {
            Relation::Table(table) => self.names.is_trusted(*table),
            Relation::Columns(listed) => listed.is_complete,
            Relation::Unknown => false,
        };
        scope.sources.is_empty() || !scope.is_open && scope.sources.iter().all(is_known)
    }

    /// Whether the statement is in a block of a procedure, where names may be variables.
    fn is_block(&mut self) -> bool {
        const PLAIN: &[&str] = &[
            "transaction",
            "work",
            "tran",
            "immediate",
            "exclusive",
            "deferred",
            "isolation",
        ];
        let is_variable = self.written(1).starts_with('@');
        let begins = self.is(0, "declare") && !is_variable
            || self.is(0, "begin") && self.tokens.len() > 1 && !self.is_any(1, PLAIN);
        if self.is_any(0, &["create", "drop", "grant", "commit"]) {
            self.is_in_block = false;
        }
        self.is_in_block |= begins;
        self.is_in_block
    }

    /// Calls a reader one level deeper; at the limit the statement is not understood.
    pub(super) fn deeper<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.is_unsure = true;
            return T::default();
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    pub(super) fn problem(
        &mut self,
        range: Range<usize>,
        kind: NameProblemKind,
        message: String,
        replacements: Vec<String>,
    ) {
        if self.out.problems.len() < 2 * MAX_PROBLEMS {
            self.out.problems.push(NameProblem {
                range,
                kind,
                message,
                replacements,
            });
        }
    }

    pub(super) fn means(&mut self, range: &Range<usize>, meaning: NameMeaning, is_checked: bool) {
        self.out.names.push(ResolvedName {
            range: range.clone(),
            meaning,
            is_checked,
        });
    }

    /// A name as the dialect reads it at the place of another, which may be in quotes.
    pub(super) fn quoted(&self, name: &str, instead_of: &str) -> String {
        match (self.dialect, instead_of.chars().next()) {
            (_, Some('`')) => format!("`{}`", name.replace('`', "``")),
            (_, Some('[')) => format!("[{}]", name.replace(']', "]]")),
            (_, Some('"')) => format!("\"{}\"", name.replace('"', "\"\"")),
            (Some(dialect), _) => dialect.quoted(name),
            (None, _) => name.to_owned(),
        }
    }
}
