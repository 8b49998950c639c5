//! Columns and keys that objects describe: Sequelize's `{ type: Sequelize.STRING(20) }`,
//! db-migrate's `{ type: "string" }` and TypeORM's `{ name: "id", isPrimary: true }`.
//! Entries that only the program knows make a table incomplete.

use super::method_call::MethodCall;
use crate::readers::SchemaFile;
use crate::readers::chains::{names_of, sql_literal, whole_text};
use crate::readers::classes::{entry, entry_text, text_of, texts_of};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SchemaChange, SqlTable, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, Kind, content};

/// Types that are not called as in SQL, in lower case.
const TYPES: &[(&str, &str)] = &[
    ("string", "varchar"),
    ("number", "integer"),
    ("now", "timestamp"),
    ("uuidv1", "uuid"),
    ("uuidv4", "uuid"),
    ("dateonly", "date"),
    ("citext", "text"),
];

/// The object that an argument is: `{...}` or `new Table({...})`.
pub(super) fn argument_object<'a>(value: &Cursor<'a>) -> Option<Cursor<'a>> {
    let mut rest = *value;
    if rest.eat("new") {
        while rest.word().is_some() && rest.mark(b'.') {}
        let inner = rest.group(b'(')?;
        let mut first = inner.split(b',').first().copied()?;
        return first.group(b'{');
    }
    if rest.is_mark(b'{') && !value_is_table_name(value) {
        return rest.group(b'{');
    }
    None
}

/// Sequelize: `{ tableName: "users", schema: "auth" }`.
fn value_is_table_name(value: &Cursor<'_>) -> bool {
    let mut rest = *value;
    let Some(object) = rest.group(b'{') else {
        return false;
    };
    entry(&object, "tableName").is_some()
}

/// The name and the value of an entry of an object.
pub(super) fn pair(mut part: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
    let key = part.next()?;
    let name = content(part.of(key));
    let is_key = matches!(key.kind, Kind::Word | Kind::Text);
    if is_key && part.mark(b':') {
        return Some((name, part));
    }
    None
}

/// Adds the columns of `{ id: {...}, name: "string" }`.
pub(super) fn add_columns<'a>(
    object: &Cursor<'a>,
    file: &SchemaFile,
    table: &mut SqlTable,
    keys: &mut Vec<TableKey>,
) {
    for part in object.split(b',') {
        match pair(part) {
            Some((name, value)) => {
                let mut column = column(&name, &value, keys);
                column.defined = file.origin(&part);
                table.columns.push(column);
            }
            // `...shared` and shorthands.
            None => table.is_complete = false,
        }
    }
}

/// A column by what its entry says.
fn column(name: &str, value: &Cursor<'_>, keys: &mut Vec<TableKey>) -> Column {
    let mut rest = *value;
    let Some(object) = rest.group(b'{') else {
        let mut column = Column::named(name);
        (column.data_type, column.values) = data_type(value, None);
        return column;
    };
    let named = entry_text(&object, "field");
    let mut column = Column::named(named.unwrap_or_else(|| name.to_owned()));
    fill(&mut column, &object, keys);
    column
}

fn fill(column: &mut Column, object: &Cursor<'_>, keys: &mut Vec<TableKey>) {
    if let Some(written) = entry(object, "type") {
        (column.data_type, column.values) = data_type(&written, entry(object, "length"));
    }
    if let Some(listed) = entry(object, "enum") {
        column.values = texts_of(&listed);
    }
    let is_key = is_true(object, &["primaryKey", "isPrimary"]);
    column.nullable = !is_key && is_nullable(object);
    column.is_identity = is_identity(object);
    column.comment = entry_text(object, "comment");
    column.default = default(object);
    let only = vec![column.name.clone()];
    if is_key {
        add_to_primary(keys, &column.name);
    }
    if is_true(object, &["unique", "isUnique"]) {
        let columns = only.clone();
        keys.push(TableKey::Unique(UniqueKey {
            name: None,
            columns,
        }));
    }
    keys.extend(reference(object, only).map(TableKey::Foreign));
}

/// Whether an entry of one of these names is `true`.
fn is_true(object: &Cursor<'_>, names: &[&str]) -> bool {
    let mut values = names.iter().filter_map(|name| entry(object, name));
    values.any(|value| value.is("true"))
}

/// Whether an object is TypeORM's, which says the name of its column.
fn is_typeorm(object: &Cursor<'_>) -> bool {
    entry(object, "name").is_some()
}

fn is_nullable(object: &Cursor<'_>) -> bool {
    if is_typeorm(object) {
        return is_true(object, &["isNullable"]);
    }
    let is_refused = match entry(object, "allowNull") {
        Some(value) => value.is("false"),
        None => false,
    };
    !is_refused && !is_true(object, &["notNull"])
}

fn is_identity(object: &Cursor<'_>) -> bool {
    if is_true(object, &["autoIncrement"]) {
        return true;
    }
    if !is_true(object, &["isGenerated"]) {
        return false;
    }
    let strategy = entry_text(object, "generationStrategy");
    strategy.as_deref() != Some("uuid")
}

/// The default as SQL. TypeORM's is a text with SQL.
fn default(object: &Cursor<'_>) -> Option<String> {
    let names = ["defaultValue", "default"];
    let value = names.iter().find_map(|name| entry(object, name))?;
    if is_typeorm(object)
        && let Some(sql) = text_of(&value)
    {
        return Some(sql);
    }
    sql_literal(&value)
}

/// `references: { model: "users", key: "id" }` and `foreignKey: { table: "users", mapping: "id" }`.
fn reference(object: &Cursor<'_>, columns: Vec<String>) -> Option<ForeignKey> {
    let found = ["references", "foreignKey"];
    let mut value = found.iter().find_map(|name| entry(object, name))?;
    let inner = value.group(b'{')?;
    let tables = ["model", "table"];
    let table = tables.iter().find_map(|name| table_name(&inner, name))?;
    let keys = ["key", "mapping"];
    let key = keys.iter().find_map(|name| entry_text(&inner, name));
    let on_delete = entry_text(object, "onDelete");
    Some(ForeignKey {
        columns,
        table: TableName::plain(table),
        references: key.into_iter().collect(),
        on_delete: on_delete.map(|action| action.to_uppercase()),
        ..ForeignKey::default()
    })
}

/// The table that an entry names: a text, or an object with its name.
fn table_name(object: &Cursor<'_>, name: &str) -> Option<String> {
    let mut value = entry(object, name)?;
    if let Some(inner) = value.group(b'{')
        && let Some(named) = entry(&inner, "tableName")
    {
        return text_of(&named);
    }
    text_of(&value)
}

/// The type that `Sequelize.STRING(20)`, `"string"` or `DataTypes.ENUM("a", "b")` is, and values.
fn data_type(value: &Cursor<'_>, length: Option<Cursor<'_>>) -> (Option<DataType>, Vec<String>) {
    if let Some(written) = whole_text(value) {
        let length = length.map(|length| text_of(&length).unwrap_or_else(|| length.written()));
        return (Some(sql_type(&written, length)), Vec::new());
    }
    let mut rest = *value;
    let mut name = rest.word();
    while rest.mark(b'.') {
        name = rest.word();
    }
    let arguments = rest.group(b'(');
    let Some(name) = name else {
        return (None, Vec::new());
    };
    match (name, arguments) {
        ("ENUM", Some(inner)) => {
            let kind = DataType::meaning(TypeKind::Enum, "enum");
            (Some(kind), texts_of(&inner))
        }
        ("ARRAY", Some(inner)) if inner.tokens.len() < value.tokens.len() => {
            let (mut list, values) = element(&inner);
            if let Some(list) = &mut list {
                list.is_list = true;
            }
            (list, values)
        }
        (name, inner) => {
            let numbers = inner
                .filter(|inner| inner.tokens.iter().all(|t| t.kind != Kind::Word))
                .map(|inner| inner.written());
            (Some(sql_type(name, numbers)), Vec::new())
        }
    }
}

/// The type of the elements of a list; lists of lists are one.
fn element(value: &Cursor<'_>) -> (Option<DataType>, Vec<String>) {
    let mut rest = *value;
    let mut name = rest.word().unwrap_or_default();
    while rest.mark(b'.') {
        name = rest.word().unwrap_or(name);
    }
    (Some(sql_type(name, None)), Vec::new())
}

fn sql_type(written: &str, size: Option<String>) -> DataType {
    let lower = written.to_lowercase();
    let known = TYPES.iter().find(|(name, _)| *name == lower);
    let base = known.map_or(written, |(_, base)| *base);
    match size.filter(|size| size.starts_with(|c: char| c.is_ascii_digit())) {
        Some(size) => DataType::of(&format!("{base}({size})")),
        None => DataType::of(base),
    }
}

/// TypeORM: `createTable(new Table({ name, columns: [...], foreignKeys: [...] }))`.
pub(super) fn create(object: &Cursor<'_>, file: &SchemaFile, at: &Origin, builder: &mut Builder) {
    let Some(name) = entry_text(object, "name") else {
        builder.note(at, "a table whose name only the program knows", true);
        return;
    };
    let (mut table, mut keys) = (SqlTable::named(TableName::plain(name)), Vec::new());
    for item in list(object, "columns") {
        match typeorm_column(&item, &mut keys) {
            Some(mut column) => {
                column.defined = file.origin(&item);
                table.columns.push(column);
            }
            None => table.is_complete = false,
        }
    }
    for item in list(object, "foreignKeys") {
        let item = argument_object(&item);
        let key = item.and_then(|item| foreign_key(&item));
        keys.extend(key.map(TableKey::Foreign));
    }
    for item in list(object, "uniques") {
        let item = argument_object(&item);
        let columns = item.and_then(|item| entry(&item, "columnNames"));
        keys.push(TableKey::Unique(UniqueKey {
            name: None,
            columns: columns.as_ref().map(names_of).unwrap_or_default(),
        }));
    }
    if !table.is_complete {
        builder.note(at, "a column that only the program knows", true);
    }
    builder.define(table, keys, at);
}

fn list<'a>(object: &Cursor<'a>, name: &str) -> Vec<Cursor<'a>> {
    let Some(mut value) = entry(object, name) else {
        return Vec::new();
    };
    match value.group(b'[') {
        Some(inner) => inner.split(b','),
        None => Vec::new(),
    }
}

fn typeorm_column(item: &Cursor<'_>, keys: &mut Vec<TableKey>) -> Option<Column> {
    let object = argument_object(item)?;
    let mut column = Column::named(entry_text(&object, "name")?);
    fill(&mut column, &object, keys);
    Some(column)
}

/// `{ columnNames, referencedTableName, referencedColumnNames }`.
pub(super) fn foreign_key(object: &Cursor<'_>) -> Option<ForeignKey> {
    let text = |name: &str| entry_text(object, name);
    let names = |name: &str| entry(object, name).map(|value| names_of(&value));
    Some(ForeignKey {
        name: text("name"),
        columns: names("columnNames")?,
        table: TableName::plain(text("referencedTableName")?),
        references: names("referencedColumnNames").unwrap_or_default(),
        on_delete: text("onDelete"),
        on_update: text("onUpdate"),
    })
}

/// `addColumn(table, "name", {...})`, `addColumn(table, new TableColumn({...}))` and
/// `changeColumn`, whose column may get another name.
pub(super) fn column_changes(
    call: &MethodCall<'_>,
    table: TableName,
    name: Option<String>,
    file: &SchemaFile,
) -> Vec<SchemaChange> {
    let (mut found, mut keys) = (Vec::new(), Vec::new());
    let is_change = call.name == "changeColumn";
    let last = call.arguments.get(if name.is_some() { 2 } else { 1 });
    let Some(last) = last else {
        return Vec::new();
    };
    let mut rest = *last;
    let items = match rest.group(b'[') {
        Some(inner) => inner.split(b','),
        None => vec![*last],
    };
    for item in items {
        let made = match &name {
            Some(name) if !item.is("new") => Some(column(name, &item, &mut keys)),
            _ => typeorm_column(&item, &mut keys),
        };
        let Some(mut column) = made else { continue };
        column.defined = file.origin(&item);
        let old = name.clone().unwrap_or_else(|| column.name.clone());
        let (table, column) = (table.clone(), Box::new(column));
        found.push(match is_change {
            true => SchemaChange::ReplaceColumn { table, old, column },
            false => SchemaChange::AddColumn {
                table,
                column,
                or_keep: true,
            },
        });
    }
    found.extend(keys.into_iter().map(|key| SchemaChange::AddKey {
        table: table.clone(),
        key,
    }));
    found
}
