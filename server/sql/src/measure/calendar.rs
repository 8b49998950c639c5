//! Days and dates of the Gregorian calendar, for the rows that are made. A day is a number of days
//! since 1970-01-01. Only the years 1 to 9998 are read. Nothing here asks a clock: what cases call
//! today is a constant.

/// The day that cases call today, 2026-06-15, as a number of days since 1970-01-01.
pub(super) const TODAY: i64 = 20_619;

/// A day as year, month, day. Counts from 1 March of year 0 (the civil calendar algorithms of
/// Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(day: i64) -> (i64, i64, i64) {
    let days = day + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (month, day) = ((month + 2) % 12 + 1, of_year - (153 * month + 2) / 5 + 1);
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The number of a day.
pub(super) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A day as `2026-06-15`.
pub(super) fn date(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The first day that a text names, and how many days it may mean: `2025`, `2025-03`, `2025-03-14`
/// with or without a time.
pub(super) fn days(text: &str) -> Option<(i64, i64)> {
    let mut parts = text.get(..text.len().min(10))?.splitn(3, '-');
    let number = |part: &str| part.parse::<i64>().ok();
    let year = parts
        .next()
        .filter(|part| part.len() == 4)
        .and_then(number)?;
    if !(1..=9998).contains(&year) {
        return None;
    }
    let Some(month) = parts.next() else {
        return Some((day_number(year, 1, 1), 365));
    };
    let month = number(month).filter(|month| (1..=12).contains(month))?;
    let Some(day) = parts.next() else {
        return Some((day_number(year, month, 1), 28));
    };
    let day = number(day).filter(|day| (1..=31).contains(day))?;
    Some((day_number(year, month, day), 1))
}
