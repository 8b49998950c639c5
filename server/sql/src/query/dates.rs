//! Days, periods of time, and the units that reports are made by.
//!
//! A period is half-open: its first day is in it, its end is not. Ends are days of the calendar or
//! counted from today, which the database knows when the query runs. No clock is read here.

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateUnit {
    /// A year.
    Year,
    /// Three months.
    Quarter,
    /// A month.
    Month,
    /// Seven days from Monday.
    Week,
    /// A day.
    Day,
    /// The day within its week: 0 is Sunday.
    Weekday,
    /// The hour within its day, from 0.
    Hour,
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarDay {
    /// The year.
    pub year: i32,
    /// The month from 1.
    pub month: u8,
    /// The day from 1.
    pub day: u8,
}

impl CalendarDay {
    /// A day, if there is one.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let is_month = (1..=12).contains(&month);
        let is_day = is_month && day >= 1 && day <= days_of(year, month);
        (is_day && (1..=9_999).contains(&year)).then_some(Self { year, month, day })
    }

    /// The first day of a year.
    pub fn year(year: i32) -> Self {
        Self {
            year: year.clamp(1, 9_999),
            month: 1,
            day: 1,
        }
    }

    /// The day so many days after 1970-01-01.
    pub fn since_epoch(days: u64) -> Self {
        let mut day = Self::year(1970);
        let mut left = days.min(3_000_000);
        while left >= 366 && day.year < 9_999 {
            let is_leap = days_of(day.year, 2) == 29;
            left -= if is_leap { 366 } else { 365 };
            day.year += 1;
        }
        for _ in 0..left {
            day = day.next();
        }
        day
    }

    /// The day some months later; the last of the month if there is none of its number.
    pub fn plus_months(self, months: i32) -> Self {
        let total = self.year * 12 + i32::from(self.month) - 1 + months;
        let year = total.div_euclid(12).clamp(1, 9_999);
        let month = u8::try_from(total.rem_euclid(12) + 1).unwrap_or(1);
        Self {
            year,
            month,
            day: self.day.min(days_of(year, month)),
        }
    }

    /// The day after.
    pub fn next(self) -> Self {
        if self.day < days_of(self.year, self.month) {
            return Self {
                day: self.day + 1,
                ..self
            };
        }
        Self { day: 1, ..self }.plus_months(1)
    }

    /// `2023-01-31`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_of(year: i32, month: u8) -> u8 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// An end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateBound {
    /// A day.
    Day(CalendarDay),
    /// The first day of the unit that is so many before that of today.
    StartOf(DateUnit, i32),
    /// So many units before today.
    Ago(DateUnit, i32),
}

/// A period of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatePeriod {
    /// Its first day; none if it has no begin.
    pub from: Option<DateBound>,
    /// The day after its last; none if it has no end.
    pub until: Option<DateBound>,
}

impl DatePeriod {
    /// From a day, so many months.
    pub fn months(first: CalendarDay, months: i32) -> Self {
        Self {
            from: Some(DateBound::Day(first)),
            until: Some(DateBound::Day(first.plus_months(months))),
        }
    }

    /// All of a year.
    pub fn year(year: i32) -> Self {
        Self::months(CalendarDay::year(year), 12)
    }

    /// The year that the period is, if it is exactly one.
    pub fn as_year(&self) -> Option<i32> {
        match (self.from, self.until) {
            (Some(DateBound::Day(from)), Some(_)) => {
                (*self == Self::year(from.year)).then_some(from.year)
            }
            _ => None,
        }
    }
}
