//! What rows and groups are measured by: a column, a count, a sum of amounts.
//!
//! Sales and revenue are the amount that the schema has, or quantity times price. An amount of rows
//! that many others share is not added up once for each of these.

use super::Parser;
use crate::query::SqlAggregate;
use crate::question::cues::Cue;
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::Measure;

pub(super) fn is_amount(column: &IndexedColumn) -> bool {
    let is_counted = matches!(column.sort, ColumnSort::Number | ColumnSort::Date) || column.is_year;
    is_counted && !column.is_foreign && !(column.is_id && column.is_key)
}

/// Stems of words for revenue.
const REVENUE: &[&str] = &["sal", "sale", "revenu", "turnov", "spend", "proce", "earn"];
/// Words of amounts, the best first.
const AMOUNTS: &[&str] = &["revenu", "amount", "total", "subtotal", "payment"];
/// Words of amounts that are no revenue.
const NO_REVENUE: &[&str] = &[
    "discount",
    "fee",
    "refund",
    "budget",
    "limit",
    "threshold",
    "attribut",
];

impl Parser<'_> {
    /// A measure after `by`, `based on`, `in terms of`, `with the highest`.
    pub(super) fn measure_after_by(&mut self, from: usize) -> Option<Measure> {
        let by = (from..self.tokens.len()).find(|&at| {
            let words = (self.lower(at), self.lower(at + 1));
            words.0 == "by" && self.cue(at).is_none()
                || words == ("based", "on")
                || words == ("terms", "of")
                || words.0 == "with"
                    && matches!(
                        self.cue(at + 1).or(self.cue(at + 2)),
                        Some(Cue::Most | Cue::Fewest)
                    )
        })?;
        let from = by + 1;
        let measure = self.measure(from, from + 6)?;
        self.mark_read(by, from + 1);
        self.spend(by, from);
        Some(measure)
    }

    /// What a phrase measures: a count, a function of a column, a sum of amounts.
    pub(super) fn measure(&mut self, from: usize, until: usize) -> Option<Measure> {
        let mut function = None;
        for at in from..until.min(self.tokens.len()) {
            function = self.aggregate_at(at).or(function);
            if self.cue(at) == Some(Cue::Count) {
                return Some(self.measured_count(at));
            }
            if let Some(measure) = self.measured_revenue(at) {
                return Some(measure);
            }
            let mention = self
                .mention_at(at)
                .filter(|m| self.mentions[*m].start == at);
            let Some(mention) = mention else {
                continue;
            };
            if self.is_sales_of(mention) {
                self.take(mention);
                continue;
            }
            let is_only = self.mention_at(self.mentions[mention].end).is_none();
            let table = self.mentions[mention]
                .table()
                .filter(|_| self.mentions[mention].is_table());
            if table.is_some() && !is_only {
                continue;
            }
            if table == Some(self.subject) && function.is_none() {
                self.take(mention);
                return Some(Measure::Count);
            }
            let is_other = table.is_some_and(|table| table != self.subject);
            let is_fit = |column: &IndexedColumn| match is_other {
                true => column.sort == ColumnSort::Number && is_amount(column),
                false => is_amount_or_text_number(column),
            };
            if let Some(column) = self.pick_where(mention, &is_fit) {
                self.take(mention);
                return Some(match function {
                    Some(function) => Measure::Of(function, column),
                    None => self.summed(column),
                });
            }
            if let Some(table) = table.filter(|table| *table != self.subject) {
                self.take(mention);
                self.sketch.tables.push(table);
                return Some(Measure::Count);
            }
        }
        None
    }

    /// `number of orders`: their rows.
    fn measured_count(&mut self, at: usize) -> Measure {
        self.spend(at, at + 1);
        if let Some(mention) = self.next_mention(at + 1, 4) {
            if let Some(column) = self.counter(mention) {
                return Measure::Column(column);
            }
            self.take(mention);
            let table = self.mentions[mention].table();
            self.sketch.tables.extend(table);
        }
        Measure::Count
    }

    /// `sales`, if no column is called so and none follows that says which amount.
    fn measured_revenue(&mut self, at: usize) -> Option<Measure> {
        let measure = self.revenue(at)?;
        let Some(mention) = self.mention_at(at) else {
            return Some(measure);
        };
        let found = &self.mentions[mention];
        let is_named = found.is_column() && found.column_fit() >= 0.75;
        let next = self.mention_at(found.end);
        let has_column = next.is_some_and(|next| self.mentions[next].is_column());
        if is_named || has_column {
            return None;
        }
        self.take(mention);
        Some(measure)
    }

    /// A column, summed where many of its rows belong to one of the subject.
    pub(super) fn summed(&self, column: usize) -> Measure {
        let found = &self.schema.columns[column];
        let is_many = found.table != self.subject && self.schema.is_many(self.subject, found.table);
        // Each row of names and values has another value.
        let is_value = self.schema.tables[found.table]
            .pair
            .is_some_and(|(_, of)| of == column);
        let is_sum = found.sort == ColumnSort::Number && is_additive(found) && !is_value;
        match is_many && is_sum {
            true => Measure::Of(SqlAggregate::Sum, column),
            false => Measure::Column(column),
        }
    }

    /// Whether a name only says which amount follows: `sales` in `sales quantity`.
    pub(super) fn is_sales_of(&self, mention: usize) -> bool {
        let found = &self.mentions[mention];
        let is_sales = matches!(self.tokens[found.start].stem.as_str(), "sal" | "sale");
        let is_table = found.is_table() && found.table_fit() > 0.9;
        is_sales && found.end == found.start + 1 && !is_table && self.names_amount(found.end)
    }

    /// Whether an amount is named: `sales amount`, `sales quantity`.
    pub(super) fn names_amount(&self, at: usize) -> bool {
        let Some(mention) = self.mention_at(at).map(|mention| &self.mentions[mention]) else {
            return false;
        };
        let is_amount = |(column, fit): &(usize, f32)| {
            let column = &self.schema.columns[*column];
            *fit >= 0.9 && column.sort == ColumnSort::Number && is_additive(column)
        };
        mention.is_column() && mention.columns.iter().any(is_amount)
    }

    /// The best amount of the tables that are so many references away: not what is taken off it.
    fn amount_at(&self, far: usize, is_fit: &dyn Fn(&IndexedColumn) -> bool) -> Option<usize> {
        let is_here = |table: &usize| self.hops.get(*table) == Some(&far);
        let tables: Vec<usize> = (0..self.schema.tables.len()).filter(is_here).collect();
        AMOUNTS.iter().find_map(|wanted| {
            let columns = tables
                .iter()
                .flat_map(|t| self.schema.tables[*t].columns.clone());
            let fit = columns.filter(|column| {
                let column = &self.schema.columns[*column];
                let of_table = &self.schema.tables[column.table].words;
                let is_less = is_taken_off(of_table) || is_taken_off(&column.words);
                column.words.iter().any(|word| word == wanted) && !is_less && is_fit(column)
            });
            let place = |column: &usize| {
                let column = &self.schema.columns[*column];
                (!self.is_mentioned(column.table), column.words.len())
            };
            fit.min_by_key(place)
        })
    }

    /// The price of a whole line, which has its quantity in it.
    fn line_amount(
        &self,
        near: &[usize],
        is_fit: &dyn Fn(&IndexedColumn) -> bool,
    ) -> Option<usize> {
        let mut columns = near
            .iter()
            .flat_map(|table| self.schema.tables[*table].columns.clone());
        columns.find(|column| {
            let column = &self.schema.columns[*column];
            let has = |wanted: &str| column.words.iter().any(|word| word == wanted);
            has("line") && has("pric") && !is_taken_off(&column.words) && is_fit(column)
        })
    }

    /// The table of sales where none is named: the one that most others refer to.
    pub(super) fn revenue_table(&self) -> Option<usize> {
        let has_revenue = self
            .tokens
            .iter()
            .any(|token| REVENUE.contains(&token.stem.as_str()));
        let names = ["order", "sale", "invoic", "payment", "purchas", "transact"];
        let is_amount = |column: usize| {
            let column = &self.schema.columns[column];
            let is_named = column
                .words
                .iter()
                .any(|word| AMOUNTS.contains(&word.as_str()));
            is_named && column.sort == ColumnSort::Number && !column.is_foreign
        };
        let fit = (0..self.schema.tables.len()).filter(|table| {
            let entry = &self.schema.tables[*table];
            let is_named = entry
                .core
                .last()
                .is_some_and(|last| names.contains(&last.as_str()));
            is_named && entry.columns.clone().any(is_amount)
        });
        let best = fit.max_by_key(|table| (self.schema.children(*table), usize::MAX - table));
        best.filter(|_| has_revenue)
    }

    /// What `sales` and `revenue` are: the amount that the schema has, else quantity times price.
    pub(super) fn revenue(&self, at: usize) -> Option<Measure> {
        let word = self.tokens.get(at)?.stem.as_str();
        if !REVENUE.contains(&word) {
            return None;
        }
        if self.names_amount(at + 1) {
            return None;
        }
        let is_amount = |column: &IndexedColumn| {
            column.sort == ColumnSort::Number && !column.is_foreign && !column.is_id
        };
        let hops = |table: &usize| self.hops.get(*table).copied().unwrap_or(usize::MAX);
        let mut near: Vec<usize> = (0..self.schema.tables.len())
            .filter(|t| hops(t) <= 2)
            .collect();
        near.sort_by_key(hops);
        // An amount of an order must not be added up once for each of its items.
        let is_clean = |column: &IndexedColumn| {
            is_amount(column) && !self.schema.is_many(column.table, self.subject)
        };
        let clean = (0..3).find_map(|far| self.amount_at(far, &is_clean));
        if let Some(column) = clean {
            return Some(Measure::Of(SqlAggregate::Sum, column));
        }
        let line = || self.line_amount(&near, &is_clean);
        if let Some(column) = line() {
            return Some(Measure::Of(SqlAggregate::Sum, column));
        }
        let product = || {
            let quantity = self.column_in(&near, "quantiti", &is_clean)?;
            let table = self.schema.columns[quantity].table;
            let is_here = |column: &IndexedColumn| is_amount(column) && column.table == table;
            let price = self.column_in(&near, "pric", &is_here);
            let price = price.or_else(|| self.column_in(&near, "pric", &is_amount))?;
            Some(Measure::OfProduct(SqlAggregate::Sum, quantity, price))
        };
        product().or_else(|| {
            let any = AMOUNTS
                .iter()
                .find_map(|wanted| self.column_in(&near, wanted, &is_amount))?;
            Some(Measure::Of(SqlAggregate::Sum, any))
        })
    }
}

/// Whether words name an amount that is no revenue.
fn is_taken_off(words: &[String]) -> bool {
    let is_less = |word: &String| NO_REVENUE.iter().any(|less| word.contains(less));
    words.iter().any(is_less)
}

/// Whether values of a column may be added up.
pub(super) fn is_additive(column: &IndexedColumn) -> bool {
    let words = [
        "amount", "total", "revenu", "sale", "quantiti", "cost", "profit", "incom", "payment",
        "count", "point", "fee", "expens", "hour", "budget", "spend", "subtotal", "value",
        "balanc", "volum", "fre", "tax", "discount", "number",
    ];
    column
        .words
        .iter()
        .any(|word| words.contains(&word.as_str()) || word == "valu")
}

pub(super) fn is_amount_or_text_number(column: &IndexedColumn) -> bool {
    let numeric = ["rat", "scor", "rank", "viewer", "dat", "year", "age", "tim"];
    is_amount(column)
        || column.sort == ColumnSort::Text
            && column
                .words
                .iter()
                .any(|word| numeric.contains(&word.as_str()))
}
