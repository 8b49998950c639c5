//! Names of computed columns in the result: `total_amount`, `orders`, `quarter`.
//!
//! A name that is also a column of one of the tables would mean that column in GROUP BY and HAVING,
//! so it gets a longer one there. Plain columns and a single value by itself have no name of their
//! own.

use super::TreeBuilder;
use super::sources::Sources;
use crate::query::SqlAggregate;
use crate::query::dates::DateUnit;
use crate::question::sketch::{Measure, Sketch};

/// The longest name of a table that a count is named after.
const LONGEST: usize = 24;

impl TreeBuilder<'_> {
    /// The name of a returned measure, if it gets one.
    pub(super) fn column_name(
        &self,
        sketch: &Sketch,
        sources: &Sources<'_>,
        item: &Measure,
    ) -> Option<String> {
        let is_only = sketch.items.len() == 1 && sketch.groups.is_empty();
        let (name, longer) = match item {
            Measure::Bucket(unit, column) => {
                let name = unit_name(*unit);
                let column = &self.schema.columns[*column].name;
                (name.to_owned(), format!("{column}_{name}"))
            }
            Measure::Share(_) | Measure::Portion(_) => ("percent".into(), "percentage".into()),
            Measure::Growth(_) => ("growth_percent".into(), "growth_percentage".into()),
            Measure::OfProduct(..) => ("amount".into(), "total".into()),
            Measure::Column(_) | Measure::All => return None,
            _ if is_only => return None,
            Measure::Count => (self.counted_name(sources)?, "number".into()),
            Measure::CountDistinct(column) => {
                let column = &self.schema.columns[*column].name;
                ("number".into(), format!("different_{column}"))
            }
            Measure::Of(function, column) => {
                let column = &self.schema.columns[*column].name;
                let word = function_name(*function);
                if !column.is_ascii() {
                    return Some(format!("{}{column}", function_in_chinese(*function)));
                }
                let is_total = column.starts_with("total") && *function == SqlAggregate::Sum;
                let name = match is_total {
                    true => column.clone(),
                    false => format!("{word}_{column}"),
                };
                let other = if is_total { "sum" } else { word };
                (name, format!("{other}_of_{column}"))
            }
        };
        // Only GROUP BY and HAVING prefer a column to the name of a result.
        let is_bucket = matches!(item, Measure::Bucket(..));
        let minds = is_bucket || !sketch.having.is_empty();
        [name, longer]
            .into_iter()
            .map(|name| name.to_lowercase())
            .find(|name| !minds || !self.is_column(sources, name))
    }

    /// Whether a table of the selection has a column of that name.
    fn is_column(&self, sources: &Sources<'_>, name: &str) -> bool {
        sources.steps.iter().any(|step| {
            let mut columns = self.schema.tables[step.table].columns.clone();
            columns.any(|column| self.schema.columns[column].name.eq_ignore_ascii_case(name))
        })
    }

    /// What counted rows are called: the table that no other one refers to.
    fn counted_name(&self, sources: &Sources<'_>) -> Option<String> {
        let is_referred = |table: usize| {
            sources.steps.iter().any(|step| {
                step.by.is_some_and(|(_, link)| {
                    let link = &self.schema.links[link];
                    link.to == table && link.from != table
                })
            })
        };
        let mut open = sources.steps.iter().filter(|step| !is_referred(step.table));
        let table = &self.schema.tables[open.next()?.table].name.name;
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
        let is_fit = table.len() <= LONGEST
            && table.ends_with('s')
            && table.starts_with(|c: char| c.is_ascii_lowercase())
            && table.chars().all(is_plain);
        let is_one = open.next().is_none();
        Some(match is_fit && is_one {
            true => table.clone(),
            false => "number".to_owned(),
        })
    }
}

fn unit_name(unit: DateUnit) -> &'static str {
    match unit {
        DateUnit::Year => "year",
        DateUnit::Quarter => "quarter",
        DateUnit::Month => "month",
        DateUnit::Week => "week",
        DateUnit::Day => "day",
        DateUnit::Weekday => "weekday",
        DateUnit::Hour => "hour",
    }
}

fn function_name(function: SqlAggregate) -> &'static str {
    match function {
        SqlAggregate::Count => "number",
        SqlAggregate::Sum => "total",
        SqlAggregate::Average => "average",
        SqlAggregate::Least => "least",
        SqlAggregate::Greatest => "greatest",
    }
}

fn function_in_chinese(function: SqlAggregate) -> &'static str {
    match function {
        SqlAggregate::Count => "数量_",
        SqlAggregate::Sum => "总",
        SqlAggregate::Average => "平均",
        SqlAggregate::Least => "最小",
        SqlAggregate::Greatest => "最大",
    }
}
