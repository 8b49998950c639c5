//! Smooth curves through a series: polynomials by least squares, over orthogonal ones.
//!
//! The basis is made orthogonal step by step (Gram-Schmidt, as Forsythe 1957 does for equal
//! distances), so that no system of equations has to be solved.

/// What is left of the values after the best polynomial of a degree was taken away.
pub(crate) fn remainder(values: &[f64], degree: usize) -> Vec<f64> {
    let count = values.len();
    let half = (count.saturating_sub(1)).max(1) as f64 / 2.0;
    let places: Vec<f64> = (0..count).map(|at| (at as f64 - half) / half).collect();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut rest = values.to_vec();
    let mut power = vec![1.0; count];
    for _ in 0..=degree.min(count.saturating_sub(1)) {
        let mut next = power.clone();
        for known in &basis {
            take_away(&mut next, known);
        }
        take_away(&mut rest, &next);
        basis.push(next);
        power
            .iter_mut()
            .zip(&places)
            .for_each(|(power, place)| *power *= place);
    }
    rest
}

/// Takes the part of `values` that lies along `direction` away.
fn take_away(values: &mut [f64], direction: &[f64]) {
    let size: f64 = direction.iter().map(|one| one * one).sum();
    if size <= f64::MIN_POSITIVE {
        return;
    }
    let product: f64 = values.iter().zip(direction).map(|(a, b)| a * b).sum();
    let factor = product / size;
    values
        .iter_mut()
        .zip(direction)
        .for_each(|(value, one)| *value -= factor * one);
}
