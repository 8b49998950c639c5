//! Which words of a question are values: quoted ones, names in capitals, values that the schema
//! lists, words such as `female` and `French`, and plain words where a value is expected.
//!
//! Which column a value belongs to, `values.rs` decides.

use super::Parser;
use crate::question::cues::{Cue, Degree, ValueSort, cues};
use crate::question::index::ColumnSort;
use crate::question::periods::group_unit;
use crate::question::sketch::Condition;
use crate::question::tokens::TokenKind;

/// A text in the question that is a value.
#[derive(Clone, Debug)]
pub(super) struct ValueSpan {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
    pub(super) sort: Option<ValueSort>,
    /// The columns that list it.
    pub(super) listed: Vec<usize>,
    /// Whether nothing but its place shows that it is a value.
    pub(super) is_bare: bool,
    /// A mention that is inside.
    pub(super) inner: Option<usize>,
}

impl Parser<'_> {
    /// All values, in order.
    pub(super) fn value_spans(&self) -> Vec<ValueSpan> {
        let mut spans: Vec<ValueSpan> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let span = self.value_span(at);
            at = span.as_ref().map_or(at + 1, |span| span.end);
            spans.extend(span);
        }
        spans
    }

    pub(super) fn span(&self, start: usize, end: usize) -> ValueSpan {
        let texts: Vec<&str> = self.tokens[start..end]
            .iter()
            .map(|t| t.text.as_str())
            .collect();
        let text = texts.join(if self.is_chinese && end - start == 1 {
            ""
        } else {
            " "
        });
        ValueSpan {
            listed: self
                .schema
                .values
                .get(&text.to_lowercase())
                .cloned()
                .unwrap_or_default(),
            start,
            end,
            text,
            sort: None,
            is_bare: false,
            inner: None,
        }
    }

    pub(super) fn value_span(&self, at: usize) -> Option<ValueSpan> {
        if self.tokens[at].kind == TokenKind::Quoted {
            let is_free = !self
                .sketch
                .conditions
                .iter()
                .any(|condition| condition.at == at);
            return is_free.then(|| self.span(at, at + 1));
        }
        let is_state = |known: &Condition| known.at == at && self.explained[at];
        if !self.tokens[at].is_word() || self.sketch.conditions.iter().any(is_state) {
            return None;
        }
        if at > 0 && matches!(self.lower(at - 1), "named" | "called" | "titled") {
            let end = (at..self.tokens.len().min(at + 6))
                .find(|at| {
                    self.is_break(*at) || !self.tokens[*at].is_word() || self.cue(*at).is_some()
                })
                .unwrap_or(self.tokens.len().min(at + 6));
            let is_name =
                self.tokens[at].is_capital || end == self.tokens.len() || self.is_break(end);
            if end > at && is_name {
                return Some(self.span(at, end));
            }
        }
        for length in (1..=3)
            .rev()
            .filter(|length| at + length <= self.tokens.len())
        {
            let span = self.span(at, at + length);
            let text = &self.tokens[at].text;
            let is_shouted = text.len() > 2 && text.chars().all(|c| c.is_ascii_uppercase());
            let is_free = length > 1
                || is_shouted
                || self.cue(at).is_none()
                    && self.mention_at(at).is_none_or(|m| {
                        self.mentions[m]
                            .column_fit()
                            .max(self.mentions[m].table_fit())
                            < 0.9
                    });
            if !span.listed.is_empty() && is_free {
                return Some(span);
            }
        }
        self.capital_span(at)
            .or_else(|| self.known_span(at))
            .or_else(|| self.bare_span(at))
    }

    /// Words in capitals that no name explains.
    pub(super) fn capital_span(&self, at: usize) -> Option<ValueSpan> {
        let is_capital = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|token| token.is_capital && token.is_word())
        };
        let is_first = at == 0 || matches!(self.lower(at - 1), "." | "?" | "!");
        let is_strong = |m: usize| {
            self.mentions[m]
                .column_fit()
                .max(self.mentions[m].table_fit())
                >= 0.6
        };
        let is_open = |at: usize| self.mention_at(at).is_none_or(|m| !is_strong(m));
        let is_plain_cue = |at: usize| self.cue(at).is_some();
        if !is_capital(at) || is_plain_cue(at) || is_first && cues().is_stop(self.lower(at)) {
            return None;
        }
        if !is_open(at) || is_first && !is_capital(at + 1) && !self.is_chinese {
            return None;
        }
        if self.is_chinese && self.tokens[at].text.chars().count() < 2 {
            return None;
        }
        let mut end = at + 1;
        while is_capital(end) && (!is_plain_cue(end) || is_capital(end + 1)) && !self.is_code(at) {
            end += 1;
        }
        let joined: String = self.tokens[at..end]
            .iter()
            .map(|t| t.lower.clone())
            .collect::<Vec<_>>()
            .join(" ");
        let demonym = cues().value(&joined).filter(|_| end == at + 1);
        let mut span = self.span(at, end);
        if let Some((sort, text)) = demonym {
            span.sort = Some(*sort);
            span.text = text.clone().unwrap_or(span.text);
        }
        span.inner = (at..end).find_map(|at| self.mention_at(at));
        // Stop words by itself are no value.
        let has_content =
            (at..end).any(|at| !cues().is_stop(self.lower(at)) && self.mention_at(at).is_none());
        has_content.then_some(span)
    }

    /// A short word of capitals only, such as `AHD`.
    pub(super) fn is_code(&self, at: usize) -> bool {
        let text = &self.tokens[at].text;
        text.len() <= 4
            && text.len() >= 2
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    }

    /// `female`, `French` and the like.
    pub(super) fn known_span(&self, at: usize) -> Option<ValueSpan> {
        let (sort, text) = cues().value(self.lower(at))?;
        if self.mention_at(at).is_some()
            || matches!(self.lower(at), "us" | "man" | "men") && *sort == ValueSort::Place
        {
            return None;
        }
        let mut span = self.span(at, at + 1);
        span.sort = Some(*sort);
        if let Some(text) = text {
            span.text.clone_from(text);
        } else if *sort == ValueSort::Gender {
            let lower = self.lower(at);
            let is_male = matches!(lower, "male" | "males" | "man" | "men" | "boy" | "boys");
            span.text = if is_male { "male" } else { "female" }.to_owned();
        }
        Some(span)
    }

    /// A word in lower case that nothing explains, where a value is expected.
    pub(super) fn bare_span(&self, at: usize) -> Option<ValueSpan> {
        let lower = self.lower(at);
        let is_free = self.cue(at).is_none()
            && self.mention_at(at).is_none()
            && !cues().is_stop(lower)
            && lower.len() > 2
            && group_unit(lower).is_none()
            && !self.explained[at];
        let is_verb = is_verb(lower) || self.degree(at).is_some();
        let before = at.checked_sub(1).map_or("", |at| self.lower(at));
        let after_equal = at > 0
            && self.cue(at - 1) == Some(Cue::Equal)
            && before != "as"
            && self
                .mention_before(at - 1, 1)
                .is_some_and(|m| self.mentions[m].is_column());
        let after_column = at > 0
            && self.mention_at(at - 1).is_some_and(|m| {
                let fit = self.mentions[m].column_fit();
                fit >= 0.9 && self.mentions[m].is_column()
            });
        let has_article = matches!(before, "a" | "an" | "any") && at > 1
            || matches!(before, "have" | "has" | "had" | "own" | "owns" | "with");
        let is_counted = at > 0 && self.cue(at - 1) == Some(Cue::Count);
        let is_best = at > 0 && self.degree(at - 1) == Some(Degree::Superlative);
        let is_joined = at > 0
            && matches!(
                self.cue(at - 1),
                Some(Cue::Or | Cue::And | Cue::Both | Cue::Either)
            );
        let is_object = before == "of" && self.cue(at - 1).is_none() && lower.ends_with('s');
        let has_kinds = || self.near_category().is_some();
        let before_table = self
            .mention_at(at + 1)
            .is_some_and(|m| self.mentions[m].is_table());
        let ends = self.tokens.get(at + 1).is_none()
            || self.is_break(at + 1)
            || self.cue(at + 1).is_some();
        let is_person = self.is_person_value(at);
        let is_value = (after_equal && !is_verb)
            || is_person
            || (after_column && ends && !is_verb)
            || ((has_article || is_joined) && ends && !is_verb && has_kinds())
            || (is_object && ends && !is_verb && has_kinds())
            || ((is_counted || is_best) && !is_verb && has_kinds())
            || (before_table && !is_verb && self.has_category(at + 1));
        let mut span = (is_free && is_value).then(|| self.span(at, at + 1))?;
        span.is_bare = !after_column && !after_equal && !before_table && !is_person;
        let is_plural =
            (is_counted || is_joined || has_article || is_object) && lower.ends_with('s');
        if is_plural && !lower.ends_with("ss") && before != "a" {
            span.text = lower.trim_end_matches('s').to_owned();
        }
        Some(span)
    }

    /// Whether the table of a mention has a column of kinds, that a word before it may name.
    pub(super) fn has_category(&self, at: usize) -> bool {
        let table = self.mention_at(at).and_then(|m| self.mentions[m].table());
        table.is_some_and(|table| self.category(table).is_some())
    }

    /// The column of kinds that is nearest to the subject.
    pub(super) fn near_category(&self) -> Option<usize> {
        let near = self.wide_tables();
        let mut near = near
            .into_iter()
            .filter(|table| self.hops.get(*table).is_some_and(|hops| *hops <= 2));
        near.find_map(|table| self.category(table))
    }

    pub(super) fn category(&self, table: usize) -> Option<usize> {
        let words = [
            "type", "category", "kind", "status", "genre", "breed", "color", "major", "species",
        ];
        let stems: Vec<String> = words.iter().map(|word| data::words::stem(word)).collect();
        let mut columns = self.schema.tables[table].columns.clone();
        columns.find(|&column| {
            let column = &self.schema.columns[column];
            let is_kind = column.bare.iter().any(|word| stems.contains(word));
            is_kind && column.sort == ColumnSort::Text && !column.is_foreign
        })
    }
}

/// Whether a word looks like a verb, or like an adverb or adjective that is no value either.
fn is_verb(lower: &str) -> bool {
    let verbs = [
        "sold", "bought", "spent", "paid", "made", "sent", "earn", "earns", "spend",
    ];
    let mut ends = ["ed", "ing", "ly", "est"].iter();
    ends.any(|end| lower.ends_with(end)) || verbs.contains(&lower)
}
