//! FROM: tables, queries, functions and joins.

use super::nearest::{self, nearest};
use super::problem::NameProblemKind;
use super::resolver::{NameMeaning, Resolver};
use super::rows::ROW_FUNCTIONS;
use super::scope::{Relation, ScopeSource};
use super::walk::Named;
use super::words::{JOIN_WORDS, NO_ALIAS, PSEUDO_TABLES, is_in};
use data::SqlTokenKind;
use std::ops::Range;

/// Namespaces of the databases themselves.
const SYSTEM: &[&str] = &[
    "information_schema",
    "pg_catalog",
    "sys",
    "mysql",
    "performance_schema",
    "pg_temp",
    "temp",
    "system",
    "msdb",
    "master",
    "tempdb",
];
/// How the names of the databases' own tables begin.
const SYSTEM_PREFIXES: &[&str] = &[
    "pg_", "sqlite_", "sys", "dba_", "all_", "user_tab", "v$", "duckdb_", "pragma_", "xp_", "sp_",
    "rdb$",
];

impl Resolver<'_> {
    /// Reads what follows FROM; its conditions once all tables are known.
    pub(super) fn from(&mut self, part: Range<usize>, scope: usize) {
        let mut conditions = Vec::new();
        self.sources(part, scope, &mut conditions);
        for condition in conditions {
            self.expression(condition, scope, true);
        }
    }

    fn sources(&mut self, part: Range<usize>, scope: usize, conditions: &mut Vec<Range<usize>>) {
        let mut at = part.start;
        while at < part.end {
            let before = at;
            while at < part.end && (self.is_any(at, JOIN_WORDS) || self.mark(at, b',')) {
                self.out.scopes[scope].is_natural |= self.is(at, "natural");
                at += 1;
            }
            if at >= part.end {
                break;
            }
            at = self.source(at, part.end, scope, conditions);
            at = self.after_source(at, part.end, scope, conditions);
            if at == before {
                self.out.scopes[scope].is_open = true;
                at = self.after(at, part.end);
            }
        }
    }

    /// One table, query or function, with its alias.
    fn source(
        &mut self,
        at: usize,
        end: usize,
        scope: usize,
        conditions: &mut Vec<Range<usize>>,
    ) -> usize {
        if let Some(inner) = self.group(at, end) {
            let mut first = inner.start;
            while self.mark(first, b'(') {
                first += 1;
            }
            let after = self.after(at, end);
            if self.is_any(
                first,
                &["select", "with", "values", "insert", "update", "delete"],
            ) {
                let found = self.statement(inner, Some(scope));
                let relation = found.map_or(Relation::Unknown, Relation::Columns);
                return self.alias(after, end, scope, relation, None);
            }
            self.deeper(|resolver| resolver.sources(inner, scope, conditions));
            let has_alias = self.is(after, "as")
                || self
                    .name(after)
                    .is_some_and(|name| !is_in(&name.text, NO_ALIAS));
            self.out.scopes[scope].is_open |= has_alias;
            return if has_alias {
                self.alias(after, end, scope, Relation::Unknown, None)
            } else {
                after
            };
        }
        let (chain, after) = self.chain(at, end);
        let is_function = self.mark(after, b'(') && !chain.is_empty();
        if is_function {
            return self.function_source(after, end, scope, chain);
        }
        let is_dynamic = self.is_partial(at)
            || self.is_partial(after.saturating_sub(1))
            || self.mark(after, b'.');
        let Some(name) = chain.last().filter(|_| !is_dynamic).cloned() else {
            return self.unknown_source(at, after, end, scope);
        };
        let namespace = chain.len().checked_sub(2).map(|at| chain[at].text.clone());
        let relation = self.table(&name, namespace.as_deref(), chain.len());
        self.alias(after, end, scope, relation, Some(&name))
    }

    /// A placeholder or anything else in the place of a table.
    fn unknown_source(&mut self, at: usize, after: usize, end: usize, scope: usize) -> usize {
        let is_mark = |at: usize| match self.token_kind(at) {
            Some(SqlTokenKind::Mark(mark)) => mark != b'(' && mark != b',',
            _ => false,
        };
        let mut next = after.max(at);
        while next < end && (is_mark(next) || next > at && self.is_partial(next)) {
            next += 1;
        }
        let next = if next == at { at + 1 } else { next };
        self.out.scopes[scope].is_open = true;
        self.alias(next.min(end), end, scope, Relation::Unknown, None)
    }

    fn function_source(&mut self, at: usize, end: usize, scope: usize, chain: Vec<Named>) -> usize {
        let inner = self.group(at, end).unwrap_or(at..at);
        let name = chain.last();
        let rows = match name.is_some_and(|name| is_in(&name.text, ROW_FUNCTIONS)) {
            true => self.rows_of(inner, scope),
            false => {
                self.expression(inner, scope, false);
                None
            }
        };
        let mut after = self.after(at, end);
        if self.is(after, "with") && self.is(after + 1, "ordinality") {
            after += 2;
        }
        // T-SQL: a table and its hints.
        let known = name.and_then(|name| self.relation(None, &name.text));
        let relation = rows.map(Relation::Columns).or(known);
        let relation = relation.unwrap_or(Relation::Unknown);
        self.alias(after, end, scope, relation, name)
    }

    /// What the name of a table means; unknown ones are noted.
    pub(super) fn table(
        &mut self,
        name: &Named,
        namespace: Option<&str>,
        parts: usize,
    ) -> Relation {
        let is_system = namespace.is_some_and(|of| is_in(of, SYSTEM));
        self.has_quoted_table |= name.may_be_text;
        if let Some(found) = self.relation(namespace, &name.text).filter(|_| !is_system) {
            if let Relation::Table(table) = found {
                let is_checked = self.names.knows_all_tables() && parts < 3;
                self.means(&name.range, NameMeaning::Table(table), is_checked);
            }
            return found;
        }
        let is_system = is_system
            || SYSTEM_PREFIXES
                .iter()
                .any(|prefix| name.text.to_lowercase().starts_with(prefix))
            || is_in(&name.text, PSEUDO_TABLES);
        let is_elsewhere =
            self.names.may_be_made(&name.text) || parts > 2 || self.names.has_table(&name.text);
        if !is_system && !is_elsewhere {
            self.unknown_table(name);
        }
        Relation::Unknown
    }

    /// Marks a table that does not exist, if another one is near: else it may be that of another
    /// database.
    fn unknown_table(&mut self, name: &Named) {
        let common: Vec<String> = self.common.iter().map(|of| of.name.clone()).collect();
        let created = self.own.created.keys().map(|name| &**name);
        let known = self
            .names
            .table_names()
            .chain(common.iter().map(|name| &**name))
            .chain(created);
        let found = nearest(&name.text, known, None);
        // Two other letters are mostly another table.
        let wanted = name.text.to_lowercase();
        let is_near = |right: &&String| {
            let right = right.to_lowercase();
            let is_near = strsim::osa_distance(&wanted, &right) < 2;
            // Where some tables are not known, only a slip of the fingers is certain.
            match self.names.knows_all_tables() {
                true => {
                    nearest::is_same_number(&wanted, &right)
                        && (is_near || nearest::is_respelt(&wanted, &right))
                }
                false => is_near && nearest::is_slip(&wanted, &right),
            }
        };
        self.out.has_foreign_table |= found.is_empty();
        let Some(right) = found.first().filter(is_near) else {
            return;
        };
        let message = format!("there is no table `{}`; is it `{right}`?", name.text);
        let found = self.as_written(found, name);
        self.problem(
            name.range.clone(),
            NameProblemKind::UnknownTable,
            message,
            found,
        );
    }

    /// Reads an alias and adds the source.
    fn alias(
        &mut self,
        mut at: usize,
        end: usize,
        scope: usize,
        mut relation: Relation,
        table: Option<&Named>,
    ) -> usize {
        // Versions of rows: `t FOR SYSTEM_TIME AS OF x`.
        if self.is(at, "for") && self.is(at + 1, "system_time") {
            at = self.find(at..end, |at| {
                self.is_any(at, &["join", "where", "left", "inner"]) || self.mark(at, b',')
            });
        }
        let has_as = at < end && self.is(at, "as");
        let place = at + usize::from(has_as);
        let name = self.name(place).filter(|_| place < end);
        let is_alias = |name: &Named| has_as || name.is_quoted || !is_in(&name.text, NO_ALIAS);
        let mut alias = name.filter(is_alias);
        // PostgreSQL: `f() AS (a int, b text)`.
        if has_as && self.mark(place, b'(') {
            alias = None;
            at = place;
        }
        if alias.is_some() {
            at = place + 1;
        }
        if let Some(inner) = self.group(at, end).filter(|_| alias.is_some() || has_as) {
            let listed = self.listed(inner);
            if listed.is_complete && !matches!(relation, Relation::Table(_)) {
                relation = Relation::Columns(listed);
            } else {
                relation = Relation::Unknown;
            }
            at = self.after(at, end);
        }
        let name = alias.as_ref().or(table);
        self.out.scopes[scope].sources.push(ScopeSource {
            name: name.map(|name| name.text.clone()).unwrap_or_default(),
            has_alias: alias.is_some(),
            relation,
            needs_name: false,
        });
        at
    }

    /// Hints, samples, ON and USING.
    fn after_source(
        &mut self,
        mut at: usize,
        end: usize,
        scope: usize,
        conditions: &mut Vec<Range<usize>>,
    ) -> usize {
        while at < end && !self.mark(at, b',') && !self.is_join(at) {
            if self.is(at, "on") {
                let until = self.find(at + 1..end, |at| {
                    self.mark(at, b',') || self.is_join(at) || self.is(at, "on")
                });
                conditions.push(at + 1..until);
                at = until;
            } else if self.is(at, "using") && self.mark(at + 1, b'(') {
                let inner = self.group(at + 1, end).unwrap_or(at..at);
                self.using(inner, scope);
                at = self.after(at + 1, end);
                if self.is(at, "as") {
                    at += 2;
                }
            } else {
                let is_hint = self.is_any(
                    at,
                    &[
                        "with",
                        "use",
                        "force",
                        "ignore",
                        "index",
                        "tablesample",
                        "partition",
                        "indexed",
                        "not",
                        "by",
                        "key",
                        "for",
                        "join",
                        "order",
                        "sample",
                        "final",
                        "repeatable",
                        "nolock",
                    ],
                ) || self.mark(at, b'(');
                // After INDEXED BY comes the name of an index.
                let is_index = at > 0 && self.is(at - 1, "by");
                let is_method = at > 0 && self.is(at - 1, "tablesample");
                self.out.scopes[scope].is_open |= !is_hint && !is_index && !is_method;
                at = self.after(at, end);
            }
        }
        at.min(end)
    }

    fn is_join(&self, at: usize) -> bool {
        let is_side = self.is_any(at, &["left", "right", "full"]);
        if is_side || self.is_any(at, &["semi", "anti", "asof", "global", "positional"]) {
            return self.is_any(at + 1, &["join", "outer", "semi", "anti", "inner"]);
        }
        self.is_any(at, &["join", "inner", "cross", "natural", "straight_join"])
            || self.is(at, "outer") && self.is_any(at + 1, &["apply", "join"])
    }

    fn using(&mut self, inner: Range<usize>, scope: usize) {
        for part in self.split(inner) {
            let Some(name) = self.name(part.start) else {
                continue;
            };
            self.out.scopes[scope].merged.push(name.text.to_lowercase());
            self.column(scope, &name, true);
        }
    }
}
