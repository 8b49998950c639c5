//! Tables, columns, aliases and values as completions.

use super::super::hover::column_facts;
use super::super::index::SchemaNames;
use super::super::resolver::ResolvedSql;
use super::super::scope::{NameScope, Relation, ScopeSource};
use super::completion::{CompletionKind, NameCompletion, TYPED, sources};
use super::place::Place;
use data::{Column, DataType, SqlDialect, SqlTable, TableKind, TableName};
use std::collections::HashMap;

/// Ranks: the smaller, the earlier.
pub(super) const JOIN: u32 = 0;
const VALUE: u32 = 1;
const COMMON: u32 = 8;
const LINKED: u32 = 10;
const COLUMN: u32 = 20;
const USED: u32 = 30;
pub(super) const GUESSED: u32 = 35;
const ALIAS: u32 = 40;
const TABLE: u32 = 50;

pub(super) struct Items<'a> {
    pub names: &'a SchemaNames,
    pub dialect: Option<SqlDialect>,
    pub resolved: &'a ResolvedSql,
    pub place: &'a Place,
    pub found: Vec<NameCompletion>,
}

impl Items<'_> {
    /// A name with quotes where the dialect needs them; between quotes that are there already, the
    /// closing one is doubled.
    pub(super) fn quoted(&self, name: &str) -> String {
        if let Some(open) = self.place.quote {
            let close = if open == '[' { ']' } else { open };
            let inside = name.replace(close, &format!("{close}{close}"));
            return inside + &self.place.missing_quote();
        }
        self.dialect.unwrap_or(SqlDialect::DuckDb).quoted(name)
    }

    /// Whether a name begins like what was typed, or has its letters in their order.
    pub(super) fn fits(&self, label: &str) -> bool {
        let mut letters = label.chars().flat_map(char::to_lowercase);
        let mut typed = self.place.typed.chars().flat_map(char::to_lowercase);
        typed.all(|wanted| letters.any(|letter| letter == wanted))
    }

    pub(super) fn push(
        &mut self,
        label: &str,
        insert: String,
        kind: CompletionKind,
        rank: u32,
    ) -> Option<&mut NameCompletion> {
        // Between quotes is one name only.
        let is_one_name = kind != CompletionKind::Join;
        if !self.fits(label) || self.place.quote.is_some() && !is_one_name {
            return None;
        }
        let starts = label.len() >= self.place.typed.len()
            && label.is_char_boundary(self.place.typed.len())
            && label[..self.place.typed.len()].eq_ignore_ascii_case(&self.place.typed);
        self.found.push(NameCompletion {
            label: label.to_owned(),
            insert,
            range: self.place.range.clone(),
            kind,
            detail: None,
            documentation: None,
            rank: rank + if starts { 0 } else { 100 },
        });
        self.found.last_mut()
    }

    /// All tables, those that are linked to the tables of the query first.
    pub fn tables(&mut self, scope: Option<&NameScope>) {
        let resolved = self.resolved;
        for (name, listed) in &resolved.local {
            let columns = listed.names.join(", ");
            let insert = self.quoted(name);
            if let Some(item) = self.push(name, insert, CompletionKind::View, COMMON) {
                item.detail = Some("of this text".to_owned());
                item.documentation = Some(columns);
            }
        }
        let here: Vec<usize> = sources(resolved, scope)
            .iter()
            .filter_map(|of| table_of(of))
            .collect();
        let linked = self.names.linked(&here);
        let names = self.names.clone();
        for (at, table) in names.schema().tables.iter().enumerate() {
            let rank = if linked.contains(&at) { LINKED } else { TABLE };
            self.table(table, rank);
        }
    }

    fn table(&mut self, table: &SqlTable, rank: u32) {
        let kind = match table.kind {
            TableKind::Table => CompletionKind::Table,
            TableKind::View => CompletionKind::View,
        };
        let mut insert = self.quoted(&table.name.name);
        let namespace = table.name.namespace.as_ref();
        if let Some(namespace) = namespace.filter(|_| self.place.quote.is_none()) {
            insert = format!("{}.{insert}", self.quoted(namespace));
        }
        if let Some(item) = self.push(&table.name.name, insert, kind, rank) {
            let count = table.columns.len();
            item.detail = Some(format!(
                "{count} column{}",
                if count == 1 { "" } else { "s" }
            ));
            item.documentation.clone_from(&table.comment);
        }
    }

    /// How many tables have each column, by its name in lower case.
    fn owners(&self, all: &[&ScopeSource]) -> HashMap<String, usize> {
        let mut owners = HashMap::new();
        for source in all {
            for name in self.column_names(&source.relation) {
                *owners.entry(name.to_lowercase()).or_default() += 1;
            }
        }
        owners
    }

    /// The columns that several tables of the query have, for USING.
    pub fn common(&mut self, scope: Option<&NameScope>) {
        let own: Vec<&ScopeSource> = scope
            .map(|of| of.sources.iter().collect())
            .unwrap_or_default();
        let mut owners = self.owners(&own);
        for source in &own {
            for name in self.column_names(&source.relation) {
                // Each is offered once.
                let count = owners.insert(name.to_lowercase(), 0);
                if count.is_some_and(|count| count > 1) {
                    self.column(source, &name, false);
                }
            }
        }
    }

    /// The columns of the tables in scope, and their aliases.
    pub fn columns(&mut self, scope: Option<&NameScope>) {
        let all = sources(self.resolved, scope);
        let owners = self.owners(&all);
        for source in &all {
            for name in self.column_names(&source.relation) {
                let is_shared = owners
                    .get(&name.to_lowercase())
                    .is_some_and(|count| *count > 1);
                self.column(source, &name, is_shared);
            }
        }
        for output in scope.into_iter().flat_map(|of| &of.outputs) {
            let insert = self.quoted(output);
            self.push(output, insert, CompletionKind::Column, COLUMN);
        }
        for source in all.iter().filter(|of| !of.name.is_empty()) {
            let insert = self.quoted(&source.name);
            if let Some(item) = self.push(&source.name, insert, CompletionKind::Alias, ALIAS) {
                item.detail = source.has_alias.then(|| "alias".to_owned());
            }
        }
    }

    fn column_names(&self, relation: &Relation) -> Vec<String> {
        match relation {
            Relation::Table(table) => {
                let columns = self.names.table(*table).columns.iter();
                columns.map(|column| column.name.clone()).collect()
            }
            Relation::Columns(listed) => listed
                .names
                .iter()
                .filter(|name| *name != TYPED)
                .cloned()
                .collect(),
            Relation::Unknown => Vec::new(),
        }
    }

    /// A column; one that several tables have is qualified.
    fn column(&mut self, source: &ScopeSource, name: &str, is_shared: bool) {
        let is_used = self.place.words.contains(&name.to_lowercase());
        let rank = if is_used { USED } else { COLUMN };
        let mut insert = self.quoted(name);
        let mut label = name.to_owned();
        if is_shared && !source.name.is_empty() && self.place.quote.is_none() {
            insert = format!("{}.{insert}", self.quoted(&source.name));
            label = format!("{}.{name}", source.name);
        }
        let known = self.known_column(&source.relation, name);
        if let Some(item) = self.push(&label, insert, CompletionKind::Column, rank) {
            match known {
                Some((detail, comment)) => {
                    (item.detail, item.documentation) = (Some(detail), comment)
                }
                None => item.detail = Some(source.name.clone()),
            }
        }
    }

    fn known_column(&self, relation: &Relation, name: &str) -> Option<(String, Option<String>)> {
        let table = self.names.table(table_of_relation(relation)?);
        let column = table.column(name)?;
        let facts = column_facts(table, column);
        Some((format!("{}: {facts}", table.name), column.comment.clone()))
    }

    /// The columns after `alias.`, or the tables of a namespace.
    pub fn members(&mut self, qualifier: &str, scope: Option<&NameScope>) {
        let all = sources(self.resolved, scope);
        let named = all
            .iter()
            .find(|of| of.name.eq_ignore_ascii_case(qualifier));
        let relation = match named {
            Some(source) => Some(source.relation.clone()),
            None => self.names.find(None, qualifier).map(Relation::Table),
        };
        if let Some(relation) = relation {
            let source = ScopeSource {
                name: qualifier.to_owned(),
                has_alias: true,
                relation,
                needs_name: false,
            };
            for name in self.column_names(&source.relation) {
                self.column(&source, &name, false);
            }
            return;
        }
        let names = self.names.clone();
        // Tables without a namespace are in the usual one.
        let wanted = TableName::within(Some(qualifier.to_owned()), String::new()).namespace;
        let inside = |table: &&SqlTable| match (&table.name.namespace, &wanted) {
            (Some(of), Some(wanted)) => of.eq_ignore_ascii_case(wanted),
            (of, wanted) => of.is_none() && wanted.is_none(),
        };
        for table in names.schema().tables.iter().filter(inside) {
            let insert = self.quoted(&table.name.name);
            self.push(&table.name.name, insert, CompletionKind::Table, TABLE);
        }
    }

    /// The columns of the table that is written to.
    pub fn columns_of_target(&mut self, table: &str, scope: Option<&NameScope>) {
        let all = sources(self.resolved, scope);
        let named = all.iter().find(|of| of.name.eq_ignore_ascii_case(table));
        let relation = match (named, self.names.find(None, table)) {
            (_, Some(table)) => Relation::Table(table),
            (Some(source), None) => source.relation.clone(),
            (None, None) => return,
        };
        let source = ScopeSource {
            name: table.to_owned(),
            has_alias: false,
            relation,
            needs_name: false,
        };
        for name in self.column_names(&source.relation) {
            self.column(&source, &name, false);
        }
    }

    /// The values of a column; columns too where no quote is open.
    pub fn values(&mut self, column: &[String], is_open: bool, scope: Option<&NameScope>) {
        let found = self.compared_column(column, scope).map(|column| {
            let is_number = column.data_type.as_ref().is_some_and(DataType::is_number);
            (column.values.clone(), is_number)
        });
        let (found, is_number) = found.unwrap_or_default();
        for value in found {
            let insert = match self.place.quote {
                Some(_) => self.quoted(&value),
                None if is_number => value.clone(),
                None => format!("'{}'", value.replace('\'', "''")),
            };
            self.push(&value, insert, CompletionKind::Value, VALUE);
        }
        if !is_open {
            self.columns(scope);
        }
    }

    fn compared_column(&self, chain: &[String], scope: Option<&NameScope>) -> Option<&Column> {
        let name = chain.last()?;
        let qualifier = chain.len().checked_sub(2).map(|at| &chain[at]);
        let all = sources(self.resolved, scope);
        let mut fitting = all
            .iter()
            .filter(|of| qualifier.is_none_or(|name| name.eq_ignore_ascii_case(&of.name)));
        fitting.find_map(|source| self.names.table(table_of(source)?).column(name))
    }
}

pub(super) fn table_of(source: &ScopeSource) -> Option<usize> {
    table_of_relation(&source.relation)
}

fn table_of_relation(relation: &Relation) -> Option<usize> {
    match relation {
        Relation::Table(table) => Some(*table),
        _ => None,
    }
}
