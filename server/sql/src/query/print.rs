//! Writes a query tree as SQL of a dialect, one clause a line.
//!
//! A table by itself gets no alias; joined ones get the initials of their words. Names are
//! in quotes only where the dialect needs it. Dialects that want every returned column in GROUP BY
//! get it there.

use super::dates::DatePeriod;
use super::functions::{boolean, bound, bucket, like, moment};
use super::names::{PLACE, aliases, item_names};
use super::tree::{
    ColumnName, Comparison, OrderKey, PerGroup, Predicate, QueryTree, Scalar, SelectItem,
    SelectTree, SetOperator, SourceRows, SqlAggregate,
};
use data::{SqlDialect, TableName};

/// The longest clause that stays on its line, in characters.
const WIDTH: usize = 88;
/// The deepest nesting that is written. Trees of this crate have at most three levels.
const DEEPEST: usize = 8;

/// The SQL of a tree, without a semicolon.
pub fn print(tree: &QueryTree, dialect: SqlDialect) -> String {
    Printer { dialect }.query(tree, 0)
}

struct Printer {
    dialect: SqlDialect,
}

/// A selection with the aliases of its sources.
struct Scope<'t> {
    select: &'t SelectTree,
    aliases: Vec<String>,
    depth: usize,
}

impl Printer {
    fn query(&self, tree: &QueryTree, depth: usize) -> String {
        if depth > DEEPEST {
            return "SELECT NULL".into();
        }
        let mut out = self.select(&tree.select, depth);
        for (operator, select) in &tree.rest {
            let word = match operator {
                SetOperator::Union => "UNION",
                SetOperator::Intersect => "INTERSECT",
                SetOperator::Except => "EXCEPT",
            };
            out = format!("{out}\n{word}\n{}", self.select(select, depth));
        }
        out
    }

    fn select(&self, select: &SelectTree, depth: usize) -> String {
        let scope = Scope {
            select,
            aliases: aliases(&select.sources),
            depth,
        };
        if let [
            SelectItem {
                value: Scalar::Median(of),
                ..
            },
        ] = &select.items[..]
        {
            return self.median(&scope, of);
        }
        match &select.per_group {
            Some(per_group) => self.ranked(&scope, per_group),
            None => self.plain(&scope, &self.items(&scope)),
        }
    }

    /// The first rows of each part: a selection with places, and around it one that cuts.
    fn ranked(&self, scope: &Scope<'_>, per_group: &PerGroup) -> String {
        let names = item_names(scope.select);
        let mut items = self.named_items(scope, &names);
        let parts: Vec<String> = per_group
            .parts
            .iter()
            .map(|part| self.scalar(scope, part))
            .collect();
        let order = self.key(scope, &per_group.order);
        items.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {order}) AS {PLACE}",
            parts.join(", ")
        ));
        let inner = self.plain(scope, &items);
        let shown: Vec<String> = names.iter().map(|name| self.dialect.quoted(name)).collect();
        let is_part =
            |(at, _): &(usize, &String)| per_group.parts.contains(&scope.select.items[*at].value);
        let mut order: Vec<String> = shown
            .iter()
            .enumerate()
            .filter(is_part)
            .map(|(_, n)| n.clone())
            .collect();
        order.push(PLACE.into());
        format!(
            "SELECT {}\nFROM (\n{}\n) AS ranked\nWHERE {PLACE} {}\nORDER BY {}",
            shown.join(", "),
            indented(&inner),
            match per_group.rows {
                1 => "= 1".to_owned(),
                rows => format!("<= {rows}"),
            },
            order.join(", ")
        )
    }

    /// The mean of the one or two rows in the middle: not all dialects have a function for it.
    fn median(&self, scope: &Scope<'_>, of: &Scalar) -> String {
        let value = self.scalar(scope, of);
        let items = [
            format!("{value} AS value"),
            format!("ROW_NUMBER() OVER (ORDER BY {value}) AS {PLACE}"),
            "COUNT(*) OVER () AS total".to_owned(),
        ];
        let half = if self.dialect == SqlDialect::MySql {
            "DIV"
        } else {
            "/"
        };
        format!(
            "SELECT AVG(value) AS median\nFROM (\n{}\n) AS ranked\n\
             WHERE {PLACE} IN ((total + 1) {half} 2, (total + 2) {half} 2)",
            indented(&self.plain(scope, &items))
        )
    }

    fn plain(&self, scope: &Scope<'_>, items: &[String]) -> String {
        let select = scope.select;
        let mut word = "SELECT ".to_owned();
        if select.distinct {
            word.push_str("DISTINCT ");
        }
        let is_tsql = self.dialect == SqlDialect::TSql;
        if let (Some(limit), true, 0) = (select.limit, is_tsql, select.offset) {
            word.push_str(&format!("TOP ({limit}) "));
        }
        let mut lines = vec![listed(&word, items, ", ", ",\n       ")];
        lines.extend(self.sources(scope));
        let conditions = self.predicates(scope, &select.conditions);
        if !conditions.is_empty() {
            lines.push(listed("WHERE ", &conditions, " AND ", "\n  AND "));
        }
        let group = self.group(scope);
        if !group.is_empty() {
            lines.push(format!("GROUP BY {}", group.join(", ")));
        }
        let having = self.predicates(scope, &select.having);
        if !having.is_empty() {
            lines.push(format!("HAVING {}", having.join(" AND ")));
        }
        let keys: Vec<String> = select
            .order
            .iter()
            .map(|key| self.key(scope, key))
            .collect();
        if !keys.is_empty() {
            lines.push(format!("ORDER BY {}", keys.join(", ")));
        }
        match (select.limit, select.offset) {
            (Some(limit), 0) if !is_tsql => lines.push(format!("LIMIT {limit}")),
            (Some(limit), offset) if offset > 0 && is_tsql => {
                lines.push(format!("OFFSET {offset} ROWS FETCH NEXT {limit} ROWS ONLY"))
            }
            (Some(limit), offset) if offset > 0 => {
                lines.push(format!("LIMIT {limit} OFFSET {offset}"));
            }
            _ => {}
        }
        lines.join("\n")
    }

    fn items(&self, scope: &Scope<'_>) -> Vec<String> {
        let items = scope.select.items.iter();
        items
            .map(|item| {
                let value = self.scalar(scope, &item.value);
                match &item.name {
                    Some(name) => format!("{value} AS {}", self.dialect.quoted(name)),
                    None => value,
                }
            })
            .collect()
    }

    fn named_items(&self, scope: &Scope<'_>, names: &[String]) -> Vec<String> {
        let items = scope.select.items.iter().zip(names);
        items
            .map(|(item, name)| {
                let value = self.scalar(scope, &item.value);
                let is_same = matches!(&item.value, Scalar::Column(c) if c.column == *name);
                match is_same {
                    true => value,
                    false => format!("{value} AS {}", self.dialect.quoted(name)),
                }
            })
            .collect()
    }

    fn sources(&self, scope: &Scope<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for (source, alias) in scope.select.sources.iter().zip(&scope.aliases) {
            let rows = match &source.rows {
                SourceRows::Table(name) => self.table(name),
                SourceRows::Query(query) => {
                    format!("(\n{}\n)", indented(&self.query(query, scope.depth + 1)))
                }
            };
            let named = match alias.as_str() {
                "" => rows,
                alias => format!("{rows} AS {alias}"),
            };
            lines.push(match &source.join {
                None => format!("FROM {named}"),
                Some(join) => {
                    let word = if join.is_left { "LEFT JOIN" } else { "JOIN" };
                    let equal = |(a, b): &(ColumnName, ColumnName)| {
                        format!("{} = {}", self.column(scope, b), self.column(scope, a))
                    };
                    let pairs: Vec<String> = join.pairs.iter().map(equal).collect();
                    format!("{word} {named} ON {}", pairs.join(" AND "))
                }
            });
        }
        lines
    }

    fn table(&self, name: &TableName) -> String {
        let quoted = self.dialect.quoted(&name.name);
        match &name.namespace {
            // A file of SQLite has no namespaces.
            Some(namespace) if self.dialect != SqlDialect::Sqlite => {
                format!("{}.{quoted}", self.dialect.quoted(namespace))
            }
            _ => quoted,
        }
    }

    /// What rows are grouped by. SQLite takes other columns from any row of a group.
    fn group(&self, scope: &Scope<'_>) -> Vec<String> {
        let select = scope.select;
        let mut group: Vec<&Scalar> = select.group.iter().collect();
        if !group.is_empty() && self.dialect != SqlDialect::Sqlite {
            let items = select.items.iter().map(|item| &item.value);
            let keys = select.order.iter().map(|key| &key.value);
            for value in items.chain(keys) {
                let is_plain = matches!(value, Scalar::Column(_) | Scalar::Bucket(..));
                if is_plain && !group.contains(&value) {
                    group.push(value);
                }
            }
        }
        group
            .into_iter()
            .map(|value| match self.bucket_name(select, value) {
                Some(name) => self.dialect.quoted(name),
                None => self.scalar(scope, value),
            })
            .collect()
    }

    /// The name of a returned part of time: T-SQL does not know it in GROUP BY.
    fn bucket_name<'t>(&self, select: &'t SelectTree, value: &Scalar) -> Option<&'t str> {
        let mut items = select.items.iter();
        let is_bucket = matches!(value, Scalar::Bucket(..)) && self.dialect != SqlDialect::TSql;
        let item = items.find(|item| is_bucket && item.value == *value)?;
        item.name.as_deref()
    }

    fn key(&self, scope: &Scope<'_>, key: &OrderKey) -> String {
        let named = scope
            .select
            .items
            .iter()
            .find(|item| item.value == key.value);
        let name = named
            .and_then(|item| item.name.as_ref())
            .filter(|_| scope.select.per_group.is_none());
        let value = match name {
            Some(name) => self.dialect.quoted(name),
            None => self.scalar(scope, &key.value),
        };
        match key.descending {
            true => format!("{value} DESC"),
            false => value,
        }
    }

    fn column(&self, scope: &Scope<'_>, column: &ColumnName) -> String {
        let name = self.dialect.quoted(&column.column);
        match scope.aliases.get(column.source).map(String::as_str) {
            None | Some("") => name,
            Some(_) if scope.aliases.len() == 1 => name,
            Some(alias) => format!("{alias}.{name}"),
        }
    }

    fn scalar(&self, scope: &Scope<'_>, value: &Scalar) -> String {
        match value {
            Scalar::All => "*".into(),
            Scalar::Column(column) => self.column(scope, column),
            Scalar::Number(number) => number.clone(),
            Scalar::Text(text) => self.dialect.text(text),
            Scalar::Boolean(value) => boolean(self.dialect, *value).into(),
            Scalar::Moment(of, is_milli) => {
                moment(self.dialect, &self.scalar(scope, of), *is_milli)
            }
            Scalar::Bucket(unit, date) => bucket(self.dialect, *unit, &self.scalar(scope, date)),
            Scalar::Product(a, b) => {
                format!("{} * {}", self.scalar(scope, a), self.scalar(scope, b))
            }
            Scalar::Aggregate {
                function,
                distinct,
                of,
            } => self.aggregate(scope, *function, *distinct, of),
            Scalar::Query(query) => self.nested(query, scope.depth),
            Scalar::Median(of) => self.scalar(scope, of),
            Scalar::Portion(conditions) => {
                let all = self.predicates(scope, conditions).join(" AND ");
                format!("100.0 * SUM(CASE WHEN {all} THEN 1 ELSE 0 END) / COUNT(*)")
            }
            Scalar::Share(of) => {
                let of = self.scalar(scope, of);
                format!("100.0 * {of} / SUM({of}) OVER ()")
            }
            Scalar::Growth(of, along, parts) => self.growth(scope, of, along, parts),
        }
    }

    fn aggregate(
        &self,
        scope: &Scope<'_>,
        name: SqlAggregate,
        distinct: bool,
        of: &Scalar,
    ) -> String {
        let name = match name {
            SqlAggregate::Count => "COUNT",
            SqlAggregate::Sum => "SUM",
            SqlAggregate::Average => "AVG",
            SqlAggregate::Least => "MIN",
            SqlAggregate::Greatest => "MAX",
        };
        let distinct = if distinct { "DISTINCT " } else { "" };
        format!("{name}({distinct}{})", self.scalar(scope, of))
    }

    fn growth(&self, scope: &Scope<'_>, of: &Scalar, along: &Scalar, parts: &[Scalar]) -> String {
        let (of, along) = (self.scalar(scope, of), self.scalar(scope, along));
        let parts: Vec<String> = parts.iter().map(|part| self.scalar(scope, part)).collect();
        let parts = match parts.is_empty() {
            true => String::new(),
            false => format!("PARTITION BY {} ", parts.join(", ")),
        };
        let before = format!("LAG({of}) OVER ({parts}ORDER BY {along})");
        format!("ROUND(100.0 * ({of} - {before}) / {before}, 1)")
    }

    /// A query in brackets: on one line if it is short.
    fn nested(&self, query: &QueryTree, depth: usize) -> String {
        let text = self.query(query, depth + 1);
        let one_line = text.replace('\n', " ");
        match one_line.chars().count() <= WIDTH {
            true => format!("({one_line})"),
            false => format!("(\n{}\n)", indented(&indented(&text))),
        }
    }

    fn predicates(&self, scope: &Scope<'_>, all: &[Predicate]) -> Vec<String> {
        all.iter().map(|one| self.predicate(scope, one)).collect()
    }

    fn predicate(&self, scope: &Scope<'_>, predicate: &Predicate) -> String {
        let scalar = |value: &Scalar| self.scalar(scope, value);
        let not = |not: &bool| if *not { "NOT " } else { "" };
        match predicate {
            Predicate::Compare(a, operator, b) => {
                format!("{} {} {}", scalar(a), sign(*operator), scalar(b))
            }
            Predicate::Between(value, from, to) => {
                format!(
                    "{} BETWEEN {} AND {}",
                    scalar(value),
                    scalar(from),
                    scalar(to)
                )
            }
            Predicate::Like(value, pattern, is_not) => format!(
                "{} {}{} {}",
                scalar(value),
                not(is_not),
                like(self.dialect),
                self.dialect.text(pattern)
            ),
            Predicate::InQuery(value, query, is_not) => format!(
                "{} {}IN {}",
                scalar(value),
                not(is_not),
                self.nested(query, scope.depth)
            ),
            Predicate::IsNull(value, is_not) => format!("{} IS {}NULL", scalar(value), not(is_not)),
            Predicate::During(value, period) => self.during(&scalar(value), period),
            Predicate::Any(any) if any.len() == 1 => self.predicate(scope, &any[0]),
            Predicate::Any(any) if scope.depth < DEEPEST => {
                let any = self.predicates(scope, any).join(" OR ");
                let is_only = scope.select.conditions.len() == 1;
                if is_only { any } else { format!("({any})") }
            }
            Predicate::Any(_) => "1 = 1".into(),
        }
    }

    fn during(&self, value: &str, period: &DatePeriod) -> String {
        let from = period
            .from
            .map(|from| format!("{value} >= {}", bound(self.dialect, from)));
        let until = period
            .until
            .map(|until| format!("{value} < {}", bound(self.dialect, until)));
        let ends: Vec<String> = from.into_iter().chain(until).collect();
        match ends.is_empty() {
            true => format!("{value} IS NOT NULL"),
            false => ends.join(" AND "),
        }
    }
}

fn sign(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "=",
        Comparison::Unequal => "<>",
        Comparison::Greater => ">",
        Comparison::Less => "<",
        Comparison::AtLeast => ">=",
        Comparison::AtMost => "<=",
    }
}

/// A list on one line, or on several if it is long.
fn listed(word: &str, parts: &[String], short: &str, long: &str) -> String {
    let one_line = format!("{word}{}", parts.join(short));
    match one_line.chars().count() <= WIDTH {
        true => one_line,
        false => format!("{word}{}", parts.join(long)),
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
