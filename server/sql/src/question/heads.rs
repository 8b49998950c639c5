//! What a table is called without the label of its application: `order_order` is an order.
//!
//! Frameworks put the name of an application before the name of a table. A label is found in the
//! schema itself: first words that several tables share, or a first piece that all tables have. The
//! last word of what is left is the noun that people use. Nothing here reads a question.

use std::collections::{HashMap, HashSet};

/// How many tables must share first words before these are a label.
const SHARED: usize = 3;
/// The fewest tables of a schema whose tables all have a label.
const ALL_LABELLED: usize = 4;
/// How well the last word names a table by itself: if no other table ends so, if others do, if
/// another is called just that.
const ONLY: f32 = 0.93;
const SEVERAL: f32 = 0.8;
const SECOND: f32 = 0.6;

/// Last words that say nothing without those before them.
pub(super) const EMPTY_HEADS: &[&str] = &[
    "nam", "data", "list", "detail", "info", "id", "type", "valu", "map", "link", "log", "record",
    "histori", "statu", "cod", "number", "dat", "tim", "text", "metadata",
];

/// What is known of a table before its labels are.
pub(super) struct TableTraits {
    /// The stems of its name.
    pub words: Vec<String>,
    /// How many words the piece before the first underscore has, if another piece follows.
    pub first: Option<usize>,
    pub columns: usize,
    /// How many references it has, and how many lead to it.
    pub parents: usize,
    pub children: usize,
}

/// What a table is called by.
pub(super) struct TableHead {
    /// Its words without a label.
    pub core: Vec<String>,
    /// How well the last word names it by itself, up to 1.
    pub head: f32,
}

/// The heads of all tables of a schema, in order.
pub(super) fn find_heads(tables: &[TableTraits]) -> Vec<TableHead> {
    let whole: HashSet<&[String]> = tables.iter().map(|table| &table.words[..]).collect();
    let mut shared: HashMap<&[String], usize> = HashMap::new();
    for table in tables {
        for end in 1..table.words.len() {
            *shared.entry(&table.words[..end]).or_default() += 1;
        }
    }
    let are_labelled = are_all_labelled(tables);
    let cores = tables.iter().map(|table| {
        let first = table.first.filter(|_| are_labelled).unwrap_or(0);
        let known = first.min(table.words.len().saturating_sub(1));
        let is_label = |end: &usize| {
            let words = &table.words[..*end];
            !whole.contains(words) && shared.get(words).is_some_and(|count| *count >= SHARED)
        };
        let more = (known.max(1)..table.words.len())
            .take_while(is_label)
            .last();
        let core = &table.words[more.unwrap_or(known)..];
        let is_empty = matches!(core, [only] if EMPTY_HEADS.contains(&only.as_str()));
        if is_empty {
            table.words.clone()
        } else {
            core.to_vec()
        }
    });
    let cores: Vec<Vec<String>> = cores.collect();
    rank_heads(tables, cores)
}

/// Whether nearly all tables have names of two pieces and share first ones, as `shop_order`.
fn are_all_labelled(tables: &[TableTraits]) -> bool {
    let labelled = tables.iter().filter(|table| table.first.is_some()).count();
    let labels: HashSet<Option<&String>> = tables.iter().map(|t| t.words.first()).collect();
    let are_shared = labels.len() * 2 <= tables.len();
    tables.len() >= ALL_LABELLED && labelled * 10 >= tables.len() * 9 && are_shared
}

fn rank_heads(tables: &[TableTraits], cores: Vec<Vec<String>>) -> Vec<TableHead> {
    let mut heads: HashMap<String, (usize, bool)> = HashMap::new();
    for core in &cores {
        if let Some(last) = core.last() {
            let entry = heads.entry(last.clone()).or_default();
            entry.0 += 1;
            entry.1 |= core.len() == 1;
        }
    }
    let mut found = Vec::with_capacity(cores.len());
    for (table, core) in tables.iter().zip(cores) {
        let last = core.last().map_or("", String::as_str);
        let fit = match heads.get(last).copied().unwrap_or_default() {
            _ if EMPTY_HEADS.contains(&last) => 0.5,
            (_, true) => SECOND,
            (1, _) => ONLY,
            _ => SEVERAL,
        };
        let is_between = table.parents > 1 && table.columns <= table.parents + 2;
        let known = 0.02 * (table.children.min(5) as f32) / 5.0;
        let head = if is_between { fit - 0.2 } else { fit + known };
        found.push(TableHead { core, head });
    }
    found
}
