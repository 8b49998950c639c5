//! Statistics of a column's dates, in both orders of day and month while both are possible.
//!
//! Dates whose year comes first are read alike in both orders and counted once. From the first date
//! that the orders read differently, each order has statistics of its own.

use super::super::parse::date::Moment;
use super::super::sketch::limits::SketchLimits;
use super::super::sketch::moments::Moments;
use super::super::sketch::reservoir::Reservoir;

/// Statistics of dates and times, in microseconds since 1970-01-01.
#[derive(Clone, Debug)]
pub(crate) struct DateStats {
    pub count: u64,
    /// How many have a time of day.
    pub times: u64,
    /// How many name the distance of their clock from UTC.
    pub offsets: u64,
    pub min: i64,
    pub max: i64,
    pub first: i64,
    pub last: i64,
    pub is_sorted: bool,
    pub is_rising: bool,
    pub moments: Moments,
    pub sample: Reservoir,
}

impl DateStats {
    fn new(first: i64) -> Self {
        Self {
            count: 0,
            times: 0,
            offsets: 0,
            min: first,
            max: first,
            first,
            last: first,
            is_sorted: true,
            is_rising: true,
            moments: Moments::default(),
            sample: Reservoir::new(),
        }
    }

    #[inline]
    fn add(&mut self, moment: &Moment, limits: SketchLimits) {
        let micros = moment.micros;
        self.min = self.min.min(micros);
        self.max = self.max.max(micros);
        if self.count > 0 {
            self.is_sorted &= self.last <= micros;
            self.is_rising &= self.last < micros;
        }
        self.last = micros;
        self.count += 1;
        self.times += u64::from(moment.has_time);
        self.offsets += u64::from(moment.has_offset);
        self.moments.add(micros as f64);
        self.sample.add(micros as f64, limits.sample);
    }

    fn merge(&mut self, other: Self, limits: SketchLimits) {
        self.is_sorted &= other.is_sorted && self.last <= other.first;
        self.is_rising &= other.is_rising && self.last < other.first;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.last = other.last;
        self.count += other.count;
        self.times += other.times;
        self.offsets += other.offsets;
        self.moments.merge(other.moments);
        self.sample.merge(other.sample, limits.sample);
    }
}

/// Statistics of a column's dates in both orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateOrders {
    /// With the day first, and all dates that have no such order.
    day_first: Option<DateStats>,
    /// With the month first, if it differs.
    month_first: Option<DateStats>,
    is_split: bool,
}

impl DateOrders {
    #[inline]
    pub(crate) fn add_plain(&mut self, moment: &Moment, limits: SketchLimits) {
        add(&mut self.day_first, moment, limits);
        if self.is_split {
            add(&mut self.month_first, moment, limits);
        }
    }

    pub(crate) fn add_ordered(
        &mut self,
        day_first: Option<&Moment>,
        month_first: Option<&Moment>,
        limits: SketchLimits,
    ) {
        self.split();
        if let Some(moment) = day_first {
            add(&mut self.day_first, moment, limits);
        }
        if let Some(moment) = month_first {
            add(&mut self.month_first, moment, limits);
        }
    }

    fn split(&mut self) {
        if !self.is_split {
            self.month_first = self.day_first.clone();
            self.is_split = true;
        }
    }

    /// The statistics in one order.
    pub(crate) fn in_order(&self, is_month_first: bool) -> Option<&DateStats> {
        if is_month_first && self.is_split {
            self.month_first.as_ref()
        } else {
            self.day_first.as_ref()
        }
    }

    /// Takes the dates of later rows.
    pub(crate) fn merge(&mut self, mut other: Self, limits: SketchLimits) {
        if self.is_split || other.is_split {
            self.split();
            other.split();
        }
        join(&mut self.day_first, other.day_first, limits);
        join(&mut self.month_first, other.month_first, limits);
    }
}

#[inline]
fn add(stats: &mut Option<DateStats>, moment: &Moment, limits: SketchLimits) {
    let stats = stats.get_or_insert_with(|| DateStats::new(moment.micros));
    stats.add(moment, limits);
}

fn join(a: &mut Option<DateStats>, b: Option<DateStats>, limits: SketchLimits) {
    match (a.as_mut(), b) {
        (Some(a), Some(b)) => a.merge(b, limits),
        (None, Some(b)) => *a = Some(b),
        (_, None) => {}
    }
}
