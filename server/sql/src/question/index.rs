//! A schema prepared for questions: the words of its names, its keys as links, and the judge.
//!
//! Built once per schema. Words lead to names by an inverted index, so that a question costs what
//! its own words hit and not what the schema holds. References that no one declared are guessed by
//! the usual naming: `user_id` is the key of `users`, a column named like a table is its key.

use super::heads::{TableTraits, find_heads};
use super::labels::names_person;
pub(crate) use super::sorts::ColumnSort;
use super::sorts::{EpochUnit, epoch_of, sort_of};
use crate::judge::Judge;
use data::words::{full, is_han, of_name, stem};
use data::{Column, Schema, SqlTable, TableKind, TableName};
use std::collections::{HashMap, HashSet};

/// The most columns that are indexed.
const MAX_COLUMNS: usize = 200_000;
/// The longest comment that is taken as a name, in characters.
const MAX_COMMENT: usize = 24;

/// A column as questions see it.
#[derive(Debug)]
pub(crate) struct IndexedColumn {
    pub table: usize,
    pub name: String,
    /// The stems of its name.
    pub words: Vec<String>,
    /// The same without those of its table.
    pub bare: Vec<String>,
    /// Further names: as it is written, and what its comment says.
    pub others: Vec<Vec<String>>,
    pub sort: ColumnSort,
    /// What a date that is held as a number counts since 1970.
    pub epoch: Option<EpochUnit>,
    /// Whether it holds whole years, or dates as text.
    pub is_year: bool,
    /// Whether it is the only column of the primary key.
    pub is_key: bool,
    /// Whether it looks like an identifier.
    pub is_id: bool,
    /// Whether it refers to another table.
    pub is_foreign: bool,
    pub is_unique: bool,
    pub nullable: bool,
    pub values: Vec<String>,
    /// The default as it is written.
    pub default: Option<String>,
}

/// A table as questions see it.
#[derive(Debug)]
pub(crate) struct IndexedTable {
    pub name: TableName,
    pub words: Vec<String>,
    /// The words without the label of an application.
    pub core: Vec<String>,
    /// How well the last word names the table by itself, up to 1.
    pub head: f32,
    pub others: Vec<Vec<String>>,
    pub columns: std::ops::Range<usize>,
    /// The only column of its primary key.
    pub key: Option<usize>,
    /// Whether its primary key has several columns, as tables have that join others.
    pub has_parts: bool,
    /// The column that people call its rows by.
    pub label: Option<usize>,
    /// The columns of names and of values, if that is what its rows are.
    pub pair: Option<(usize, usize)>,
}

/// A reference from one table to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableLink {
    pub from: usize,
    pub to: usize,
    /// Columns of `from` and of `to`, by their places.
    pub pairs: Vec<(usize, usize)>,
}

/// A name that a word is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NameId {
    Table(usize),
    Column(usize),
}

/// A schema that questions can be asked of.
pub struct QuestionSchema {
    pub(crate) tables: Vec<IndexedTable>,
    pub(crate) columns: Vec<IndexedColumn>,
    pub(crate) links: Vec<TableLink>,
    /// The links of each table.
    pub(crate) at: Vec<Vec<usize>>,
    pub(crate) postings: HashMap<String, Vec<NameId>>,
    /// Values that the schema lists, in lower case, with the columns that have them.
    pub(crate) values: HashMap<String, Vec<usize>>,
    /// Names of columns that have underscores, in lower case.
    pub(crate) written: HashSet<String>,
    /// Chinese words in names and comments.
    pub(crate) han: HashSet<String>,
    pub(crate) judge: Option<Judge>,
}

impl QuestionSchema {
    /// Prepares a schema.
    pub fn new(schema: &Schema) -> Self {
        let parts = name_parts(schema);
        let mut index = Self {
            tables: Vec::new(),
            columns: Vec::new(),
            links: Vec::new(),
            at: Vec::new(),
            postings: HashMap::new(),
            values: HashMap::new(),
            written: HashSet::new(),
            han: HashSet::new(),
            judge: Judge::new(schema).ok(),
        };
        for table in &schema.tables {
            let is_full = index.columns.len() + table.columns.len() > MAX_COLUMNS;
            if !is_full && !table.columns.is_empty() {
                index.add(table, &parts);
            }
        }
        index.find_labels();
        index.declared_links(schema);
        index.guessed_links();
        index.find_pairs();
        index.name_heads();
        index.post_words();
        index
    }

    /// How many tables can be asked of.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }

    fn add(&mut self, table: &SqlTable, parts: &HashSet<String>) {
        let at = self.tables.len();
        let first = self.columns.len();
        let words = name_words(&table.name.name, parts);
        for column in &table.columns {
            let own = name_words(&column.name, parts);
            let indexed = indexed_column(at, table, column, (own, &words));
            for value in &indexed.values {
                let columns = self.values.entry(value.to_lowercase()).or_default();
                columns.push(self.columns.len());
            }
            self.columns.push(indexed);
        }
        let key = (first..self.columns.len()).find(|&column| self.columns[column].is_key);
        self.tables.push(IndexedTable {
            name: table.name.clone(),
            others: other_names(&table.name.name, table.comment.as_deref(), &words),
            core: words.clone(),
            head: 0.0,
            words,
            columns: first..self.columns.len(),
            key: key.filter(|_| table.kind == TableKind::Table),
            has_parts: table.primary_key.len() > 1,
            label: None,
            pair: None,
        });
    }

    fn table_named(&self, name: &TableName) -> Option<usize> {
        self.tables.iter().position(|table| table.name.fits(name))
    }

    fn column_named(&self, table: usize, name: &str) -> Option<usize> {
        let mut columns = self.tables[table].columns.clone();
        columns.find(|&column| self.columns[column].name.eq_ignore_ascii_case(name))
    }

    fn declared_links(&mut self, schema: &Schema) {
        let by_name: HashMap<String, usize> = (0..self.tables.len())
            .rev()
            .map(|at| (self.tables[at].name.to_string().to_lowercase(), at))
            .collect();
        let find = |name: &TableName| by_name.get(&name.to_string().to_lowercase()).copied();
        let mut links = Vec::new();
        for table in &schema.tables {
            let Some(from) = find(&table.name) else {
                continue;
            };
            for key in &table.foreign_keys {
                let Some(to) = find(&key.table).or_else(|| self.table_named(&key.table)) else {
                    continue;
                };
                if let Some(pairs) = self.pairs(from, to, key) {
                    links.push(TableLink { from, to, pairs });
                }
            }
        }
        links.into_iter().for_each(|link| self.add_link(link));
    }

    fn pairs(&self, from: usize, to: usize, key: &data::ForeignKey) -> Option<Vec<(usize, usize)>> {
        let mut pairs = Vec::new();
        for (at, column) in key.columns.iter().enumerate() {
            let here = self.column_named(from, column)?;
            let there = match key.references.get(at) {
                Some(name) => self.column_named(to, name)?,
                None => self.tables[to].key?,
            };
            pairs.push((here, there));
        }
        (!pairs.is_empty()).then_some(pairs)
    }

    fn add_link(&mut self, link: TableLink) {
        if self.links.contains(&link) {
            return;
        }
        for (here, _) in &link.pairs {
            self.columns[*here].is_foreign = true;
        }
        self.links.push(link);
    }

    /// References by the usual names, for columns that have none.
    fn guessed_links(&mut self) {
        let mut by_words: HashMap<String, Vec<usize>> = HashMap::new();
        // `status_id` refers to `issue_statuses` if no other table ends so.
        let mut by_last: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, table) in self.tables.iter().enumerate() {
            by_words.entry(table.words.join(" ")).or_default().push(at);
            if let Some(last) = table.words.last() {
                by_last.entry(last.clone()).or_default().push(at);
            }
        }
        let users = by_words.get("user").filter(|users| users.len() == 1);
        let users = users.map(|users| users[0]);
        let mut links = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let own = &self.tables[column.table].words;
            let is_own_key =
                column.is_key && (column.words.starts_with(own) || column.words == ["id"]);
            // `comments` of a post is their number.
            let is_plural = column.name.ends_with('s') && !column.name.ends_with("ss");
            let is_count = column.sort == ColumnSort::Number && is_plural;
            if column.is_foreign || is_own_key || is_count {
                continue;
            }
            let is_id = matches!(
                column.words.last().map(String::as_str),
                Some("id" | "cod" | "kei")
            );
            let wanted = match is_id {
                true => &column.words[..column.words.len() - 1],
                false => &column.words[..],
            };
            let whole = by_words.get(&wanted.join(" ")).map(Vec::as_slice);
            let last = wanted.last().and_then(|last| by_last.get(last));
            let named = whole.or(last.filter(|_| is_id).map(Vec::as_slice));
            let person = users.filter(|_| is_id && names_person(wanted));
            let to = match named {
                Some([to]) => to,
                None => match &person {
                    Some(to) => to,
                    None => continue,
                },
                Some(_) => continue,
            };
            let Some(key) = self.tables[*to].key.filter(|_| *to != column.table) else {
                continue;
            };
            let is_same_sort = self.columns[key].sort == column.sort;
            if is_same_sort && (is_id || self.columns[key].is_id) && !wanted.is_empty() {
                let pairs = vec![(at, key)];
                links.push(TableLink {
                    from: column.table,
                    to: *to,
                    pairs,
                });
            }
        }
        links.into_iter().for_each(|link| self.add_link(link));
        self.same_key_links();
        self.note_links();
    }

    /// Notes at each table which links it has.
    fn note_links(&mut self) {
        self.at = vec![Vec::new(); self.tables.len()];
        for (place, link) in self.links.iter().enumerate() {
            self.at[link.from].push(place);
            if link.to != link.from {
                self.at[link.to].push(place);
            }
        }
    }

    /// A column with the full name of another table's key, as in `employee_id` of both.
    fn same_key_links(&mut self) {
        let mut keys: HashMap<String, Vec<usize>> = HashMap::new();
        for table in &self.tables {
            if let Some(key) = table.key {
                let column = &self.columns[key];
                if column.words.len() > 1 && column.is_id {
                    keys.entry(column.name.to_lowercase())
                        .or_default()
                        .push(key);
                }
            }
        }
        let linked: HashSet<usize> = self.links.iter().map(|link| link.from).collect();
        let mut links = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            if column.is_foreign || linked.contains(&column.table) && column.is_key {
                continue;
            }
            let Some([key]) = keys.get(&column.name.to_lowercase()).map(Vec::as_slice) else {
                continue;
            };
            let to = self.columns[*key].table;
            if to != column.table {
                links.push(TableLink {
                    from: column.table,
                    to,
                    pairs: vec![(at, *key)],
                });
            }
        }
        links.into_iter().for_each(|link| self.add_link(link));
    }

    /// Labels of applications and head nouns of the tables.
    fn name_heads(&mut self) {
        let traits = |(at, table): (usize, &IndexedTable)| {
            let links = self.at[at].iter().map(|link| &self.links[*link]);
            let parents = links.clone().filter(|link| link.from == at).count();
            let pieces = table.name.name.split_once('_');
            let first = pieces.filter(|(first, rest)| !first.is_empty() && !rest.is_empty());
            TableTraits {
                words: table.words.clone(),
                first: first.map(|(first, _)| name_words(first, &HashSet::new()).len()),
                columns: table.columns.len(),
                children: links.count() - parents,
                parents,
            }
        };
        let traits: Vec<TableTraits> = self.tables.iter().enumerate().map(traits).collect();
        for (table, found) in self.tables.iter_mut().zip(find_heads(&traits)) {
            table.core = found.core;
            table.head = found.head;
        }
    }

    fn post_words(&mut self) {
        let mut postings: HashMap<String, Vec<NameId>> = HashMap::new();
        let mut post = |words: &[String], id: NameId| {
            for word in words {
                let list = postings.entry(word.clone()).or_default();
                if list.last() != Some(&id) {
                    list.push(id);
                }
            }
        };
        for (at, table) in self.tables.iter().enumerate() {
            post(&table.words, NameId::Table(at));
            table
                .others
                .iter()
                .for_each(|words| post(words, NameId::Table(at)));
        }
        for (at, column) in self.columns.iter().enumerate() {
            post(&column.words, NameId::Column(at));
            column
                .others
                .iter()
                .for_each(|words| post(words, NameId::Column(at)));
        }
        let names = self.columns.iter().map(|column| column.name.to_lowercase());
        self.written = names.filter(|name| name.contains('_')).collect();
        let is_chinese = |word: &&String| word.chars().next().is_some_and(is_han);
        self.han = postings.keys().filter(is_chinese).cloned().collect();
        self.postings = postings;
    }
}

/// A column by its words; those of its table come second.
fn indexed_column(
    at: usize,
    table: &SqlTable,
    column: &Column,
    (words, own): (Vec<String>, &[String]),
) -> IndexedColumn {
    let without: Vec<String> = words
        .iter()
        .filter(|word| !own.contains(word))
        .cloned()
        .collect();
    let is_key =
        matches!(&table.primary_key[..], [only] if only.eq_ignore_ascii_case(&column.name));
    let last = words.last().map(String::as_str).unwrap_or("");
    let is_number = ["号", "编号", "代码", "ID"]
        .iter()
        .any(|end| column.name.ends_with(end));
    let is_id =
        is_key || is_number || matches!(last, "id" | "cod" | "uuid" | "guid" | "identifier");
    let sort = sort_of(column, &words);
    let is_year = words.iter().any(|word| word == "year") && sort != ColumnSort::Date;
    IndexedColumn {
        table: at,
        name: column.name.clone(),
        bare: if without
            .iter()
            .all(|word| matches!(word.as_str(), "number" | "count" | "of"))
        {
            words.clone()
        } else {
            without
        },
        others: other_names(&column.name, column.comment.as_deref(), &words),
        sort,
        epoch: epoch_of(column, &words),
        words,
        is_year,
        is_key,
        is_id,
        is_foreign: false,
        is_unique: table.is_unique(&column.name),
        nullable: column.nullable && !table.primary_key.contains(&column.name),
        values: column.values.iter().take(200).cloned().collect(),
        default: column.default.clone(),
    }
}

/// Words that names of the schema are made of.
fn name_parts(schema: &Schema) -> HashSet<String> {
    let names = schema.tables.iter().flat_map(|table| {
        let columns = table.columns.iter().map(|column| column.name.as_str());
        columns.chain([table.name.name.as_str()])
    });
    let words = names.take(MAX_COLUMNS).flat_map(of_name);
    words
        .filter(|word| word.len() >= 4 && word.is_ascii())
        .collect()
}

/// The stems of a name, abbreviations in full. `parts` are words that others may be made of:
/// `facilityuser` where there are a facility and a user.
fn name_words(name: &str, parts: &HashSet<String>) -> Vec<String> {
    let mut words = Vec::new();
    for word in of_name(name) {
        let cuts = 4..word.len().saturating_sub(3);
        let cut = cuts.rev().find(|cut| {
            let halves = word.is_char_boundary(*cut).then(|| word.split_at(*cut));
            halves.is_some_and(|(a, b)| parts.contains(a) && parts.contains(b))
        });
        match (full(&word), cut) {
            (Some(full), _) => words.extend(full.split(' ').map(stem)),
            (None, Some(cut)) => words.extend([stem(&word[..cut]), stem(&word[cut..])]),
            (None, None) => words.push(stem(&word)),
        }
    }
    words
}

/// Other names of a table or column: as it is written, and a short comment.
fn other_names(name: &str, comment: Option<&str>, words: &[String]) -> Vec<Vec<String>> {
    let mut others: Vec<Vec<String>> = Vec::new();
    let written: Vec<String> = of_name(name).iter().map(|word| stem(word)).collect();
    if written != words {
        others.push(written);
    }
    let joined = stem(&name.to_lowercase());
    if words.len() > 1 && name.chars().all(char::is_alphanumeric) {
        others.push(vec![joined]);
    }
    let breaks = [
        '(', '（', ':', '：', ',', '，', ';', '；', '。', '.', '\n', '-', '|', '/', ' ',
    ];
    for part in comment.unwrap_or("").split(breaks).take(4) {
        let part = part.trim();
        let length = part.chars().count();
        if part.chars().next().is_some_and(is_han) && length <= MAX_COMMENT {
            others.push(vec![part.to_lowercase()]);
            let short = part.trim_end_matches(['表', '的']);
            if short != part && short.chars().count() > 1 {
                others.push(vec![short.to_owned()]);
            }
        }
    }
    let english = comment.filter(|text| text.is_ascii() && text.split(' ').count() <= 4);
    if let Some(text) = english.filter(|text| text.len() <= MAX_COMMENT * 2) {
        let words: Vec<String> = of_name(text).iter().map(|word| stem(word)).collect();
        others.extend((!words.is_empty()).then_some(words));
    }
    others
}
