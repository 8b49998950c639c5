//! What a column holds, as far as questions care: numbers, texts, dates, yes or no.
//!
//! A number may be a date: seconds or milliseconds since 1970, as its name says. Nothing here reads
//! a question.

use data::{Column, TypeKind};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnSort {
    Number,
    Text,
    Date,
    Boolean,
}

/// What a number that holds a date counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EpochUnit {
    Seconds,
    Milliseconds,
}

pub(super) fn sort_of(column: &Column, words: &[String]) -> ColumnSort {
    let kind = column.data_type.as_ref().map(|data_type| data_type.kind);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    match kind {
        _ if epoch_of(column, words).is_some() => ColumnSort::Date,
        Some(TypeKind::Boolean) => ColumnSort::Boolean,
        Some(
            TypeKind::SmallInt
            | TypeKind::Integer
            | TypeKind::BigInt
            | TypeKind::Decimal
            | TypeKind::Real
            | TypeKind::Double,
        ) => ColumnSort::Number,
        Some(TypeKind::Date | TypeKind::Timestamp) => ColumnSort::Date,
        None | Some(TypeKind::Other) if has(&["dat", "timestamp"]) => ColumnSort::Date,
        None | Some(TypeKind::Other) if has(&["amount", "pric", "quantiti", "count"]) => {
            ColumnSort::Number
        }
        _ => ColumnSort::Text,
    }
}

/// What a number counts whose name is that of a moment: `started_at`, `timestamp_ms`. The name
/// shows milliseconds; without that, numbers of 64 bits are taken for them.
pub(super) fn epoch_of(column: &Column, words: &[String]) -> Option<EpochUnit> {
    let kind = column.data_type.as_ref().map(|data_type| data_type.kind)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (name, unit) = match &words[..] {
        [name @ .., "ms" | "milli" | "millisecond"] => (name, Some(EpochUnit::Milliseconds)),
        [name @ .., "second" | "sec" | "epoch"] => (name, Some(EpochUnit::Seconds)),
        name => (name, None),
    };
    let is_moment = matches!(
        name,
        [.., "timestamp" | "ts"] | [_, .., "at" | "tim" | "dat" | "activ" | "seen"]
    );
    let spans = [
        "spent", "duration", "wait", "elaps", "run", "interval", "total", "averag",
    ];
    let is_span = name.iter().any(|word| spans.contains(word));
    let by_kind = match kind {
        TypeKind::BigInt => EpochUnit::Milliseconds,
        TypeKind::Integer | TypeKind::Decimal | TypeKind::Real | TypeKind::Double => {
            EpochUnit::Seconds
        }
        _ => return None,
    };
    (is_moment && !is_span).then_some(unit.unwrap_or(by_kind))
}
