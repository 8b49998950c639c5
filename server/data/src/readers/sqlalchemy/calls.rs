//! What the calls say that make types, defaults and keys.

use crate::readers::python::{Call, PythonClass, call, dotted, items, literal, text, texts};
use crate::schema::change::TableKey;
use crate::schema::{DataType, ForeignKey, SqlTable, TableIndex, TableName, UniqueKey};
use crate::tokens::Cursor;

/// Types of SQLAlchemy and of Python, and what they mean.
pub(super) const TYPES: &[(&str, &str)] = &[
    ("str", "varchar"),
    ("int", "integer"),
    ("bool", "boolean"),
    ("float", "float"),
    ("bytes", "blob"),
    ("datetime", "datetime"),
    ("date", "date"),
    ("time", "time"),
    ("timedelta", "interval"),
    ("Decimal", "numeric"),
    ("UUID", "uuid"),
    ("Unicode", "varchar"),
    ("UnicodeText", "text"),
    ("LargeBinary", "blob"),
    ("PickleType", "blob"),
    ("BigInteger", "bigint"),
    ("SmallInteger", "smallint"),
    ("Uuid", "uuid"),
    ("LONGTEXT", "longtext"),
];

/// The type that an argument names: `String(20)`, `postgresql.UUID(as_uuid=True)`.
pub(crate) fn written_type(argument: Cursor<'_>) -> Option<DataType> {
    let called = call(argument);
    let name = called
        .as_ref()
        .map(|call| call.name)
        .or_else(|| dotted(&argument))?;
    if !name.starts_with(char::is_uppercase) {
        return None;
    }
    let known = TYPES.iter().find(|(known, _)| *known == name);
    let base = known.map_or(name, |(_, written)| *written);
    let mut size = Vec::new();
    if let Some(call) = &called {
        let numbers = call
            .plain()
            .chain(call.named("length"))
            .map(|value| value.written());
        size = numbers
            .filter(|value| value.parse::<u32>().is_ok())
            .collect();
    }
    if name == "ARRAY" {
        let inner = called
            .and_then(|call| call.plain().next())
            .and_then(written_type);
        let mut list = inner.unwrap_or_default();
        list.is_list = true;
        return Some(list);
    }
    let written = match size.is_empty() {
        true => base.to_owned(),
        false => format!("{base}({})", size.join(", ")),
    };
    Some(DataType::of(&written))
}

pub(super) fn server_default(value: Cursor<'_>) -> Option<String> {
    match call(value) {
        Some(inner) if inner.name == "text" => inner.plain().next().and_then(|value| text(&value)),
        Some(inner) if inner.path.contains("func.") => match inner.name {
            "now" | "current_timestamp" => Some("CURRENT_TIMESTAMP".into()),
            name => Some(format!("{name}()")),
        },
        Some(_) => None,
        None => literal(&value),
    }
}

/// The reference that `"schema.table.column"` makes.
pub(super) fn reference(
    there: &str,
    columns: Vec<String>,
    on_delete: Option<String>,
) -> Option<TableKey> {
    let mut parts: Vec<&str> = there.split('.').collect();
    let column = parts.pop()?;
    let table = parts.pop()?;
    let namespace = parts.pop().map(str::to_owned);
    Some(TableKey::Foreign(ForeignKey {
        columns,
        table: TableName::within(namespace, table.to_owned()),
        references: vec![column.to_owned()],
        on_delete: on_delete.map(|action| action.to_uppercase()),
        ..ForeignKey::default()
    }))
}

/// The constraint or index that a call makes in a table.
pub(crate) fn key_of(call: &Call<'_>) -> Option<TableKey> {
    let name = call.named_text("name");
    let plain = || -> Vec<String> {
        let column = |value: Cursor<'_>| text(&value).or_else(|| dotted(&value).map(str::to_owned));
        call.plain().filter_map(column).collect()
    };
    match call.name {
        "PrimaryKeyConstraint" => Some(TableKey::Primary(name, plain())),
        "UniqueConstraint" => Some(TableKey::Unique(UniqueKey {
            name,
            columns: plain(),
        })),
        "ForeignKeyConstraint" => {
            let columns = call.argument("columns", 0).and_then(texts)?;
            let there = call.argument("refcolumns", 1).and_then(texts)?;
            let on_delete = call.named_text("ondelete");
            let first = reference(there.first()?, columns, on_delete)?;
            let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_owned();
            match first {
                TableKey::Foreign(key) => Some(TableKey::Foreign(ForeignKey {
                    references: there.iter().map(last).collect(),
                    name,
                    ..key
                })),
                _ => None,
            }
        }
        "Index" => {
            let mut columns = plain();
            let own = (!columns.is_empty()).then(|| columns.remove(0));
            Some(TableKey::Index(TableIndex {
                name: own,
                columns,
                is_unique: call.is_true("unique"),
                condition: None,
            }))
        }
        _ => None,
    }
}

/// An entry of `__table_args__`; names of attributes are names of columns there.
pub(super) fn table_argument(
    argument: Cursor<'_>,
    table: &mut SqlTable,
    class: &PythonClass<'_>,
) -> Option<TableKey> {
    if argument.is_mark(b'{') {
        let entries = items(argument)?;
        for mut entry in entries {
            let key = entry
                .next()
                .map(|token| crate::tokens::content(entry.of(token)));
            entry.mark(b':');
            if key.as_deref() == Some("comment") {
                table.comment = text(&entry);
            }
        }
        return None;
    }
    let _ = class;
    key_of(&call(argument)?)
}

/// The `schema` in `__table_args__`.
pub(super) fn schema_of(value: Cursor<'_>) -> Option<String> {
    let entries = items(value)?;
    let nested = entries
        .iter()
        .filter(|entry| entry.is_mark(b'{'))
        .filter_map(|entry| items(*entry));
    let all: Vec<Cursor<'_>> = nested.flatten().chain(entries.iter().copied()).collect();
    all.into_iter().find_map(|mut entry| {
        let key = entry
            .next()
            .map(|token| crate::tokens::content(entry.of(token)))?;
        (key == "schema" && entry.mark(b':'))
            .then(|| text(&entry))
            .flatten()
    })
}
