//! What a column can be in a report: a measure, a segment, a time, a key, or nothing.
//!
//! Decided from the kind of its values, its profile, and the words of its name (`lexicon.txt`).
//! Ids, codes and personal columns are no measures and no segments.

use super::words::has_word_on;
use crate::source_sql::MeasureAggregate;
use data::files::{ColumnProfile, ValueKind};

/// A column of whole numbers with at most this many different ones may be a segment.
const FEW_NUMBERS: u64 = 12;
/// A column with more different values than this is no segment.
const MANY_SEGMENTS: u64 = 200;

/// How well a column serves; 0 is not at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnRole {
    pub(crate) measure: u32,
    pub(crate) dimension: u32,
    pub(crate) time: u32,
    /// Whether its values should occur once.
    pub(crate) is_key: bool,
}

/// Whether the column counts the rows: different whole numbers, without gaps and in order.
fn is_row_number(column: &ColumnProfile) -> bool {
    let (Some(min), Some(max)) = (column.min, column.max) else {
        return false;
    };
    column.kind == ValueKind::Integer
        && column.is_sorted
        && column.is_unique
        && column.values() > 2
        && (max - min + 1.0 - column.values() as f64).abs() < 0.5
}

/// Whether the values are dates that are written as whole numbers, `20230831`.
fn is_number_of_day(column: &ColumnProfile) -> bool {
    let is_in_range = column.min >= Some(1e7) && column.max.is_some_and(|max| max < 1e8);
    column.kind == ValueKind::Integer && is_in_range && has_word_on(&column.name, "time")
}

/// Whether the values are only 0 and 1.
pub(crate) fn is_flag(column: &ColumnProfile) -> bool {
    let is_unit = column.min == Some(0.0) && column.max == Some(1.0);
    column.kind == ValueKind::Boolean
        || column.kind == ValueKind::Integer && is_unit && column.distinct.count == 2
}

/// Whether "so many percent more" makes sense: 0 is nothing, as it is not for degrees.
pub(crate) fn has_zero(column: &ColumnProfile) -> bool {
    column.min >= Some(0.0) && !has_word_on(&column.name, "degree")
}

/// Whether a column of numbers has a year as its name, as those of a wide table have.
pub(crate) fn is_named_year(column: &ColumnProfile) -> bool {
    let name = column.name.trim_start_matches(['y', 'Y', 'F', 'f']);
    let year = name.parse::<u32>().ok().filter(|_| name.len() == 4);
    column.kind.is_number() && year.is_some_and(|year| (1800..=2100).contains(&year))
}

/// What makes percentage points of a difference of values; `None` if they are no shares.
pub(crate) fn points(column: &ColumnProfile) -> Option<f64> {
    let is_percent = has_word_on(&column.name, "percent") || column.name.contains('%');
    let is_share = column.kind == ValueKind::Decimal
        && column.min >= Some(0.0)
        && column.max.is_some_and(|max| max <= 1.0)
        && (is_percent || has_word_on(&column.name, "share"));
    match () {
        () if is_flag(column) || is_share => Some(100.0),
        () if is_percent && column.kind.is_number() => Some(1.0),
        () => None,
    }
}

/// Whether the values are whole numbers that look like years.
pub(crate) fn is_year(column: &ColumnProfile) -> bool {
    let is_in_range = column.min >= Some(1000.0) && column.max.is_some_and(|max| max <= 2200.0);
    column.kind == ValueKind::Integer && is_in_range && has_word_on(&column.name, "year")
}

/// The share of rows that have a value, in hundredths.
fn filled(column: &ColumnProfile) -> u32 {
    (column.values() * 100 / column.rows.max(1)) as u32
}

fn has_key_name(column: &ColumnProfile) -> bool {
    has_word_on(&column.name, "key")
}

/// Judges a column.
pub(crate) fn role(column: &ColumnProfile) -> ColumnRole {
    let mut role = ColumnRole::default();
    let distinct = column.distinct.count;
    if column.kind == ValueKind::Empty || distinct < 2 {
        return role;
    }
    let is_mostly_unique = distinct as f64 >= 0.9 * column.values() as f64;
    let is_number = column.kind == ValueKind::Integer;
    let can_be_key = column.kind.is_text() || is_number;
    role.is_key = can_be_key && has_key_name(column) && is_mostly_unique && !is_row_number(column);
    if is_year(column) {
        role.time = 20 + filled(column) / 2;
        return role;
    }
    if column.kind.is_time() && !column.is_personal {
        let named = if has_word_on(&column.name, "time") {
            20
        } else {
            0
        };
        role.time = 100 + filled(column) + named;
        return role;
    }
    if column.is_personal {
        return role;
    }
    role.measure = measure(column);
    role.dimension = dimension(column);
    role
}

fn measure(column: &ColumnProfile) -> u32 {
    let is_flag = is_flag(column);
    let name = column.name.as_str();
    let is_none = !column.kind.is_number() && !is_flag
        || has_key_name(column)
        || is_row_number(column)
        || has_word_on(name, "place")
        || is_number_of_day(column)
        || has_word_on(name, "year")
        || has_word_on(name, "calendar") && column.kind == ValueKind::Integer;
    if is_none {
        return 0;
    }
    let known = u32::from(has_word_on(name, "money")) * 30
        + match (has_word_on(name, "mean"), has_word_on(name, "sum")) {
            (true, _) => 15,
            (false, true) => 30,
            (false, false) => 0,
        };
    let kind = match column.kind {
        _ if is_flag => 1,
        _ if column.distinct.count <= FEW_NUMBERS => 5,
        _ => 30,
    };
    kind + known + filled(column) / 10
}

fn dimension(column: &ColumnProfile) -> u32 {
    let distinct = column.distinct.count;
    let name = column.name.as_str();
    let is_calendar = has_word_on(name, "calendar");
    let kind = match column.kind {
        ValueKind::Category | ValueKind::Text | ValueKind::Identifier => 40,
        ValueKind::Boolean => 20,
        ValueKind::Integer if distinct <= FEW_NUMBERS && !is_calendar => 10,
        _ => return 0,
    };
    let is_repeated = column.values() >= 5 * distinct;
    if !is_repeated || distinct > MANY_SEGMENTS || is_calendar && column.kind.is_text() {
        return 0;
    }
    let named = if has_word_on(name, "segment") { 30 } else { 0 };
    let few = if distinct <= 30 { 20 } else { 0 };
    kind + named + few
}

/// Whether the values of a column are added up or averaged.
pub(crate) fn aggregate(column: &ColumnProfile) -> MeasureAggregate {
    let name = column.name.as_str();
    let is_sum = has_word_on(name, "sum") && !has_word_on(name, "mean");
    if is_sum && !is_flag(column) {
        MeasureAggregate::Sum
    } else {
        MeasureAggregate::Mean
    }
}
