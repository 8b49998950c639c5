//! Columns that are neither in GROUP BY nor in an aggregate, in dialects that refuse them.

use super::problem::NameProblemKind;
use super::query::Clauses;
use super::resolver::Resolver;
use super::scope::Relation;
use super::walk::Named;
use data::SqlDialect;

impl Resolver<'_> {
    /// Checks the list of a query with GROUP BY. Anything but plain columns is let pass.
    pub(super) fn check_groups(&mut self, clauses: &Clauses, scope: usize) {
        let is_strict = matches!(
            self.dialect,
            Some(SqlDialect::Postgres | SqlDialect::TSql | SqlDialect::DuckDb)
        );
        let Some(group) = clauses.group.clone().filter(|_| is_strict) else {
            return;
        };
        let own = &self.out.scopes[scope];
        let is_known = |relation: &Relation| matches!(relation, Relation::Table(_));
        if own.is_open || !own.sources.iter().all(|of| is_known(&of.relation)) {
            return;
        }
        let mut grouped: Vec<Vec<Named>> = Vec::new();
        for part in self.split(group) {
            let (chain, after) = self.chain(part.start, part.end);
            // An expression, a number, ROLLUP: what it covers is not known.
            if after != part.end || chain.is_empty() {
                return;
            }
            grouped.push(chain);
        }
        for item in self.split(clauses.list.clone()) {
            let (expression, _) = self.aliased(item);
            let (chain, after) = self.chain(expression.start, expression.end);
            let is_column = after == expression.end && !chain.is_empty();
            if is_column && self.is_outside(&chain, &grouped, scope) {
                let name = &chain[chain.len() - 1];
                let message = format!(
                    "`{}` is neither in GROUP BY nor in an aggregate such as MAX",
                    name.text
                );
                let written = self.text[chain[0].range.start..name.range.end].to_owned();
                let range = chain[0].range.start..name.range.end;
                let replacements = vec![format!("MAX({written})"), format!("MIN({written})")];
                self.problem(range, NameProblemKind::NotGrouped, message, replacements);
            }
        }
    }

    /// Whether a column is known, and neither grouped nor decided by a key that is.
    fn is_outside(&self, chain: &[Named], grouped: &[Vec<Named>], scope: usize) -> bool {
        let Some((place, table, column)) = self.owner(chain, scope) else {
            return false;
        };
        let of_table: Vec<String> = grouped
            .iter()
            .filter_map(|chain| self.owner(chain, scope))
            .filter(|(of, _, _)| *of == place)
            .map(|(_, table, column)| self.names.table(table).columns[column].name.to_lowercase())
            .collect();
        // Names that are no columns may be outputs that hold this one.
        let all_known = grouped
            .iter()
            .all(|chain| self.owner(chain, scope).is_some());
        let has = |name: &String| of_table.contains(&name.to_lowercase());
        let table = self.names.table(table);
        let key = &table.primary_key;
        let by_key = !key.is_empty() && key.iter().all(has)
            || table.uniques.iter().any(|key| key.columns.iter().all(has))
            || key.is_empty();
        all_known && !by_key && !has(&table.columns[column].name)
    }

    /// The source, table and column of a name, if there is one only.
    fn owner(&self, chain: &[Named], scope: usize) -> Option<(usize, usize, usize)> {
        let name = chain.last()?;
        let qualifier = chain.len().checked_sub(2).map(|at| &chain[at].text);
        let sources = self.out.scopes[scope].sources.iter().enumerate();
        let mut found = sources.filter_map(|(place, source)| {
            let Relation::Table(table) = source.relation else {
                return None;
            };
            let fits = qualifier.is_none_or(|of| of.eq_ignore_ascii_case(&source.name));
            let column = self.names.column(table, &name.text).filter(|_| fits)?;
            Some((place, table, column))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}
