//! The tables that Django makes of models: references, keys, and what lies between two models.

use super::fields::{DjangoField, DjangoModel, MANY};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::parts::add_key;
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SqlTable, TableIndex, TableName, UniqueKey,
};
use std::collections::HashMap;

/// Tables of Django's own models, which a project need not contain.
pub(super) const KNOWN: &[(&str, &str)] = &[
    ("contenttypes.contenttype", "django_content_type"),
    ("sites.site", "django_site"),
    ("sessions.session", "django_session"),
    ("admin.logentry", "django_admin_log"),
];

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
            let mut table = SqlTable::named(model.table());
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
    fn add_key_columns(&self, model: &DjangoModel, table: &mut SqlTable, builder: &mut Builder) {
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
        table: &mut SqlTable,
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
        let made = || format!("{}_{}", own.name, field.name);
        let mut table = SqlTable::named(TableName {
            name: field.db_table.clone().unwrap_or_else(made),
            ..own.clone()
        });
        let mut id = Column::typed("id", "bigint");
        (id.nullable, id.is_identity) = (false, true);
        table.columns.push(id);
        let mut keys = vec![TableKey::Primary(None, vec!["id".into()])];
        let (from, to) = (model.name.to_lowercase(), self.class_name(model, target));
        let (here, there) = match from == to {
            true => (format!("from_{from}"), format!("to_{to}")),
            false => (from, to),
        };
        for (side, target) in [(here, "self"), (there, target.as_str())] {
            let (key, data_type) = self.key_of(model, target, 0);
            let mut column = Column::named(format!("{side}_id"));
            (column.nullable, column.data_type) = (false, Some(data_type));
            let columns = vec![column.name.clone()];
            table.columns.push(column);
            let there = self.table_of(model, target);
            keys.extend(there.map(|there| {
                TableKey::Foreign(ForeignKey {
                    columns,
                    table: there,
                    references: vec![key],
                    ..ForeignKey::default()
                })
            }));
        }
        let pair = table.columns[1..].iter().map(|column| column.name.clone());
        keys.push(TableKey::Unique(UniqueKey {
            name: None,
            columns: pair.collect(),
        }));
        builder.define(table, keys, &field.at);
    }

    /// The class that a reference means, in lower case.
    fn class_name(&self, from: &DjangoModel, target: &str) -> String {
        if let Some(at) = self.find(from, target) {
            return self.models[at].name.to_lowercase();
        }
        let last = target.rsplit('.').next().unwrap_or(target);
        if is_user_setting(target) {
            "user".into()
        } else {
            last.to_lowercase()
        }
    }
}

pub(super) fn add(builder: &mut Builder, table: &mut SqlTable, at: &Origin, key: TableKey) {
    if let Err(why) = add_key(table, key) {
        builder.note(at, why, false);
    }
}

pub(super) fn is_user_setting(target: &str) -> bool {
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
        let last = parent.rsplit('.').next().unwrap_or(parent);
        let last = if is_user_setting(parent) {
            "user"
        } else {
            last
        };
        let name = found.unwrap_or_else(|| last.to_owned());
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
