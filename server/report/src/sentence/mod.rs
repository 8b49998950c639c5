//! From findings to sentences: the catalogs have the words, this module fills them in.
//!
//! A sentence is a list of pieces, so that pages can mark names and numbers, and escape them in
//! their own way. Nothing here computes.

pub(crate) mod catalog;
pub(crate) mod file_notes;
pub(crate) mod format;
#[cfg(test)]
mod tests;

use crate::finding::{NumberForm, NumberValue, ReportFinding, ReportNumber};
use crate::options::ReportLanguage;
use crate::period::PeriodSpan;
use crate::plan::PlanNote;

/// What a piece of a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Words,
    /// A column, or a value of one.
    Name,
    Number,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) text: String,
}

/// How sentences are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer {
    pub(crate) language: ReportLanguage,
    pub(crate) show_values: bool,
}

/// The text of pieces without marks.
pub(crate) fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

fn span_of(key: &str) -> Option<PeriodSpan> {
    PeriodSpan::ALL.into_iter().find(|span| span.key() == key)
}

impl Writer {
    fn piece(kind: PieceKind, text: impl Into<String>) -> Piece {
        Piece {
            kind,
            text: text.into(),
        }
    }

    /// A catalog line as words.
    pub(crate) fn words(&self, key: &str) -> String {
        catalog::get(self.language, key).to_owned()
    }

    /// A number by its form.
    pub(crate) fn number(&self, number: &ReportNumber) -> Piece {
        let kind = PieceKind::Number;
        match (&number.value, number.form) {
            (NumberValue::Text(_), NumberForm::Private) if !self.show_values => {
                Self::piece(PieceKind::Name, self.words("page.masked"))
            }
            (NumberValue::Text(text), NumberForm::Period(span)) => {
                Self::piece(kind, format::period(self.language, span, text))
            }
            (NumberValue::Text(text), NumberForm::Phase(span)) => {
                Self::piece(kind, format::phase(self.language, span, text))
            }
            (NumberValue::Text(text), _) => Self::piece(PieceKind::Name, text),
            (NumberValue::Count(value), _) => Self::piece(kind, format::count(*value)),
            (NumberValue::Real(value), NumberForm::Percent) => {
                Self::piece(kind, format::percent(*value))
            }
            (NumberValue::Real(value), NumberForm::Times) => {
                Self::piece(kind, format::times(*value))
            }
            (NumberValue::Real(value), _) => Self::piece(kind, format::amount(*value)),
        }
    }

    /// A text with names, filled in from pairs.
    pub(crate) fn fill(&self, template: &str, names: &[(&str, String)]) -> Vec<Piece> {
        let span = names
            .iter()
            .find(|(key, _)| *key == "span" || *key == "spans");
        let span = span.and_then(|(_, key)| span_of(key));
        self.expand(template, &|name| {
            let value = names
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.as_str());
            self.named(name, value, span, false)
        })
    }

    /// The sentence of a note.
    pub(crate) fn note(&self, note: &PlanNote) -> Vec<Piece> {
        capitalized(self.fill(catalog::get(self.language, note.template), &note.names))
    }

    /// The sentence of a finding.
    pub(crate) fn sentence(&self, finding: &ReportFinding) -> Vec<Piece> {
        capitalized(self.finding(catalog::get(self.language, finding.template), finding))
    }

    /// The advice of a finding, if its kind has one.
    pub(crate) fn advice(&self, finding: &ReportFinding) -> Option<Vec<Piece>> {
        let key = format!("advice.{}", finding.template);
        let template = catalog::nearest(self.language, &key)?;
        Some(capitalized(self.finding(template, finding)))
    }

    fn finding(&self, template: &str, finding: &ReportFinding) -> Vec<Piece> {
        let span = finding.word("span").and_then(span_of);
        let is_private = finding.word("segment_form") == Some(NumberForm::Private.key());
        self.expand(template, &|name| {
            if let Some(number) = finding.numbers.iter().find(|number| number.name == name) {
                // Amounts in "falls by" have no sign of their own.
                let mut number = number.clone();
                if let (NumberValue::Real(value), true) =
                    (&mut number.value, is_size(finding, name))
                {
                    *value = value.abs();
                }
                return vec![self.number(&number)];
            }
            match name {
                "rows" => {
                    let rows = i64::try_from(finding.rows).unwrap_or(i64::MAX);
                    vec![Self::piece(PieceKind::Number, format::count(rows))]
                }
                "near" | "against" | "side" => {
                    let key = format!("{name}.{}", finding.word(name).unwrap_or_default());
                    self.finding(catalog::get(self.language, &key), finding)
                }
                "measure" => self.named(name, finding.measure.as_deref(), span, false),
                _ => self.named(name, finding.word(name), span, is_private),
            }
        })
    }

    /// The piece for a name that is no number.
    fn named(
        &self,
        name: &str,
        value: Option<&str>,
        span: Option<PeriodSpan>,
        is_private: bool,
    ) -> Vec<Piece> {
        let text = value.unwrap_or_default();
        let piece = match (name, span) {
            ("span" | "spans", Some(span)) => Self::piece(
                PieceKind::Words,
                self.words(&format!("{name}.{}", span.key())),
            ),
            (name, Some(span)) if name.ends_with("period") || name == "first" || name == "last" => {
                Self::piece(PieceKind::Number, format::period(self.language, span, text))
            }
            ("segment" | "low_segment", _) if is_private && !self.show_values => {
                Self::piece(PieceKind::Name, self.words("page.masked"))
            }
            ("segment" | "low_segment", _) if text == "(missing)" => {
                Self::piece(PieceKind::Name, self.words("word.missing"))
            }
            ("measure", _) if text == self.words("word.rows") => {
                Self::piece(PieceKind::Words, text)
            }
            (
                "measure" | "column" | "dimension" | "segment" | "low_segment" | "x" | "y"
                | "value" | "table",
                _,
            ) => Self::piece(PieceKind::Name, text),
            ("words" | "readings" | "method" | "p" | "kind" | "examples", _) => {
                Self::piece(PieceKind::Words, text)
            }
            _ => Self::piece(PieceKind::Number, text),
        };
        vec![piece]
    }

    /// Replaces the names of a template; `{in:NAME}` puts the preposition of a period before it.
    fn expand(&self, template: &str, resolve: &dyn Fn(&str) -> Vec<Piece>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((words, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            if !words.is_empty() {
                pieces.push(Self::piece(PieceKind::Words, words));
            }
            match name.strip_prefix("in:") {
                Some(name) => pieces.extend(self.with_preposition(&resolve(name), resolve)),
                None => pieces.extend(resolve(name)),
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Self::piece(PieceKind::Words, rest));
        }
        pieces
    }

    fn with_preposition(
        &self,
        period: &[Piece],
        resolve: &dyn Fn(&str) -> Vec<Piece>,
    ) -> Vec<Piece> {
        let span = plain(&resolve("span"));
        let key = PeriodSpan::ALL
            .into_iter()
            .find(|one| self.words(&format!("span.{}", one.key())) == span);
        let key = key.map_or("month", PeriodSpan::key);
        let template = self.words(&format!("in.{key}"));
        let (before, after) = template.split_once("{period}").unwrap_or_default();
        let mut pieces = vec![Self::piece(PieceKind::Words, before)];
        pieces.extend_from_slice(period);
        pieces.push(Self::piece(PieceKind::Words, after));
        pieces.retain(|piece| !piece.text.is_empty());
        pieces
    }
}

/// Whether the sentence gives the direction in words, so that the number is a size.
fn is_size(finding: &ReportFinding, name: &str) -> bool {
    let template = finding.template;
    match name {
        "slope" => template.starts_with("trend.") || template.starts_with("relation."),
        "low" | "high" => template.starts_with("season."),
        "difference" => template.starts_with("change."),
        "points" => true,
        _ => false,
    }
}

/// A sentence begins with a capital letter, unless it begins with a name; it is "an hour".
fn capitalized(mut pieces: Vec<Piece>) -> Vec<Piece> {
    for at in 1..pieces.len() {
        let is_hour = pieces[at].text.starts_with("hour");
        if let Some(words) = pieces[at - 1].text.strip_suffix(" a ").filter(|_| is_hour) {
            pieces[at - 1].text = format!("{words} an ");
        }
    }
    if let Some(first) = pieces
        .first_mut()
        .filter(|piece| piece.kind == PieceKind::Words)
    {
        let mut chars = first.text.chars();
        if let Some(letter) = chars.next() {
            first.text = letter.to_uppercase().chain(chars).collect();
        }
    }
    pieces
}
