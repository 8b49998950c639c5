//! GORM: structs of Go with `gorm` tags.

use super::naming::{plural, snake};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Table, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::sql::plain_comment;
use crate::tokens::{Cursor, Kind, Tokens, content};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) const READER: Reader = Reader {
    name: "GORM",
    rank: 5,
    may_be: |path| path.ends_with(".go") && !path.ends_with("_test.go"),
    is: |_, text| {
        text.contains("gorm:\"") || text.contains("gorm.Model") || text.contains("gorm.io/")
    },
    read,
};

/// How many structs may be in each other.
const MAX_DEPTH: usize = 8;
/// Go's types, and what they mean.
const TYPES: &[(&str, TypeKind, &str)] = &[
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
/// What `gorm.Model` has.
const MODEL: &[(&str, &str)] = &[
    ("ID", "uint"),
    ("CreatedAt", "Time"),
    ("UpdatedAt", "Time"),
    ("DeletedAt", "DeletedAt"),
];

struct Struct<'a> {
    file: &'a SchemaFile,
    tokens: &'a Tokens<'a>,
    head: Cursor<'a>,
    fields: Vec<Field<'a>>,
}

/// A field; one without a name is a struct whose fields are taken over.
struct Field<'a> {
    name: Option<&'a str>,
    type_name: &'a str,
    is_list: bool,
    /// Whether the type is a map, a function or a channel.
    is_other: bool,
    tag: BTreeMap<String, String>,
    has_tag: bool,
    whole: Cursor<'a>,
}

struct Structs<'a> {
    all: Vec<(&'a str, Struct<'a>)>,
    by_name: HashMap<&'a str, usize>,
    /// Names of tables that a method gives.
    named: HashMap<&'a str, String>,
    /// Names of types, and what they stand for.
    aliases: HashMap<&'a str, &'a str>,
    prefix: String,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<(&SchemaFile, Tokens<'_>)> = files
        .iter()
        .map(|file| (*file, file.tokens("go")))
        .collect();
    let mut structs = Structs {
        all: Vec::new(),
        by_name: HashMap::new(),
        named: HashMap::new(),
        aliases: HashMap::new(),
        prefix: String::new(),
    };
    for (file, tokens) in &lexed {
        structs.collect(file, tokens);
    }
    let embedded: HashSet<&str> = structs
        .all
        .iter()
        .flat_map(|(_, found)| &found.fields)
        .filter(|field| field.name.is_none() || field.tag.contains_key("EMBEDDED"))
        .map(|field| field.type_name)
        .collect();
    for at in 0..structs.all.len() {
        let name = structs.all[at].0;
        if structs.is_model(at) && (!embedded.contains(name) || structs.named.contains_key(name)) {
            structs.describe(at, &mut builder);
        }
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

/// The settings in a field's tag, with names in upper case; none if it has no `gorm` tag.
fn tag(written: &str) -> Option<BTreeMap<String, String>> {
    let text = content(written);
    let (_, after) = text.split_once("gorm:\"")?;
    let end = after.find('"').unwrap_or(after.len());
    let settings = after[..end]
        .split(';')
        .filter(|setting| !setting.trim().is_empty());
    let setting = |setting: &str| {
        let (name, value) = setting.split_once(':').unwrap_or((setting, ""));
        (
            name.trim().to_uppercase().replace('_', ""),
            value.trim().to_owned(),
        )
    };
    Some(settings.map(setting).collect())
}

impl<'a> Structs<'a> {
    fn collect(&mut self, file: &'a SchemaFile, tokens: &'a Tokens<'a>) {
        let mut rest = tokens.cursor();
        while !rest.is_empty() {
            let head = rest;
            match rest.word() {
                Some("func") => self.table_name_method(&mut rest),
                Some(_) => {
                    // `type Name struct {`, and `Name struct {` in a group of types.
                    let mut ahead = head;
                    if ahead.peek_word() == Some("type") {
                        ahead.next();
                    }
                    let name = ahead.word();
                    ahead.group(b'[');
                    let is_type = head.peek_word() == Some("type");
                    match (name, ahead.word()) {
                        (Some(name), Some("struct")) => {
                            if let Some(body) = ahead.group(b'{') {
                                let found = Struct {
                                    file,
                                    tokens,
                                    head: head.until(&ahead),
                                    fields: fields(body),
                                };
                                self.by_name.entry(name).or_insert(self.all.len());
                                self.all.push((name, found));
                                rest = ahead;
                            }
                        }
                        (Some(name), Some(target)) if is_type => {
                            self.aliases.insert(name, target);
                        }
                        _ => {}
                    }
                }
                None => {
                    rest.next();
                }
            }
        }
    }

    /// Reads `func (u *User) TableName() string { return "users" }`.
    fn table_name_method(&mut self, rest: &mut Cursor<'a>) {
        let Some(receiver) = rest.group(b'(') else {
            return;
        };
        let words = receiver
            .tokens
            .iter()
            .rev()
            .filter(|token| token.kind == Kind::Word);
        let class = words.map(|token| receiver.of(*token)).next();
        if rest.peek_word() != Some("TableName") {
            return;
        }
        rest.next();
        rest.group(b'(');
        rest.word();
        let Some(mut body) = rest.group(b'{') else {
            return;
        };
        let returned = body.word() == Some("return");
        let text = body
            .peek()
            .filter(|token| token.kind == Kind::Text && returned);
        if let (Some(class), Some(token)) = (class, text) {
            self.named.insert(class, content(body.of(token)));
        }
    }

    /// Whether a struct has a table: it has tags, is named, or takes over `gorm.Model`.
    fn is_model(&self, at: usize) -> bool {
        let (name, found) = &self.all[at];
        let has_model = found
            .fields
            .iter()
            .any(|field| field.name.is_none() && field.whole.written().contains("gorm.Model"));
        let has_tags = found.fields.iter().any(|field| field.has_tag);
        let is_stored =
            found.file.text().contains("gorm.io/") || found.file.text().contains("gorm:\"");
        has_model || has_tags || self.named.contains_key(name) && is_stored
    }

    fn table_name(&self, name: &str) -> TableName {
        let named = self.named.get(name).cloned();
        let name = named.unwrap_or_else(|| format!("{}{}", self.prefix, plural(&snake(name))));
        match name.split_once('.') {
            Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
            None => TableName::plain(name),
        }
    }

    fn describe(&self, at: usize, builder: &mut Builder) {
        let (name, found) = &self.all[at];
        let mut table = Table::named(self.table_name(name));
        table.comment = comment_above(found.tokens, &found.head);
        let mut keys = Vec::new();
        self.add_fields(found, "", &mut table, &mut keys, builder, 0);
        let has_key = keys.iter().any(|key| matches!(key, TableKey::Primary(..)));
        if !has_key && let Some(id) = table.column_mut("id") {
            id.nullable = false;
            id.is_identity = id.data_type.as_ref().is_some_and(|found| {
                found.kind == TypeKind::BigInt || found.kind == TypeKind::Integer
            });
            keys.push(TableKey::Primary(None, vec!["id".into()]));
        }
        self.add_references(name, found, &table, &mut keys, builder);
        if !table.columns.is_empty() {
            builder.define(table, keys, &found.file.origin(&found.head));
        }
    }

    fn add_fields(
        &self,
        found: &Struct<'a>,
        prefix: &str,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
        builder: &mut Builder,
        depth: usize,
    ) {
        for field in &found.fields {
            let is_skipped = field.tag.contains_key("-") || field.is_other && !field.has_kind();
            if is_skipped {
                continue;
            }
            let Some(name) = field.name else {
                self.take_over(field, found, prefix, table, keys, builder, depth);
                continue;
            };
            if !name.starts_with(char::is_uppercase) {
                continue;
            }
            let inner = self.by_name.get(field.type_name).map(|at| &self.all[*at].1);
            if let Some(inner) = inner.filter(|_| !field.has_kind()) {
                if field.tag.contains_key("EMBEDDED") && depth < MAX_DEPTH {
                    let own = field.tag.get("EMBEDDEDPREFIX").cloned().unwrap_or_default();
                    let prefix = format!("{prefix}{own}");
                    self.add_fields(inner, &prefix, table, keys, builder, depth + 1);
                }
                continue;
            }
            if field.is_list && !field.has_kind() && !matches!(field.type_name, "byte" | "uint8") {
                continue;
            }
            self.column(field, name, found, prefix, table, keys);
        }
    }

    /// Takes over the fields of a struct without a name of its own.
    #[allow(clippy::too_many_arguments)]
    fn take_over(
        &self,
        field: &Field<'a>,
        found: &Struct<'a>,
        prefix: &str,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
        builder: &mut Builder,
        depth: usize,
    ) {
        let is_model = field.whole.written().contains("gorm.Model");
        let inner = self.by_name.get(field.type_name).map(|at| &self.all[*at].1);
        if is_model {
            for (name, kind) in MODEL {
                let made = Field {
                    name: Some(name),
                    type_name: kind,
                    is_list: false,
                    is_other: false,
                    tag: BTreeMap::new(),
                    has_tag: false,
                    whole: field.whole,
                };
                self.column(&made, name, found, prefix, table, keys);
            }
        } else if let Some(inner) = inner {
            if depth < MAX_DEPTH {
                let own = field.tag.get("EMBEDDEDPREFIX").cloned().unwrap_or_default();
                self.add_fields(
                    inner,
                    &format!("{prefix}{own}"),
                    table,
                    keys,
                    builder,
                    depth + 1,
                );
            }
        } else {
            table.is_complete = false;
            let message = format!(
                "`{}` takes over `{}`, which is not known",
                table.name, field.type_name
            );
            builder.note(&found.file.origin(&field.whole), message, true);
        }
    }

    fn column(
        &self,
        field: &Field<'a>,
        name: &str,
        found: &Struct<'a>,
        prefix: &str,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
    ) {
        let tag = |name: &str| field.tag.get(name);
        let made = || format!("{prefix}{}", snake(name));
        let mut column =
            Column::named(tag("COLUMN").map_or_else(made, |name| format!("{prefix}{name}")));
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

    fn data_type(&self, field: &Field<'a>) -> DataType {
        if let Some(written) = field.tag.get("TYPE") {
            let plain = written.split(" COMMENT ").next().unwrap_or(written);
            if !TYPES.iter().any(|(name, ..)| *name == plain) {
                return DataType::of(plain);
            }
        }
        let mut name = field.type_name;
        for _ in 0..MAX_DEPTH {
            match self.aliases.get(name) {
                Some(target) if !TYPES.iter().any(|(known, ..)| *known == name) => name = target,
                _ => break,
            }
        }
        let is_bytes = field.is_list && matches!(name, "byte" | "uint8");
        if is_bytes {
            return DataType::of("blob");
        }
        if field.tag.contains_key("SERIALIZER") {
            return DataType::of("text");
        }
        let size = field
            .tag
            .get("SIZE")
            .filter(|size| size.parse::<u32>().is_ok());
        let known = TYPES.iter().find(|(known, ..)| *known == name);
        match (known, size) {
            (Some((_, TypeKind::Text, _)), Some(size)) => DataType::of(&format!("varchar({size})")),
            (Some((_, kind, written)), _) => DataType::meaning(*kind, written),
            (None, _) => DataType::meaning(TypeKind::Other, name),
        }
    }

    /// References to other structs: a field of that type, and one with its key.
    fn add_references(
        &self,
        name: &str,
        found: &Struct<'a>,
        table: &Table,
        keys: &mut Vec<TableKey>,
        builder: &mut Builder,
    ) {
        for field in &found.fields {
            let Some(property) = field
                .name
                .filter(|_| self.by_name.contains_key(field.type_name))
            else {
                continue;
            };
            let there = self.table_name(field.type_name);
            if let Some(between) = field.tag.get("MANY2MANY") {
                let own = format!("{}_id", snake(name));
                let mut other = format!("{}_id", snake(field.type_name));
                if own == other {
                    other = format!("{}_id", snake(property.trim_end_matches('s')));
                }
                join_table(
                    between,
                    [(own, table.name.clone()), (other, there)],
                    builder,
                    found,
                    field,
                );
                continue;
            }
            let made = format!("{property}ID");
            let key = field
                .tag
                .get("FOREIGNKEY")
                .map_or(made.as_str(), String::as_str);
            let column = found
                .fields
                .iter()
                .find(|known| known.name == Some(key) || known.name == Some(made.as_str()));
            let Some(column) = column.filter(|_| !field.is_list) else {
                continue;
            };
            let plain = column.tag.get("COLUMN").cloned();
            let columns = vec![plain.unwrap_or_else(|| snake(column.name.unwrap_or_default()))];
            let references = field.tag.get("REFERENCES").map(|name| snake(name));
            let constraint = field
                .tag
                .get("CONSTRAINT")
                .map(|value| value.to_uppercase());
            let on_delete = constraint.as_ref().and_then(|value| {
                let (_, after) = value.split_once("ONDELETE:")?;
                Some(after.split(',').next().unwrap_or(after).trim().to_owned())
            });
            keys.push(TableKey::Foreign(ForeignKey {
                columns,
                table: there,
                references: references.into_iter().collect(),
                on_delete,
                ..ForeignKey::default()
            }));
        }
    }
}

fn join_table(
    name: &str,
    sides: [(String, TableName); 2],
    builder: &mut Builder,
    found: &Struct<'_>,
    field: &Field<'_>,
) {
    let (mut table, mut keys) = (Table::named(TableName::plain(name)), Vec::new());
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
fn add_to_index(keys: &mut Vec<TableKey>, setting: &str, is_unique: bool, column: &str) {
    let mut parts = setting.split(',').map(str::trim);
    let name = parts
        .next()
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    let is_unique = is_unique || parts.any(|part| part == "unique");
    let known = keys.iter_mut().find_map(|key| match key {
        TableKey::Unique(key) if key.name.is_some() && key.name == name => Some(&mut key.columns),
        TableKey::Index(index) if index.name.is_some() && index.name == name => {
            Some(&mut index.columns)
        }
        _ => None,
    });
    let columns = vec![column.to_owned()];
    match known {
        Some(columns) => columns.push(column.to_owned()),
        None if is_unique => keys.push(TableKey::Unique(UniqueKey { name, columns })),
        None => keys.push(TableKey::Index(TableIndex {
            name,
            columns,
            ..TableIndex::default()
        })),
    }
}

/// The values of `enum('a','b')`.
fn listed(written: &str) -> Option<Vec<String>> {
    let inner = written
        .strip_prefix("enum(")
        .or_else(|| written.strip_prefix("ENUM("))?;
    let inner = inner.split(')').next()?;
    Some(
        inner
            .split(',')
            .map(|value| value.trim().trim_matches('\'').to_owned())
            .collect(),
    )
}

impl Field<'_> {
    /// Whether its tag says how it is stored.
    fn has_kind(&self) -> bool {
        self.tag.contains_key("TYPE") || self.tag.contains_key("SERIALIZER")
    }
}

/// The fields between the braces of a struct, one or more on each line.
fn fields(body: Cursor<'_>) -> Vec<Field<'_>> {
    let (mut rest, mut found) = (body, Vec::new());
    while !rest.is_empty() {
        let start = rest;
        rest.skip();
        while rest.peek().is_some_and(|token| !token.is_first) && !rest.is_mark(b';') {
            rest.skip();
        }
        found.extend(field(start.until(&rest)));
        rest.mark(b';');
    }
    found
}

fn field(line: Cursor<'_>) -> Vec<Field<'_>> {
    let written_tag = line.tokens.last().filter(|token| token.kind == Kind::Text);
    let parsed = written_tag.and_then(|token| tag(line.of(*token)));
    let end = line.tokens.len() - usize::from(written_tag.is_some());
    let mut rest = Cursor {
        text: line.text,
        tokens: &line.tokens[..end],
    };
    // `A, B int`, `*Base`, `pkg.Base`, `Base`.
    let mut names = Vec::new();
    let mut ahead = rest;
    while let Some(name) = ahead.word() {
        names.push(name);
        if !ahead.mark(b',') {
            break;
        }
    }
    let is_embedded = names.is_empty() || ahead.is_empty() || ahead.is_mark(b'.');
    if !is_embedded {
        rest = ahead;
    }
    let (mut is_list, mut is_other) = (false, false);
    let mut type_name = "";
    while let Some(token) = rest.next() {
        match token.kind {
            Kind::Mark(b'[') => is_list = true,
            Kind::Word => {
                let word = rest.of(token);
                is_other |= matches!(word, "map" | "func" | "chan" | "interface");
                type_name = word;
            }
            _ => {}
        }
    }
    let names = if is_embedded {
        vec![None]
    } else {
        names.into_iter().map(Some).collect()
    };
    let field = |name| Field {
        name,
        type_name,
        is_list,
        is_other,
        tag: parsed.clone().unwrap_or_default(),
        has_tag: parsed.is_some(),
        whole: line,
    };
    names
        .into_iter()
        .filter(|_| !type_name.is_empty())
        .map(field)
        .collect()
}

fn comment_after(tokens: &Tokens<'_>, item: &Cursor<'_>) -> Option<String> {
    let last = item.tokens.last()?;
    let mut comments = tokens.comments.iter();
    let after =
        comments.find(|comment| comment.line == last.line && comment.range.start >= last.end)?;
    plain_comment(&tokens.text[after.range.clone()])
}

fn comment_above(tokens: &Tokens<'_>, item: &Cursor<'_>) -> Option<String> {
    let line = item.line();
    let (mut parts, mut wanted) = (Vec::new(), line.checked_sub(1)?);
    for comment in tokens
        .comments
        .iter()
        .rev()
        .filter(|comment| comment.is_alone && comment.line < line)
    {
        if comment.end_line != wanted {
            break;
        }
        parts.push(&tokens.text[comment.range.clone()]);
        wanted = comment.line.saturating_sub(1);
    }
    parts.reverse();
    plain_comment(&parts.join("\n"))
}
