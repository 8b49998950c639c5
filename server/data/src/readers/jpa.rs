//! JPA and Hibernate entities in Java.

use super::classes::{AnnotatedClass, Annotation, Member, annotated_classes, text_of, texts_of};
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

/// How many classes may inherit from each other, or be embedded in each other, in a row.
const MAX_BASES: usize = 16;
/// Java's types, and what databases make of them.
const TYPES: &[(&str, &str)] = &[
    ("String", "varchar(255)"),
    ("char", "char(1)"),
    ("Character", "char(1)"),
    ("int", "integer"),
    ("Integer", "integer"),
    ("long", "bigint"),
    ("Long", "bigint"),
    ("BigInteger", "numeric(38, 0)"),
    ("short", "smallint"),
    ("Short", "smallint"),
    ("byte", "smallint"),
    ("Byte", "smallint"),
    ("boolean", "boolean"),
    ("Boolean", "boolean"),
    ("float", "real"),
    ("Float", "real"),
    ("double", "double precision"),
    ("Double", "double precision"),
    ("BigDecimal", "numeric(38, 2)"),
    ("LocalDate", "date"),
    ("LocalTime", "time"),
    ("LocalDateTime", "timestamp"),
    ("Instant", "timestamp with time zone"),
    ("OffsetDateTime", "timestamp with time zone"),
    ("ZonedDateTime", "timestamp with time zone"),
    ("Date", "timestamp"),
    ("Timestamp", "timestamp"),
    ("Calendar", "timestamp"),
    ("Duration", "bigint"),
    ("UUID", "uuid"),
    ("URL", "varchar(255)"),
    ("Blob", "blob"),
    ("Clob", "clob"),
];
const PRIMITIVES: &[&str] = &[
    "int", "long", "short", "byte", "boolean", "float", "double", "char",
];
const COLLECTIONS: &[&str] = &[
    "List",
    "Set",
    "Map",
    "Collection",
    "SortedSet",
    "SortedMap",
    "Iterable",
];

struct Found<'a> {
    class: AnnotatedClass<'a>,
    file: &'a SchemaFile,
}

struct Entities<'a> {
    classes: Vec<Found<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// Whether names are changed to snake case, as Spring does.
    is_snake: bool,
}

/// What a class adds to a table.
struct Parts<'b> {
    table: Table,
    keys: Vec<TableKey>,
    builder: &'b mut Builder,
}

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
    fn physical(&self, name: &str) -> String {
        if self.is_snake {
            snake(name)
        } else {
            name.to_owned()
        }
    }

    fn base(&self, at: usize) -> Option<usize> {
        let base = self.classes[at].class.extends?;
        self.by_name.get(base).copied().filter(|base| *base != at)
    }

    /// The entity whose table a class shares: the farthest, if its inheritance is in one table.
    fn root(&self, at: usize) -> usize {
        let (mut root, mut now) = (at, at);
        for _ in 0..MAX_BASES {
            let Some(base) = self.base(now) else { break };
            if self.classes[base].class.annotation("Entity").is_some() {
                root = base;
            }
            now = base;
        }
        let strategy = self.classes[root].class.annotation("Inheritance");
        let strategy = strategy.and_then(|found| found.java("strategy"));
        let is_joined = strategy.is_some_and(|value| !value.written().ends_with("SINGLE_TABLE"));
        if is_joined { at } else { root }
    }

    fn table_name(&self, at: usize) -> TableName {
        let class = &self.classes[at].class;
        let table = class.annotation("Table");
        let named = table.and_then(|table| table.java_text("name"));
        let entity = class
            .annotation("Entity")
            .and_then(|entity| entity.java_text("name"));
        let name = named.unwrap_or_else(|| entity.unwrap_or_else(|| class.name.to_owned()));
        let namespace = table.and_then(|table| table.java_text("schema"));
        let plain = self.physical(name.trim_matches(['`', '"']));
        TableName::within(namespace.filter(|namespace| !namespace.is_empty()), plain)
    }

    fn describe(&self, at: usize, builder: &mut Builder) {
        let Found { class, file } = &self.classes[at];
        if class.annotation("Entity").is_none() {
            return;
        }
        let origin = file.origin(&class.head);
        let root = self.root(at);
        let mut parts = Parts {
            table: Table::named(self.table_name(root)),
            keys: Vec::new(),
            builder,
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
        let unknown = bases
            .last()
            .and_then(|last| self.classes[*last].class.extends);
        if let Some(base) = unknown.filter(|base| !self.by_name.contains_key(base)) {
            parts.table.is_complete = false;
            let message = format!("`{}` extends `{base}`, which is not known", class.name);
            parts.builder.note(&origin, message, true);
        }
        for base in bases.into_iter().rev() {
            self.add_members(base, "", &mut parts, 0);
        }
        parts.keys.extend(
            class
                .annotation("Table")
                .map(|table| self.table_keys(table))
                .unwrap_or_default(),
        );
        let is_shared = class.annotation("Inheritance").is_some() && root == at
            || class.annotation("DiscriminatorColumn").is_some();
        let is_single = class.annotation("Inheritance").is_none_or(|found| {
            found
                .java("strategy")
                .is_none_or(|value| value.written().ends_with("SINGLE_TABLE"))
        });
        if is_shared && (is_single || class.annotation("DiscriminatorColumn").is_some()) {
            let named = class
                .annotation("DiscriminatorColumn")
                .and_then(|found| found.java_text("name"));
            let name = named.unwrap_or_else(|| {
                if self.is_snake {
                    "dtype".into()
                } else {
                    "DTYPE".into()
                }
            });
            if parts.table.column(&name).is_none() {
                parts.table.columns.push(Column::typed(name, "varchar(31)"));
            }
        }
        let Parts { table, keys, .. } = parts;
        if root == at {
            builder.define(table, keys, &origin);
        } else {
            builder.extend(table, keys, &origin);
        }
    }

    /// A table of a class whose base has its own refers to the row there.
    fn join_parent(&self, base: usize, is_joined: bool, parts: &mut Parts<'_>) {
        if !is_joined {
            return;
        }
        let (key, data_type) = self.key(base, 0);
        let mut column = Column::named(key.clone());
        (column.data_type, column.nullable) = (Some(data_type), false);
        parts.table.columns.push(column);
        parts.keys.push(TableKey::Primary(None, vec![key.clone()]));
        parts.keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![key.clone()],
            table: self.table_name(base),
            references: vec![key],
            ..ForeignKey::default()
        }));
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
        let is_embeddable =
            class.is_some_and(|class| self.classes[class].class.annotation("Embeddable").is_some());
        if has("Transient") || has("Formula") || has("OneToMany") {
            return;
        }
        if let Some(class) = class.filter(|_| is_embeddable || has("Embedded") || has("EmbeddedId"))
        {
            if depth < MAX_BASES {
                let before = parts.table.columns.len();
                self.add_members(class, prefix, parts, depth + 1);
                self.override_columns(field, before, parts);
                if has("EmbeddedId") {
                    let names: Vec<String> = parts.table.columns[before..]
                        .iter()
                        .map(|column| column.name.clone())
                        .collect();
                    names
                        .iter()
                        .for_each(|name| add_to_primary(&mut parts.keys, name));
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

    /// `@AttributeOverride(name = "street", column = @Column(name = "home_street"))`.
    fn override_columns(&self, field: &Field<'a, '_>, from: usize, parts: &mut Parts<'_>) {
        let all = field
            .member
            .annotations
            .iter()
            .filter(|found| found.name.starts_with("AttributeOverride"));
        for found in all {
            let Some(arguments) = found.arguments else {
                continue;
            };
            let mut rest = arguments;
            let mut pending: Option<String> = None;
            while let Some(token) = rest.next() {
                let before = rest;
                let is_name = arguments.of(token) == "name" && rest.mark(b'=');
                if !is_name {
                    rest = before;
                    continue;
                }
                let Some(text) = text_of(&rest) else { continue };
                match pending.take() {
                    None => pending = Some(self.physical(&text)),
                    Some(old) => {
                        let columns = parts.table.columns[from..].iter_mut();
                        columns
                            .filter(|column| column.name == old)
                            .for_each(|column| column.name.clone_from(&text));
                    }
                }
            }
        }
    }

    fn column(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
        let member = field.member;
        let annotation = member.annotation("Column");
        let named = annotation
            .and_then(|found| found.java_text("name"))
            .filter(|name| !name.is_empty());
        let name = self.physical(
            named
                .as_deref()
                .unwrap_or(&field.name)
                .trim_matches(['`', '"']),
        );
        let mut column = Column::named(name);
        column.defined = at.clone();
        column.data_type = Some(self.column_type(field, annotation, &mut column.values));
        let is_primitive = PRIMITIVES.contains(&field.type_name) && !field.is_array;
        let is_false = |found: &Annotation<'_>, name: &str| {
            found.java(name).is_some_and(|value| value.is("false"))
        };
        let is_required = ["NotNull", "NotBlank", "NotEmpty", "NonNull"]
            .iter()
            .any(|name| member.annotation(name).is_some());
        let is_optional = annotation.is_none_or(|found| !is_false(found, "nullable"));
        let is_basic = member
            .annotation("Basic")
            .is_none_or(|found| !is_false(found, "optional"));
        column.nullable = !is_primitive && !is_required && is_optional && is_basic;
        column.comment = member
            .annotation("Comment")
            .and_then(|found| found.java_text("value"));
        column.default = member
            .annotation("ColumnDefault")
            .and_then(|found| found.java_text("value"));
        if member.annotation("Id").is_some() {
            column.nullable = false;
            column.is_identity =
                member.annotation("GeneratedValue").is_some() && field.type_name != "UUID";
            add_to_primary(&mut parts.keys, &column.name);
        }
        if annotation
            .is_some_and(|found| found.java("unique").is_some_and(|value| value.is("true")))
        {
            parts.keys.push(TableKey::Unique(UniqueKey {
                name: None,
                columns: vec![column.name.clone()],
            }));
        }
        parts
            .table
            .columns
            .retain(|known| known.name != column.name);
        parts.table.columns.push(column);
    }

    fn column_type(
        &self,
        field: &Field<'a, '_>,
        found: Option<&Annotation<'a>>,
        values: &mut Vec<String>,
    ) -> DataType {
        if let Some(written) = found.and_then(|found| found.java_text("columnDefinition")) {
            let mut words = written.split_whitespace();
            let end = words.position(|word| {
                matches!(word.to_lowercase().as_str(), "not" | "default" | "null")
            });
            let words: Vec<&str> = written
                .split_whitespace()
                .take(end.unwrap_or(usize::MAX))
                .collect();
            return DataType::of(&words.join(" "));
        }
        let member = field.member;
        let number = |name: &str| {
            found
                .and_then(|found| found.java(name))
                .map(|value| value.written())
        };
        let class = self
            .by_name
            .get(field.type_name)
            .map(|at| &self.classes[*at].class);
        if let Some(class) = class.filter(|class| class.is_enum) {
            let is_text = member.annotation("Enumerated").is_some_and(|found| {
                found
                    .java("value")
                    .is_some_and(|value| value.written().ends_with("STRING"))
            });
            if is_text {
                *values = class.values();
                return DataType::of("varchar(255)");
            }
            return DataType::of("smallint");
        }
        if member.annotation("Lob").is_some() {
            let is_bytes = matches!(field.type_name, "byte" | "Byte" | "Blob");
            return DataType::of(if is_bytes { "blob" } else { "clob" });
        }
        if let Some(temporal) = member
            .annotation("Temporal")
            .and_then(|found| found.java("value"))
        {
            let written = temporal.written();
            let kind = if written.ends_with("DATE") {
                "date"
            } else if written.ends_with(".TIME") {
                "time"
            } else {
                "timestamp"
            };
            return DataType::of(kind);
        }
        if field.is_array && matches!(field.type_name, "byte" | "Byte") {
            return DataType::of("varbinary(255)");
        }
        let known = TYPES.iter().find(|(name, _)| *name == field.type_name);
        match (field.type_name, number("length"), number("precision")) {
            ("String", Some(length), _) => DataType::of(&format!("varchar({length})")),
            ("BigDecimal", _, Some(precision)) => {
                let scale = number("scale").unwrap_or_else(|| "0".into());
                DataType::of(&format!("numeric({precision}, {scale})"))
            }
            _ => known.map_or_else(
                || DataType::meaning(TypeKind::Other, field.type_name),
                |(_, written)| DataType::of(written),
            ),
        }
    }

    fn reference(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>, depth: usize) {
        let member = field.member;
        let relation = member
            .annotation("ManyToOne")
            .or_else(|| member.annotation("OneToOne"));
        let Some(relation) = relation.filter(|found| found.java("mappedBy").is_none()) else {
            return;
        };
        let target = relation
            .java("targetEntity")
            .and_then(|value| value.peek_word());
        let there = self.by_name.get(target.unwrap_or(field.type_name)).copied();
        let (key, data_type) = match there {
            Some(there) => self.key(there, depth + 1),
            None => ("id".into(), DataType::of("bigint")),
        };
        let join = member.annotation("JoinColumn");
        let text = |name: &str| {
            join.and_then(|join| join.java_text(name))
                .filter(|text| !text.is_empty())
        };
        let name = text("name").unwrap_or_else(|| format!("{}_{key}", field.name));
        let name = self.physical(&name);
        let is_false = |found: Option<&Annotation<'_>>, name: &str| {
            found
                .and_then(|found| found.java(name))
                .is_some_and(|value| value.is("false"))
        };
        let is_key = member.annotation("Id").is_some() || member.annotation("MapsId").is_some();
        let nullable =
            !is_false(join, "nullable") && !is_false(Some(relation), "optional") && !is_key;
        if parts.table.column(&name).is_none() {
            let mut column = Column::named(name.clone());
            (column.data_type, column.nullable, column.defined) =
                (Some(data_type), nullable, at.clone());
            parts.table.columns.push(column);
        }
        if is_key {
            add_to_primary(&mut parts.keys, &name);
        }
        if relation.name == "OneToOne" {
            parts.keys.push(TableKey::Unique(UniqueKey {
                name: None,
                columns: vec![name.clone()],
            }));
        }
        match there {
            Some(there) => parts.keys.push(TableKey::Foreign(ForeignKey {
                columns: vec![name],
                table: self.table_name(self.root(there)),
                references: vec![text("referencedColumnName").unwrap_or(key)],
                ..ForeignKey::default()
            })),
            None => {
                let message = format!(
                    "no entity `{}` that `{}` refers to",
                    field.type_name, field.name
                );
                parts.builder.note(at, message, false);
            }
        }
    }

    /// The column and type of an entity's key.
    fn key(&self, at: usize, depth: usize) -> (String, DataType) {
        let mut now = Some(at);
        for _ in depth..MAX_BASES {
            let Some(class) = now else { break };
            for member in self.classes[class].class.members(false) {
                let is_key = member.annotation("Id").is_some();
                let field = Field::of(&member, member.is_method).filter(|_| is_key);
                let Some(field) = field else { continue };
                let annotation = member.annotation("Column");
                let named = annotation.and_then(|found| found.java_text("name"));
                let name = self.physical(named.as_deref().unwrap_or(&field.name));
                return (name, self.column_type(&field, annotation, &mut Vec::new()));
            }
            now = self.base(class);
        }
        ("id".into(), DataType::of("bigint"))
    }

    fn join_table(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
        let member = field.member;
        let many = member
            .annotation("ManyToMany")
            .filter(|found| found.java("mappedBy").is_none());
        let target = many
            .and_then(|found| found.java("targetEntity"))
            .and_then(|value| value.peek_word());
        let there = target
            .or(field.element)
            .and_then(|name| self.by_name.get(name))
            .copied();
        let (Some(_), Some(there)) = (many, there) else {
            return;
        };
        let join = member.annotation("JoinTable");
        let (own, other) = (parts.table.name.clone(), self.table_name(there));
        let named = join.and_then(|join| join.java_text("name"));
        let name = named.unwrap_or_else(|| format!("{}_{}", own.name, other.name));
        let (own_key, own_type) = own_key(parts);
        let (key, data_type) = self.key(there, 0);
        let join_name = |side: &str| texts_of(&join?.java(side)?).into_iter().next();
        let sides = [
            (
                join_name("joinColumns"),
                own.name.clone(),
                own,
                own_key,
                own_type,
            ),
            (
                join_name("inverseJoinColumns"),
                self.physical(&field.name),
                other,
                key,
                Some(data_type),
            ),
        ];
        let (mut table, mut keys) = (
            Table::named(TableName::plain(self.physical(&name))),
            Vec::new(),
        );
        for (named, prefix, there, key, data_type) in sides {
            let name = self.physical(&named.unwrap_or_else(|| format!("{prefix}_{key}")));
            let mut column = Column::named(name.clone());
            (column.data_type, column.nullable) = (data_type, false);
            table.columns.push(column);
            keys.push(TableKey::Foreign(ForeignKey {
                columns: vec![name],
                table: there,
                references: vec![key],
                ..ForeignKey::default()
            }));
        }
        parts.builder.define(table, keys, at);
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
        let mut table = Table::named(TableName::plain(self.physical(&name)));
        let mut column = Column::named(join.clone());
        (column.data_type, column.nullable) = (data_type, false);
        table.columns.push(column);
        let element = field.element.unwrap_or("String");
        let class = self.by_name.get(element).copied();
        let embeddable = class.filter(|class| {
            self.classes[*class]
                .class
                .annotation("Embeddable")
                .is_some()
        });
        let mut inner = Parts {
            table,
            keys: Vec::new(),
            builder: parts.builder,
        };
        match embeddable {
            Some(class) => self.add_members(class, "", &mut inner, 1),
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
        } = inner;
        builder.define(table, keys, at);
    }

    fn table_keys(&self, table: &Annotation<'a>) -> Vec<TableKey> {
        let mut keys = Vec::new();
        for (option, is_unique) in [("uniqueConstraints", true), ("indexes", false)] {
            let Some(mut value) = table.java(option) else {
                continue;
            };
            let value = value.group(b'{').unwrap_or(value);
            for mut part in value.split(b',') {
                part.mark(b'@');
                let name = part.word().unwrap_or_default();
                let found = Annotation {
                    name,
                    arguments: part.group(b'('),
                };
                let list = found
                    .java("columnNames")
                    .or_else(|| found.java("columnList"));
                let texts = list.map(|list| texts_of(&list)).unwrap_or_default();
                let columns: Vec<String> = texts
                    .iter()
                    .flat_map(|text| text.split(','))
                    .filter_map(|column| column.split_whitespace().next())
                    .map(|column| self.physical(column))
                    .collect();
                let name = found.java_text("name");
                let is_unique =
                    is_unique || found.java("unique").is_some_and(|value| value.is("true"));
                keys.push(match is_unique {
                    true => TableKey::Unique(UniqueKey { name, columns }),
                    false => TableKey::Index(TableIndex {
                        name,
                        columns,
                        ..TableIndex::default()
                    }),
                });
            }
        }
        keys
    }
}

/// The first column of the key so far.
fn own_key(parts: &Parts<'_>) -> (String, Option<DataType>) {
    let name = parts.keys.iter().find_map(|key| match key {
        TableKey::Primary(_, columns) => columns.first().cloned(),
        _ => None,
    });
    let name = name.unwrap_or_else(|| "id".into());
    let column = parts.table.column(&name);
    let data_type = column.and_then(|column| column.data_type.clone());
    (name, data_type)
}

/// A field, or a method that reads one.
struct Field<'a, 'm> {
    member: &'m Member<'a>,
    name: String,
    type_name: &'a str,
    /// What a collection holds.
    element: Option<&'a str>,
    is_array: bool,
}

impl<'a, 'm> Field<'a, 'm> {
    /// The field that a member is; none if it is not stored.
    fn of(member: &'m Member<'a>, is_by_method: bool) -> Option<Self> {
        if member.is_method != is_by_method {
            return None;
        }
        let words: Vec<&'a str> = member
            .declared
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| member.declared.of(*token))
            .collect();
        if words.iter().any(|word| {
            matches!(
                *word,
                "static" | "transient" | "class" | "enum" | "interface" | "record"
            )
        }) {
            return None;
        }
        let skip = ["private", "protected", "public", "final", "volatile"];
        let own: Vec<&'a str> = words
            .into_iter()
            .filter(|word| !skip.contains(word))
            .collect();
        let [first, .., last] = own[..] else {
            return None;
        };
        let name = match is_by_method {
            true => getter(last)?,
            false => last.to_owned(),
        };
        // `java.util.List<a.b.Name>`: the type is the word before `<` or the name.
        let mut rest: Cursor<'a> = member.declared;
        let (mut type_name, mut element, mut is_in) = (first, None, false);
        while let Some(token) = rest.next() {
            let word = rest.of(token);
            match token.kind {
                Kind::Mark(b'<') => is_in = true,
                Kind::Mark(b'>') => is_in = false,
                Kind::Word if is_in => element = Some(word),
                Kind::Word if !skip.contains(&word) && word != last => type_name = word,
                _ => {}
            }
        }
        let is_array = member
            .declared
            .tokens
            .iter()
            .any(|token| token.kind == Kind::Mark(b'['));
        Some(Self {
            member,
            name,
            type_name,
            element: element.filter(|element| *element != last),
            is_array,
        })
    }
}

/// The property that a method reads.
fn getter(method: &str) -> Option<String> {
    let rest = method
        .strip_prefix("get")
        .or_else(|| method.strip_prefix("is"))?;
    let first = rest.chars().next()?;
    Some(format!(
        "{}{}",
        first.to_lowercase(),
        &rest[first.len_utf8()..]
    ))
}
