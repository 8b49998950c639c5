//! Prisma schemas: models, enumerations and views, with `@map` and `@@map`.

use super::naming::snake;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{NamedType, TableKey};
use crate::schema::{
    Column, DataType, ForeignKey, SchemaChange, SqlTable, TableIndex, TableKind, TableName,
    TypeKind, UniqueKey,
};
use crate::sql::plain_comment;
use crate::tokens::{Cursor, Kind, LexRules, Tokens, content, tokens};
use std::collections::HashMap;

pub(crate) const READER: Reader = Reader {
    name: "Prisma",
    rank: 4,
    may_be: |path| path.ends_with(".prisma"),
    is: |_, _| true,
    read,
};

/// Prisma's types, what they mean, and how SQL writes these.
const TYPES: &[(&str, TypeKind)] = &[
    ("String", TypeKind::Text),
    ("Boolean", TypeKind::Boolean),
    ("Int", TypeKind::Integer),
    ("BigInt", TypeKind::BigInt),
    ("Float", TypeKind::Double),
    ("Decimal", TypeKind::Decimal),
    ("DateTime", TypeKind::Timestamp),
    ("Json", TypeKind::Json),
    ("Bytes", TypeKind::Binary),
];

/// A `model`, `view`, `type` or `enum` with what is between its braces.
struct Block<'a> {
    file: &'a SchemaFile,
    tokens: &'a Tokens<'a>,
    kind: &'a str,
    name: &'a str,
    body: Cursor<'a>,
    whole: Cursor<'a>,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<(&SchemaFile, Tokens<'_>)> = files
        .iter()
        .map(|file| (*file, tokens(file.text(), &LexRules::plain())))
        .collect();
    let blocks: Vec<Block<'_>> = lexed
        .iter()
        .flat_map(|(file, tokens)| blocks(file, tokens))
        .collect();
    let models = Models {
        tables: blocks
            .iter()
            .filter(|block| block.is_table())
            .map(Block::mapped)
            .collect(),
        columns: blocks
            .iter()
            .filter(|block| block.is_table())
            .map(Block::fields)
            .collect(),
    };
    for block in &blocks {
        block.describe(&models, &mut builder);
    }
    vec![Unit::of(&READER, builder)]
}

/// The names in the database of all models and their fields.
struct Models {
    tables: HashMap<String, TableName>,
    columns: HashMap<String, HashMap<String, String>>,
}

impl Models {
    fn column(&self, model: &str, field: &str) -> String {
        let fields = self.columns.get(model);
        let known = fields.and_then(|fields| fields.get(field));
        known.cloned().unwrap_or_else(|| field.to_owned())
    }
}

fn blocks<'a>(file: &'a SchemaFile, tokens: &'a Tokens<'a>) -> Vec<Block<'a>> {
    let (mut cursor, mut found) = (tokens.cursor(), Vec::new());
    while !cursor.is_empty() {
        let start = cursor;
        let is_first = cursor.peek().is_some_and(|token| token.is_first);
        let kind = cursor.peek_word().filter(|_| is_first);
        cursor.next();
        let Some(kind) = kind.filter(|kind| ["model", "view", "type", "enum"].contains(kind))
        else {
            continue;
        };
        if let Some(name) = cursor.word()
            && let Some(body) = cursor.group(b'{')
        {
            found.push(Block {
                file,
                tokens,
                kind,
                name,
                body,
                whole: start.until(&cursor),
            });
        }
    }
    found
}

/// An attribute: its name and its arguments.
struct Attribute<'a> {
    name: String,
    arguments: Option<Cursor<'a>>,
}

impl<'a> Attribute<'a> {
    /// The argument that has no name, or this one.
    fn argument(&self, name: &str) -> Option<Cursor<'a>> {
        let parts = self.arguments.as_ref()?.split(b',');
        let named = parts.iter().find_map(|part| {
            let mut rest = *part;
            (rest.word() == Some(name) && rest.mark(b':')).then_some(rest)
        });
        let plain = parts.first().copied().filter(|part| {
            let mut rest = *part;
            !(rest.word().is_some() && rest.is_mark(b':'))
        });
        named.or(plain)
    }

    /// The argument of this name.
    fn named(&self, name: &str) -> Option<Cursor<'a>> {
        let parts = self.arguments.as_ref()?.split(b',');
        parts
            .into_iter()
            .find_map(|mut part| (part.word() == Some(name) && part.mark(b':')).then_some(part))
    }

    fn text(&self, name: &str) -> Option<String> {
        let part = self.argument(name)?;
        let token = part.peek().filter(|token| token.kind == Kind::Text)?;
        Some(content(part.of(token)))
    }
}

/// The attributes on one line, or of the whole block: `@map("a") @db.VarChar(20)`.
fn attributes<'a>(mut rest: Cursor<'a>, mark: &str) -> Vec<Attribute<'a>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        if !rest.marks(mark) {
            rest.next();
            continue;
        }
        let Some(first) = rest.word() else { continue };
        let mut name = first.to_owned();
        while rest.mark(b'.') {
            name = format!("{name}.{}", rest.word().unwrap_or_default());
        }
        found.push(Attribute {
            name,
            arguments: rest.group(b'('),
        });
    }
    found
}

/// The names in `[a, b(sort: Desc)]`.
fn field_list(mut part: Cursor<'_>) -> Vec<String> {
    let inner = part.group(b'[').unwrap_or(part);
    let first = |mut item: Cursor<'_>| item.word().map(str::to_owned);
    inner.split(b',').into_iter().filter_map(first).collect()
}

/// The name at the start of a line, and what `@map` says it is in the database.
fn mapped_line(line: Cursor<'_>) -> Option<(String, String)> {
    let mut rest = line;
    let name = rest.word()?;
    for found in attributes(rest, "@") {
        if found.name != "map" {
            continue;
        }
        if let Some(mapped) = found.text("name") {
            return Some((name.to_owned(), mapped));
        }
        break;
    }
    Some((name.to_owned(), name.to_owned()))
}

impl<'a> Block<'a> {
    fn is_table(&self) -> bool {
        matches!(self.kind, "model" | "view")
    }

    /// The lines between the braces, each from its first token.
    fn lines(&self) -> Vec<Cursor<'a>> {
        let (mut lines, mut rest) = (Vec::new(), self.body);
        while !rest.is_empty() {
            let start = rest;
            rest.skip();
            while rest.peek().is_some_and(|token| !token.is_first) {
                rest.skip();
            }
            lines.push(start.until(&rest));
        }
        lines
    }

    fn own_attributes(&self) -> Vec<Attribute<'a>> {
        let lines = self.lines().into_iter().filter(|line| line.is_mark(b'@'));
        lines.flat_map(|line| attributes(line, "@@")).collect()
    }

    /// The name of the model, and that of its table.
    fn mapped(&self) -> (String, TableName) {
        let attributes = self.own_attributes();
        let text = |wanted: &str| {
            let found = attributes.iter().find(|attribute| attribute.name == wanted);
            found.and_then(|attribute| attribute.text("name"))
        };
        let table = text("map").unwrap_or_else(|| self.name.to_owned());
        (
            self.name.to_owned(),
            TableName::within(text("schema"), table),
        )
    }

    /// The name of the model, and the columns of its fields.
    fn fields(&self) -> (String, HashMap<String, String>) {
        let lines = self.lines().into_iter();
        let fields = lines.filter_map(mapped_line).collect();
        (self.name.to_owned(), fields)
    }

    /// The `///` and `//` comment above or after a line.
    fn comment(&self, line: &Cursor<'_>) -> Option<String> {
        let (first, last) = (line.peek()?, line.tokens.last()?);
        let comments = &self.tokens.comments;
        let text = |range: std::ops::Range<usize>| plain_comment(&self.tokens.text[range]);
        let after = comments
            .iter()
            .find(|c| c.line == last.line && c.range.start >= last.end);
        if let Some(found) = after.and_then(|comment| text(comment.range.clone())) {
            return Some(found);
        }
        let mut wanted = first.line.checked_sub(1)?;
        let mut parts = Vec::new();
        for comment in comments
            .iter()
            .rev()
            .filter(|c| c.has_own_line && c.line < first.line)
        {
            if comment.end_line != wanted {
                break;
            }
            parts.extend(text(comment.range.clone()));
            wanted = comment.line - 1;
        }
        parts.reverse();
        Some(parts.join(" ")).filter(|text| !text.is_empty())
    }

    fn describe(&self, models: &Models, builder: &mut Builder) {
        let at = self.file.origin(&self.whole);
        if self.kind == "enum" {
            let lines = self.lines().into_iter();
            let values = lines.filter_map(mapped_line).map(|(_, mapped)| mapped);
            let values = values.collect();
            let change = SchemaChange::CreateType {
                name: self.name.to_owned(),
                defined: NamedType::Values(values),
            };
            builder.apply(change, &at);
        }
        if !self.is_table() {
            return;
        }
        let mut table = SqlTable::named(self.mapped().1);
        if self.kind == "view" {
            table.kind = TableKind::View;
        }
        table.comment = self.comment(&self.whole);
        let mut keys = Vec::new();
        for line in self.lines().into_iter().filter(|line| !line.is_mark(b'@')) {
            self.field(line, models, &mut table, &mut keys);
        }
        keys.extend(
            self.own_attributes()
                .iter()
                .filter_map(|found| self.key(found, models)),
        );
        builder.define(table, keys, &at);
    }

    /// A line of a model: a column, or the reference that others make.
    fn field(
        &self,
        line: Cursor<'a>,
        models: &Models,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let mut rest = line;
        let (Some(field), Some(type_name)) = (rest.word(), rest.word()) else {
            return;
        };
        if type_name == "Unsupported" {
            rest.group(b'(');
        }
        let is_list = rest.marks("[]");
        let is_optional = rest.mark(b'?');
        let attributes = attributes(rest, "@");
        let find = |name: &str| attributes.iter().find(|found| found.name == name);
        if let Some(there) = models.tables.get(type_name) {
            keys.extend(
                find("relation").and_then(|found| self.reference(found, type_name, there, models)),
            );
            return;
        }
        let mut column = Column::named(models.column(self.name, field));
        let native = attributes
            .iter()
            .find(|found| found.name.starts_with("db."));
        column.data_type = Some(column_type(type_name, native, is_list));
        column.nullable = is_optional;
        column.comment = self.comment(&line);
        column.defined = self.file.origin(&line);
        let default = find("default").and_then(|found| found.arguments);
        set_default(&mut column, default);
        let only = vec![column.name.clone()];
        if find("id").is_some() {
            keys.push(TableKey::Primary(None, only.clone()));
        }
        if let Some(unique) = find("unique") {
            keys.push(TableKey::Unique(UniqueKey {
                name: unique.text("map"),
                columns: only,
            }));
        }
        table.columns.push(column);
    }

    fn reference(
        &self,
        found: &Attribute<'_>,
        model: &str,
        there: &TableName,
        models: &Models,
    ) -> Option<TableKey> {
        let fields = field_list(found.named("fields")?);
        let references = found
            .named("references")
            .map(field_list)
            .unwrap_or_default();
        let action = |name: &str| {
            let mut part = found.named(name)?;
            Some(snake(part.word()?).replace('_', " ").to_uppercase())
        };
        Some(TableKey::Foreign(ForeignKey {
            name: None,
            columns: fields
                .iter()
                .map(|field| models.column(self.name, field))
                .collect(),
            table: there.clone(),
            references: references
                .iter()
                .map(|field| models.column(model, field))
                .collect(),
            on_delete: action("onDelete"),
            on_update: action("onUpdate"),
        }))
    }

    /// A key of the whole model.
    fn key(&self, found: &Attribute<'_>, models: &Models) -> Option<TableKey> {
        let fields = || -> Option<Vec<String>> {
            let fields = field_list(found.argument("fields")?);
            let columns = fields.iter();
            let columns = columns.map(|field| models.column(self.name, field));
            Some(columns.collect())
        };
        let named = || {
            let part = found.named("map")?;
            part.peek().map(|token| content(part.of(token)))
        };
        match found.name.as_str() {
            "id" => Some(TableKey::Primary(named(), fields()?)),
            "unique" => Some(TableKey::Unique(UniqueKey {
                name: named(),
                columns: fields()?,
            })),
            "index" | "fulltext" => Some(TableKey::Index(TableIndex {
                name: named(),
                columns: fields()?,
                ..TableIndex::default()
            })),
            _ => None,
        }
    }
}

fn column_type(name: &str, native: Option<&Attribute<'_>>, is_list: bool) -> DataType {
    let known = TYPES.iter().find(|(known, _)| *known == name);
    let mut found = match (known, native) {
        (Some((_, kind)), Some(native)) => {
            let of = native.name.trim_start_matches("db.");
            let size = native
                .arguments
                .map(|inner| format!("({})", inner.written()));
            let written = format!("{of}{}", size.unwrap_or_default());
            let own = DataType::of(&written);
            match own.kind {
                TypeKind::Other => DataType::meaning(*kind, &written),
                _ => own,
            }
        }
        (Some((_, kind)), None) => DataType::meaning(*kind, name),
        (None, _) => DataType::of(name),
    };
    found.is_list = is_list;
    found
}

fn set_default(column: &mut Column, arguments: Option<Cursor<'_>>) {
    let Some(mut inner) = arguments else { return };
    let whole = inner;
    let Some(token) = inner.next() else { return };
    let is_call = inner.is_mark(b'(');
    let word = whole.of(token);
    column.default = match (token.kind, word) {
        (Kind::Word, "autoincrement") => {
            column.is_identity = true;
            None
        }
        (Kind::Word, "now") => Some("CURRENT_TIMESTAMP".into()),
        (Kind::Word, "dbgenerated") => inner
            .group(b'(')
            .and_then(|part| part.peek().map(|token| content(part.of(token)))),
        // Made by the client: `cuid()`, `uuid()`.
        (Kind::Word, _) if is_call => None,
        (Kind::Word, "true" | "false") | (Kind::Number | Kind::Mark(_), _) => Some(whole.written()),
        (Kind::Word, value) => Some(format!("'{value}'")),
        (Kind::Text, text) => Some(format!("'{}'", content(text).replace('\'', "''"))),
        (Kind::Name, _) => None,
    };
}
