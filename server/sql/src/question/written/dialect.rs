//! A query of SQLite that a model wrote, in the dialect that was asked for.
//!
//! Names get that dialect's quotes, texts its escapes, and LIMIT its place. What another dialect
//! reads in another way is refused.

use super::super::index::QuestionSchema;
use data::{SqlDialect, SqlToken, SqlTokenKind};

/// The query in a dialect.
///
/// # Errors
/// What the dialect does not have, in one sentence.
pub(super) fn in_dialect(
    schema: &QuestionSchema,
    sql: &str,
    tokens: &[SqlToken],
    dialect: SqlDialect,
) -> Result<String, String> {
    if dialect == SqlDialect::Sqlite {
        return Ok(sql.to_owned());
    }
    if sql.contains("||") && matches!(dialect, SqlDialect::MySql | SqlDialect::TSql) {
        return Err("the model joined texts with ||, which this dialect reads as OR".into());
    }
    let mut out = String::new();
    let mut end = 0;
    for token in tokens {
        let written = &sql[token.start..token.end];
        out.push_str(&sql[end..token.start]);
        out.push_str(&match token.kind {
            SqlTokenKind::Name => dialect.quoted(written.trim_matches(['"', '`', '[', ']'])),
            SqlTokenKind::Word if is_name(schema, written) => dialect.quoted(written),
            SqlTokenKind::Text => dialect.text(&inner(written)),
            _ => written.to_owned(),
        });
        end = token.end;
    }
    out.push_str(&sql[end..]);
    match dialect {
        SqlDialect::TSql => with_top(out),
        _ => Ok(out),
    }
}

/// The content of a text in quotes.
fn inner(written: &str) -> String {
    let open = written.strip_prefix('\'').unwrap_or(written);
    open.strip_suffix('\'').unwrap_or(open).replace("''", "'")
}

/// Whether a table or column is written exactly so.
fn is_name(schema: &QuestionSchema, word: &str) -> bool {
    schema.tables.iter().any(|table| table.name.name == word)
        || schema.columns.iter().any(|column| column.name == word)
}

/// T-SQL says how many rows after SELECT.
fn with_top(sql: String) -> Result<String, String> {
    let upper = sql.to_ascii_uppercase();
    let Some(at) = upper.rfind("LIMIT ") else {
        return Ok(sql);
    };
    let count = sql[at + "LIMIT ".len()..].trim();
    let is_plain = upper.starts_with("SELECT ") && !upper.contains("UNION");
    if !is_plain || upper.matches("LIMIT ").count() > 1 || count.parse::<u64>().is_err() {
        return Err("the model used LIMIT in a way that T-SQL does not have".into());
    }
    let head = if upper.starts_with("SELECT DISTINCT ") {
        "SELECT DISTINCT "
    } else {
        "SELECT "
    };
    Ok(format!(
        "{head}TOP {count} {}",
        sql[head.len()..at].trim_end()
    ))
}
