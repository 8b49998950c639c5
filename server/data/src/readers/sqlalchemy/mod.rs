//! SQLAlchemy: classes with `Column`, `mapped_column` and `Mapped`, tables made by `Table(...)`,
//! SQLModel, and Flask-SQLAlchemy's `db.Column`.

mod calls;
mod columns;
mod declared;
mod makers;
mod models;
mod names;
mod scope;

use super::python::{
    PythonClass, PythonFile, assignment, call, classes, is_of_project, items, lines,
};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{Column, SchemaChange, SqlTable};
use crate::tokens::{Cursor, Kind};
pub(crate) use calls::written_type;
use calls::{key_of, table_argument};
use declared::is_column;
use makers::reference_makers;
use models::{Found, Models};
use names::{BASES, has_table_argument, is_plain_base, made_base};
use scope::Scope;
use std::collections::HashMap;

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
        // Names of tables may be constants of a file of their own.
        let has_names = path.ends_with("const.py") || path.ends_with("constants.py");
        has_library && has_columns || has_names && text.to_lowercase().contains("table")
    },
    read,
};

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<PythonFile<'_>> = files.iter().map(|file| PythonFile::of(file)).collect();
    let mut models = Models {
        files: &lexed,
        classes: Vec::new(),
        by_name: HashMap::new(),
        enums: HashMap::new(),
        constants: HashMap::new(),
        makers: HashMap::new(),
        bases: BASES.iter().copied().collect(),
    };
    for (at, file) in lexed.iter().enumerate() {
        let lines = lines(&file.tokens);
        models
            .bases
            .extend(lines.iter().filter_map(|line| made_base(*line)));
        models.makers.extend(reference_makers(&lines, at));
        for (name, value) in constants(&lines) {
            models.constants.entry(name).or_default().push((at, value));
        }
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
    for at in 0..lexed.len() {
        models.made_tables(at, &mut builder);
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

/// The column that `Column("name", Type, ...)` makes outside of a class, and its keys.
pub(crate) fn written_column(
    argument: Cursor<'_>,
    file: &PythonFile<'_>,
) -> Option<(Column, Vec<TableKey>)> {
    let made = call(argument).filter(|call| call.name == "Column")?;
    let mut column = Column::named(made.argument_text("name", 0)?);
    column.defined = file.file.origin(&argument);
    column.comment = file.comment_after(&argument);
    let (models, mut keys) = (Models::default(), Vec::new());
    let scope = Scope {
        file: 0,
        class: None,
    };
    models.set_from_call(&mut column, &made, &mut keys, (None, scope));
    Some((column, keys))
}

/// The constraint or index that a call makes.
pub(crate) fn written_key(argument: Cursor<'_>) -> Option<TableKey> {
    key_of(&call(argument)?)
}

/// The names of a file that are given a text.
fn constants<'a>(lines: &[Cursor<'a>]) -> Vec<(&'a str, Cursor<'a>)> {
    let is_text = |value: &Cursor<'_>| value.peek().is_some_and(|token| token.kind == Kind::Text);
    let own = lines
        .iter()
        .filter(|line| line.peek().is_some_and(|token| token.column == 0))
        .filter_map(|line| assignment(*line));
    own.filter_map(|found| Some((found.name, found.value.filter(is_text)?)))
        .collect()
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
        let bases = self.bases(at);
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
            let scope = Scope {
                file: self.classes[known].file,
                class: Some(at),
            };
            self.add_columns(known, scope, &mut table, &mut keys);
        }
        let unknown = own.class.bases.iter().find(|(base, whole)| {
            self.class_of(base, own.file).is_none()
                && !self.bases.contains(base)
                && !is_plain_base(base, &whole.written())
                && !is_of_project(self.files, base, whole, own.file)
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
        let scope = Scope {
            file: own.file,
            class: Some(at),
        };
        self.add_columns(at, scope, &mut table, &mut keys);
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
