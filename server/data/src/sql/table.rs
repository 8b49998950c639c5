//! CREATE TABLE: columns, constraints of the table, and the forms that copy another table.

use super::check::listed_values;
use super::column::{ColumnDefinition, column, reference, shown};
use super::comments::Remarks;
use super::names::{self, column_list, name, table_name};
use super::view::{self, Star};
use crate::schema::change::TableKey;
use crate::schema::parts::add_key;
use crate::schema::{SchemaChange, SqlTable, TableIndex, TableName, UniqueKey};
use crate::tokens::{Cursor, Kind};

/// What a statement says, and what of it was not understood.
#[derive(Default)]
pub(crate) struct Understood {
    pub changes: Vec<SchemaChange>,
    /// Line and message of what was left out.
    pub problems: Vec<(u32, String)>,
}

impl Understood {
    /// A single change.
    pub fn one(change: SchemaChange) -> Self {
        Self {
            changes: vec![change],
            problems: Vec::new(),
        }
    }

    /// Adds the columns of other tables that a table has by `*`.
    pub fn copy(&mut self, table: &TableName, stars: Vec<Star>) {
        let changes = stars.into_iter().map(|star| SchemaChange::CopyColumns {
            table: table.clone(),
            from: star.from,
            place: star.place,
        });
        self.changes.extend(changes);
    }
}

/// Reads what follows CREATE TABLE.
pub(crate) fn create_table(
    cursor: &mut Cursor<'_>,
    or_replace: bool,
    remarks: &Remarks<'_>,
) -> Result<Understood, String> {
    let or_keep = cursor.eat_all(&["if", "not", "exists"]);
    let shown = shown(cursor);
    let name = table_name(cursor);
    let name = name.ok_or_else(|| format!("the name of the table is not plain: `{shown}`"))?;
    if name.name.starts_with('#') || name.name.starts_with('@') {
        return Ok(Understood::default());
    }
    let mut table = SqlTable::named(name);
    table.comment = remarks.above();
    let mut understood = Understood::default();
    let (mut copied, mut stars) = (Vec::new(), Vec::new());
    if cursor.eat("like") {
        return like(cursor, table.name);
    }
    if cursor.eat_all(&["partition", "of"]) {
        // A part of another table, whose columns it has.
        return like(cursor, table.name);
    }
    if cursor.eat("using") {
        virtual_columns(cursor, &mut table);
    } else if let Some(inner) = cursor.group(b'(') {
        let mut only = inner;
        if only.eat("like") {
            return like(&mut only, table.name);
        }
        if inner.is("select") || inner.is("with") {
            stars = view::add_columns(&inner, &mut table);
        } else {
            copied = add_items(&inner, &mut table, remarks, &mut understood);
        }
    } else if cursor.is_mark(b'(') {
        return Err(format!(
            "the bracket after `{}` is never closed",
            table.name
        ));
    }
    stars.extend(options(cursor, &mut table, &mut copied));
    let name = table.name.clone();
    let create = SchemaChange::Create {
        table: Box::new(table),
        or_keep,
        or_replace,
    };
    understood.changes.push(create);
    let inherit = copied.into_iter().map(|from| SchemaChange::Inherit {
        table: name.clone(),
        from,
    });
    understood.changes.extend(inherit);
    understood.copy(&name, stars);
    Ok(understood)
}

fn like(cursor: &mut Cursor<'_>, name: TableName) -> Result<Understood, String> {
    let like = table_name(cursor).ok_or("no name of a table after LIKE")?;
    Ok(Understood::one(SchemaChange::CreateLike { name, like }))
}

/// What follows the columns: MySQL's comment, PostgreSQL's parents, a query.
fn options(
    cursor: &mut Cursor<'_>,
    table: &mut SqlTable,
    copied: &mut Vec<TableName>,
) -> Vec<Star> {
    while !cursor.is_empty() {
        if cursor.eat("inherits") {
            let parents = cursor.group(b'(').map(|inner| inner.split(b','));
            let mut parents = parents.unwrap_or_default();
            copied.extend(parents.iter_mut().filter_map(table_name));
        } else if cursor.eat("comment") {
            cursor.mark(b'=');
            if let Some(token) = cursor.next().filter(|token| token.kind != Kind::Word) {
                let text = names::text(cursor.of(token));
                table.comment = Some(text).filter(|text| !text.is_empty());
            }
        } else if cursor.eat("as") || cursor.is("select") && table.columns.is_empty() {
            return view::add_columns(cursor, table);
        } else {
            cursor.skip();
        }
    }
    Vec::new()
}

/// The columns of SQLite's virtual tables: those of its text search are plain names.
fn virtual_columns(cursor: &mut Cursor<'_>, table: &mut SqlTable) {
    let module = cursor.word().unwrap_or_default().to_lowercase();
    let items = cursor.group(b'(').map(|inner| inner.split(b','));
    let is_search = module.starts_with("fts");
    let is_known = is_search || module == "rtree";
    table.is_complete = is_known;
    for mut item in items.unwrap_or_default() {
        let mut ahead = item;
        let is_option = name(&mut ahead).is_some() && ahead.is_mark(b'=');
        if is_known
            && !is_option
            && let Ok(found) = column(&mut item)
        {
            let mut column = found.column;
            column.data_type = None;
            table.columns.push(column);
        }
    }
}

/// Adds what is between the brackets. Gives the tables whose columns are copied.
fn add_items(
    inner: &Cursor<'_>,
    table: &mut SqlTable,
    remarks: &Remarks<'_>,
    understood: &mut Understood,
) -> Vec<TableName> {
    let (mut copied, mut keys) = (Vec::new(), Vec::new());
    for item in inner.split(b',') {
        let mut rest = item;
        if rest.eat("like") {
            copied.extend(table_name(&mut rest));
        } else if is_table_constraint(&item) {
            keys.extend(table_constraint(&mut rest));
        } else {
            match column(&mut rest) {
                Ok(found) => add_column(found, &item, table, remarks, &mut keys),
                Err(why) => {
                    table.is_complete = false;
                    understood.problems.push((item.line(), why));
                }
            }
        }
    }
    for key in keys {
        if let Err(why) = add_key(table, key) {
            understood.problems.push((inner.line(), why));
        }
    }
    copied
}

fn add_column(
    found: ColumnDefinition,
    item: &Cursor<'_>,
    table: &mut SqlTable,
    remarks: &Remarks<'_>,
    keys: &mut Vec<TableKey>,
) {
    let mut column = found.column;
    column.defined = remarks.origin(item);
    column.comment = column.comment.or_else(|| remarks.of_item(item));
    keys.extend(found.keys);
    if table.column(&column.name).is_none() {
        table.columns.push(column);
    }
}

/// Whether an item between the brackets is a constraint, and not a column of such a name.
pub(crate) fn is_table_constraint(item: &Cursor<'_>) -> bool {
    let mut rest = *item;
    let Some(word) = rest.word() else {
        return false;
    };
    let lower = word.to_lowercase();
    match lower.as_str() {
        "constraint" | "exclude" => true,
        "primary" | "foreign" => rest.is("key"),
        "check" => rest.is_mark(b'('),
        "period" => rest.is("for"),
        "fulltext" | "spatial" => rest.is_any(&["key", "index"]) || is_index(rest),
        "unique" => {
            rest.is_any(&["key", "index", "nulls", "clustered", "nonclustered"]) || is_index(rest)
        }
        "key" | "index" => is_index(rest),
        _ => false,
    }
}

/// Whether `name (column, ...)` is next: in the brackets of a type is a number or a text.
fn is_index(mut rest: Cursor<'_>) -> bool {
    if !rest.is_mark(b'(') {
        name(&mut rest);
    }
    if rest.eat("using") {
        return true;
    }
    let _ = rest.eat("clustered") || rest.eat("nonclustered");
    let inner = rest.group(b'(');
    let first = inner.and_then(|inner| inner.peek());
    first.is_some_and(|token| !matches!(token.kind, Kind::Number | Kind::Text))
        && !inner.is_some_and(|inner| inner.is("max"))
}

/// Takes a constraint of a table; none if it says nothing that is kept.
pub(crate) fn table_constraint(cursor: &mut Cursor<'_>) -> Option<TableKey> {
    let mut named = None;
    if cursor.eat("constraint") {
        let is_unnamed = cursor.is_any(&["primary", "unique", "foreign", "check"]);
        named = if is_unnamed { None } else { name(cursor) };
    }
    if cursor.eat_all(&["primary", "key"]) {
        return Some(TableKey::Primary(named, columns(cursor)?));
    }
    if cursor.eat_all(&["foreign", "key"]) {
        if !cursor.is_mark(b'(') {
            named = named.or_else(|| name(cursor));
        }
        let columns = columns(cursor)?;
        cursor.eat("references").then_some(())?;
        return reference(cursor, named, columns);
    }
    if cursor.eat("check") {
        let (column, values) = listed_values(&cursor.group(b'(')?)?;
        return Some(TableKey::Values {
            name: named,
            column,
            values,
        });
    }
    let is_unique = cursor.eat("unique");
    let is_text = cursor.eat("fulltext") || cursor.eat("spatial");
    let is_index = cursor.eat("key") || cursor.eat("index");
    if !is_unique && !is_index && !is_text {
        return None;
    }
    if cursor.eat("nulls") {
        cursor.eat("not");
        cursor.eat("distinct");
    }
    cursor.eat_all(&["if", "not", "exists"]);
    if !cursor.is_mark(b'(') && !cursor.is_any(&["using", "clustered", "nonclustered"]) {
        named = name(cursor).or(named);
    }
    let columns = columns(cursor)?;
    Some(if is_unique {
        TableKey::Unique(UniqueKey {
            name: named,
            columns,
        })
    } else {
        TableKey::Index(TableIndex {
            name: named,
            columns,
            ..TableIndex::default()
        })
    })
}

/// The columns in the next brackets, after words such as CLUSTERED and USING BTREE.
fn columns(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    while !cursor.is_mark(b'(') {
        cursor.word()?;
    }
    cursor.group(b'(').map(|inner| column_list(&inner))
}
