//! What the statements of a case compare each column with, so that rows can be made for which the
//! answers differ.
//!
//! A literal belongs to the column that is named last before it. That is right for most
//! conditions; where it is wrong, a column gets a value that it does not need.

use super::lex::{SqlToken, TokenKind, tokens};
use super::tables::Tables;
use std::collections::{BTreeMap, BTreeSet};

/// Literals that one column is compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnHint {
    /// Texts, without the signs of LIKE.
    pub(super) texts: BTreeSet<String>,
    /// Whole numbers and others, as they are written.
    pub(super) numbers: BTreeSet<String>,
    /// Whether it is asked for NULL.
    pub(super) is_null_tested: bool,
    /// Whether the first statement, the known one, does so. A missing reference is made only then:
    /// `NOT IN` and an outer join answer the same question, and only NULL separates them.
    pub(super) is_null_known: bool,
    /// Whether it is summed up, so that it holds numbers whatever its type.
    pub(super) is_summed: bool,
    /// Whether a function of days reads it.
    pub(super) is_day: bool,
    /// Whether the largest or smallest counts: then few rows share a value, because queries that
    /// answer the same question may treat ties differently.
    pub(super) is_ranked: bool,
    /// Whether rows are grouped by it: then some groups are large.
    pub(super) is_grouped: bool,
}

/// Hints for all columns of a name, in lower case, and the tables that are named.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    columns: BTreeMap<String, ColumnHint>,
    /// The tables that the statements read, with all that these refer to.
    pub(super) tables: BTreeSet<usize>,
}

impl Hints {
    /// What is known of a column.
    pub(super) fn of(&self, column: &str) -> Option<&ColumnHint> {
        self.columns.get(&column.to_lowercase())
    }

    /// Reads the statements of a case, the known one first.
    pub(super) fn read(tables: &Tables, statements: &[&str]) -> Self {
        let mut hints = Self::default();
        for statement in statements {
            hints.add_tables(tables, statement);
        }
        hints.add_parents(tables);
        for (at, statement) in statements.iter().enumerate() {
            hints.add_literals(tables, &tokens(statement));
            if at == 0 {
                hints.note_known_nulls();
            }
        }
        hints.share_with_parents(tables);
        hints
    }

    /// The tables named in a statement, and in the views that it names.
    fn add_tables(&mut self, tables: &Tables, statement: &str) {
        for token in tokens(statement).iter().filter(|token| token.is_name()) {
            let Some(table) = tables.table(&token.text) else {
                continue;
            };
            if self.tables.insert(table)
                && let Some(view) = &tables.list[table].view
            {
                self.add_tables(tables, view);
            }
        }
    }

    fn add_parents(&mut self, tables: &Tables) {
        let mut left: Vec<usize> = self.tables.iter().copied().collect();
        while let Some(table) = left.pop() {
            let parents = tables.list[table].links.iter().map(|link| link.table);
            left.extend(parents.filter(|parent| self.tables.insert(*parent)));
        }
    }

    fn note_known_nulls(&mut self) {
        for hint in self.columns.values_mut() {
            hint.is_null_known = hint.is_null_tested;
        }
    }

    fn add_literals(&mut self, tables: &Tables, tokens: &[SqlToken]) {
        let is_column = |token: &SqlToken| {
            let mut used = self.tables.iter().map(|table| &tables.list[*table]);
            token.is_name() && used.any(|table| table.column(&token.text).is_some())
        };
        let columns: Vec<bool> = tokens.iter().map(is_column).collect();
        let mut column: Option<String> = None;
        for (at, token) in tokens.iter().enumerate() {
            if columns[at] {
                let name = token.text.to_lowercase();
                self.columns
                    .entry(name.clone())
                    .or_default()
                    .note_use(&tokens[..at]);
                column = Some(name);
                continue;
            }
            let owner = column
                .clone()
                .or_else(|| compared_after(tokens, &columns, at));
            if let Some(owner) = owner
                && !is_argument(&tokens[..at], &["strftime"])
            {
                let hint = self.columns.entry(owner).or_default();
                hint.add(token, at.checked_sub(1).map(|before| &tokens[before]));
            }
            column = column.filter(|_| goes_on(token, tokens.get(at + 1)));
        }
    }

    /// What a reference is compared with must be found in the table that it refers to.
    fn share_with_parents(&mut self, tables: &Tables) {
        for table in self.tables.clone() {
            let facts = &tables.list[table];
            for link in &facts.links {
                let parent = &tables.list[link.table].columns[link.to].name;
                let own = facts.columns[link.from].name.to_lowercase();
                let Some(hint) = self.columns.get(&own).cloned() else {
                    continue;
                };
                let to = self.columns.entry(parent.to_lowercase()).or_default();
                to.texts.extend(hint.texts);
                to.numbers.extend(hint.numbers);
            }
        }
    }
}

/// Functions of days, and those that add up.
const DAY_FUNCTIONS: &[&str] = &["date", "datetime", "julianday", "strftime", "unixepoch"];
const SUMS: &[&str] = &["sum", "avg"];
const EXTREMES: &[&str] = &["max", "min"];
const OVER_ROWS: &[&str] = &["count", "sum", "avg", "max", "min", "total"];

/// Whether a column is the first argument of a function, or the second after a text. `before` is
/// what comes before the column.
fn is_argument(before: &[SqlToken], functions: &[&str]) -> bool {
    let before = match before {
        [rest @ .., _, dot] if dot.is_sign(".") => rest,
        _ => before,
    };
    let before = match before {
        [rest @ .., text, comma] if comma.is_sign(",") && text.kind == TokenKind::Text => rest,
        _ => before,
    };
    match before {
        [.., function, open] => open.is_sign("(") && function.is_any(functions),
        _ => false,
    }
}

/// Words between a column and what it is compared with.
const COMPARING: &[&str] = &[
    "and", "or", "not", "in", "like", "between", "is", "null", "glob", "escape", "collate",
    "nocase",
];

/// Whether what comes after a token may still belong to the column before it: not after the name
/// of something else, a function over rows, or a keyword like LIMIT.
fn goes_on(token: &SqlToken, next: Option<&SqlToken>) -> bool {
    if !matches!(token.kind, TokenKind::Word | TokenKind::Name) {
        return true;
    }
    let is_called = next.is_some_and(|next| next.is_sign("("));
    let is_qualifier = next.is_some_and(|next| next.is_sign("."));
    token.is_any(COMPARING) || is_qualifier || is_called && !token.is_any(OVER_ROWS)
}

/// The column that a literal is compared with where the column comes after it.
fn compared_after(tokens: &[SqlToken], columns: &[bool], at: usize) -> Option<String> {
    let is_comparison =
        |token: &SqlToken| ["=", "<", ">", "<=", ">="].iter().any(|s| token.is_sign(s));
    tokens.get(at + 1).filter(|token| is_comparison(token))?;
    let column = [at + 2, at + 4]
        .into_iter()
        .find(|at| columns.get(*at) == Some(&true))?;
    Some(tokens[column].text.to_lowercase())
}

impl ColumnHint {
    /// Notes what is done with a column, by what comes before it.
    fn note_use(&mut self, before: &[SqlToken]) {
        self.is_summed |= is_argument(before, SUMS);
        self.is_day |= is_argument(before, DAY_FUNCTIONS);
        let before = match before {
            [rest @ .., _, dot] if dot.is_sign(".") => rest,
            _ => before,
        };
        let is_after = |word: &str| match before {
            [.., first, by] => first.is(word) && by.is("by"),
            _ => false,
        };
        self.is_ranked |= is_after("order") || is_argument(before, EXTREMES);
        self.is_grouped |= is_after("group");
    }

    fn add(&mut self, token: &SqlToken, before: Option<&SqlToken>) {
        match token.kind {
            TokenKind::Text | TokenKind::Quoted => {
                let is_pattern = before.is_some_and(|word| word.is("like"));
                let text = token.text.clone();
                self.texts
                    .insert(if is_pattern { fitting(&text) } else { text });
            }
            TokenKind::Number => {
                let is_negative = before.is_some_and(|sign| sign.is_sign("-"));
                let sign = if is_negative { "-" } else { "" };
                self.numbers.insert(format!("{sign}{}", token.text));
            }
            _ => {
                let is_test = |word: &SqlToken| word.is_any(&["is", "not"]);
                self.is_null_tested |= token.is("null") && before.is_some_and(is_test);
                self.is_null_tested |= token.is_any(&["isnull", "notnull", "coalesce", "ifnull"]);
            }
        }
    }
}

/// A text that a pattern of LIKE fits.
fn fitting(pattern: &str) -> String {
    pattern.replace('%', "").replace('_', "a")
}
