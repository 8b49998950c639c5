//! TypeORM entities: classes with `@Entity` and `@Column`.

use super::classes::{
    AnnotatedClass, Annotation, Member, annotated_classes, entry, text_of, texts_of,
};
use super::naming::snake;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Origin, Table, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, Kind, Tokens};
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
const TYPES: &[(&str, &str)] = &[
    ("string", "varchar"),
    ("number", "integer"),
    ("boolean", "boolean"),
    ("Date", "timestamp"),
    ("Buffer", "blob"),
    ("String", "varchar"),
    ("Number", "integer"),
    ("Boolean", "boolean"),
    ("bigint", "bigint"),
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

/// `authorId` of `author` and `id`.
fn camel(name: &str, column: &str) -> String {
    let joined = format!("{name}_{column}");
    let mut out = String::new();
    let mut is_upper = false;
    for c in joined.chars() {
        match c {
            '_' | ' ' | '-' => is_upper = !out.is_empty(),
            c if is_upper => {
                out.extend(c.to_uppercase());
                is_upper = false;
            }
            c => out.push(c),
        }
    }
    out
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
        let (mut table, mut keys) = (Table::named(name.clone()), Vec::new());
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
        table: &mut Table,
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

    fn reference(
        &self,
        member: &Member<'a>,
        property: &str,
        at: &Origin,
        table: &mut Table,
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
        let there = self.by_name.get(class).map(|at| &self.classes[*at].class);
        let (key, data_type) = there.map_or_else(
            || ("id".to_owned(), DataType::of("integer")),
            |class| self.key(class),
        );
        let join = joins.first();
        let referenced = join.and_then(|join| join.entry_text("referencedColumnName"));
        let referenced = referenced.unwrap_or(key);
        let name = join.and_then(|join| join.entry_text("name"));
        let name = name.unwrap_or_else(|| self.join_name(property, &referenced));
        let is_required = relation
            .entry("nullable")
            .is_some_and(|value| value.is("false"));
        let is_key = relation
            .entry("primary")
            .is_some_and(|value| value.is("true"))
            || member.annotation("PrimaryColumn").is_some();
        if table.column(&name).is_none() {
            let mut column = Column::named(name.clone());
            (column.data_type, column.nullable) = (Some(data_type), !is_required && !is_key);
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

    /// The column and type of a class's key.
    fn key(&self, class: &AnnotatedClass<'a>) -> (String, DataType) {
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

    fn join_table(
        &self,
        member: &Member<'a>,
        property: &str,
        at: &Origin,
        own: &Table,
        builder: &mut Builder,
    ) {
        let (many, join) = (
            member.annotation("ManyToMany"),
            member.annotation("JoinTable"),
        );
        let Some((many, join)) = many.zip(join) else {
            return;
        };
        let Some(class) = many.plain().first().and_then(|first| target(*first)) else {
            return;
        };
        let there = self.by_name.get(class).map(|at| &self.classes[*at].class);
        let there_name = there.and_then(|class| self.table_name(class));
        let there_name = there_name.unwrap_or_else(|| TableName::plain(snake(class)));
        let made = || snake(&format!("{}_{property}_{}", own.name.name, there_name.name));
        let named = join
            .entry_text("name")
            .or_else(|| join.plain().first().and_then(text_of));
        let mut table = Table::named(TableName::plain(named.unwrap_or_else(made)));
        let own_key = own
            .columns
            .first()
            .map(|column| (column.name.clone(), column.data_type.clone()));
        let (own_key, own_type) = own_key.unwrap_or_else(|| ("id".into(), None));
        let (key, data_type) = there.map_or_else(
            || ("id".into(), DataType::of("integer")),
            |class| self.key(class),
        );
        let sides = [
            ("joinColumn", own.name.clone(), own_key, own_type),
            ("inverseJoinColumn", there_name, key, Some(data_type)),
        ];
        let mut keys = Vec::new();
        for (option, there, key, data_type) in sides {
            let named = join
                .entry(option)
                .and_then(|mut value| text_of(&entry(&value.group(b'{')?, "name")?));
            let mut name = named.unwrap_or_else(|| self.join_name(&there.name, &key));
            if table.column(&name).is_some() {
                name.push_str("_2");
            }
            let mut column = Column::named(name.clone());
            (column.data_type, column.nullable) = (data_type, false);
            table.columns.push(column);
            keys.push(TableKey::Foreign(ForeignKey {
                columns: vec![name],
                table: there,
                references: vec![key],
                on_delete: Some("CASCADE".into()),
                ..ForeignKey::default()
            }));
        }
        let all = table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        keys.push(TableKey::Primary(None, all));
        builder.define(table, keys, at);
    }

    /// `@Index(["a", "b"], { unique: true })` and `@Unique(["a"])` of a class.
    fn class_key(&self, found: &Annotation<'a>, class: &AnnotatedClass<'a>) -> Option<TableKey> {
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

fn unique(name: Option<String>, columns: Vec<String>) -> TableKey {
    TableKey::Unique(crate::schema::UniqueKey { name, columns })
}

fn index_of(found: &Annotation<'_>, columns: Vec<String>) -> TableKey {
    let name = found.plain().first().and_then(text_of);
    let is_unique = found.entry("unique").is_some_and(|value| value.is("true"));
    let condition = found.entry_text("where");
    if is_unique && condition.is_none() {
        return TableKey::Unique(UniqueKey { name, columns });
    }
    TableKey::Index(TableIndex {
        name,
        columns,
        is_unique,
        condition,
    })
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

/// The type that a property is declared with.
fn declared_type(member: &Member<'_>) -> Option<DataType> {
    let mut rest = member.declared;
    while !rest.is_empty() && !rest.mark(b':') {
        rest.next();
    }
    let word = rest.word()?;
    let known = TYPES.iter().find(|(name, _)| *name == word);
    Some(match known {
        Some((_, written)) => DataType::of(written),
        None => DataType::meaning(TypeKind::Other, word),
    })
}

/// A type with its length or precision.
fn sized(written: &str, found: &Annotation<'_>) -> String {
    let number = |name: &str| {
        let value = found.entry(name)?;
        Some(text_of(&value).unwrap_or_else(|| value.written()))
    };
    match (number("length"), number("precision"), number("scale")) {
        (Some(length), _, _) => format!("{written}({length})"),
        (_, Some(precision), Some(scale)) => format!("{written}({precision}, {scale})"),
        _ => written.to_owned(),
    }
}

fn default(value: Cursor<'_>) -> Option<String> {
    let token = value.peek()?;
    match token.kind {
        Kind::Text => text_of(&value).map(|text| format!("'{}'", text.replace('\'', "''"))),
        Kind::Number => Some(value.written()),
        Kind::Word if value.is_any(&["true", "false"]) => Some(value.written()),
        // `() => "now()"`
        Kind::Mark(b'(') => texts_of(&value).into_iter().next(),
        _ => None,
    }
}

/// The class in `() => Name`, `type => Name` and `"Name"`.
fn target<'a>(value: Cursor<'a>) -> Option<&'a str> {
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
