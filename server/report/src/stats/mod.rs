//! Statistics on series of numbers: order, trend, season, level shift, outliers, and the
//! correction for many tests.
//!
//! Each test is a plain function of a slice and gives a p-value with its effect. Where a test has
//! no closed form it compares with seeded permutations, so that a report is the same each time.
//! Nothing here knows files, columns or sentences.

pub(crate) mod dependence;
pub(crate) mod distribution;
pub(crate) mod false_discovery;
pub(crate) mod order;
pub(crate) mod outlier;
pub(crate) mod polynomial;
pub(crate) mod random;
pub(crate) mod scan;
pub(crate) mod season;
pub(crate) mod series_model;
pub(crate) mod shift;
#[cfg(test)]
mod tests;
pub(crate) mod trend;

/// The mean; 0 for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sum of squared deviations from the mean.
pub(crate) fn squares(values: &[f64]) -> f64 {
    let center = mean(values);
    values.iter().map(|value| (value - center).powi(2)).sum()
}

/// The autocorrelation at a lag, between -1 and 1; 0 where it is not defined.
pub(crate) fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let total = squares(values);
    if lag >= values.len() || total <= f64::EPSILON {
        return 0.0;
    }
    let center = mean(values);
    let pairs = values.iter().zip(&values[lag..]);
    let product: f64 = pairs.map(|(a, b)| (a - center) * (b - center)).sum();
    product / total
}
