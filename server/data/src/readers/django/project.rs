//! The classes of a project that uses Django, and the models among them: what each inherits from
//! the project's own classes and from those of packages. Which tables they have is decided in
//! `tables.rs`; nothing is known here of migrations.

use super::choices::ChoiceClasses;
use super::customs::CustomFields;
use super::fields::{DjangoModel, app_of, field, index_or_constraint, together};
use super::foreign::FOREIGN;
use crate::readers::SchemaFile;
use crate::readers::nesting::Nesting;
use crate::readers::python::{self, PythonClass, PythonFile, classes, lines, text};
use crate::schema::builder::Builder;
use std::collections::HashMap;

/// How many classes may inherit from each other in a row.
const MAX_BASES: usize = 16;

/// A class with the file that it is in.
struct Found<'a> {
    class: PythonClass<'a>,
    file: usize,
}

/// All classes of a project.
pub(super) struct Project<'a> {
    files: &'a [PythonFile<'a>],
    classes: Vec<Found<'a>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    /// The labels of apps, by their folders.
    pub labels: HashMap<String, String>,
    foreign: &'a [SchemaFile],
    pub customs: CustomFields,
}

/// What a class is found to be, by what it inherits.
#[derive(Default)]
struct Ancestry {
    is_model: bool,
    is_complete: bool,
    /// Classes with fields, the farthest first.
    abstracts: Vec<usize>,
    foreign: Vec<usize>,
    /// Models with tables.
    parents: Vec<usize>,
    is_proxy: bool,
}

impl<'a> Project<'a> {
    /// The classes of all files, and the models of packages that they may extend.
    pub fn of(files: &'a [PythonFile<'a>], foreign: &'a [SchemaFile]) -> Self {
        let mut all = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let classes = classes(&lines(&file.tokens)).into_iter();
            all.extend(classes.map(|class| Found { class, file: at }));
        }
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, found) in all.iter().enumerate() {
            by_name.entry(found.class.name).or_default().push(at);
        }
        let mut customs = CustomFields::of(all.iter().map(|found| &found.class));
        let placed = all
            .iter()
            .map(|found| (&files[found.file].file.path, &found.class));
        customs.choices = ChoiceClasses::of(placed);
        let mut project = Self {
            customs,
            files,
            classes: all,
            by_name,
            labels: HashMap::new(),
            foreign,
        };
        project.labels = project.labels();
        project
    }

    /// All models that have a table.
    pub fn models(&self, builder: &mut Builder) -> Vec<DjangoModel> {
        let all = 0..self.classes.len();
        all.filter_map(|at| self.model(at, builder)).collect()
    }

    /// The labels that apps have, by their folders.
    fn labels(&self) -> HashMap<String, String> {
        let apps = self.classes.iter().filter(|found| {
            let mut bases = found.class.bases.iter();
            bases.any(|(base, _)| base.ends_with("AppConfig"))
        });
        let label = |found: &Found<'a>| {
            let label = text(&found.class.value("label")?)?;
            let path = &self.files[found.file].file.path;
            let folder = match path.rsplit_once('/') {
                Some((folder, _)) => folder,
                None => "",
            };
            Some((folder.to_owned(), label))
        };
        apps.filter_map(label).collect()
    }

    /// The app and name of the project's own model of people who sign in.
    pub fn user(&self) -> Option<(String, String)> {
        for file in self.files {
            for line in lines(&file.tokens) {
                if let Some(found) = python::assignment(line)
                    && found.name == "AUTH_USER_MODEL"
                {
                    let value = text(&found.value?)?;
                    let (app, name) = value.rsplit_once('.')?;
                    return Some((app.to_owned(), name.to_owned()));
                }
            }
        }
        let is_user = |found: &&Found<'a>| {
            let mut bases = found.class.bases.iter();
            bases.any(|(base, _)| matches!(*base, "AbstractUser" | "AbstractBaseUser"))
                && !is_set(&found.class, "abstract")
        };
        let mut users = self.classes.iter().filter(is_user);
        let only = users.next().filter(|_| users.next().is_none())?;
        Some((self.app(only), only.class.name.to_owned()))
    }

    fn app(&self, found: &Found<'a>) -> String {
        let meta = found.class.inner("Meta");
        if let Some(label) = meta.and_then(|meta| meta.value("app_label"))
            && let Some(label) = text(&label)
        {
            return label;
        }
        let file = self.files[found.file].file;
        app_of(file, &self.labels)
    }

    /// The class that a base names: one of the same file first.
    fn class_of(&self, name: &str, file: usize) -> Option<usize> {
        let all = self.by_name.get(name)?;
        let same = all.iter().find(|at| self.classes[**at].file == file);
        same.or_else(|| all.first()).copied()
    }

    fn ancestry(&self, at: usize, found: &mut Ancestry, nesting: &mut Nesting) {
        let own = &self.classes[at];
        for (base, whole) in &own.class.bases {
            let is_models = whole.written().starts_with("models.");
            let known = self
                .class_of(base, own.file)
                .filter(|known| *known != at && !is_models);
            if let Some(known) = known {
                if !nesting.enter() {
                    found.is_complete = false;
                    continue;
                }
                let mut above = Ancestry {
                    is_complete: true,
                    ..Ancestry::default()
                };
                self.ancestry(known, &mut above, nesting);
                nesting.leave();
                let is_table = above.is_model && !is_set(&self.classes[known].class, "abstract");
                found.is_model |= above.is_model;
                found.is_complete &= above.is_complete || is_table;
                if is_table {
                    found.parents.push(known);
                } else {
                    found.abstracts.append(&mut above.abstracts);
                    found.foreign.append(&mut above.foreign);
                    found.parents.append(&mut above.parents);
                    found.abstracts.push(known);
                }
            } else if let Some(foreign) = FOREIGN.iter().position(|(name, _)| name == base) {
                found.is_model = true;
                found.foreign.push(foreign);
            } else if is_models && *base == "Model" {
                found.is_model = true;
            } else if !["object", "Generic", "Protocol", "ABC"].contains(base)
                && !python::is_of_project(self.files, base, whole, own.file)
            {
                found.is_complete = false;
            }
        }
        found.is_proxy |= nesting.is_outermost() && is_set(&own.class, "proxy");
    }

    /// The model that a class is; none if it is none, or has no table.
    fn model(&self, at: usize, builder: &mut Builder) -> Option<DjangoModel> {
        let own = &self.classes[at];
        let file = &self.files[own.file];
        let mut ancestry = Ancestry {
            is_complete: true,
            ..Ancestry::default()
        };
        self.ancestry(at, &mut ancestry, &mut Nesting::new(MAX_BASES));
        let is_template = is_set(&own.class, "abstract") || ancestry.is_proxy;
        if !ancestry.is_model || is_template || file.file.path.contains("/migrations/") {
            return None;
        }
        let origin = file.file.origin(&own.class.head);
        let mut model = DjangoModel {
            app: self.app(own),
            name: own.class.name.to_owned(),
            is_table: true,
            is_complete: ancestry.is_complete,
            comment: own.class.description(),
            at: origin.clone(),
            ..DjangoModel::default()
        };
        for foreign in &ancestry.foreign {
            add_foreign(&mut model, &self.foreign[*foreign], &self.customs);
        }
        for known in ancestry.abstracts.iter().chain([&at]) {
            let found = &self.classes[*known];
            let file = &self.files[found.file];
            add_fields(&mut model, &found.class, file, &self.customs);
        }
        let meta = |name: &str| {
            let classes = [&at].into_iter().chain(ancestry.abstracts.iter().rev());
            classes
                .filter_map(|at| self.classes[*at].class.inner("Meta")?.value(name))
                .next()
        };
        self.add_meta(&mut model, meta);
        for parent in &ancestry.parents {
            let parent = &self.classes[*parent];
            let (app, name) = (self.app(parent), parent.class.name);
            model.parents.push(format!("{app}.{name}"));
        }
        if !ancestry.is_complete {
            let bases: Vec<&str> = own.class.bases.iter().map(|(base, _)| *base).collect();
            let bases = bases.join("`, `");
            let message = format!(
                "`{}` extends `{bases}`, of which not all are known",
                model.name
            );
            builder.note(&origin, message, true);
        }
        Some(model)
    }

    fn add_meta(
        &self,
        model: &mut DjangoModel,
        meta: impl Fn(&str) -> Option<crate::tokens::Cursor<'a>>,
    ) {
        model.db_table = meta("db_table").and_then(|value| text(&value));
        if let Some(comment) = meta("db_table_comment").and_then(|value| text(&value)) {
            model.comment = Some(comment);
        }
        if let Some(value) = meta("unique_together") {
            let groups = together(value).into_iter().map(|group| (None, group));
            model.uniques.extend(groups);
        }
        if let Some(value) = meta("index_together") {
            let groups = together(value).into_iter().map(|group| (None, group));
            model.indexes.extend(groups);
        }
        for name in ["indexes", "constraints"] {
            let entries = meta(name).and_then(python::items).unwrap_or_default();
            for entry in entries {
                index_or_constraint(model, entry);
            }
        }
    }
}

/// Whether a class has this set to `True` in its Meta.
fn is_set(class: &PythonClass<'_>, name: &str) -> bool {
    let value = class.inner("Meta").and_then(|meta| meta.value(name));
    value.is_some_and(|value| value.peek_text() == "True")
}

fn add_fields(
    model: &mut DjangoModel,
    class: &PythonClass<'_>,
    file: &PythonFile<'_>,
    customs: &CustomFields,
) {
    for found in class.assignments() {
        let Some(value) = found.value else { continue };
        if let Some(mut field) = field(found.name, value, file, customs) {
            field.at = file.file.origin(&found.whole);
            field.column.comment = field
                .column
                .comment
                .or_else(|| file.comment_after(&found.whole));
            model.fields.retain(|known| known.name != field.name);
            model.fields.push(field);
        } else if value.peek_text() == "None" {
            // A field that a base has is taken away.
            model.fields.retain(|known| known.name != found.name);
        }
    }
}

fn add_foreign(model: &mut DjangoModel, source: &SchemaFile, customs: &CustomFields) {
    let file = PythonFile::of(source);
    for line in lines(&file.tokens) {
        let found = python::assignment(line);
        let field = found.and_then(|found| field(found.name, found.value?, &file, customs));
        if let Some(mut field) = field {
            field.at = model.at.clone();
            model.fields.push(field);
        }
    }
}
