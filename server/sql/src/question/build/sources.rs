//! The tables of a selection, and the names of columns in it.
//!
//! A column is found by its table, so each table is there once. Joins name their columns by the
//! places of the sources.

use crate::query::{ColumnName, JoinOn, Scalar, SourceRows, SourceTree};
use crate::question::index::QuestionSchema;
use crate::question::joins::JoinStep;
use crate::question::sorts::EpochUnit;

/// The sources of a selection.
pub(super) struct Sources<'s> {
    pub(super) schema: &'s QuestionSchema,
    pub(super) steps: Vec<JoinStep>,
}

impl Sources<'_> {
    pub(super) fn name(&self, column: usize) -> Option<ColumnName> {
        let column = &self.schema.columns[column];
        let source = self
            .steps
            .iter()
            .position(|step| step.table == column.table)?;
        Some(ColumnName {
            source,
            column: column.name.clone(),
        })
    }

    pub(super) fn scalar(&self, column: usize) -> Option<Scalar> {
        self.name(column).map(Scalar::Column)
    }

    /// A column as a date, also if it holds numbers.
    pub(super) fn date(&self, column: usize) -> Option<Scalar> {
        let value = self.scalar(column)?;
        Some(match self.schema.columns[column].epoch {
            Some(unit) => Scalar::Moment(Box::new(value), unit == EpochUnit::Milliseconds),
            None => value,
        })
    }

    pub(super) fn trees(&self) -> Option<Vec<SourceTree>> {
        let mut trees = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            let join = match step.by {
                None => None,
                Some((before, link)) => {
                    let link = &self.schema.links[link];
                    let is_from = link.from == step.table;
                    let name = |source: usize, column: usize| ColumnName {
                        source,
                        column: self.schema.columns[column].name.clone(),
                    };
                    let pairs = link.pairs.iter().map(|&(from, to)| match is_from {
                        true => (name(before, to), name(place, from)),
                        false => (name(before, from), name(place, to)),
                    });
                    Some(JoinOn {
                        is_left: false,
                        pairs: pairs.collect(),
                    })
                }
            };
            if place > 0 && join.is_none() {
                return None;
            }
            let rows = SourceRows::Table(self.schema.tables[step.table].name.clone());
            trees.push(SourceTree { rows, join });
        }
        Some(trees)
    }
}
