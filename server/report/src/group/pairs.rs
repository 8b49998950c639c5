//! Sums for each pair of tracked columns, from which their correlation follows.
//!
//! Values are taken as deviations from the profile's mean, so that nothing is lost to cancellation.

use crate::plan::ReportPlan;
use data::files::{ColumnProfile, FileCell};

/// As many columns are compared with each other.
const MAX_COLUMNS: usize = 6;

/// The sums of a pair, over rows that have both values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PairSum {
    pub(crate) rows: u64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl PairSum {
    fn add(&mut self, x: f64, y: f64) {
        self.rows += 1;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }

    /// The correlation of Pearson and the slope of the first by the second column; `None` if one
    /// is constant.
    pub(crate) fn correlation(&self) -> Option<(f64, f64)> {
        let count = self.rows as f64;
        let (xx, yy) = (
            self.xx - self.x * self.x / count,
            self.yy - self.y * self.y / count,
        );
        let xy = self.xy - self.x * self.y / count;
        let varies = xx > self.xx * 1e-12 && yy > self.yy * 1e-12;
        varies.then(|| ((xy / (xx * yy).sqrt()).clamp(-1.0, 1.0), xy / yy))
    }
}

/// The sums of all pairs of the first tracked columns.
#[derive(Clone, Debug)]
pub(crate) struct PairSums {
    centers: Vec<f64>,
    sums: Vec<PairSum>,
}

impl PairSums {
    pub(crate) fn new(plan: &ReportPlan, columns: &[ColumnProfile]) -> Self {
        let tracked = plan.tracked.iter().take(MAX_COLUMNS);
        let known = tracked.filter_map(|one| one.column);
        let centers: Vec<f64> = known.map(|at| columns[at].mean.unwrap_or(0.0)).collect();
        let count = centers.len();
        Self {
            centers,
            sums: vec![PairSum::default(); count * count],
        }
    }

    /// Adds a row, given the cell of each tracked column.
    pub(crate) fn add<'a>(&mut self, values: &dyn Fn(usize) -> &'a FileCell<'a>) {
        let count = self.centers.len();
        for x in 0..count {
            let Some(first) = values(x).number().filter(|value| value.is_finite()) else {
                continue;
            };
            for y in x + 1..count {
                if let Some(second) = values(y).number().filter(|value| value.is_finite()) {
                    let sum = &mut self.sums[x * count + y];
                    sum.add(first - self.centers[x], second - self.centers[y]);
                }
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.sums
            .iter_mut()
            .zip(&other.sums)
            .for_each(|(mine, other)| mine.merge(other));
    }

    /// All pairs: the places of both columns among the tracked ones, and their sums.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, usize, &PairSum)> {
        let count = self.centers.len();
        let pairs = (0..count).flat_map(move |x| (x + 1..count).map(move |y| (x, y)));
        pairs.map(move |(x, y)| (x, y, &self.sums[x * count + y]))
    }
}
