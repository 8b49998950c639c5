//! All classes of a project, and the tables that they belong to.

use super::values::camel;
use crate::readers::SchemaFile;
use crate::readers::classes::{AnnotatedClass, Annotation, text_of};
use crate::readers::naming::snake;
use crate::schema::TableName;
use std::collections::HashMap;

impl<'a> Entities<'a> {
    pub(super) fn column_name(&self, property: &str) -> String {
        if self.is_snake {
            snake(property)
        } else {
            property.to_owned()
        }
    }

    pub(super) fn join_name(&self, property: &str, column: &str) -> String {
        if self.is_snake {
            snake(&format!("{property}_{column}"))
        } else {
            camel(property, column)
        }
    }

    pub(super) fn entity(class: &AnnotatedClass<'a>) -> Option<Annotation<'a>> {
        class
            .annotation("Entity")
            .or_else(|| class.annotation("ViewEntity"))
            .copied()
    }

    pub(super) fn table_name(&self, class: &AnnotatedClass<'a>) -> Option<TableName> {
        let mut class = class;
        for _ in 0..=MAX_BASES {
            if class.annotation("ChildEntity").is_none() {
                return Self::own_table_name(class);
            }
            let parent = self.by_name.get(class.extends?)?;
            class = &self.classes[*parent].class;
        }
        None
    }

    fn own_table_name(class: &AnnotatedClass<'a>) -> Option<TableName> {
        let entity = Self::entity(class)?;
        let plain = entity.plain();
        let named = plain
            .first()
            .and_then(text_of)
            .or_else(|| entity.entry_text("name"));
        let name = named.unwrap_or_else(|| snake(class.name));
        Some(TableName::within(entity.entry_text("schema"), name))
    }

    /// The class and those that it extends, the farthest first, without such that have a table.
    pub(super) fn with_bases(&self, at: usize) -> Vec<usize> {
        let (mut found, mut now) = (vec![at], at);
        while let Some(base) = self.classes[now]
            .class
            .extends
            .and_then(|name| self.by_name.get(name))
        {
            if found.len() > MAX_BASES || found.contains(base) {
                break;
            }
            found.push(*base);
            now = *base;
        }
        found.reverse();
        found
    }
}

/// How many classes may inherit from each other in a row.
pub(super) const MAX_BASES: usize = 16;

pub(super) struct Found<'a> {
    pub(super) class: AnnotatedClass<'a>,
    pub(super) file: &'a SchemaFile,
}

pub(super) struct Entities<'a> {
    pub(super) classes: Vec<Found<'a>>,
    pub(super) by_name: HashMap<&'a str, usize>,
    /// Whether the project names columns in snake case.
    pub(super) is_snake: bool,
}
