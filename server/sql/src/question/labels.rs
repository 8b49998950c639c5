//! The column that people call the rows of a table by, and which tables hold persons.
//!
//! A name or a title, else a unique text such as a domain. Nothing here reads a question.

use super::index::{ColumnSort, IndexedColumn, QuestionSchema};

/// Last words of tables of persons, who are called by the name that they sign in with.
const PERSONS: &[&str] = &[
    "user", "member", "account", "person", "customer", "employe", "people", "learner", "student",
    "author", "contact",
];

impl QuestionSchema {
    /// Whether the rows of a table are persons.
    pub(crate) fn is_person(&self, table: usize) -> bool {
        let last = self.tables[table].words.last().map(String::as_str);
        last.is_some_and(|last| PERSONS.contains(&last))
    }

    /// The table of persons that most others refer to.
    pub(crate) fn persons(&self) -> Option<usize> {
        let is_named = |table: &usize| {
            let label = self.tables[*table].label.map(|label| &self.columns[label]);
            label.is_some_and(|label| label.sort == ColumnSort::Text && !label.is_id)
        };
        let persons = (0..self.tables.len()).filter(|table| self.is_person(*table));
        let rank = |table: &usize| (self.children(*table), usize::MAX - table);
        persons.filter(is_named).max_by_key(rank)
    }

    /// The column that rows are called by: a name, a title, else the first text that is no key.
    pub(super) fn find_labels(&mut self) {
        for at in 0..self.tables.len() {
            let table = &self.tables[at];
            let last = table.words.last().cloned().unwrap_or_default();
            let is_person = self.is_person(at);
            let score = |column: &IndexedColumn| {
                let is_text = column.sort == ColumnSort::Text;
                let bare: Vec<&str> = column.bare.iter().map(String::as_str).collect();
                let is_plain = is_text && !column.is_id && !column.is_foreign;
                let is_login = column.words == ["user", "nam"] && is_person;
                let kind = match bare.as_slice() {
                    _ if is_login => 7,
                    ["nam" | "姓名" | "名称" | "名字"] => 10,
                    ["titl" | "标题" | "书名"] => 9,
                    ["ful", "nam"] => 8,
                    ["usernam" | "login"] if is_person => 7,
                    [.., "nam" | "titl"] if !column.is_foreign => 6,
                    ["label" | "subject"] => 5,
                    [only] if *only == last && !column.is_foreign => 7,
                    ["email" | "domain" | "host" | "slug" | "identifier"] => 4,
                    _ if column.is_unique && is_plain && !is_secret(column) => 4,
                    ["description" | "question" | "answer"] => 3,
                    _ => 0,
                };
                match kind > 0 && (is_text || kind >= 9) {
                    true => kind,
                    false => i32::from(is_plain),
                }
            };
            let scored = table
                .columns
                .clone()
                .map(|at| (score(&self.columns[at]), at));
            let best = scored
                .filter(|(score, _)| *score > 0)
                .reduce(|a, b| if b.0 > a.0 { b } else { a });
            let (key, has_parts) = (table.key, table.has_parts);
            let is_good = |(score, _): &(i32, usize)| *score > 1 || key.is_none() && !has_parts;
            self.tables[at].label = best.filter(is_good).map(|(_, column)| column).or(key);
        }
    }

    /// Tables of names and values: a column of names, one of values, references and little else.
    pub(super) fn find_pairs(&mut self) {
        for at in 0..self.tables.len() {
            let columns = self.tables[at].columns.clone();
            let is_end = |column: &usize, ends: &[&str]| {
                let last = self.columns[*column].words.last().map(String::as_str);
                last.is_some_and(|last| ends.contains(&last)) && !self.columns[*column].is_foreign
            };
            let is_plain = |column: &usize| {
                let column = &self.columns[*column];
                !column.is_foreign && !column.is_id && column.sort != ColumnSort::Boolean
            };
            let text = |column: &usize| self.columns[*column].sort == ColumnSort::Text;
            let mut names = columns
                .clone()
                .filter(|c| is_end(c, &["kei", "nam"]) && text(c));
            let mut values = columns.clone().filter(|c| is_end(c, &["valu"]));
            let pair = names.next().zip(values.next());
            let is_small = columns.clone().filter(is_plain).count() <= 5;
            let has_parent = columns
                .clone()
                .any(|column| self.columns[column].is_foreign);
            self.tables[at].pair = pair.filter(|_| is_small && has_parent);
        }
    }
}

/// Whether the stem of a noun means persons, whoever they are in a program.
pub(super) fn names_persons(stem: &str) -> bool {
    let nouns = [
        "user",
        "people",
        "person",
        "member",
        "customer",
        "learner",
        "employe",
        "participant",
    ];
    nouns.contains(&stem)
}

/// Whether a text is no name that people use, though it is unique.
fn is_secret(column: &IndexedColumn) -> bool {
    let secret = [
        "hash", "secret", "token", "kei", "password", "url", "path", "uri", "checksum",
    ];
    column
        .words
        .iter()
        .any(|word| secret.contains(&word.as_str()))
}

/// Whether words of a reference name what a person is or did: `assigned_to`, `created_by`.
pub(super) fn names_person(words: &[String]) -> bool {
    let roles = [
        "author",
        "creator",
        "owner",
        "assigne",
        "reporter",
        "reviewer",
        "approver",
        "manager",
        "sender",
        "recipient",
        "editor",
        "poster",
        "member",
    ];
    let ends = ["by", "to"];
    let last = words.last().map_or("", String::as_str);
    roles.contains(&last) || words.len() == 2 && ends.contains(&last)
}
