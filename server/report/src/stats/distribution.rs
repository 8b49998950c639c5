//! Tails of the distributions that tests compare with: normal, Student's t and Fisher's F.
//!
//! The formulas are the textbook ones (Abramowitz and Stegun 7.1.5, 7.1.14, 26.5): a series where
//! it converges quickly and a continued fraction elsewhere. Errors are below 1e-10.

/// Below this a factor of a continued fraction counts as 0.
const TINY: f64 = 1e-300;
const MAX_STEPS: usize = 300;

/// The probability that a standard normal number is farther from 0 than `z`.
pub(crate) fn normal_tail(z: f64) -> f64 {
    complementary_error(z.abs() / std::f64::consts::SQRT_2)
}

/// `erfc(x)` for x >= 0.
fn complementary_error(x: f64) -> f64 {
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for step in 1..100 {
            term *= -x * x / f64::from(step);
            sum += term / f64::from(2 * step + 1);
        }
        return 1.0 - sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let mut fraction = 0.0;
    for step in (1..60).rev() {
        fraction = f64::from(step) / 2.0 / (x + fraction);
    }
    (-x * x).exp() / std::f64::consts::PI.sqrt() / (x + fraction)
}

/// The probability that a number of Student's t distribution is farther from 0 than `t`.
pub(crate) fn student_tail(t: f64, degrees: f64) -> f64 {
    if !t.is_finite() || degrees <= 0.0 {
        return if t.is_infinite() { 0.0 } else { 1.0 };
    }
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The probability that a number of Fisher's F distribution is above `f`.
pub(crate) fn fisher_tail(f: f64, between: f64, within: f64) -> f64 {
    if f <= 0.0 || between <= 0.0 || within <= 0.0 {
        return 1.0;
    }
    incomplete_beta(within / 2.0, between / 2.0, within / (within + between * f))
}

/// The logarithm of the gamma function (Stirling's series above 10, recurrence below).
fn log_gamma(x: f64) -> f64 {
    let (mut shifted, mut correction) = (x, 0.0);
    while shifted < 10.0 {
        correction -= shifted.ln();
        shifted += 1.0;
    }
    let square = shifted * shifted;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / shifted;
    let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
    (shifted - 0.5) * shifted.ln() - shifted + half_log_tau + series + correction
}

/// The regularised incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    let front = (a * x.ln() + b * (1.0 - x).ln() - log_beta).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn not_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut numerator = 1.0;
    let mut denominator = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = denominator;
    for step in 1..MAX_STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            denominator = 1.0 / not_zero(1.0 + coefficient * denominator);
            numerator = not_zero(1.0 + coefficient / numerator);
            change = denominator * numerator;
            result *= change;
        }
        if (change - 1.0).abs() < 1e-14 {
            break;
        }
    }
    result
}
