//! The column of a field, and the keys that its tag makes.

use super::structs::{Field, MAX_DEPTH, Struct, Structs};
use crate::readers::naming::snake;
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SqlTable, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::sql::plain_comment;
use crate::tokens::{Cursor, Tokens};

impl<'a> Structs<'a> {
    pub(super) fn column(
        &self,
        field: &Field<'a>,
        name: &str,
        found: &Struct<'a>,
        prefix: &str,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let tag = |name: &str| field.tag.get(name);
        let own_name = match tag("COLUMN") {
            Some(written) => written.clone(),
            None => snake(name),
        };
        let mut column = Column::named(format!("{prefix}{own_name}"));
        column.defined = found.file.origin(&field.whole);
        column.data_type = Some(self.data_type(field));
        column.nullable = tag("NOTNULL").is_none() && tag("NOT NULL").is_none();
        column.is_identity = tag("AUTOINCREMENT").is_some_and(|value| value != "false");
        column.default = tag("DEFAULT")
            .filter(|value| !value.is_empty() && *value != "null")
            .cloned();
        column.comment = tag("COMMENT")
            .cloned()
            .or_else(|| comment_after(found.tokens, &field.whole));
        let only = vec![column.name.clone()];
        if tag("PRIMARYKEY").is_some() {
            column.nullable = false;
            add_to_primary(keys, &column.name);
        }
        if tag("UNIQUE").is_some() {
            keys.push(TableKey::Unique(UniqueKey {
                name: None,
                columns: only.clone(),
            }));
        }
        for (option, is_unique) in [("INDEX", false), ("UNIQUEINDEX", true)] {
            if let Some(value) = tag(option) {
                add_to_index(keys, value, is_unique, &column.name);
            }
        }
        if let Some(values) = tag("TYPE").and_then(|written| listed(written)) {
            column.values = values;
        }
        table.columns.retain(|known| known.name != column.name);
        table.columns.push(column);
    }

    pub(super) fn data_type(&self, field: &Field<'a>) -> DataType {
        if let Some(written) = field.tag.get("TYPE") {
            let plain = written.split(" COMMENT ").next().unwrap_or(written);
            if known_type(plain).is_none() {
                return DataType::of(plain);
            }
        }
        let mut name = field.type_name;
        for _ in 0..MAX_DEPTH {
            if known_type(name).is_some() {
                break;
            }
            let Some(target) = self.aliases.get(name) else {
                break;
            };
            name = target;
        }
        let is_bytes = field.is_list && matches!(name, "byte" | "uint8");
        if is_bytes {
            return DataType::of("blob");
        }
        if field.tag.contains_key("SERIALIZER") {
            return DataType::of("text");
        }
        let Some((kind, written)) = known_type(name) else {
            return DataType::meaning(TypeKind::Other, name);
        };
        if kind == TypeKind::Text
            && let Some(size) = field.tag.get("SIZE")
            && size.parse::<u32>().is_ok()
        {
            return DataType::of(&format!("varchar({size})"));
        }
        DataType::meaning(kind, written)
    }

    /// References to other structs: a field of that type, and one with its key.
    pub(super) fn add_references(
        &self,
        name: &str,
        found: &Struct<'a>,
        table: &SqlTable,
        keys: &mut Vec<TableKey>,
        builder: &mut Builder,
    ) {
        for field in &found.fields {
            let is_struct = self.by_name.contains_key(field.type_name);
            let Some(property) = field.name.filter(|_| is_struct) else {
                continue;
            };
            let Some(between) = field.tag.get("MANY2MANY") else {
                keys.extend(self.reference(property, field, found));
                continue;
            };
            let there = self.table_name(field.type_name);
            let own = format!("{}_id", snake(name));
            let mut other = format!("{}_id", snake(field.type_name));
            if own == other {
                other = format!("{}_id", snake(property.trim_end_matches('s')));
            }
            let sides = [(own, table.name.clone()), (other, there)];
            join_table(between, sides, builder, found, field);
        }
    }

    /// The reference that a field makes with the one that holds its key.
    fn reference(&self, property: &str, field: &Field<'a>, found: &Struct<'a>) -> Option<TableKey> {
        if field.is_list {
            return None;
        }
        let made = format!("{property}ID");
        let key = field.tag.get("FOREIGNKEY").unwrap_or(&made).as_str();
        let mut fields = found.fields.iter();
        let column = fields.find(|known| [Some(key), Some(&made)].contains(&known.name))?;
        let plain = column.tag.get("COLUMN").cloned();
        let own = match plain {
            Some(written) => written,
            None => snake(column.name.unwrap_or_default()),
        };
        let references = field.tag.get("REFERENCES").map(|name| snake(name));
        Some(TableKey::Foreign(ForeignKey {
            columns: vec![own],
            table: self.table_name(field.type_name),
            references: references.into_iter().collect(),
            on_delete: on_delete(field),
            ..ForeignKey::default()
        }))
    }
}

/// What happens on the deletion of the row there: `constraint:OnDelete:CASCADE`.
fn on_delete(field: &Field<'_>) -> Option<String> {
    let constraint = field.tag.get("CONSTRAINT")?.to_uppercase();
    let (_, after) = constraint.split_once("ONDELETE:")?;
    let action = after.split(',').next()?;
    Some(action.trim().to_owned())
}

/// The meaning and the name in SQL of one of Go's types.
fn known_type(name: &str) -> Option<(TypeKind, &'static str)> {
    let found = TYPES.iter().find(|(known, ..)| *known == name)?;
    Some((found.1, found.2))
}

/// Go's types, and what they mean.
pub(super) const TYPES: &[(&str, TypeKind, &str)] = &[
    ("string", TypeKind::Text, "text"),
    ("bool", TypeKind::Boolean, "boolean"),
    ("int", TypeKind::BigInt, "bigint"),
    ("int8", TypeKind::SmallInt, "smallint"),
    ("int16", TypeKind::SmallInt, "smallint"),
    ("int32", TypeKind::Integer, "integer"),
    ("int64", TypeKind::BigInt, "bigint"),
    ("uint", TypeKind::BigInt, "bigint"),
    ("uint8", TypeKind::SmallInt, "smallint"),
    ("uint16", TypeKind::Integer, "integer"),
    ("uint32", TypeKind::BigInt, "bigint"),
    ("uint64", TypeKind::BigInt, "bigint"),
    ("float32", TypeKind::Real, "real"),
    ("float64", TypeKind::Double, "double precision"),
    ("Time", TypeKind::Timestamp, "timestamp"),
    ("NullTime", TypeKind::Timestamp, "timestamp"),
    ("DeletedAt", TypeKind::Timestamp, "timestamp"),
    ("NullString", TypeKind::Text, "text"),
    ("NullInt64", TypeKind::BigInt, "bigint"),
    ("NullInt32", TypeKind::Integer, "integer"),
    ("NullBool", TypeKind::Boolean, "boolean"),
    ("NullFloat64", TypeKind::Double, "double precision"),
    ("UUID", TypeKind::Uuid, "uuid"),
    ("JSON", TypeKind::Json, "json"),
    ("RawMessage", TypeKind::Binary, "blob"),
    ("Decimal", TypeKind::Decimal, "numeric"),
    ("Duration", TypeKind::BigInt, "bigint"),
    ("Date", TypeKind::Date, "date"),
];

pub(super) fn join_table(
    name: &str,
    sides: [(String, TableName); 2],
    builder: &mut Builder,
    found: &Struct<'_>,
    field: &Field<'_>,
) {
    let (mut table, mut keys) = (SqlTable::named(TableName::plain(name)), Vec::new());
    if builder.has(&table.name) {
        return;
    }
    for (column, there) in sides {
        let mut made = Column::typed(column.clone(), "bigint");
        made.nullable = false;
        table.columns.push(made);
        add_to_primary(&mut keys, &column);
        keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![column],
            table: there,
            ..ForeignKey::default()
        }));
    }
    builder.define(table, keys, &found.file.origin(&field.whole));
}

/// Adds a column to the index of this name, or makes one of its own.
pub(super) fn add_to_index(keys: &mut Vec<TableKey>, setting: &str, is_unique: bool, column: &str) {
    let mut parts = setting.split(',').map(str::trim);
    let name = parts
        .next()
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    let is_unique = is_unique || parts.any(|part| part == "unique");
    if let Some(name) = &name
        && let Some(known) = columns_of(keys, name)
    {
        known.push(column.to_owned());
        return;
    }
    let columns = vec![column.to_owned()];
    if is_unique {
        keys.push(TableKey::Unique(UniqueKey { name, columns }));
        return;
    }
    keys.push(TableKey::Index(TableIndex {
        name,
        columns,
        ..TableIndex::default()
    }));
}

/// The columns of the key or index of a name.
fn columns_of<'k>(keys: &'k mut [TableKey], name: &str) -> Option<&'k mut Vec<String>> {
    for key in keys {
        let (known, columns) = match key {
            TableKey::Unique(key) => (&key.name, &mut key.columns),
            TableKey::Index(index) => (&index.name, &mut index.columns),
            _ => continue,
        };
        if known.as_deref() == Some(name) {
            return Some(columns);
        }
    }
    None
}

/// The values of `enum('a','b')`.
pub(super) fn listed(written: &str) -> Option<Vec<String>> {
    let inner = written
        .strip_prefix("enum(")
        .or_else(|| written.strip_prefix("ENUM("))?;
    let inner = inner.split(')').next()?;
    let mut values = Vec::new();
    for value in inner.split(',') {
        let plain = value.trim().trim_matches('\'');
        values.push(plain.to_owned());
    }
    Some(values)
}

pub(super) fn comment_after(tokens: &Tokens<'_>, item: &Cursor<'_>) -> Option<String> {
    let last = item.tokens.last()?;
    let mut comments = tokens.comments.iter();
    let after =
        comments.find(|comment| comment.line == last.line && comment.range.start >= last.end)?;
    plain_comment(&tokens.text[after.range.clone()])
}

pub(super) fn comment_above(tokens: &Tokens<'_>, item: &Cursor<'_>) -> Option<String> {
    let line = item.line();
    let (mut parts, mut wanted) = (Vec::new(), line.checked_sub(1)?);
    for comment in tokens.comments.iter().rev() {
        if !comment.has_own_line || comment.line >= line {
            continue;
        }
        if comment.end_line != wanted {
            break;
        }
        parts.push(&tokens.text[comment.range.clone()]);
        wanted = comment.line.saturating_sub(1);
    }
    parts.reverse();
    plain_comment(&parts.join("\n"))
}
