//! What names mean inside a query: the tables after FROM with their columns, and what the query
//! itself names.

use std::ops::Range;

/// What a source of rows is.
#[derive(Clone, Debug)]
pub(super) enum Relation {
    /// A table of the schema.
    Table(usize),
    /// A query or a table of the text.
    Columns(Listed),
    /// Something of which nothing is known.
    Unknown,
}

/// The columns of a query, or of a table that the text creates.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub names: Vec<String>,
    /// Whether there are no others.
    pub is_complete: bool,
}

impl Listed {
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// One table after FROM.
#[derive(Clone, Debug)]
pub(super) struct ScopeSource {
    /// Its alias, or else its name.
    pub name: String,
    /// Whether `name` is an alias.
    pub has_alias: bool,
    pub relation: Relation,
    /// Whether its columns count only after its name: `excluded`.
    pub needs_name: bool,
}

/// One query.
#[derive(Clone, Debug, Default)]
pub(super) struct NameScope {
    /// Its bytes.
    pub range: Range<usize>,
    pub sources: Vec<ScopeSource>,
    /// Names that its own list gives to expressions.
    pub outputs: Vec<String>,
    /// Columns that USING or NATURAL makes one, in lower case.
    pub merged: Vec<String>,
    /// Whether a join has no list of its columns.
    pub is_natural: bool,
    /// Whether something in it was not understood, so that any name may be right.
    pub is_open: bool,
    /// Columns of its list that have no other name, in lower case.
    pub listed: Vec<String>,
    /// Whether the part that is read comes after the list, whose names count there.
    pub is_after_list: bool,
    /// The query around it.
    pub parent: Option<usize>,
}
