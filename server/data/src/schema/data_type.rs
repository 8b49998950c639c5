//! Types of columns: as they are written, and what all databases mean by them.

use serde::Serialize;

/// The kinds of types that all databases have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TypeKind {
    /// True or false.
    Boolean,
    /// A whole number of up to two bytes.
    SmallInt,
    /// A whole number of up to four bytes.
    Integer,
    /// A whole number of eight bytes or more.
    BigInt,
    /// A number with a fixed point.
    Decimal,
    /// A number with a floating point, of four bytes.
    Real,
    /// A number with a floating point, of eight bytes.
    Double,
    /// Characters.
    Text,
    /// Bytes.
    Binary,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time.
    Timestamp,
    /// A length of time.
    Interval,
    /// A universally unique identifier.
    Uuid,
    /// JSON.
    Json,
    /// One of the values that are listed.
    Enum,
    /// A type that is none of these.
    #[default]
    Other,
}

/// Names of types in lower case, and what they mean.
const NAMES: &[(TypeKind, &[&str])] = &[
    (TypeKind::Boolean, &["bool", "boolean", "logical"]),
    (
        TypeKind::SmallInt,
        &[
            "smallint",
            "int2",
            "tinyint",
            "smallserial",
            "serial2",
            "year",
            "int1",
            "utinyint",
            "usmallint",
        ],
    ),
    (
        TypeKind::Integer,
        &[
            "int",
            "integer",
            "int4",
            "mediumint",
            "serial",
            "serial4",
            "uinteger",
            "int3",
            "int16",
        ],
    ),
    (
        TypeKind::BigInt,
        &[
            "bigint",
            "int8",
            "bigserial",
            "serial8",
            "hugeint",
            "ubigint",
            "uhugeint",
            "oid",
            "int64",
        ],
    ),
    (
        TypeKind::Decimal,
        &[
            "decimal",
            "numeric",
            "number",
            "money",
            "smallmoney",
            "dec",
            "fixed",
        ],
    ),
    (TypeKind::Real, &["real", "float4"]),
    (TypeKind::Double, &["double", "float8", "float"]),
    (
        TypeKind::Text,
        &[
            "text",
            "varchar",
            "char",
            "character",
            "tinytext",
            "mediumtext",
            "longtext",
            "nvarchar",
            "nchar",
            "ntext",
            "clob",
            "nclob",
            "string",
            "citext",
            "name",
            "bpchar",
            "sysname",
            "varchar2",
            "nvarchar2",
            "national",
            "xml",
            "native",
            "set",
        ],
    ),
    (
        TypeKind::Binary,
        &[
            "binary",
            "varbinary",
            "blob",
            "tinyblob",
            "mediumblob",
            "longblob",
            "bytea",
            "image",
            "bytes",
            "raw",
            "rowversion",
            "varbit",
        ],
    ),
    (TypeKind::Date, &["date"]),
    (TypeKind::Time, &["time", "timetz"]),
    (
        TypeKind::Timestamp,
        &[
            "timestamp",
            "timestamptz",
            "datetime",
            "datetime2",
            "smalldatetime",
            "datetimeoffset",
            "timestamp_s",
            "timestamp_ms",
            "timestamp_ns",
            "timestamp_us",
        ],
    ),
    (TypeKind::Interval, &["interval"]),
    (TypeKind::Uuid, &["uuid", "uniqueidentifier"]),
    (TypeKind::Json, &["json", "jsonb", "super", "variant"]),
    (TypeKind::Enum, &["enum"]),
];

/// Types that a length or precision is a part of.
const SIZED: &[TypeKind] = &[TypeKind::Decimal, TypeKind::Text, TypeKind::Binary];

/// A type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DataType {
    /// As it is written, with single blanks.
    pub written: String,
    /// What it means.
    pub kind: TypeKind,
    /// The numbers of `varchar(20)` and `decimal(10,2)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub size: Vec<u32>,
    /// Whether it is a list of these.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_list: bool,
}

impl DataType {
    /// Whether values of it are written as numbers.
    pub fn is_number(&self) -> bool {
        use TypeKind::{BigInt, Decimal, Double, Integer, Real, SmallInt};
        let kinds = [SmallInt, Integer, BigInt, Decimal, Real, Double];
        kinds.contains(&self.kind) && !self.is_list
    }

    /// The type that is written so.
    pub fn of(written: &str) -> Self {
        let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower = written.to_lowercase().replace(['"', '`'], "");
        let is_list = lower.ends_with(']') && lower.contains('[') && !lower.starts_with('[')
            || lower.ends_with(" array");
        let plain = lower.replace(['[', ']'], "");
        let first = plain
            .split(|c: char| !c.is_alphanumeric() && !"_.".contains(c))
            .next()
            .unwrap_or_default();
        let first = first.rsplit('.').next().unwrap_or_default();
        let is_nested = matches!(first, "struct" | "map" | "union" | "array" | "row");
        let size = if is_nested {
            Vec::new()
        } else {
            numbers(&lower)
        };
        let kind = kind(first, &plain, &size);
        Self {
            size: if SIZED.contains(&kind) {
                size
            } else {
                Vec::new()
            },
            kind,
            is_list,
            written,
        }
    }

    /// A type by its meaning, for sources that write none.
    pub(crate) fn meaning(kind: TypeKind, written: &str) -> Self {
        Self {
            kind,
            ..Self::of(written)
        }
    }
}

/// What the first word of a type means, given all of it.
fn kind(first: &str, all: &str, size: &[u32]) -> TypeKind {
    match first {
        "tinyint" if size == [1] => return TypeKind::Boolean,
        "bit" if size.is_empty() || size == [1] => return TypeKind::Boolean,
        "bit" => return TypeKind::Binary,
        "float" if size.first().is_some_and(|bits| *bits <= 24) => return TypeKind::Real,
        "char" | "character" if all.contains("for bit data") => return TypeKind::Binary,
        "long" if all.starts_with("long raw") => return TypeKind::Binary,
        "long" if all.starts_with("long varchar") => return TypeKind::Text,
        "long" => return TypeKind::BigInt,
        "unsigned" if all.contains("big") => return TypeKind::BigInt,
        "unsigned" if all.contains("int") => return TypeKind::Integer,
        _ => {}
    }
    let known = NAMES.iter().find(|(_, names)| names.contains(&first));
    known.map_or(TypeKind::Other, |(kind, _)| *kind)
}

/// The numbers between the first parentheses.
fn numbers(written: &str) -> Vec<u32> {
    let inner = written
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(inner, _)| inner);
    let number = |part: &str| part.trim().split(' ').next()?.parse().ok();
    let numbers: Option<Vec<u32>> = inner.split(',').map(number).collect();
    numbers.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_all_databases_are_known() {
        for (written, kind) in [
            ("INTEGER", TypeKind::Integer),
            ("int(11) unsigned", TypeKind::Integer),
            ("unsigned big int", TypeKind::BigInt),
            ("tinyint(1)", TypeKind::Boolean),
            ("tinyint(4)", TypeKind::SmallInt),
            ("bit", TypeKind::Boolean),
            ("[nvarchar](max)", TypeKind::Text),
            ("character varying(255)", TypeKind::Text),
            ("double precision", TypeKind::Double),
            ("timestamp(3) without time zone", TypeKind::Timestamp),
            ("pg_catalog.int8", TypeKind::BigInt),
            ("\"char\"", TypeKind::Text),
            ("enum('a','b')", TypeKind::Enum),
            ("geometry(Point, 4326)", TypeKind::Other),
            ("LONG VARCHAR", TypeKind::Text),
        ] {
            assert_eq!(DataType::of(written).kind, kind, "{written}");
        }
    }

    #[test]
    fn sizes_and_lists_are_kept() {
        assert_eq!(DataType::of("decimal(10, 2)").size, [10, 2]);
        assert_eq!(DataType::of("varchar(20)").size, [20]);
        assert_eq!(DataType::of("int(11)").size, [0; 0]);
        assert!(DataType::of("integer[]").is_list && DataType::of("text ARRAY").is_list);
        assert!(!DataType::of("[int]").is_list);
    }
}
