//! The column that an annotation makes.

use super::entities::Entities;
use super::keys::{index_of, unique};
use super::values::{declared_type, default, sized};
use crate::readers::classes::{Annotation, Member, text_of, texts_of};
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, DataType, TypeKind};

impl<'a> Entities<'a> {
    pub(super) fn column(
        &self,
        member: &Member<'a>,
        found: &Annotation<'a>,
        kind: &str,
        property: &str,
        prefix: &str,
        keys: &mut Vec<TableKey>,
    ) -> Column {
        let made = match prefix {
            "" => self.column_name(property),
            prefix => self.join_name(prefix, property),
        };
        let name = found.entry_text("name").unwrap_or(made);
        let mut column = Column::named(name);
        let first = found.plain().first().and_then(text_of);
        let is_generated = found.name == "PrimaryGeneratedColumn";
        let written = match (first.as_deref(), found.entry_text("type")) {
            (Some("uuid"), _) if is_generated => Some("uuid".to_owned()),
            (Some("increment" | "identity" | "rowid"), kind) if is_generated => {
                kind.or(Some("integer".into()))
            }
            (Some(first), _) => Some(first.to_owned()),
            (None, Some(written)) => Some(written),
            (None, None) if !kind.is_empty() => Some(kind.to_owned()),
            (None, None) => None,
        };
        column.data_type = match written {
            Some(written) => Some(DataType::of(&sized(&written, found))),
            None => declared_type(member),
        };
        let is_true = |name: &str| found.entry(name).is_some_and(|value| value.is("true"));
        column.nullable = is_true("nullable") || found.name == "DeleteDateColumn";
        column.is_identity = is_generated && first.as_deref() != Some("uuid");
        column.comment = found.entry_text("comment");
        column.default = found.entry("default").and_then(default);
        if let Some(data_type) = column.data_type.as_mut().filter(|_| is_true("array")) {
            data_type.is_list = true;
        }
        self.set_values(&mut column, found);
        let only = vec![column.name.clone()];
        let is_key = found.name.starts_with("Primary")
            || is_true("primary")
            || found.name == "ObjectIdColumn";
        if is_key {
            column.nullable = false;
            add_to_primary(keys, &column.name);
        }
        if is_true("unique") {
            keys.push(unique(None, only.clone()));
        }
        if let Some(index) = member.annotation("Index") {
            keys.push(index_of(index, only));
        }
        column
    }

    pub(super) fn set_values(&self, column: &mut Column, found: &Annotation<'a>) {
        let Some(value) = found.entry("enum") else {
            return;
        };
        let known = value.peek_word().and_then(|name| self.by_name.get(name));
        column.values = match known.map(|at| &self.classes[*at].class) {
            Some(class) if class.is_enum => class.values(),
            _ => texts_of(&value),
        };
        if let Some(data_type) = &mut column.data_type {
            data_type.kind = TypeKind::Enum;
        }
    }
}

/// The name of a property.
pub(super) fn property<'a>(member: &Member<'a>) -> Option<&'a str> {
    let mut rest = member.declared;
    let mut name = rest.word()?;
    while let Some(next) = rest.word() {
        name = next;
    }
    (!member.is_method).then_some(name)
}
