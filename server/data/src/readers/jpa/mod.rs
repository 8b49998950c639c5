//! JPA and Hibernate entities in Java.

mod entities;
mod fields;
mod references;

use super::classes::{AnnotatedClass, annotated_classes, texts_of};
use super::nesting::Nesting;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, ForeignKey, Origin, SqlTable, TableName};
use crate::tokens::Tokens;
use entities::{Entities, Found, MAX_BASES, Parts};
use fields::{Field, TYPES};
use references::own_key;
use std::collections::HashMap;

pub(crate) const READER: Reader = Reader {
    name: "JPA",
    rank: 5,
    may_be: |path| path.ends_with(".java") || path.ends_with(".kt"),
    is: |path, text| {
        let has_library = text.contains("persistence.") || text.contains("org.hibernate");
        let marks = ["@Entity", "@MappedSuperclass", "@Embeddable"];
        let is_class = has_library && marks.iter().any(|mark| text.contains(mark));
        is_class || path.ends_with(".java") && text.contains("enum ")
    },
    read,
};

const COLLECTIONS: &[&str] = &[
    "List",
    "Set",
    "Map",
    "Collection",
    "SortedSet",
    "SortedMap",
    "Iterable",
];

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let is_spring = |file: &&SchemaFile| file.text().contains("org.springframework");
    let mut lexed: Vec<(&SchemaFile, Tokens<'_>)> = Vec::new();
    for file in files {
        if file.path.ends_with(".kt") {
            builder.note(&file.whole(), "entities in Kotlin are not read", true);
        } else {
            lexed.push((file, file.tokens("java")));
        }
    }
    let mut entities = Entities {
        classes: Vec::new(),
        by_name: HashMap::new(),
        is_snake: files.iter().any(is_spring),
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
        if class.annotation("Entity").is_none() {
            return;
        }
        let origin = file.origin(&class.head);
        let root = self.root(at);
        let mut parts = Parts {
            table: SqlTable::named(self.table_name(root)),
            keys: Vec::new(),
            builder,
            nesting: Nesting::new(MAX_BASES),
        };
        if let Some(comment) = class.annotation("Comment") {
            parts.table.comment = comment.java_text("value");
        }
        let mut bases = vec![at];
        while let Some(base) = self.base(bases[bases.len() - 1]) {
            let is_entity = self.classes[base].class.annotation("Entity").is_some();
            if is_entity || bases.len() > MAX_BASES || bases.contains(&base) {
                self.join_parent(base, is_entity && root == at, &mut parts);
                break;
            }
            bases.push(base);
        }
        let last = bases.last().copied().unwrap_or(at);
        if let Some(base) = self.classes[last].class.extends
            && !self.by_name.contains_key(base)
            && !is_of_project(file.text(), base)
        {
            parts.table.is_complete = false;
            let message = format!("`{}` extends `{base}`, which is not known", class.name);
            parts.builder.note(&origin, message, true);
        }
        for base in bases.into_iter().rev() {
            self.add_members(base, "", &mut parts, 0);
        }
        if let Some(table) = class.annotation("Table") {
            parts.keys.extend(self.table_keys(table));
        }
        self.add_discriminator(class, root == at, &mut parts.table);
        let Parts { table, keys, .. } = parts;
        if root == at {
            builder.define(table, keys, &origin);
        } else {
            builder.extend(table, keys, &origin);
        }
    }

    /// The column that says which class a row is of, in a table that several share.
    fn add_discriminator(&self, class: &AnnotatedClass<'a>, is_root: bool, table: &mut SqlTable) {
        let column = class.annotation("DiscriminatorColumn");
        let inheritance = class.annotation("Inheritance").filter(|_| is_root);
        let is_single = inheritance.is_some_and(|found| {
            let strategy = found.java("strategy").map(|value| value.written());
            strategy.is_none_or(|strategy| strategy.ends_with("SINGLE_TABLE"))
        });
        if !is_single && column.is_none() {
            return;
        }
        let usual = if self.is_snake { "dtype" } else { "DTYPE" };
        let named = column.and_then(|found| found.java_text("name"));
        let name = named.unwrap_or_else(|| usual.into());
        if table.column(&name).is_none() {
            table.columns.push(Column::typed(name, "varchar(31)"));
        }
    }

    /// A table of a class whose base has its own refers to the row there.
    fn join_parent(&self, base: usize, is_joined: bool, parts: &mut Parts<'_>) {
        if !is_joined {
            return;
        }
        let (key, data_type) = self.key(base, 0);
        let mut column = Column::named(key.clone());
        column.data_type = Some(data_type);
        column.nullable = false;
        parts.table.columns.push(column);
        parts.keys.push(TableKey::Primary(None, vec![key.clone()]));
        parts.keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![key.clone()],
            table: self.table_name(base),
            references: vec![key],
            ..ForeignKey::default()
        }));
    }

    /// Whether the fields of a class may be columns of another one's table.
    fn is_embeddable(&self, class: usize) -> bool {
        let found = &self.classes[class].class;
        found.annotation("Embeddable").is_some()
    }

    fn add_members(&self, at: usize, prefix: &str, parts: &mut Parts<'_>, depth: usize) {
        let Found { class, file } = &self.classes[at];
        let members = class.members(false);
        let is_by_method = members.iter().any(|member| {
            member.is_method
                && (member.annotation("Id").is_some() || member.annotation("EmbeddedId").is_some())
        });
        for member in &members {
            if let Some(field) = Field::of(member, is_by_method) {
                self.field(&field, file, prefix, parts, depth);
            }
        }
    }

    fn field(
        &self,
        field: &Field<'a, '_>,
        file: &SchemaFile,
        prefix: &str,
        parts: &mut Parts<'_>,
        depth: usize,
    ) {
        let at = file.origin(&field.member.whole);
        let has = |name: &str| field.member.annotation(name).is_some();
        let class = self.by_name.get(field.type_name).copied();
        let is_embeddable = class.is_some_and(|class| self.is_embeddable(class));
        if has("OneToMany") {
            self.add_to_many(field, &at, parts);
            return;
        }
        if has("Transient") || has("Formula") {
            return;
        }
        if let Some(class) = class.filter(|_| is_embeddable || has("Embedded") || has("EmbeddedId"))
        {
            if parts.nesting.enter() {
                let before = parts.table.columns.len();
                self.add_members(class, prefix, parts, depth + 1);
                parts.nesting.leave();
                self.override_columns(field, before, parts);
                if has("EmbeddedId") {
                    for column in &parts.table.columns[before..] {
                        add_to_primary(&mut parts.keys, &column.name);
                    }
                }
            }
        } else if has("ManyToOne") || has("OneToOne") {
            self.reference(field, &at, parts, depth);
        } else if has("ManyToMany") {
            self.join_table(field, &at, parts);
        } else if has("ElementCollection") {
            self.collection(field, &at, parts);
        } else if !COLLECTIONS.contains(&field.type_name) {
            self.column(field, &at, parts);
        }
    }

    /// The table of `@ElementCollection`.
    fn collection(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
        let found = field.member.annotation("CollectionTable");
        let named = found.and_then(|found| found.java_text("name"));
        let own = parts.table.name.clone();
        let name = named.unwrap_or_else(|| format!("{}_{}", own.name, field.name));
        let (key, data_type) = own_key(parts);
        let join = found.and_then(|found| texts_of(&found.java("joinColumns")?).into_iter().next());
        let join = self.physical(&join.unwrap_or_else(|| format!("{}_{key}", own.name)));
        let mut table = SqlTable::named(TableName::plain(self.physical(&name)));
        let mut column = Column::named(join.clone());
        column.data_type = data_type;
        column.nullable = false;
        table.columns.push(column);
        let element = field.element.unwrap_or("String");
        let class = self.by_name.get(element).copied();
        let embeddable = class.filter(|class| self.is_embeddable(*class));
        let mut inner = Parts {
            table,
            keys: Vec::new(),
            builder: parts.builder,
            nesting: parts.nesting,
        };
        match embeddable {
            Some(class) if inner.nesting.enter() => {
                self.add_members(class, "", &mut inner, 1);
                inner.nesting.leave();
            }
            Some(_) => inner.table.is_complete = false,
            None => {
                let known = TYPES.iter().find(|(name, _)| *name == element);
                let annotation = field.member.annotation("Column");
                let named = annotation.and_then(|found| found.java_text("name"));
                let name = self.physical(named.as_deref().unwrap_or(&field.name));
                inner.table.columns.push(Column::typed(
                    name,
                    known.map_or("varchar(255)", |(_, sql)| *sql),
                ));
            }
        }
        inner.keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![join],
            table: own,
            references: vec![key],
            ..ForeignKey::default()
        }));
        let Parts {
            table,
            keys,
            builder,
            nesting,
        } = inner;
        parts.nesting = nesting;
        builder.define(table, keys, at);
    }
}

/// Whether a class is of the project: of the same package, or of one that begins alike. If it is
/// no source, nothing of it is stored.
fn is_of_project(text: &str, class: &str) -> bool {
    let end = format!(".{class};");
    let import = text
        .lines()
        .find(|line| line.starts_with("import ") && line.trim_end().ends_with(&end));
    let start = |line: &str| -> Vec<String> {
        let name = line.split_whitespace().nth(1).unwrap_or_default();
        name.split('.')
            .take(2)
            .map(|part| part.trim_end_matches(';').to_owned())
            .collect()
    };
    let package = text.lines().find(|line| line.starts_with("package "));
    import.is_none_or(|import| package.is_some_and(|package| start(package) == start(import)))
}
