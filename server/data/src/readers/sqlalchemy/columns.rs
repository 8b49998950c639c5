//! The columns of a class, and those in `Table(...)`.

use super::calls::{TYPES, key_of, reference, server_default, written_type};
use super::declared::{is_column, is_field};
use super::models::Models;
use super::names::has_table_argument;
use crate::readers::python::{
    self, Assignment, Call, PythonClass, PythonFile, assignment, call, lines, literal, text,
};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, DataType, SqlTable, TableIndex, TableName, TypeKind, UniqueKey};
use crate::tokens::{Cursor, Kind};
use std::collections::{HashMap, HashSet};

impl<'a> Models<'a> {
    pub(super) fn add_columns(
        &self,
        class: &PythonClass<'a>,
        file: &PythonFile<'a>,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let is_sqlmodel =
            class.bases.iter().any(|(base, _)| *base == "SQLModel") || has_table_argument(class);
        let assigned = class
            .assignments()
            .filter(|found| is_column(found) || is_sqlmodel && is_field(found));
        for found in assigned {
            self.add_column(found, file, table, keys);
        }
        self.add_declared(class, file, table, keys);
    }

    /// Columns that a method under `@declared_attr` makes.
    pub(super) fn add_declared(
        &self,
        class: &PythonClass<'a>,
        file: &PythonFile<'a>,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let (mut is_declared, mut name) = (false, None);
        for line in &class.body {
            let mut rest = *line;
            if rest.mark(b'@') {
                is_declared = rest.word() == Some("declared_attr");
            } else if rest.word() == Some("def") {
                name = rest.word().filter(|_| is_declared);
                is_declared = false;
            } else if let Some(column) = name
                && line.peek_text() == "return"
            {
                let mut value = *line;
                value.next();
                let found = Assignment {
                    name: column,
                    annotation: None,
                    value: Some(value),
                    whole: *line,
                };
                if is_column(&found) {
                    self.add_column(found, file, table, keys);
                }
                name = None;
            }
        }
    }

    pub(super) fn add_column(
        &self,
        found: Assignment<'a>,
        file: &PythonFile<'a>,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let mut column = Column::named(found.name);
        column.defined = file.file.origin(&found.whole);
        column.comment = file.comment_after(&found.whole);
        let mut is_optional = None;
        if let Some(annotation) = found.annotation {
            let (data_type, optional) = self.annotated(annotation);
            column.data_type = data_type;
            self.set_values(&mut column, annotation);
            is_optional = Some(optional);
        }
        if let Some(optional) = is_optional {
            column.nullable = optional;
        }
        if let Some(call) = found.value.and_then(call) {
            self.set_from_call(&mut column, &call, keys, is_optional);
        } else if let Some(value) = found.value {
            column.default = literal(&value);
        }
        table.columns.retain(|known| known.name != column.name);
        table.columns.push(column);
    }

    /// What `Column("name", Type, ForeignKey("a.b"), nullable=False)` says.
    pub(super) fn set_from_call(
        &self,
        column: &mut Column,
        call: &Call<'a>,
        keys: &mut Vec<TableKey>,
        is_optional: Option<bool>,
    ) {
        // SQLModel: Field(sa_column=Column(...)).
        if let Some(inner) = call.named("sa_column").and_then(python::call) {
            self.set_from_call(column, &inner, keys, is_optional);
            return;
        }
        let named = call
            .named("name")
            .or_else(|| call.plain().next().filter(|first| text(first).is_some()));
        if let Some(name) = named.and_then(|name| text(&name)) {
            column.name = name;
        }
        for argument in call
            .plain()
            .chain(call.named("type_"))
            .chain(call.named("sa_type"))
        {
            self.set_from_argument(column, argument, keys);
        }
        let only = vec![column.name.clone()];
        if let Some(there) = call.named("foreign_key").and_then(|value| text(&value)) {
            keys.extend(reference(&there, only.clone(), None));
        }
        if call.is_true("primary_key") {
            add_to_primary(keys, &column.name);
            column.nullable = false;
            let is_number = column.data_type.as_ref().is_some_and(|found| {
                matches!(
                    found.kind,
                    TypeKind::Integer | TypeKind::BigInt | TypeKind::SmallInt
                )
            });
            column.is_identity = is_number && !call.is_false("autoincrement");
        } else if call.is_false("nullable") {
            column.nullable = false;
        } else if call.is_true("nullable") || is_optional.is_none() && call.name != "Field" {
            column.nullable = true;
        }
        keys.extend(own_key(call, only));
        let server = call.named("server_default").and_then(server_default);
        column.default = server.or_else(|| call.named("default").and_then(|value| literal(&value)));
        let comment = call.named("comment").or_else(|| call.named("doc"));
        column.comment = comment
            .and_then(|value| text(&value))
            .or_else(|| column.comment.take());
    }

    pub(super) fn set_from_argument(
        &self,
        column: &mut Column,
        argument: Cursor<'a>,
        keys: &mut Vec<TableKey>,
    ) {
        if text(&argument).is_some() {
            return;
        }
        let called = call(argument);
        match called.as_ref().map(|call| call.name) {
            Some("ForeignKey") => {
                let Some(call) = called else { return };
                let there = call.plain().next();
                let there = there.and_then(|value| text(&value).or_else(|| self.attribute(value)));
                let on_delete = call.named("ondelete").and_then(|value| text(&value));
                let columns = vec![column.name.clone()];
                keys.extend(there.and_then(|there| reference(&there, columns, on_delete)));
            }
            Some("Identity" | "Sequence") => column.is_identity = true,
            Some("Computed") => {
                let inner = called.and_then(|call| call.plain().next());
                column.generated = inner.and_then(|value| text(&value));
            }
            Some("CheckConstraint" | "FetchedValue") => {}
            Some(_) | None => {
                if let Some(data_type) = written_type(argument) {
                    column.data_type = Some(data_type);
                }
                self.set_values(column, argument);
            }
        }
    }

    /// `Model.column` as `table.column`.
    pub(super) fn attribute(&self, value: Cursor<'a>) -> Option<String> {
        let mut rest = value;
        let class = rest.word()?;
        rest.mark(b'.');
        let column = rest.word()?;
        let at = self.by_name.get(class)?.first()?;
        Some(format!("{}.{column}", self.table_name(*at)?))
    }

    /// Gives a column the values of the enumeration that a type names.
    pub(super) fn set_values(&self, column: &mut Column, written: Cursor<'a>) {
        let called = call(written).filter(|call| call.name.to_lowercase().ends_with("enum"));
        if let Some(call) = called {
            let values: Vec<String> = call.plain().filter_map(|value| text(&value)).collect();
            if !values.is_empty() {
                column.values = values;
            }
        }
        let words = written
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word);
        if let Some(values) = words
            .filter_map(|token| self.enums.get(written.of(*token)))
            .next()
            && column.values.is_empty()
        {
            column.values.clone_from(values);
            column.data_type = Some(DataType::meaning(TypeKind::Enum, "enum"));
        }
    }

    /// The type in `Mapped[Optional[str]]`, and whether it may be none.
    pub(super) fn annotated(&self, annotation: Cursor<'a>) -> (Option<DataType>, bool) {
        let words: Vec<&str> = annotation
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| annotation.of(*token))
            .collect();
        let optional = words
            .iter()
            .any(|word| matches!(*word, "Optional" | "None"));
        let known = words
            .iter()
            .find_map(|word| TYPES.iter().find(|(name, _)| name == word));
        (known.map(|(_, written)| DataType::of(written)), optional)
    }

    /// Tables that a call makes: `users = Table("users", metadata, Column(...), ...)`.
    pub(super) fn made_tables(&self, file: &PythonFile<'a>, builder: &mut Builder) {
        let text_lines: Vec<Cursor<'_>> = lines(&file.tokens);
        for line in text_lines {
            let value = assignment(line)
                .and_then(|found| found.value)
                .unwrap_or(line);
            let Some(call) = call(value).filter(|call| call.name == "Table") else {
                continue;
            };
            let mut plain = call.plain();
            let Some(name) = plain.next().and_then(|name| text(&name)) else {
                continue;
            };
            let namespace = call.named("schema").and_then(|value| text(&value));
            let mut table = SqlTable::named(TableName::within(namespace, name));
            table.comment = call.named("comment").and_then(|value| text(&value));
            let mut keys = Vec::new();
            for argument in plain.skip(1) {
                self.table_item(argument, file, &mut table, &mut keys);
            }
            if !table.columns.is_empty() {
                builder.define(table, keys, &file.file.origin(&line));
            }
        }
    }

    pub(super) fn table_item(
        &self,
        argument: Cursor<'_>,
        file: &PythonFile<'a>,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let Some(inner) = call(argument) else { return };
        if inner.name != "Column" {
            keys.extend(key_of(&inner));
            return;
        }
        let Some(name) = inner.argument("name", 0).and_then(|name| text(&name)) else {
            table.is_complete = false;
            return;
        };
        let mut column = Column::named(name);
        column.defined = file.file.origin(&argument);
        column.comment = file.comment_after(&argument);
        let lent: Models<'_> = Models {
            files: &[],
            classes: Vec::new(),
            by_name: HashMap::new(),
            bases: HashSet::new(),
            enums: self
                .enums
                .iter()
                .map(|(name, values)| (*name, values.clone()))
                .collect(),
        };
        lent.set_from_call(&mut column, &inner, keys, None);
        table.columns.push(column);
    }
}

/// The key or index that `unique=True` and `index=True` make.
fn own_key(call: &Call<'_>, columns: Vec<String>) -> Option<TableKey> {
    if call.is_true("unique") {
        let name = None;
        return Some(TableKey::Unique(UniqueKey { name, columns }));
    }
    call.is_true("index").then(|| {
        TableKey::Index(TableIndex {
            columns,
            ..TableIndex::default()
        })
    })
}
