//! TypeORM entities: classes with `@Entity` and `@Column`.

mod references;
mod values;

use super::classes::{
    AnnotatedClass, Annotation, Member, annotated_classes, entry, text_of, texts_of,
};
use super::naming::snake;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SqlTable, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, Kind, Tokens};
use references::{index_of, target, unique};
use std::collections::HashMap;
use values::{camel, declared_type, default, sized};

pub(crate) const READER: Reader = Reader {
    name: "TypeORM",
    rank: 5,
    may_be: |path| path.ends_with(".ts") && !path.ends_with(".d.ts"),
    is: |_, text| {
        let has_columns = [
            "@Entity",
            "@Column",
            "@PrimaryGeneratedColumn",
            "@ChildEntity",
        ]
        .iter()
        .any(|word| text.contains(word));
        let is_other = text.contains("@mikro-orm/") || text.contains("sequelize-typescript");
        has_columns && !is_other
            || text.contains("SnakeNamingStrategy")
            || text.contains("export enum")
    },
    read,
};

/// How many classes may inherit from each other in a row.
const MAX_BASES: usize = 16;
/// Annotations that make a column, and the type that each gives.
const COLUMNS: &[(&str, &str)] = &[
    ("Column", ""),
    ("PrimaryColumn", ""),
    ("PrimaryGeneratedColumn", "integer"),
    ("CreateDateColumn", "timestamp"),
    ("UpdateDateColumn", "timestamp"),
    ("DeleteDateColumn", "timestamp"),
    ("VersionColumn", "integer"),
    ("ObjectIdColumn", ""),
    ("VirtualColumn", ""),
    ("ViewColumn", ""),
];

struct Found<'a> {
    class: AnnotatedClass<'a>,
    file: &'a SchemaFile,
}

struct Entities<'a> {
    classes: Vec<Found<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// Whether the project names columns in snake case.
    is_snake: bool,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<(&SchemaFile, Tokens<'_>)> = files
        .iter()
        .map(|file| (*file, file.tokens("typescript")))
        .collect();
    let mut entities = Entities {
        classes: Vec::new(),
        by_name: HashMap::new(),
        is_snake: files
            .iter()
            .any(|file| file.text().contains("SnakeNamingStrategy")),
    };
    for (file, tokens) in &lexed {
        for class in annotated_classes(tokens.cursor()) {
            entities
                .by_name
                .entry(class.name)
                .or_insert(entities.classes.len());
            entities.classes.push(Found { class, file });
        }
    }
    for at in 0..entities.classes.len() {
        entities.describe(at, &mut builder);
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

impl<'a> Entities<'a> {
    fn column_name(&self, property: &str) -> String {
        if self.is_snake {
            snake(property)
        } else {
            property.to_owned()
        }
    }

    fn join_name(&self, property: &str, column: &str) -> String {
        if self.is_snake {
            snake(&format!("{property}_{column}"))
        } else {
            camel(property, column)
        }
    }

    fn entity(class: &AnnotatedClass<'a>) -> Option<Annotation<'a>> {
        class
            .annotation("Entity")
            .or_else(|| class.annotation("ViewEntity"))
            .copied()
    }

    fn table_name(&self, class: &AnnotatedClass<'a>) -> Option<TableName> {
        if class.annotation("ChildEntity").is_some() {
            let parent = self.by_name.get(class.extends?)?;
            return self.table_name(&self.classes[*parent].class);
        }
        let entity = Self::entity(class)?;
        let plain = entity.plain();
        let named = plain
            .first()
            .and_then(text_of)
            .or_else(|| entity.entry_text("name"));
        let name = named.unwrap_or_else(|| snake(class.name));
        Some(TableName::within(entity.entry_text("schema"), name))
    }

    /// The class and those that it extends, the farthest first, without such that have a table.
    fn with_bases(&self, at: usize) -> Vec<usize> {
        let (mut found, mut now) = (vec![at], at);
        while let Some(base) = self.classes[now]
            .class
            .extends
            .and_then(|name| self.by_name.get(name))
        {
            if found.len() > MAX_BASES || found.contains(base) {
                break;
            }
            found.push(*base);
            now = *base;
        }
        found.reverse();
        found
    }

    fn describe(&self, at: usize, builder: &mut Builder) {
        let Found { class, file } = &self.classes[at];
        let Some(name) = self.table_name(class) else {
            return;
        };
        let origin = file.origin(&class.head);
        let (mut table, mut keys) = (SqlTable::named(name.clone()), Vec::new());
        let is_child = class.annotation("ChildEntity").is_some();
        table.comment = Self::entity(class).and_then(|entity| entity.entry_text("comment"));
        let bases = if is_child {
            vec![at]
        } else {
            self.with_bases(at)
        };
        for base in bases {
            let Found { class, file } = &self.classes[base];
            for member in class.members(true) {
                self.member(&member, file, "", &mut table, &mut keys, builder);
            }
            keys.extend(
                class
                    .annotations
                    .iter()
                    .filter_map(|found| self.class_key(found, class)),
            );
        }
        if let Some(unknown) = class
            .extends
            .filter(|base| !self.by_name.contains_key(base))
        {
            let is_library = matches!(unknown, "BaseEntity" | "EntitySchema");
            if !is_library {
                table.is_complete = false;
                let message = format!("`{}` extends `{unknown}`, which is not known", class.name);
                builder.note(&origin, message, true);
            }
        }
        if class.annotation("TableInheritance").is_some() {
            let column = class
                .annotation("TableInheritance")
                .and_then(|found| found.entry("column"));
            let named = column.and_then(|mut column| {
                let inner = column.group(b'{')?;
                text_of(&entry(&inner, "name")?)
            });
            table.columns.push(Column::typed(
                named.unwrap_or_else(|| "type".into()),
                "varchar",
            ));
        }
        if is_child {
            builder.extend(table, keys, &origin);
        } else {
            builder.define(table, keys, &origin);
        }
    }

    /// A column, an embedded class, or a reference.
    fn member(
        &self,
        member: &Member<'a>,
        file: &'a SchemaFile,
        prefix: &str,
        table: &mut SqlTable,
        keys: &mut Vec<TableKey>,
        builder: &mut Builder,
    ) {
        let Some(property) = property(member) else {
            return;
        };
        let at = file.origin(&member.whole);
        for (annotation, kind) in COLUMNS {
            let Some(found) = member.annotation(annotation) else {
                continue;
            };
            if *annotation == "VirtualColumn" {
                return;
            }
            if let Some(inner) = self.embedded(found) {
                let own = found.entry("prefix");
                let prefix = match own {
                    Some(value) if value.is("false") => String::new(),
                    Some(value) => text_of(&value).unwrap_or_default(),
                    None => property.to_owned(),
                };
                let Found { class, file } = &self.classes[inner];
                for member in class.members(true) {
                    self.member(&member, file, &prefix, table, keys, builder);
                }
                return;
            }
            let made = self.column(member, found, kind, property, prefix, keys);
            let mut column = made;
            column.defined = at.clone();
            table.columns.retain(|known| known.name != column.name);
            table.columns.push(column);
            return;
        }
        if member.annotation("ManyToOne").is_some() || member.annotation("OneToOne").is_some() {
            self.reference(member, property, &at, table, keys);
        } else if member.annotation("ManyToMany").is_some()
            && member.annotation("JoinTable").is_some()
        {
            self.join_table(member, property, &at, table, builder);
        }
    }

    /// The class that `@Column(() => Name)` embeds.
    fn embedded(&self, found: &Annotation<'a>) -> Option<usize> {
        let first = found.plain().first().copied()?;
        self.by_name.get(target(first)?).copied()
    }

    fn column(
        &self,
        member: &Member<'a>,
        found: &Annotation<'a>,
        kind: &str,
        property: &str,
        prefix: &str,
        keys: &mut Vec<TableKey>,
    ) -> Column {
        let made = match prefix {
            "" => self.column_name(property),
            prefix => self.join_name(prefix, property),
        };
        let name = found.entry_text("name").unwrap_or(made);
        let mut column = Column::named(name);
        let first = found.plain().first().and_then(text_of);
        let is_generated = found.name == "PrimaryGeneratedColumn";
        let written = match (first.as_deref(), found.entry_text("type")) {
            (Some("uuid"), _) if is_generated => Some("uuid".to_owned()),
            (Some("increment" | "identity" | "rowid"), kind) if is_generated => {
                kind.or(Some("integer".into()))
            }
            (Some(first), _) => Some(first.to_owned()),
            (None, Some(written)) => Some(written),
            (None, None) if !kind.is_empty() => Some(kind.to_owned()),
            (None, None) => None,
        };
        column.data_type = match written {
            Some(written) => Some(DataType::of(&sized(&written, found))),
            None => declared_type(member),
        };
        let is_true = |name: &str| found.entry(name).is_some_and(|value| value.is("true"));
        column.nullable = is_true("nullable") || found.name == "DeleteDateColumn";
        column.is_identity = is_generated && first.as_deref() != Some("uuid");
        column.comment = found.entry_text("comment");
        column.default = found.entry("default").and_then(default);
        if let Some(data_type) = column.data_type.as_mut().filter(|_| is_true("array")) {
            data_type.is_list = true;
        }
        self.set_values(&mut column, found);
        let only = vec![column.name.clone()];
        let is_key = found.name.starts_with("Primary")
            || is_true("primary")
            || found.name == "ObjectIdColumn";
        if is_key {
            column.nullable = false;
            add_to_primary(keys, &column.name);
        }
        if is_true("unique") {
            keys.push(unique(None, only.clone()));
        }
        if let Some(index) = member.annotation("Index") {
            keys.push(index_of(index, only));
        }
        column
    }

    fn set_values(&self, column: &mut Column, found: &Annotation<'a>) {
        let Some(value) = found.entry("enum") else {
            return;
        };
        let known = value.peek_word().and_then(|name| self.by_name.get(name));
        column.values = match known.map(|at| &self.classes[*at].class) {
            Some(class) if class.is_enum => class.values(),
            _ => texts_of(&value),
        };
        if let Some(data_type) = &mut column.data_type {
            data_type.kind = TypeKind::Enum;
        }
    }
}

/// The name of a property.
fn property<'a>(member: &Member<'a>) -> Option<&'a str> {
    let mut rest = member.declared;
    let mut name = rest.word()?;
    while let Some(next) = rest.word() {
        name = next;
    }
    (!member.is_method).then_some(name)
}
