//! Code that speaks to another database than the project's own, whose tables may have the same
//! names: a driver of a device, an import from another program.
//!
//! What shows it is a table that resembles none of the schema. Then a table of the schema is taken
//! for another one if a file has more columns for it that do not exist than columns that do.

use super::nearest::is_slip;
use super::problem::{NameProblem, NameProblemKind};
use super::resolver::{NameMeaning, ResolvedSql};
use std::collections::{HashMap, HashSet};

/// A column that does not exist.
#[derive(Clone, Debug)]
pub(super) struct MissingColumn {
    /// Where it is, in bytes.
    pub start: usize,
    pub name: String,
    /// The tables of the schema that it was looked for in.
    pub tables: Vec<usize>,
    pub has_similar: bool,
}

/// Leaves out what is uncertain in the texts of one file.
pub(super) fn leave_out(all: &mut [ResolvedSql]) {
    if !all.iter().any(|found| found.has_foreign_table) {
        return;
    }
    let (mut known, mut missing) = (HashMap::new(), HashMap::new());
    for found in all.iter() {
        for name in &found.names {
            if let NameMeaning::Column(table, column) = name.meaning {
                let columns: &mut HashSet<usize> = known.entry(table).or_default();
                columns.insert(column);
            }
        }
        for column in &found.missing {
            for table in &column.tables {
                let columns: &mut HashMap<&str, bool> = missing.entry(*table).or_default();
                columns.insert(&column.name, column.has_similar);
            }
        }
    }
    let is_other = |(table, columns): (&usize, &HashMap<&str, bool>)| {
        let is_typing_error = columns.len() == 1 && columns.values().all(|similar| *similar);
        let known = known.get(table).map_or(0, HashSet::len);
        (columns.len() > known && !is_typing_error).then_some(*table)
    };
    let others: HashSet<usize> = missing.iter().filter_map(is_other).collect();
    for found in all {
        let missing = found.missing.iter();
        let doubted = missing.filter(|of| of.tables.iter().any(|table| others.contains(table)));
        let doubted: HashSet<usize> = doubted.map(|of| of.start).collect();
        found.problems.retain(|problem| match problem.kind {
            NameProblemKind::UnknownTable => is_sure(problem),
            NameProblemKind::UnknownColumn => !doubted.contains(&problem.range.start),
            _ => true,
        });
    }
}

/// Whether the name of a table can only be a slip of the fingers.
fn is_sure(problem: &NameProblem) -> bool {
    let plain = |name: &str| name.trim_matches(['"', '`', '[', ']']).to_lowercase();
    let mut quoted = problem.message.split('`').skip(1);
    let wanted = quoted.next().map(plain).unwrap_or_default();
    let right = problem.replacements.first().map(|right| plain(right));
    right.is_some_and(|right| is_slip(&wanted, &right))
}
