//! All classes of a project, and the tables that they belong to.

use super::calls::schema_of;
use super::declared::is_column;
use super::makers::ReferenceMaker;
use super::names::{has_table_argument, made_name};
use crate::readers::naming::snake;
use crate::readers::python::{PythonClass, PythonFile, call};
use crate::schema::TableName;
use crate::tokens::Cursor;
use std::collections::{HashMap, HashSet};

impl<'a> Models<'a> {
    pub(super) fn class_of(&self, name: &str, file: usize) -> Option<usize> {
        let all = self.by_name.get(name)?;
        let same = all.iter().find(|at| self.classes[**at].file == file);
        same.or_else(|| all.first()).copied()
    }

    /// The classes that one extends, the farthest first.
    pub(super) fn bases(&self, at: usize) -> Vec<usize> {
        let (mut found, mut visited) = (Vec::new(), HashSet::new());
        self.add_bases(at, &mut found, &mut visited, 0);
        found
    }

    fn add_bases(
        &self,
        at: usize,
        found: &mut Vec<usize>,
        visited: &mut HashSet<usize>,
        depth: usize,
    ) {
        if depth >= MAX_BASES || found.len() > 256 {
            return;
        }
        let own = &self.classes[at];
        for (base, _) in own.class.bases.iter().rev() {
            let Some(known) = self.class_of(base, own.file) else {
                continue;
            };
            if known != at && !visited.contains(&known) {
                visited.insert(known);
                self.add_bases(known, found, visited, depth + 1);
                found.push(known);
            }
        }
    }

    /// The name of the table of a class; none if it has none.
    pub(super) fn table_name(&self, at: usize) -> Option<TableName> {
        let own = &self.classes[at];
        let class = &own.class;
        if class
            .value("__abstract__")
            .is_some_and(|value| value.peek_text() == "True")
        {
            return None;
        }
        let args = class.value("__table_args__");
        let namespace = args.and_then(schema_of);
        if class.value("__tablename__").is_some() {
            return self.written_name(at, namespace);
        }
        let is_sqlmodel = has_table_argument(class);
        if is_sqlmodel {
            return Some(TableName::plain(class.name.to_lowercase()));
        }
        let has_columns = class.assignments().any(|found| is_column(&found));
        if let Some(name) = self.name_by_base(at).filter(|_| has_columns) {
            return Some(TableName::within(namespace, name));
        }
        // Flask-SQLAlchemy makes the name from that of the class if there is a key.
        let is_flask = class
            .bases
            .iter()
            .any(|(_, base)| base.written() == "db.Model");
        let has_key = class.assignments().any(|found| {
            found
                .value
                .and_then(call)
                .is_some_and(|call| call.is_true("primary_key"))
        });
        (is_flask && has_key).then(|| TableName::plain(snake(class.name)))
    }

    /// The name that a method of a base makes, for a class that no other extends.
    pub(super) fn name_by_base(&self, at: usize) -> Option<String> {
        let class = &self.classes[at].class;
        let bases = self.bases(at);
        let is_mixin = class.name.ends_with("Mixin") || class.name.starts_with("Base");
        let mut made = bases
            .iter()
            .rev()
            .filter_map(|base| made_name(&self.classes[*base].class, class.name));
        made.next()
            .filter(|_| !is_mixin && class.value("__abstract__").is_none())
    }
}

/// How many classes may inherit from each other in a row.
pub(super) const MAX_BASES: usize = 16;

/// A class with its file.
pub(super) struct Found<'a> {
    pub(super) class: PythonClass<'a>,
    pub(super) file: usize,
    /// Whether a class that it extends is a base of models.
    pub(super) is_model: bool,
}

/// All classes of a project, with what names and functions stand for.
#[derive(Default)]
pub(super) struct Models<'a> {
    pub(super) files: &'a [PythonFile<'a>],
    pub(super) classes: Vec<Found<'a>>,
    pub(super) by_name: HashMap<&'a str, Vec<usize>>,
    /// Classes of enumerations and their values.
    pub(super) enums: HashMap<&'a str, Vec<String>>,
    /// Names of files that are given a text, with the file of each.
    pub(super) constants: HashMap<&'a str, Vec<(usize, Cursor<'a>)>>,
    /// Functions that make references.
    pub(super) makers: HashMap<&'a str, ReferenceMaker<'a>>,
    /// Names that a call or another name makes a base of models.
    pub(super) bases: HashSet<&'a str>,
}
