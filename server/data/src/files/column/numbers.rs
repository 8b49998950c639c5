//! Statistics of a column's numbers, in both styles while both are possible.
//!
//! Values that both styles read alike are counted once. From the first value that the styles read
//! differently, each style has statistics of its own.

use super::super::parse::number::Number;
use super::super::sketch::limits::SketchLimits;
use super::super::sketch::moments::Moments;
use super::super::sketch::reservoir::Reservoir;
use super::super::sketch::sum::DecimalSum;

/// Statistics of numbers.
#[derive(Clone, Debug)]
pub(crate) struct NumberStats {
    pub count: u64,
    /// How many have a fraction or an exponent, even if it is zero.
    pub fractions: u64,
    pub min: Number,
    pub max: Number,
    pub first: Number,
    pub last: Number,
    /// Whether no number is smaller than the one before it.
    pub is_sorted: bool,
    /// Whether each number is greater than the one before it.
    pub is_rising: bool,
    pub moments: Moments,
    pub sum: DecimalSum,
    pub sample: Reservoir,
}

/// Whether a number is smaller than another; whole numbers beyond 53 bits too.
#[inline]
fn is_less(a: &Number, b: &Number) -> bool {
    a.value < b.value || (a.value == b.value && a.scale == b.scale && a.mantissa < b.mantissa)
}

impl NumberStats {
    fn new(first: Number) -> Self {
        Self {
            count: 0,
            fractions: 0,
            min: first,
            max: first,
            first,
            last: first,
            is_sorted: true,
            is_rising: true,
            moments: Moments::default(),
            sum: DecimalSum::default(),
            sample: Reservoir::new(),
        }
    }

    #[inline]
    fn add(&mut self, number: &Number, limits: SketchLimits) {
        if is_less(number, &self.min) {
            self.min = *number;
        }
        if is_less(&self.max, number) {
            self.max = *number;
        }
        if self.is_sorted && self.count > 0 {
            self.is_rising &= is_less(&self.last, number);
            self.is_sorted = !is_less(number, &self.last);
            self.is_rising &= self.is_sorted;
        }
        self.last = *number;
        self.count += 1;
        self.fractions += u64::from(!number.is_integer());
        self.moments.add(number.value);
        self.sum.add(number);
        self.sample.add(number.value, limits.sample);
    }

    fn merge(&mut self, other: Self, limits: SketchLimits) {
        if is_less(&other.min, &self.min) {
            self.min = other.min;
        }
        if is_less(&self.max, &other.max) {
            self.max = other.max;
        }
        self.is_sorted &= other.is_sorted && !is_less(&other.first, &self.last);
        self.is_rising &= other.is_rising && is_less(&self.last, &other.first);
        self.last = other.last;
        self.count += other.count;
        self.fractions += other.fractions;
        self.moments.merge(other.moments);
        self.sum.merge(other.sum);
        self.sample.merge(other.sample, limits.sample);
    }
}

/// Statistics of a column's numbers in both styles.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberStyles {
    /// In point style, with all numbers that have no style.
    point: Option<NumberStats>,
    /// In comma style, if it differs.
    comma: Option<NumberStats>,
    is_split: bool,
}

impl NumberStyles {
    #[inline]
    pub(crate) fn add_plain(&mut self, number: &Number, limits: SketchLimits) {
        let stats = self.point.get_or_insert_with(|| NumberStats::new(*number));
        stats.add(number, limits);
        if self.is_split {
            let stats = self.comma.get_or_insert_with(|| NumberStats::new(*number));
            stats.add(number, limits);
        }
    }

    #[inline]
    pub(crate) fn add_styled(
        &mut self,
        point: Option<&Number>,
        comma: Option<&Number>,
        limits: SketchLimits,
    ) {
        self.split();
        if let Some(number) = point {
            let stats = self.point.get_or_insert_with(|| NumberStats::new(*number));
            stats.add(number, limits);
        }
        if let Some(number) = comma {
            let stats = self.comma.get_or_insert_with(|| NumberStats::new(*number));
            stats.add(number, limits);
        }
    }

    fn split(&mut self) {
        if !self.is_split {
            self.comma = self.point.clone();
            self.is_split = true;
        }
    }

    /// The statistics in one style.
    pub(crate) fn in_style(&self, is_comma: bool) -> Option<&NumberStats> {
        if is_comma && self.is_split {
            self.comma.as_ref()
        } else {
            self.point.as_ref()
        }
    }

    /// Takes the numbers of later rows.
    pub(crate) fn merge(&mut self, mut other: Self, limits: SketchLimits) {
        if self.is_split || other.is_split {
            self.split();
            other.split();
        }
        join(&mut self.point, other.point, limits);
        join(&mut self.comma, other.comma, limits);
    }
}

fn join(a: &mut Option<NumberStats>, b: Option<NumberStats>, limits: SketchLimits) {
    match (a.as_mut(), b) {
        (Some(a), Some(b)) => a.merge(b, limits),
        (None, Some(b)) => *a = Some(b),
        (_, None) => {}
    }
}
