//! Django's models as both of its readers describe them, and the tables that Django makes of them.

use super::SchemaFile;
use super::python::{Call, PythonFile, call, items, literal, text, texts};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::parts::add_key;
use crate::schema::{
    Column, DataType, ForeignKey, Origin, Table, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::Cursor;
use std::collections::HashMap;

/// A field of a model.
#[derive(Clone, Debug)]
pub(crate) struct DjangoField {
    pub name: String,
    /// The class of the field, such as `CharField`.
    pub class: String,
    /// What it refers to: `app.Model`, `Model`, `self` or a setting.
    pub target: Option<String>,
    pub through: bool,
    /// Its column without what depends on other models.
    pub column: Column,
    pub db_column: Option<String>,
    pub db_table: Option<String>,
    pub is_primary: bool,
    pub is_unique: bool,
    pub is_indexed: bool,
    pub on_delete: Option<String>,
    pub at: Origin,
}

/// A model that has a table, or gives its fields to others.
#[derive(Clone, Debug, Default)]
pub(crate) struct DjangoModel {
    pub app: String,
    pub name: String,
    pub fields: Vec<DjangoField>,
    pub db_table: Option<String>,
    /// Models with tables of their own that it extends: `app.Model` or `Model`.
    pub parents: Vec<String>,
    pub uniques: Vec<(Option<String>, Vec<String>)>,
    pub indexes: Vec<(Option<String>, Vec<String>)>,
    /// Whether it has a table.
    pub is_table: bool,
    /// Whether all its fields are known.
    pub is_complete: bool,
    pub comment: Option<String>,
    pub at: Origin,
    pub changed: Option<Origin>,
}

/// Classes of fields and their types in SQL.
const TYPES: &[(&str, &str)] = &[
    ("AutoField", "integer"),
    ("BigAutoField", "bigint"),
    ("SmallAutoField", "smallint"),
    ("BigIntegerField", "bigint"),
    ("BinaryField", "bytea"),
    ("BooleanField", "boolean"),
    ("NullBooleanField", "boolean"),
    ("CharField", "varchar"),
    ("CommaSeparatedIntegerField", "varchar"),
    ("DateField", "date"),
    ("DateTimeField", "timestamp with time zone"),
    ("DecimalField", "numeric"),
    ("DurationField", "interval"),
    ("EmailField", "varchar(254)"),
    ("FileField", "varchar(100)"),
    ("FilePathField", "varchar(100)"),
    ("FloatField", "double precision"),
    ("ImageField", "varchar(100)"),
    ("IntegerField", "integer"),
    ("GenericIPAddressField", "inet"),
    ("IPAddressField", "inet"),
    ("JSONField", "jsonb"),
    ("PositiveBigIntegerField", "bigint"),
    ("PositiveIntegerField", "integer"),
    ("PositiveSmallIntegerField", "smallint"),
    ("SlugField", "varchar(50)"),
    ("SmallIntegerField", "smallint"),
    ("TextField", "text"),
    ("TimeField", "time"),
    ("URLField", "varchar(200)"),
    ("UUIDField", "uuid"),
    ("HStoreField", "hstore"),
];
const REFERENCES: &[&str] = &["ForeignKey", "OneToOneField", "ParentalKey"];
const MANY: &[&str] = &["ManyToManyField", "ParentalManyToManyField"];
/// Tables of Django's own models, which a project need not contain.
const KNOWN: &[(&str, &str)] = &[
    ("contenttypes.contenttype", "django_content_type"),
    ("sites.site", "django_site"),
    ("sessions.session", "django_session"),
    ("admin.logentry", "django_admin_log"),
];

/// The field that an expression makes, if it is one.
pub(crate) fn field(name: &str, value: Cursor<'_>, source: &PythonFile<'_>) -> Option<DjangoField> {
    let call = call(value)?;
    let is_reference = REFERENCES.contains(&call.name) || call.name.ends_with("ForeignKey");
    let is_many = MANY.contains(&call.name);
    let is_column = call.name.ends_with("Field") || call.name.ends_with("AutoField");
    let is_none = call.name == "GenericForeignKey" || call.name.contains("Relation");
    if is_none || !is_reference && !is_many && !is_column {
        return None;
    }
    let is_relation = is_reference || is_many;
    let target = is_relation
        .then(|| call.argument("to", 0))
        .flatten()
        .map(|to| target_of(&to));
    if is_relation
        && target.is_none()
        && !matches!(
            call.name,
            "ForeignKey" | "OneToOneField" | "ManyToManyField"
        )
    {
        return None;
    }
    let mut column = Column::named(name);
    column.nullable = call.is_true("null") || call.name == "NullBooleanField";
    column.is_identity = call.name.ends_with("AutoField");
    if !is_relation {
        column.data_type = Some(column_type(&call));
        column.default = call.named("default").and_then(|value| literal(&value));
    }
    column.values = call.named("choices").and_then(choices).unwrap_or_default();
    column.comment = call
        .named("db_comment")
        .or_else(|| call.named("help_text"))
        .and_then(|value| text(&value))
        .filter(|text| !text.is_empty() && text.len() < 500);
    let named_text = |name: &str| call.named(name).and_then(|value| text(&value));
    let action = call.argument("on_delete", 1).filter(|_| is_reference);
    Some(DjangoField {
        name: name.to_owned(),
        class: call.name.to_owned(),
        target,
        through: is_many && call.named("through").is_some(),
        db_column: named_text("db_column"),
        db_table: named_text("db_table"),
        is_primary: call.is_true("primary_key"),
        is_unique: call.is_true("unique") || call.name == "OneToOneField",
        is_indexed: call.is_true("db_index") || call.name == "SlugField",
        on_delete: action.and_then(|value| super::python::dotted(&value).map(action_of)),
        column,
        at: source.file.origin(&value),
    })
}

/// What a reference names: a text, a class, or `get_model_name("app", "Model")`.
fn target_of(to: &Cursor<'_>) -> String {
    let swapped = call(*to).filter(|call| call.name == "get_model_name");
    let parts: Option<Vec<String>> =
        swapped.map(|call| call.plain().filter_map(|part| text(&part)).collect());
    match parts {
        Some(parts) if parts.len() == 2 => parts.join("."),
        _ => text(to).unwrap_or_else(|| to.written()),
    }
}

fn action_of(name: &str) -> String {
    match name {
        "SET_NULL" => "SET NULL".into(),
        "SET_DEFAULT" => "SET DEFAULT".into(),
        "DO_NOTHING" => "NO ACTION".into(),
        "CASCADE" => "CASCADE".into(),
        _ => "RESTRICT".into(),
    }
}

fn column_type(call: &Call<'_>) -> DataType {
    let known = TYPES.iter().find(|(class, _)| *class == call.name);
    let number = |name: &str| {
        let value = call.named(name)?;
        value.written().parse::<u32>().ok()
    };
    match known {
        Some((_, base)) => {
            let plain = base.split('(').next().unwrap_or(base);
            let written = match (plain, number("max_length"), number("max_digits")) {
                ("varchar", Some(length), _) => format!("varchar({length})"),
                ("numeric", _, Some(digits)) => {
                    format!(
                        "numeric({digits}, {})",
                        number("decimal_places").unwrap_or(0)
                    )
                }
                _ => (*base).to_owned(),
            };
            DataType::of(&written)
        }
        None => DataType::meaning(TypeKind::Other, call.name),
    }
}

/// The values of `choices=[("a", "A"), ...]`; groups of them too.
fn choices(value: Cursor<'_>) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for item in items(value)? {
        let pair = items(item)?;
        let first = pair.first()?;
        match pair.get(1).and_then(|second| items(*second)) {
            Some(group) => {
                for item in group {
                    values.push(text(items(item)?.first()?)?);
                }
            }
            None => values.push(text(first)?),
        }
    }
    Some(values)
}

/// Lists of names: `("a", "b")` or `[("a", "b"), ("c",)]`.
pub(crate) fn together(value: Cursor<'_>) -> Vec<Vec<String>> {
    if let Some(one) = texts(value).filter(|one| !one.is_empty()) {
        return vec![one];
    }
    let groups = items(value).unwrap_or_default();
    groups.into_iter().filter_map(texts).collect()
}

/// Takes an entry of `indexes` or `constraints`.
pub(crate) fn index_or_constraint(model: &mut DjangoModel, value: Cursor<'_>) {
    let Some(call) = call(value) else { return };
    let fields = call.named("fields").and_then(texts);
    let name = call.named("name").and_then(|name| text(&name));
    let Some(fields) = fields.filter(|fields| !fields.is_empty()) else {
        return;
    };
    match call.name {
        "UniqueConstraint" if call.named("condition").is_none() => {
            model.uniques.push((name, fields))
        }
        "UniqueConstraint" | "CheckConstraint" => {}
        _ => model.indexes.push((name, fields)),
    }
}

/// All models, by what refers to them.
pub(crate) struct DjangoModels {
    pub models: Vec<DjangoModel>,
    by_name: HashMap<(String, String), usize>,
    by_class: HashMap<String, Vec<usize>>,
    /// The model of people who sign in, if it is the project's own.
    user: Option<usize>,
}

impl DjangoModels {
    pub fn new(models: Vec<DjangoModel>, user: Option<(String, String)>) -> Self {
        let (mut by_name, mut by_class) = (HashMap::new(), HashMap::new());
        for (at, model) in models.iter().enumerate() {
            let class = model.name.to_lowercase();
            by_name
                .entry((model.app.to_lowercase(), class.clone()))
                .or_insert(at);
            let all: &mut Vec<usize> = by_class.entry(class).or_default();
            all.push(at);
        }
        let user = user.and_then(|(app, name)| {
            by_name
                .get(&(app.to_lowercase(), name.to_lowercase()))
                .copied()
        });
        Self {
            models,
            by_name,
            by_class,
            user,
        }
    }

    fn find(&self, from: &DjangoModel, target: &str) -> Option<usize> {
        let lower = target.to_lowercase();
        if lower == "self" {
            return self
                .by_name
                .get(&(from.app.to_lowercase(), from.name.to_lowercase()))
                .copied();
        }
        if is_user_setting(target) {
            return self.user;
        }
        match lower.rsplit_once('.') {
            Some((app, class)) => {
                let app = app.rsplit('.').next().unwrap_or(app);
                let known = self.by_name.get(&(app.to_owned(), class.to_owned()));
                // `models.Other` and `module.Other` name a class.
                known.copied().or_else(|| self.unique(class))
            }
            None => {
                let own = self.by_name.get(&(from.app.to_lowercase(), lower.clone()));
                own.copied().or_else(|| self.unique(&lower))
            }
        }
    }

    fn unique(&self, class: &str) -> Option<usize> {
        self.by_class
            .get(class)
            .and_then(|all| all.first())
            .copied()
    }

    fn table_of(&self, from: &DjangoModel, target: &str) -> Option<TableName> {
        if let Some(at) = self.find(from, target) {
            return Some(self.models[at].table());
        }
        if is_user_setting(target) {
            return Some(TableName::plain("auth_user"));
        }
        let lower = target.to_lowercase();
        let known = KNOWN
            .iter()
            .find(|(name, _)| *name == lower || name.ends_with(&format!(".{lower}")));
        if let Some((_, table)) = known {
            return Some(TableName::plain(*table));
        }
        match lower.as_str() {
            "user" | "group" | "permission" => Some(TableName::plain(format!("auth_{lower}"))),
            _ => {
                let (app, class) = lower.rsplit_once('.')?;
                (!app.contains('.')).then(|| TableName::plain(format!("{app}_{class}")))
            }
        }
    }

    /// The column and type of a model's primary key.
    fn key_of(&self, from: &DjangoModel, target: &str, depth: usize) -> (String, DataType) {
        let unknown = || ("id".to_owned(), DataType::of("bigint"));
        let Some(model) = self.find(from, target).map(|at| &self.models[at]) else {
            return unknown();
        };
        let Some(field) = model.fields.iter().find(|field| field.is_primary) else {
            return match model.parents.first() {
                Some(parent) if depth < 8 => {
                    let name = model.pointer(self, parent);
                    (name, self.key_of(model, parent, depth + 1).1)
                }
                _ => unknown(),
            };
        };
        match (&field.target, &field.column.data_type) {
            (Some(target), _) if depth < 8 => {
                (field.column_name(), self.key_of(model, target, depth + 1).1)
            }
            (_, Some(data_type)) => (field.column_name(), data_type.clone()),
            _ => unknown(),
        }
    }

    /// Describes the tables of all models.
    pub fn describe(&self, builder: &mut Builder) {
        for model in self.models.iter().filter(|model| model.is_table) {
            let mut table = Table::named(model.table());
            table.is_complete = model.is_complete;
            table.comment.clone_from(&model.comment);
            table.changed.clone_from(&model.changed);
            self.add_key_columns(model, &mut table, builder);
            for field in &model.fields {
                self.add_field(model, field, &mut table, builder);
            }
            for (name, fields) in &model.uniques {
                let columns = model.columns(fields);
                add(
                    builder,
                    &mut table,
                    &model.at,
                    TableKey::Unique(UniqueKey {
                        name: name.clone(),
                        columns,
                    }),
                );
            }
            for (name, fields) in &model.indexes {
                let index = TableIndex {
                    name: name.clone(),
                    columns: model.columns(fields),
                    ..TableIndex::default()
                };
                add(builder, &mut table, &model.at, TableKey::Index(index));
            }
            builder.define(table, Vec::new(), &model.at);
        }
    }

    /// The key that Django adds where a model has none: a number, or the rows of its parents.
    fn add_key_columns(&self, model: &DjangoModel, table: &mut Table, builder: &mut Builder) {
        for (number, parent) in model.parents.iter().enumerate() {
            let Some(there) = self.table_of(model, parent) else {
                continue;
            };
            let (key, data_type) = self.key_of(model, parent, 0);
            let name = model.pointer(self, parent);
            let is_listed = model.fields.iter().any(|field| field.column_name() == name);
            if !is_listed {
                let mut column = Column::named(name.clone());
                (column.nullable, column.data_type) = (false, Some(data_type));
                table.columns.push(column);
                add(
                    builder,
                    table,
                    &model.at,
                    TableKey::Foreign(ForeignKey {
                        columns: vec![name.clone()],
                        table: there,
                        references: vec![key],
                        ..ForeignKey::default()
                    }),
                );
                if number == 0 && !model.fields.iter().any(|field| field.is_primary) {
                    add(
                        builder,
                        table,
                        &model.at,
                        TableKey::Primary(None, vec![name]),
                    );
                }
            }
        }
        let has_key =
            !model.parents.is_empty() || model.fields.iter().any(|field| field.is_primary);
        if !has_key {
            let mut column = Column::typed("id", "bigint");
            (column.nullable, column.is_identity) = (false, true);
            table.columns.push(column);
            add(
                builder,
                table,
                &model.at,
                TableKey::Primary(None, vec!["id".into()]),
            );
        }
    }

    fn add_field(
        &self,
        model: &DjangoModel,
        field: &DjangoField,
        table: &mut Table,
        builder: &mut Builder,
    ) {
        if MANY.contains(&field.class.as_str()) {
            self.add_between(model, field, builder);
            return;
        }
        let mut column = field.column.clone();
        column.name = field.column_name();
        column.nullable &= !field.is_primary;
        column.defined = field.at.clone();
        let only = vec![column.name.clone()];
        if let Some(target) = &field.target {
            let (key, data_type) = self.key_of(model, target, 0);
            column.data_type = Some(data_type);
            table.columns.push(column);
            match self.table_of(model, target) {
                Some(there) => add(
                    builder,
                    table,
                    &field.at,
                    TableKey::Foreign(ForeignKey {
                        columns: only.clone(),
                        table: there,
                        references: vec![key],
                        on_delete: field.on_delete.clone(),
                        ..ForeignKey::default()
                    }),
                ),
                None => builder.note(
                    &field.at,
                    format!("no model `{target}` that `{}` refers to", field.name),
                    false,
                ),
            }
        } else {
            table.columns.push(column);
        }
        if field.is_primary {
            add(builder, table, &field.at, TableKey::Primary(None, only));
        } else if field.is_unique {
            let key = UniqueKey {
                name: None,
                columns: only,
            };
            add(builder, table, &field.at, TableKey::Unique(key));
        } else if field.is_indexed || field.target.is_some() {
            let index = TableIndex {
                columns: only,
                ..TableIndex::default()
            };
            add(builder, table, &field.at, TableKey::Index(index));
        }
    }

    /// The table between two models that refer to each other many times.
    fn add_between(&self, model: &DjangoModel, field: &DjangoField, builder: &mut Builder) {
        let Some(target) = field.target.as_ref().filter(|_| !field.through) else {
            return;
        };
        let own = model.table();
        let name = field
            .db_table
            .clone()
            .unwrap_or_else(|| format!("{}_{}", own.name, field.name));
        let mut table = Table::named(TableName {
            name,
            ..own.clone()
        });
        let mut id = Column::typed("id", "bigint");
        (id.nullable, id.is_identity) = (false, true);
        table.columns.push(id);
        let from = model.name.to_lowercase();
        let found = self
            .find(model, target)
            .map(|at| self.models[at].name.to_lowercase());
        let class = target.rsplit('.').next().unwrap_or(target).to_lowercase();
        let to = found.unwrap_or_else(|| {
            if is_user_setting(target) {
                "user".into()
            } else {
                class
            }
        });
        let (here, there) = match from == to {
            true => (format!("from_{from}"), format!("to_{to}")),
            false => (from, to),
        };
        let self_name = "self".to_owned();
        for (side, target) in [(here, &self_name), (there, target)] {
            let (key, data_type) = self.key_of(model, target, 0);
            let mut column = Column::named(format!("{side}_id"));
            (column.nullable, column.data_type) = (false, Some(data_type));
            let columns = vec![column.name.clone()];
            table.columns.push(column);
            if let Some(there) = self.table_of(model, target) {
                add(
                    builder,
                    &mut table,
                    &field.at,
                    TableKey::Foreign(ForeignKey {
                        columns,
                        table: there,
                        references: vec![key],
                        ..ForeignKey::default()
                    }),
                );
            }
        }
        let pair = table.columns[1..]
            .iter()
            .map(|column| column.name.clone())
            .collect();
        add(
            builder,
            &mut table,
            &field.at,
            TableKey::Primary(None, vec!["id".into()]),
        );
        add(
            builder,
            &mut table,
            &field.at,
            TableKey::Unique(UniqueKey {
                name: None,
                columns: pair,
            }),
        );
        builder.define(table, Vec::new(), &field.at);
    }
}

fn add(builder: &mut Builder, table: &mut Table, at: &Origin, key: TableKey) {
    if let Err(why) = add_key(table, key) {
        builder.note(at, why, false);
    }
}

fn is_user_setting(target: &str) -> bool {
    target.ends_with("AUTH_USER_MODEL") || target.contains("get_user_model(")
}

impl DjangoModel {
    /// The name of its table.
    pub fn table(&self) -> TableName {
        let named = self.db_table.as_ref().map(|name| name.replace('"', ""));
        let made = || format!("{}_{}", self.app, self.name.to_lowercase());
        let name = named.unwrap_or_else(made);
        match name.split_once('.') {
            Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
            None => TableName::plain(name),
        }
    }

    /// The column that refers to the row of a parent.
    fn pointer(&self, models: &DjangoModels, parent: &str) -> String {
        let found = models
            .find(self, parent)
            .map(|at| models.models[at].name.clone());
        let name = found.unwrap_or_else(|| parent.rsplit('.').next().unwrap_or(parent).to_owned());
        format!("{}_ptr_id", name.to_lowercase())
    }

    fn columns(&self, fields: &[String]) -> Vec<String> {
        let column = |field: &String| {
            let plain = field.trim_start_matches('-');
            let known = self.fields.iter().find(|known| known.name == plain);
            known.map_or_else(|| plain.to_owned(), DjangoField::column_name)
        };
        fields.iter().map(column).collect()
    }
}

impl DjangoField {
    /// The name of its column.
    pub fn column_name(&self) -> String {
        let made = || match self.target {
            Some(_) => format!("{}_id", self.name),
            None => self.name.clone(),
        };
        self.db_column.clone().unwrap_or_else(made)
    }
}

/// The app that a file belongs to: the folder that `models` or `migrations` is in.
pub(crate) fn app_of<'a>(file: &'a SchemaFile, labels: &HashMap<String, String>) -> String {
    let parts: Vec<&'a str> = file.path.split('/').collect();
    let folders = &parts[..parts.len().saturating_sub(1)];
    let at = folders
        .iter()
        .rposition(|part| matches!(*part, "models" | "migrations"));
    let app = &folders[..at.unwrap_or(folders.len())];
    let known = labels.get(&app.join("/"));
    known
        .cloned()
        .unwrap_or_else(|| (*app.last().unwrap_or(&"app")).to_owned())
}
