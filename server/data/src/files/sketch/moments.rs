//! Count, mean and variance of numbers.
//!
//! Values are added in blocks, as differences from a value near the mean, so that no division is
//! needed for each and no digits are lost; blocks are joined by the formula of Chan, Golub and
//! LeVeque (1979).

const BLOCK: u32 = 4096;

/// Count, mean and sum of squared differences from the mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    pivot: f64,
    block: u32,
    block_sum: f64,
    block_squares: f64,
}

impl Moments {
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        if self.block == 0 {
            self.pivot = if self.count == 0.0 { value } else { self.mean };
        }
        let difference = value - self.pivot;
        self.block_sum += difference;
        self.block_squares += difference * difference;
        self.block += 1;
        if self.block == BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.block == 0 {
            return;
        }
        let count = f64::from(self.block);
        let offset = self.block_sum / count;
        let squares = (self.block_squares - self.block_sum * offset).max(0.0);
        let mean = self.pivot + offset;
        (self.block, self.block_sum, self.block_squares) = (0, 0.0, 0.0);
        self.join(count, mean, squares);
    }

    fn join(&mut self, count: f64, mean: f64, squares: f64) {
        let whole = self.count + count;
        if whole == 0.0 {
            return;
        }
        let difference = mean - self.mean;
        self.squares += squares + difference * difference * self.count * count / whole;
        self.mean += difference * count / whole;
        self.count = whole;
    }

    pub(crate) fn merge(&mut self, mut other: Self) {
        self.flush();
        other.flush();
        self.join(other.count, other.mean, other.squares);
    }

    /// The mean, and the standard deviation of the sample.
    pub(crate) fn finish(mut self) -> (Option<f64>, Option<f64>) {
        self.flush();
        let mean = (self.count > 0.0).then_some(self.mean);
        let deviation = (self.count > 1.0).then(|| (self.squares / (self.count - 1.0)).sqrt());
        (mean, deviation)
    }
}
