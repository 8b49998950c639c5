//! TypeORM entities: classes with `@Entity` and `@Column`.

mod columns;
mod entities;
mod keys;
mod references;
mod values;

use super::classes::{AnnotatedClass, Annotation, Member, annotated_classes, entry_text, text_of};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{Column, SqlTable};
use crate::tokens::Tokens;
use columns::property;
use entities::{Entities, Found};
use references::target;
use std::collections::HashMap;

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
            if !is_library && !is_of_project(file.text(), unknown) {
                table.is_complete = false;
                let message = format!("`{}` extends `{unknown}`, which is not known", class.name);
                builder.note(&origin, message, true);
            }
        }
        table.columns.extend(inheritance_column(class));
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
}

/// Whether a class is imported from a file of the project: one that is no source has no columns.
fn is_of_project(text: &str, class: &str) -> bool {
    let paths = ["'.", "\".", "'@/", "\"@/", "'src/", "\"src/", "'~/", "\"~/"];
    let mut imports = text
        .split("import ")
        .skip(1)
        .filter_map(|part| part.split(';').next());
    imports.any(|import| import.contains(class) && paths.iter().any(|path| import.contains(path)))
}

/// The column that says which class a row is of, if classes share the table of this one.
fn inheritance_column(class: &AnnotatedClass<'_>) -> Option<Column> {
    let found = class.annotation("TableInheritance")?;
    let named = found.entry("column").and_then(|mut column| {
        let inner = column.group(b'{')?;
        entry_text(&inner, "name")
    });
    Some(Column::typed(
        named.unwrap_or_else(|| "type".into()),
        "varchar",
    ))
}
