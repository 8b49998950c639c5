//! Sums that do not depend on the order of rows.
//!
//! Values with up to four decimals are added as whole numbers of ten-thousandths in 128 bits. All
//! others go into a compensated sum of doubles (Neumaier), whose error does not grow with the rows.

/// A value with four decimals becomes a whole number by this.
const SCALE: f64 = 10_000.0;
/// Doubles below this are exact whole numbers, with room for the scale.
const LARGEST: f64 = 9.0e15;

/// A sum of many numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExactSum {
    scaled: i128,
    rest: f64,
    correction: f64,
}

impl ExactSum {
    /// Adds a whole number.
    pub(crate) fn add_integer(&mut self, value: i64) {
        self.scaled = self
            .scaled
            .saturating_add(i128::from(value) * SCALE as i128);
    }

    /// Adds a number.
    pub(crate) fn add(&mut self, value: f64) {
        let scaled = (value * SCALE).round();
        if scaled.abs() < LARGEST && scaled / SCALE == value {
            self.scaled = self.scaled.saturating_add(scaled as i128);
        } else {
            self.add_double(value);
        }
    }

    fn add_double(&mut self, value: f64) {
        let sum = self.rest + value;
        let (large, small) = if self.rest.abs() >= value.abs() {
            (self.rest, value)
        } else {
            (value, self.rest)
        };
        self.correction += (large - sum) + small;
        self.rest = sum;
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.scaled = self.scaled.saturating_add(other.scaled);
        self.add_double(other.rest);
        self.correction += other.correction;
    }

    /// The sum as a double.
    pub(crate) fn value(&self) -> f64 {
        let whole = self.scaled.div_euclid(SCALE as i128) as f64;
        let part = self.scaled.rem_euclid(SCALE as i128) as f64 / SCALE;
        whole + part + (self.rest + self.correction)
    }
}
