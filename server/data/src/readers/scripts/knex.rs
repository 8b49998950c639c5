//! Knex: what the function of `createTable("users", (t) => {...})` or `alterTable` says of a
//! table. The other calls of a migration are not known here.

use crate::readers::SchemaFile;
use crate::readers::chains::{Link, links, names_of, sql_literal};
use crate::schema::builder::Builder;
use crate::schema::change::{KeyName, TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SchemaChange, SqlTable, TableIndex, TableName, TypeKind,
    UniqueKey,
};
use crate::tokens::Cursor;

/// Methods that make a column, and the type of each in SQL.
const TYPES: &[(&str, &str)] = &[
    ("increments", "integer"),
    ("bigIncrements", "bigint"),
    ("integer", "integer"),
    ("int", "integer"),
    ("tinyint", "smallint"),
    ("smallint", "smallint"),
    ("mediumint", "integer"),
    ("bigint", "bigint"),
    ("bigInteger", "bigint"),
    ("text", "text"),
    ("string", "varchar"),
    ("float", "float"),
    ("double", "double precision"),
    ("decimal", "numeric"),
    ("boolean", "boolean"),
    ("date", "date"),
    ("datetime", "timestamp"),
    ("dateTime", "timestamp"),
    ("time", "time"),
    ("timestamp", "timestamp"),
    ("binary", "blob"),
    ("json", "json"),
    ("jsonb", "jsonb"),
    ("uuid", "uuid"),
    ("enum", "enum"),
    ("enu", "enum"),
    ("geometry", "geometry"),
    ("geography", "geography"),
    ("point", "point"),
];
/// Methods of a table that say nothing of its columns.
const OTHERS: &[&str] = &[
    "engine",
    "charset",
    "collate",
    "inherits",
    "check",
    "checkPositive",
    "queryContext",
];

/// The function that describes a table.
pub(super) struct Block<'a> {
    pub file: &'a SchemaFile,
    /// Its parameter and what follows it.
    pub inner: Cursor<'a>,
    /// Whether the table begins to exist.
    pub is_new: bool,
}

/// The function that an argument is: `(t) => ...`, `t => ...` or `function (t) {...}`.
pub(super) fn block(value: Cursor<'_>) -> Option<Cursor<'_>> {
    let mut rest = value;
    rest.eat("async");
    let is_function = rest.eat("function");
    if is_function {
        let mut named = rest;
        if named.word().is_some() {
            rest = named;
        }
    }
    let start = rest;
    let mut after = rest;
    if after.group(b'(').is_some() {
        while !after.is_empty() && !after.is_mark(b'=') && !after.is_mark(b'{') {
            after.next();
        }
        return (is_function || after.marks("=>")).then_some(start);
    }
    (after.word().is_some() && after.marks("=>")).then_some(start)
}

/// What is found of a table, column after column.
struct Described<'b> {
    name: TableName,
    table: SqlTable,
    keys: Vec<TableKey>,
    changes: Vec<SchemaChange>,
    builder: &'b mut Builder,
}

/// Describes or changes a table.
pub(super) fn describe(block: &Block<'_>, name: TableName, at: &Origin, builder: &mut Builder) {
    let mut rest = block.inner;
    let mut parameter = rest.group(b'(').unwrap_or(rest);
    let Some(parameter) = parameter.word() else {
        return;
    };
    let mut described = Described {
        table: SqlTable::named(name.clone()),
        name,
        keys: Vec::new(),
        changes: Vec::new(),
        builder,
    };
    while !rest.is_empty() {
        let start = rest;
        let is_own = rest.word() == Some(parameter);
        if !is_own {
            rest = start;
            rest.next();
            continue;
        }
        if rest.mark(b'.') {
            let chain = links(&mut rest);
            let whole = start.until(&rest);
            described.chain(&chain, block, &block.file.origin(&whole));
        }
    }
    described.finish(block.is_new, at);
}

impl Described<'_> {
    fn chain(&mut self, chain: &[Link<'_>], block: &Block<'_>, at: &Origin) {
        let Some((first, others)) = chain.split_first() else {
            return;
        };
        if first.name == "timestamps" {
            self.timestamps(first, at);
        } else if let Some(mut column) = column(first) {
            column.defined = at.clone();
            let is_altered = self.modify(&mut column, first, others);
            if is_altered && !block.is_new {
                self.changes.push(SchemaChange::ReplaceColumn {
                    table: self.name.clone(),
                    old: column.name.clone(),
                    column: Box::new(column),
                });
            } else {
                self.table.columns.push(column);
            }
        } else if let Some(key) = key(first, others) {
            self.keys.push(key);
        } else if !self.change(first) && !OTHERS.contains(&first.name) {
            let message = format!("`{}` of a table's builder: not understood", first.name);
            self.builder.note(at, message, true);
        }
    }

    /// What follows a column's type. Whether the column is there already.
    fn modify(&mut self, column: &mut Column, first: &Link<'_>, others: &[Link<'_>]) -> bool {
        let only = vec![column.name.clone()];
        let is_number = first.name.ends_with("ncrements");
        let is_aside = first.plain().iter().any(|part| {
            let mut rest = *part;
            let object = rest.group(b'{');
            object.is_some_and(|object| {
                let key = crate::readers::classes::entry(&object, "primaryKey");
                key.is_some_and(|value| value.is("false"))
            })
        });
        if is_number {
            (column.is_identity, column.nullable) = (true, false);
        }
        if is_number && !is_aside {
            add_to_primary(&mut self.keys, &column.name);
        }
        let mut reference: Option<ForeignKey> = None;
        for link in others {
            match link.name {
                "notNullable" | "notNull" => column.nullable = false,
                "nullable" => column.nullable = !link.arguments.is("false"),
                "primary" => add_to_primary(&mut self.keys, &column.name),
                "unique" => self.keys.push(TableKey::Unique(UniqueKey {
                    name: None,
                    columns: only.clone(),
                })),
                "index" => self.keys.push(TableKey::Index(TableIndex {
                    name: link.text(0),
                    columns: only.clone(),
                    ..TableIndex::default()
                })),
                "defaultTo" => column.default = link.plain().first().and_then(sql_literal),
                "comment" => column.comment = link.text(0),
                _ => refer(&mut reference, link, &only),
            }
        }
        let there = reference.filter(|key| !key.table.name.is_empty());
        self.keys.extend(there.map(TableKey::Foreign));
        others.iter().any(|link| link.name == "alter")
    }

    fn timestamps(&mut self, link: &Link<'_>, at: &Origin) {
        let is_camel = link.plain().get(2).is_some_and(|value| value.is("true"));
        let has_defaults = link.plain().get(1).is_some_and(|value| value.is("true"));
        let names = match is_camel {
            true => ["createdAt", "updatedAt"],
            false => ["created_at", "updated_at"],
        };
        for name in names {
            let mut column = Column::typed(name, "timestamp");
            column.nullable = !has_defaults;
            column.default = has_defaults.then(|| "CURRENT_TIMESTAMP".to_owned());
            column.defined = at.clone();
            self.table.columns.push(column);
        }
    }

    /// What takes away or renames columns and keys. Whether it is that.
    fn change(&mut self, link: &Link<'_>) -> bool {
        let table = self.name.clone();
        let drop = |column: String| SchemaChange::DropColumn {
            table: table.clone(),
            column,
            if_exists: false,
        };
        let key = |name: KeyName| SchemaChange::DropKey {
            table: Some(table.clone()),
            name,
        };
        match link.name {
            "dropColumn" | "dropColumns" => {
                let plain = link.plain();
                let names = plain.iter().flat_map(names_of);
                self.changes.extend(names.map(drop));
            }
            "dropTimestamps" => {
                let names = ["created_at", "updated_at"].map(str::to_owned);
                self.changes.extend(names.map(drop));
            }
            "renameColumn" => {
                let names = link.text(0).zip(link.text(1));
                self.changes
                    .extend(names.map(|(from, to)| SchemaChange::RenameColumn {
                        table: table.clone(),
                        from,
                        to,
                    }));
            }
            "dropPrimary" => self.changes.push(key(KeyName::Primary)),
            "dropForeign" => self.changes.push(key(KeyName::ForeignOf(link.names(0)))),
            "dropUnique" | "dropIndex" => {
                self.changes.push(key(KeyName::IndexOf(link.names(0))));
                let named = link.text(1).map(|name| key(KeyName::Named(name)));
                self.changes.extend(named);
            }
            "setNullable" | "dropNullable" => {
                let patch = crate::schema::change::ColumnPatch {
                    nullable: Some(link.name == "setNullable"),
                    ..Default::default()
                };
                let change = link.text(0).map(|column| SchemaChange::AlterColumn {
                    table: table.clone(),
                    column,
                    patch,
                });
                self.changes.extend(change);
            }
            "comment" => self.table.comment = link.text(0),
            _ => return false,
        }
        true
    }

    fn finish(self, is_new: bool, at: &Origin) {
        let name = self.name;
        if is_new {
            self.builder.define(self.table, self.keys, at);
        } else {
            for column in self.table.columns {
                let origin = column.defined.clone();
                let change = SchemaChange::AddColumn {
                    table: name.clone(),
                    column: Box::new(column),
                    or_keep: true,
                };
                self.builder.apply(change, &origin);
            }
            for key in self.keys {
                let table = name.clone();
                self.builder.apply(SchemaChange::AddKey { table, key }, at);
            }
        }
        for change in self.changes {
            self.builder.apply(change, at);
        }
    }
}

/// The column that a method makes.
fn column(link: &Link<'_>) -> Option<Column> {
    let plain = link.plain();
    if link.name == "specificType" {
        return Some(Column::typed(link.text(0)?, &link.text(1)?));
    }
    let (_, base) = TYPES.iter().find(|(name, _)| *name == link.name)?;
    let name = link.text(0);
    let is_number = link.name.ends_with("ncrements");
    let name = name.or_else(|| is_number.then(|| "id".to_owned()))?;
    let mut column = Column::typed(name, base);
    match link.name {
        "enum" | "enu" => {
            column.values = link.names(1);
            column.data_type = Some(DataType::meaning(TypeKind::Enum, "enum"));
        }
        "string" | "decimal" => {
            let numbers = plain.iter().skip(1).map(Cursor::written);
            let numbers: Vec<String> = numbers.take_while(|n| n.parse::<u32>().is_ok()).collect();
            if !numbers.is_empty() {
                column.data_type = Some(DataType::of(&format!("{base}({})", numbers.join(", "))));
            }
        }
        _ => {}
    }
    Some(column)
}

/// The key that a method of a table makes.
fn key(link: &Link<'_>, others: &[Link<'_>]) -> Option<TableKey> {
    let columns = link.names(0);
    let name = link.text(1);
    match link.name {
        _ if columns.is_empty() => None,
        "primary" => Some(TableKey::Primary(name, columns)),
        "unique" => Some(TableKey::Unique(UniqueKey { name, columns })),
        "index" => Some(TableKey::Index(TableIndex {
            name,
            columns,
            ..TableIndex::default()
        })),
        "foreign" => {
            let mut reference = None;
            for other in others {
                refer(&mut reference, other, &columns);
            }
            let there = reference.filter(|key| !key.table.name.is_empty());
            there.map(TableKey::Foreign)
        }
        _ => None,
    }
}

/// `.references("id").inTable("users").onDelete("CASCADE")`.
fn refer(reference: &mut Option<ForeignKey>, link: &Link<'_>, columns: &[String]) {
    let key = || ForeignKey {
        columns: columns.to_vec(),
        ..ForeignKey::default()
    };
    match link.name {
        "references" => {
            let found = reference.get_or_insert_with(key);
            found.references = link.names(0);
            let dotted = link.text(0);
            if let Some((table, column)) = dotted.as_ref().and_then(|name| name.rsplit_once('.')) {
                found.table = TableName::plain(table);
                found.references = vec![column.to_owned()];
            }
        }
        "inTable" => {
            let table = link.text(0).map(TableName::plain).unwrap_or_default();
            reference.get_or_insert_with(key).table = table;
        }
        "onDelete" => {
            let action = link.text(0).map(|action| action.to_uppercase());
            reference.get_or_insert_with(key).on_delete = action;
        }
        "onUpdate" => {
            let action = link.text(0).map(|action| action.to_uppercase());
            reference.get_or_insert_with(key).on_update = action;
        }
        _ => {}
    }
}
