//! The strings of a file that are SQL.

use super::calls::usage;
use super::literal::{Content, read, text_roles};
use super::statement::{begins, is_obvious};
use std::ops::Range;
use syntax::{Code, Node, Part, Role};

/// The most regions of a file.
const MAX_REGIONS: usize = 2_000;
/// How many literals may be put together in each other.
const MAX_DEPTH: usize = 64;
/// The longest function in which the name of a migration is looked for, in bytes.
const LOOKED_AT: usize = 50_000;

/// A string of a file that is SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlRegion {
    content: Content,
    /// The expression in the file, with its quotes, in bytes.
    pub range: Range<usize>,
    /// Whether it is one whole statement of SQL for sure, so that errors in it count.
    pub is_certain: bool,
}

impl SqlRegion {
    /// The SQL: escapes are resolved, and each value is question marks.
    pub fn text(&self) -> &str {
        &self.content.text
    }

    /// The byte of the file at a byte of the SQL.
    pub fn to_file(&self, offset: usize) -> usize {
        self.content.to_file(offset)
    }

    /// The bytes of the file for bytes of the SQL; none where other code is between them, such as
    /// the quotes of two literals.
    pub fn to_file_range(&self, range: &Range<usize>) -> Option<Range<usize>> {
        self.content.to_file_range(range)
    }

    /// The byte of the SQL at a byte of the file; none if it is not in the text.
    pub fn to_text(&self, offset: usize) -> Option<usize> {
        self.content.to_text(offset)
    }

    /// The bytes of the file that the SQL is written with, without the outer quotes.
    pub fn inside(&self) -> Range<usize> {
        self.content.file_range()
    }
}

/// The SQL in a file, in its order.
pub fn regions(code: &Code) -> Vec<SqlRegion> {
    let mut found: Vec<SqlRegion> = Vec::new();
    let mut end = 0;
    let has_entity_queries = has_entity_queries(code);
    for node in code.of(text_roles()) {
        if node.start() < end || found.len() >= MAX_REGIONS {
            continue;
        }
        let node = outermost(node);
        end = node.end();
        found.extend(region(code, node, has_entity_queries));
    }
    found
}

/// The whole expression of literals that a literal is part of.
pub(super) fn outermost(node: Node<'_>) -> Node<'_> {
    let mut outer = node;
    for around in node.ancestors().take(MAX_DEPTH) {
        let operator = || {
            around
                .child(syntax::Part::Operator)
                .map(|operator| operator.text())
        };
        let is_sum = || {
            around.is(Role::Binary)
                && operator().is_none_or(|mark| ["+", ".", "||", "<>"].contains(&mark))
        };
        if !(around.is(Role::Concatenated) || around.is(Role::Parenthesized) || is_sum()) {
            break;
        }
        outer = around;
    }
    // Brackets around all are none of the text.
    while outer.is(Role::Parenthesized) {
        let Some(inner) = outer.children().next() else {
            break;
        };
        outer = inner;
    }
    outer
}

pub(super) fn content(code: &Code, node: Node<'_>) -> Content {
    let mut content = Content::default();
    read(code, node, &mut content, MAX_DEPTH);
    content
}

fn region(code: &Code, node: Node<'_>, has_entity_queries: bool) -> Option<SqlRegion> {
    // Most strings are short and no SQL: look before all is read.
    let content = content(code, node);
    if !begins(&content.text) {
        return None;
    }
    let usage = usage(code, node);
    let is_obvious = is_obvious(&content.text);
    if usage.is_other || !usage.expects_sql && !is_obvious {
        return None;
    }
    Some(SqlRegion {
        range: node.range(),
        // What is in brackets is mostly a part of a query that is put together elsewhere.
        is_certain: is_obvious
            && !content.text.trim_start().starts_with('(')
            && !usage.is_piece
            && !is_in_migration(node)
            && (usage.expects_sql || !has_entity_queries),
        content,
    })
}

/// Whether a function around a text changes the schema step by step: what it says is written
/// against the schema of a step.
fn is_in_migration(node: Node<'_>) -> bool {
    node.ancestors().any(|around| {
        let named = || around.child(Part::Name).map(|name| name.text());
        around.is(Role::Function)
            && (named().is_some_and(|name| migrates(&name.to_lowercase()))
                || around.range().len() < LOOKED_AT && names_migration(around.text()))
    })
}

/// Whether a function of this name, in lower case, changes a schema or knows one version of it:
/// `migrate_users`, `add_user_v7`.
fn migrates(name: &str) -> bool {
    let words = ["migrat", "upgrade", "downgrade"];
    let end = name.trim_end_matches(|c: char| c.is_ascii_digit());
    words.iter().any(|word| name.contains(word)) || end.len() < name.len() && end.ends_with("_v")
}

/// Whether code names a file of a folder of migrations.
fn names_migration(code: &str) -> bool {
    let mut named = code.split("migrations/").skip(1);
    named.any(|rest| {
        let end = rest.find(['"', '\'', '`', '\n']);
        end.is_some_and(|end| rest[..end].ends_with(".sql"))
    })
}

/// Whether a file writes queries over classes, which look like SQL.
fn has_entity_queries(code: &Code) -> bool {
    [
        "createQuery",
        "@Query",
        "@NamedQuery",
        "HQL",
        "DQL",
        "JPQL",
        "EntityManager",
        "SOQL",
        "cassandra",
    ]
    .iter()
    .any(|mark| code.text.contains(mark))
}
