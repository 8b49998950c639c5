//! Values of the rows that a reference leads to: `posts by 'alice'`, `assigned to jsmith`, `sub
//! forums of 'Support'`.
//!
//! The verb says which reference to a table of persons is meant. A reference to the table itself
//! becomes a condition of its own, because a table is joined only once.

use super::Parser;
use super::spans::ValueSpan;
use super::when::is_kin;
use crate::query::dates::{DateBound, DatePeriod};
use crate::question::cues::cues;
use crate::question::index::ColumnSort;
use crate::question::periods::unit;
use crate::question::sketch::{Condition, Test};

/// Words of references to whoever made something.
const MAKERS: &[&str] = &[
    "creat", "author", "owner", "user", "poster", "sender", "submit", "report",
];
/// Words of references to whoever something is for.
const TARGETS: &[&str] = &["assign", "recipi", "target", "receiv", "assigne"];
/// Words that say that rows are below others of their table.
const BELOW: &[&str] = &[
    "sub", "child", "children", "inside", "under", "within", "below", "nested",
];

impl Parser<'_> {
    /// The label of the persons that rows refer to, for a value after `by` or `to`.
    pub(super) fn person_label(&mut self, start: usize) -> Option<usize> {
        let wanted = match self.preposition(start) {
            "by" => MAKERS,
            "to" => TARGETS,
            _ => return None,
        };
        let before = start.checked_sub(2)?;
        let named = self.mention_before(start - 1, 0);
        let is_text = |(column, fit): &(usize, f32)| {
            let column = &self.schema.columns[*column];
            *fit >= 0.75 && column.sort == ColumnSort::Text && !column.is_foreign
        };
        let found = named.map(|m| &self.mentions[m]);
        if found.is_some_and(|found| found.is_column() && found.columns.iter().any(is_text)) {
            return None;
        }
        let stem = self.tokens[before].stem.clone();
        let score = |link: usize| {
            let (column, _) = self.schema.links[link].pairs[0];
            let words = &self.schema.columns[column].words;
            let is_verb = words.iter().any(|word| is_kin(word, &stem));
            let is_usual = words
                .iter()
                .any(|word| wanted.iter().any(|w| word.starts_with(w)));
            2 * i32::from(is_verb) + i32::from(is_usual)
        };
        let links = self.schema.at[self.subject].iter().copied();
        let persons: Vec<usize> = links.filter(|link| self.leads_to_persons(*link)).collect();
        let best = persons
            .iter()
            .copied()
            .max_by_key(|link| (score(*link), usize::MAX - link))?;
        if score(best) == 0 && persons.len() > 1 {
            return None;
        }
        self.mark_read(before, before + 1);
        if let Some(mention) = named.filter(|m| self.mentions[*m].is_column()) {
            self.take(mention);
        }
        self.sketch.links.push(best);
        self.schema.tables[self.schema.links[best].to].label
    }

    /// Whether a reference of the subject leads to persons that are called by a text.
    fn leads_to_persons(&self, link: usize) -> bool {
        let link = &self.schema.links[link];
        let label = self.schema.tables[link.to].label;
        let is_text = |label: usize| self.schema.columns[label].sort == ColumnSort::Text;
        let is_other = link.from == self.subject && link.to != self.subject;
        is_other && self.schema.is_person(link.to) && label.is_some_and(is_text)
    }

    /// What the rows of a table between two others are called by, if the question names the other
    /// side: the users of `members of team 'Ops'`.
    pub(super) fn partner_of_bridge(&self, table: usize) -> Option<usize> {
        let entry = &self.schema.tables[table];
        let is_text = |label: usize| {
            let label = &self.schema.columns[label];
            label.sort == ColumnSort::Text && !label.is_id && !label.is_foreign
        };
        if entry.label.is_some_and(is_text) {
            return None;
        }
        let links = self.schema.at[table]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let parents = links.filter(|link| link.from == table && link.to != table);
        let parents: Vec<usize> = parents.map(|link| link.to).collect();
        let is_used = |parent: &usize| {
            let of = |column: usize| self.schema.columns[column].table == *parent;
            self.sketch
                .conditions
                .iter()
                .any(|condition| of(condition.column))
        };
        let has_name = |parent: &usize| self.schema.tables[*parent].label.is_some_and(is_text);
        let mut open = parents
            .iter()
            .filter(|parent| !is_used(parent) && has_name(parent));
        let (first, second) = (open.next(), open.next());
        let is_other_side = parents.iter().any(is_used) && parents.len() == 2;
        first.copied().filter(|_| is_other_side && second.is_none())
    }

    /// Whether a column refers to persons.
    pub(super) fn is_person_reference(&self, column: usize) -> bool {
        let key = self.schema.referred(column);
        let table = self.schema.columns[key].table;
        key != column && self.schema.is_person(table)
    }

    /// `categories inside category 'Docs'`: the row above is called so.
    pub(super) fn row_above(&mut self, span: &ValueSpan) -> bool {
        let is_below = |at: &usize| BELOW.contains(&self.lower(*at));
        let Some(place) = (0..span.start).find(is_below) else {
            return false;
        };
        let links = self.schema.at[self.subject]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let mut own = links.filter(|link| link.from == link.to && link.pairs.len() == 1);
        let (Some(link), Some(label)) = (own.next(), self.schema.tables[self.subject].label) else {
            return false;
        };
        let (column, key) = link.pairs[0];
        let named = Test::Named(key, label, span.text.clone());
        self.mark_read(place, place + 1);
        self.mark_read(span.start, span.end);
        self.add_condition(Condition {
            column,
            test: named,
            at: span.start,
            any: None,
        });
        true
    }

    /// A person in place of a table of what persons did: `who wrote the most comments`.
    pub(super) fn person_of(&self, table: usize) -> Option<usize> {
        let who = (0..self.tokens.len().min(4)).find(|at| self.lower(*at) == "who")?;
        let label = self.schema.tables[table].label;
        let has_name = label.is_some_and(|l| self.schema.columns[l].sort == ColumnSort::Text);
        if self.schema.is_person(table) && has_name {
            return None;
        }
        let refers = |link: &&usize| {
            let link = &self.schema.links[**link];
            link.from == table && link.to != table && self.schema.is_person(link.to)
        };
        let verb = self
            .tokens
            .get(who + 1)
            .map_or("", |token| token.stem.as_str());
        let is_verb = |link: &usize| {
            let (column, _) = self.schema.links[*link].pairs[0];
            self.schema.columns[column]
                .words
                .iter()
                .any(|word| is_kin(word, verb))
        };
        let links: Vec<usize> = self.schema.at[table]
            .iter()
            .filter(refers)
            .copied()
            .collect();
        let link = links
            .iter()
            .copied()
            .find(is_verb)
            .or(links.first().copied())?;
        Some(self.schema.links[link].to)
    }

    /// Whether persons are asked for whose table the question does not name.
    pub(super) fn asks_who(&self) -> bool {
        let has_who = (0..self.tokens.len().min(4)).any(|at| self.lower(at) == "who");
        has_who && self.schema.is_person(self.subject) && !self.is_mentioned(self.subject)
    }

    /// A word in lower case after `assigned to` and the like.
    pub(super) fn is_person_value(&self, at: usize) -> bool {
        let verb = at.checked_sub(2).map_or("", |at| self.lower(at));
        let is_verb = verb.ends_with("ed") || verb == "sent" || verb == "written";
        let is_end = at + 1 >= self.tokens.len() || self.is_break(at + 1);
        let mut links = self.schema.at[self.subject].iter();
        let is_after = matches!(self.lower(at.wrapping_sub(1)), "by" | "to");
        is_after && is_verb && is_end && links.any(|link| self.leads_to_persons(*link))
    }

    /// `baskets older than 30 days`: by the age of the rows.
    pub(super) fn aged(&mut self, at: usize) -> Option<usize> {
        let number = (at + 2..self.tokens.len().min(at + 4))
            .find(|at| self.tokens[*at].number().is_some())?;
        let unit = unit(self.lower(number + 1))?;
        let count: i32 = self.tokens[number].number()?.parse().ok()?;
        let is_late = cues().is_late(self.lower(at))?;
        let column = self.own_date()?;
        let is_sane = (1..=10_000).contains(&count);
        let bound = is_sane.then_some(DateBound::Ago(unit, count));
        let period = match is_late {
            true => DatePeriod {
                from: bound,
                until: None,
            },
            false => DatePeriod {
                from: None,
                until: bound,
            },
        };
        bound?;
        self.condition(column, Test::During(period), at, number + 2)
    }
}
