//! What is returned, how it is grouped, and which tables count.
//!
//! Names are returned where the question asks: at its begin, after `show` and `what`, not after
//! `whose` and `with`. `each` and its like make groups. A table that is only mentioned counts if
//! rows without a partner in it must not be there.

use super::Parser;
use super::group::Group;
use crate::query::{Comparison, SqlAggregate};
use crate::question::cues::Cue;
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Condition, Having, Literal, Measure, Test};

/// Participles that do not end as others do.
const PARTICIPLES: &[&str] = &[
    "spent", "sold", "bought", "paid", "sent", "made", "held", "won", "taken", "given", "written",
];

impl Parser<'_> {
    pub(super) fn read_items(&mut self) {
        let mut groups = self.read_groups();
        groups.extend(
            self.split
                .map(|column| Group::Measure(Measure::Column(column))),
        );
        let region = self.returned_region();
        self.read_special();
        self.duplicates();
        self.returned(&region);
        self.finish_groups(groups);
        self.finish_items();
    }

    /// Which tokens are asked for.
    pub(super) fn returned_region(&self) -> Vec<bool> {
        let mut region = Vec::with_capacity(self.tokens.len());
        let mut is_in = true;
        let mut seen_name = false;
        for at in 0..self.tokens.len() {
            let is_start = at == 0 || self.is_break(at - 1) || self.cue(at - 1) == Some(Cue::And);
            let is_question = matches!(self.lower(at), "which" | "what" | "who" | "whose");
            match self.cue(at) {
                Some(Cue::Request) if self.mention_at(at).is_none() => is_in = true,
                Some(Cue::Count) if is_start => is_in = true,
                Some(Cue::Relative) if is_start && is_question && !seen_name => is_in = true,
                Some(Cue::Relative) if self.lower(at) == "which" && is_start => is_in = true,
                Some(Cue::Relative) if seen_name && !self.is_chinese => is_in = false,
                Some(Cue::Order) => is_in = false,
                Some(Cue::And) if self.lower(at) != "and" && self.lower(at) != "," => is_in = true,
                _ => {}
            }
            if matches!(self.lower(at), "their" | "its") && self.lower(at.wrapping_sub(1)) != "by" {
                is_in = true;
            }
            // `for each shop, the name`: what follows the comma.
            if self.lower(at) == "," && self.cue(0).is_some_and(|cue| cue == Cue::Each) {
                is_in = true;
            }
            if matches!(self.lower(at), "." | "?" | "!") {
                seen_name = false;
            } else {
                seen_name |= self.mention_at(at).is_some();
            }
            region.push(is_in);
        }
        region
    }

    /// Shares, growth and medians.
    pub(super) fn read_special(&mut self) {
        for at in 0..self.tokens.len() {
            let Some((after, cue)) = self.cue_from(at) else {
                continue;
            };
            if !matches!(cue, Cue::Share | Cue::Growth) {
                continue;
            }
            if cue == Cue::Share && self.portion(at, after) {
                continue;
            }
            let from = self.share_from(after);
            let measure = self.measure(from, from + 6).or_else(|| self.measure(0, at));
            let measure = measure.map(aggregated).unwrap_or(Measure::Count);
            let item = match cue {
                Cue::Share => Measure::Share(Box::new(measure.clone())),
                _ => Measure::Growth(Box::new(measure.clone())),
            };
            if cue == Cue::Growth {
                self.sketch.items.push(measure);
            }
            self.sketch.items.push(item);
        }
    }

    /// `share of each category in the total amount`: what is measured follows the group.
    fn share_from(&self, after: usize) -> usize {
        if self.cue(after) != Some(Cue::Each) {
            return after;
        }
        let mention = self.next_mention(after, 3);
        mention.map_or(after, |mention| self.mentions[mention].end)
    }

    /// `percentage of orders that are shipped`: conditions that only the counted rows fulfil.
    fn portion(&mut self, at: usize, after: usize) -> bool {
        let has_function =
            self.cue_at.iter().flatten().any(
                |cue| matches!(cue, Cue::Aggregate(function) if *function != SqlAggregate::Count),
            );
        let has_amount = (0..self.tokens.len()).any(|at| self.revenue(at).is_some());
        if has_function || has_amount || self.sketch.combined.is_some() {
            return false;
        }
        let is_counted = |condition: &Condition| {
            let is_after = self.is_chinese || condition.at > at;
            is_after && !matches!(condition.test, Test::During(_))
        };
        let (counted, rest) = self.sketch.conditions.drain(..).partition(is_counted);
        let counted: Vec<Condition> = counted;
        self.sketch.conditions = rest;
        if counted.is_empty() {
            if !self.has_cue(&[Cue::Each]) {
                // All rows are all rows: what the share is of was not understood.
                self.explained[at..after.min(self.tokens.len())].fill(false);
            }
            return false;
        }
        let tables = (0..self.mentions.len()).filter(|m| self.mentions[*m].is_table());
        let own = tables.filter(|m| self.mentions[*m].table() == Some(self.subject));
        for mention in own.collect::<Vec<usize>>() {
            self.take(mention);
        }
        self.sketch.items.push(Measure::Portion(counted));
        true
    }

    /// `duplicate emails`: values that several rows have.
    fn duplicates(&mut self) {
        let words = ["duplicate", "duplicated", "duplicates", "repeated"];
        let place = (0..self.tokens.len()).find(|at| words.contains(&self.lower(*at)));
        let Some(place) = place.filter(|at| self.mention_at(*at).is_none()) else {
            return;
        };
        let near = self.next_mention(place + 1, 2);
        let Some(mention) = near.or_else(|| self.mention_before(place, 3)) else {
            return;
        };
        let label = self.mentions[mention].table();
        let label = label.and_then(|table| self.schema.tables[table].label);
        let column = match self.mentions[mention].is_table() {
            true => label,
            false => self.pick(mention),
        };
        let Some(column) = column else {
            return;
        };
        self.take(mention);
        self.mark_read(place, place + 1);
        self.push_item(Measure::Column(column));
        self.push_item(Measure::Count);
        self.sketch.groups.push(Measure::Column(column));
        self.sketch.having.push(Having {
            measure: Measure::Count,
            test: Test::Compare(Comparison::Greater, Literal::Number("1".into())),
            of: None,
        });
    }

    /// What is asked for, in order.
    pub(super) fn returned(&mut self, region: &[bool]) {
        if self.has_cue(&[Cue::AllColumns]) && self.sketch.items.is_empty() {
            self.sketch.items.push(Measure::All);
            return;
        }
        let mut at = 0;
        let mut functions: Vec<SqlAggregate> = Vec::new();
        let mut labels: Vec<usize> = Vec::new();
        while at < self.tokens.len() {
            if let Some((after, cue)) = self.cue_from(at).filter(|_| !self.spent[at]) {
                let is_in = region[at];
                match cue {
                    Cue::Aggregate(function) if !self.is_total_count(at) => {
                        functions.push(function)
                    }
                    Cue::Median => self.median(after),
                    Cue::Count if is_in || self.is_chinese => {
                        at = self.count_item(after, &functions);
                        functions.clear();
                        continue;
                    }
                    Cue::Relative | Cue::Each => functions.clear(),
                    _ => {}
                }
                at = after;
                continue;
            }
            if self.is_break(at) && self.lower(at) != "," {
                self.same_column(&mut functions);
            }
            let Some(mention) = self
                .mention_at(at)
                .filter(|m| self.mentions[*m].start == at)
            else {
                self.revenue_item(at, region[at], &functions);
                at += 1;
                continue;
            };
            let end = self.mentions[mention].end;
            if !self.taken[mention] && (region[at] || !functions.is_empty()) {
                self.returned_mention(mention, &mut functions, &mut labels);
            } else if self.taken[mention] {
                functions.clear();
            }
            at = end;
        }
        self.same_column(&mut functions);
        self.add_labels(&labels);
    }

    /// `total number of`: `total` adds nothing.
    pub(super) fn is_total_count(&self, at: usize) -> bool {
        (at + 1..at + 3).any(|at| self.cue(at) == Some(Cue::Count))
            && self.aggregate_at(at) == Some(SqlAggregate::Sum)
    }

    pub(super) fn median(&mut self, after: usize) {
        let is_number =
            |column: &IndexedColumn| column.sort == ColumnSort::Number && !column.is_foreign;
        for mention in 0..self.mentions.len() {
            let start = self.mentions[mention].start;
            let is_near = (after..after + 6).contains(&start) && !self.mentions[mention].is_table();
            if let Some(column) = is_near
                .then(|| self.pick_where(mention, &is_number))
                .flatten()
            {
                self.take(mention);
                self.sketch.median = Some(column);
                return;
            }
        }
    }

    /// `sales per month` where no column is called so.
    pub(super) fn revenue_item(&mut self, at: usize, is_in: bool, functions: &[SqlAggregate]) {
        if !is_in || self.mention_at(at).is_some() || self.explained[at] && self.cue(at).is_some() {
            return;
        }
        if let Some(measure) = self.revenue(at) {
            let measure = with_function(measure, functions.first().copied());
            self.mark_read(at, at + 1);
            self.push_item(measure);
        }
    }

    pub(super) fn push_item(&mut self, item: Measure) {
        if !self.sketch.items.contains(&item) {
            self.sketch.items.push(item);
        }
    }

    /// A name that is asked for, with the functions before it.
    pub(super) fn returned_mention(
        &mut self,
        mention: usize,
        functions: &mut Vec<SqlAggregate>,
        labels: &mut Vec<usize>,
    ) {
        let found = self.mentions[mention].clone();
        let (fit, is_table) = (found.column_fit(), found.is_table());
        let next = self
            .mention_at(found.end)
            .filter(|m| self.mentions[*m].is_column());
        if self.is_sales_of(mention) {
            return self.take(mention);
        }
        if self.is_modifier(mention) || is_table && next.is_some() {
            // `flight numbers`: the table says whose column it is.
            return;
        }
        let revenue = self.revenue(found.start);
        if let Some(measure) = revenue.clone().filter(|_| !is_table && fit <= 0.8) {
            self.take(mention);
            let function = functions.first().copied();
            functions.clear();
            return self.push_item(with_function(measure, function));
        }
        if !functions.is_empty() {
            return self.returned_function(mention, functions);
        }
        if is_table {
            let is_amount = found.table() != Some(self.subject) || self.has_cue(&[Cue::Each]);
            match revenue.filter(|_| is_amount) {
                Some(measure) => {
                    self.take(mention);
                    self.push_item(measure);
                }
                None if self.is_listed(found.start) => {
                    let table = found.table().unwrap_or(self.subject);
                    self.push_label(table);
                }
                None => labels.extend(found.table()),
            }
            return;
        }
        let word = self.lower(found.start);
        let is_participle = found.end == found.start + 1
            && (word.ends_with("ed") || word.ends_with("ing") || PARTICIPLES.contains(&word))
            && fit < 0.95;
        if fit >= 0.5
            && !is_participle
            && let Some(column) = self.pick(mention)
        {
            self.take(mention);
            match self.referred_table(mention, column) {
                Some(table) => self.push_label(table),
                None => self.push_item(Measure::Column(column)),
            }
        }
    }

    /// `the maximum capacity and the average`: of the same column.
    fn same_column(&mut self, functions: &mut Vec<SqlAggregate>) {
        let last = self.sketch.items.last().cloned();
        for function in functions.drain(..) {
            if let Some(Measure::Of(_, column)) = last {
                self.push_item(Measure::Of(function, column));
            }
        }
    }

    /// Whether a table is one of several things that are asked for: `the title and the festival`.
    fn is_listed(&self, start: usize) -> bool {
        let before = start.checked_sub(1).filter(|at| self.lower(*at) != "the");
        let at = before.or(start.checked_sub(2)).unwrap_or(0);
        self.lower(at) == "and" && !self.sketch.items.is_empty()
    }

    /// Functions of a column, each by itself.
    fn returned_function(&mut self, mention: usize, functions: &mut Vec<SqlAggregate>) {
        let is_number =
            |column: &IndexedColumn| column.sort == ColumnSort::Number && !column.is_foreign;
        let is_ordered = |column: &IndexedColumn| {
            column.sort != ColumnSort::Boolean
                && (column.sort != ColumnSort::Text || !column.is_foreign)
        };
        let adds = functions
            .iter()
            .any(|f| matches!(f, SqlAggregate::Sum | SqlAggregate::Average));
        let found = &self.mentions[mention];
        let (start, is_fit) = (found.start, found.column_fit() >= 0.4 && !found.is_table());
        let column = match adds {
            true => self.pick_where(mention, &is_number).or_else(|| {
                self.pick_where(mention, &|column| is_ordered(column) && !column.is_id)
            }),
            false => self.pick_where(mention, &is_ordered),
        };
        let column = column
            .filter(|_| is_fit)
            .or_else(|| match self.revenue(start) {
                Some(Measure::Of(_, column)) => Some(column),
                _ => None,
            });
        if let Some(column) = column {
            for function in functions.drain(..) {
                self.push_item(Measure::Of(function, column));
            }
            self.take(mention);
        }
    }

    /// Tables that are asked for as such are said by their labels.
    pub(super) fn add_labels(&mut self, labels: &[usize]) {
        let has_plain = self
            .sketch
            .items
            .iter()
            .any(|item| matches!(item, Measure::Column(_)));
        let has_any = !self.sketch.items.is_empty();
        if !has_any && self.asks_who() {
            return self.push_label(self.subject);
        }
        for (place, &table) in labels.iter().enumerate() {
            let is_ranked = self
                .sketch
                .ranking
                .as_ref()
                .is_some_and(|r| r.limit.is_some());
            if place == 0 && !has_plain && self.count_partners(table) {
                continue;
            }
            if has_plain || place > 0 || has_any && !is_ranked {
                continue;
            }
            self.push_label(table);
        }
    }

    /// `customers with their number of orders`: all customers, also those that have none.
    fn count_partners(&mut self, table: usize) -> bool {
        let has_their = (0..self.tokens.len())
            .any(|at| self.lower(at) == "their" && self.cue(at + 1) == Some(Cue::Count));
        let is_count = self.sketch.items == [Measure::Count];
        let mut children = self.sketch.tables.iter().copied();
        let child = children.find(|child| {
            let links = self.schema.at[*child]
                .iter()
                .map(|link| &self.schema.links[*link]);
            let mut links = links.filter(|link| link.from == *child && link.to == table);
            *child != table && links.next().is_some()
        });
        let Some(child) = child.filter(|_| has_their && is_count && table == self.subject) else {
            return false;
        };
        self.sketch.items.clear();
        self.push_label(table);
        self.sketch.items.push(Measure::Count);
        if let Some(key) = self.schema.tables[table].key {
            self.sketch.groups.push(Measure::Column(key));
        }
        let is_filtered = !self.sketch.conditions.is_empty();
        self.sketch.outer = self.schema.tables[child]
            .key
            .map(|_| child)
            .filter(|_| !is_filtered);
        true
    }

    /// What rows of a table are called by: first and last name together.
    pub(super) fn push_label(&mut self, table: usize) {
        let entry = &self.schema.tables[table];
        let label = entry.label.or(entry.key).unwrap_or(entry.columns.start);
        if let Some(partner) = self.partner_of_bridge(table) {
            return self.push_label(partner);
        }
        if let Some((name, value)) = entry.pair {
            self.push_item(Measure::Column(name));
            return self.push_item(Measure::Column(value));
        }
        self.push_item(Measure::Column(label));
        if self.schema.columns[label].words == ["first", "nam"] {
            let is_last = |column: &usize| self.schema.columns[*column].words == ["last", "nam"];
            let last = entry.columns.clone().find(is_last);
            if let Some(last) = last {
                self.push_item(Measure::Column(last));
            }
        }
    }
}

/// A plain column as a sum.
pub(super) fn aggregated(measure: Measure) -> Measure {
    match measure {
        Measure::Column(column) => Measure::Of(SqlAggregate::Sum, column),
        measure => measure,
    }
}

/// The same columns with another function.
pub(super) fn with_function(measure: Measure, function: Option<SqlAggregate>) -> Measure {
    match (measure, function) {
        (Measure::Of(_, column), Some(function)) => Measure::Of(function, column),
        (Measure::OfProduct(_, a, b), Some(function)) => Measure::OfProduct(function, a, b),
        (measure, _) => measure,
    }
}
