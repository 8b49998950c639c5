//! The run of periods in which a share is higher than elsewhere: a scan statistic for counts.
//!
//! Every run of periods is compared with the rest by the likelihood ratio of two binomial shares;
//! the p-value is corrected for the number of runs, and for counts that vary more than binomial.

use super::distribution::normal_tail;

/// A run of periods with a higher share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    pub(crate) from: usize,
    /// Exclusive.
    pub(crate) to: usize,
    pub(crate) p: f64,
    pub(crate) inside: f64,
    pub(crate) outside: f64,
}

/// `k ln(k / n)`; 0 for no cases.
fn term(cases: f64, of: f64) -> f64 {
    if cases <= 0.0 {
        0.0
    } else {
        cases * (cases / of).ln()
    }
}

fn log_likelihood(cases: f64, of: f64) -> f64 {
    term(cases, of) + term(of - cases, of)
}

/// The run, at most half of the periods or the last ones, where `cases` of `rows` are most in
/// excess. `None` below 8 periods, or without cases.
pub(crate) fn burst(cases: &[u64], rows: &[u64]) -> Option<Burst> {
    let count = cases.len();
    let prefix = |values: &[u64]| -> Vec<f64> {
        let mut sums = vec![0.0];
        for value in values {
            sums.push(sums[sums.len() - 1] + *value as f64);
        }
        sums
    };
    let (case_sums, row_sums) = (prefix(cases), prefix(rows));
    let (all_cases, all_rows) = (case_sums[count], row_sums[count]);
    if count < 8 || all_cases < 1.0 || all_cases >= all_rows {
        return None;
    }
    let whole = log_likelihood(all_cases, all_rows);
    let mut best = None::<(f64, Burst)>;
    for from in 0..count {
        let longest = if count - from <= count * 3 / 4 {
            count
        } else {
            from + count / 2
        };
        for to in from + 1..=longest.min(count) {
            let inside = (
                case_sums[to] - case_sums[from],
                row_sums[to] - row_sums[from],
            );
            let outside = (all_cases - inside.0, all_rows - inside.1);
            if inside.1 < 1.0 || outside.1 < 1.0 {
                continue;
            }
            let shares = (inside.0 / inside.1, outside.0 / outside.1);
            let split = log_likelihood(inside.0, inside.1) + log_likelihood(outside.0, outside.1);
            let ratio = split - whole;
            if shares.0 > shares.1 && best.is_none_or(|(largest, _)| ratio > largest) {
                let found = Burst {
                    from,
                    to,
                    p: 1.0,
                    inside: shares.0,
                    outside: shares.1,
                };
                best = Some((ratio, found));
            }
        }
    }
    let (ratio, mut found) = best?;
    let spread = dispersion(cases, rows, &found);
    let runs = (count * (count + 1) / 2) as f64;
    found.p = (runs * normal_tail((2.0 * ratio / spread).max(0.0).sqrt())).min(1.0);
    Some(found)
}

/// How much more the counts outside of the run vary than binomial ones; 1 at least.
fn dispersion(cases: &[u64], rows: &[u64], burst: &Burst) -> f64 {
    let (mut sum, mut used) = (0.0, 0.0);
    for (at, (cases, rows)) in cases.iter().zip(rows).enumerate() {
        let expected = *rows as f64 * burst.outside;
        if (burst.from..burst.to).contains(&at) || expected < 1.0 {
            continue;
        }
        sum += (*cases as f64 - expected).powi(2) / (expected * (1.0 - burst.outside));
        used += 1.0;
    }
    if used < 4.0 {
        1.0
    } else {
        (sum / (used - 1.0)).max(1.0)
    }
}
