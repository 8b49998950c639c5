//! Which tables belong together: by foreign keys, or by names that fit.

use data::{ForeignKey, Schema, SqlTable};
use std::collections::HashMap;

/// The most links of a table.
const MAX_LINKS: usize = 200;

/// How a table is joined with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub there: usize,
    /// The columns here and there.
    pub columns: Vec<(String, String)>,
    /// Whether only the names say so.
    pub is_guessed: bool,
}

/// All links of a schema, for each table.
pub(super) fn all(schema: &Schema, tables: &HashMap<String, Vec<usize>>) -> Vec<Vec<Link>> {
    let mut links: Vec<Vec<Link>> = vec![Vec::new(); schema.tables.len()];
    for (at, table) in schema.tables.iter().enumerate() {
        for key in &table.foreign_keys {
            let Some(there) = find(schema, tables, key) else {
                continue;
            };
            if let Some(columns) = pairs(key, &schema.tables[there]) {
                add(&mut links, at, there, columns, false);
            }
        }
    }
    for (at, table) in schema.tables.iter().enumerate() {
        for (column, there) in guesses(table, tables) {
            let key = &schema.tables[there].primary_key;
            let is_known = links[at].iter().any(|link| link.there == there);
            if let ([key], false, true) = (&key[..], is_known, there != at) {
                add(&mut links, at, there, vec![(column, key.clone())], true);
            }
        }
    }
    links
}

/// Adds a link in both directions.
fn add(
    links: &mut [Vec<Link>],
    here: usize,
    there: usize,
    columns: Vec<(String, String)>,
    is_guessed: bool,
) {
    let back = columns
        .iter()
        .map(|(a, b)| (b.clone(), a.clone()))
        .collect();
    for (from, to, columns) in [(here, there, columns), (there, here, back)] {
        if links[from].len() < MAX_LINKS {
            links[from].push(Link {
                there: to,
                columns,
                is_guessed,
            });
        }
    }
}

fn find(schema: &Schema, tables: &HashMap<String, Vec<usize>>, key: &ForeignKey) -> Option<usize> {
    let named = tables.get(&key.table.name.to_lowercase())?;
    named
        .iter()
        .copied()
        .find(|at| schema.tables[*at].name.fits(&key.table))
}

fn pairs(key: &ForeignKey, there: &SqlTable) -> Option<Vec<(String, String)>> {
    let referred = if key.references.is_empty() {
        &there.primary_key
    } else {
        &key.references
    };
    let fits = !referred.is_empty() && referred.len() == key.columns.len();
    fits.then(|| {
        key.columns
            .iter()
            .cloned()
            .zip(referred.iter().cloned())
            .collect()
    })
}

/// Columns such as `user_id`, with the table that their name names.
fn guesses<'a>(
    table: &'a SqlTable,
    tables: &'a HashMap<String, Vec<usize>>,
) -> impl Iterator<Item = (String, usize)> + 'a {
    table.columns.iter().filter_map(|column| {
        let lower = column.name.to_lowercase();
        let stem = lower.strip_suffix("_id").or_else(|| {
            column
                .name
                .strip_suffix("Id")
                .map(|_| &lower[..lower.len() - 2])
        })?;
        let plural = match stem.strip_suffix('y') {
            Some(start) => format!("{start}ies"),
            None => format!("{stem}s"),
        };
        let found = tables.get(stem).or_else(|| tables.get(&plural));
        let found = found.or_else(|| tables.get(&format!("{stem}es")))?;
        match found[..] {
            [only] => Some((column.name.clone(), only)),
            _ => None,
        }
    })
}
