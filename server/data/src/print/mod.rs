//! A schema as text: for people, and as CREATE TABLE statements of a dialect.

mod create;
mod dialect;
#[cfg(test)]
mod tests;

pub use create::statements;

use crate::schema::{Column, Schema, SqlTable, TableKind};
use std::fmt::Write;

/// The most values of a column that are shown.
const SHOWN_VALUES: usize = 12;

/// The tables for people, with where each is defined.
pub fn text(schema: &Schema) -> String {
    let mut out = String::new();
    for table in &schema.tables {
        show(table, &mut out);
        out.push('\n');
    }
    out
}

/// Where the schema comes from, and what was not understood.
pub fn account(schema: &Schema) -> String {
    let mut out = String::new();
    let counted = |kind: TableKind| {
        schema
            .tables
            .iter()
            .filter(|table| table.kind == kind)
            .count()
    };
    let columns: usize = schema.tables.iter().map(|table| table.columns.len()).sum();
    let (tables, views) = (counted(TableKind::Table), counted(TableKind::View));
    let _ = writeln!(out, "-- {tables} tables, {views} views, {columns} columns");
    for source in &schema.sources {
        let files = match &source.paths[..] {
            [path] => path.to_string(),
            [first, .., last] => format!("{} files, {first} to {last}", source.paths.len()),
            [] => "no file".into(),
        };
        let _ = writeln!(
            out,
            "-- {}: {files} ({} tables)",
            source.kind, source.tables
        );
    }
    if let Some(dialect) = schema.dialect {
        let _ = writeln!(out, "-- dialect: {}", dialect.name());
    }
    for note in &schema.notes {
        let _ = writeln!(out, "-- note: {}: {}", note.at, note.message);
    }
    if schema.notes_left_out > 0 {
        let _ = writeln!(out, "-- and {} notes more", schema.notes_left_out);
    }
    out
}

fn show(table: &SqlTable, out: &mut String) {
    let kind = match table.kind {
        TableKind::Table => "table",
        TableKind::View => "view",
    };
    let _ = writeln!(out, "{kind} {}  -- {}", table.name, table.defined);
    if let Some(comment) = &table.comment {
        let _ = writeln!(out, "  -- {comment}");
    }
    let width = |length: fn(&Column) -> usize| table.columns.iter().map(length).max().unwrap_or(0);
    let name_width = width(|column| column.name.chars().count()).min(32);
    let type_width = width(|column| written(column).chars().count()).min(28);
    for column in &table.columns {
        let facts = facts(table, column);
        let line = format!(
            "  {:name_width$}  {:type_width$}  {facts}",
            column.name,
            written(column)
        );
        let comment = column
            .comment
            .as_ref()
            .map_or_else(String::new, |text| format!("  -- {text}"));
        let _ = writeln!(out, "{}{comment}", line.trim_end());
    }
    if !table.is_complete {
        out.push_str("  ...  -- not all columns are known\n");
    }
    if table.primary_key.len() > 1 {
        let _ = writeln!(out, "  primary key ({})", table.primary_key.join(", "));
    }
    for key in table.uniques.iter().filter(|key| key.columns.len() > 1) {
        let _ = writeln!(out, "  unique ({})", key.columns.join(", "));
    }
    for key in table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.len() > 1)
    {
        let (here, there) = (key.columns.join(", "), key.references.join(", "));
        let _ = writeln!(out, "  ({here}) -> {} ({there})", key.table);
    }
    for index in &table.indexes {
        let unique = if index.is_unique {
            "unique index"
        } else {
            "index"
        };
        let _ = write!(out, "  {unique} ({})", index.columns.join(", "));
        let condition = index
            .condition
            .as_ref()
            .map_or_else(String::new, |of| format!(" where {of}"));
        let _ = writeln!(out, "{condition}");
    }
}

fn written(column: &Column) -> String {
    let Some(data_type) = &column.data_type else {
        return String::new();
    };
    let lower = data_type.written.to_lowercase();
    let says_so = lower.contains('[') || lower.contains("array");
    let list = if data_type.is_list && !says_so {
        "[]"
    } else {
        ""
    };
    format!("{}{list}", data_type.written)
}

/// What holds for a column, in words.
fn facts(table: &SqlTable, column: &Column) -> String {
    let mut facts = Vec::new();
    let is_key =
        table.primary_key.len() == 1 && table.primary_key[0].eq_ignore_ascii_case(&column.name);
    if is_key {
        facts.push("primary key".to_owned());
    } else if !column.nullable {
        facts.push("not null".to_owned());
    }
    if !is_key && table.is_unique(&column.name) {
        facts.push("unique".to_owned());
    }
    if let Some(default) = &column.default {
        facts.push(format!("default {default}"));
    }
    if let Some(expression) = &column.generated {
        facts.push(format!("as ({expression})"));
    }
    let single = table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.len() == 1 && key.columns[0].eq_ignore_ascii_case(&column.name));
    for key in single {
        match key.references.first() {
            Some(there) => facts.push(format!("-> {}.{there}", key.table)),
            None => facts.push(format!("-> {}", key.table)),
        }
    }
    if !column.values.is_empty() {
        let shown = column.values.iter().take(SHOWN_VALUES);
        let shown: Vec<String> = shown
            .map(|value| format!("'{}'", value.replace('\'', "''")))
            .collect();
        let more = if column.values.len() > SHOWN_VALUES {
            ", ..."
        } else {
            ""
        };
        facts.push(format!("in ({}{more})", shown.join(", ")));
    }
    facts.join(", ")
}
