//! Queries in queries: rows without partners, two selections in one, averages of sums, medians.
//!
//! Each returns nothing where the tables have no way between them or the key has several columns;
//! the reading is then left out.

use super::TreeBuilder;
use super::sources::Sources;
use crate::query::{
    ColumnName, Predicate, QueryTree, Scalar, SelectItem, SelectTree, SetOperator, SourceRows,
    SourceTree, SqlAggregate,
};
use crate::question::index::ColumnSort;
use crate::question::joins::JoinStep;
use crate::question::sketch::{Combined, Condition, Measure, Sketch, Test, Without};

impl TreeBuilder<'_> {
    /// `how many customers have more than 3 orders`: groups that are counted themselves.
    pub(super) fn counted_partners(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
    ) -> Option<Predicate> {
        let of = sketch.partners_counted()?;
        let key = self.schema.tables[sketch.subject].key?;
        let links = self.schema.at[of]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let pairs = links.filter(|link| link.from == of && link.to == sketch.subject);
        let (reference, _) = *pairs
            .flat_map(|link| link.pairs.iter())
            .find(|(_, to)| *to == key)?;
        let inner = self.only(of);
        let value = inner.scalar(reference)?;
        let count = self.measure(sketch, &inner, &Measure::Count)?;
        let select = SelectTree {
            items: vec![SelectItem {
                value: value.clone(),
                name: None,
            }],
            sources: inner.trees()?,
            group: vec![value],
            having: vec![self.test(&inner, count, &sketch.having[0].test, None)?],
            ..SelectTree::default()
        };
        let query = Box::new(QueryTree {
            select,
            rest: Vec::new(),
        });
        Some(Predicate::InQuery(sources.scalar(key)?, query, false))
    }

    /// Rows without partners: the key is not among the references.
    pub(super) fn without(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
        without: &Without,
    ) -> Option<Predicate> {
        let own = sources
            .steps
            .iter()
            .find(|step| step.table == sketch.subject);
        let target = own.or(sources.steps.first())?.table;
        let table = |condition: &Condition| self.schema.columns[condition.column].table;
        let wanted: Vec<usize> = without.conditions.iter().map(table).collect();
        let mut tables = vec![target, without.table];
        tables.extend(&wanted);
        let steps = self.schema.join(&tables, self.prefers).ok()?;
        let second = steps.iter().find(|step| matches!(step.by, Some((0, _))))?;
        let link = &self.schema.links[second.by?.1];
        let [(from, to)] = link.pairs[..] else {
            return None;
        };
        let (outer, selected) = if link.from == target {
            (from, to)
        } else {
            (to, from)
        };
        let further = steps.iter().skip(1).map(|step| step.table);
        let rest: Vec<usize> = std::iter::once(second.table)
            .chain(further.filter(|table| *table != second.table && wanted.contains(table)))
            .collect();
        let steps = self.schema.join(&rest, self.prefers).ok()?;
        let query = self.references(selected, without, steps)?;
        Some(Predicate::InQuery(
            sources.scalar(outer)?,
            Box::new(query),
            true,
        ))
    }

    /// All references of rows that must not exist.
    fn references(
        &self,
        selected: usize,
        without: &Without,
        steps: Vec<JoinStep>,
    ) -> Option<QueryTree> {
        let inner = Sources {
            schema: self.schema,
            steps,
        };
        let mut conditions = self.conditions(&inner, &without.conditions)?;
        if self.schema.columns[selected].nullable {
            // One NULL in the list, and NOT IN is true of no row.
            conditions.push(Predicate::IsNull(inner.scalar(selected)?, true));
        }
        let select = SelectTree {
            items: vec![inner.scalar(selected)?.into()],
            sources: inner.trees()?,
            conditions,
            ..SelectTree::default()
        };
        Some(select.into())
    }

    /// EXCEPT, where the key itself is returned, or what is returned is no key: a country without
    /// such rows has none at all.
    pub(super) fn excepted(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
        select: &SelectTree,
    ) -> Option<QueryTree> {
        let ([without], [Measure::Column(column)]) = (&sketch.without[..], &sketch.items[..])
        else {
            return None;
        };
        let found = &self.schema.columns[*column];
        let table = &self.schema.tables[found.table];
        if found.is_key && select.order.is_empty() {
            let Predicate::InQuery(outer, query, _) = self.without(sketch, sources, without)?
            else {
                return None;
            };
            let is_same = Some(&outer) == select.items.first().map(|item| &item.value);
            return is_same.then(|| QueryTree {
                select: select.clone(),
                rest: vec![(SetOperator::Except, query.select)],
            });
        }
        let is_one = found.is_key || found.is_unique || table.label == Some(*column);
        let is_entity = sketch.tables.contains(&sketch.subject) || without.conditions.is_empty();
        if (is_one || is_entity) && !sketch.excepts
            || found.table != sketch.subject
            || !select.order.is_empty()
        {
            return None;
        }
        let mut second = sketch.clone();
        second.without.clear();
        second.conditions.clone_from(&without.conditions);
        second.tables.push(without.table);
        second.ranking = None;
        let second = self.build(&second).ok()??;
        Some(QueryTree {
            select: select.clone(),
            rest: vec![(SetOperator::Except, second.select)],
        })
    }

    /// Two selections that differ in one condition.
    pub(super) fn combined(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
        combined: &Combined,
    ) -> Option<QueryTree> {
        let part = |condition: &Condition| {
            let mut part = sketch.clone();
            part.combined = None;
            part.ranking = None;
            part.conditions.push(condition.clone());
            self.select(&part, sources)
        };
        let (first, second) = (part(&combined.first)?, part(&combined.second)?);
        Some(QueryTree {
            select: first,
            rest: vec![(combined.operator, second)],
        })
    }

    /// The average of sums or counts over units of time.
    pub(super) fn averaged(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
        select: SelectTree,
    ) -> Option<QueryTree> {
        let unit = sketch.average_over?;
        let measure = sketch.items.iter().find(|item| item.is_aggregate())?;
        let summed = match measure {
            Measure::Of(_, column) => Measure::Of(SqlAggregate::Sum, *column),
            Measure::OfProduct(_, a, b) => Measure::OfProduct(SqlAggregate::Sum, *a, *b),
            other => other.clone(),
        };
        let bucket = Scalar::Bucket(
            unit,
            Box::new(sources.date(self.date_of(sketch, sources)?)?),
        );
        let total = SelectItem {
            value: self.measure(sketch, sources, &summed)?,
            name: Some("total".into()),
        };
        let mut inner = SelectTree {
            items: Vec::new(),
            order: Vec::new(),
            limit: None,
            per_group: None,
            ..select
        };
        let outside = |column: String| Scalar::Column(ColumnName { source: 0, column });
        let mut groups = Vec::new();
        for item in sketch.items.iter().filter(|item| !item.is_aggregate()) {
            let value = self.measure(sketch, sources, item)?;
            let name = self.schema.columns[*item.columns().first()?].name.clone();
            groups.push(outside(name.clone()));
            inner.items.push(SelectItem {
                value,
                name: Some(name),
            });
        }
        inner.items.push(total);
        inner.group.push(bucket);
        let average = Scalar::aggregate(SqlAggregate::Average, outside("total".into()));
        let items = groups
            .iter()
            .cloned()
            .chain([average])
            .map(SelectItem::from);
        let rows = SourceRows::Query(Box::new(inner.into()));
        let select = SelectTree {
            items: items.collect(),
            sources: vec![SourceTree { rows, join: None }],
            group: groups,
            ..SelectTree::default()
        };
        Some(select.into())
    }

    /// The date that a question is about: that of its period, else the first of its tables.
    fn date_of(&self, sketch: &Sketch, sources: &Sources<'_>) -> Option<usize> {
        let during = sketch
            .conditions
            .iter()
            .find(|c| matches!(c.test, Test::During(_)));
        let steps = sources.steps.iter();
        let mut columns = steps.flat_map(|step| self.schema.tables[step.table].columns.clone());
        let is_date = |column: &usize| self.schema.columns[*column].sort == ColumnSort::Date;
        during
            .map(|condition| condition.column)
            .or_else(|| columns.find(is_date))
    }

    /// The value in the middle, without a function of its own: not all dialects have one.
    pub(super) fn median(&self, sketch: &Sketch, column: usize) -> Option<QueryTree> {
        let mut tables = vec![self.schema.columns[column].table];
        tables.extend(
            sketch
                .conditions
                .iter()
                .map(|c| self.schema.columns[c.column].table),
        );
        let steps = self.schema.join(&tables, self.prefers).ok()?;
        let sources = Sources {
            schema: self.schema,
            steps,
        };
        let mut conditions = self.conditions(&sources, &sketch.conditions)?;
        let value = sources.scalar(column)?;
        conditions.push(Predicate::IsNull(value.clone(), true));
        let select = SelectTree {
            items: vec![SelectItem {
                value: Scalar::Median(Box::new(value)),
                name: None,
            }],
            sources: sources.trees()?,
            conditions,
            ..SelectTree::default()
        };
        Some(QueryTree {
            select,
            rest: Vec::new(),
        })
    }
}
