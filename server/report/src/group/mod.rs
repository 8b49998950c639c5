//! The second pass: what each period and segment holds of each measure.
//!
//! All rows are read once, and only sums are kept: their number is bounded by the plan, not by the
//! file. The findings are computed from nothing but these sums.

pub(crate) mod exact;
pub(crate) mod keys;
mod pairs;
#[cfg(test)]
mod tests;

use crate::period::{MICROS_PER_DAY, TimeKind};
use crate::plan::{PlanTime, ReportPlan, Segment};
use crate::problem::ReportProblem;
use data::files::{ColumnProfile, DataFile, FileCell};
use exact::ExactSum;
pub(crate) use pairs::PairSums;

/// As many columns have their missing values counted by period.
const MAX_QUALITY: usize = 64;

/// What some rows hold of a measure.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GroupCell {
    /// Rows that have a value.
    pub(crate) rows: u64,
    pub(crate) sum: ExactSum,
    pub(crate) squares: f64,
    /// The sum of the decimal logarithms of the sizes that are not 0.
    pub(crate) logs: f64,
    pub(crate) logged: u64,
}

impl GroupCell {
    fn add(&mut self, cell: &FileCell<'_>, with_logs: bool) {
        let Some(value) = cell.number().filter(|value| value.is_finite()) else {
            return;
        };
        self.rows += 1;
        match cell {
            FileCell::Integer(value) => self.sum.add_integer(*value),
            _ => self.sum.add(value),
        }
        self.squares += value * value;
        if with_logs && value != 0.0 {
            self.logs += value.abs().log10();
            self.logged += 1;
        }
    }

    fn add_row(&mut self) {
        self.rows += 1;
        self.sum.add_integer(1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.sum.merge(&other.sum);
        self.squares += other.squares;
        self.logs += other.logs;
        self.logged += other.logged;
    }

    /// The mean; 0 for no rows.
    pub(crate) fn mean(&self) -> f64 {
        if self.rows == 0 {
            0.0
        } else {
            self.sum.value() / self.rows as f64
        }
    }

    /// The sum of squared deviations from the mean.
    pub(crate) fn deviations(&self) -> f64 {
        let sum = self.sum.value();
        (self.squares - sum * sum / self.rows.max(1) as f64).max(0.0)
    }
}

/// The rows of a period, and the first and last moment within it that has any, in microseconds
/// since 1970-01-01.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeriodRows {
    pub(crate) rows: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Default for PeriodRows {
    fn default() -> Self {
        Self {
            rows: 0,
            first: i64::MAX,
            last: i64::MIN,
        }
    }
}

/// Values of a column beyond which rows do not fit, if there are such.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowLimits {
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
}

/// The rows of a column that are below and above its limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FarRows {
    pub(crate) low: u64,
    pub(crate) high: u64,
    pub(crate) smallest: f64,
    pub(crate) largest: f64,
}

impl Default for FarRows {
    fn default() -> Self {
        Self {
            low: 0,
            high: 0,
            smallest: f64::INFINITY,
            largest: f64::NEG_INFINITY,
        }
    }
}

impl FarRows {
    fn add(&mut self, value: f64, limits: RowLimits) {
        self.low += u64::from(limits.low.is_some_and(|low| value < low));
        self.high += u64::from(limits.high.is_some_and(|high| value > high));
        self.smallest = self.smallest.min(value);
        self.largest = self.largest.max(value);
    }

    fn merge(&mut self, other: Self) {
        self.low += other.low;
        self.high += other.high;
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
    }
}

/// All sums of the second pass.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    /// One for each period from the first to the last; one in all if there is no time.
    pub(crate) periods: Vec<PeriodRows>,
    /// For each tracked column its cells, one for each period.
    pub(crate) cells: Vec<Vec<GroupCell>>,
    /// For each dimension, then for each pair, its cells by segment, measure and period.
    segments: Vec<Vec<GroupCell>>,
    /// The columns whose missing values are counted by period, and the counts.
    pub(crate) quality: Vec<(usize, Vec<u64>)>,
    /// For each tracked column the rows beyond its limits.
    pub(crate) beyond: Vec<FarRows>,
    pub(crate) pairs: PairSums,
    measures: usize,
    /// Rows that count: those of the filter.
    pub(crate) rows: u64,
}

impl Groups {
    fn new(plan: &ReportPlan, quality: &[usize], columns: &[ColumnProfile]) -> Self {
        let time = plan.time.as_ref();
        let periods = time.map_or(1, |time| (time.last - time.first + 1).max(1) as usize);
        let measures = plan.measures.max(1);
        let cells = |count: usize| vec![GroupCell::default(); count];
        let segments = |at: usize| plan.dimensions[at].segments.len();
        let single = (0..plan.dimensions.len()).map(segments);
        let paired = plan
            .pairs
            .iter()
            .map(|pair| segments(pair.first) * segments(pair.second));
        let sizes = single.chain(paired).map(|count| count * measures * periods);
        Self {
            periods: vec![PeriodRows::default(); periods],
            cells: plan.tracked.iter().map(|_| cells(periods)).collect(),
            segments: sizes.map(cells).collect(),
            quality: quality
                .iter()
                .map(|column| (*column, vec![0; periods]))
                .collect(),
            beyond: vec![FarRows::default(); plan.tracked.len()],
            pairs: PairSums::new(plan, columns),
            measures,
            rows: 0,
        }
    }

    /// The cells of a segment's measure, one for each period. Pairs follow the dimensions; their
    /// segments are counted by the second one within the first one.
    pub(crate) fn segment(&self, dimension: usize, segment: usize, measure: usize) -> &[GroupCell] {
        let periods = self.periods.len();
        let start = (segment * self.measures + measure) * periods;
        &self.segments[dimension][start..start + periods]
    }

    fn merge(&mut self, other: &Self) {
        for (mine, other) in self.periods.iter_mut().zip(&other.periods) {
            mine.rows += other.rows;
            mine.first = mine.first.min(other.first);
            mine.last = mine.last.max(other.last);
        }
        let mine = self.cells.iter_mut().chain(&mut self.segments).flatten();
        let others = other.cells.iter().chain(&other.segments).flatten();
        mine.zip(others).for_each(|(mine, other)| mine.merge(other));
        for ((_, mine), (_, other)) in self.quality.iter_mut().zip(&other.quality) {
            mine.iter_mut()
                .zip(other)
                .for_each(|(mine, other)| *mine += other);
        }
        for (mine, other) in self.beyond.iter_mut().zip(&other.beyond) {
            mine.merge(*other);
        }
        self.pairs.merge(&other.pairs);
        self.rows += other.rows;
    }
}

/// The period of a cell, counted from the first one, and its moment in microseconds; `None` if it
/// has no time.
fn place(time: &PlanTime, cell: &FileCell<'_>) -> Option<(usize, i64)> {
    let of_day = |day: i64| day.saturating_mul(MICROS_PER_DAY);
    let (ordinal, moment) = match (*cell, time.kind) {
        (FileCell::Date(days), _) => {
            let day = i64::from(days);
            (time.span.of_day(day), of_day(day))
        }
        (FileCell::Time(micros), _) => (time.span.of_micros(micros), micros),
        (FileCell::Integer(year), TimeKind::Years) => (year, of_day(time.span.first_day(year))),
        _ => return None,
    };
    let index = usize::try_from(ordinal - time.first).ok()?;
    (ordinal <= time.last).then_some((index, moment))
}

/// Where the columns of the plan are among the cells of a row.
struct Layout {
    wanted: Vec<usize>,
    filter: Option<usize>,
    totals: Vec<usize>,
    time: Option<usize>,
    tracked: Vec<Option<usize>>,
    dimensions: Vec<usize>,
    quality: Vec<usize>,
}

impl Layout {
    fn new(plan: &ReportPlan, quality: &[usize]) -> Self {
        let mut wanted = Vec::new();
        let mut place = |column: usize| {
            let known = wanted.iter().position(|one| *one == column);
            known.unwrap_or_else(|| {
                wanted.push(column);
                wanted.len() - 1
            })
        };
        Self {
            filter: plan.filter.as_ref().map(|(column, _)| place(*column)),
            totals: plan.totals.iter().map(|one| place(one.column)).collect(),
            time: plan.time.as_ref().map(|time| place(time.column)),
            tracked: plan
                .tracked
                .iter()
                .map(|one| one.column.map(&mut place))
                .collect(),
            dimensions: plan
                .dimensions
                .iter()
                .map(|one| place(one.column))
                .collect(),
            quality: quality.iter().map(|column| place(*column)).collect(),
            wanted,
        }
    }
}

fn is_in(segment: &Segment, cell: &FileCell<'_>) -> bool {
    match (segment, cell) {
        (Segment::Text(value), FileCell::Text(text)) => value == text,
        (Segment::Integer(value), FileCell::Integer(number)) => value == number,
        (Segment::Boolean(value), FileCell::Boolean(found)) => value == found,
        (Segment::Missing, cell) => !cell.is_value(),
        _ => false,
    }
}

fn add_row(
    groups: &mut Groups,
    plan: &ReportPlan,
    layout: &Layout,
    limits: &[RowLimits],
    row: &[FileCell<'_>],
) {
    if let (Some(at), Some((_, segment))) = (layout.filter, &plan.filter)
        && !is_in(segment, &row[at])
    {
        return;
    }
    let mut totals = plan.totals.iter().zip(&layout.totals);
    if totals.any(|(one, at)| one.segments.iter().any(|segment| is_in(segment, &row[*at]))) {
        return;
    }
    let placed = match (&plan.time, layout.time) {
        (Some(time), Some(at)) => {
            let placed = place(time, &row[at]);
            // A wrong date, if it is none of a known period.
            if time.is_cut && placed.is_none() && row[at].is_value() {
                return;
            }
            placed
        }
        _ => Some((0, 0)),
    };
    groups.rows += 1;
    let empty = FileCell::Missing;
    for (index, at) in layout.tracked.iter().enumerate() {
        if let Some(value) = at.and_then(|at| row[at].number()) {
            groups.beyond[index].add(value, limits[index]);
        }
    }
    let values = |index: usize| layout.tracked[index].map_or(&empty, |at| &row[at]);
    groups.pairs.add(&values);
    let Some((period, moment)) = placed else {
        return;
    };
    let rows = &mut groups.periods[period];
    rows.rows += 1;
    rows.first = rows.first.min(moment);
    rows.last = rows.last.max(moment);
    for (index, at) in layout.tracked.iter().enumerate() {
        match at {
            Some(at) => groups.cells[index][period].add(&row[*at], true),
            None => groups.cells[index][period].add_row(),
        }
    }
    add_segments(groups, plan, layout, row, period);
    for ((_, counts), at) in groups.quality.iter_mut().zip(&layout.quality) {
        counts[period] += u64::from(!row[*at].is_value());
    }
}

fn add_segments(
    groups: &mut Groups,
    plan: &ReportPlan,
    layout: &Layout,
    row: &[FileCell<'_>],
    period: usize,
) {
    let count = plan.dimensions.len();
    let of = |at: usize| plan.dimensions[at].segment_of(&row[layout.dimensions[at]]);
    for index in 0..count + plan.pairs.len() {
        let segment = match index.checked_sub(count).map(|at| plan.pairs[at]) {
            None => of(index),
            Some(pair) => {
                of(pair.first) * plan.dimensions[pair.second].segments.len() + of(pair.second)
            }
        };
        for measure in 0..plan.measures {
            let start = (segment * groups.measures + measure) * groups.periods.len();
            let cell = &mut groups.segments[index][start + period];
            match layout.tracked[measure] {
                Some(at) => cell.add(&row[at], false),
                None => cell.add_row(),
            }
        }
    }
}

/// Reads all rows and groups them.
///
/// # Errors
/// If the file cannot be read again.
pub(crate) fn collect(
    file: &DataFile,
    plan: &ReportPlan,
    limits: &[RowLimits],
) -> Result<Groups, ReportProblem> {
    let columns = file.columns();
    let has_gaps = |at: &usize| columns[*at].missing + columns[*at].unfit > 0;
    let is_time = |at: &usize| plan.time.as_ref().is_some_and(|time| time.column == *at);
    let quality: Vec<usize> = (0..columns.len())
        .filter(|at| has_gaps(at) && !is_time(at))
        .take(MAX_QUALITY)
        .collect();
    let layout = Layout::new(plan, &quality);
    let groups = file.fold(
        &layout.wanted,
        || Groups::new(plan, &quality, columns),
        |groups, _, row| add_row(groups, plan, &layout, limits, row),
        |groups, other| groups.merge(&other),
    )?;
    Ok(groups)
}
