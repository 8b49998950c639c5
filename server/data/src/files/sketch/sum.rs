//! The sum of decimal numbers without rounding.
//!
//! Mantissas are added as whole numbers, one sum for each count of decimals. Numbers with an
//! exponent, or more digits than a mantissa holds, are added as binary numbers with compensation
//! (Neumaier); then the sum is not exact.

use super::super::parse::number::Number;

const SCALES: usize = 19;

/// A sum of decimal numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecimalSum {
    /// A sum of the current scale that is not in `sums` yet.
    partial: i64,
    scale: u8,
    sums: [i128; SCALES],
    rounded: f64,
    compensation: f64,
    is_rounded: bool,
}

impl DecimalSum {
    #[inline]
    pub(crate) fn add(&mut self, number: &Number) {
        if !number.is_exact {
            self.add_rounded(number.value);
            return;
        }
        if number.scale == self.scale
            && let Some(partial) = self.partial.checked_add(number.mantissa)
        {
            self.partial = partial;
            return;
        }
        self.flush();
        self.scale = number.scale;
        self.partial = number.mantissa;
    }

    fn flush(&mut self) {
        if let Some(sum) = self.sums.get_mut(usize::from(self.scale)) {
            *sum += i128::from(self.partial);
        }
        self.partial = 0;
    }

    fn add_rounded(&mut self, value: f64) {
        let sum = self.rounded + value;
        self.compensation += if self.rounded.abs() >= value.abs() {
            (self.rounded - sum) + value
        } else {
            (value - sum) + self.rounded
        };
        self.rounded = sum;
        self.is_rounded = true;
    }

    pub(crate) fn merge(&mut self, mut other: Self) {
        self.flush();
        other.flush();
        for (a, b) in self.sums.iter_mut().zip(other.sums) {
            *a += b;
        }
        if other.is_rounded {
            self.add_rounded(other.rounded);
            self.compensation += other.compensation;
        }
    }

    /// The sum, and whether it is exact but for its last conversion into a binary number.
    pub(crate) fn finish(mut self) -> (f64, bool) {
        self.flush();
        let exact = self.exact();
        let decimals = exact.unwrap_or_else(|| {
            let parts = self.sums.iter().enumerate();
            parts.map(|(scale, sum)| text_value(*sum, scale)).sum()
        });
        let is_exact = exact.is_some() && !self.is_rounded;
        (decimals + (self.rounded + self.compensation), is_exact)
    }

    fn exact(&self) -> Option<f64> {
        let scale = self.sums.iter().rposition(|sum| *sum != 0).unwrap_or(0);
        let mut whole = 0_i128;
        for sum in &self.sums[..=scale] {
            whole = whole.checked_mul(10)?.checked_add(*sum)?;
        }
        Some(text_value(whole, scale))
    }
}

/// The binary number nearest to a decimal one.
fn text_value(mantissa: i128, scale: usize) -> f64 {
    format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN)
}
