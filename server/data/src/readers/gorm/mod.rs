//! GORM: structs of Go with `gorm` tags.

mod columns;
mod structs;

use super::naming::{plural, snake};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SqlTable, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::sql::plain_comment;
use crate::tokens::{Cursor, Kind, Tokens, content};
use columns::comment_above;
use std::collections::{BTreeMap, HashMap, HashSet};
use structs::{Field, Struct};

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
/// What `gorm.Model` has.
const MODEL: &[(&str, &str)] = &[
    ("ID", "uint"),
    ("CreatedAt", "Time"),
    ("UpdatedAt", "Time"),
    ("DeletedAt", "DeletedAt"),
];

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

impl<'a> Structs<'a> {
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
        let mut table = SqlTable::named(self.table_name(name));
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
        table: &mut SqlTable,
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
        table: &mut SqlTable,
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
}
