//! What is wrong with a name, in words, and how it could be right.

use std::ops::Range;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameProblemKind {
    /// No table or view has this name.
    UnknownTable,
    /// No table of the query has this column.
    UnknownColumn,
    /// No table of the query has this name or alias.
    UnknownAlias,
    /// Several tables of the query have this column.
    AmbiguousColumn,
    /// `= NULL`, which is never true.
    EqualsNull,
    /// A column outside of aggregates that is not in GROUP BY.
    NotGrouped,
    /// INSERT with another number of values than columns.
    ValueCount,
}

impl NameProblemKind {
    /// The name of the rule, as settings and reports write it.
    pub fn id(self) -> &'static str {
        match self {
            Self::UnknownTable => "unknown-table",
            Self::UnknownColumn => "unknown-column",
            Self::UnknownAlias => "unknown-alias",
            Self::AmbiguousColumn => "ambiguous-column",
            Self::EqualsNull => "equals-null",
            Self::NotGrouped => "not-grouped",
            Self::ValueCount => "value-count",
        }
    }
}

/// A place in SQL that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameProblem {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub kind: NameProblemKind,
    /// The same in words.
    pub message: String,
    /// What could stand at the place, the likeliest first; quoted where that is needed.
    pub replacements: Vec<String>,
}
