//! Texts that rows must have: quoted ones, names in capitals, values that the schema lists, words
//! such as `female` and `French`, and parts of texts.
//!
//! The column is the one that is named next to the value, else one that lists it, else the
//! likeliest for how the value is introduced: a place after `in`, the name of the table before it.

use super::Parser;
use super::spans::ValueSpan;
use crate::query::Comparison;
use crate::question::cues::{Cue, ValueSort};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Condition, Literal, Test};
use crate::question::tokens::TokenKind;
use data::words::is_han;

impl Parser<'_> {
    pub(super) fn read_values(&mut self) {
        self.read_patterns();
        self.read_adjectives();
        let spans = self.value_spans();
        let mut last: Option<(usize, usize)> = None;
        for span in spans {
            if self.row_above(&span) {
                continue;
            }
            let column = self.value_column(&span, last);
            let column = column.and_then(|column| self.fitting_column(&span, column));
            let Some(column) = column else {
                continue;
            };
            last = Some((column, span.end));
            if let Some(mention) = self
                .mention_at(span.start)
                .filter(|_| !span.listed.is_empty())
            {
                self.take(mention);
            }
            let text = self.text_of_value(&span, column);
            let is_not = self.is_negated(span.start);
            let operator = if is_not {
                Comparison::Unequal
            } else {
                Comparison::Equal
            };
            let literal = match self.schema.columns[column].sort {
                ColumnSort::Boolean => Literal::Boolean(true),
                _ => Literal::Text(text),
            };
            let test = Test::Compare(operator, literal);
            self.mark_read(span.start, span.end);
            if self.full_name(&span, column, operator) {
                continue;
            }
            self.add_condition(Condition {
                column,
                test,
                at: span.start,
                any: None,
            });
        }
        self.read_flags();
        self.read_counters();
        self.read_empty();
        self.read_yes();
        self.join_values();
    }

    /// A value as the column writes it.
    fn text_of_value(&self, span: &ValueSpan, column: usize) -> String {
        let words = &self.schema.columns[column].words;
        let is_language = words
            .iter()
            .any(|word| matches!(word.as_str(), "languag" | "nationaliti"));
        let written = self.tokens[span.start..span.end]
            .iter()
            .map(|token| token.text.as_str());
        match span.sort {
            Some(ValueSort::Demonym) if is_language => written.collect::<Vec<_>>().join(" "),
            Some(ValueSort::Gender) if words.iter().any(|word| word == "sex") => {
                span.text[..1].to_uppercase()
            }
            _ => self.as_listed(column, &span.text),
        }
    }

    /// The column of a value.
    pub(super) fn value_column(
        &mut self,
        span: &ValueSpan,
        last: Option<(usize, usize)>,
    ) -> Option<usize> {
        if let Some(column) = self.listing_column(span) {
            self.take_near(span, column);
            return Some(column);
        }
        // `A or B`: the second has the column of the first.
        if let Some((column, end)) = last
            && (end..span.start).all(|at| self.joins_values(at))
        {
            return Some(column);
        }
        let is_plain_word = !self.is_quoted(span.start) && !self.tokens[span.start].is_capital;
        if !span.listed.is_empty() && is_plain_word {
            return None;
        }
        if span.sort.is_none()
            && let Some(label) = self.person_label(span.start)
        {
            return Some(label);
        }
        let is_plain = span.start > 0
            && self.cue(span.start - 1) != Some(Cue::Equal)
            && self.mention_at(span.start - 1).is_none();
        let known = span
            .sort
            .filter(|_| is_plain)
            .and_then(|_| self.sort_column(span));
        let kind = self.near_category().filter(|_| is_plain && span.is_bare);
        self.guesses += usize::from(span.is_bare);
        // A plain word is a value only where a column is named for it.
        let is_word = span.sort.is_none() && !self.is_quoted(span.start) && {
            let is_plain = |c: char| c.is_lowercase() || c == '-' || c == ' ' || is_han(c);
            span.text.chars().all(is_plain)
        };
        let is_called = span.start.checked_sub(1).is_some_and(|at| {
            matches!(self.lower(at), "named" | "called" | "titled")
                || self.cue(at) == Some(Cue::Equal)
        });
        if is_word && !is_called {
            let kinds = self.followed_column(span).filter(|column| {
                let table = self.schema.columns[*column].table;
                self.category(table) == Some(*column)
            });
            self.guesses += usize::from(kinds.is_some());
            let named = known.or(kind).or(kinds).or_else(|| self.named_column(span));
            let is_text = |column: &usize| self.schema.columns[*column].sort == ColumnSort::Text;
            return named.filter(is_text);
        }
        known.or(kind).or_else(|| self.likely_column(span))
    }

    /// The column of a value that nothing says the kind of.
    fn likely_column(&mut self, span: &ValueSpan) -> Option<usize> {
        let found = self
            .followed_column(span)
            .or_else(|| self.named_column(span))
            .or_else(|| self.sort_column(span))
            .or_else(|| self.inner_column(span))
            .or_else(|| self.introduced_column(span));
        found.or_else(|| {
            self.guesses += 1;
            let is_lower = span.text.chars().all(char::is_lowercase);
            let label = self.schema.tables[self.subject].label;
            let kind = self.near_category().filter(|_| is_lower);
            kind.or_else(|| self.partner_label(span.start)).or(label)
        })
    }

    fn is_quoted(&self, at: usize) -> bool {
        self.tokens[at].kind == TokenKind::Quoted
    }

    /// A value as the schema lists it, whatever its case in the question.
    fn as_listed(&self, column: usize, text: &str) -> String {
        let mut values = self.schema.columns[column].values.iter();
        let listed = values.find(|value| value.to_lowercase() == text.to_lowercase());
        listed.cloned().unwrap_or_else(|| text.to_owned())
    }

    /// The column, if it can have the value; for a reference by number what its rows are called
    /// by. A text is never compared with a number, and lists have all their values.
    fn fitting_column(&self, span: &ValueSpan, column: usize) -> Option<usize> {
        let found = &self.schema.columns[column];
        let is_number = span.text.parse::<f64>().is_ok();
        let key = self.schema.referred(column);
        let target = &self.schema.tables[self.schema.columns[key].table];
        let label = target.label.filter(|label| {
            let label = &self.schema.columns[*label];
            label.sort == ColumnSort::Text && !label.is_id
        });
        let is_code = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        let is_code = span.text.chars().any(|c| c.is_ascii_digit())
            || span.text.len() <= 5 && span.text.chars().all(is_code);
        let is_reference = found.is_foreign && found.is_id && key != column;
        match found.sort {
            _ if is_reference && !is_code && label.is_some() => label,
            ColumnSort::Number if !is_number => {
                let own = self.schema.tables[found.table].label;
                own.filter(|own| found.is_key && self.schema.columns[*own].sort == ColumnSort::Text)
            }
            ColumnSort::Text if !found.values.is_empty() && !self.lists(column, &span.text) => None,
            _ => Some(column),
        }
    }

    fn lists(&self, column: usize, text: &str) -> bool {
        let mut values = self.schema.columns[column].values.iter();
        values.any(|value| value.to_lowercase() == text.to_lowercase())
    }

    /// `named Ann Lee` where first and last names have columns of their own.
    fn full_name(&mut self, span: &ValueSpan, column: usize, operator: Comparison) -> bool {
        let found = &self.schema.columns[column];
        let mut columns = self.schema.tables[found.table].columns.clone();
        let is_last = |column: &usize| self.schema.columns[*column].words == ["last", "nam"];
        let is_first = found.words == ["first", "nam"];
        let parts: Vec<&str> = span.text.split(' ').collect();
        let ([first, second], Some(last)) =
            (&parts[..], columns.find(is_last).filter(|_| is_first))
        else {
            return false;
        };
        for (column, text) in [(column, first), (last, second)] {
            let test = Test::Compare(operator, Literal::Text((*text).to_owned()));
            self.add_condition(Condition {
                column,
                test,
                at: span.start,
                any: None,
            });
        }
        true
    }

    /// The column that lists a value, the nearest of several.
    fn listing_column(&self, span: &ValueSpan) -> Option<usize> {
        let near = self.near_tables();
        let table = |column: &usize| self.schema.columns[*column].table;
        let place = |column: &&usize| {
            let near = near.iter().position(|near| *near == table(column));
            near.unwrap_or(usize::MAX)
        };
        // A plain word before a table is a value of that or of what it refers to.
        let next = self
            .mention_at(span.end)
            .and_then(|m| self.mentions[m].table());
        let is_plain = !self.is_quoted(span.start) && !self.tokens[span.start].is_capital;
        let is_fit = |column: &&usize| {
            let owner = table(column);
            let refers = |link: &usize| self.schema.links[*link].to == owner;
            next.filter(|_| is_plain)
                .is_none_or(|next| next == owner || self.schema.at[next].iter().any(refers))
        };
        span.listed.iter().filter(is_fit).min_by_key(place).copied()
    }

    /// `the Alton airport`: the table after the value, if nothing directly before it says more.
    fn followed_column(&self, span: &ValueSpan) -> Option<usize> {
        let is_introduced = span.start.checked_sub(1).is_some_and(|at| {
            self.mention_at(at).is_some()
                || self.cue(at) == Some(Cue::Equal)
                || matches!(self.lower(at), "named" | "called" | "by" | "of" | ":")
        });
        let next = self
            .mention_at(span.end)
            .filter(|m| self.mentions[*m].is_table())?;
        let is_plain = span.inner.is_none() && span.sort.is_none();
        (is_plain && !is_introduced)
            .then(|| self.table_value(next, span))
            .flatten()
    }

    /// `United Airlines`: a name inside the value says which table it is of.
    fn inner_column(&mut self, span: &ValueSpan) -> Option<usize> {
        let is_text = |column: &IndexedColumn| {
            column.sort == ColumnSort::Text && (!column.is_foreign || column.is_id)
        };
        let mention = span.inner?;
        let table = self.mentions[mention]
            .table()
            .filter(|_| self.mentions[mention].is_table());
        let label = table.and_then(|table| self.schema.tables[table].label);
        let column = label.or_else(|| self.pick_where(mention, &is_text))?;
        self.take(mention);
        Some(column)
    }

    /// A column for how the value is introduced: a place after `in`, the table next to it.
    fn introduced_column(&mut self, span: &ValueSpan) -> Option<usize> {
        let preposition = self.preposition(span.start);
        let is_place = matches!(preposition, "in" | "from" | "at" | "to" | "into");
        let is_code = self.is_code(span.start) && span.end == span.start + 1;
        if let Some(column) = self.code_column().filter(|_| is_place && is_code) {
            return Some(column);
        }
        // `enrolled in 'Yoga'`: the verb is a table of its own.
        let verb = (span.start.saturating_sub(4)..span.start)
            .rev()
            .find_map(|at| self.mention_at(at));
        let is_partner = verb.is_some_and(|m| {
            let found = &self.mentions[m];
            let is_verb = self.lower(found.end - 1).ends_with("ed");
            is_verb && found.is_table() && found.table() != Some(self.subject)
        });
        if is_partner && let Some(label) = self.partner_label(span.start) {
            return Some(label);
        }
        let from = preposition == "from";
        if is_place && let Some(column) = self.place_column(span.start, from) {
            self.guesses += 1;
            return Some(column);
        }
        let after = self.next_mention(span.end, 1);
        let after = after.filter(|m| self.mentions[*m].start <= span.end);
        let near = [self.mention_before(span.start, 2), after]
            .into_iter()
            .flatten();
        near.filter(|mention| self.mentions[*mention].is_table())
            .find_map(|mention| self.table_value(mention, span))
    }

    pub(super) fn joins_values(&self, at: usize) -> bool {
        matches!(self.cue(at), Some(Cue::Or | Cue::And | Cue::But | Cue::Not))
            || matches!(
                self.lower(at),
                "the" | "," | "from" | "in" | "by" | "to" | "as" | "well" | "'s" | "at"
            )
    }

    pub(super) fn take_near(&mut self, span: &ValueSpan, column: usize) {
        let near = [
            self.mention_before(span.start, 3),
            self.next_mention(span.end, 1),
        ];
        for mention in near.into_iter().flatten() {
            let has = self.mentions[mention]
                .columns
                .iter()
                .any(|(known, _)| *known == column);
            if has && !self.mentions[mention].is_table() {
                self.take(mention);
            }
        }
    }

    /// A column that is named before the value, or after it.
    pub(super) fn named_column(&mut self, span: &ValueSpan) -> Option<usize> {
        let mut at = span.start;
        let mut signs = 0;
        while at > 0 && signs < 5 {
            at -= 1;
            if let Some(mention) = self.mention_at(at) {
                return self.column_before(mention, span, signs);
            }
            let is_located = self.lower(at) == "in" && at > 0 && {
                let mention = self
                    .mention_at(at - 1)
                    .filter(|m| self.mentions[*m].is_column());
                mention.is_some() && self.lower(at - 1).ends_with("ed")
            };
            if !self.is_equal_sign(at) && !is_located {
                break;
            }
            signs += 1;
        }
        let after = self.mention_at(span.end)?;
        let found = &self.mentions[after];
        let is_text = |column: &IndexedColumn| column.sort == ColumnSort::Text;
        if found.start != span.end || !found.is_column() || found.column_fit() < 0.6 {
            return None;
        }
        let column = self.pick_where(after, &is_text)?;
        self.take(after);
        Some(column)
    }

    /// The column of a name before a value, with `signs` small words between.
    fn column_before(&mut self, mention: usize, span: &ValueSpan, signs: usize) -> Option<usize> {
        let found = &self.mentions[mention];
        let (start, fit) = (found.start, found.column_fit());
        // `which country is X in`: the column is asked for, the value is of another.
        if start > 0 && signs > 0 && matches!(self.lower(start - 1), "what" | "which") {
            return None;
        }
        let is_called = (start..span.start).any(|at| matches!(self.lower(at), "named" | "called"));
        let table = found.table().filter(|_| is_called);
        let label = table.and_then(|table| self.schema.tables[table].label);
        if label.is_some() && found.is_table() {
            return label;
        }
        let is_named = found.is_column() || fit >= 0.9 && signs > 0;
        let is_name = |column: &IndexedColumn| column.sort == ColumnSort::Text || column.is_id;
        if is_named
            && fit >= 0.5
            && let Some(column) = self.pick_where(mention, &is_name)
        {
            self.take(mention);
            return Some(column);
        }
        label
    }

    /// Whether a word may stand between a name and its value.
    fn is_equal_sign(&self, at: usize) -> bool {
        let words = [
            "the", "a", "an", "of", "named", "called", "by", ":", "letter", "than", "·", "either",
            "both",
        ];
        matches!(self.cue(at), Some(Cue::Equal | Cue::Not)) || words.contains(&self.lower(at))
    }

    /// The column of a known kind of values.
    pub(super) fn sort_column(&self, span: &ValueSpan) -> Option<usize> {
        let is_text =
            |column: &IndexedColumn| column.sort == ColumnSort::Text && !column.is_foreign;
        let words: &[&str] = match span.sort? {
            ValueSort::Gender => &["sex", "gender"],
            ValueSort::Demonym if self.speaks() => &["language", "nationality"],
            ValueSort::Demonym => &[
                "nationality",
                "country",
                "citizenship",
                "origin",
                "language",
            ],
            ValueSort::City => &["city", "location", "place", "hometown", "address"],
            ValueSort::Place => &[
                "country",
                "nationality",
                "city",
                "location",
                "place",
                "state",
            ],
        };
        words
            .iter()
            .find_map(|word| self.column_for(&data::words::stem(word), &is_text))
    }

    /// Whether the question is about languages.
    pub(super) fn speaks(&self) -> bool {
        let words = ["languag", "speak", "us", "write", "sing"];
        self.tokens
            .iter()
            .any(|token| words.contains(&token.stem.as_str()))
    }

    /// The preposition before a value, over small words.
    pub(super) fn preposition(&self, start: usize) -> &str {
        let mut at = start;
        while at > 0 {
            at -= 1;
            match self.lower(at) {
                "the" | "a" | "both" | "either" => {}
                word => return word,
            }
        }
        ""
    }

    /// Whether a value must not be: `not`, `other than` shortly before.
    pub(super) fn is_negated(&self, start: usize) -> bool {
        let from = start.saturating_sub(5);
        let mut is_not = false;
        for at in from..start {
            match self.cue(at) {
                Some(Cue::Not) => is_not = true,
                Some(Cue::But | Cue::And | Cue::Or) => is_not = false,
                _ if self
                    .mention_at(at)
                    .is_some_and(|m| self.mentions[m].is_table()) =>
                {
                    is_not = false
                }
                _ if self.is_break(at) => is_not = false,
                _ => {}
            }
        }
        is_not
    }

    /// Whether rows of the subject have one value of a column, and are asked for themselves.
    pub(super) fn is_own_label(&self, column: usize) -> bool {
        let table = self.schema.columns[column].table;
        let entry = &self.schema.tables[self.subject];
        let is_asked = |mention: &crate::question::link::Mention| {
            mention.columns.iter().any(|(column, fit)| {
                *fit > 0.9 && (Some(*column) == entry.label || Some(*column) == entry.key)
            })
        };
        table == self.subject && self.mentions.iter().any(is_asked)
    }
}

pub(super) fn is_equal(condition: &Condition) -> bool {
    matches!(
        condition.test,
        Test::Compare(Comparison::Equal, _) | Test::Like(_, false)
    )
}
