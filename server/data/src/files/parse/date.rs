//! Dates and date-times, with the order of day and month that a value allows.
//!
//! Read are `Y-M-D` with `-`, `/` or `.`, `Y-M`, `Y年M月D日`, and `D/M/Y` or `M/D/Y` with the same
//! marks and years of four or two digits (70 to 99 mean 1970 to 1999), each with or without a time
//! of day; with English names of months `Jan 5, 2024`, `5 Jan 2024`, `5-Jan-2024`; and the periods
//! of `period.rs` as their first day. Of times with an offset the clock's own time is kept. A value
//! such as 3/4/2024 has two readings; which one a column has is decided from all of its values,
//! not here.

use super::period;
use crate::words::MONTHS;

/// A place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Microseconds since 1970-01-01.
    pub micros: i64,
    pub has_time: bool,
    pub has_offset: bool,
}

/// What a value is as a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateReading {
    /// The year comes first: one reading.
    Plain(Moment),
    /// The day comes first, the month comes first, or either.
    Ordered(Option<Moment>, Option<Moment>),
    /// No date.
    No,
}

/// Microseconds of one day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a date of the Gregorian calendar; none if there is no such day.
pub(crate) fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = lengths.get(month.wrapping_sub(1) as usize)? + u32::from(is_leap && month == 2);
    if day == 0 || day > length || !(1..=9999).contains(&year) {
        return None;
    }
    // Years that begin in March put the leap day at the end.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let month_at = (month as i32 + 9) % 12;
    let of_year = (153 * month_at + 2) / 5 + day as i32 - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Year, month and day of a number of days since 1970-01-01.
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_at = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * month_at + 2) / 5 + 1) as u32;
    let month = if month_at < 10 {
        month_at + 3
    } else {
        month_at - 9
    } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// A day as ISO text.
pub(crate) fn iso_date(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A date-time as ISO text, as SQLite and DuckDB write it.
pub(crate) fn iso_time(micros: i64) -> String {
    let date = iso_date(micros.div_euclid(DAY));
    let rest = micros.rem_euclid(DAY);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let time = format!("{date} {hour:02}:{minute:02}:{second:02}");
    if fraction == 0 {
        time
    } else {
        format!("{time}.{fraction:06}")
    }
}

/// Reads a value, whose bytes have no spaces around.
#[inline]
pub(crate) fn read(value: &[u8]) -> DateReading {
    if value.len() < 6 || value.len() > 40 {
        return DateReading::No;
    }
    if !value[0].is_ascii_digit() {
        let found = may_have_month_name(value).then(|| month_first(value));
        let found = found.flatten().or_else(|| of_period(value));
        return found.map_or(DateReading::No, DateReading::Plain);
    }
    if value.len() == 10
        && let Some(date) = iso(value)
    {
        return date;
    }
    if let Ok(value) = value.try_into()
        && let Some(moment) = iso_with_time(value)
    {
        return moment;
    }
    let found = general(value).or_else(|| of_period(value).map(DateReading::Plain));
    found.unwrap_or(DateReading::No)
}

/// The first day of a period.
fn of_period(value: &[u8]) -> Option<Moment> {
    let (_, day) = period::read(value)?;
    NO_TIME.on(day)
}

/// `2024-03-01`, the most frequent form.
#[inline]
fn iso(value: &[u8]) -> Option<DateReading> {
    if value[4] != b'-' || value[7] != b'-' {
        return None;
    }
    let digit = |at: usize| match value[at] {
        byte @ b'0'..=b'9' => Some(u32::from(byte - b'0')),
        _ => None,
    };
    let year = digit(0)? * 1000 + digit(1)? * 100 + digit(2)? * 10 + digit(3)?;
    let (month, day) = (digit(5)? * 10 + digit(6)?, digit(8)? * 10 + digit(9)?);
    let days = days(year as i32, month, day)?;
    Some(DateReading::Plain(Moment {
        micros: i64::from(days) * DAY,
        has_time: false,
        has_offset: false,
    }))
}

/// `2024-03-01 12:30:00`, the most frequent form with a time.
#[inline]
fn iso_with_time(value: &[u8; 19]) -> Option<DateReading> {
    let (date, time) = value.split_at(10);
    let [b' ' | b'T', a, b, b':', c, d, b':', e, f] = time else {
        return None;
    };
    let number = |tens: &u8, ones: &u8| match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => Some(i64::from((tens - b'0') * 10 + (ones - b'0'))),
        _ => None,
    };
    let (hour, minute, second) = (number(a, b)?, number(c, d)?, number(e, f)?);
    let DateReading::Plain(moment) = iso(date)? else {
        return None;
    };
    (hour < 24 && minute < 60 && second < 60).then(|| {
        DateReading::Plain(Moment {
            micros: moment.micros + (hour * 3600 + minute * 60 + second) * 1_000_000,
            has_time: true,
            has_offset: false,
        })
    })
}

/// Up to `most` digits at the start: their number, how many, and the rest.
pub(super) fn digits(value: &[u8], most: usize) -> Option<(u32, usize, &[u8])> {
    let count = value
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let number = value[..count]
        .iter()
        .fold(0, |number, byte| number * 10 + u32::from(byte - b'0'));
    (count > 0).then_some((number, count, &value[count..]))
}

/// Whether a value may begin with the name of a month, or with a quarter: it is short, and letters
/// and digits are where they would be.
#[inline]
pub(crate) fn may_have_month_name(value: &[u8]) -> bool {
    (6..=40).contains(&value.len())
        && (value[..3].iter().all(u8::is_ascii_alphabetic)
            && value[4..].iter().take(8).any(u8::is_ascii_digit)
            && month_name(value).is_some()
            || matches!(value, [b'Q' | b'q', b'1'..=b'4', ..]))
}

/// The month whose name or abbreviation is at the start, and the rest.
pub(super) fn month_name(value: &[u8]) -> Option<(u32, &[u8])> {
    let length = value
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (name, rest) = value.split_at(length);
    let is_name = |month: &str| {
        let known = month.as_bytes();
        let is_short = length == 3 || length == 4 && month == "september";
        let known = if is_short {
            known.get(..length)
        } else {
            Some(known)
        };
        known.is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let at = MONTHS.iter().position(|month| is_name(month))?;
    Some((at as u32 + 1, rest.strip_prefix(b".").unwrap_or(rest)))
}

/// The rest after the marks that may be between parts of a date with a month's name.
pub(super) fn after_marks(value: &[u8]) -> Option<&[u8]> {
    let count = value
        .iter()
        .take_while(|byte| b" ,-/".contains(byte))
        .count();
    (1..=2).contains(&count).then(|| &value[count..])
}

/// `Jan 5, 2024`
fn month_first(value: &[u8]) -> Option<Moment> {
    let (month, rest) = month_name(value)?;
    let (day, length, rest) = digits(after_marks(rest)?, 4)?;
    let (year, year_length, rest) = digits(after_marks(rest)?, 4)?;
    let days = days(year as i32, month, day).filter(|_| length <= 2 && year_length == 4)?;
    time_of_day(rest)?.on(days)
}

/// `5 Jan 2024`, of which the day is read already.
fn day_and_month(day: u32, rest: &[u8]) -> Option<DateReading> {
    let (month, rest) = month_name(after_marks(rest)?)?;
    let (year, length, rest) = digits(after_marks(rest)?, 4)?;
    let days = days(year as i32, month, day).filter(|_| length == 4)?;
    time_of_day(rest)?.on(days).map(DateReading::Plain)
}

fn general(value: &[u8]) -> Option<DateReading> {
    let (first, length, rest) = digits(value, 4)?;
    if length == 4 {
        return year_first(first, rest);
    }
    if length <= 2 && rest.iter().take(3).any(u8::is_ascii_alphabetic) {
        return day_and_month(first, rest);
    }
    let (mark, rest) = rest.split_first()?;
    if length > 2 || !b"/-.".contains(mark) {
        return None;
    }
    let (second, length, rest) = digits(rest, 2)?;
    let rest = rest.strip_prefix(&[*mark])?;
    let (year, year_length, rest) = digits(rest, 4)?;
    let year = match year_length {
        4 => year,
        2 if year >= 70 => year + 1900,
        2 => year + 2000,
        _ => return None,
    };
    debug_assert!(length <= 2);
    let time = time_of_day(rest)?;
    let day_first = days(year as i32, second, first).and_then(|days| time.on(days));
    let month_first = days(year as i32, first, second).and_then(|days| time.on(days));
    match (day_first, month_first) {
        (None, None) => None,
        (Some(a), Some(b)) if a == b => Some(DateReading::Plain(a)),
        (day_first, month_first) => Some(DateReading::Ordered(day_first, month_first)),
    }
}

fn year_first(year: u32, rest: &[u8]) -> Option<DateReading> {
    let (marks, rest): ([&[u8]; 3], _) = match rest {
        [mark @ (b'-' | b'/' | b'.'), rest @ ..] => {
            let mark: &[u8] = match mark {
                b'-' => b"-",
                b'/' => b"/",
                _ => b".",
            };
            ([mark, mark, b""], rest)
        }
        _ => (
            ["年".as_bytes(), "月".as_bytes(), "日".as_bytes()],
            rest.strip_prefix("年".as_bytes())?,
        ),
    };
    let (month, month_length, rest) = digits(rest, 2)?;
    if rest.is_empty() && marks[0] == b"-" && month_length == 2 {
        let days = days(year as i32, month, 1)?;
        return NO_TIME.on(days).map(DateReading::Plain);
    }
    let (day, _, rest) = digits(rest.strip_prefix(marks[1])?, 2)?;
    let rest = rest.strip_prefix(marks[2])?;
    let days = days(year as i32, month, day)?;
    time_of_day(rest)?.on(days).map(DateReading::Plain)
}

/// A time of day, and whether it says how far its clock is from UTC.
#[derive(Clone, Copy, Default)]
struct DayTime {
    micros: Option<i64>,
    has_offset: bool,
}

const NO_TIME: DayTime = DayTime {
    micros: None,
    has_offset: false,
};

impl DayTime {
    fn on(self, days: i32) -> Option<Moment> {
        let start = i64::from(days) * DAY;
        Some(Moment {
            micros: start + self.micros.unwrap_or(0),
            has_time: self.micros.is_some(),
            has_offset: self.has_offset,
        })
    }
}

/// What follows a date: nothing, or a time after a space or `T`.
fn time_of_day(rest: &[u8]) -> Option<DayTime> {
    let rest = match rest {
        [] => return Some(NO_TIME),
        [b' ' | b'T' | b't', rest @ ..] => rest,
        _ => return None,
    };
    let (hour, _, rest) = digits(rest, 2)?;
    let (minute, 2, rest) = digits(rest.strip_prefix(b":")?, 2)? else {
        return None;
    };
    let (second, micros, rest) = seconds(rest)?;
    let (hour, rest) = twelve_hours(hour, rest)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock = i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
    Some(DayTime {
        micros: Some(clock),
        has_offset: has_offset(rest)?,
    })
}

/// The seconds and microseconds after the minutes, if there are any.
fn seconds(rest: &[u8]) -> Option<(u32, i64, &[u8])> {
    let Some(after) = rest.strip_prefix(b":") else {
        return Some((0, 0, rest));
    };
    let (second, 2, rest) = digits(after, 2)? else {
        return None;
    };
    let [b'.' | b',', after @ ..] = rest else {
        return Some((second, 0, rest));
    };
    let length = after
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length == 0 || length > 9 {
        return None;
    }
    let micros = (0..6).fold(0, |micros, at| {
        let digit = if at < length { after[at] - b'0' } else { 0 };
        micros * 10 + i64::from(digit)
    });
    Some((second, micros, &after[length..]))
}

/// The hour of 24 that an hour with or without AM or PM means.
fn twelve_hours(hour: u32, rest: &[u8]) -> Option<(u32, &[u8])> {
    let after = rest.strip_prefix(b" ").unwrap_or(rest);
    let [half @ (b'a' | b'A' | b'p' | b'P'), b'm' | b'M', after @ ..] = after else {
        return Some((hour, rest));
    };
    let is_afternoon = matches!(half, b'p' | b'P');
    (1..=12)
        .contains(&hour)
        .then_some((hour % 12 + if is_afternoon { 12 } else { 0 }, after))
}

/// Whether the distance from UTC follows: nothing, `Z`, `+02:00` or `+0200`.
fn has_offset(rest: &[u8]) -> Option<bool> {
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let rest = match rest {
        [] => return Some(false),
        [b'Z' | b'z'] | b"UTC" => return Some(true),
        [b'+' | b'-', rest @ ..] => rest,
        _ => return None,
    };
    let (hours, 2, rest) = digits(rest, 2)? else {
        return None;
    };
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = match rest {
        [] => 0,
        _ => match digits(rest, 2)? {
            (minutes, 2, []) => minutes,
            _ => return None,
        },
    };
    (hours <= 15 && minutes <= 59).then_some(true)
}
