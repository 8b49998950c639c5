//! AdamW over the flat weights (arXiv 1711.05101), shared out to threads; gradients of all threads
//! are summed on the way.

use crate::weights::Layout;
use std::ops::Range;

/// Settings of a step.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub rate: f32,
    pub first: f32,
    pub second: f32,
    pub epsilon: f32,
    /// Of matrices; norms do not decay.
    pub decay: f32,
    /// The largest norm of a gradient that is taken as it is.
    pub clip: f32,
}

/// Both moments of every weight, and the number of steps they saw.
pub struct Adam {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
    pub steps: u32,
}

/// Weights that one thread updates at a time.
const PIECE: usize = 1 << 16;

impl Adam {
    pub fn new(total: usize) -> Self {
        Self { first: vec![0.0; total], second: vec![0.0; total], steps: 0 }
    }

    /// Updates the weights, clears the gradients, returns the gradient's norm. Where that is not
    /// finite nothing changes but the gradients.
    pub fn step(
        &mut self,
        layout: &Layout,
        weights: &mut [f32],
        gradients: &mut [Vec<f32>],
        settings: Settings,
    ) -> f32 {
        let (sum, others) = gradients.split_first_mut().expect("at least one thread");
        let norm = gather(sum, others);
        if norm.is_finite() {
            self.steps += 1;
            let scale = if norm > settings.clip { settings.clip / norm } else { 1.0 };
            self.update(layout, weights, sum, scale, settings);
        }
        let threads = 1 + others.len();
        for gradient in std::iter::once(sum).chain(others) {
            in_pieces(threads, gradient, |piece| piece.fill(0.0));
        }
        norm
    }

    /// AdamW's rule, half of the weights on each of two threads.
    fn update(
        &mut self,
        layout: &Layout,
        weights: &mut [f32],
        gradient: &[f32],
        scale: f32,
        settings: Settings,
    ) {
        let correction = |beta: f32| (1.0 - f64::from(beta).powi(self.steps as i32)) as f32;
        let rule = Rule {
            rate: settings.rate / correction(settings.first),
            correction: correction(settings.second),
            scale,
            settings,
        };
        let matrices: Vec<_> = layout.matrices().iter().map(|matrix| matrix.at.clone()).collect();
        let half = weights.len() / 2;
        let (w, g) = (weights.split_at_mut(half), gradient.split_at(half));
        let (m, v) = (self.first.split_at_mut(half), self.second.split_at_mut(half));
        std::thread::scope(|scope| {
            scope.spawn(|| rule.apply(&matrices, 0, w.0, g.0, m.0, v.0));
            rule.apply(&matrices, half, w.1, g.1, m.1, v.1);
        });
    }
}

/// A step's numbers.
#[derive(Clone, Copy)]
struct Rule {
    rate: f32,
    correction: f32,
    scale: f32,
    settings: Settings,
}

impl Rule {
    /// Updates the weights from `start` on; those in one of the `matrices` decay.
    fn apply(
        &self,
        matrices: &[Range<usize>],
        start: usize,
        w: &mut [f32],
        g: &[f32],
        m: &mut [f32],
        v: &mut [f32],
    ) {
        let end = start + w.len();
        let mut at = start;
        for matrix in matrices.iter().filter(|matrix| matrix.end > start && matrix.start < end) {
            let inside = matrix.start.max(start)..matrix.end.min(end);
            for (range, decay) in [(at..inside.start, 0.0), (inside.clone(), self.settings.decay)] {
                let range = range.start - start..range.end - start;
                let (g, m) = (&g[range.clone()], &mut m[range.clone()]);
                self.one(&mut w[range.clone()], g, m, &mut v[range], decay);
            }
            at = inside.end;
        }
        let rest = at - start;
        self.one(&mut w[rest..], &g[rest..], &mut m[rest..], &mut v[rest..], 0.0);
    }

    fn one(&self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], decay: f32) {
        let Settings { rate, first, second, epsilon, .. } = self.settings;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = g * self.scale;
            *m += (g - *m) * (1.0 - first);
            *v += (g * g - *v) * (1.0 - second);
            *w -= self.rate * *m / ((*v / self.correction).sqrt() + epsilon) + rate * decay * *w;
        }
    }
}

/// Adds all gradients into the first; its norm.
fn gather(sum: &mut [f32], others: &mut [Vec<f32>]) -> f32 {
    let half = sum.len() / 2;
    let (low, high) = sum.split_at_mut(half);
    let others: Vec<&[f32]> = others.iter().map(Vec::as_slice).collect();
    let run = |start: usize, sum: &mut [f32]| -> f64 {
        let mut squares = 0.0f64;
        for (at, piece) in sum.chunks_mut(PIECE).enumerate() {
            let first = start + at * PIECE;
            for other in &others {
                piece.iter_mut().zip(&other[first..]).for_each(|(sum, value)| *sum += value);
            }
            squares += f64::from(crate::layers::dot(piece, piece));
        }
        squares
    };
    let squares = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(0, low));
        let own = run(half, high);
        own + other.join().expect("summing does not panic")
    });
    squares.sqrt() as f32
}

fn in_pieces(threads: usize, values: &mut [f32], f: impl Fn(&mut [f32]) + Sync) {
    let share = values.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for piece in values.chunks_mut(share) {
            scope.spawn(|| f(piece));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Shape;

    /// Against the rule written out for one weight; norms do not decay, matrices do.
    #[test]
    fn follows_the_rule_in_every_part() {
        let shape = Shape {
            layers: 1,
            width: 64,
            queries: 1,
            keys: 1,
            feed_forward: 64,
            vocabulary: 64,
            epsilon: 1e-5,
            theta: 1e4,
        };
        let layout = Layout::new(&shape);
        let settings =
            Settings { rate: 0.1, first: 0.9, second: 0.98, epsilon: 1e-8, decay: 0.05, clip: 1e9 };
        let mut weights = vec![2.0; layout.total];
        let mut gradients = vec![vec![0.25; layout.total], vec![0.25; layout.total]];
        let mut adam = Adam::new(layout.total);
        let norm = adam.step(&layout, &mut weights, &mut gradients, settings);
        assert!((norm - 0.5 * (layout.total as f32).sqrt()).abs() < 1e-2);
        let matrices = layout.matrices();
        for (i, weight) in weights.iter().enumerate() {
            let decays = matrices.iter().any(|matrix| matrix.at.contains(&i));
            let wanted = 2.0 - 0.1 - if decays { 0.1 * 0.05 * 2.0 } else { 0.0 };
            assert!((weight - wanted).abs() < 1e-5, "{i}: {weight} {wanted}");
        }
        assert!(gradients.iter().flatten().all(|value| *value == 0.0));
    }

    #[test]
    fn a_gradient_that_is_not_finite_changes_nothing() {
        let mut gradient = [f32::NAN; 32];
        assert!(!gather(&mut gradient, &mut []).is_finite());
    }
}
