//! Django's migrations: operations on the state of models, in the order of their files.

use super::customs::CustomFields;
use super::fields::{DjangoField, DjangoModel, app_of, field, index_or_constraint, together};
use super::project::Project;
use super::tables::DjangoModels;
use super::targets::target_of;
use crate::readers::embedded::{self, SqlText};
use crate::readers::python::{self, Call, PythonFile, call, classes, items, lines, text};
use crate::readers::python_sql::NamedValues;
use crate::readers::{SchemaFile, Unit};
use crate::schema::Origin;
use crate::schema::builder::Builder;
use crate::tokens::Cursor;
use std::collections::{BTreeMap, HashSet};

/// The rank of migrations: see `Reader::rank`.
const MIGRATIONS: u8 = 1;

/// Whether a file is a migration.
pub(crate) fn is_migration(path: &str, text: &str) -> bool {
    path.contains("migrations/") && text.contains("migrations.Migration")
}

/// What all migrations of a project lead to. SQL that they run is applied to its tables.
pub(super) fn read(files: &[&SchemaFile], project: &Project<'_>) -> Unit {
    let mut builder = Builder::default();
    let mut apps: BTreeMap<String, Vec<&SchemaFile>> = BTreeMap::new();
    for file in files {
        apps.entry(app_of(file, &project.labels))
            .or_default()
            .push(file);
    }
    let mut state = State {
        models: Vec::new(),
        customs: &project.customs,
        builder: &mut builder,
        run: Vec::new(),
    };
    for (app, mut files) in apps {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        state.app(&app, &files);
    }
    let (models, run) = (state.models, state.run);
    let models = DjangoModels::new(models, project.user());
    models.describe(&mut builder);
    for sql in run {
        sql.apply(&mut builder);
    }
    Unit {
        name: "Django migrations",
        rank: MIGRATIONS,
        builder,
        yields_to: None,
    }
}

/// The models as they are after the migrations so far.
struct State<'b> {
    models: Vec<DjangoModel>,
    customs: &'b CustomFields,
    builder: &'b mut Builder,
    /// What migrations run, in their order.
    run: Vec<SqlText>,
}

/// A file of migrations, with what its names are given.
struct Source<'a> {
    file: &'a PythonFile<'a>,
    names: &'a NamedValues<'a>,
}

/// The name of a migration: that of its file.
fn name_of(file: &SchemaFile) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    name.trim_end_matches(".py")
}

impl State<'_> {
    fn app(&mut self, app: &str, files: &[&SchemaFile]) {
        let lexed: Vec<PythonFile<'_>> = files.iter().map(|file| PythonFile::of(file)).collect();
        let mut replaced = HashSet::new();
        for file in &lexed {
            for class in classes(&lines(&file.tokens)) {
                let value = class.value("replaces").and_then(items).unwrap_or_default();
                replaced.extend(value.iter().filter_map(|pair| text(items(*pair)?.get(1)?)));
            }
        }
        for file in lexed
            .iter()
            .filter(|file| !replaced.contains(name_of(file.file)))
        {
            let lines = lines(&file.tokens);
            let names = NamedValues::of(&lines);
            let source = Source {
                file,
                names: &names,
            };
            let classes = classes(&lines);
            let migrations = classes
                .iter()
                .filter(|class| class.bases.iter().any(|(base, _)| *base == "Migration"));
            for class in migrations {
                let operations = class
                    .value("operations")
                    .and_then(items)
                    .unwrap_or_default();
                for operation in operations {
                    self.operation(app, operation, &source, 0);
                }
            }
        }
    }

    fn operation(&mut self, app: &str, operation: Cursor<'_>, source: &Source<'_>, depth: usize) {
        let Some(call) = call(operation) else { return };
        let at = source.file.file.origin(&operation);
        match call.name {
            "CreateModel" => self.create(app, &call, source.file, at),
            "SeparateDatabaseAndState" if depth < 4 => {
                let inner = call.argument("state_operations", 1).and_then(items);
                for operation in inner.unwrap_or_default() {
                    self.operation(app, operation, source, depth + 1);
                }
            }
            "RunSQL" => self.run_sql(app, &call, source, at, depth),
            _ => {
                let known = self.change(app, &call, source.file, &at);
                if known.is_none() && CHANGES.contains(&call.name) {
                    let message = format!("`{}` of a model or field that is not known", call.name);
                    self.builder.note(&at, message, true);
                }
            }
        }
    }

    /// SQL: what it does to the state of models is described apart, or it changes other tables.
    fn run_sql(
        &mut self,
        app: &str,
        call: &Call<'_>,
        source: &Source<'_>,
        at: Origin,
        depth: usize,
    ) {
        if let Some(inner) = call.named("state_operations").and_then(items) {
            for operation in inner.into_iter().filter(|_| depth < 4) {
                self.operation(app, operation, source, depth + 1);
            }
            return;
        }
        let Some(value) = call.argument("sql", 0) else {
            return;
        };
        match source.names.sql(value, source.file, &at) {
            Some(found) => self.run.extend(found),
            None => embedded::note_if_changes(&value, &at, self.builder),
        }
    }

    fn create(&mut self, app: &str, call: &Call<'_>, file: &PythonFile<'_>, at: Origin) {
        let Some(name) = call.argument_text("name", 0) else {
            self.builder.note(&at, "a model without a plain name", true);
            return;
        };
        let mut model = DjangoModel {
            app: app.to_owned(),
            name,
            is_table: true,
            is_complete: true,
            at,
            ..DjangoModel::default()
        };
        for pair in call
            .argument("fields", 1)
            .and_then(items)
            .unwrap_or_default()
        {
            let pair = items(pair).unwrap_or_default();
            match &pair[..] {
                [name, value] if text(name).is_some() => {
                    let name = text(name).unwrap_or_default();
                    add_field(&mut model, &name, *value, file, self.customs);
                }
                // A name that a program makes: that of the row of a parent, if it is that.
                [_, value]
                    if python::call(*value).is_some_and(|call| call.is_true("parent_link")) =>
                {
                    let to = python::call(*value).and_then(|call| call.argument("to", 0));
                    model.parents.extend(to.map(|to| target_of(&to)));
                }
                _ => model.is_complete = false,
            }
        }
        let options = call
            .argument("options", 2)
            .and_then(items)
            .unwrap_or_default();
        for option in options {
            set_option(&mut model, option);
        }
        let bases = call
            .argument("bases", 3)
            .and_then(items)
            .unwrap_or_default();
        for base in bases {
            // Bases with tables are named by texts; others are classes without.
            let named = text(&base).filter(|_| model.parents.is_empty());
            model.parents.extend(named);
        }
        let is_own = |known: &&mut DjangoModel| known.app == app && known.name == model.name;
        match self.models.iter_mut().find(is_own) {
            Some(known) => *known = model,
            None => self.models.push(model),
        }
    }

    fn model(&mut self, app: &str, name: &str) -> Option<&mut DjangoModel> {
        let is =
            |model: &&mut DjangoModel| model.app == app && model.name.eq_ignore_ascii_case(name);
        self.models.iter_mut().find(is)
    }

    /// Does one operation on a model; none if it is not there.
    fn change(
        &mut self,
        app: &str,
        call: &Call<'_>,
        file: &PythonFile<'_>,
        at: &Origin,
    ) -> Option<()> {
        let argument = |name: &str, place: usize| call.argument_text(name, place);
        match call.name {
            "DeleteModel" => {
                let name = argument("name", 0)?;
                let is = |model: &DjangoModel| {
                    model.app == app && model.name.eq_ignore_ascii_case(&name)
                };
                let before = self.models.len();
                self.models.retain(|model| !is(model));
                (self.models.len() < before).then_some(())
            }
            "RenameModel" => {
                let (old, new) = (argument("old_name", 0)?, argument("new_name", 1)?);
                self.model(app, &old)?.name.clone_from(&new);
                self.retarget(app, &old, &new);
                self.model(app, &new)?.changed = Some(at.clone());
                Some(())
            }
            "AlterModelTable" => {
                let table = call.argument_text("table", 1);
                self.model(app, &argument("name", 0)?)?.db_table = table;
                Some(())
            }
            name if name.ends_with("Together") => {
                change_together(self.model(app, &argument("name", 0)?)?, call);
                Some(())
            }
            name if name.ends_with("Index") || name.ends_with("Constraint") => {
                change_index(self.model(app, &argument("model_name", 0)?)?, call)
            }
            _ => self.change_field(app, call, file, at),
        }
    }

    fn change_field(
        &mut self,
        app: &str,
        call: &Call<'_>,
        file: &PythonFile<'_>,
        at: &Origin,
    ) -> Option<()> {
        let argument = |name: &str, place: usize| call.argument_text(name, place);
        if !["AddField", "AlterField", "RemoveField", "RenameField"].contains(&call.name) {
            return None;
        }
        let customs = self.customs;
        let model = self.model(app, &argument("model_name", 0)?)?;
        model.changed = Some(at.clone());
        match call.name {
            "RemoveField" => {
                let name = argument("name", 1)?;
                model.fields.retain(|field| field.name != name);
            }
            "RenameField" => {
                let (old, new) = (argument("old_name", 1)?, argument("new_name", 2)?);
                let field = model.fields.iter_mut().find(|field| field.name == old)?;
                field.name.clone_from(&new);
                field.column.changed = Some(at.clone());
                let groups = model.uniques.iter_mut().chain(&mut model.indexes);
                for name in groups
                    .flat_map(|(_, group)| group)
                    .filter(|name| **name == old)
                {
                    name.clone_from(&new);
                }
            }
            _ => {
                let name = argument("name", 1)?;
                let value = call.argument("field", 2)?;
                let known = model.fields.iter().position(|field| field.name == name);
                let mut new = field(&name, value, file, customs)?;
                match known {
                    Some(place) => {
                        new.at = model.fields[place].at.clone();
                        new.column.changed = Some(at.clone());
                        model.fields[place] = new;
                    }
                    None => model.fields.push(new),
                }
            }
        }
        Some(())
    }

    /// Makes fields that refer to a model refer to its new name.
    fn retarget(&mut self, app: &str, old: &str, new: &str) {
        let full = format!("{app}.{old}").to_lowercase();
        let fields = self.models.iter_mut().flat_map(|model| {
            let own = model.app == app;
            model
                .fields
                .iter_mut()
                .map(move |field: &mut DjangoField| (own, field))
        });
        for (own, field) in fields {
            let Some(target) = &mut field.target else {
                continue;
            };
            let lower = target.to_lowercase();
            if lower == full || own && lower == old.to_lowercase() {
                *target = format!("{app}.{new}");
            }
        }
    }
}

/// Operations that need a model to be there.
const CHANGES: &[&str] = &[
    "AddField",
    "AlterField",
    "RemoveField",
    "RenameField",
    "RenameModel",
    "DeleteModel",
    "AlterModelTable",
];

fn add_field(
    model: &mut DjangoModel,
    name: &str,
    value: Cursor<'_>,
    file: &PythonFile<'_>,
    customs: &CustomFields,
) {
    match field(name, value, file, customs) {
        Some(field) => model.fields.push(field),
        // A class of a package whose name says nothing: it has a column in all likelihood.
        None => model.is_complete = false,
    }
}

/// Takes one entry of a model's options: `"db_table": "x"`.
fn set_option(model: &mut DjangoModel, option: Cursor<'_>) {
    let mut rest = option;
    let Some(key) = rest
        .next()
        .map(|token| crate::tokens::content(option.of(token)))
    else {
        return;
    };
    rest.mark(b':');
    let is_true = rest.peek_text() == "True";
    match key.as_str() {
        "db_table" => model.db_table = text(&rest),
        "db_table_comment" => model.comment = text(&rest),
        "abstract" | "proxy" => model.is_table &= !is_true,
        "unique_together" => {
            model
                .uniques
                .extend(set_of_groups(rest).into_iter().map(|group| (None, group)));
        }
        "index_together" => {
            model
                .indexes
                .extend(set_of_groups(rest).into_iter().map(|group| (None, group)));
        }
        "indexes" | "constraints" => {
            for entry in items(rest).unwrap_or_default() {
                index_or_constraint(model, entry);
            }
        }
        _ => {}
    }
}

/// Groups of fields, which migrations write as `set([...])` or as a list.
fn set_of_groups(value: Cursor<'_>) -> Vec<Vec<String>> {
    match python::call(value).filter(|call| call.name == "set") {
        Some(call) => call.plain().next().map(together).unwrap_or_default(),
        None => together(value),
    }
}

/// `AlterUniqueTogether` and `AlterIndexTogether`: all groups of a model are given.
fn change_together(model: &mut DjangoModel, call: &Call<'_>) {
    let is_unique = call.name == "AlterUniqueTogether";
    let name = if is_unique {
        "unique_together"
    } else {
        "index_together"
    };
    let groups = call
        .argument(name, 1)
        .map(set_of_groups)
        .unwrap_or_default();
    let list = if is_unique {
        &mut model.uniques
    } else {
        &mut model.indexes
    };
    list.retain(|(name, _)| name.is_some());
    list.extend(groups.into_iter().map(|group| (None, group)));
}

/// Adds or removes an index or constraint.
fn change_index(model: &mut DjangoModel, call: &Call<'_>) -> Option<()> {
    match call.name {
        "AddIndex" => index_or_constraint(model, call.argument("index", 1)?),
        "AddConstraint" => index_or_constraint(model, call.argument("constraint", 1)?),
        "RemoveIndex" | "RemoveConstraint" => {
            let name = call.argument_text("name", 1);
            for list in [&mut model.indexes, &mut model.uniques] {
                list.retain(|(known, _)| known.is_none() || *known != name);
            }
        }
        _ => {}
    }
    Some(())
}
