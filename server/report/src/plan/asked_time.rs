//! The time that a question names: a year, a quarter or a month, and how long periods should be.
//!
//! Read from the words of the question in English and Chinese: `in 2024`, `since March 2024`,
//! `Q3 2023`, `2024年1月以来`, `by quarter`, `按月`. Nothing here knows the file.

#[cfg(test)]
mod tests;

use super::words;
use crate::period::PeriodSpan;
use data::words::MONTHS;

const SINCE: [&str; 4] = ["since", "from", "自", "从"];
const SINCE_AFTER: [&str; 3] = ["以来", "起", "之后"];

/// A time that a question names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AskedTime {
    /// The first day, counted from 1970-01-01.
    pub(crate) first: i64,
    /// The day after the last one; `None` for all days that follow.
    pub(crate) end: Option<i64>,
    /// The label of the period that was named.
    pub(crate) label: String,
    /// The length of the period that was named.
    pub(crate) span: PeriodSpan,
}

fn number(word: Option<&String>, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let number = word?.parse().ok()?;
    range.contains(&number).then_some(number)
}

fn month(word: Option<&String>) -> Option<i64> {
    let word = word?.as_str();
    let is_name = |name: &str| name == word || word.len() == 3 && name.starts_with(word);
    let found = MONTHS.iter().position(|name| is_name(name));
    found.map(|at| at as i64 + 1)
}

/// The part of the year that words around it name, and the places of these words.
fn part(words: &[String], year: usize) -> Option<(PeriodSpan, i64, Vec<usize>)> {
    let before = |back: usize| year.checked_sub(back).and_then(|at| words.get(at));
    let after = |steps: usize| words.get(year + steps);
    let is = |word: Option<&String>, text: &str| word.is_some_and(|word| word.starts_with(text));
    if let Some(month) = month(before(1)) {
        return Some((PeriodSpan::Month, month, vec![year - 1]));
    }
    if let Some(month) = month(after(1)) {
        return Some((PeriodSpan::Month, month, vec![year + 1]));
    }
    if let (true, Some(quarter)) = (is(before(2), "q"), number(before(1), 1..=4)) {
        return Some((PeriodSpan::Quarter, quarter, vec![year - 2, year - 1]));
    }
    if let (true, Some(quarter)) = (is(after(1), "q"), number(after(2), 1..=4)) {
        return Some((PeriodSpan::Quarter, quarter, vec![year + 1, year + 2]));
    }
    // 2024年1月, 2024年第1季度
    let at = (1..=3).find(|steps| number(after(*steps), 1..=12).is_some())?;
    let value = number(after(at), 1..=12)?;
    let places = (1..=at + 1).map(|steps| year + steps).collect();
    match () {
        () if is(after(at + 1), "月") => Some((PeriodSpan::Month, value, places)),
        () if is(after(at + 1), "季") => Some((PeriodSpan::Quarter, value, places)),
        () if at == 1 && after(1).is_some_and(|word| word.len() == 2) => {
            Some((PeriodSpan::Month, value, vec![year + 1]))
        }
        () => None,
    }
}

/// The time that words name, and the places of the words that name it.
pub(super) fn time(words: &[String]) -> Option<(AskedTime, Vec<usize>)> {
    let is_year =
        |at: &usize| words[*at].len() == 4 && number(words.get(*at), 1900..=2100).is_some();
    let at = (0..words.len()).find(is_year)?;
    let year = number(words.get(at), 1900..=2100)?;
    let found = part(words, at);
    let (span, ordinal) = match &found {
        Some((PeriodSpan::Month, month, _)) => (PeriodSpan::Month, year * 12 + month - 1),
        Some((_, quarter, _)) => (PeriodSpan::Quarter, year * 4 + (quarter - 1).min(3)),
        None => (PeriodSpan::Year, year),
    };
    let mut places = found.map_or(Vec::new(), |(_, _, places)| places);
    places.push(at);
    let first = places.iter().min().copied().unwrap_or(at);
    let last = places.iter().max().copied().unwrap_or(at);
    if words
        .get(last + 1)
        .is_some_and(|word| word.starts_with('年'))
    {
        places.push(last + 1);
    }
    let is_since = |place: usize, all: &[&str]| {
        let word = words.get(place);
        word.is_some_and(|word| all.iter().any(|one| word == one || word.ends_with(one)))
    };
    let is_open = first > 0 && is_since(first - 1, &SINCE)
        || is_since(last + 1, &SINCE_AFTER)
        || is_since(last + 2, &SINCE_AFTER);
    let named = AskedTime {
        first: span.first_day(ordinal),
        end: (!is_open).then(|| span.first_day(ordinal + 1)),
        label: span.label(ordinal),
        span,
    };
    Some((named, places))
}

/// How long periods should be by the words, and the place of the word: `by quarter`.
pub(super) fn span(words: &[String]) -> Option<(PeriodSpan, usize)> {
    let is_by = |at: usize| words::is_on("by", &words[at]);
    (1..words.len()).find_map(|at| {
        let spans = PeriodSpan::ALL.into_iter();
        let found = spans
            .filter(|_| is_by(at - 1))
            .find(|span| words::is_on(&format!("span.{}", span.key()), &words[at]));
        found.map(|span| (span, at))
    })
}
