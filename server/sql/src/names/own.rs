//! What the texts of one file do to tables: those that they create, and names of changed ones.

use super::scope::Listed;
use std::collections::{HashMap, HashSet};

/// Tables that a file creates or changes.
#[derive(Default)]
pub(super) struct OwnTables {
    /// Those that are created, in lower case; none where the columns are unknown.
    pub created: HashMap<String, Option<Listed>>,
    /// The names that ALTER TABLE has for each table, in lower case.
    pub altered: HashMap<String, HashSet<String>>,
}

impl OwnTables {
    /// The created tables whose columns are known.
    pub fn known(&self) -> impl Iterator<Item = (String, Listed)> {
        let known = self.created.iter();
        known.filter_map(|(name, columns)| Some((name.clone(), columns.clone()?)))
    }

    /// Whether a table has a column at some time, by a change of it.
    pub fn may_have(&self, table: &str, column: &str) -> bool {
        let names = self.altered.get(&table.to_lowercase());
        names.is_some_and(|names| names.contains(&column.to_lowercase()))
    }
}
