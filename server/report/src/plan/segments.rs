//! Segments: the values of a column that rows are grouped by.
//!
//! The most frequent values are segments of their own. What is left is `Other`, so that the number
//! of groups stays bounded whatever the file has.

use crate::sql::{quoted, text};
use data::files::{ColumnProfile, FileCell, ValueKind};
use std::collections::HashMap;

/// As many groups of a period, a measure and a segment are kept in all.
const MAX_GROUPS: usize = 100_000;
/// As many segments of a column are looked at one by one.
const MAX_SEGMENTS: usize = 40;

/// So many dimensions are looked at in pairs.
const MAX_PAIRED: usize = 3;
/// A pair with more segments than this is not looked at.
const MAX_PAIR_SEGMENTS: usize = 80;

/// A value that rows are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Missing,
    /// All values that are no segment of their own.
    Other,
}

impl Segment {
    /// The value in words.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Text(value) => value.clone(),
            Self::Integer(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Missing => "(missing)".to_owned(),
            Self::Other => "(other)".to_owned(),
        }
    }

    /// SQL that is true for the rows of the segment; not for `Other`, which has no rows then.
    pub(crate) fn condition(&self, column: &str) -> String {
        self.condition_of(&quoted(column))
    }

    /// The same for an expression that is already SQL.
    pub(crate) fn condition_of(&self, column: &str) -> String {
        match self {
            Self::Text(value) => format!("{column} = {}", text(value)),
            Self::Integer(value) => format!("{column} = {value}"),
            Self::Boolean(value) => format!("CAST({column} AS INTEGER) = {}", u8::from(*value)),
            Self::Missing => format!("{column} IS NULL"),
            Self::Other => "1 = 0".to_owned(),
        }
    }
}

/// A column that rows are grouped by, with its segments.
#[derive(Clone, Debug)]
pub(crate) struct PlanDimension {
    pub(crate) column: usize,
    pub(crate) name: String,
    /// The most frequent values, then missing ones and others if there are any.
    pub(crate) segments: Vec<Segment>,
    pub(crate) has_other: bool,
    /// Whether values are masked unless the user wants them shown.
    pub(crate) is_personal: bool,
    texts: HashMap<String, usize>,
    integers: HashMap<i64, usize>,
}

impl PlanDimension {
    /// The segment of a cell.
    pub(crate) fn segment_of(&self, cell: &FileCell<'_>) -> usize {
        let last = self.segments.len() - 1;
        let found = match cell {
            FileCell::Text(value) => self.texts.get(*value).copied(),
            FileCell::Integer(value) => self.integers.get(value).copied(),
            FileCell::Boolean(value) => self.integers.get(&i64::from(*value)).copied(),
            FileCell::Missing | FileCell::Unfit(_) => self
                .segments
                .iter()
                .position(|segment| *segment == Segment::Missing),
            _ => None,
        };
        found.unwrap_or(last)
    }
}

/// Two dimensions whose segments are looked at together, as places in the plan's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanPair {
    pub(crate) first: usize,
    pub(crate) second: usize,
}

/// The pairs of the first dimensions that have few enough segments together.
pub(crate) fn pairs(
    dimensions: &[PlanDimension],
    periods: usize,
    measures: usize,
) -> Vec<PlanPair> {
    let mut room = MAX_GROUPS / (periods * measures).max(1);
    let mut pairs = Vec::new();
    for second in 1..dimensions.len().min(MAX_PAIRED) {
        for first in 0..second {
            let size = dimensions[first].segments.len() * dimensions[second].segments.len();
            if size <= MAX_PAIR_SEGMENTS && size <= room {
                room -= size;
                pairs.push(PlanPair { first, second });
            }
        }
    }
    pairs
}

/// The segment of a value of the profile.
pub(crate) fn segment(column: &ColumnProfile, value: &str) -> Option<Segment> {
    match column.kind {
        ValueKind::Integer => value.parse().ok().map(Segment::Integer),
        ValueKind::Boolean => match value.to_lowercase().as_str() {
            "true" | "1" | "yes" | "t" | "y" => Some(Segment::Boolean(true)),
            "false" | "0" | "no" | "f" | "n" => Some(Segment::Boolean(false)),
            _ => None,
        },
        kind if kind.is_text() => Some(Segment::Text(value.to_owned())),
        _ => None,
    }
}

fn dimension(at: usize, column: &ColumnProfile, room: usize) -> PlanDimension {
    let values: Vec<Segment> = if column.kind == ValueKind::Boolean {
        vec![Segment::Boolean(true), Segment::Boolean(false)]
    } else {
        let frequent = column.frequent.iter();
        frequent
            .filter_map(|(value, _)| segment(column, value))
            .collect()
    };
    let mut segments = values;
    segments.dedup();
    segments.truncate(room.min(MAX_SEGMENTS));
    let has_other = (segments.len() as u64) < column.distinct.count;
    let (mut texts, mut integers) = (HashMap::new(), HashMap::new());
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Text(value) => {
                texts.insert(value.clone(), index);
            }
            Segment::Integer(value) => {
                integers.insert(*value, index);
            }
            Segment::Boolean(value) => {
                integers.insert(i64::from(*value), index);
            }
            Segment::Missing | Segment::Other => {}
        }
    }
    if column.missing + column.unfit > 0 {
        segments.push(Segment::Missing);
    }
    // Even where all values are known, what is not found needs a place.
    segments.push(Segment::Other);
    PlanDimension {
        column: at,
        name: column.name.clone(),
        segments,
        has_other,
        is_personal: column.is_personal,
        texts,
        integers,
    }
}

/// The dimensions of a plan, with as many segments as the bound on groups allows.
pub(crate) fn dimensions(
    chosen: &[usize],
    columns: &[ColumnProfile],
    periods: usize,
    measures: usize,
) -> Vec<PlanDimension> {
    let cells = (periods * measures * chosen.len().max(1)).max(1);
    let room = (MAX_GROUPS / cells).saturating_sub(2).max(1);
    let all = chosen.iter().map(|at| dimension(*at, &columns[*at], room));
    all.filter(|dimension| dimension.segments.len() > 2)
        .collect()
}
