//! A schema made ready for look-ups: tables and columns by name, and what may be trusted.
//!
//! A table is trusted if all its columns are known and nothing speaks against it: no note of a
//! change that was not understood, no second table of its name elsewhere. Only trusted tables
//! give errors.

use super::changes::{Changes, words};
use super::links::{self, Link};
use data::{Schema, SchemaNote, SchemaSource, SqlTable, TableName};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A schema with an index of its names. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct SchemaNames {
    schema: Arc<Schema>,
    tables: Arc<HashMap<String, Vec<usize>>>,
    columns: Arc<Vec<HashMap<String, usize>>>,
    is_trusted: Arc<Vec<bool>>,
    knows_all_tables: bool,
    links: Arc<Vec<Vec<Link>>>,
    /// Names in lower case that code gives to columns while it runs, for each table; those of
    /// tables whose names are put together are under no name.
    possible: Arc<HashMap<String, HashSet<String>>>,
}

impl SchemaNames {
    /// Makes the index of a schema. Takes time in proportion to the number of columns.
    pub fn new(schema: Arc<Schema>) -> Self {
        let mut tables: HashMap<String, Vec<usize>> = HashMap::new();
        let mut columns = Vec::with_capacity(schema.tables.len());
        for (at, table) in schema.tables.iter().enumerate() {
            let name = table.name.name.to_lowercase();
            tables.entry(name).or_default().push(at);
            let names = table.columns.iter().enumerate();
            let names = names.map(|(at, column)| (column.name.to_lowercase(), at));
            columns.push(names.collect());
        }
        let doubted = Doubts::of(&schema);
        let is_trusted = schema.tables.iter().map(|table| doubted.trusts(table));
        Self {
            is_trusted: Arc::new(is_trusted.collect()),
            knows_all_tables: !doubted.has_gap && !schema.tables.is_empty(),
            columns: Arc::new(columns),
            links: Arc::new(links::all(&schema, &tables)),
            tables: Arc::new(tables),
            possible: Arc::default(),
            schema,
        }
    }

    /// Reads code of the project that changes tables while it runs: the names in
    /// `ALTER TABLE users ADD x` and `CREATE TABLE y (z int)` may exist, whatever the schema says.
    /// Where the name of a column is put together, the tables that the text names are trusted no
    /// more. Texts are code of any language, and not the files that the schema was read from.
    pub fn doubt(&mut self, text: &str) {
        let changes = Changes::of(text);
        if !changes.names.is_empty() {
            let possible = Arc::make_mut(&mut self.possible);
            for (table, names) in changes.names {
                possible.entry(table).or_default().extend(names);
            }
        }
        if changes.is_dynamic {
            let trusted = Arc::make_mut(&mut self.is_trusted);
            for word in words(&text.to_lowercase()) {
                for at in self.tables.get(word).into_iter().flatten() {
                    trusted[*at] = false;
                }
            }
        }
    }

    /// Whether a table may have a column that the schema does not know.
    pub(super) fn may_have(&self, table: &str, column: &str) -> bool {
        let lower = column.to_lowercase();
        let has = |table: &str| {
            self.possible
                .get(table)
                .is_some_and(|names| names.contains(&lower))
        };
        !self.possible.is_empty() && (has("") || has(&table.to_lowercase()))
    }

    /// Whether code may make a table of this name.
    pub(super) fn may_be_made(&self, table: &str) -> bool {
        let lower = table.to_lowercase();
        self.possible
            .iter()
            .any(|(made, names)| *made == lower || names.contains(&lower))
    }

    /// The schema itself.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether the schema is that of a file's statements, so that they may be checked. It is not
    /// for migrations, patches and upgrades, which are written against the schema of their time,
    /// nor for tests and examples, which have tables of their own.
    pub fn applies_to(&self, path: &str) -> bool {
        let lower = path.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphabetic());
        let sources = self.schema.sources.iter();
        let stepwise = |source: &&SchemaSource| source.kind != "SQL" && source.paths.len() > 1;
        let mut steps = sources.filter(stepwise).flat_map(|source| &source.paths);
        let is_other = words.any(|word| HISTORY.contains(&word) || data::is_aside(word))
            || lower.split('/').any(is_between_versions);
        let is_step = path.ends_with(".sql") && steps.any(|step| folder(step) == folder(path));
        !is_other && !is_step
    }

    pub(super) fn table(&self, at: usize) -> &SqlTable {
        &self.schema.tables[at]
    }

    /// The table of a name and a namespace, if only one fits.
    pub(super) fn find(&self, namespace: Option<&str>, name: &str) -> Option<usize> {
        let all = self.tables.get(&name.to_lowercase())?;
        let wanted = TableName::within(namespace.map(str::to_owned), name.to_owned());
        let fits = |at: &&usize| self.schema.tables[**at].name.fits(&wanted);
        let mut fitting = all.iter().filter(fits);
        let first = *fitting.next()?;
        let plain = |at: &&usize| self.schema.tables[**at].name.namespace.is_none();
        match fitting.next() {
            None => Some(first),
            Some(_) => all.iter().find(plain).copied(),
        }
    }

    /// Whether any table has this name.
    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(&name.to_lowercase())
    }

    pub(super) fn column(&self, table: usize, name: &str) -> Option<usize> {
        self.columns[table].get(&name.to_lowercase()).copied()
    }

    /// The names of a table's columns.
    pub(super) fn column_names(&self, table: usize) -> Vec<String> {
        let columns = self.table(table).columns.iter();
        columns.map(|column| column.name.clone()).collect()
    }

    /// Whether a name that the table has no column of is wrong for sure.
    pub(super) fn is_trusted(&self, table: usize) -> bool {
        self.is_trusted[table]
    }

    /// Whether a table that is not here does not exist.
    pub(super) fn knows_all_tables(&self) -> bool {
        self.knows_all_tables
    }

    /// How a table is joined with others.
    pub(super) fn links(&self, table: usize) -> Vec<Link> {
        self.links[table].clone()
    }

    /// The tables that foreign keys or names link to one of these.
    pub(super) fn linked(&self, tables: &[usize]) -> Vec<usize> {
        let links = tables.iter().flat_map(|table| self.links(*table));
        links.map(|link| link.there).collect()
    }

    /// The names of all tables.
    pub(super) fn table_names(&self) -> impl Iterator<Item = &str> {
        self.schema.tables.iter().map(|table| &*table.name.name)
    }
}

/// Words in paths of files that change a schema step by step.
const HISTORY: &[&str] = &[
    "migration",
    "migrations",
    "migrate",
    "patch",
    "patches",
    "update",
    "updates",
    "upgrade",
    "upgrades",
    "archive",
    "archives",
    "versions",
    "delta",
    "deltas",
    "revisions",
    "changes",
    "downgrade",
    "downgrades",
    "evolutions",
    "changelog",
    "changelogs",
    "incremental",
];

/// Whether a folder or file is named for two versions: `v2-v3`, `1.2-to-1.3.sql`.
fn is_between_versions(name: &str) -> bool {
    let is_version = |part: &str| {
        let plain = part.strip_prefix('v');
        let mut numbers = plain.unwrap_or(part).split('.');
        let is_number =
            |part: &str| (1..4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        numbers.all(is_number) && (plain.is_some() || part.contains('.'))
    };
    let parts = name.trim_end_matches(".sql").split(['-', '_']);
    let parts: Vec<bool> = parts.filter(|part| *part != "to").map(is_version).collect();
    parts.windows(2).any(|two| two == [true, true])
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What the notes of a schema make uncertain.
struct Doubts {
    /// Names of tables in lower case, that notes speak of.
    tables: Vec<String>,
    has_gap: bool,
}

impl Doubts {
    fn of(schema: &Schema) -> Self {
        let gaps = schema.notes.iter().filter(|note| note.is_gap);
        let (mut tables, mut has_gap) = (Vec::new(), schema.notes_left_out > 0);
        for note in gaps {
            tables.extend(quoted_names(note));
            has_gap = true;
        }
        for note in schema.notes.iter().filter(|note| !note.is_gap) {
            if note.message.starts_with("another table") {
                tables.extend(quoted_names(note));
            }
        }
        Self { tables, has_gap }
    }

    fn trusts(&self, table: &SqlTable) -> bool {
        table.is_complete
            && !table.columns.is_empty()
            && !self.tables.contains(&table.name.name.to_lowercase())
    }
}

/// The names in backticks in a note, without namespaces, in lower case.
fn quoted_names(note: &SchemaNote) -> impl Iterator<Item = String> {
    let parts = note.message.split('`').skip(1).step_by(2);
    parts.map(|name| name.rsplit('.').next().unwrap_or(name).to_lowercase())
}
