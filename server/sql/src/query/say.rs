//! A query tree in words: the title of a reading, so that people can judge it.
//!
//! "category and quarter with the 3 largest sums of amount, 2023; 3 tables". The words are those of
//! the tree: names of columns as they are split, functions by their plain names.

use super::nouns::{plural, singular};
use super::tree::{
    ColumnName, Predicate, QueryTree, Scalar, SelectItem, SelectTree, SetOperator, SourceRows,
    SqlAggregate,
};

/// A language that trees are said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SayLanguage {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

/// The tree in words, on one line.
pub fn say(tree: &QueryTree, language: SayLanguage) -> String {
    let speaker = Speaker { language };
    let mut out = speaker.select(&tree.select);
    for (operator, select) in &tree.rest {
        let word = match operator {
            SetOperator::Union => speaker.pick("; or ", "；或者"),
            SetOperator::Intersect => speaker.pick("; and also ", "；并且"),
            SetOperator::Except => speaker.pick("; but not ", "；但不包括"),
        };
        let mut text = speaker.conditions(select);
        if text.is_empty() {
            text.extend(
                select
                    .sources
                    .first()
                    .map(|source| speaker.rows(&source.rows)),
            );
        }
        out = format!("{out}{word}{}", text.join(speaker.comma()));
    }
    let tables = tables(tree);
    let counted = match (language, tables) {
        (SayLanguage::English, 1) => "; 1 table".to_owned(),
        (SayLanguage::English, count) => format!("; {count} tables"),
        (SayLanguage::Chinese, count) => format!("；{count}张表"),
    };
    format!("{out}{counted}")
}

/// How many tables are read, those of nested queries too.
fn tables(tree: &QueryTree) -> usize {
    let selects = std::iter::once(&tree.select).chain(tree.rest.iter().map(|(_, select)| select));
    let mut names: Vec<String> = Vec::new();
    collect(selects, &mut names, 0);
    names.sort();
    names.dedup();
    names.len()
}

fn collect<'t>(
    selects: impl Iterator<Item = &'t SelectTree>,
    names: &mut Vec<String>,
    depth: usize,
) {
    if depth > 6 {
        return;
    }
    for select in selects {
        for source in &select.sources {
            match &source.rows {
                SourceRows::Table(name) => names.push(name.to_string()),
                SourceRows::Query(query) => {
                    let inner: Vec<&SelectTree> = vec![&query.select];
                    collect_boxed(&inner, names, depth);
                }
            }
        }
        for condition in &select.conditions {
            if let Predicate::InQuery(_, query, _) = condition {
                let inner: Vec<&SelectTree> = std::iter::once(&query.select)
                    .chain(query.rest.iter().map(|(_, select)| select))
                    .collect();
                collect_boxed(&inner, names, depth);
            }
        }
    }
}

fn collect_boxed(selects: &[&SelectTree], names: &mut Vec<String>, depth: usize) {
    let selects: Box<dyn Iterator<Item = &SelectTree> + '_> = Box::new(selects.iter().copied());
    collect(selects, names, depth + 1);
}

pub(super) struct Speaker {
    pub(super) language: SayLanguage,
}

impl Speaker {
    pub(super) fn pick(&self, english: &'static str, chinese: &'static str) -> &'static str {
        match self.language {
            SayLanguage::English => english,
            SayLanguage::Chinese => chinese,
        }
    }

    fn comma(&self) -> &'static str {
        self.pick(", ", "，")
    }

    fn select(&self, select: &SelectTree) -> String {
        let items = self.items(select);
        let mut parts = vec![match (select.distinct, self.language) {
            (true, SayLanguage::English) => format!("different {items}"),
            (true, SayLanguage::Chinese) => format!("不同的{items}"),
            _ => items,
        }];
        if matches!(
            select.items.first().map(|item| &item.value),
            Some(Scalar::All)
        ) || select
            .items
            .iter()
            .any(|item| is_count_of_rows(&item.value))
        {
            let source = select.sources.first().map(|source| self.rows(&source.rows));
            parts[0] = format!(
                "{}{}{}",
                parts[0],
                self.pick(" of ", "："),
                source.unwrap_or_default()
            );
        }
        parts.extend(self.groups(select));
        parts.extend(self.conditions(select));
        parts.extend(
            select
                .having
                .iter()
                .map(|having| self.predicate(select, having)),
        );
        parts.extend(self.order(select));
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        parts.enumerate().fold(first, |out, (place, part)| {
            let is_next = place == 0 && self.language == SayLanguage::English;
            let is_clause = part.starts_with("with ") || part.starts_with("without ");
            let join = if is_next && is_clause {
                " "
            } else {
                self.comma()
            };
            format!("{out}{join}{part}")
        })
    }

    /// What is returned: `names of customers`, where all of it is of one table.
    fn items(&self, select: &SelectTree) -> String {
        let values: Vec<&Scalar> = select.items.iter().map(|item| &item.value).collect();
        let owner = |value: &&Scalar| match value {
            Scalar::Column(column) => Some(column.source),
            _ => None,
        };
        let first = values.first().and_then(owner);
        let is_one = values.iter().all(|value| owner(value) == first);
        let rows = first
            .filter(|_| is_one)
            .and_then(|at| select.sources.get(at));
        let named = |value: &&Scalar| match value {
            Scalar::Column(column) => data::words::of_name(&column.column).join(" "),
            value => self.value(select, value),
        };
        match (rows, self.language) {
            (Some(source), SayLanguage::English) => {
                let names: Vec<String> = values.iter().map(|value| plural(&named(value))).collect();
                let (names, rows) = (names.join(" and "), self.rows(&source.rows));
                format!("{names} of {}", plural(&rows))
            }
            (Some(source), SayLanguage::Chinese) => {
                let names: Vec<String> = values.iter().map(named).collect();
                format!("{}的{}", self.rows(&source.rows), names.join("、"))
            }
            (None, _) => {
                let names: Vec<String> = values.iter().map(|v| self.value(select, v)).collect();
                names.join(self.pick(" and ", "、"))
            }
        }
    }

    /// What a group is called: the table, where the group is its key and other columns are shown.
    fn group_name(&self, select: &SelectTree, group: &Scalar) -> String {
        let shown = |item: &SelectItem| match (&item.value, group) {
            (Scalar::Column(shown), Scalar::Column(key)) => shown.source == key.source,
            _ => false,
        };
        let is_shown = select.items.iter().any(|item| item.value == *group);
        let source = match group {
            Scalar::Column(key) => select.sources.get(key.source),
            _ => None,
        };
        match source.filter(|_| !is_shown && select.items.iter().any(shown)) {
            Some(source) => singular(&self.rows(&source.rows)),
            None => self.value(select, group),
        }
    }

    /// What the groups are, or what the first of each part is.
    fn groups(&self, select: &SelectTree) -> Option<String> {
        let and = self.pick(" and ", "、");
        let text = |values: &[Scalar]| -> String {
            let values: Vec<String> = values.iter().map(|v| self.group_name(select, v)).collect();
            values.join(and)
        };
        if let Some(per_group) = &select.per_group {
            let shown = |part: &&Scalar| select.items.iter().any(|item| item.value == **part);
            let parts: Vec<Scalar> = per_group.parts.iter().filter(shown).cloned().collect();
            let group = text(if parts.is_empty() {
                &per_group.parts
            } else {
                &parts
            });
            let order = &per_group.order;
            let first = self.first(select, per_group.rows, order.descending, &order.value);
            return Some(match self.language {
                SayLanguage::English => format!("{first} of each {group}"),
                SayLanguage::Chinese => format!("每个{group}：{first}"),
            });
        }
        let is_grouped = !select.group.is_empty();
        is_grouped.then(|| format!("{}{}", self.pick("for each ", "按"), text(&select.group)))
    }

    fn order(&self, select: &SelectTree) -> Option<String> {
        let key = select.order.first()?;
        let value = self.value(select, &key.value);
        if let (Some(1), 1..) = (select.limit, select.offset) {
            let place = select.offset + 1;
            let down = key.descending;
            return Some(match self.language {
                SayLanguage::English if down => format!("place {place} by {value}, largest first"),
                SayLanguage::English => format!("place {place} by {value}, smallest first"),
                SayLanguage::Chinese if down => format!("{value}第{place}大"),
                SayLanguage::Chinese => format!("{value}第{place}小"),
            });
        }
        Some(match (select.limit, self.language) {
            (Some(limit), _) => self.first(select, limit, key.descending, &key.value),
            (None, SayLanguage::English) => {
                let down = if key.descending {
                    ", largest first"
                } else {
                    ""
                };
                format!("in the order of {value}{down}")
            }
            (None, SayLanguage::Chinese) => {
                format!("按{value}{}", if key.descending { "降序" } else { "升序" })
            }
        })
    }

    fn first(&self, select: &SelectTree, rows: u64, descending: bool, by: &Scalar) -> String {
        let by = self.value(select, by);
        let rows = match (rows, self.language) {
            (1, SayLanguage::English) => "one".to_owned(),
            _ => rows.to_string(),
        };
        let is_time = ["date", "time", "at", "on", "created", "started"]
            .iter()
            .any(|end| by.split(' ').next_back() == Some(end));
        match (self.language, descending) {
            (SayLanguage::English, true) if is_time => {
                format!("the {rows} with the latest {by}")
            }
            (SayLanguage::English, false) if is_time => {
                format!("the {rows} with the earliest {by}")
            }
            (SayLanguage::Chinese, true) if is_time => format!("{by}最晚的{rows}个"),
            (SayLanguage::Chinese, false) if is_time => format!("{by}最早的{rows}个"),
            (SayLanguage::English, true) => format!("the {rows} with the largest {by}"),
            (SayLanguage::English, false) => format!("the {rows} with the smallest {by}"),
            (SayLanguage::Chinese, true) => format!("{by}最大的{rows}个"),
            (SayLanguage::Chinese, false) => format!("{by}最小的{rows}个"),
        }
    }

    fn rows(&self, rows: &SourceRows) -> String {
        match rows {
            SourceRows::Table(name) => name.name.replace('_', " ").to_lowercase(),
            SourceRows::Query(query) => format!("({})", self.select(&query.select)),
        }
    }

    fn conditions(&self, select: &SelectTree) -> Vec<String> {
        let conditions = select.conditions.iter();
        conditions
            .map(|condition| self.predicate(select, condition))
            .collect()
    }

    fn column(&self, select: &SelectTree, column: &ColumnName) -> String {
        let name = data::words::of_name(&column.column).join(" ");
        let is_vague = matches!(
            name.as_str(),
            "name" | "id" | "title" | "code" | "type" | "date"
        );
        match select.sources.get(column.source).map(|source| &source.rows) {
            Some(SourceRows::Table(table)) if is_vague && select.sources.len() > 1 => {
                format!("{} {name}", data::words::of_name(&table.name).join(" "))
            }
            _ => name,
        }
    }

    fn value(&self, select: &SelectTree, value: &Scalar) -> String {
        match value {
            Scalar::All => self.pick("all columns", "所有列").into(),
            Scalar::Column(column) => self.column(select, column),
            Scalar::Number(number) => number.clone(),
            Scalar::Text(text) => text.clone(),
            Scalar::Boolean(value) => value.to_string(),
            Scalar::Moment(of, _) => self.value(select, of),
            Scalar::Bucket(unit, _) => self.unit(*unit).into(),
            Scalar::Product(a, b) => {
                format!("{} × {}", self.value(select, a), self.value(select, b))
            }
            Scalar::Aggregate {
                function,
                distinct,
                of,
            } => self.aggregate(select, *function, *distinct, of),
            Scalar::Query(query) => match query.select.items.first() {
                Some(item) => self.value(&query.select, &item.value),
                None => String::new(),
            },
            Scalar::Median(of) => {
                format!(
                    "{}{}",
                    self.pick("median of ", "中位数："),
                    self.value(select, of)
                )
            }
            Scalar::Portion(conditions) => {
                let all: Vec<String> = conditions
                    .iter()
                    .take(20)
                    .map(|one| self.predicate(select, one))
                    .collect();
                let rows = select.sources.first().map(|source| self.rows(&source.rows));
                let (all, rows) = (all.join(self.comma()), rows.unwrap_or_default());
                match self.language {
                    SayLanguage::English => format!("percentage of {rows} with {all}"),
                    SayLanguage::Chinese => format!("{rows}中{all}的占比"),
                }
            }
            Scalar::Share(of) => {
                format!(
                    "{}{}",
                    self.pick("percentage of ", "占比："),
                    self.value(select, of)
                )
            }
            Scalar::Growth(of, ..) => {
                format!(
                    "{}{}",
                    self.pick("growth of ", "增长率："),
                    self.value(select, of)
                )
            }
        }
    }

    fn aggregate(
        &self,
        select: &SelectTree,
        function: SqlAggregate,
        distinct: bool,
        of: &Scalar,
    ) -> String {
        if matches!(of, Scalar::All) {
            return self.pick("number", "数量").into();
        }
        let of = self.value(select, of);
        let (english, chinese) = match (function, distinct) {
            (SqlAggregate::Count, true) => ("number of different ", "的不同个数"),
            (SqlAggregate::Count, false) => ("number of ", "的个数"),
            (SqlAggregate::Sum, _) => ("sum of ", "的总和"),
            (SqlAggregate::Average, _) => ("average ", "的平均值"),
            (SqlAggregate::Least, _) => ("smallest ", "的最小值"),
            (SqlAggregate::Greatest, _) => ("largest ", "的最大值"),
        };
        match self.language {
            SayLanguage::English => format!("{english}{of}"),
            SayLanguage::Chinese => format!("{of}{chinese}"),
        }
    }

    fn predicate(&self, select: &SelectTree, predicate: &Predicate) -> String {
        let value = |of: &Scalar| self.value(select, of);
        match predicate {
            Predicate::Compare(a, operator, b) => {
                format!("{} {} {}", value(a), self.comparison(*operator), value(b))
            }
            Predicate::Between(of, from, to) => {
                format!("{} {} – {}", value(of), value(from), value(to))
            }
            Predicate::Like(of, pattern, is_not) => {
                let word = match is_not {
                    true => self.pick("not like", "不像"),
                    false => self.pick("like", "像"),
                };
                format!("{} {word} {pattern}", value(of))
            }
            Predicate::InQuery(_, query, is_not) => {
                let word = match is_not {
                    true => self.pick("without ", "没有"),
                    false => self.pick("with ", "有"),
                };
                let rows = query
                    .select
                    .sources
                    .first()
                    .map(|source| self.rows(&source.rows));
                let inner = self.conditions(&query.select).join(self.comma());
                let inner = if inner.is_empty() {
                    inner
                } else {
                    format!(" ({inner})")
                };
                format!("{word}{}{inner}", rows.unwrap_or_default())
            }
            Predicate::IsNull(of, false) => {
                format!("{}{}", value(of), self.pick(" unknown", "为空"))
            }
            Predicate::IsNull(of, true) => {
                format!("{}{}", value(of), self.pick(" known", "不为空"))
            }
            Predicate::During(_, period) => self.period(period),
            Predicate::Any(any) => {
                let any: Vec<String> = any
                    .iter()
                    .take(20)
                    .map(|one| self.predicate(select, one))
                    .collect();
                any.join(self.pick(" or ", "或"))
            }
        }
    }
}

fn is_count_of_rows(value: &Scalar) -> bool {
    match value {
        Scalar::Aggregate { function, of, .. } => {
            *function == SqlAggregate::Count && **of == Scalar::All
        }
        _ => false,
    }
}
