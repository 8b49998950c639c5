//! References between entities, and the tables between them.

use super::columns::property;
use super::entities::Entities;
use super::keys::{index_of, unique};
use crate::readers::classes::{AnnotatedClass, Annotation, Member, entry_text, text_of, texts_of};
use crate::readers::naming::snake;
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, DataType, ForeignKey, Origin, SqlTable, TableName};
use crate::tokens::{Cursor, Kind};

impl<'a> Entities<'a> {
    pub(super) fn reference(
        &self,
        member: &Member<'a>,
        property: &str,
        at: &Origin,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
    ) {
        let many = member.annotation("ManyToOne");
        let Some(relation) = many.or_else(|| member.annotation("OneToOne")) else {
            return;
        };
        // The side without a join column has no column.
        let joins: Vec<&Annotation<'a>> = member
            .annotations
            .iter()
            .filter(|found| found.name == "JoinColumn")
            .collect();
        if many.is_none() && joins.is_empty() {
            return;
        }
        let Some(class) = relation.plain().first().and_then(|first| target(*first)) else {
            return;
        };
        let there = self.class_named(class);
        let (key, data_type) = self.key_of(there);
        let join = joins.first();
        let referenced = join.and_then(|join| join.entry_text("referencedColumnName"));
        let referenced = referenced.unwrap_or(key);
        let name = join.and_then(|join| join.entry_text("name"));
        let name = name.unwrap_or_else(|| self.join_name(property, &referenced));
        let is_required = has_entry(relation, "nullable", "false");
        let is_key =
            has_entry(relation, "primary", "true") || member.annotation("PrimaryColumn").is_some();
        if table.column(&name).is_none() {
            let mut column = Column::named(name.clone());
            column.data_type = Some(data_type);
            column.nullable = !is_required && !is_key;
            column.defined = at.clone();
            table.columns.push(column);
        }
        if is_key {
            add_to_primary(keys, &name);
        }
        if many.is_none() {
            keys.push(unique(None, vec![name.clone()]));
        }
        let name_there = there.and_then(|class| self.table_name(class));
        keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![name],
            table: name_there.unwrap_or_else(|| TableName::plain(snake(class))),
            references: vec![referenced],
            on_delete: relation.entry_text("onDelete"),
            on_update: relation.entry_text("onUpdate"),
            name: None,
        }));
    }

    /// The class of a name.
    fn class_named(&self, name: &str) -> Option<&AnnotatedClass<'a>> {
        let at = self.by_name.get(name)?;
        Some(&self.classes[*at].class)
    }

    /// The column and type of the key of a class, or what they are most often.
    fn key_of(&self, class: Option<&AnnotatedClass<'a>>) -> (String, DataType) {
        match class {
            Some(class) => self.key(class),
            None => ("id".into(), DataType::of("integer")),
        }
    }

    /// The column and type of a class's key.
    pub(super) fn key(&self, class: &AnnotatedClass<'a>) -> (String, DataType) {
        let at = self.by_name.get(class.name).copied().unwrap_or_default();
        for base in self.with_bases(at).into_iter().rev() {
            for member in self.classes[base].class.members(true) {
                let found = member
                    .annotations
                    .iter()
                    .find(|found| found.name.starts_with("Primary"));
                if let (Some(found), Some(property)) = (found, property(&member)) {
                    let kind = if found.name == "PrimaryGeneratedColumn" {
                        "integer"
                    } else {
                        ""
                    };
                    let column = self.column(&member, found, kind, property, "", &mut Vec::new());
                    return (column.name, column.data_type.unwrap_or_default());
                }
            }
        }
        ("id".into(), DataType::of("integer"))
    }

    pub(super) fn join_table(
        &self,
        member: &Member<'a>,
        property: &str,
        at: &Origin,
        own: &SqlTable,
        builder: &mut Builder,
    ) {
        let many = member.annotation("ManyToMany");
        let Some((many, join)) = many.zip(member.annotation("JoinTable")) else {
            return;
        };
        let Some(class) = many.plain().first().and_then(|first| target(*first)) else {
            return;
        };
        let there = self.class_named(class);
        let there_name = there.and_then(|class| self.table_name(class));
        let there_name = there_name.unwrap_or_else(|| TableName::plain(snake(class)));
        let made = || snake(&format!("{}_{property}_{}", own.name.name, there_name.name));
        let named = join
            .entry_text("name")
            .or_else(|| join.plain().first().and_then(text_of));
        let mut table = SqlTable::named(TableName::plain(named.unwrap_or_else(made)));
        let (own_key, own_type) = match own.columns.first() {
            Some(column) => (column.name.clone(), column.data_type.clone()),
            None => ("id".into(), None),
        };
        let (key, data_type) = self.key_of(there);
        let sides = [
            ("joinColumn", own.name.clone(), own_key, own_type),
            ("inverseJoinColumn", there_name, key, Some(data_type)),
        ];
        let mut keys = Vec::new();
        for (option, there, key, data_type) in sides {
            let named = side_name(join, option);
            let mut name = named.unwrap_or_else(|| self.join_name(&there.name, &key));
            if table.column(&name).is_some() {
                name.push_str("_2");
            }
            let mut column = Column::named(name.clone());
            column.data_type = data_type;
            column.nullable = false;
            table.columns.push(column);
            keys.push(TableKey::Foreign(ForeignKey {
                columns: vec![name],
                table: there,
                references: vec![key],
                on_delete: Some("CASCADE".into()),
                ..ForeignKey::default()
            }));
        }
        let all = table.columns.iter().map(|column| column.name.clone());
        keys.push(TableKey::Primary(None, all.collect()));
        builder.define(table, keys, at);
    }

    /// `@Index(["a", "b"], { unique: true })` and `@Unique(["a"])` of a class.
    pub(super) fn class_key(
        &self,
        found: &Annotation<'a>,
        class: &AnnotatedClass<'a>,
    ) -> Option<TableKey> {
        if found.name != "Index" && found.name != "Unique" {
            return None;
        }
        let plain = found.plain();
        let list = plain.iter().find(|part| part.is_mark(b'['))?;
        let members = class.members(true);
        let column = |name: String| {
            let member = members
                .iter()
                .find(|member| property(member) == Some(name.as_str()));
            let named = member.and_then(|member| member.annotation("Column")?.entry_text("name"));
            named.unwrap_or_else(|| self.column_name(&name))
        };
        let columns: Vec<String> = texts_of(list).into_iter().map(column).collect();
        let name = plain.first().and_then(text_of);
        Some(match found.name {
            "Unique" => unique(name, columns),
            _ => index_of(found, columns),
        })
    }
}

/// The column that `joinColumn: { name: "a_id" }` names.
fn side_name(join: &Annotation<'_>, option: &str) -> Option<String> {
    let mut value = join.entry(option)?;
    let inner = value.group(b'{')?;
    entry_text(&inner, "name")
}

/// Whether an entry of the object among the arguments is this word.
fn has_entry(found: &Annotation<'_>, name: &str, word: &str) -> bool {
    match found.entry(name) {
        Some(value) => value.is(word),
        None => false,
    }
}

/// The class in `() => Name`, `type => Name` and `"Name"`.
pub(super) fn target<'a>(value: Cursor<'a>) -> Option<&'a str> {
    let mut rest = value;
    while !rest.is_empty() && !rest.marks("=>") {
        rest.skip();
    }
    if rest.is_empty() {
        let token = value.peek().filter(|token| token.kind == Kind::Text)?;
        return Some(value.of(token).trim_matches(['"', '\'']));
    }
    rest.word()
}
