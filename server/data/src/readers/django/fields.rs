//! Django's models as both of its readers describe them, and their names in databases.

use super::choices::literal as literal_value;
use super::customs::CustomFields;
use super::targets::target_of;
use crate::readers::SchemaFile;
use crate::readers::python::{Call, PythonFile, call, items, literal, text, texts};
use crate::schema::{Column, DataType, Origin, TypeKind};
use crate::tokens::Cursor;
use std::collections::HashMap;

/// A field of a model.
#[derive(Clone, Debug)]
pub(crate) struct DjangoField {
    pub name: String,
    /// Django's class of the field, such as `CharField`.
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
pub(super) const MANY: &[&str] = &["ManyToManyField", "ParentalManyToManyField"];

/// The field that an expression makes, if it is one.
pub(crate) fn field(
    name: &str,
    value: Cursor<'_>,
    source: &PythonFile<'_>,
    customs: &CustomFields,
) -> Option<DjangoField> {
    let call = call(value)?;
    let (class, own_target) = customs.resolve(call.name);
    let is_many = MANY.contains(&class);
    let is_field = class.ends_with("Field");
    // A field that says which model it goes to refers to one, whatever its class is called.
    let is_reference = REFERENCES.contains(&class)
        || class.ends_with("ForeignKey")
        || is_field && !is_many && call.named("to").is_some();
    let is_none = class == "GenericForeignKey" || class.contains("Relation");
    if is_none || !is_reference && !is_many && !is_field {
        return None;
    }
    let is_relation = is_reference || is_many;
    let target = is_relation
        .then(|| call.argument("to", 0))
        .flatten()
        .map(|to| target_of(&to))
        .or_else(|| own_target.filter(|_| is_relation).map(str::to_owned));
    if is_relation
        && target.is_none()
        && !matches!(class, "ForeignKey" | "OneToOneField" | "ManyToManyField")
    {
        return None;
    }
    let mut column = Column::named(name);
    column.nullable = call.is_true("null") || class == "NullBooleanField";
    column.is_identity = class.ends_with("AutoField");
    if !is_relation {
        column.data_type = Some(column_type(&call, class));
        column.default = call.named("default").and_then(|value| literal(&value));
    }
    let path = &source.file.path;
    let of_class = |value| choices(value).or_else(|| customs.choices.values(&value, path));
    column.values = call.named("choices").and_then(of_class).unwrap_or_default();
    let comment = call.named("db_comment").or_else(|| call.named("help_text"));
    let comment = comment.and_then(|value| text(&value));
    column.comment = comment.filter(|text| !text.is_empty() && text.len() < 500);
    let named_text = |name: &str| call.named_text(name);
    let action = call.argument("on_delete", 1).filter(|_| is_reference);
    Some(DjangoField {
        name: name.to_owned(),
        class: class.to_owned(),
        target,
        through: is_many && call.named("through").is_some(),
        db_column: named_text("db_column"),
        db_table: named_text("db_table"),
        is_primary: call.is_true("primary_key"),
        is_unique: call.is_true("unique") || class == "OneToOneField",
        is_indexed: call.is_true("db_index") || class == "SlugField",
        on_delete: action.and_then(|value| crate::readers::python::dotted(&value).map(action_of)),
        column,
        at: source.file.origin(&value),
    })
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

fn column_type(call: &Call<'_>, class: &str) -> DataType {
    let known = TYPES.iter().find(|(known, _)| *known == class);
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

/// The values of `choices=[("a", "A"), ...]`; those in groups too.
fn choices(value: Cursor<'_>) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for item in items(value)? {
        let pair = items(item)?;
        let first = pair.first()?;
        match pair.get(1).and_then(|second| items(*second)) {
            Some(group) => {
                for item in group {
                    values.push(literal_value(items(item)?.first()?)?);
                }
            }
            None => values.push(literal_value(first)?),
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
    let name = call.named_text("name");
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
