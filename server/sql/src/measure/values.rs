//! Values for one column of a made table: of its type, and near to what the statements compare it
//! with. The name of a column says where its type does not: days, moments, keys. Some values are
//! exactly those that a statement names, some just miss them. Nothing here knows other columns.

use super::calendar::{TODAY, date, day_number, days};
use super::hints::ColumnHint;
use super::random::Chance;
use super::tables::TableColumn;
use rusqlite::types::Value;

/// The largest key that a column names which no foreign key says more of.
const KEYS: i64 = 12;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Truth,
    Whole,
    Number,
    Date,
    Moment,
    /// Seconds since 1970, or thousandths.
    Seconds(i64),
    Text,
}

/// How a database is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// How many rows a table gets that refers to no other.
    pub(super) rows: i64,
    /// The probability of a value that a statement names.
    pub(super) named: f64,
    /// Whether many rows share a value.
    pub(super) is_narrow: bool,
    /// The power by which rows take the first of possible values: 1 for all alike.
    pub(super) skew: i32,
    /// The probability of NULL where it is allowed.
    pub(super) null: f64,
    /// The probability that a named text has other letters: capitals or none.
    pub(super) other_case: f64,
}

/// Makes the values of a column.
pub(super) struct ColumnValues<'a> {
    content: Content,
    column: &'a TableColumn,
    texts: Vec<&'a str>,
    numbers: Vec<f64>,
    is_null_tested: bool,
    is_null_known: bool,
    is_ranked: bool,
    is_grouped: bool,
    /// Whether the name says that the value is a key of another table.
    is_reference: bool,
    manner: Manner,
}

impl<'a> ColumnValues<'a> {
    pub(super) fn new(
        column: &'a TableColumn,
        hint: Option<&'a ColumnHint>,
        manner: Manner,
    ) -> Self {
        let texts: Vec<&str> = hint.map_or_else(Vec::new, |hint| {
            hint.texts.iter().map(String::as_str).collect()
        });
        let numbers = hint.map_or_else(Vec::new, |hint| {
            hint.numbers
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect()
        });
        Self {
            content: content(column, hint, &texts, &numbers),
            column,
            texts,
            numbers,
            is_null_tested: hint.is_some_and(|hint| hint.is_null_tested),
            is_null_known: hint.is_some_and(|hint| hint.is_null_known),
            is_ranked: hint.is_some_and(|hint| hint.is_ranked),
            is_grouped: hint.is_some_and(|hint| hint.is_grouped),
            is_reference: is_reference(&column.name),
            manner,
        }
    }

    /// Whether the next value shall be NULL.
    pub(super) fn is_null(&self, is_link: bool, chance: &mut Chance) -> bool {
        let probability = match (is_link, self.is_null_tested, self.is_null_known) {
            (true, _, false) => 0.0,
            (true, _, true) | (false, true, _) => 0.4,
            (false, false, _) => self.manner.null,
        };
        self.column.is_nullable && chance.happens(probability)
    }

    /// A value for the row of a number, from 1.
    pub(super) fn value(&self, row: i64, chance: &mut Chance) -> Value {
        if self.column.is_unique {
            return self.unique(row);
        }
        if !self.column.values.is_empty() {
            return self.listed(chance);
        }
        match self.content {
            Content::Truth => Value::Integer(chance.between(0, 1)),
            Content::Whole | Content::Number => self.number(chance),
            Content::Date => Value::Text(date(self.day(chance))),
            Content::Moment => self.moment(chance),
            Content::Seconds(unit) => {
                let seconds = self.day(chance) * 86_400 + chance.between(0, 86_399);
                Value::Integer(seconds * unit)
            }
            Content::Text => Value::Text(self.text(chance)),
        }
    }

    /// A value that no other row has: what statements name first, then numbers.
    fn unique(&self, row: i64) -> Value {
        let at = usize::try_from(row - 1).unwrap_or(usize::MAX);
        match self.content {
            Content::Text | Content::Truth => {
                let known = self.column.values.get(at).map(String::as_str);
                let text = known.or_else(|| self.texts.get(at).copied());
                let text = text.filter(|text| !text.is_empty());
                Value::Text(text.map_or_else(|| format!("k{row}"), str::to_owned))
            }
            Content::Date | Content::Moment => Value::Text(date(TODAY - row)),
            Content::Whole | Content::Number | Content::Seconds(_) => {
                let large = self
                    .numbers
                    .iter()
                    .filter(|number| **number > self.manner.rows as f64);
                let named = large.rev().nth(at).filter(|number| number.fract() == 0.0);
                Value::Integer(named.map_or(row, |number| *number as i64))
            }
        }
    }

    fn listed(&self, chance: &mut Chance) -> Value {
        let known: Vec<&str> = self.column.values.iter().map(String::as_str).collect();
        let named: Vec<&str> = self
            .texts
            .iter()
            .copied()
            .filter(|text| known.contains(text))
            .collect();
        let is_named = chance.happens(self.manner.named);
        let from = if is_named && !named.is_empty() {
            &named
        } else {
            &known
        };
        let value = chance.pick(from).copied().unwrap_or_default();
        match value.parse() {
            Ok(number) if matches!(self.content, Content::Whole | Content::Truth) => {
                Value::Integer(number)
            }
            _ => Value::Text(value.to_owned()),
        }
    }

    fn number(&self, chance: &mut Chance) -> Value {
        if chance.happens(self.manner.named * 0.5)
            && let Some(text) = chance.pick(&self.texts)
        {
            return Value::Text((*text).to_owned());
        }
        if chance.happens(self.manner.named)
            && let Some(number) = chance.pick(&self.numbers)
        {
            let near = [0.0, 0.0, 0.0, 1.0, -1.0, 5.0];
            let number = number + chance.pick(&near).copied().unwrap_or_default();
            return self.written(number);
        }
        let most = match (self.is_ranked, self.manner.is_narrow || self.is_reference) {
            (true, _) => 9_999,
            (false, true) => KEYS,
            (false, false) => 200,
        };
        let half = if self.content == Content::Number {
            0.5
        } else {
            0.0
        };
        self.written(self.skewed(most, chance) as f64 + half)
    }

    /// From 1 to `most`; where groups shall be large, the first ones more often.
    fn skewed(&self, most: i64, chance: &mut Chance) -> i64 {
        let skew = if self.is_grouped { self.manner.skew } else { 1 };
        1 + (chance.share().powi(skew) * most as f64) as i64
    }

    /// A number as the column holds it.
    fn written(&self, number: f64) -> Value {
        match number.fract() == 0.0 && number.abs() < 9e15 {
            true => Value::Integer(number as i64),
            false => Value::Real(number),
        }
    }

    /// A day: near to one that is named, in the last two months, or in the last two years.
    fn day(&self, chance: &mut Chance) -> i64 {
        let texts = self.texts.iter().filter_map(|text| days(text));
        let years = self
            .numbers
            .iter()
            .filter(|year| (1900.0..2100.0).contains(*year));
        let years = years.map(|year| (day_number(*year as i64, 1, 1), 365));
        let named: Vec<(i64, i64)> = texts.chain(years).collect();
        if chance.happens(self.manner.named)
            && let Some((first, length)) = chance.pick(&named)
        {
            let near = [0, 0, 0, -1, 1, -7, -29, -30, -31, 30, -90, -365];
            let near = chance.pick(&near).copied().unwrap_or_default();
            return first + chance.between(0, length - 1) + if *length > 1 { 0 } else { near };
        }
        match chance.happens(0.4) {
            true => TODAY - chance.between(0, 60),
            false => TODAY - chance.between(0, 900),
        }
    }

    fn moment(&self, chance: &mut Chance) -> Value {
        let (hour, minute) = (chance.between(0, 23), chance.between(0, 59));
        let (day, second) = (date(self.day(chance)), chance.between(0, 59));
        Value::Text(format!("{day} {hour:02}:{minute:02}:{second:02}"))
    }

    fn text(&self, chance: &mut Chance) -> String {
        if chance.happens(self.manner.named)
            && let Some(text) = chance.pick(&self.texts)
        {
            return self.variant(text, chance);
        }
        if chance.happens(self.manner.named * 0.5)
            && let Some(number) = chance.pick(&self.numbers)
        {
            return number.to_string();
        }
        if self.is_reference {
            return format!("k{}", self.skewed(KEYS, chance));
        }
        let most = if self.manner.is_narrow { 6 } else { 40 };
        format!("v{}", self.skewed(most, chance))
    }

    /// A named text as it is, in other letters, or with more before and after it; of a number, the
    /// one before or after.
    fn variant(&self, text: &str, chance: &mut Chance) -> String {
        if let Ok(number) = text.parse::<i64>()
            && number.abs() < 1_000_000_000
        {
            return (number + chance.between(-1, 1)).to_string();
        }
        if chance.happens(self.manner.other_case) {
            return match chance.happens(0.5) {
                true => text.to_uppercase(),
                false => text.to_lowercase(),
            };
        }
        match chance.between(0, 9) {
            0 => format!("{text} b"),
            1 => format!("a {text}"),
            2 => format!("a{text}b"),
            _ => text.to_owned(),
        }
    }
}

/// Ends of names that mean a day or moment.
const DAY_NAMES: &[&str] = &[
    "date",
    "_at",
    "_on",
    "_day",
    "datetime",
    "timestamp",
    "_unix",
];

fn content(
    column: &TableColumn,
    hint: Option<&ColumnHint>,
    texts: &[&str],
    numbers: &[f64],
) -> Content {
    let declared = column.declared.as_str();
    let name = column.name.to_lowercase();
    let is = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    let has_day_name = DAY_NAMES.iter().any(|end| name.ends_with(end)) || name == "clock";
    let is_month = |text: &&str| text.len() >= 7 && days(text).is_some();
    let compares_days = hint.is_some_and(|hint| hint.is_day) || texts.iter().any(is_month);
    let is_summed = hint.is_some_and(|hint| hint.is_summed);
    let is_ranked = hint.is_some_and(|hint| hint.is_ranked);
    if is(&["BOOL"]) {
        return Content::Truth;
    }
    if is(&["DATETIME", "TIMESTAMP"]) {
        return Content::Moment;
    }
    if is(&["DATE"]) {
        return Content::Date;
    }
    if is(&["INT"]) {
        let has_thousandths = numbers
            .iter()
            .any(|number| *number == 1000.0 || *number > 1e11);
        let unit = if has_thousandths { 1000 } else { 1 };
        let is_day = has_day_name || compares_days;
        return if is_day {
            Content::Seconds(unit)
        } else {
            Content::Whole
        };
    }
    if is(&["REAL", "FLOA", "DOUB", "DEC"]) {
        return Content::Number;
    }
    let is_text = declared.is_empty() || is(&["CHAR", "CLOB", "TEXT", "BLOB", "JSON", "UUID"]);
    match (is_text, has_day_name || compares_days) {
        (true, true) if is_ranked || name.ends_with("_at") => Content::Moment,
        (true, true) => Content::Date,
        (true, false) if is_summed => Content::Number,
        (true, false) => Content::Text,
        (false, _) => Content::Whole,
    }
}

/// Whether the name of a column says that it holds keys of tables.
fn is_reference(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "id" || name.ends_with("_id")
}
