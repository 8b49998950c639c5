//! References between entities, the tables between them, and keys of a whole table.

use super::entities::{Entities, MAX_BASES, Parts};
use super::fields::Field;
use crate::readers::classes::{Annotation, texts_of};
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SchemaChange, SqlTable, TableIndex, TableName, UniqueKey,
};

impl<'a> Entities<'a> {
    pub(super) fn reference(
        &self,
        field: &Field<'a, '_>,
        at: &Origin,
        parts: &mut Parts<'_>,
        depth: usize,
    ) {
        let member = field.member;
        let relation = member.annotation("ManyToOne");
        let relation = relation.or_else(|| member.annotation("OneToOne"));
        let Some(relation) = relation.filter(|found| found.java("mappedBy").is_none()) else {
            return;
        };
        let target = relation.java("targetEntity");
        let target = target.and_then(|value| value.peek_word());
        let there = self.by_name.get(target.unwrap_or(field.type_name)).copied();
        if there.is_some_and(|there| self.has_wide_key(there, at, parts)) {
            parts.table.is_complete = false;
            return;
        }
        let (key, data_type) = match there {
            Some(there) => self.key(there, depth + 1),
            None => ("id".into(), DataType::of("bigint")),
        };
        let join = member.annotation("JoinColumn");
        let text = |name: &str| {
            let text = join?.java_text(name)?;
            (!text.is_empty()).then_some(text)
        };
        let name = text("name").unwrap_or_else(|| format!("{}_{key}", field.name));
        let name = self.physical(&name);
        let is_key = member.annotation("Id").is_some() || member.annotation("MapsId").is_some();
        let is_required =
            is_false(relation, "optional") || join.is_some_and(|join| is_false(join, "nullable"));
        if parts.table.column(&name).is_none() {
            let mut column = Column::named(name.clone());
            column.data_type = Some(data_type);
            column.nullable = !is_required && !is_key;
            column.defined = at.clone();
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
        let there_key = text("referencedColumnName").unwrap_or(key);
        self.add_foreign_key(field, there, name, there_key, at, parts);
    }

    /// The reference of a column to the key of an entity.
    fn add_foreign_key(
        &self,
        field: &Field<'a, '_>,
        there: Option<usize>,
        column: String,
        key: String,
        at: &Origin,
        parts: &mut Parts<'_>,
    ) {
        let Some(there) = there else {
            let (class, name) = (field.type_name, &field.name);
            let message = format!("no entity `{class}` that `{name}` refers to");
            parts.builder.note(at, message, false);
            return;
        };
        parts.keys.push(TableKey::Foreign(ForeignKey {
            columns: vec![column],
            table: self.table_name(self.root(there)),
            references: vec![key],
            ..ForeignKey::default()
        }));
    }

    /// `@OneToMany @JoinColumn(name = "x")`: the column is in the table of the others.
    pub(super) fn add_to_many(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
        let join = field.member.annotation("JoinColumn");
        let name = join.and_then(|join| join.java_text("name"));
        let there = field
            .element
            .and_then(|name| self.by_name.get(name))
            .copied();
        let (Some(name), Some(there)) = (name, there) else {
            return;
        };
        let (key, data_type) = own_key(parts);
        let mut column = Column::named(self.physical(&name));
        column.data_type = data_type;
        let reference = ForeignKey {
            columns: vec![column.name.clone()],
            table: parts.table.name.clone(),
            references: vec![key],
            ..ForeignKey::default()
        };
        let table = self.table_name(self.root(there));
        let add = SchemaChange::AddColumn {
            table: table.clone(),
            column: Box::new(column),
            or_keep: true,
        };
        parts.builder.apply(add, at);
        let key = TableKey::Foreign(reference);
        parts.builder.apply(SchemaChange::AddKey { table, key }, at);
    }

    /// Whether the key of an entity has more than one column; says that it is not followed then.
    fn has_wide_key(&self, at: usize, from: &Origin, parts: &mut Parts<'_>) -> bool {
        let class = &self.classes[at].class;
        let mut is_wide = class.annotation("IdClass").is_some();
        for member in class.members(false) {
            is_wide |= member.annotation("EmbeddedId").is_some();
        }
        if is_wide {
            let name = class.name;
            let message = format!("a reference to `{name}`, whose key has several columns");
            parts.builder.note(from, message, true);
        }
        is_wide
    }

    /// The column and type of an entity's key.
    pub(super) fn key(&self, at: usize, depth: usize) -> (String, DataType) {
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

    pub(super) fn join_table(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
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
        if self.has_wide_key(there, at, parts) {
            return;
        }
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
        let name = TableName::plain(self.physical(&name));
        let mut table = SqlTable::named(name);
        let mut keys = Vec::new();
        for (named, prefix, there, key, data_type) in sides {
            let name = self.physical(&named.unwrap_or_else(|| format!("{prefix}_{key}")));
            let mut column = Column::named(name.clone());
            column.data_type = data_type;
            column.nullable = false;
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

    pub(super) fn table_keys(&self, table: &Annotation<'a>) -> Vec<TableKey> {
        let mut keys = Vec::new();
        for (option, is_unique) in [("uniqueConstraints", true), ("indexes", false)] {
            let Some(mut value) = table.java(option) else {
                continue;
            };
            let value = value.group(b'{').unwrap_or(value);
            for mut part in value.split(b',') {
                part.mark(b'@');
                let found = Annotation {
                    name: part.word().unwrap_or_default(),
                    arguments: part.group(b'('),
                };
                keys.push(self.table_key(&found, is_unique));
            }
        }
        keys
    }

    /// `@UniqueConstraint(columnNames = {"a", "b"})` and `@Index(columnList = "a, b DESC")`.
    fn table_key(&self, found: &Annotation<'_>, is_unique: bool) -> TableKey {
        let list = found.java("columnNames");
        let list = list.or_else(|| found.java("columnList"));
        let texts = list.map(|list| texts_of(&list)).unwrap_or_default();
        let mut columns = Vec::new();
        for column in texts.iter().flat_map(|text| text.split(',')) {
            if let Some(name) = column.split_whitespace().next() {
                columns.push(self.physical(name));
            }
        }
        let name = found.java_text("name");
        let is_set = found.java("unique").is_some_and(|value| value.is("true"));
        if is_unique || is_set {
            return TableKey::Unique(UniqueKey { name, columns });
        }
        TableKey::Index(TableIndex {
            name,
            columns,
            ..TableIndex::default()
        })
    }
}

/// Whether an argument of an annotation is `false`.
fn is_false(found: &Annotation<'_>, name: &str) -> bool {
    match found.java(name) {
        Some(value) => value.is("false"),
        None => false,
    }
}

/// The first column of the key so far.
pub(super) fn own_key(parts: &Parts<'_>) -> (String, Option<DataType>) {
    let name = parts.keys.iter().find_map(|key| match key {
        TableKey::Primary(_, columns) => columns.first().cloned(),
        _ => None,
    });
    let name = name.unwrap_or_else(|| "id".into());
    let column = parts.table.column(&name);
    let data_type = column.and_then(|column| column.data_type.clone());
    (name, data_type)
}
