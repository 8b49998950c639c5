//! A schema: tables and views with their columns, types, keys, comments, values and places.
//!
//! Readers describe what they find as [`SchemaChange`]s (`change.rs`), a builder applies these in
//! order (`builder.rs`), and `join.rs` adds what others say. Names are compared without
//! regard to case.

pub(crate) mod builder;
pub(crate) mod change;
mod columns;
mod data_type;
pub(crate) mod join;
pub(crate) mod parts;
pub(crate) mod variant;

pub(crate) use change::SchemaChange;
pub use data_type::{DataType, TypeKind};

use crate::sql_dialect::SqlDialect;
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn as_texts<S: Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| &**text))
}

/// Where something is in a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The path of the file, as it was given.
    #[serde(serialize_with = "as_text")]
    pub path: Arc<str>,
    /// The line, from 1; 0 in files that are no text.
    pub line: u32,
    /// The bytes.
    pub range: Range<usize>,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => formatter.write_str(&self.path),
            line => write!(formatter, "{}:{line}", self.path),
        }
    }
}

/// The name of a table, with that of its namespace if one was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TableName {
    /// What SQL calls a schema. That of `public`, `dbo` and `main` is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name itself.
    pub name: String,
}

/// Namespaces that a name without one is in.
const DEFAULT_NAMESPACES: &[&str] = &["public", "dbo", "main"];

impl TableName {
    /// A name without a namespace.
    pub fn plain(name: impl Into<String>) -> Self {
        Self {
            namespace: None,
            name: name.into(),
        }
    }

    /// A name in a namespace; the usual ones are left out.
    pub fn within(namespace: Option<String>, name: String) -> Self {
        let is_default = |namespace: &String| {
            DEFAULT_NAMESPACES
                .iter()
                .any(|default| default.eq_ignore_ascii_case(namespace))
        };
        Self {
            namespace: namespace.filter(|namespace| !is_default(namespace)),
            name,
        }
    }

    /// Whether both may mean the same table: a missing namespace is any.
    pub fn fits(&self, other: &Self) -> bool {
        let namespaces = self.namespace.as_ref().zip(other.namespace.as_ref());
        same(&self.name, &other.name) && namespaces.is_none_or(|(a, b)| same(a, b))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}.{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// Whether two names are the same, as databases compare them.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// What a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// It holds rows.
    #[default]
    Table,
    /// A query with a name.
    View,
}

/// A table or view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SqlTable {
    /// Its name.
    #[serde(flatten)]
    pub name: TableName,
    /// What it is.
    pub kind: TableKind,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Whether `columns` are all: not where some are computed, inherited or not understood.
    pub is_complete: bool,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The name of that key.
    #[serde(skip)]
    pub(crate) primary_name: Option<String>,
    /// Names of constraints that list the values of a column, with that column's.
    #[serde(skip)]
    pub(crate) checks: Vec<(String, String)>,
    /// Further keys.
    pub uniques: Vec<UniqueKey>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes that are no keys.
    pub indexes: Vec<TableIndex>,
    /// What its author says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it is defined.
    pub defined: Origin,
    /// Where it was changed last, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Origin>,
}

impl SqlTable {
    /// An empty table of which all columns will be known.
    pub fn named(name: TableName) -> Self {
        Self {
            name,
            is_complete: true,
            ..Self::default()
        }
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// The column of a name, to change it.
    pub(crate) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns
            .iter_mut()
            .find(|column| same(&column.name, name))
    }

    /// Whether a column is a key of the table by itself.
    pub fn is_unique(&self, name: &str) -> bool {
        let is_only = |columns: &[String]| columns.len() == 1 && same(&columns[0], name);
        is_only(&self.primary_key) || self.uniques.iter().any(|key| is_only(&key.columns))
    }
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; none where no source says.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The expression of its default, in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The expression that it is computed by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// Whether the database numbers the rows.
    pub is_identity: bool,
    /// All values that it may have, where the schema lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What its author says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it is defined.
    pub defined: Origin,
    /// Where it was changed last, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Origin>,
}

impl Column {
    /// A column that may be NULL, of an unknown type.
    pub(crate) fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            nullable: true,
            ..Self::default()
        }
    }

    /// The same with a type.
    pub(crate) fn typed(name: impl Into<String>, written: &str) -> Self {
        Self {
            data_type: Some(DataType::of(written)),
            ..Self::named(name)
        }
    }
}

/// Columns that no two rows share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UniqueKey {
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
}

/// A reference to another table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The columns here.
    pub columns: Vec<String>,
    /// The table there.
    pub table: TableName,
    /// The columns there; empty for its primary key.
    pub references: Vec<String>,
    /// What happens when the row there is deleted: `CASCADE`, `SET NULL` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<String>,
    /// What happens when the key there changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_update: Option<String>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableIndex {
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its columns, or expressions as they are written.
    pub columns: Vec<String>,
    /// Whether no two rows share them, among those that fulfil the condition.
    pub is_unique: bool,
    /// The condition of the rows in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// Something that was not understood, or that two sources say differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaNote {
    /// Where.
    #[serde(flatten)]
    pub at: Origin,
    /// What, and why.
    pub message: String,
    /// Whether tables or columns may be missing because of it.
    pub is_gap: bool,
}

/// A file, folder or group of files that describes tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaSource {
    /// What it is: `SQL`, `migrations`, `Django` and others.
    pub kind: &'static str,
    /// Its files, those that change tables only.
    #[serde(serialize_with = "as_texts")]
    pub paths: Vec<Arc<str>>,
    /// How many tables and views it has at its end.
    pub tables: usize,
}

/// All tables that the sources describe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// The tables and views, in the order of their names.
    pub tables: Vec<SqlTable>,
    /// Where they come from, what decides first.
    pub sources: Vec<SchemaSource>,
    /// What was not understood, and what is contradictory.
    pub notes: Vec<SchemaNote>,
    /// How many notes there were more than are kept.
    pub notes_left_out: usize,
    /// The dialect that the project speaks, if anything says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<SqlDialect>,
}

impl Schema {
    /// The table or view of a name, `users` or `shop.users`.
    pub fn table(&self, name: &str) -> Option<&SqlTable> {
        let wanted = match name.rsplit_once('.') {
            Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
            None => TableName::plain(name),
        };
        self.tables.iter().find(|table| table.name.fits(&wanted))
    }

    /// Whether nothing was missed, as far as the readers can say.
    pub fn is_complete(&self) -> bool {
        let has_gap = self.notes.iter().any(|note| note.is_gap) || self.notes_left_out > 0;
        !has_gap && self.tables.iter().all(|table| table.is_complete)
    }
}
