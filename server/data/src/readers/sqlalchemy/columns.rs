//! The columns of a class, and those in `Table(...)`.

use super::calls::{TYPES, key_of, reference, server_default, written_type};
use super::declared::{is_column, is_field};
use super::models::Models;
use super::names::has_table_argument;
use super::scope::Scope;
use crate::readers::python::{
    self, Assignment, Call, PythonClass, assignment, call, lines, literal, text,
};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, DataType, SqlTable, TableIndex, TableName, TypeKind, UniqueKey};
use crate::tokens::{Cursor, Kind};

impl<'a> Models<'a> {
    pub(super) fn add_columns(
        &self,
        of: usize,
        scope: Scope,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let class = &self.classes[of].class;
        let is_sqlmodel =
            class.bases.iter().any(|(base, _)| *base == "SQLModel") || has_table_argument(class);
        let assigned = class
            .assignments()
            .filter(|found| is_column(found) || is_sqlmodel && is_field(found));
        for found in assigned {
            self.add_column(found, scope, table, keys);
        }
        self.add_declared(class, scope, table, keys);
    }

    /// Columns that a method under `@declared_attr` makes.
    pub(super) fn add_declared(
        &self,
        class: &PythonClass<'a>,
        scope: Scope,
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
                    self.add_column(found, scope, table, keys);
                }
                name = None;
            }
        }
    }

    pub(super) fn add_column(
        &self,
        found: Assignment<'a>,
        scope: Scope,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let file = &self.files[scope.file];
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
            self.set_from_call(&mut column, &call, keys, (is_optional, scope));
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
        (is_optional, scope): (Option<bool>, Scope),
    ) {
        // SQLModel: Field(sa_column=Column(...)).
        if let Some(inner) = call.named("sa_column").and_then(python::call) {
            self.set_from_call(column, &inner, keys, (is_optional, scope));
            return;
        }
        let made = self.made_reference(call, scope);
        if let Some((there, action)) = &made {
            let columns = vec![column.name.clone()];
            keys.extend(reference(there, columns, action.clone()));
        } else {
            self.set_from_arguments(column, call, keys, scope);
        }
        let only = vec![column.name.clone()];
        let there = call.named("foreign_key").filter(|_| made.is_none());
        if let Some(there) = there.and_then(|value| self.resolved(&value, scope)) {
            let action = call.named_text("ondelete");
            keys.extend(reference(&there, only.clone(), action));
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

    /// The name, the type and the references of a column.
    fn set_from_arguments(
        &self,
        column: &mut Column,
        call: &Call<'a>,
        keys: &mut Vec<TableKey>,
        scope: Scope,
    ) {
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
            self.set_from_argument(column, argument, keys, scope);
        }
    }

    pub(super) fn set_from_argument(
        &self,
        column: &mut Column,
        argument: Cursor<'a>,
        keys: &mut Vec<TableKey>,
        scope: Scope,
    ) {
        if text(&argument).is_some() {
            return;
        }
        let called = call(argument);
        match called.as_ref().map(|call| call.name) {
            Some("ForeignKey") => {
                let Some(call) = called else { return };
                let there = call.plain().next();
                let there = there.and_then(|value| {
                    let resolved = self.resolved(&value, scope);
                    resolved.or_else(|| self.attribute(value))
                });
                let on_delete = call.named_text("ondelete");
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
                // A constant or a type of the project says less than what Python declares.
                let is_better =
                    |found: &DataType| found.kind != TypeKind::Other || column.data_type.is_none();
                if let Some(data_type) = written_type(argument).filter(is_better) {
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
    pub(super) fn made_tables(&self, at: usize, builder: &mut Builder) {
        let file = &self.files[at];
        let scope = Scope {
            file: at,
            class: None,
        };
        for line in lines(&file.tokens) {
            let Some(call) = call(assigned(line)).filter(|call| call.name == "Table") else {
                continue;
            };
            let mut plain = call.plain();
            let first = plain.next();
            let Some(name) = first.and_then(|name| self.resolved(&name, scope)) else {
                if call.plain().any(|argument| is_column_call(argument)) {
                    let message = "a table whose name is not a plain text";
                    builder.note(&file.file.origin(&line), message, true);
                }
                continue;
            };
            let namespace = call.named_text("schema");
            let mut table = SqlTable::named(TableName::within(namespace, name));
            table.comment = call.named_text("comment");
            let mut keys = Vec::new();
            for argument in plain.skip(1) {
                self.table_item(argument, scope, &mut table, &mut keys);
            }
            if !table.columns.is_empty() {
                builder.define(table, keys, &file.file.origin(&line));
            }
        }
    }

    pub(super) fn table_item(
        &self,
        argument: Cursor<'a>,
        scope: Scope,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let Some(inner) = call(argument) else { return };
        if inner.name != "Column" {
            keys.extend(key_of(&inner));
            return;
        }
        let file = &self.files[scope.file];
        let name = inner.argument("name", 0);
        let Some(name) = name.and_then(|name| self.resolved(&name, scope)) else {
            table.is_complete = false;
            return;
        };
        let mut column = Column::named(name);
        column.defined = file.file.origin(&argument);
        column.comment = file.comment_after(&argument);
        self.set_from_call(&mut column, &inner, keys, (None, scope));
        table.columns.push(column);
    }
}

/// What a line gives to a name, also to one with dots, or the line itself.
fn assigned(line: Cursor<'_>) -> Cursor<'_> {
    let mut rest = line;
    while rest.word().is_some() && rest.mark(b'.') {}
    if rest.mark(b'=') && !rest.is_empty() {
        return rest;
    }
    assignment(line)
        .and_then(|found| found.value)
        .unwrap_or(line)
}

fn is_column_call(argument: Cursor<'_>) -> bool {
    call(argument).is_some_and(|call| call.name == "Column")
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
