//! Days, months and years of the Gregorian calendar, without a clock and without time zones.
//!
//! Days are counted from 1970-01-01. The conversion follows the public-domain algorithms of
//! Howard Hinnant ("chrono-compatible low-level date algorithms").

/// Years outside of this range are no dates of business data, and are moved to its ends.
const YEARS: std::ops::RangeInclusive<i64> = -9_999..=9_999;

/// Year, month (1-12) and day (1-31) of a day.
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day of a date; years are moved into four digits.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year.clamp(*YEARS.start(), *YEARS.end()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The weekday of a day: 0 is Sunday, as in SQLite's `%w`.
pub(crate) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// A day as `2023-08-31`.
pub(crate) fn iso(days: i64) -> String {
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}
