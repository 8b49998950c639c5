//! SQLAlchemy: classes with `Column`, `mapped_column` and `Mapped`, tables made by `Table(...)`,
//! SQLModel, and Flask-SQLAlchemy's `db.Column`.

mod calls;
mod columns;
mod names;

use super::naming::snake;
use super::python::{
    self, Assignment, Call, PythonClass, PythonFile, assignment, call, classes, dotted, items,
    lines, literal, text, texts,
};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SchemaChange, SqlTable, TableIndex, TableName, TypeKind,
    UniqueKey,
};
use crate::tokens::{Cursor, Kind};
use calls::{schema_of, table_argument};
use columns::is_column;
use names::{BASES, has_table_argument, is_plain_base, made_base, made_name};
use std::collections::{HashMap, HashSet};

pub(crate) const READER: Reader = Reader {
    name: "SQLAlchemy",
    rank: 5,
    may_be: |path| path.ends_with(".py"),
    is: |path, text| {
        // Migrations may repeat models as they were.
        if path.contains("/migrations/") || path.contains("/versions/") {
            return false;
        }
        let has_library = ["sqlalchemy", "SQLAlchemy", "sqlmodel"]
            .iter()
            .any(|word| text.contains(word));
        let has_columns = [
            "Column(",
            "mapped_column(",
            "Mapped[",
            "SQLModel",
            "Table(",
            "declarative_base(",
        ]
        .iter()
        .any(|word| text.contains(word));
        // Alembic's migrations lead to what the models say.
        has_library
            && has_columns
            && !text.contains("op.create_table")
            && !text.contains("down_revision")
    },
    read,
};

/// How many classes may inherit from each other in a row.
const MAX_BASES: usize = 16;

/// A class with its file.
struct Found<'a> {
    class: PythonClass<'a>,
    file: usize,
    /// Whether a class that it extends is a base of models.
    is_model: bool,
}

struct Models<'a> {
    files: &'a [PythonFile<'a>],
    classes: Vec<Found<'a>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Classes of enumerations and their values.
    enums: HashMap<&'a str, Vec<String>>,
    /// Names that a call or another name makes a base of models.
    bases: HashSet<&'a str>,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<PythonFile<'_>> = files.iter().map(|file| PythonFile::of(file)).collect();
    let mut models = Models {
        files: &lexed,
        classes: Vec::new(),
        by_name: HashMap::new(),
        enums: HashMap::new(),
        bases: BASES.iter().copied().collect(),
    };
    for (at, file) in lexed.iter().enumerate() {
        let lines = lines(&file.tokens);
        models
            .bases
            .extend(lines.iter().filter_map(|line| made_base(*line)));
        for class in classes(&lines) {
            models
                .by_name
                .entry(class.name)
                .or_default()
                .push(models.classes.len());
            if class.bases.iter().any(|(base, _)| base.ends_with("Enum")) {
                models.enums.insert(class.name, enum_values(&class));
            }
            models.classes.push(Found {
                class,
                file: at,
                is_model: false,
            });
        }
    }
    models.find_models();
    for at in 0..models.classes.len() {
        models.describe(at, &mut builder);
    }
    for file in &lexed {
        models.made_tables(file, &mut builder);
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

/// The names of an enumeration, which SQLAlchemy stores.
fn enum_values(class: &PythonClass<'_>) -> Vec<String> {
    let members = class
        .assignments()
        .filter(|found| found.annotation.is_none());
    members
        .map(|found| found.name.to_owned())
        .filter(|name| !name.starts_with('_'))
        .collect()
}

impl<'a> Models<'a> {
    fn class_of(&self, name: &str, file: usize) -> Option<usize> {
        let all = self.by_name.get(name)?;
        let same = all.iter().find(|at| self.classes[**at].file == file);
        same.or_else(|| all.first()).copied()
    }

    /// A class is a model if it has a table's name or columns, or extends one that does.
    fn find_models(&mut self) {
        for at in 0..self.classes.len() {
            let own = &self.classes[at].class;
            let has_name = own.value("__tablename__").is_some() || own.value("__table__").is_some();
            let has_key = own.assignments().any(|found| is_column(&found));
            let is_table = has_table_argument(own);
            let has_base = own.bases.iter().any(|(base, _)| self.bases.contains(base));
            self.classes[at].is_model = has_name || has_key || is_table || has_base;
        }
    }

    /// The classes that one extends, the farthest first; whether all are known.
    fn bases(&self, at: usize, found: &mut Vec<usize>, depth: usize) {
        if depth >= MAX_BASES || found.len() > 256 {
            return;
        }
        let own = &self.classes[at];
        for (base, _) in own.class.bases.iter().rev() {
            if let Some(known) = self.class_of(base, own.file).filter(|known| *known != at) {
                self.bases(known, found, depth + 1);
                if !found.contains(&known) {
                    found.push(known);
                }
            }
        }
    }

    /// The name of the table of a class; none if it has none.
    fn table_name(&self, at: usize) -> Option<TableName> {
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
        if let Some(value) = class.value("__tablename__") {
            return Some(TableName::within(namespace, text(&value)?));
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
    fn name_by_base(&self, at: usize) -> Option<String> {
        let class = &self.classes[at].class;
        let mut bases = Vec::new();
        self.bases(at, &mut bases, 0);
        let is_mixin = class.name.ends_with("Mixin") || class.name.starts_with("Base");
        let mut made = bases
            .iter()
            .rev()
            .filter_map(|base| made_name(&self.classes[*base].class, class.name));
        made.next()
            .filter(|_| !is_mixin && class.value("__abstract__").is_none())
    }

    fn describe(&self, at: usize, builder: &mut Builder) {
        let own = &self.classes[at];
        let file = &self.files[own.file];
        if !own.is_model
            || own
                .class
                .bases
                .iter()
                .any(|(base, _)| base.ends_with("Enum"))
        {
            return;
        }
        let origin = file.file.origin(&own.class.head);
        let mut bases = Vec::new();
        self.bases(at, &mut bases, 0);
        let Some(name) = self.table_name(at) else {
            self.describe_single(at, &bases, builder);
            return;
        };
        let mut table = SqlTable::named(name);
        table.comment = own.class.description();
        let mut keys = Vec::new();
        // Columns of bases that have tables of their own are there.
        let shared = bases
            .iter()
            .filter(|base| self.table_name(**base).is_none());
        for known in shared.copied().chain([at]) {
            let found = &self.classes[known];
            self.add_columns(&found.class, &self.files[found.file], &mut table, &mut keys);
        }
        let unknown = own.class.bases.iter().find(|(base, whole)| {
            self.class_of(base, own.file).is_none()
                && !self.bases.contains(base)
                && !is_plain_base(base, &whole.written())
        });
        if let Some((base, _)) = unknown {
            table.is_complete = false;
            let message = format!("`{}` extends `{base}`, which is not known", own.class.name);
            builder.note(&origin, message, true);
        }
        let arguments = own.class.value("__table_args__");
        for argument in arguments.and_then(items).unwrap_or_default() {
            keys.extend(table_argument(argument, &mut table, &own.class));
        }
        builder.define(table, keys, &origin);
    }

    /// A class without a table adds its columns to that of the class it extends.
    fn describe_single(&self, at: usize, bases: &[usize], builder: &mut Builder) {
        let own = &self.classes[at];
        let file = &self.files[own.file];
        let Some(there) = bases.iter().rev().find_map(|base| self.table_name(*base)) else {
            let has_key = own.class.assignments().any(|found| {
                found
                    .value
                    .and_then(call)
                    .is_some_and(|call| call.is_true("primary_key"))
            });
            let is_base = self.classes.iter().any(|other| {
                other
                    .class
                    .bases
                    .iter()
                    .any(|(base, _)| *base == own.class.name)
            });
            if has_key && !is_base && own.class.value("__abstract__").is_none() {
                let at = file.file.origin(&own.class.head);
                let message = format!(
                    "the table of `{}` has no name that can be read",
                    own.class.name
                );
                builder.note(&at, message, true);
            }
            return;
        };
        let (mut table, mut keys) = (SqlTable::named(there.clone()), Vec::new());
        self.add_columns(&own.class, file, &mut table, &mut keys);
        for mut column in table.columns {
            column.nullable = true;
            let at = column.defined.clone();
            let change = SchemaChange::AddColumn {
                table: there.clone(),
                column: Box::new(column),
                or_keep: true,
            };
            builder.apply(change, &at);
        }
    }
}
