//! Periods, units of time and comparisons in words.
//!
//! Ends of periods are said as days or counted from today; nothing here knows a query.

use super::dates::{DateBound, DatePeriod, DateUnit};
use super::say::{SayLanguage, Speaker};
use super::tree::Comparison;

impl Speaker {
    pub(super) fn comparison(&self, operator: Comparison) -> &'static str {
        match operator {
            Comparison::Equal => "=",
            Comparison::Unequal => "≠",
            Comparison::Greater => ">",
            Comparison::Less => "<",
            Comparison::AtLeast => "≥",
            Comparison::AtMost => "≤",
        }
    }

    pub(super) fn period(&self, period: &DatePeriod) -> String {
        if let Some(year) = period.as_year() {
            return year.to_string();
        }
        let from = period
            .from
            .map(|from| format!("{}{}", self.pick("from ", "从"), self.bound(from)));
        let until = period
            .until
            .map(|until| format!("{}{}", self.pick("before ", "早于"), self.bound(until)));
        let ends: Vec<String> = from.into_iter().chain(until).collect();
        ends.join(" ")
    }

    pub(super) fn bound(&self, bound: DateBound) -> String {
        match (bound, self.language) {
            (DateBound::Day(day), _) => day.iso(),
            (DateBound::StartOf(unit, 0), SayLanguage::English) => {
                format!("this {}", self.unit(unit))
            }
            (DateBound::StartOf(unit, 1), SayLanguage::English) => {
                format!("last {}", self.unit(unit))
            }
            (DateBound::StartOf(unit, -1), SayLanguage::English) => {
                format!("next {}", self.unit(unit))
            }
            (DateBound::StartOf(unit, count), SayLanguage::English) => {
                format!("the begin of the {} {count} ago", self.unit(unit))
            }
            (DateBound::StartOf(unit, 0), SayLanguage::Chinese) => format!("本{}", self.unit(unit)),
            (DateBound::StartOf(unit, count), SayLanguage::Chinese) => {
                format!("{count}{}前", self.unit(unit))
            }
            (DateBound::Ago(unit, count @ ..0), SayLanguage::English) => {
                format!("in {} {}s", count.unsigned_abs(), self.unit(unit))
            }
            (DateBound::Ago(unit, count @ ..0), SayLanguage::Chinese) => {
                format!("{}{}后", count.unsigned_abs(), self.unit(unit))
            }
            (DateBound::Ago(unit, count), SayLanguage::English) => {
                format!("{count} {}s ago", self.unit(unit))
            }
            (DateBound::Ago(unit, count), SayLanguage::Chinese) => {
                format!("{count}{}前", self.unit(unit))
            }
        }
    }

    pub(super) fn unit(&self, unit: DateUnit) -> &'static str {
        match unit {
            DateUnit::Year => self.pick("year", "年"),
            DateUnit::Quarter => self.pick("quarter", "季度"),
            DateUnit::Month => self.pick("month", "月"),
            DateUnit::Week => self.pick("week", "周"),
            DateUnit::Day => self.pick("day", "日"),
            DateUnit::Weekday => self.pick("weekday", "星期几"),
            DateUnit::Hour => self.pick("hour", "小时"),
        }
    }
}
