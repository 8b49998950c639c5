//! What a reader says happens to a schema, one statement or definition after another.

use super::{Column, DataType, ForeignKey, SqlTable, TableIndex, TableName, UniqueKey};

/// One step from a schema to the next.
#[derive(Clone, Debug)]
pub(crate) enum SchemaChange {
    /// A table or view begins to exist. One that exists stays if `or_keep`; `or_replace` is its
    /// opposite.
    Create {
        table: Box<SqlTable>,
        or_keep: bool,
        or_replace: bool,
    },
    /// A copy of another table begins to exist.
    CreateLike { name: TableName, like: TableName },
    /// A table gets the columns of another one, before its own.
    Inherit { table: TableName, from: TableName },
    /// A view gets the columns of a table that `*` means, at a place among its own.
    CopyColumns {
        table: TableName,
        from: TableName,
        place: usize,
    },
    /// A table or view ends.
    Drop { table: TableName },
    /// A table gets another name.
    Rename { table: TableName, to: TableName },
    /// A column begins to exist.
    AddColumn {
        table: TableName,
        column: Box<Column>,
        or_keep: bool,
    },
    /// A column ends.
    DropColumn {
        table: TableName,
        column: String,
        if_exists: bool,
    },
    /// A column gets another name.
    RenameColumn {
        table: TableName,
        from: String,
        to: String,
    },
    /// A column is defined once more, perhaps with another name.
    ReplaceColumn {
        table: TableName,
        old: String,
        column: Box<Column>,
    },
    /// Something of a column changes.
    AlterColumn {
        table: TableName,
        column: String,
        patch: ColumnPatch,
    },
    /// A constraint or index begins to exist.
    AddKey { table: TableName, key: TableKey },
    /// A constraint or index ends.
    DropKey {
        table: Option<TableName>,
        name: KeyName,
    },
    /// A table or column is described.
    Comment {
        table: TableName,
        column: Option<String>,
        text: Option<String>,
    },
    /// A type with these values, or another name of a type.
    CreateType { name: String, defined: NamedType },
    /// A type with values gets another one.
    AddValue { name: String, value: String },
    /// A value of a type gets another name.
    RenameValue {
        name: String,
        from: String,
        to: String,
    },
    /// A type gets another name.
    RenameType { name: String, to: String },
    /// A type ends.
    DropType { name: String },
}

/// What changes of a column; what is none stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnPatch {
    pub data_type: Option<DataType>,
    pub nullable: Option<bool>,
    pub default: Option<Option<String>>,
    pub is_identity: Option<bool>,
}

/// A constraint or index.
#[derive(Clone, Debug)]
pub(crate) enum TableKey {
    Primary(Option<String>, Vec<String>),
    Unique(UniqueKey),
    Foreign(ForeignKey),
    Index(TableIndex),
    /// The values that a column may have.
    Values {
        name: Option<String>,
        column: String,
        values: Vec<String>,
    },
}

/// How a constraint or index is named where it ends.
#[derive(Clone, Debug)]
pub(crate) enum KeyName {
    Primary,
    Named(String),
    /// The reference that these columns make.
    ForeignOf(Vec<String>),
    /// The index or key of these columns.
    IndexOf(Vec<String>),
}

/// What a type of the user's own is.
#[derive(Clone, Debug)]
pub(crate) enum NamedType {
    Values(Vec<String>),
    Like { base: String, values: Vec<String> },
}

impl SchemaChange {
    /// The table that must exist before.
    pub fn needs(&self) -> Option<&TableName> {
        match self {
            Self::Drop { table, .. }
            | Self::Rename { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::ReplaceColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::AddKey { table, .. }
            | Self::Comment { table, .. } => Some(table),
            Self::CreateLike { like, .. } => Some(like),
            Self::Inherit { from, .. } | Self::CopyColumns { from, .. } => Some(from),
            Self::DropKey { table, .. } => table.as_ref(),
            Self::Create { .. }
            | Self::CreateType { .. }
            | Self::AddValue { .. }
            | Self::RenameValue { .. }
            | Self::RenameType { .. }
            | Self::DropType { .. } => None,
        }
    }
}

/// Makes a column the next one of the primary key among some keys.
pub(crate) fn add_to_primary(keys: &mut Vec<TableKey>, name: &str) {
    let known = keys.iter_mut().find_map(|key| match key {
        TableKey::Primary(_, columns) => Some(columns),
        _ => None,
    });
    match known {
        Some(columns) if columns.iter().any(|known| known == name) => {}
        Some(columns) => columns.push(name.to_owned()),
        None => keys.push(TableKey::Primary(None, vec![name.to_owned()])),
    }
}
