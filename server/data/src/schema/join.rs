//! Joins two descriptions of one table: the first counts, the second adds what is missing.

use super::parts::MAX_COLUMNS;
use super::variant::variant;
use super::{Column, ForeignKey, Origin, SqlTable, TableIndex, TypeKind, UniqueKey, same};

/// Whether two tables of one name share enough columns to be one.
pub(crate) fn may_be_one(known: &SqlTable, table: &SqlTable) -> bool {
    let columns = table.columns.iter();
    let shared = columns
        .filter(|column| known.column(&column.name).is_some())
        .count();
    shared * 2 >= known.columns.len().min(table.columns.len())
}

/// Adds what another source says of a table.
pub(crate) fn join(known: &mut SqlTable, other: SqlTable, notes: &mut Vec<(Origin, String)>) {
    let name = known.name.clone();
    known.comment = known.comment.take().or(other.comment);
    let first = known.defined.clone();
    let was_complete = known.is_complete;
    for column in other.columns {
        let is_full = known.columns.len() >= MAX_COLUMNS;
        match known.column_mut(&column.name) {
            Some(known) => join_column(known, column, &name.to_string(), notes),
            None if !is_full => {
                if was_complete {
                    let message = format!(
                        "`{}` of `{name}` is only here, not in {first}: added",
                        column.name
                    );
                    notes.push((column.defined.clone(), message));
                }
                known.columns.push(column);
            }
            None => known.is_complete = false,
        }
    }
    known.is_complete |= other.is_complete;
    if known.primary_key.is_empty() {
        known.primary_key = other.primary_key;
    }
    join_keys(known, other.uniques, other.foreign_keys, other.indexes);
}

/// Adds keys and indexes of other columns than those that are known.
fn join_keys(
    known: &mut SqlTable,
    uniques: Vec<UniqueKey>,
    foreign_keys: Vec<ForeignKey>,
    indexes: Vec<TableIndex>,
) {
    let equal =
        |a: &[String], b: &[String]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    for key in uniques {
        let is_new = !known
            .uniques
            .iter()
            .any(|known| equal(&known.columns, &key.columns))
            && !equal(&known.primary_key, &key.columns);
        if is_new {
            known.uniques.push(key);
        }
    }
    for key in foreign_keys {
        if !known
            .foreign_keys
            .iter()
            .any(|known| equal(&known.columns, &key.columns))
        {
            known.foreign_keys.push(key);
        }
    }
    for index in indexes {
        let is_known = known
            .indexes
            .iter()
            .any(|known| equal(&known.columns, &index.columns))
            || known
                .uniques
                .iter()
                .any(|known| equal(&known.columns, &index.columns));
        if !is_known {
            known.indexes.push(index);
        }
    }
}

fn join_column(known: &mut Column, other: Column, table: &str, notes: &mut Vec<(Origin, String)>) {
    let is_variant = variant(&known.defined.path) != variant(&other.defined.path);
    if let (Some(a), Some(b)) = (&known.data_type, &other.data_type)
        && contradict(a.kind, b.kind)
        && !is_variant
    {
        let message = format!(
            "`{}` of `{table}` is `{}` here, but `{}` in {}",
            known.name, b.written, a.written, known.defined
        );
        notes.push((other.defined.clone(), message));
    }
    if known.data_type.is_none() {
        known.data_type = other.data_type;
    }
    if known.values.is_empty() {
        known.values = other.values;
    }
    known.comment = known.comment.take().or(other.comment);
    known.default = known.default.take().or(other.default);
    known.is_identity |= other.is_identity;
}

/// Whether two kinds cannot be the same column: databases without a type store it as text or as a
/// number.
fn contradict(a: TypeKind, b: TypeKind) -> bool {
    let group = |kind: TypeKind| match kind {
        TypeKind::Boolean
        | TypeKind::SmallInt
        | TypeKind::Integer
        | TypeKind::BigInt
        | TypeKind::Decimal
        | TypeKind::Real
        | TypeKind::Double => Some(0),
        TypeKind::Date | TypeKind::Time | TypeKind::Timestamp => Some(1),
        TypeKind::Text | TypeKind::Enum => Some(2),
        _ => None,
    };
    matches!((group(a), group(b)), (Some(a), Some(b)) if a != b && a + b != 3)
}
