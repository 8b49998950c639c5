//! GORM: structs of Go with `gorm` tags.

mod columns;
mod structs;

use super::nesting::Nesting;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{SqlTable, TypeKind};
use crate::tokens::Tokens;
use columns::comment_above;
use std::collections::{BTreeMap, HashMap, HashSet};
use structs::{Field, MAX_DEPTH, Struct, Structs};

pub(crate) const READER: Reader = Reader {
    name: "GORM",
    rank: 5,
    may_be: |path| path.ends_with(".go") && !path.ends_with("_test.go"),
    is: |_, text| {
        text.contains("gorm:\"") || text.contains("gorm.Model") || text.contains("gorm.io/")
    },
    read,
};

/// What `gorm.Model` has.
const MODEL: &[(&str, &str)] = &[
    ("ID", "uint"),
    ("CreatedAt", "Time"),
    ("UpdatedAt", "Time"),
    ("DeletedAt", "DeletedAt"),
];

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
    fn describe(&self, at: usize, builder: &mut Builder) {
        let (name, found) = &self.all[at];
        let mut table = SqlTable::named(self.table_name(name));
        table.comment = comment_above(found.tokens, &found.head);
        let mut keys = Vec::new();
        let mut nesting = Nesting::new(MAX_DEPTH);
        self.add_fields(found, "", &mut table, &mut keys, builder, &mut nesting);
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
        nesting: &mut Nesting,
    ) {
        for field in &found.fields {
            let is_skipped = field.tag.contains_key("-") || field.is_other && !field.has_kind();
            if is_skipped {
                continue;
            }
            let Some(name) = field.name else {
                self.take_over(field, found, prefix, table, keys, builder, nesting);
                continue;
            };
            if !name.starts_with(char::is_uppercase) {
                continue;
            }
            let inner = self.by_name.get(field.type_name).map(|at| &self.all[*at].1);
            if let Some(inner) = inner.filter(|_| !field.has_kind()) {
                if field.tag.contains_key("EMBEDDED") && nesting.enter() {
                    let own = field.tag.get("EMBEDDEDPREFIX").cloned().unwrap_or_default();
                    let prefix = format!("{prefix}{own}");
                    self.add_fields(inner, &prefix, table, keys, builder, nesting);
                    nesting.leave();
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
        nesting: &mut Nesting,
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
            if nesting.enter() {
                let own = field.tag.get("EMBEDDEDPREFIX").cloned().unwrap_or_default();
                let prefix = format!("{prefix}{own}");
                self.add_fields(inner, &prefix, table, keys, builder, nesting);
                nesting.leave();
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
