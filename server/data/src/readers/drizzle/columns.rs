//! The columns, keys and indexes of Drizzle's tables, by the names that files give.
//!
//! How a file is read for its names is not known here.

use super::{Named, Names, TableCall, chain, listed_values, properties};
use crate::readers::chains::{Link, links, sql_literal};
use crate::readers::classes::{entry, text_of};
use crate::readers::nesting::Nesting;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SqlTable, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, content};

/// Functions that make a column and are not called as types of SQL.
const TYPES: &[(&str, &str)] = &[
    ("int", "integer"),
    ("bigserial", "bigint"),
    ("smallserial", "smallint"),
    ("serial", "integer"),
    ("doublePrecision", "double precision"),
    ("datetime", "timestamp"),
    ("mediumint", "integer"),
    ("mysqlEnum", "enum"),
];
/// How deep objects of columns may name each other.
pub(super) const MAX_DEPTH: usize = 4;

impl<'a> Names<'a> {
    pub(super) fn add_columns(
        &self,
        object: Cursor<'a>,
        call: &TableCall<'a>,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
        nesting: &mut Nesting,
    ) {
        for part in object.split(b',') {
            let mut rest = part;
            if rest.marks("...") {
                let named = rest.word().and_then(|name| self.by_name.get(name));
                match named {
                    Some(Named::Columns(inner)) if nesting.enter() => {
                        self.add_columns(*inner, call, table, keys, nesting);
                        nesting.leave();
                    }
                    _ => table.is_complete = false,
                }
                continue;
            }
            let property = rest.next().map(|token| content(part.of(token)));
            let made = property.filter(|_| rest.mark(b':')).and_then(|property| {
                let chain = chain(rest);
                self.column(&property, &chain, keys)
            });
            match made {
                Some(mut column) => {
                    column.defined = call.file.origin(&part);
                    table.columns.push(column);
                }
                None => table.is_complete = false,
            }
        }
    }

    fn column(
        &self,
        property: &str,
        chain: &[Link<'a>],
        keys: &mut Vec<TableKey>,
    ) -> Option<Column> {
        let (first, others) = chain.split_first()?;
        let mut column = Column::named(first.text(0).unwrap_or_else(|| property.to_owned()));
        let plain = first.plain();
        let mut options = plain.last().copied();
        let options = options.as_mut().and_then(|value| value.group(b'{'));
        let number = |name: &str| Some(entry(options.as_ref()?, name)?.written());
        let known = TYPES.iter().find(|(name, _)| *name == first.name);
        let base = known.map_or(first.name, |(_, base)| *base);
        let size = number("length").or_else(|| {
            let digits = number("precision").filter(|_| base == "numeric" || base == "decimal")?;
            let scale = number("scale").unwrap_or_else(|| "0".into());
            Some(format!("{digits}, {scale}"))
        });
        column.data_type = Some(DataType::of(&match size {
            Some(size) => format!("{base}({size})"),
            None => base.to_owned(),
        }));
        column.values = options.as_ref().map(listed_values).unwrap_or_default();
        if first.name == "mysqlEnum" {
            column.values = first.names(1);
        }
        if let Some(Named::Enum(values)) = self.by_name.get(first.name) {
            column.values.clone_from(values);
            column.data_type = Some(DataType::meaning(TypeKind::Enum, "enum"));
        }
        if first.name.ends_with("serial") {
            (column.is_identity, column.nullable) = (true, false);
        }
        for link in others {
            self.modify(&mut column, link, keys);
        }
        Some(column)
    }

    fn modify(&self, column: &mut Column, link: &Link<'a>, keys: &mut Vec<TableKey>) {
        let only = vec![column.name.clone()];
        match link.name {
            "primaryKey" => {
                add_to_primary(keys, &column.name);
                column.nullable = false;
                column.is_identity |= link.arguments.written().contains("autoIncrement: true");
            }
            "notNull" => column.nullable = false,
            "unique" => keys.push(TableKey::Unique(UniqueKey {
                name: link.text(0),
                columns: only,
            })),
            "array" => {
                if let Some(data_type) = &mut column.data_type {
                    data_type.is_list = true;
                }
            }
            "autoincrement" | "generatedAlwaysAsIdentity" | "generatedByDefaultAsIdentity" => {
                column.is_identity = true;
            }
            "default" => column.default = link.plain().first().and_then(sql_literal),
            "defaultNow" => column.default = Some("CURRENT_TIMESTAMP".into()),
            "references" => {
                let plain = link.plain();
                let there = plain.first().and_then(|value| self.column_there(*value));
                let mut options = plain.get(1).copied();
                let options = options.as_mut().and_then(|value| value.group(b'{'));
                let action = |name: &str| {
                    let value = options.as_ref().and_then(|object| entry(object, name))?;
                    Some(text_of(&value)?.to_uppercase())
                };
                keys.extend(there.map(|(table, referenced)| {
                    TableKey::Foreign(ForeignKey {
                        columns: only,
                        table,
                        references: vec![referenced],
                        on_delete: action("onDelete"),
                        on_update: action("onUpdate"),
                        name: None,
                    })
                }));
            }
            _ => {}
        }
    }

    /// The table and column in `() => users.id` and `(): AnyPgColumn => users.id`.
    fn column_there(&self, value: Cursor<'a>) -> Option<(TableName, String)> {
        let mut rest = value;
        while !rest.is_empty() && !rest.marks("=>") {
            rest.skip();
        }
        let Some(Named::Table(call)) = self.by_name.get(rest.word()?) else {
            return None;
        };
        rest.mark(b'.');
        let property = rest.word()?;
        Some((call.name.clone(), column_name(call, property)))
    }

    /// The keys and indexes that the function after the columns lists.
    pub(super) fn keys_in(&self, function: Cursor<'a>, call: &TableCall<'a>) -> Vec<TableKey> {
        let (mut rest, mut found) = (function, Vec::new());
        while !rest.is_empty() {
            let is_key = rest.is_any(KEYS);
            let mut ahead = rest;
            let chain = if is_key {
                links(&mut ahead)
            } else {
                Vec::new()
            };
            if let Some(key) = self.key(&chain, call) {
                found.push(key);
                rest = ahead;
            } else {
                rest.next();
            }
        }
        found
    }

    fn key(&self, chain: &[Link<'a>], call: &TableCall<'a>) -> Option<TableKey> {
        let first = chain.first()?;
        let names = |value: &Cursor<'a>| -> Vec<String> {
            let names = properties(value).into_iter();
            names.map(|property| column_name(call, property)).collect()
        };
        let on = chain
            .iter()
            .find(|link| matches!(link.name, "on" | "using"));
        let on = on.map(|link| names(&link.arguments)).unwrap_or_default();
        let mut object = first.arguments;
        let object = object.group(b'{');
        let listed = |name: &str| entry(object.as_ref()?, name);
        match first.name {
            "primaryKey" => {
                let columns = listed("columns").map(|value| names(&value));
                let columns = columns.unwrap_or_else(|| names(&first.arguments));
                Some(TableKey::Primary(None, columns))
            }
            "foreignKey" => {
                let columns = listed("columns").map(|value| names(&value))?;
                let mut there = listed("foreignColumns")?.group(b'[')?;
                let whole = there;
                let Some(Named::Table(other)) = self.by_name.get(there.word()?) else {
                    return None;
                };
                let names = properties(&whole).into_iter();
                Some(TableKey::Foreign(ForeignKey {
                    columns,
                    table: other.name.clone(),
                    references: names.map(|name| column_name(other, name)).collect(),
                    ..ForeignKey::default()
                }))
            }
            _ if on.is_empty() => None,
            "index" => Some(TableKey::Index(TableIndex {
                name: first.text(0),
                columns: on,
                ..TableIndex::default()
            })),
            _ => Some(TableKey::Unique(UniqueKey {
                name: first.text(0),
                columns: on,
            })),
        }
    }
}

/// Functions that make keys and indexes.
const KEYS: &[&str] = &["primaryKey", "foreignKey", "index", "uniqueIndex", "unique"];

/// The column of a property of a table.
fn column_name(call: &TableCall<'_>, property: &str) -> String {
    let value = entry(&call.columns, property);
    let named = value.and_then(|value| chain(value).first()?.text(0));
    named.unwrap_or_else(|| property.to_owned())
}
