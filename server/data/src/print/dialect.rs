//! What differs between the dialects of SQL when tables are created.

use crate::schema::{DataType, TypeKind};
use crate::sql::names::is_plain;
use crate::sql_dialect::SqlDialect;

/// The names of types: SQLite, PostgreSQL, MySQL, DuckDB, T-SQL.
const TYPES: &[(TypeKind, [&str; 5])] = &[
    (
        TypeKind::Boolean,
        ["BOOLEAN", "BOOLEAN", "TINYINT(1)", "BOOLEAN", "BIT"],
    ),
    (
        TypeKind::SmallInt,
        ["INTEGER", "SMALLINT", "SMALLINT", "SMALLINT", "SMALLINT"],
    ),
    (
        TypeKind::Integer,
        ["INTEGER", "INTEGER", "INT", "INTEGER", "INT"],
    ),
    (
        TypeKind::BigInt,
        ["INTEGER", "BIGINT", "BIGINT", "BIGINT", "BIGINT"],
    ),
    (
        TypeKind::Decimal,
        ["NUMERIC", "NUMERIC", "DECIMAL", "DECIMAL", "DECIMAL"],
    ),
    (TypeKind::Real, ["REAL", "REAL", "FLOAT", "REAL", "REAL"]),
    (
        TypeKind::Double,
        ["REAL", "DOUBLE PRECISION", "DOUBLE", "DOUBLE", "FLOAT"],
    ),
    (
        TypeKind::Text,
        ["TEXT", "TEXT", "TEXT", "VARCHAR", "NVARCHAR(MAX)"],
    ),
    (
        TypeKind::Binary,
        ["BLOB", "BYTEA", "LONGBLOB", "BLOB", "VARBINARY(MAX)"],
    ),
    (TypeKind::Date, ["DATE", "DATE", "DATE", "DATE", "DATE"]),
    (TypeKind::Time, ["TIME", "TIME", "TIME", "TIME", "TIME"]),
    (
        TypeKind::Timestamp,
        [
            "TIMESTAMP",
            "TIMESTAMP",
            "DATETIME",
            "TIMESTAMP",
            "DATETIME2",
        ],
    ),
    (
        TypeKind::Interval,
        [
            "TEXT",
            "INTERVAL",
            "VARCHAR(64)",
            "INTERVAL",
            "NVARCHAR(64)",
        ],
    ),
    (
        TypeKind::Uuid,
        ["TEXT", "UUID", "CHAR(36)", "UUID", "UNIQUEIDENTIFIER"],
    ),
    (
        TypeKind::Json,
        ["TEXT", "JSONB", "JSON", "JSON", "NVARCHAR(MAX)"],
    ),
    (
        TypeKind::Enum,
        ["TEXT", "TEXT", "VARCHAR(255)", "VARCHAR", "NVARCHAR(255)"],
    ),
    (
        TypeKind::Other,
        ["TEXT", "TEXT", "TEXT", "VARCHAR", "NVARCHAR(MAX)"],
    ),
];

impl SqlDialect {
    /// A name as this dialect reads it, in quotes if it must be.
    pub fn quoted(self, name: &str) -> String {
        let is_word = is_plain(name) && !is_reserved(name);
        // PostgreSQL makes what has no quotes lower case.
        let changes = self == Self::Postgres && name.chars().any(|c| c.is_ascii_uppercase());
        if is_word && !changes {
            return name.to_owned();
        }
        match self {
            Self::MySql => format!("`{}`", name.replace('`', "``")),
            Self::TSql => format!("[{}]", name.replace(']', "]]")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A text as this dialect reads it.
    pub fn text(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            Self::MySql => format!("'{}'", text.replace('\\', "\\\\")),
            Self::TSql => format!("N'{text}'"),
            _ => format!("'{text}'"),
        }
    }

    /// A type. `is_key`: the column is in a key, for which MySQL and T-SQL need a length.
    pub fn type_name(self, data_type: &DataType, is_key: bool) -> String {
        let row = TYPES.iter().find(|(kind, _)| *kind == data_type.kind);
        let name = row.map_or("TEXT", |(_, names)| names[self as usize]);
        let has_size = !data_type.size.is_empty() && self != Self::Sqlite;
        let sized = match (data_type.kind, &data_type.size[..]) {
            (TypeKind::Decimal, [precision]) if has_size => format!("{name}({precision})"),
            (TypeKind::Decimal, [precision, scale, ..]) if has_size => {
                format!("{name}({precision}, {scale})")
            }
            (TypeKind::Text, [length, ..]) if has_size && *length > 0 => self.characters(*length),
            (TypeKind::Text | TypeKind::Other, _) if is_key && self == Self::MySql => {
                "VARCHAR(255)".into()
            }
            (TypeKind::Text | TypeKind::Other, _) if is_key && self == Self::TSql => {
                "NVARCHAR(450)".into()
            }
            _ => name.to_owned(),
        };
        match (data_type.is_list, self) {
            (true, Self::Postgres | Self::DuckDb) => format!("{sized}[]"),
            (true, Self::Sqlite) => "TEXT".into(),
            (true, Self::MySql) => "JSON".into(),
            (true, Self::TSql) => "NVARCHAR(MAX)".into(),
            (false, _) => sized,
        }
    }

    fn characters(self, length: u32) -> String {
        match self {
            Self::TSql if length > 4_000 => "NVARCHAR(MAX)".into(),
            Self::TSql => format!("NVARCHAR({length})"),
            Self::MySql if length > 16_000 => "LONGTEXT".into(),
            _ => format!("VARCHAR({length})"),
        }
    }

    /// A default, if every database reads it.
    pub fn default(self, written: &str, data_type: Option<&DataType>) -> Option<String> {
        let kind = data_type.map(|data_type| data_type.kind);
        if data_type.is_some_and(|data_type| data_type.is_list) && self != Self::Postgres {
            return None;
        }
        let plain = written.trim();
        let plain = plain.split("::").next().unwrap_or(plain).trim();
        let plain = plain.trim_start_matches('(').trim_end_matches(')');
        let lower = plain.to_lowercase();
        let is_time = matches!(
            kind,
            Some(TypeKind::Timestamp | TypeKind::Date | TypeKind::Time)
        );
        match lower.as_str() {
            "null" => None,
            "true" | "false" => {
                let is_true = lower == "true";
                Some(match self {
                    Self::TSql => u8::from(is_true).to_string(),
                    _ => lower,
                })
            }
            _ if is_time
                && (lower.starts_with("current_timestamp") || lower.starts_with("now")) =>
            {
                (kind == Some(TypeKind::Timestamp)).then(|| "CURRENT_TIMESTAMP".into())
            }
            _ if plain.parse::<f64>().is_ok() && !plain.contains(['i', 'n', 'I', 'N']) => {
                let is_boolean = kind == Some(TypeKind::Boolean);
                match (is_boolean, self, plain) {
                    (true, Self::Postgres | Self::DuckDb, "0") => Some("false".into()),
                    (true, Self::Postgres | Self::DuckDb, "1") => Some("true".into()),
                    _ => Some(plain.to_owned()),
                }
            }
            _ => {
                let inner = plain.strip_prefix('\'')?.strip_suffix('\'')?;
                let is_one = !inner.replace("''", "").contains('\'');
                let is_text = matches!(kind, Some(TypeKind::Text | TypeKind::Enum));
                (is_one && is_text && self != Self::MySql)
                    .then(|| self.text(&inner.replace("''", "'")))
            }
        }
    }
}

/// Words that some database does not take as names, one a line.
const RESERVED: &str = include_str!("reserved.txt");

fn is_reserved(name: &str) -> bool {
    RESERVED.lines().any(|word| word.eq_ignore_ascii_case(name))
}
