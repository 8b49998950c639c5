//! What a sketch needs, and no more: keys are taken from references, references from keys, and what
//! is counted is counted once.
//!
//! Nothing here makes a tree.

use super::TreeBuilder;
use crate::question::index::TableLink;
use crate::question::sketch::{Condition, Measure, Sketch, Test};

impl TreeBuilder<'_> {
    /// Counts rows of the subject once, however many partners with the conditions each has.
    pub(super) fn count_once(&self, sketch: &mut Sketch) {
        let [Measure::Count] = sketch.items[..] else {
            return;
        };
        let Some(key) = self.schema.tables[sketch.subject]
            .key
            .filter(|_| sketch.groups.is_empty())
        else {
            return;
        };
        let subject = sketch.subject;
        let asked = sketch.tables.first() == Some(&subject);
        let conditions = sketch
            .conditions
            .iter()
            .map(|condition| self.schema.columns[condition.column].table);
        let named = sketch.tables.iter().copied();
        let mut others = conditions.chain(named).filter(|table| *table != subject);
        let is_child = |table: usize| {
            self.schema.at[subject]
                .iter()
                .map(|link| &self.schema.links[*link])
                .any(|link| {
                    let is_one = link
                        .pairs
                        .iter()
                        .all(|(from, _)| self.schema.columns[*from].is_unique);
                    link.from == table && link.to == subject && !is_one
                })
        };
        if asked && others.any(is_child) {
            sketch.items = vec![Measure::CountDistinct(key)];
        }
    }

    /// Adds what a ranking in groups must show.
    pub(super) fn complete(&self, sketch: &mut Sketch) {
        let Some(ranking) = sketch.ranking.clone() else {
            return;
        };
        let is_sum = matches!(ranking.measure, Measure::Of(..) | Measure::OfProduct(..));
        let shows = sketch.per_group.is_some() || is_sum && ranking.limit.is_some();
        if shows && !sketch.items.contains(&ranking.measure) {
            sketch.items.push(ranking.measure);
        }
    }

    /// Takes keys of other tables from the references to them.
    pub(super) fn use_references(&self, sketch: &mut Sketch) {
        if sketch.joins_keys {
            return;
        }
        let needed = self.needed(sketch);
        let all: Vec<usize> = needed.iter().chain(&sketch.tables).copied().collect();
        for &table in &needed {
            let Some(key) = self.schema.tables[table].key else {
                continue;
            };
            let uses: Vec<usize> = self
                .used(sketch)
                .into_iter()
                .filter(|column| self.schema.columns[*column].table == table)
                .collect();
            if uses.iter().any(|column| *column != key) {
                continue;
            }
            let links = self.schema.at[table]
                .iter()
                .map(|link| &self.schema.links[*link]);
            let fits = links.filter(|link| {
                let is_here = link.to == table && link.from != table;
                is_here && all.contains(&link.from) && link.pairs.len() == 1
            });
            let fit = |link: &TableLink| (self.prefers)(link);
            let reference = fits.reduce(|a, b| if fit(b) > fit(a) { b } else { a });
            if let Some(link) = reference {
                let (here, there) = link.pairs[0];
                replace(sketch, there, here);
                sketch.tables.retain(|known| *known != table);
                if sketch.subject == table {
                    sketch.subject = link.from;
                }
            }
        }
    }

    /// Takes references from the keys that are there anyway, if nothing else of their tables is.
    pub(super) fn use_keys(&self, sketch: &mut Sketch) {
        let needed = self.needed(sketch);
        for &table in &needed {
            if sketch.tables.contains(&table) || table == sketch.subject {
                continue;
            }
            let uses: Vec<usize> = self
                .used(sketch)
                .into_iter()
                .filter(|column| self.schema.columns[*column].table == table)
                .collect();
            let [column] = uses[..] else {
                continue;
            };
            let key = self.schema.referred(column);
            if key != column && needed.contains(&self.schema.columns[key].table) {
                replace(sketch, column, key);
            }
        }
    }

    /// All columns that the selection itself uses.
    pub(super) fn used(&self, sketch: &Sketch) -> Vec<usize> {
        let mut columns: Vec<usize> = Vec::new();
        let measures = sketch.items.iter().chain(&sketch.groups);
        columns.extend(measures.flat_map(Measure::columns));
        columns.extend(sketch.conditions.iter().flat_map(Condition::columns));
        columns.extend(
            sketch
                .having
                .iter()
                .flat_map(|having| having.measure.columns()),
        );
        columns.extend(
            sketch
                .ranking
                .iter()
                .flat_map(|ranking| ranking.measure.columns()),
        );
        columns.extend(sketch.combined.iter().map(|combined| combined.first.column));
        columns
    }

    pub(super) fn needed(&self, sketch: &Sketch) -> Vec<usize> {
        let mut tables: Vec<usize> = Vec::new();
        if sketch.items.contains(&Measure::All)
            || !sketch.without.is_empty() && sketch.items.iter().all(Measure::is_aggregate)
        {
            tables.push(sketch.subject);
        }
        for column in self.used(sketch) {
            let table = self.schema.columns[column].table;
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        if sketch.partners_counted().is_some() && !tables.contains(&sketch.subject) {
            tables.push(sketch.subject);
        }
        tables
    }
}

/// Puts one column in the place of another.
pub(super) fn replace(sketch: &mut Sketch, old: usize, new: usize) {
    let swap = |column: &mut usize| {
        if *column == old {
            *column = new;
        }
    };
    let swap_both = |known: &mut Condition| {
        swap(&mut known.column);
        if let Test::Column(_, other) = &mut known.test {
            swap(other);
        }
    };
    let measures = sketch.items.iter_mut().chain(sketch.groups.iter_mut());
    let more = sketch.having.iter_mut().map(|having| &mut having.measure);
    let ranked = sketch
        .ranking
        .iter_mut()
        .map(|ranking| &mut ranking.measure);
    for measure in measures.chain(more).chain(ranked) {
        match measure {
            Measure::Column(column)
            | Measure::Bucket(_, column)
            | Measure::CountDistinct(column)
            | Measure::Of(_, column) => swap(column),
            Measure::OfProduct(_, a, b) => {
                swap(a);
                swap(b);
            }
            Measure::Portion(conditions) => {
                conditions.iter_mut().for_each(swap_both);
            }
            _ => {}
        }
    }
    let combined = sketch
        .combined
        .iter_mut()
        .flat_map(|both| [&mut both.first, &mut both.second]);
    let conditions = sketch.conditions.iter_mut().chain(combined);
    conditions.for_each(swap_both);
}
