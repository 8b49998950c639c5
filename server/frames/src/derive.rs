//! New columns whose names say how they are computed from the file's own: `df["total_value"] =`
//! becomes `df["price"] * df["quantity"]`.
//!
//! Only where each part is a single column of the right type; a guess among several is none.

use crate::frame_code::FrameCode;
use crate::{FrameColumn, FrameColumns};
use data::CodeTokenKind;

/// A way to compute a column: words of its name, of the two columns, and the operator.
struct Derivation {
    result: &'static [&'static str],
    left: &'static [&'static str],
    operator: &'static str,
    right: &'static [&'static str],
}

const PRICES: &[&str] = &["price", "cost", "rate", "fee", "wage"];
const COUNTS: &[&str] = &[
    "quantity", "qty", "count", "units", "amount", "hours", "pieces",
];
const INCOME: &[&str] = &["revenue", "sales", "income", "turnover", "total"];
const EXPENSES: &[&str] = &["cost", "costs", "expense", "expenses", "spend", "spending"];

const DERIVATIONS: &[Derivation] = &[
    Derivation {
        result: &[
            "total", "value", "revenue", "amount", "sales", "turnover", "sum", "subtotal",
        ],
        left: PRICES,
        operator: "*",
        right: COUNTS,
    },
    Derivation {
        result: &["profit", "margin", "earnings", "net"],
        left: INCOME,
        operator: "-",
        right: EXPENSES,
    },
];

/// Parts of a date that a column can be named for, with the attribute that gives them.
const DATE_PARTS: &[(&str, &str)] = &[
    ("year", "dt.year"),
    ("month", "dt.month"),
    ("day", "dt.day"),
    ("weekday", "dt.weekday"),
    ("quarter", "dt.quarter"),
    ("hour", "dt.hour"),
];

impl FrameCode<'_> {
    /// What computes the new column whose assignment ends at an offset, `df["total"] =`; with the
    /// blank that is missing before it.
    pub fn derive(&self, offset: usize, files: &dyn FrameColumns) -> Option<String> {
        let before = self.code.text.get(..offset)?.trim_end_matches(' ');
        let end = self
            .code
            .tokens
            .partition_point(|token| token.range.start < before.len());
        let equals = end.checked_sub(1)?;
        let start = equals.checked_sub(4)?;
        let is_assignment = self.code.is_mark(equals, b'=')
            && self.code.is_mark(equals - 1, b']')
            && self.code.kind(equals - 2) == Some(CodeTokenKind::Text)
            && self.code.is_mark(equals - 3, b'[')
            && self.code.tokens[start].is_first
            && self.is_python;
        let line = self.code.text[offset..].lines().next().unwrap_or_default();
        if !is_assignment || !line.trim().is_empty() {
            return None;
        }
        let name = self.code.word(start)?;
        let frame = &self.frames[self.frame_named(name, start)?];
        let columns = files.columns(&frame.path)?;
        let new = self.code.content(equals - 2)?;
        if columns.iter().any(|column| column.name == new) {
            return None;
        }
        let value = product(name, &new, &columns).or_else(|| date_part(name, &new, &columns))?;
        let blank = if before.len() == offset { " " } else { "" };
        Some(format!("{blank}{value}"))
    }
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(c.to_lowercase()));
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn has_word(name: &str, of: &[&str]) -> bool {
    words(name).iter().any(|word| of.contains(&word.as_str()))
}

/// The only number column with one of these words.
fn only<'a>(columns: &'a [FrameColumn], of: &[&str]) -> Option<&'a str> {
    let mut fitting = columns
        .iter()
        .filter(|column| column.is_number && has_word(&column.name, of));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first.name.as_str())
}

fn product(frame: &str, new: &str, columns: &[FrameColumn]) -> Option<String> {
    let way = |way: &Derivation| {
        if !has_word(new, way.result) {
            return None;
        }
        let (left, right) = (only(columns, way.left)?, only(columns, way.right)?);
        let operator = way.operator;
        (left != right).then(|| {
            format!(
                "{frame}[{}] {operator} {frame}[{}]",
                quoted(left),
                quoted(right)
            )
        })
    };
    DERIVATIONS.iter().find_map(way)
}

fn date_part(frame: &str, new: &str, columns: &[FrameColumn]) -> Option<String> {
    let mut times = columns.iter().filter(|column| column.is_time);
    let time = times.next().filter(|_| times.next().is_none())?;
    let wanted = words(new);
    let (_, attribute) = DATE_PARTS
        .iter()
        .find(|(part, _)| wanted.last().is_some_and(|w| w == part))?;
    Some(format!("{frame}[{}].{attribute}", quoted(&time.name)))
}

/// A name as a text of the language.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
