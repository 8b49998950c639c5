//! Statistics against values of published tables, and against series whose facts are known.

use super::random::SeededRandom;
use super::{dependence, series_model};
use super::{
    distribution, false_discovery, order, outlier, polynomial, scan, season, shift, trend,
};
use proptest::prelude::*;

fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut random = SeededRandom::new(seed);
    (0..count).map(|_| 100.0 + 5.0 * random.normal()).collect()
}

#[test]
fn tails_are_those_of_the_tables() {
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    };
    close(distribution::normal_tail(1.959_964), 0.05);
    close(distribution::normal_tail(2.575_829), 0.01);
    close(distribution::normal_tail(0.0), 1.0);
    close(distribution::student_tail(2.228_139, 10.0), 0.05);
    close(distribution::student_tail(-12.706_205, 1.0), 0.05);
    close(distribution::fisher_tail(4.964_603, 1.0, 10.0), 0.05);
    close(distribution::fisher_tail(2.866_081, 4.0, 20.0), 0.05);
    let far = distribution::normal_tail(8.0);
    assert!((far / 1.244_192e-15 - 1.0).abs() < 1e-5, "{far}");
}

#[test]
fn quantiles_and_medians() {
    assert_eq!(order::median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(order::median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    assert_eq!(order::median(&[]), 0.0);
    assert_eq!(order::quantile(&[0.0, 10.0], 0.25), 2.5);
    assert!((order::robust_deviation(&noise(2_000, 1)) - 5.0).abs() < 0.4);
}

#[test]
fn a_trend_has_its_slope_and_noise_has_none() {
    let mut values = noise(40, 2);
    values
        .iter_mut()
        .enumerate()
        .for_each(|(at, value)| *value += at as f64);
    let found = trend::mann_kendall(&values, 0.0).unwrap();
    assert!((found.slope - 1.0).abs() < 0.2 && found.p < 1e-6 && found.tau > 0.6);
    let chance =
        (0..200).filter(|seed| trend::mann_kendall(&noise(30, *seed), 0.0).unwrap().p < 0.05);
    assert!(chance.count() <= 18);
    assert_eq!(trend::theil_sen(&[1.0, 3.0, 5.0, 7.0, 9.0, 1_000.0]), 2.0);
    assert!(trend::mann_kendall(&[1.0; 20], 0.0).is_none());
    assert!(trend::mann_kendall(&noise(7, 1), 0.0).is_none());
}

#[test]
fn walks_depend_on_their_values_and_noise_does_not() {
    let mut walk = 0.0;
    let values: Vec<f64> = noise(200, 3)
        .iter()
        .map(|step| {
            walk += step - 100.0;
            walk
        })
        .collect();
    assert!(dependence::estimate(&values, 1) > 0.9);
    assert!(dependence::estimate(&noise(200, 4), 1) < 0.1);
    assert_eq!(dependence::mean_inflation(0.0, 12), 1.0);
    // The variance of a mean of two values with a correlation of a half is 1.5 times as large.
    assert!((dependence::mean_inflation(0.5, 2) - 1.5).abs() < 1e-9);
}

#[test]
fn a_season_is_found_at_its_phase() {
    let mut values = noise(36, 5);
    for (at, value) in values.iter_mut().enumerate() {
        *value += if at % 12 == 11 { 40.0 } else { 0.0 } + at as f64 * 2.0;
    }
    let found = season::test(&values, 12, 0.0, 9).unwrap();
    let high = (0..12).max_by(|a, b| found.phases[*a].total_cmp(&found.phases[*b]));
    assert_eq!((found.p, high), (0.001, Some(11)));
    assert!(found.strength > 0.5);
    let by_chance = |seed: &u64| season::test(&noise(36, *seed), 12, 0.0, 9).unwrap().p <= 0.05;
    assert!((0..60).filter(by_chance).count() <= 8);
    assert!(season::test(&noise(23, 1), 12, 0.0, 9).is_none());
}

#[test]
fn a_shift_is_found_where_it_is() {
    let mut values = noise(40, 6);
    values[25..].iter_mut().for_each(|value| *value += 20.0);
    let found = shift::segment(&values, 0.0, &shift::largest, 9);
    assert_eq!(found.len(), 1);
    assert!(found[0].at.abs_diff(25) <= 1 && found[0].p == 0.001 && found[0].effect > 2.0);
    let by_chance = (0..60)
        .filter(|seed| !shift::segment(&noise(40, *seed), 0.0, &shift::largest, 9).is_empty());
    assert!(by_chance.count() <= 5);
}

#[test]
fn lines_steps_and_curves_are_not_confused() {
    let line: Vec<f64> = noise(36, 7)
        .iter()
        .enumerate()
        .map(|(at, v)| v + at as f64)
        .collect();
    let model = series_model::fit(&line, &[12], 9);
    assert!(model.has_trend && model.shifts.is_empty() && !model.is_curved);
    let mut step = noise(36, 8);
    step[20..].iter_mut().for_each(|value| *value -= 25.0);
    let model = series_model::fit(&step, &[12], 9);
    assert!(!model.has_trend && model.shifts.len() == 1);
    let arc = noise(36, 9)
        .into_iter()
        .enumerate()
        .map(|(at, value)| value + 60.0 * (at as f64 / 35.0 * std::f64::consts::PI).sin());
    let model = series_model::fit(&arc.collect::<Vec<_>>(), &[12], 9);
    assert!(model.shifts.is_empty() && !model.has_trend && model.is_curved);
}

#[test]
fn an_outlier_is_the_value_that_does_not_fit() {
    let mut values = noise(30, 10);
    values[17] = 190.0;
    let found = outlier::find(&values, None, 1);
    assert_eq!(found[0].at, 17);
    assert!(found[0].p < 1e-3 && found[0].distance > 8.0 && found.len() == 1);
    assert!(outlier::find(&[5.0; 30], None, 1)[0].p > 0.9);
    assert_eq!(outlier::winsorized(&[5.0; 30]), vec![5.0; 30]);
}

#[test]
fn a_burst_is_the_run_with_most_cases() {
    let rows = vec![100; 24];
    let mut cases = vec![1; 24];
    cases[10] = 30;
    cases[11] = 40;
    let found = scan::burst(&cases, &rows).unwrap();
    assert_eq!((found.from, found.to), (10, 12));
    assert!(found.p < 1e-6 && found.inside == 0.35);
    assert!(scan::burst(&[1; 24], &[100; 24]).is_none_or(|found| found.p > 0.5));
    assert!(scan::burst(&[0; 24], &[100; 24]).is_none());
}

#[test]
fn false_discoveries_are_limited() {
    let p_values = [
        0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216,
    ];
    assert_eq!(false_discovery::threshold(&p_values, 0.05), Some(0.008));
    assert_eq!(false_discovery::threshold(&[0.5, 0.9], 0.05), None);
    assert_eq!(false_discovery::threshold(&[], 0.05), None);
}

#[test]
fn polynomials_take_their_degree_away() {
    let values: Vec<f64> = (0..30)
        .map(|at| 3.0 - f64::from(at) + f64::from(at * at))
        .collect();
    let size = |degree| {
        polynomial::remainder(&values, degree)
            .iter()
            .map(|v| v.abs())
            .sum::<f64>()
    };
    assert!(size(2) < 1e-8 && size(1) > 100.0);
}

proptest! {
    #[test]
    fn shuffling_keeps_all_values(mut values: Vec<u8>, seed: u64) {
        let mut shuffled = values.clone();
        SeededRandom::new(seed).shuffle(&mut shuffled);
        values.sort_unstable();
        shuffled.sort_unstable();
        prop_assert_eq!(values, shuffled);
    }

    #[test]
    fn any_series_has_a_model(values in prop::collection::vec(-1e9_f64..1e9, 0..40)) {
        let model = series_model::fit(&values, &[4, 12], 1);
        prop_assert!(model.shifts.iter().all(|shift| shift.at < values.len()));
        prop_assert!(model.outliers.iter().all(|outlier| outlier.p >= 0.0));
    }

    #[test]
    fn below_a_bound(bound in 1_usize..1_000, seed: u64) {
        let mut random = SeededRandom::new(seed);
        prop_assert!(random.below(bound) < bound);
        prop_assert!((0.0..1.0).contains(&random.unit()));
    }
}
