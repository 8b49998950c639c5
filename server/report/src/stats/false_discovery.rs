//! The correction for many tests: Benjamini and Hochberg (1995).
//!
//! A report makes dozens of tests. With this correction at 5 %, at most one in twenty of the
//! findings that it shows is expected to be chance.

/// The share of false findings that a report accepts.
pub(crate) const RATE: f64 = 0.05;

/// The largest p-value that counts as a finding; `None` if none does.
pub(crate) fn threshold(p_values: &[f64], rate: f64) -> Option<f64> {
    let mut sorted = p_values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let accepted = sorted.iter().enumerate().rev();
    accepted
        .map(|(index, p)| (*p, rate * (index + 1) as f64 / count))
        .find(|(p, limit)| p <= limit)
        .map(|(p, _)| p)
}
