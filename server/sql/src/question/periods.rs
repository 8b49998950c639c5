//! Finds days and periods among the tokens of a question: `Q3 2022`, `last month`, `past 30 days`,
//! `March 5, 2023`, `2023-04`, `between May and July 2021`.
//!
//! A period replaces its tokens by one. Years by themselves stay numbers: only the column that
//! they are compared with shows whether they are dates. Months without a year are those of the
//! year that the caller says it is.

use super::tokens::{Token, TokenKind};
use crate::query::dates::{CalendarDay, DateBound, DatePeriod, DateUnit};
use data::words::MONTHS;

const ORDINALS: &[(&str, u8)] = &[
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("1st", 1),
    ("2nd", 2),
    ("3rd", 3),
    ("4th", 4),
];

/// The unit that a word names.
pub(crate) fn unit(word: &str) -> Option<DateUnit> {
    Some(match word {
        "year" | "years" | "yearly" | "annual" | "annually" => DateUnit::Year,
        "quarter" | "quarters" | "quarterly" => DateUnit::Quarter,
        "month" | "months" | "monthly" => DateUnit::Month,
        "week" | "weeks" | "weekly" => DateUnit::Week,
        "day" | "days" | "daily" => DateUnit::Day,
        _ => return None,
    })
}

/// The unit of groups that a word names: the parts of weeks and days too.
pub(crate) fn group_unit(word: &str) -> Option<DateUnit> {
    match word {
        "weekday" | "weekdays" => Some(DateUnit::Weekday),
        "hour" | "hours" | "hourly" => Some(DateUnit::Hour),
        word => unit(word),
    }
}

/// Replaces all periods by tokens of their own.
pub(crate) fn find_periods(tokens: Vec<Token>, today: CalendarDay) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        match period(&tokens[at..], today) {
            Some((length, period)) => {
                let text: Vec<&str> = tokens[at..at + length]
                    .iter()
                    .map(|t| t.text.as_str())
                    .collect();
                let mut token = Token::word(&text.join(" "));
                token.kind = TokenKind::Period(period);
                out.push(token);
                at += length;
            }
            None => {
                out.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    join_ranges(out)
}

/// The period at the begin of the tokens, with how many it takes.
fn period(tokens: &[Token], today: CalendarDay) -> Option<(usize, DatePeriod)> {
    iso_day(tokens)
        .or_else(|| quarter(tokens, today))
        .or_else(|| month(tokens, today))
        .or_else(|| relative(tokens))
        .or_else(|| counted_year(tokens))
}

fn small(token: Option<&Token>, most: u8) -> Option<u8> {
    let token = token?;
    let digits = match token.number() {
        Some(number) => number,
        None => token
            .lower
            .trim_end_matches(|c: char| c.is_ascii_alphabetic()),
    };
    digits
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.lower.as_str())
}

/// `2023-04-05`, `2023/4/5`, `2023-04`.
fn iso_day(tokens: &[Token]) -> Option<(usize, DatePeriod)> {
    let year = tokens.first()?.year()?;
    let sign = word(tokens, 1);
    if sign != "-" && sign != "/" {
        return None;
    }
    let month = small(tokens.get(2), 12)?;
    if word(tokens, 3) == sign
        && let Some(day) = small(tokens.get(4), 31)
    {
        return Some((5, one_day(CalendarDay::new(year, month, day)?)));
    }
    Some((3, DatePeriod::months(CalendarDay::new(year, month, 1)?, 1)))
}

fn one_day(day: CalendarDay) -> DatePeriod {
    DatePeriod {
        from: Some(DateBound::Day(day)),
        until: Some(DateBound::Day(day.next())),
    }
}

/// A year after `of`, `in` or nothing: how many tokens, and which.
fn year_after(tokens: &[Token], at: usize) -> Option<(usize, i32)> {
    let skip = usize::from(matches!(word(tokens, at), "of" | "in" | "," | "·"));
    let year = tokens.get(at + skip)?.year()?;
    let is_unit = word(tokens, at + skip + 1) == "year";
    Some((skip + 1 + usize::from(is_unit), year))
}

/// `Q3 2022`, `third quarter of 2022`, `2022 Q3`, `2022 year quarter 3`.
fn quarter(tokens: &[Token], today: CalendarDay) -> Option<(usize, DatePeriod)> {
    if let Some(year) = tokens.first()?.year() {
        let skip = 1 + usize::from(word(tokens, 1) == "year");
        let skip = skip + usize::from(word(tokens, skip) == "·");
        let (length, number) = quarter_number(&tokens[skip.min(tokens.len())..])?;
        return Some((skip + length, quarter_of(year, number)));
    }
    let (length, number) = quarter_number(tokens)?;
    let (more, year) = year_after(tokens, length).unwrap_or((0, today.year));
    Some((length + more, quarter_of(year, number)))
}

fn quarter_number(tokens: &[Token]) -> Option<(usize, u8)> {
    let first = word(tokens, 0);
    if let Some(number) = first
        .strip_prefix('q')
        .and_then(|number| number.parse().ok())
        && (1..=4).contains(&number)
    {
        return Some((1, number));
    }
    let (_, number) = ORDINALS.iter().find(|(name, _)| *name == first)?;
    (word(tokens, 1) == "quarter").then_some((2, *number))
}

fn quarter_of(year: i32, number: u8) -> DatePeriod {
    let first = CalendarDay::year(year).plus_months(i32::from(number - 1) * 3);
    DatePeriod::months(first, 3)
}

/// The month that a token names, in full or by three letters.
fn month_number(token: Option<&Token>) -> Option<u8> {
    let token = token.filter(|token| token.is_word())?;
    let name = token.lower.as_str();
    let is_short = name.len() == 3 || name == "sept";
    let found = MONTHS.iter().position(|month| {
        *month == name || (is_short && name != "mar" && name != "may" && month.starts_with(name))
    })?;
    // `may` and `march` are verbs as well.
    let is_verb = matches!(name, "may" | "march") && !token.is_capital;
    (!is_verb).then(|| u8::try_from(found + 1).unwrap_or(1))
}

/// `March 5, 2023`, `5 March 2023`, `March 2023`, `2023 year 3 month`, `March`.
fn month(tokens: &[Token], today: CalendarDay) -> Option<(usize, DatePeriod)> {
    if let Some(year) = tokens.first()?.year()
        && word(tokens, 1) == "year"
        && let Some(month) = small(tokens.get(2), 12)
        && word(tokens, 3) == "month"
    {
        return match small(tokens.get(4), 31) {
            Some(day) if matches!(word(tokens, 5), "day") => {
                Some((6, one_day(CalendarDay::new(year, month, day)?)))
            }
            _ => Some((4, DatePeriod::months(CalendarDay::new(year, month, 1)?, 1))),
        };
    }
    if let (Some(day), Some(month)) = (small(tokens.first(), 31), month_number(tokens.get(1))) {
        let (more, year) = year_after(tokens, 2)?;
        return Some((2 + more, one_day(CalendarDay::new(year, month, day)?)));
    }
    let month = month_number(tokens.first())?;
    if let Some(day) = small(tokens.get(1), 31)
        && let Some((more, year)) = year_after(tokens, 2)
    {
        return Some((2 + more, one_day(CalendarDay::new(year, month, day)?)));
    }
    let (more, year) = year_after(tokens, 1).unwrap_or((0, today.year));
    Some((
        1 + more,
        DatePeriod::months(CalendarDay::new(year, month, 1)?, 1),
    ))
}

/// `last month`, `this year`, `past 30 days`, `today`, `yesterday`, `year to date`.
fn relative(tokens: &[Token]) -> Option<(usize, DatePeriod)> {
    let start = |unit, before| Some(DateBound::StartOf(unit, before));
    let between = |from, until| DatePeriod { from, until };
    match word(tokens, 0) {
        "today" => {
            return Some((
                1,
                between(start(DateUnit::Day, 0), start(DateUnit::Day, -1)),
            ));
        }
        "yesterday" => return Some((1, between(start(DateUnit::Day, 1), start(DateUnit::Day, 0)))),
        _ => {}
    }
    let skip = usize::from(word(tokens, 0) == "the");
    let which = word(tokens, skip);
    let next = tokens.get(skip + 1)?;
    if let Some(count) = next.number().and_then(|count| count.parse::<i32>().ok()) {
        let unit = group_unit(word(tokens, skip + 2)).filter(|unit| *unit != DateUnit::Weekday)?;
        let is_past = matches!(which, "last" | "past" | "previous" | "recent");
        let is_sane = (1..=10_000).contains(&count);
        if which == "next" && is_sane {
            let until = Some(DateBound::Ago(unit, -count));
            return Some((skip + 3, between(start(DateUnit::Day, 0), until)));
        }
        return (is_past && is_sane)
            .then(|| (skip + 3, between(Some(DateBound::Ago(unit, count)), None)));
    }
    let unit = unit(&next.lower).filter(|_| next.lower.len() < 8)?;
    let is_up_to_now = skip == 1 && which == "last" || which == "past";
    let period = match which {
        // `the last week` ends now, `last week` ended on Sunday.
        _ if is_up_to_now => between(Some(DateBound::Ago(unit, 1)), None),
        "last" | "previous" => between(start(unit, 1), start(unit, 0)),
        "this" | "current" => between(start(unit, 0), start(unit, -1)),
        "next" => between(start(unit, -1), start(unit, -2)),
        _ => return None,
    };
    Some((skip + 2, period))
}

/// `2023 year`, as Chinese says it. In English, only the bare number.
fn counted_year(tokens: &[Token]) -> Option<(usize, DatePeriod)> {
    let year = tokens.first()?.year()?;
    (word(tokens, 1) == "year").then(|| (2, DatePeriod::year(year)))
}

/// `between A and B`, `from A to B` of two periods are one.
fn join_ranges(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let joined = range(&tokens[at..]);
        match joined {
            Some((length, period)) => {
                let mut token = Token::word("period");
                token.kind = TokenKind::Period(period);
                out.push(token);
                at += length;
            }
            None => {
                out.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    out
}

fn range(tokens: &[Token]) -> Option<(usize, DatePeriod)> {
    let of = |at: usize| match tokens.get(at).map(|token| &token.kind) {
        Some(TokenKind::Period(period)) => Some(*period),
        _ => None,
    };
    let (opens, middle) = (word(tokens, 0), word(tokens, 2));
    let is_range = matches!(
        (opens, middle),
        ("between", "and") | ("from", "to" | "until" | "till" | "through")
    );
    if is_range && let (Some(from), Some(until)) = (of(1), of(3)) {
        return Some((
            4,
            DatePeriod {
                from: from.from,
                until: until.until,
            },
        ));
    }
    // Chinese says `2020 after`.
    let next = word(tokens, 1);
    if let Some(period) = of(0).filter(|_| matches!(next, "after" | "before")) {
        let is_bare = of(2).is_none() && tokens.get(2).is_none_or(|token| token.number().is_none());
        let bounded = match next {
            "after" => DatePeriod {
                from: period.until.or(period.from),
                until: None,
            },
            _ => DatePeriod {
                from: None,
                until: period.from,
            },
        };
        return is_bare.then_some((2, bounded));
    }
    let period = of(1)?;
    let bounded = match opens {
        "since" => DatePeriod {
            from: period.from,
            until: None,
        },
        "after" => DatePeriod {
            from: period.until.or(period.from),
            until: None,
        },
        "before" => DatePeriod {
            from: None,
            until: period.from,
        },
        "until" | "till" => DatePeriod {
            from: None,
            until: period.until,
        },
        _ => return None,
    };
    Some((2, bounded))
}
