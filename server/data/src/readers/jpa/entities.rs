//! All classes of a project, and the tables that they belong to.

use crate::readers::SchemaFile;
use crate::readers::classes::AnnotatedClass;
use crate::readers::naming::snake;
use crate::readers::nesting::Nesting;
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{SqlTable, TableName};
use std::collections::HashMap;

impl<'a> Entities<'a> {
    pub(super) fn physical(&self, name: &str) -> String {
        if self.is_snake {
            snake(name)
        } else {
            name.to_owned()
        }
    }

    pub(super) fn base(&self, at: usize) -> Option<usize> {
        let base = self.classes[at].class.extends?;
        self.by_name.get(base).copied().filter(|base| *base != at)
    }

    /// The entity whose table a class shares: the farthest, if its inheritance is in one table.
    pub(super) fn root(&self, at: usize) -> usize {
        let (mut root, mut now) = (at, at);
        for _ in 0..MAX_BASES {
            let Some(base) = self.base(now) else { break };
            if self.classes[base].class.annotation("Entity").is_some() {
                root = base;
            }
            now = base;
        }
        let strategy = self.classes[root].class.annotation("Inheritance");
        let strategy = strategy.and_then(|found| found.java("strategy"));
        let is_joined = strategy.is_some_and(|value| !value.written().ends_with("SINGLE_TABLE"));
        if is_joined { at } else { root }
    }

    pub(super) fn table_name(&self, at: usize) -> TableName {
        let class = &self.classes[at].class;
        let table = class.annotation("Table");
        let named = table.and_then(|table| table.java_text("name"));
        let entity = class
            .annotation("Entity")
            .and_then(|entity| entity.java_text("name"));
        let name = named.unwrap_or_else(|| entity.unwrap_or_else(|| class.name.to_owned()));
        let namespace = table.and_then(|table| table.java_text("schema"));
        let plain = self.physical(name.trim_matches(['`', '"']));
        TableName::within(namespace.filter(|namespace| !namespace.is_empty()), plain)
    }
}

/// How many classes may inherit from each other, or be embedded in each other, in a row.
pub(super) const MAX_BASES: usize = 16;

pub(super) struct Found<'a> {
    pub(super) class: AnnotatedClass<'a>,
    pub(super) file: &'a SchemaFile,
}

pub(super) struct Entities<'a> {
    pub(super) classes: Vec<Found<'a>>,
    pub(super) by_name: HashMap<&'a str, usize>,
    /// Whether names are changed to snake case, as Spring does.
    pub(super) is_snake: bool,
}

/// What a class adds to a table.
pub(super) struct Parts<'b> {
    pub(super) table: SqlTable,
    pub(super) keys: Vec<TableKey>,
    pub(super) builder: &'b mut Builder,
    pub(super) nesting: Nesting,
}
