//! A completion of a name, and what its makers share.

use super::super::resolver::ResolvedSql;
use super::super::scope::{NameScope, ScopeSource};
use std::ops::Range;

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A table.
    Table,
    /// A view, a query of WITH, or a table that the text creates.
    View,
    /// A column.
    Column,
    /// The alias of a table of the query.
    Alias,
    /// A table with the condition that joins it.
    Join,
    /// A value of a column.
    Value,
}

/// A name that could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCompletion {
    /// What people see and what is compared with what they typed.
    pub label: String,
    /// What is put in the place of `range`, with quotes where they are needed.
    pub insert: String,
    /// The bytes of the text that are replaced: what was typed of the name.
    pub range: Range<usize>,
    /// What it is.
    pub kind: CompletionKind,
    /// In a few words: the type of a column, the table of it.
    pub detail: Option<String>,
    /// What its author says of it.
    pub documentation: Option<String>,
    /// Its place among the others: the smallest comes first.
    pub rank: u32,
}

/// The name in the place of what is being typed while the text is read.
pub(super) const TYPED: &str = "nigh_typed";

/// The tables of a query and of those around it, the nearest first.
pub(super) fn sources<'a>(
    resolved: &'a ResolvedSql,
    scope: Option<&'a NameScope>,
) -> Vec<&'a ScopeSource> {
    let mut all = Vec::new();
    let mut at = scope;
    while let Some(here) = at {
        all.extend(
            here.sources
                .iter()
                .filter(|of| of.name != TYPED && !of.needs_name),
        );
        at = here.parent.and_then(|parent| resolved.scopes.get(parent));
    }
    all
}
