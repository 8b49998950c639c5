//! Finding the column or alias of a name in the queries around it.

use super::nearest::nearest;
use super::other_database::MissingColumn;
use super::problem::NameProblemKind;
use super::resolver::{NameMeaning, Resolver};
use super::scope::{Relation, ScopeSource};
use super::walk::Named;
use super::words::{PSEUDO_COLUMNS, PSEUDO_TABLES, is_in, is_known};
use data::SqlDialect;

/// Whether a relation has a column.
enum Has {
    Column(Option<NameMeaning>),
    No,
    MayBe,
}

/// The table of the schema that a relation is.
fn table_of(relation: &Relation) -> Option<usize> {
    match relation {
        Relation::Table(table) => Some(*table),
        _ => None,
    }
}

impl Resolver<'_> {
    fn has(&self, relation: &Relation, name: &str) -> Has {
        match relation {
            Relation::Table(table) => match self.names.column(*table, name) {
                Some(column) => Has::Column(Some(NameMeaning::Column(*table, column))),
                None if !self.names.is_trusted(*table) => Has::MayBe,
                None => {
                    let table = &self.names.table(*table).name.name;
                    let may_have =
                        self.names.may_have(table, name) || self.own.may_have(table, name);
                    if may_have { Has::MayBe } else { Has::No }
                }
            },
            Relation::Columns(listed) if listed.has(name) => Has::Column(None),
            Relation::Columns(_) if self.names.may_have("", name) => Has::MayBe,
            Relation::Columns(listed) if listed.is_complete => Has::No,
            Relation::Columns(_) | Relation::Unknown => Has::MayBe,
        }
    }

    /// Reads a column without a qualifier. `may_repeat`: whether several tables may have it.
    pub(super) fn column(&mut self, scope: usize, name: &Named, may_repeat: bool) {
        let (mut at, mut is_open) = (Some(scope), false);
        while let Some(here) = at {
            let own = &self.out.scopes[here];
            let (mut hits, mut row) = (Vec::new(), None);
            // A query around this one may have no tables so far: it has no names then.
            is_open |= own.is_open || here == scope && own.sources.is_empty();
            for (place, source) in own.sources.iter().enumerate() {
                if source.name.eq_ignore_ascii_case(&name.text) {
                    row = Some(place);
                }
                match self.has(&source.relation, &name.text) {
                    _ if source.needs_name => {}
                    Has::Column(meaning) => hits.push((place, meaning)),
                    Has::No => {}
                    Has::MayBe => is_open = true,
                }
            }
            let is_output = own
                .outputs
                .iter()
                .any(|output| output.eq_ignore_ascii_case(&name.text));
            let is_listed = own.is_after_list && own.listed.contains(&name.text.to_lowercase());
            if let Some((_, meaning)) = hits.first() {
                if let Some(meaning) = *meaning {
                    self.means(
                        &name.range,
                        meaning,
                        !is_open && !is_known(&name.text) && !name.may_be_text,
                    );
                }
                if hits.len() > 1 && !may_repeat && !is_output && !is_listed {
                    let places: Vec<usize> = hits.iter().map(|(place, _)| *place).collect();
                    self.ambiguous(here, name, &places);
                }
                return;
            }
            if row.is_some() || is_output {
                return;
            }
            at = self.out.scopes[here].parent;
        }
        let may_be_other = is_known(&name.text) && !name.is_quoted
            || is_in(&name.text, PSEUDO_COLUMNS)
            || name.may_be_text && !self.double_quotes_are_names();
        if !is_open && !may_be_other {
            self.unknown_column(scope, name);
        }
    }

    /// Whether `"a"` is a name for sure.
    fn double_quotes_are_names(&self) -> bool {
        if self.dialect.is_none() && self.has_quoted_table {
            return true;
        }
        matches!(
            self.dialect,
            Some(SqlDialect::Postgres | SqlDialect::TSql | SqlDialect::DuckDb)
        )
    }

    fn unknown_column(&mut self, scope: usize, name: &Named) {
        let sources = self.out.scopes[scope].sources.iter();
        let sources: Vec<ScopeSource> = sources.filter(|of| !of.needs_name).cloned().collect();
        let columns = sources
            .iter()
            .flat_map(|source| self.columns_of(&source.relation));
        let owner = match &sources[..] {
            [only] => Some(self.relation_name(only)),
            _ => None,
        };
        let found = nearest(&name.text, columns, owner.as_deref());
        let tables: Vec<String> = sources
            .iter()
            .take(3)
            .map(|of| format!("`{}`", self.relation_name(of)))
            .collect();
        let message = match (&owner, found.first()) {
            (_, Some(right)) => format!(
                "there is no column `{}` in {}; is it `{right}`?",
                name.text,
                tables.join(", ")
            ),
            (_, None) => format!(
                "there is no column `{}` in {}",
                name.text,
                tables.join(", ")
            ),
        };
        let tables = sources.iter().map(|of| &of.relation);
        self.missing_column(name, tables.filter_map(table_of).collect(), message, found);
    }

    /// Marks a column that these tables do not have.
    fn missing_column(
        &mut self,
        name: &Named,
        tables: Vec<usize>,
        message: String,
        found: Vec<String>,
    ) {
        self.out.missing.push(MissingColumn {
            start: name.range.start,
            name: name.text.to_lowercase(),
            tables,
            has_similar: !found.is_empty(),
        });
        let found = self.as_written(found, name);
        self.problem(
            name.range.clone(),
            NameProblemKind::UnknownColumn,
            message,
            found,
        );
    }

    pub(super) fn as_written(&self, names: Vec<String>, instead_of: &Named) -> Vec<String> {
        let written = &self.text[instead_of.range.clone()];
        names
            .iter()
            .map(|name| self.quoted(name, written))
            .collect()
    }

    fn relation_name(&self, source: &ScopeSource) -> String {
        match source.relation {
            Relation::Table(table) => self.names.table(table).name.name.clone(),
            _ => source.name.clone(),
        }
    }

    pub(super) fn columns_of<'b>(&'b self, relation: &'b Relation) -> Vec<&'b str> {
        match relation {
            Relation::Table(table) => {
                let columns = self.names.table(*table).columns.iter();
                columns.map(|column| &*column.name).collect()
            }
            Relation::Columns(listed) => listed.names.iter().map(|name| &**name).collect(),
            Relation::Unknown => Vec::new(),
        }
    }

    fn ambiguous(&mut self, scope: usize, name: &Named, hits: &[usize]) {
        let own = &self.out.scopes[scope];
        let lower = name.text.to_lowercase();
        let is_sure = hits.iter().all(|at| match own.sources[*at].relation {
            Relation::Table(table) => self.names.is_trusted(table),
            _ => false,
        });
        if own.is_open || own.is_natural || own.merged.contains(&lower) || !is_sure {
            return;
        }
        let sources: Vec<String> = hits
            .iter()
            .map(|at| own.sources[*at].name.clone())
            .collect();
        let listed: Vec<String> = sources.iter().map(|of| format!("`{of}`")).collect();
        let message = format!(
            "`{}` is a column of {}: say of which",
            name.text,
            listed.join(" and ")
        );
        let written = &self.text[name.range.clone()];
        let column = if name.is_quoted {
            written.to_owned()
        } else {
            self.quoted(&name.text, "")
        };
        let replacements = sources
            .iter()
            .map(|of| format!("{}.{column}", self.quoted(of, written)));
        let replacements = replacements.collect();
        self.problem(
            name.range.clone(),
            NameProblemKind::AmbiguousColumn,
            message,
            replacements,
        );
    }

    /// Reads `alias.column`, `table.column` and `namespace.table.column`.
    pub(super) fn qualified(&mut self, scope: usize, chain: &[Named]) {
        let [.., qualifier, name] = chain else {
            return;
        };
        let (mut at, mut is_open) = (Some(scope), false);
        while let Some(here) = at {
            let own = &self.out.scopes[here];
            // A query around this one may have no tables so far: it has no names then.
            is_open |= own.is_open || here == scope && own.sources.is_empty();
            let mut named = own
                .sources
                .iter()
                .filter(|of| of.name.eq_ignore_ascii_case(&qualifier.text));
            if let Some(source) = named.next().cloned() {
                let is_repeated = named.next().is_some();
                self.column_of(&source, qualifier, name, is_repeated);
                return;
            }
            // A column with fields: `address.city`.
            for source in &own.sources {
                let is_column = !matches!(self.has(&source.relation, &chain[0].text), Has::No);
                is_open |= is_column;
            }
            at = own.parent;
        }
        let is_plain = chain.len() == 2 && !is_in(&qualifier.text, PSEUDO_TABLES);
        // The rows of several queries have no name, and some dialects take that of a table.
        let mut names = self.out.scopes[scope].sources.iter().map(|of| &of.name);
        let is_plain = is_plain && !names.all(|name| name.is_empty());
        if !is_open && is_plain && (!qualifier.may_be_text || self.double_quotes_are_names()) {
            self.unknown_alias(scope, qualifier, name);
        }
    }

    fn column_of(
        &mut self,
        source: &ScopeSource,
        qualifier: &Named,
        name: &Named,
        is_repeated: bool,
    ) {
        if let Relation::Table(table) = source.relation
            && !source.has_alias
        {
            self.means(&qualifier.range, NameMeaning::Table(table), true);
        }
        match self.has(&source.relation, &name.text) {
            Has::Column(Some(meaning)) => {
                let is_checked = match source.relation {
                    Relation::Table(table) => self.names.is_trusted(table) && !is_repeated,
                    _ => false,
                };
                self.means(&name.range, meaning, is_checked);
            }
            Has::No if !is_repeated && !is_in(&name.text, PSEUDO_COLUMNS) => {
                let columns = self.columns_of(&source.relation).into_iter();
                let owner = self.relation_name(source);
                let found = nearest(&name.text, columns, Some(&owner));
                let message = match found.first() {
                    Some(right) => {
                        format!("`{owner}` has no column `{}`; is it `{right}`?", name.text)
                    }
                    None => format!("`{owner}` has no column `{}`", name.text),
                };
                let tables = table_of(&source.relation).into_iter().collect();
                self.missing_column(name, tables, message, found);
            }
            _ => {}
        }
    }

    fn unknown_alias(&mut self, scope: usize, qualifier: &Named, column: &Named) {
        let own = &self.out.scopes[scope];
        let names: Vec<String> = own.sources.iter().map(|of| of.name.clone()).collect();
        let mut found = nearest(&qualifier.text, names.iter().map(|name| &**name), None);
        // The table itself is here, under an alias.
        let aliased = own.sources.iter().filter(|of| {
            of.has_alias && self.relation_name(of).eq_ignore_ascii_case(&qualifier.text)
        });
        found.splice(0..0, aliased.map(|of| of.name.clone()));
        // Else the only one that has the column.
        let mut having = own
            .sources
            .iter()
            .filter(|of| matches!(self.has(&of.relation, &column.text), Has::Column(_)));
        if let (Some(only), None) = (having.next(), having.next())
            && found.first().is_none_or(|first| *first != only.name)
        {
            let place = usize::from(found.first().is_some_and(|first| first.len() > 2));
            found.insert(place, only.name.clone());
        }
        let mut seen = Vec::new();
        found.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        let message = match found.first() {
            Some(right) => format!(
                "no table of this query is called `{}`; is it `{right}`?",
                qualifier.text
            ),
            None => format!("no table of this query is called `{}`", qualifier.text),
        };
        let found = self.as_written(found, qualifier);
        self.problem(
            qualifier.range.clone(),
            NameProblemKind::UnknownAlias,
            message,
            found,
        );
    }
}
