//! CREATE TABLE statements of a dialect for a schema.
//!
//! A dialect gets only what it reads: keys over columns that exist, defaults that are literals,
//! references to tables that are there. What is left out is a comment.

use crate::schema::{Column, ForeignKey, Schema, SqlTable, TableKind, same};
use crate::sql_dialect::SqlDialect;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// What a reference may do.
const ACTIONS: &[&str] = &[
    "CASCADE",
    "SET NULL",
    "SET DEFAULT",
    "RESTRICT",
    "NO ACTION",
];

/// The statements that create all tables of a schema.
pub fn statements(schema: &Schema, dialect: SqlDialect) -> String {
    let mut printer = Printer {
        schema,
        dialect,
        out: String::new(),
        taken: HashSet::new(),
        names: HashMap::new(),
    };
    printer.print();
    printer.out
}

struct Printer<'a> {
    schema: &'a Schema,
    dialect: SqlDialect,
    out: String,
    /// Names of tables and indexes in lower case.
    taken: HashSet<String>,
    /// The names that tables are printed with, by their places.
    names: HashMap<usize, String>,
}

impl<'a> Printer<'a> {
    fn print(&mut self) {
        self.name_tables();
        let order = self.order();
        for at in &order {
            self.table(*at, &order);
        }
        if self.has_late_references() {
            for at in &order {
                self.references(*at);
            }
        }
        for at in &order {
            self.indexes(*at);
            self.comments(*at);
        }
    }

    /// Names for all tables: SQLite has no namespaces but those of files.
    fn name_tables(&mut self) {
        let mut namespaces = HashSet::new();
        for (at, table) in self.schema.tables.iter().enumerate() {
            let quoted = self.dialect.quoted(&table.name.name);
            let is_new = self.taken.insert(table.name.name.to_lowercase());
            let name = match &table.name.namespace {
                Some(namespace) if self.dialect == SqlDialect::Sqlite && is_new => {
                    let _ = namespace;
                    quoted
                }
                Some(namespace) if self.dialect == SqlDialect::Sqlite => self
                    .dialect
                    .quoted(&format!("{namespace}.{}", table.name.name)),
                Some(namespace) => {
                    let namespace = self.dialect.quoted(namespace);
                    if namespaces.insert(namespace.clone()) {
                        self.create_namespace(&namespace);
                    }
                    format!("{namespace}.{quoted}")
                }
                None => quoted,
            };
            self.names.insert(at, name);
        }
    }

    fn create_namespace(&mut self, namespace: &str) {
        let _ = match self.dialect {
            SqlDialect::TSql => writeln!(self.out, "CREATE SCHEMA {namespace};\nGO\n"),
            SqlDialect::MySql => writeln!(self.out, "CREATE DATABASE IF NOT EXISTS {namespace};\n"),
            _ => writeln!(self.out, "CREATE SCHEMA IF NOT EXISTS {namespace};\n"),
        };
    }

    fn has_late_references(&self) -> bool {
        matches!(
            self.dialect,
            SqlDialect::Postgres | SqlDialect::MySql | SqlDialect::TSql
        )
    }

    fn place(&self, key: &ForeignKey) -> Option<usize> {
        self.schema
            .tables
            .iter()
            .position(|table| table.name.fits(&key.table))
    }

    /// The places of all tables, those that others refer to first as far as they form no circle.
    fn order(&self) -> Vec<usize> {
        let tables = &self.schema.tables;
        let by_name: HashMap<String, usize> = tables
            .iter()
            .enumerate()
            .map(|(at, table)| (table.name.name.to_lowercase(), at))
            .collect();
        let needs = |at: usize| -> Vec<usize> {
            let keys = tables[at].foreign_keys.iter();
            keys.filter_map(|key| by_name.get(&key.table.name.to_lowercase()).copied())
                .collect()
        };
        let (mut order, mut state) = (Vec::new(), vec![0_u8; tables.len()]);
        for start in 0..tables.len() {
            let mut waiting = vec![(start, false)];
            while let Some((at, is_done)) = waiting.pop() {
                if is_done {
                    order.push(at);
                } else if state[at] == 0 {
                    state[at] = 1;
                    waiting.push((at, true));
                    waiting.extend(
                        needs(at)
                            .into_iter()
                            .filter(|at| state[*at] == 0)
                            .map(|at| (at, false)),
                    );
                }
            }
        }
        order
    }

    /// Whether a column before this one has the same name for the database. In PostgreSQL, names
    /// of other letters are others.
    fn is_repeated(&self, table: &SqlTable, at: usize, column: &Column) -> bool {
        let mut before = table.columns[..at].iter();
        let is_same = |other: &Column| same(&other.name, &column.name);
        self.dialect != SqlDialect::Postgres && before.any(is_same)
    }

    fn table(&mut self, at: usize, order: &[usize]) {
        let table = &self.schema.tables[at];
        let name = self.names[&at].clone();
        let columns: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let is_own = table.name.name.to_lowercase().starts_with("sqlite_");
        if table.kind == TableKind::View {
            let about = one_line(&format!("view {name} ({})", columns.join(", ")));
            let _ = writeln!(self.out, "-- {about}\n");
            return;
        }
        if columns.is_empty() || is_own && self.dialect == SqlDialect::Sqlite {
            let _ = writeln!(
                self.out,
                "-- table {}: no columns are known\n",
                one_line(&name)
            );
            return;
        }
        let columns = table.columns.iter().enumerate();
        let columns = columns.filter(|(at, column)| !self.is_repeated(table, *at, column));
        let mut lines: Vec<(String, Option<&String>)> = columns
            .map(|(_, column)| (self.column(table, column), column.comment.as_ref()))
            .collect();
        lines.extend(self.keys(table).into_iter().map(|line| (line, None)));
        if !self.has_late_references() {
            let keys = table
                .foreign_keys
                .iter()
                .filter_map(|key| self.reference(at, key, order));
            lines.extend(keys.map(|line| (line, None)));
        }
        if let Some(comment) = table.comment.as_ref().filter(|_| self.shows_remarks()) {
            let _ = writeln!(self.out, "-- {}", one_line(comment));
        }
        let _ = writeln!(self.out, "CREATE TABLE {name} (");
        let last = lines.len() - 1;
        for (number, (line, comment)) in lines.into_iter().enumerate() {
            let comma = if number < last { "," } else { "" };
            let comment = comment.filter(|_| self.shows_remarks());
            let remark = comment.map_or_else(String::new, |text| format!(" -- {}", one_line(text)));
            let _ = writeln!(self.out, "    {line}{comma}{remark}");
        }
        let end = match (&table.comment, self.dialect) {
            (Some(comment), SqlDialect::MySql) => {
                format!(") COMMENT={};", self.dialect.text(comment))
            }
            _ => ");".to_owned(),
        };
        let _ = writeln!(self.out, "{end}\n");
    }

    /// Whether comments of columns are written as remarks.
    fn shows_remarks(&self) -> bool {
        matches!(self.dialect, SqlDialect::Sqlite | SqlDialect::TSql)
    }

    fn column(&self, table: &SqlTable, column: &Column) -> String {
        let dialect = self.dialect;
        let mut line = dialect.quoted(&column.name);
        let has = |columns: &[String]| columns.iter().any(|name| same(name, &column.name));
        let is_key = has(&table.primary_key)
            || table.uniques.iter().any(|key| has(&key.columns))
            || table.indexes.iter().any(|index| has(&index.columns))
            || table.foreign_keys.iter().any(|key| has(&key.columns));
        match &column.data_type {
            Some(data_type) => {
                let _ = write!(line, " {}", dialect.type_name(data_type, is_key));
            }
            None if dialect == SqlDialect::Sqlite => {}
            None => {
                let _ = write!(line, " {}", dialect.type_name(&Default::default(), is_key));
            }
        }
        let is_only_key = table.primary_key.len() == 1 && same(&table.primary_key[0], &column.name);
        if column.is_identity && is_only_key {
            line.push_str(match dialect {
                SqlDialect::Postgres => " GENERATED BY DEFAULT AS IDENTITY",
                SqlDialect::MySql => " AUTO_INCREMENT",
                SqlDialect::TSql => " IDENTITY(1, 1)",
                SqlDialect::Sqlite | SqlDialect::DuckDb => "",
            });
        }
        if is_only_key {
            line.push_str(" PRIMARY KEY");
        } else if !column.nullable {
            line.push_str(" NOT NULL");
        }
        let default = column.default.as_ref().filter(|_| !column.is_identity);
        let data_type = column.data_type.as_ref();
        if let Some(default) = default.and_then(|written| dialect.default(written, data_type)) {
            let _ = write!(line, " DEFAULT {default}");
        }
        if !column.values.is_empty() {
            let values: Vec<String> = column
                .values
                .iter()
                .map(|value| dialect.text(value))
                .collect();
            let _ = write!(
                line,
                " CHECK ({} IN ({}))",
                dialect.quoted(&column.name),
                values.join(", ")
            );
        }
        if let Some(comment) = column
            .comment
            .as_ref()
            .filter(|_| dialect == SqlDialect::MySql)
        {
            let _ = write!(line, " COMMENT {}", dialect.text(&one_line(comment)));
        }
        line
    }

    /// Columns as a list; none if one does not exist.
    fn list(&self, table: &SqlTable, columns: &[String]) -> Option<String> {
        let known = columns.iter().map(|name| {
            table
                .column(name)
                .map(|column| self.dialect.quoted(&column.name))
        });
        let known: Option<Vec<String>> = known.collect();
        known
            .filter(|known| !known.is_empty())
            .map(|known| known.join(", "))
    }

    fn keys(&self, table: &SqlTable) -> Vec<String> {
        let mut lines = Vec::new();
        if table.primary_key.len() > 1
            && let Some(list) = self.list(table, &table.primary_key)
        {
            lines.push(format!("PRIMARY KEY ({list})"));
        }
        let mut seen = HashSet::new();
        for key in &table.uniques {
            if let Some(list) = self.list(table, &key.columns)
                && seen.insert(list.to_lowercase())
            {
                lines.push(format!("UNIQUE ({list})"));
            }
        }
        lines
    }

    /// A reference in the words of SQL; none if its columns or its table are not there.
    fn reference(&self, at: usize, key: &ForeignKey, order: &[usize]) -> Option<String> {
        let table = &self.schema.tables[at];
        let here = self.list(table, &key.columns)?;
        let place = self.place(key);
        let target = match place {
            Some(place) => {
                let there = &self.schema.tables[place];
                let columns = if key.references.is_empty() {
                    &there.primary_key
                } else {
                    &key.references
                };
                let is_key = same_columns(columns, &there.primary_key)
                    || there
                        .uniques
                        .iter()
                        .any(|unique| same_columns(columns, &unique.columns));
                let is_printed = there.kind == TableKind::Table && !there.columns.is_empty();
                let is_strict = self.dialect != SqlDialect::Sqlite;
                let is_later = self.dialect == SqlDialect::DuckDb
                    && order.iter().position(|known| *known == place)
                        > order.iter().position(|known| *known == at);
                let fits =
                    columns.len() == key.columns.len() && is_printed && (is_key || !is_strict);
                if !fits || is_later {
                    return None;
                }
                format!("{} ({})", self.names[&place], self.list(there, columns)?)
            }
            None if self.dialect == SqlDialect::Sqlite
                && key.references.len() == key.columns.len() =>
            {
                let columns: Vec<String> = key
                    .references
                    .iter()
                    .map(|name| self.dialect.quoted(name))
                    .collect();
                format!(
                    "{} ({})",
                    self.dialect.quoted(&key.table.name),
                    columns.join(", ")
                )
            }
            None => return None,
        };
        Some(format!(
            "FOREIGN KEY ({here}) REFERENCES {target}{}",
            self.actions(key)
        ))
    }

    /// What happens when the row there is deleted or changed; DuckDB knows none of it.
    fn actions(&self, key: &ForeignKey) -> String {
        let mut out = String::new();
        for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
            let known = action.as_deref().filter(|action| ACTIONS.contains(action));
            let action = match (known, self.dialect) {
                (None, _) | (_, SqlDialect::DuckDb) => continue,
                (Some("RESTRICT"), SqlDialect::TSql) => "NO ACTION",
                (Some(action), _) => action,
            };
            let _ = write!(out, " ON {event} {action}");
        }
        out
    }

    /// The references of a table, once all tables are there.
    fn references(&mut self, at: usize) {
        let table = &self.schema.tables[at];
        if table.kind == TableKind::View || table.columns.is_empty() {
            return;
        }
        let lines: Vec<String> = table
            .foreign_keys
            .iter()
            .filter_map(|key| self.reference(at, key, &[]))
            .collect();
        for line in lines {
            let name = &self.names[&at];
            let _ = writeln!(self.out, "ALTER TABLE {name} ADD {line};");
        }
    }

    fn indexes(&mut self, at: usize) {
        let table = &self.schema.tables[at];
        let is_printed = table.kind == TableKind::Table && !table.columns.is_empty();
        let is_own = table.name.name.to_lowercase().starts_with("sqlite_");
        if !is_printed || is_own {
            return;
        }
        for index in &table.indexes {
            let Some(list) = self.list(table, &index.columns) else {
                let about = format!(
                    "index of {} on {}",
                    self.names[&at],
                    index.columns.join(", ")
                );
                let _ = writeln!(self.out, "-- {}", one_line(&about));
                continue;
            };
            let made = || format!("{}_{}_idx", table.name.name, index.columns.join("_"));
            let mut name = index.name.clone().unwrap_or_else(made);
            let plain = name.clone();
            let mut number = 2;
            while name.to_lowercase().starts_with("sqlite_")
                || !self.taken.insert(name.to_lowercase())
            {
                name = format!("{}_{number}", plain.trim_start_matches("sqlite_"));
                number += 1;
            }
            // A condition is written in the dialect of its source.
            let is_unique = index.is_unique && index.condition.is_none();
            let unique = if is_unique { "UNIQUE " } else { "" };
            let (name, table) = (self.dialect.quoted(&name), &self.names[&at]);
            let _ = writeln!(self.out, "CREATE {unique}INDEX {name} ON {table} ({list});");
        }
    }

    /// Descriptions, where they are statements of their own.
    fn comments(&mut self, at: usize) {
        let table: &'a SqlTable = &self.schema.tables[at];
        let has_statement = matches!(self.dialect, SqlDialect::Postgres | SqlDialect::DuckDb);
        if !has_statement || table.kind == TableKind::View || table.columns.is_empty() {
            return;
        }
        let name = self.names[&at].clone();
        if let Some(comment) = &table.comment {
            let text = self.dialect.text(comment);
            let _ = writeln!(self.out, "COMMENT ON TABLE {name} IS {text};");
        }
        for column in &table.columns {
            if let Some(comment) = &column.comment {
                let (column, text) = (
                    self.dialect.quoted(&column.name),
                    self.dialect.text(comment),
                );
                let _ = writeln!(self.out, "COMMENT ON COLUMN {name}.{column} IS {text};");
            }
        }
    }
}

fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
