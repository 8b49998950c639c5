//! What is known of the name under the pointer, and where it is defined.

use super::index::SchemaNames;
use super::resolver::{NameMeaning, ResolvedName, resolve_at};
use data::{Column, Origin, SqlDialect, SqlTable, TableKind};
use std::fmt::Write;
use std::ops::Range;

/// The most columns and values that are shown.
const SHOWN: usize = 40;

/// What is shown of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameHover {
    /// The bytes of the name.
    pub range: Range<usize>,
    /// What is known of it, in Markdown.
    pub markdown: String,
}

/// What is known of the name at a byte of a text; none if it is no table or column of the schema.
pub fn hover(
    names: &SchemaNames,
    text: &str,
    offset: usize,
    dialect: Option<SqlDialect>,
) -> Option<NameHover> {
    let found = name_at(names, text, offset, dialect)?;
    let markdown = match found.meaning {
        NameMeaning::Table(table) => about_table(names.table(table)),
        NameMeaning::Column(table, column) => {
            let table = names.table(table);
            about_column(table, &table.columns[column])
        }
    };
    Some(NameHover {
        range: found.range,
        markdown,
    })
}

/// Where the name at a byte of a text is defined.
pub fn definition(
    names: &SchemaNames,
    text: &str,
    offset: usize,
    dialect: Option<SqlDialect>,
) -> Option<Origin> {
    let found = name_at(names, text, offset, dialect)?;
    let origin = match found.meaning {
        NameMeaning::Table(table) => &names.table(table).defined,
        NameMeaning::Column(table, column) => &names.table(table).columns[column].defined,
    };
    Some(origin.clone()).filter(|origin| !origin.path.is_empty())
}

fn name_at(
    names: &SchemaNames,
    text: &str,
    offset: usize,
    dialect: Option<SqlDialect>,
) -> Option<ResolvedName> {
    let resolved = resolve_at(names, text, offset, dialect);
    let is_here = |name: &ResolvedName| name.range.start <= offset && offset <= name.range.end;
    resolved.names.into_iter().find(is_here)
}

/// The type of a column and what holds for it, on one line.
pub(super) fn column_facts(table: &SqlTable, column: &Column) -> String {
    let mut facts = Vec::new();
    facts.extend(column.data_type.as_ref().map(|of| of.written.clone()));
    let is = |name: &String| name.eq_ignore_ascii_case(&column.name);
    if table.primary_key.iter().any(is) {
        facts.push("primary key".to_owned());
    } else if !column.nullable {
        facts.push("not null".to_owned());
    }
    if !table.primary_key.iter().any(is) && table.is_unique(&column.name) {
        facts.push("unique".to_owned());
    }
    facts.extend(
        column
            .default
            .as_ref()
            .map(|default| format!("default {default}")),
    );
    facts.extend(
        column
            .generated
            .as_ref()
            .map(|expression| format!("as ({expression})")),
    );
    for key in table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.iter().any(is))
    {
        let at = key.columns.iter().position(is).unwrap_or(0);
        facts.push(match key.references.get(at) {
            Some(there) => format!("references {}.{there}", key.table),
            None => format!("references {}", key.table),
        });
    }
    facts.join(", ")
}

/// Text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]<>#|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn places(defined: &Origin, changed: Option<&Origin>, out: &mut String) {
    if !defined.path.is_empty() {
        let _ = write!(out, "\n\nDefined in {}", code(&defined.to_string()));
        if let Some(changed) = changed.filter(|changed| *changed != defined) {
            let _ = write!(out, ", changed last in {}", code(&changed.to_string()));
        }
        out.push('.');
    }
}

fn about_table(table: &SqlTable) -> String {
    let kind = match table.kind {
        TableKind::Table => "table",
        TableKind::View => "view",
    };
    let mut out = format!("{kind} {}", code(&table.name.to_string()));
    if let Some(comment) = &table.comment {
        let _ = write!(out, "\n\n{}", plain(comment));
    }
    out.push_str("\n\n```sql\n");
    for column in table.columns.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "{}  {}",
            column.name,
            column_facts(table, column).replace("```", "")
        );
    }
    if table.columns.len() > SHOWN {
        let _ = writeln!(out, "-- and {} more", table.columns.len() - SHOWN);
    }
    if !table.is_complete {
        out.push_str("-- not all columns are known\n");
    }
    out.push_str("```");
    for key in table.uniques.iter().filter(|key| key.columns.len() > 1) {
        let _ = write!(out, "\n\nUnique: {}", code(&key.columns.join(", ")));
    }
    places(&table.defined, table.changed.as_ref(), &mut out);
    out
}

fn about_column(table: &SqlTable, column: &Column) -> String {
    let facts = column_facts(table, column);
    let separator = if facts.is_empty() { "" } else { ": " };
    let nullable = if column.nullable { ", may be NULL" } else { "" };
    let name = code(&format!("{}.{}", table.name, column.name));
    let mut out = format!("{name}{separator}{}{nullable}", plain(&facts));
    if let Some(comment) = &column.comment {
        let _ = write!(out, "\n\n{}", plain(comment));
    }
    if !column.values.is_empty() {
        let shown: Vec<String> = column
            .values
            .iter()
            .take(SHOWN)
            .map(|value| code(value))
            .collect();
        let more = if column.values.len() > SHOWN {
            ", ..."
        } else {
            ""
        };
        let _ = write!(out, "\n\nValues: {}{more}", shown.join(", "));
    }
    places(&column.defined, column.changed.as_ref(), &mut out);
    out
}
