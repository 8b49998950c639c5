//! Makes a query tree of a sketch: joins what it needs, and no more.
//!
//! A column that another table refers to is taken from there, and tables that add neither columns
//! nor a condition are left out. What must not exist becomes NOT IN, what two values of a column
//! demand two selections.

mod columns;
mod nested;
mod reduce;
mod sources;

use super::index::{QuestionSchema, TableLink};
use super::joins::{JoinStep, NoWay};
use super::sketch::{Condition, Literal, Measure, Ranking, Sketch, Test};
use crate::query::dates::{DateBound, DatePeriod};
use crate::query::{
    Comparison, OrderKey, PerGroup, Predicate, QueryTree, Scalar, SelectItem, SelectTree,
    SqlAggregate,
};
use sources::Sources;

/// Builds trees for one question.
pub(crate) struct TreeBuilder<'a> {
    pub schema: &'a QuestionSchema,
    /// How well a reference fits the words of the question.
    pub prefers: &'a dyn Fn(&TableLink) -> f32,
}

impl TreeBuilder<'_> {
    /// The tree of a sketch, or which tables have no way between them.
    pub(crate) fn build(&self, sketch: &Sketch) -> Result<Option<QueryTree>, NoWay> {
        let mut sketch = sketch.clone();
        if let Some(column) = sketch.median {
            return Ok(self.median(&sketch, column));
        }
        self.complete(&mut sketch);
        if let Some(of) = sketch.partners_counted() {
            sketch.tables.retain(|table| *table != of);
        }
        self.count_once(&mut sketch);
        self.use_references(&mut sketch);
        self.use_keys(&mut sketch);
        let mut seen: Vec<Measure> = Vec::new();
        sketch.items.retain(|item| {
            let is_new = !seen.contains(item);
            seen.push(item.clone());
            is_new
        });
        let needed = self.needed(&sketch);
        let mut tables = needed.clone();
        tables.extend(
            sketch
                .tables
                .iter()
                .copied()
                .filter(|table| !needed.contains(table)),
        );
        if tables.is_empty() {
            tables.push(sketch.subject);
        }
        tables.sort_by_key(|table| *table != sketch.subject);
        let steps = self.schema.join(&tables, self.prefers)?;
        let must: Vec<usize> = match needed.is_empty() {
            true => vec![sketch.tables.first().copied().unwrap_or(sketch.subject)],
            false => needed,
        };
        let steps = self.schema.prune(steps, &must);
        let sources = Sources {
            schema: self.schema,
            steps,
        };
        let mut tree = self.query(&sketch, &sources);
        if let (Some(tree), Some(child)) = (&mut tree, sketch.outer) {
            self.count_outer(&sources, child, &mut tree.select);
        }
        Ok(tree)
    }

    /// Counts rows of a table that is joined so that rows without any stay, as 0.
    fn count_outer(&self, sources: &Sources<'_>, child: usize, select: &mut SelectTree) {
        let key = self.schema.tables[child]
            .key
            .and_then(|key| sources.scalar(key));
        let place = sources.steps.iter().position(|step| step.table == child);
        let (Some(key), Some(place)) = (key, place.filter(|_| sources.steps.len() == 2)) else {
            return;
        };
        let join = select
            .sources
            .get_mut(place)
            .and_then(|source| source.join.as_mut());
        let Some(join) = join else {
            return;
        };
        join.is_left = true;
        let rows = Scalar::aggregate(SqlAggregate::Count, Scalar::All);
        let partners = Scalar::aggregate(SqlAggregate::Count, key);
        let items = select.items.iter_mut().map(|item| &mut item.value);
        let keys = select.order.iter_mut().map(|key| &mut key.value);
        for value in items.chain(keys).filter(|value| **value == rows) {
            *value = partners.clone();
        }
    }

    fn query(&self, sketch: &Sketch, sources: &Sources<'_>) -> Option<QueryTree> {
        let mut select = self.select(sketch, sources)?;
        if sketch.average_over.is_some() {
            return self.averaged(sketch, sources, select);
        }
        if let Some(combined) = &sketch.combined {
            return self.combined(sketch, sources, combined);
        }
        if let Some(tree) = self.excepted(sketch, sources, &select) {
            return Some(tree);
        }
        if let Some(partners) = self.counted_partners(sketch, sources) {
            select.having.clear();
            select.conditions.push(partners);
        }
        for without in &sketch.without {
            select
                .conditions
                .push(self.without(sketch, sources, without)?);
        }
        Some(QueryTree {
            select,
            rest: Vec::new(),
        })
    }

    fn select(&self, sketch: &Sketch, sources: &Sources<'_>) -> Option<SelectTree> {
        let mut items = Vec::new();
        for item in &sketch.items {
            let value = self.measure(sketch, sources, item)?;
            let name = self.column_name(sketch, sources, item);
            items.push(SelectItem { value, name });
        }
        let mut select = SelectTree {
            items,
            sources: sources.trees()?,
            conditions: self.conditions(sources, &sketch.conditions)?,
            distinct: sketch.distinct && sketch.groups.is_empty(),
            ..SelectTree::default()
        };
        select.distinct &= !select.items.iter().any(|item| item.value.is_aggregate());
        for group in &sketch.groups {
            select.group.push(self.measure(sketch, sources, group)?);
        }
        for having in &sketch.having {
            let value = self.measure(sketch, sources, &having.measure)?;
            select
                .having
                .push(self.test(sources, value, &having.test, None)?);
        }
        self.rank(sketch, sources, &mut select)?;
        Some(select)
    }

    fn rank(&self, sketch: &Sketch, sources: &Sources<'_>, select: &mut SelectTree) -> Option<()> {
        let Some(ranking) = &sketch.ranking else {
            return Some(());
        };
        let order = self.order(sketch, sources, ranking)?;
        if let Some((rows, parts)) = &sketch.per_group {
            let parts: Option<Vec<Scalar>> = parts
                .iter()
                .map(|part| self.measure(sketch, sources, part))
                .collect();
            select.per_group = Some(PerGroup {
                parts: parts?,
                order,
                rows: *rows,
            });
            return Some(());
        }
        select.order.push(order);
        select.limit = ranking.limit;
        select.offset = sketch.offset;
        Some(())
    }

    fn order(&self, sketch: &Sketch, sources: &Sources<'_>, ranking: &Ranking) -> Option<OrderKey> {
        let value = self.measure(sketch, sources, &ranking.measure)?;
        Some(OrderKey {
            value,
            descending: ranking.descending,
        })
    }

    fn measure(&self, sketch: &Sketch, sources: &Sources<'_>, measure: &Measure) -> Option<Scalar> {
        Some(match measure {
            Measure::Column(column) => sources.scalar(*column)?,
            Measure::Bucket(unit, column) => {
                Scalar::Bucket(*unit, Box::new(sources.date(*column)?))
            }
            Measure::Count => Scalar::aggregate(SqlAggregate::Count, Scalar::All),
            Measure::CountDistinct(column) => Scalar::Aggregate {
                function: SqlAggregate::Count,
                distinct: true,
                of: Box::new(sources.scalar(*column)?),
            },
            Measure::Of(function, column) => Scalar::aggregate(*function, sources.scalar(*column)?),
            Measure::OfProduct(function, a, b) => {
                let (a, b) = (sources.scalar(*a)?, sources.scalar(*b)?);
                Scalar::aggregate(*function, Scalar::Product(Box::new(a), Box::new(b)))
            }
            Measure::Portion(conditions) => Scalar::Portion(self.conditions(sources, conditions)?),
            Measure::Share(of) => Scalar::Share(Box::new(self.measure(sketch, sources, of)?)),
            Measure::Growth(of) => {
                let of = self.measure(sketch, sources, of)?;
                let is_bucket = |group: &&Measure| matches!(group, Measure::Bucket(..));
                let along = sketch.groups.iter().find(is_bucket)?;
                let parts = sketch.groups.iter().filter(|group| !is_bucket(group));
                let parts: Option<Vec<Scalar>> = parts
                    .map(|part| self.measure(sketch, sources, part))
                    .collect();
                let along = self.measure(sketch, sources, along)?;
                Scalar::Growth(Box::new(of), Box::new(along), parts?)
            }
            Measure::All => Scalar::All,
        })
    }

    fn conditions(&self, sources: &Sources<'_>, all: &[Condition]) -> Option<Vec<Predicate>> {
        let mut out: Vec<(Option<usize>, Vec<Predicate>)> = Vec::new();
        for condition in all {
            let value = match condition.test {
                Test::During(_) => sources.date(condition.column)?,
                _ => sources.scalar(condition.column)?,
            };
            let predicate = self.test(sources, value, &condition.test, Some(condition.column))?;
            let group = out
                .iter_mut()
                .find(|(any, _)| condition.any.is_some() && *any == condition.any);
            match group {
                Some((_, predicates)) => predicates.push(predicate),
                None => out.push((condition.any, vec![predicate])),
            }
        }
        let joined = out
            .into_iter()
            .map(|(_, mut predicates)| match predicates.len() {
                1 => predicates.remove(0),
                _ => Predicate::Any(predicates),
            });
        Some(joined.collect())
    }

    fn test(
        &self,
        sources: &Sources<'_>,
        value: Scalar,
        test: &Test,
        column: Option<usize>,
    ) -> Option<Predicate> {
        let is_text = column.is_some_and(|column| {
            self.schema.columns[column].sort == super::index::ColumnSort::Text
        });
        let literal = |literal: &Literal| match literal {
            Literal::Number(number) if is_text && number.len() > 15 => Scalar::Text(number.clone()),
            Literal::Number(number) => Scalar::Number(number.clone()),
            Literal::Text(text) => Scalar::Text(text.clone()),
            Literal::Boolean(value) => Scalar::Boolean(*value),
        };
        Some(match test {
            Test::Compare(operator, value_literal) => {
                Predicate::Compare(value, *operator, literal(value_literal))
            }
            Test::Between(from, to) => Predicate::Between(value, literal(from), literal(to)),
            Test::Like(pattern, is_not) => Predicate::Like(value, pattern.clone(), *is_not),
            Test::Empty(is_empty) => Predicate::IsNull(value, !is_empty),
            Test::During(period) => self.during(value, *period, column),
            Test::Column(operator, other) => {
                Predicate::Compare(value, *operator, sources.scalar(*other)?)
            }
            Test::Named(key, label, text) => {
                let inner = self.only(self.schema.columns[*key].table);
                let text = Scalar::Text(text.clone());
                let label = inner.scalar(*label)?;
                let select = SelectTree {
                    items: vec![inner.scalar(*key)?.into()],
                    sources: inner.trees()?,
                    conditions: vec![Predicate::Compare(label, Comparison::Equal, text)],
                    ..SelectTree::default()
                };
                Predicate::InQuery(value, Box::new(select.into()), false)
            }
            Test::Average(operator) => {
                let column = column?;
                let inner = self.only(self.schema.columns[column].table);
                let average = Scalar::aggregate(SqlAggregate::Average, inner.scalar(column)?);
                let select = SelectTree {
                    items: vec![SelectItem {
                        value: average,
                        name: None,
                    }],
                    sources: inner.trees()?,
                    ..SelectTree::default()
                };
                let query = Scalar::Query(Box::new(QueryTree {
                    select,
                    rest: Vec::new(),
                }));
                Predicate::Compare(value, *operator, query)
            }
        })
    }

    /// A table by itself.
    fn only(&self, table: usize) -> Sources<'_> {
        Sources {
            schema: self.schema,
            steps: vec![JoinStep { table, by: None }],
        }
    }

    /// A period of a column of years is a comparison of numbers.
    fn during(&self, value: Scalar, period: DatePeriod, column: Option<usize>) -> Predicate {
        let is_year = column.is_some_and(|column| self.schema.columns[column].is_year);
        let first = |bound: Option<DateBound>| match bound {
            Some(DateBound::Day(day)) => Some(Scalar::Number(day.year.to_string())),
            _ => None,
        };
        match (is_year, first(period.from), first(period.until)) {
            (true, Some(from), None) => Predicate::Compare(value, Comparison::AtLeast, from),
            (true, None, Some(until)) => Predicate::Compare(value, Comparison::Less, until),
            (true, Some(from), Some(_)) if period.as_year().is_some() => {
                Predicate::Compare(value, Comparison::Equal, from)
            }
            _ => Predicate::During(value, period),
        }
    }
}
