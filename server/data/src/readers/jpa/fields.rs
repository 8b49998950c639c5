//! Fields and what they are stored as.

use super::entities::{Entities, Parts};
use crate::readers::classes::{Annotation, Member, text_of};
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{Column, DataType, Origin, TypeKind, UniqueKey};
use crate::tokens::{Cursor, Kind};

impl<'a> Entities<'a> {
    /// `@AttributeOverride(name = "street", column = @Column(name = "home_street"))`.
    pub(super) fn override_columns(
        &self,
        field: &Field<'a, '_>,
        from: usize,
        parts: &mut Parts<'_>,
    ) {
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

    pub(super) fn column(&self, field: &Field<'a, '_>, at: &Origin, parts: &mut Parts<'_>) {
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

    pub(super) fn column_type(
        &self,
        field: &Field<'a, '_>,
        found: Option<&Annotation<'a>>,
        values: &mut Vec<String>,
    ) -> DataType {
        if let Some(written) = found.and_then(|found| found.java_text("columnDefinition")) {
            let ends =
                |word: &&str| matches!(word.to_lowercase().as_str(), "not" | "default" | "null");
            let words: Vec<&str> = written
                .split_whitespace()
                .take_while(|word| !ends(word))
                .collect();
            return DataType::of(&words.join(" "));
        }
        let class = self.by_name.get(field.type_name);
        let class = class.map(|at| &self.classes[*at].class);
        if let Some(class) = class.filter(|class| class.is_enum) {
            let kind = field.member.annotation("Enumerated");
            let kind = kind.and_then(|found| found.java("value"));
            if kind.is_some_and(|value| value.written().ends_with("STRING")) {
                *values = class.values();
                let length = found.and_then(|found| found.java("length"));
                let length = length.map_or_else(|| "255".into(), |length| length.written());
                return DataType::of(&format!("varchar({length})"));
            }
            return DataType::of("smallint");
        }
        if let Some(written) = field.annotated_type() {
            return DataType::of(written);
        }
        let number = |name: &str| found?.java(name).map(|value| value.written());
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
}

/// Java's types, and the types of columns that these become.
pub(super) const TYPES: &[(&str, &str)] = &[
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

pub(super) const PRIMITIVES: &[&str] = &[
    "int", "long", "short", "byte", "boolean", "float", "double", "char",
];

/// A field, or a method that reads one.
pub(super) struct Field<'a, 'm> {
    pub(super) member: &'m Member<'a>,
    pub(super) name: String,
    pub(super) type_name: &'a str,
    /// What a collection holds.
    pub(super) element: Option<&'a str>,
    pub(super) is_array: bool,
}

impl<'a, 'm> Field<'a, 'm> {
    /// The type that `@Lob`, `@Temporal` or an array of bytes has.
    fn annotated_type(&self) -> Option<&'static str> {
        if self.member.annotation("Lob").is_some() {
            let is_bytes = matches!(self.type_name, "byte" | "Byte" | "Blob");
            return Some(if is_bytes { "blob" } else { "clob" });
        }
        let temporal = self.member.annotation("Temporal");
        let temporal = temporal.and_then(|found| found.java("value"));
        match temporal.map(|value| value.written()) {
            Some(written) if written.ends_with("DATE") => Some("date"),
            Some(written) if written.ends_with(".TIME") => Some("time"),
            Some(_) => Some("timestamp"),
            None => {
                let is_bytes = self.is_array && matches!(self.type_name, "byte" | "Byte");
                is_bytes.then_some("varbinary(255)")
            }
        }
    }

    /// The field that a member is; none if it is not stored.
    pub(super) fn of(member: &'m Member<'a>, is_by_method: bool) -> Option<Self> {
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
pub(super) fn getter(method: &str) -> Option<String> {
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
