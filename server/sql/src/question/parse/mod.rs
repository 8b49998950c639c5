//! Reads a question: what is asked for, of which rows, how it is grouped and ordered.
//!
//! Each part looks for its own cues and takes the names next to them: `compare.rs` numbers and
//! dates, `values.rs` texts, `negate.rs` what must not be, `order.rs` the largest and the order,
//! `select.rs` groups, functions and what is returned. A name that was taken is taken for all.
//! What is open, [`Choices`] decides: other choices are other readings.

mod compare;
mod count;
mod counted;
mod finish;
mod group;
mod keys;
mod leftover;
mod measure;
mod negate;
mod order;
mod pairs;
mod patterns;
mod pick;
mod places;
mod refer;
mod select;
mod sorted;
mod spans;
mod states;
mod values;
mod when;

use super::cues::{Cue, Degree, cues};
use super::index::QuestionSchema;
use super::link::{Mention, mentions};
use super::periods::group_unit;
use super::sketch::{Condition, Sketch};
use super::tokens::Token;
use crate::query::SqlAggregate;

/// Decisions that a question leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    /// A mention that means its second best column.
    pub second: Option<usize>,
    /// Whether groups are by the name and not by the key.
    pub groups_by_label: bool,
    /// Whether key columns of other tables are joined even if a reference has them.
    pub joins_keys: bool,
    /// Whether tables that are only mentioned are left out.
    pub drops_tables: bool,
    /// Whether equal rows become one, where this is open.
    pub distinct: bool,
    /// Whether the table that is mentioned second is the subject.
    pub second_subject: bool,
}

/// A question that is being read.
pub(crate) struct Parser<'a> {
    pub schema: &'a QuestionSchema,
    pub tokens: &'a [Token],
    pub is_chinese: bool,
    pub choices: Choices,
    pub mentions: Vec<Mention>,
    /// The mention at each token.
    at: Vec<Option<usize>>,
    /// The cue that begins at each token, with its length.
    cues: Vec<Option<(usize, Cue)>>,
    /// The cue that each token is in.
    cue_at: Vec<Option<Cue>>,
    /// Mentions that a condition, an order or a group has taken.
    taken: Vec<bool>,
    /// Cues that an order or a condition has used.
    spent: Vec<bool>,
    /// Words that are names in a table of names and values, with the column of names.
    keys: Vec<(usize, usize)>,
    /// Mentions that are columns here, though tables are called so.
    counters: Vec<usize>,
    /// The mention that the order came from.
    ordered_by: Option<usize>,
    /// Whether the limit is of all groups: `orders per city, top 10`.
    is_total_limit: bool,
    /// The direction of an order whose measure is not named: `largest first`.
    open_order: Option<bool>,
    /// A column with two values that a function is wanted of each.
    split: Option<usize>,
    /// Tokens that something has explained.
    pub explained: Vec<bool>,
    /// The distance of each table from the subject.
    hops: Vec<usize>,
    subject: usize,
    /// How open the choices of columns were: the smallest lead of a best over a second.
    pub margin: f32,
    /// Mentions with more than one likely column.
    pub open_mentions: Vec<usize>,
    /// How many values were given to a column without a sign which.
    pub guesses: usize,
    sketch: Sketch,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(schema: &'a QuestionSchema, tokens: &'a [Token], is_chinese: bool) -> Self {
        let count = tokens.len();
        let mut parser = Self {
            schema,
            tokens,
            is_chinese,
            choices: Choices::default(),
            mentions: mentions(schema, tokens),
            at: vec![None; count],
            cues: vec![None; count],
            cue_at: vec![None; count],
            taken: Vec::new(),
            spent: vec![false; count],
            keys: Vec::new(),
            counters: Vec::new(),
            ordered_by: None,
            is_total_limit: false,
            open_order: None,
            split: None,
            explained: vec![false; count],
            hops: Vec::new(),
            subject: 0,
            margin: 1.0,
            open_mentions: Vec::new(),
            guesses: 0,
            sketch: Sketch::default(),
        };
        parser.find_cues();
        parser.settle();
        parser
    }

    /// Whether any name of the schema is in the question.
    pub(crate) fn has_names(&self) -> bool {
        !self.mentions.is_empty()
    }

    /// Whether a table is named in full.
    pub(crate) fn names(&self, table: usize) -> bool {
        let is_it = |(known, fit): &(usize, f32)| *known == table && *fit >= 0.9;
        self.mentions
            .iter()
            .any(|mention| mention.is_table() && mention.tables.iter().any(is_it))
    }

    /// Reads the question under some choices.
    pub(crate) fn read(&mut self, choices: Choices) -> Option<Sketch> {
        self.choices = choices;
        self.taken = vec![false; self.mentions.len()];
        self.explained = vec![false; self.tokens.len()];
        self.spent = vec![false; self.tokens.len()];
        self.counters.clear();
        self.ordered_by = None;
        self.split = None;
        self.is_total_limit = self.has_total_limit();
        self.open_order = None;
        self.sketch = Sketch {
            joins_keys: choices.joins_keys,
            groups_by_label: choices.groups_by_label,
            ..Sketch::default()
        };
        self.margin = 1.0;
        self.guesses = 0;
        self.open_mentions.clear();
        self.subject = self.find_subject()?;
        self.sketch.subject = self.subject;
        self.hops = self.schema.hops(self.subject);
        self.mark_names();
        self.read_keys();
        self.read_comparisons();
        self.read_values();
        self.read_states();
        self.read_negations();
        self.read_order();
        self.read_items();
        self.read_tables();
        Some(std::mem::take(&mut self.sketch))
    }

    fn find_cues(&mut self) {
        let words: Vec<&str> = self
            .tokens
            .iter()
            .map(|token| token.lower.as_str())
            .collect();
        let is_quoted = |at: usize| self.tokens[at].kind == super::tokens::TokenKind::Quoted;
        let mut at = 0;
        while at < words.len() {
            match cues().phrase(&words[at..]).filter(|_| !is_quoted(at)) {
                Some((length, cue)) => {
                    self.cues[at] = Some((length, cue));
                    self.cue_at[at..at + length].fill(Some(cue));
                    at += length;
                }
                None => at += 1,
            }
        }
    }

    /// Decides between names and cues that share tokens.
    fn settle(&mut self) {
        let all = std::mem::take(&mut self.mentions);
        for mention in all {
            let fit = mention.column_fit().max(mention.table_fit());
            let length = mention.end - mention.start;
            let in_cue = (mention.start..mention.end).any(|at| self.cue_at[at].is_some());
            let is_kept = match in_cue {
                false => fit >= 0.3,
                true if length > 1 => fit >= 0.8,
                true => fit >= 0.9 && self.name_beats_cue(&mention),
            };
            if !is_kept {
                continue;
            }
            for at in mention.start..mention.end {
                self.drop_cue(at);
                self.at[at] = Some(self.mentions.len());
            }
            self.mentions.push(mention);
        }
        // A weak half of a name next to a strong one is noise.
        self.taken = vec![false; self.mentions.len()];
    }

    /// Whether a single word is the name that it also is, and not what it does.
    fn name_beats_cue(&self, mention: &Mention) -> bool {
        let at = mention.start;
        let next_is_name = |parser: &Self| {
            let mut places = at + 1..parser.tokens.len().min(at + 4);
            // `order total per event`: what follows is another part.
            let is_end = |at: &usize| {
                let is_break = parser.is_break(*at) && parser.lower(*at) != ",";
                is_break || parser.cue_at[*at] == Some(Cue::Each)
            };
            let is_noun = |at: &usize| {
                let token = &parser.tokens[*at];
                token.is_word() && !cues().is_stop(&token.lower)
            };
            let next = places.find(|at| is_end(at) || is_noun(at));
            next.is_some_and(|at| !is_end(&at))
        };
        match self.cue_at[at] {
            Some(Cue::Request) => at > 0 || mention.columns.len() == 1,
            Some(Cue::Aggregate(_) | Cue::Most | Cue::Fewest) => !next_is_name(self),
            Some(Cue::Share) => mention.columns.iter().any(|(column, _)| {
                self.schema.columns[*column]
                    .name
                    .eq_ignore_ascii_case(self.lower(at))
            }),
            Some(Cue::Growth | Cue::Empty | Cue::Common) => true,
            Some(Cue::Ordering) => at > 0,
            Some(Cue::Count | Cue::Median) => !next_is_name(self),
            _ => false,
        }
    }

    fn drop_cue(&mut self, at: usize) {
        if self.cue_at[at].is_none() {
            return;
        }
        for start in (0..=at).rev() {
            if let Some((length, _)) = self.cues[start] {
                if start + length > at {
                    self.cues[start] = None;
                    self.cue_at[start..start + length].fill(None);
                }
                return;
            }
        }
    }

    /// The table that the question is about.
    fn find_subject(&self) -> Option<usize> {
        let is_open = |mention: &&Mention| {
            let before = mention.start.checked_sub(1).and_then(|at| self.cue_at[at]);
            let is_measure = mention.start > 0 && self.lower(mention.start - 1) == "by";
            let is_ranked =
                self.is_chinese && (is_measure || matches!(before, Some(Cue::Most | Cue::Fewest)));
            !is_ranked && before != Some(Cue::Each) && !self.is_negated_name(mention.start)
        };
        let open = (0..self.mentions.len()).filter(|m| !self.is_modifier(*m));
        let open: Vec<&Mention> = open.map(|m| &self.mentions[m]).filter(is_open).collect();
        let mut tables = open
            .iter()
            .filter(|m| m.is_table())
            .filter_map(|m| m.table());
        let first = match self.is_chinese {
            true => tables.clone().next_back(),
            false => tables.next(),
        };
        let second = tables.find(|table| Some(*table) != first);
        let by_columns = || {
            heaviest(self.schema, &open)
                .or_else(|| heaviest(self.schema, &self.mentions.iter().collect::<Vec<_>>()))
        };
        match self.choices.second_subject {
            true => second,
            false => {
                let found = first.or_else(|| self.revenue_table()).or_else(by_columns)?;
                Some(self.person_of(found).unwrap_or(found))
            }
        }
    }

    /// Whether a table only says which kind of another it is: `product` in `product categories`.
    pub(super) fn is_modifier(&self, mention: usize) -> bool {
        let found = &self.mentions[mention];
        let Some(next) = self.mention_at(found.end).map(|next| &self.mentions[next]) else {
            return false;
        };
        let (Some(a), Some(b)) = (found.table(), next.table()) else {
            return false;
        };
        let is_link = |link: &usize| self.schema.links[*link].other(a) == b;
        found.is_table() && next.is_table() && a != b && self.schema.at[a].iter().any(is_link)
    }

    /// Whether a name is shortly after a negation, in the same clause.
    fn is_negated_name(&self, start: usize) -> bool {
        for at in (start.saturating_sub(5)..start).rev() {
            let is_other = self.cue_at[at] == Some(Cue::Relative) || self.lower(at) == "·";
            if self.is_break(at) || is_other {
                return false;
            }
            if self.cue_at[at] == Some(Cue::Not) {
                return true;
            }
        }
        false
    }

    /// Words of names, cues and stop words are explained.
    fn mark_names(&mut self) {
        for at in 0..self.tokens.len() {
            let token = &self.tokens[at];
            let is_known = self.at[at].is_some()
                || self.cue_at[at].is_some()
                || !token.is_word() && token.number().is_none()
                || cues().is_stop(&token.lower)
                || matches!(token.stem.as_str(), "sal" | "sale") && self.names_amount(at + 1);
            self.explained[at] = is_known;
        }
        // `per product and month`: no value is called month.
        for at in 1..self.tokens.len() {
            let is_next = matches!(self.cue(at - 1), Some(Cue::And | Cue::Each));
            let has_each = (0..at).any(|at| self.cue(at) == Some(Cue::Each));
            if is_next && has_each && group_unit(self.lower(at)).is_some() {
                self.explained[at] = true;
            }
        }
    }

    /// Whether a top number follows the groups and a comma: it is of all groups together.
    fn has_total_limit(&self) -> bool {
        let each = (0..self.tokens.len()).find(|at| self.cue(*at) == Some(Cue::Each));
        let Some(each) = each else {
            return false;
        };
        (each..self.tokens.len()).any(|at| {
            let is_top = matches!(self.cue(at), Some(Cue::Most | Cue::Fewest));
            is_top
                && self.lower(at - 1) == ","
                && self
                    .tokens
                    .get(at + 1)
                    .is_some_and(|next| next.number().is_some())
        })
    }

    pub(super) fn lower(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.lower.as_str())
    }

    pub(super) fn cue(&self, at: usize) -> Option<Cue> {
        self.cue_at.get(at).copied().flatten()
    }

    /// The cue that begins here, with where it ends.
    pub(super) fn cue_from(&self, at: usize) -> Option<(usize, Cue)> {
        self.cues
            .get(at)
            .copied()
            .flatten()
            .map(|(length, cue)| (at + length, cue))
    }

    /// The mention at a token.
    pub(super) fn mention_at(&self, at: usize) -> Option<usize> {
        self.at.get(at).copied().flatten()
    }

    /// The next mention that begins at a token or up to `within` tokens after it.
    pub(super) fn next_mention(&self, at: usize, within: usize) -> Option<usize> {
        (at..self.tokens.len().min(at + within + 1)).find_map(|at| {
            self.mention_at(at)
                .filter(|m| self.mentions[*m].start >= at)
        })
    }

    /// The last mention that ends at a token or up to `within` tokens before it.
    pub(super) fn mention_before(&self, at: usize, within: usize) -> Option<usize> {
        (at.saturating_sub(within + 1)..at)
            .rev()
            .find_map(|at| self.mention_at(at))
    }

    pub(super) fn take(&mut self, mention: usize) {
        self.taken[mention] = true;
    }

    /// Marks cues as used.
    pub(super) fn spend(&mut self, from: usize, to: usize) {
        let to = to.min(self.spent.len());
        if from < to {
            self.spent[from..to].fill(true);
        }
    }

    pub(super) fn mark_read(&mut self, from: usize, to: usize) {
        let to = to.min(self.explained.len());
        if from < to {
            self.explained[from..to].fill(true);
        }
    }

    /// Whether a token ends what a clause says: a sign, or a cue that begins another clause.
    pub(super) fn is_break(&self, at: usize) -> bool {
        matches!(self.lower(at), "." | "?" | ";" | "," | ":" | "!")
    }

    /// The degree of an adjective at a token.
    pub(super) fn degree(&self, at: usize) -> Option<Degree> {
        cues()
            .adjectives(self.lower(at))
            .first()
            .map(|(_, degree)| *degree)
    }

    pub(super) fn has_cue(&self, wanted: &[Cue]) -> bool {
        self.cue_at.iter().flatten().any(|cue| wanted.contains(cue))
    }

    pub(super) fn add_condition(&mut self, condition: Condition) {
        let is_known =
            |known: &Condition| known.column == condition.column && known.test == condition.test;
        if !self.sketch.conditions.iter().any(is_known) {
            self.sketch.conditions.push(condition);
        }
    }

    pub(super) fn aggregate_at(&self, at: usize) -> Option<SqlAggregate> {
        match self.cue(at) {
            Some(Cue::Aggregate(function)) => Some(function),
            _ => None,
        }
    }
}

/// The table that most names of a question belong to.
fn heaviest(schema: &QuestionSchema, mentions: &[&Mention]) -> Option<usize> {
    let mut weights: Vec<(usize, f32)> = Vec::new();
    for mention in mentions {
        let columns = mention
            .columns
            .iter()
            .map(|(column, fit)| (schema.columns[*column].table, *fit));
        for (table, fit) in columns.chain(mention.tables.iter().copied()) {
            match weights.iter_mut().find(|(known, _)| *known == table) {
                Some((_, weight)) => *weight += fit,
                None => weights.push((table, fit + 0.01 * schema.children(table).min(5) as f32)),
            }
        }
    }
    let best = weights
        .into_iter()
        .reduce(|a, b| if b.1 > a.1 + 0.001 { b } else { a });
    best.map(|(table, _)| table)
}
