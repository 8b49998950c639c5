//! The arguments of Rails' calls, and the block of a table: `t.string "name", null: false`.

use super::SchemaFile;
use super::naming::plural;
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::parts::add_key;
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SchemaChange, Table, TableIndex, TableName, UniqueKey,
};
use crate::tokens::{Cursor, Kind, content};

/// Rails' names of types that SQL calls otherwise.
const TYPES: &[(&str, &str)] = &[
    ("string", "varchar"),
    ("binary", "bytea"),
    ("datetime", "timestamp"),
    ("float", "double precision"),
    ("bigserial", "bigint"),
    ("serial", "integer"),
    ("primary_key", "bigint"),
];
/// Calls on a table that make no column.
const NO_COLUMNS: &[&str] = &[
    "check_constraint",
    "exclusion_constraint",
    "unique_constraint",
    "remove_index",
    "set_owner",
    "change_default",
    "change_null",
    "rename_index",
    "foreign_key",
    "remove_foreign_key",
    "index",
];

/// What a call is given.
pub(crate) struct Arguments<'a> {
    /// The arguments without names.
    pub plain: Vec<Cursor<'a>>,
    options: Vec<(String, Cursor<'a>)>,
}

/// A table's block, and the call that opens it.
pub(crate) struct TableBlock<'a> {
    pub file: &'a SchemaFile,
    pub arguments: &'a Arguments<'a>,
    pub lines: &'a [Cursor<'a>],
    pub is_new: bool,
    /// Whether keys are numbers of four bytes, as before Rails 5.1.
    pub is_old: bool,
}

impl<'a> Arguments<'a> {
    /// Takes the arguments, in brackets or up to `do`.
    pub fn of(rest: &mut Cursor<'a>) -> Self {
        let inner = rest.group(b'(').unwrap_or_else(|| {
            let start = *rest;
            while !rest.is_empty() && rest.peek_word() != Some("do") {
                let mut ahead = *rest;
                if ahead.mark(b'{') && ahead.is_mark(b'|') {
                    break;
                }
                rest.skip();
            }
            start.until(rest)
        });
        let mut arguments = Self {
            plain: Vec::new(),
            options: Vec::new(),
        };
        for part in inner.split(b',') {
            match option(part) {
                Some(option) => arguments.options.push(option),
                None => arguments.plain.push(part),
            }
        }
        arguments
    }

    /// The text or symbol at a place.
    pub fn name(&self, at: usize) -> Option<String> {
        self.plain.get(at).and_then(name_of)
    }

    /// The option of a name.
    pub fn option(&self, name: &str) -> Option<Cursor<'a>> {
        let found = self.options.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value)
    }

    /// The text or symbol that an option is.
    pub fn option_name(&self, name: &str) -> Option<String> {
        self.option(name).as_ref().and_then(name_of)
    }

    /// Whether an option is `true`, or a list of further options.
    pub fn is_true(&self, name: &str) -> bool {
        self.option(name)
            .is_some_and(|value| value.peek_text() == "true" || value.is_mark(b'{'))
    }

    fn is_false(&self, name: &str) -> bool {
        self.option(name)
            .is_some_and(|value| value.peek_text() == "false")
    }

    /// `on_delete: :nullify` in SQL's words.
    pub fn action(&self, name: &str) -> Option<String> {
        Some(match self.option_name(name)?.as_str() {
            "nullify" => "SET NULL".into(),
            other => other.to_uppercase(),
        })
    }

    /// The column of this name and type with these options.
    pub fn column(&self, name: &str, kind: &str, at: &Origin) -> Column {
        let known = TYPES.iter().find(|(rails, _)| *rails == kind);
        let base = known.map_or(kind, |(_, sql)| *sql);
        let number = |option: &str| self.option(option).map(|value| value.written());
        let written = match (kind, number("limit"), number("precision"), number("scale")) {
            ("integer", Some(limit), _, _) if limit == "8" => "bigint".to_owned(),
            ("integer", Some(limit), _, _) if limit == "2" || limit == "1" => "smallint".to_owned(),
            ("string", Some(limit), _, _) => format!("varchar({limit})"),
            ("decimal" | "numeric", _, Some(precision), scale) => {
                format!(
                    "{base}({precision}, {})",
                    scale.unwrap_or_else(|| "0".into())
                )
            }
            ("enum", _, _, _) => self
                .option_name("enum_type")
                .or_else(|| self.option_name("enum_name"))
                .unwrap_or_else(|| "enum".into()),
            ("virtual", _, _, _) => self.option_name("type").unwrap_or_default(),
            _ => base.to_owned(),
        };
        let mut column = Column::named(name);
        let mut data_type = DataType::of(&written);
        data_type.is_list = self.is_true("array");
        column.data_type = Some(data_type).filter(|_| !written.is_empty());
        column.nullable = !self.is_false("null");
        column.default = self.option("default").and_then(|value| literal(&value));
        column.generated = self.option_name("as");
        column.comment = self.option_name("comment");
        column.defined = at.clone();
        column
    }

    /// The index of the columns at a place.
    pub fn index(&self, at: usize) -> Option<TableKey> {
        let columns = names_of(self.plain.get(at)?);
        let (name, condition) = (self.option_name("name"), self.option_name("where"));
        let is_plain = columns.iter().all(|column| !column.contains('('));
        if columns.is_empty() {
            return None;
        }
        Some(
            if self.is_true("unique") && condition.is_none() && is_plain {
                TableKey::Unique(UniqueKey { name, columns })
            } else {
                TableKey::Index(TableIndex {
                    name,
                    columns,
                    is_unique: self.is_true("unique"),
                    condition,
                })
            },
        )
    }
}

/// `key: value` and `:key => value`.
fn option(part: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
    let mut rest = part;
    if rest.mark(b':') {
        let key = rest.word()?;
        return rest.marks("=>").then(|| (key.to_owned(), rest));
    }
    let token = rest.next()?;
    let is_key = token.kind == Kind::Word || token.kind == Kind::Text;
    let colon = rest
        .next()
        .filter(|next| is_key && next.kind == Kind::Mark(b':'))?;
    // `A::B` is a name.
    let is_name = rest.is_mark(b':') && rest.peek().is_some_and(|next| next.start == colon.end);
    let is_named = !is_name;
    is_named.then(|| (content(part.of(token)), rest))
}

/// A text or symbol.
pub(crate) fn name_of(value: &Cursor<'_>) -> Option<String> {
    let mut rest = *value;
    let is_symbol = rest.mark(b':');
    let token = rest.next()?;
    match token.kind {
        Kind::Text => Some(content(value.of(token))),
        Kind::Word if is_symbol => Some(value.of(token).to_owned()),
        _ => None,
    }
}

/// A text, a symbol, or a list: `["a", "b"]`, `[:a]`, `%w[a b]`.
pub(crate) fn names_of(value: &Cursor<'_>) -> Vec<String> {
    let mut rest = *value;
    if rest.mark(b'%') {
        rest.word();
        let inner = rest.group(b'[').or_else(|| rest.group(b'('));
        let words = inner.map_or(&[][..], |inner| inner.tokens);
        return words
            .iter()
            .map(|token| value.of(*token).to_owned())
            .collect();
    }
    match rest.group(b'[') {
        Some(inner) => inner.split(b',').iter().filter_map(name_of).collect(),
        None => name_of(value).into_iter().collect(),
    }
}

/// A literal as SQL; none for nil and for what Ruby computes.
pub(crate) fn literal(value: &Cursor<'_>) -> Option<String> {
    let mut rest = *value;
    let token = rest.peek()?;
    match token.kind {
        Kind::Text => Some(format!(
            "'{}'",
            content(value.of(token)).replace('\'', "''")
        )),
        Kind::Number => Some(value.written()),
        Kind::Word if value.is_any(&["true", "false"]) => Some(value.written()),
        Kind::Mark(b':') => name_of(value).map(|name| format!("'{name}'")),
        Kind::Mark(b'-') => {
            rest.next();
            // `-> { "now()" }`
            let inner = if rest.mark(b'>') {
                rest.group(b'{')
            } else {
                None
            };
            match inner {
                Some(inner) => name_of(&inner),
                None => Some(value.written()).filter(|written| written.parse::<f64>().is_ok()),
            }
        }
        _ => None,
    }
}

/// Describes what a block does to its table.
pub(crate) fn describe_block(block: &TableBlock<'_>, at: &Origin, builder: &mut Builder) {
    let Some(name) = block.arguments.name(0) else {
        builder.note(at, "a table without a plain name", true);
        return;
    };
    let name = match name.split_once('.') {
        Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
        None => TableName::plain(name),
    };
    if block.is_new {
        let mut table = Table::named(name.clone());
        table.comment = block.arguments.option_name("comment");
        add_own_key(block, &mut table, at);
        let or_keep = block.arguments.is_true("if_not_exists");
        // `force: true` drops the one that is there.
        let is_forced = block
            .arguments
            .option("force")
            .is_some_and(|value| value.peek_text() != "false");
        builder.apply(
            SchemaChange::Create {
                table: Box::new(table),
                or_keep,
                or_replace: is_forced,
            },
            at,
        );
    }
    for line in block.lines {
        let mut rest = *line;
        let is_of_table = rest.word().is_some() && rest.mark(b'.');
        let Some(call) = rest.word().filter(|_| is_of_table) else {
            continue;
        };
        let arguments = Arguments::of(&mut rest);
        let at = block.file.origin(line);
        let changes = line_changes(&name, call, &arguments, block.is_old, &at);
        match changes {
            Some(changes) => changes
                .into_iter()
                .for_each(|change| builder.apply(change, &at)),
            None => builder.note(&at, format!("`{call}` of a table is not known"), true),
        }
    }
}

/// The key that Rails adds to a table that has none.
fn add_own_key(block: &TableBlock<'_>, table: &mut Table, at: &Origin) {
    let arguments = block.arguments;
    let key = arguments.option("primary_key");
    let names = key.map(|value| names_of(&value)).unwrap_or_default();
    if arguments.is_false("id") || names.len() > 1 {
        table.primary_key = names;
        return;
    }
    let name = names.into_iter().next().unwrap_or_else(|| "id".into());
    let kind = arguments.option_name("id");
    let nested = arguments
        .option("id")
        .and_then(|mut value| value.group(b'{'));
    let nested = nested.and_then(|inner| {
        inner
            .split(b',')
            .into_iter()
            .find_map(|part| option(part).filter(|(key, _)| key == "type"))
    });
    let kind = kind.or_else(|| nested.and_then(|(_, value)| name_of(&value)));
    let kind = kind.unwrap_or_else(|| {
        if block.is_old {
            "integer".into()
        } else {
            "bigint".into()
        }
    });
    let empty = Arguments {
        plain: Vec::new(),
        options: Vec::new(),
    };
    let mut column = empty.column(&name, &kind, at);
    column.nullable = false;
    column.is_identity = !matches!(kind.as_str(), "uuid" | "string");
    table.columns.push(column);
    let _ = add_key(table, TableKey::Primary(None, vec![name]));
}

/// What one line of a block does; none if it is not known.
fn line_changes(
    table: &TableName,
    call: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
) -> Option<Vec<SchemaChange>> {
    let add = |column: Column| SchemaChange::AddColumn {
        table: table.clone(),
        column: Box::new(column),
        or_keep: false,
    };
    let names = || arguments.plain.iter().filter_map(name_of);
    let drop = |column: String| SchemaChange::DropColumn {
        table: table.clone(),
        column,
        if_exists: false,
    };
    Some(match call {
        "index" => {
            let key = arguments.index(0)?;
            vec![SchemaChange::AddKey {
                table: table.clone(),
                key,
            }]
        }
        "timestamps" => ["created_at", "updated_at"]
            .into_iter()
            .map(|name| {
                let mut column = arguments.column(name, "datetime", at);
                column.nullable =
                    is_old && arguments.option("null").is_none() || arguments.is_true("null");
                add(column)
            })
            .collect(),
        "references" | "belongs_to" => names()
            .flat_map(|name| reference_columns(table, &name, arguments, is_old, at))
            .collect(),
        "remove" => names().map(drop).collect(),
        "remove_references" | "remove_belongs_to" => {
            names().map(|name| drop(format!("{name}_id"))).collect()
        }
        "remove_timestamps" => ["created_at", "updated_at"]
            .map(|name| drop(name.to_owned()))
            .into(),
        "rename" => vec![SchemaChange::RenameColumn {
            table: table.clone(),
            from: arguments.name(0)?,
            to: arguments.name(1)?,
        }],
        "change" => {
            let column = arguments.column(&arguments.name(0)?, &arguments.name(1)?, at);
            vec![SchemaChange::ReplaceColumn {
                table: table.clone(),
                old: column.name.clone(),
                column: Box::new(column),
            }]
        }
        "column" => {
            let kind = arguments.name(1)?;
            vec![add(arguments.column(&arguments.name(0)?, &kind, at))]
        }
        "primary_key" => {
            let name = arguments.name(0)?;
            let kind = arguments.name(1).unwrap_or_else(|| "bigint".into());
            let mut column = arguments.column(&name, &kind, at);
            column.nullable = false;
            vec![
                add(column),
                SchemaChange::AddKey {
                    table: table.clone(),
                    key: TableKey::Primary(None, vec![name]),
                },
            ]
        }
        _ if NO_COLUMNS.contains(&call) => Vec::new(),
        kind => {
            let all: Vec<SchemaChange> = names()
                .map(|name| add(arguments.column(&name, kind, at)))
                .collect();
            (!all.is_empty()).then_some(all)?
        }
    })
}

/// The columns, index and key of a reference to another table.
pub(crate) fn reference_columns(
    table: &TableName,
    name: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
) -> Vec<SchemaChange> {
    let kind = arguments.option_name("type");
    let kind = kind.unwrap_or_else(|| {
        if is_old {
            "integer".into()
        } else {
            "bigint".into()
        }
    });
    let mut column = arguments.column(&format!("{name}_id"), &kind, at);
    column.data_type = Some(DataType::of(&kind));
    let mut columns = vec![column.name.clone()];
    let mut found = vec![column];
    if arguments.is_true("polymorphic") {
        found.insert(0, arguments.column(&format!("{name}_type"), "string", at));
        columns.insert(0, format!("{name}_type"));
    }
    let mut changes: Vec<SchemaChange> = found
        .into_iter()
        .map(|column| SchemaChange::AddColumn {
            table: table.clone(),
            column: Box::new(column),
            or_keep: false,
        })
        .collect();
    let has_index = match arguments.option("index") {
        Some(value) => value.peek_text() != "false",
        None => !is_old,
    };
    if has_index {
        changes.push(SchemaChange::AddKey {
            table: table.clone(),
            key: TableKey::Index(TableIndex {
                columns,
                ..TableIndex::default()
            }),
        });
    }
    if arguments.is_true("foreign_key") {
        let nested = arguments
            .option("foreign_key")
            .and_then(|mut value| value.group(b'{'));
        let nested = nested.map(|mut inner| Arguments::of(&mut inner));
        let there = nested
            .as_ref()
            .and_then(|nested| nested.option_name("to_table"));
        changes.push(SchemaChange::AddKey {
            table: table.clone(),
            key: TableKey::Foreign(ForeignKey {
                columns: vec![format!("{name}_id")],
                table: TableName::plain(there.unwrap_or_else(|| plural(name))),
                on_delete: nested.and_then(|nested| nested.action("on_delete")),
                ..ForeignKey::default()
            }),
        });
    }
    changes
}
