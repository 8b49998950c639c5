//! Whether INSERT has as many values as columns.

use super::problem::NameProblemKind;
use super::resolver::Resolver;
use super::scope::{Listed, Relation};
use super::walk::Named;
use data::SqlTokenKind;
use std::ops::Range;

impl Resolver<'_> {
    /// Compares a row with the columns that are listed, or else with those of the table.
    pub(super) fn check_row(
        &mut self,
        row: &Range<usize>,
        columns: Option<&[Option<Named>]>,
        relation: &Relation,
    ) {
        let parts = self.split(row.clone());
        let is_whole = |part: &Range<usize>| !part.is_empty() && !self.may_be_several(part);
        if !parts.iter().all(is_whole) {
            return;
        }
        let (count, wanted) = match (columns, relation) {
            (Some(columns), _) if columns.iter().all(Option::is_some) => {
                (parts.len(), columns.len())
            }
            (None, Relation::Table(table)) if self.names.is_trusted(*table) => {
                let wanted = self.names.table(*table).columns.len();
                if parts.len() <= wanted {
                    return;
                }
                (parts.len(), wanted)
            }
            _ => return,
        };
        if count != wanted {
            self.count_problem(row, count, wanted);
        }
    }

    fn count_problem(&mut self, part: &Range<usize>, count: usize, wanted: usize) {
        let word =
            |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let message = format!("{} for {}", word(count, "value"), word(wanted, "column"));
        let range = self.bytes(part);
        self.problem(range, NameProblemKind::ValueCount, message, Vec::new());
    }

    /// Whether a part may stand for several values: a placeholder that a program fills.
    fn may_be_several(&self, part: &Range<usize>) -> bool {
        let mut places = part.clone();
        let is_mark = |at: usize| {
            matches!(
                self.token_kind(at),
                Some(SqlTokenKind::Mark(b'?' | b'{' | b'}' | b'*' | b'#'))
            )
        };
        let has_mark = places.clone().any(is_mark);
        let is_record =
            places.any(|at| self.is(at, "row") || self.written(at).starts_with(['@', '$']));
        // `f(a).*`, and a variable that is a record.
        has_mark
            || is_record
            || part.len() == 1
                && self.token_kind(part.start) == Some(SqlTokenKind::Word)
                && !super::words::is_known(self.written(part.start))
    }

    /// Compares the columns of a query with those that are listed.
    pub(super) fn check_query_count(
        &mut self,
        query: Range<usize>,
        columns: Option<&[Option<Named>]>,
        found: Option<&Listed>,
    ) {
        let Some(columns) = columns.filter(|columns| columns.iter().all(Option::is_some)) else {
            return;
        };
        let is_plain = self.is(query.start, "select") && found.is_some();
        if !is_plain {
            return;
        }
        let clauses = self.clauses(query.start + 1..query.end);
        let parts = self.split(clauses.list.clone());
        let is_one = |part: &Range<usize>| {
            let has_star = self.mark(part.end.saturating_sub(1), b'*');
            !part.is_empty()
                && !has_star
                && !part
                    .clone()
                    .any(|at| self.mark(at, b'?') || self.mark(at, b'{'))
        };
        if parts.iter().all(is_one) && parts.len() != columns.len() && clauses.from.is_some() {
            self.count_problem(&clauses.list, parts.len(), columns.len());
        }
    }
}
