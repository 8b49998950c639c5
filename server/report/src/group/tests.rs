//! Sums and repeats, whatever the order of rows.

use super::exact::ExactSum;
use super::keys;
use crate::testing;
use proptest::prelude::*;

fn sum(values: &[f64]) -> f64 {
    let mut sum = ExactSum::default();
    values.iter().for_each(|value| sum.add(*value));
    sum.value()
}

#[test]
fn cents_add_up_exactly() {
    assert_eq!(sum(&[0.1; 10]), 1.0);
    assert_eq!(sum(&[1e15, 0.25, -1e15]), 0.25);
    assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
    let mut large = ExactSum::default();
    (0..3).for_each(|_| large.add_integer(i64::MAX));
    assert_eq!(large.value(), 3.0 * i64::MAX as f64);
}

proptest! {
    #[test]
    fn the_order_does_not_matter(cents in prop::collection::vec(-1_000_000_i64..1_000_000, 0..60)) {
        let mut values: Vec<f64> = cents.iter().map(|cent| *cent as f64 / 100.0).collect();
        let forward = sum(&values);
        values.reverse();
        let (left, right) = values.split_at(values.len() / 2);
        let mut joined = ExactSum::default();
        left.iter().for_each(|value| joined.add(*value));
        let mut other = ExactSum::default();
        right.iter().for_each(|value| other.add(*value));
        joined.merge(&other);
        prop_assert_eq!(forward, joined.value());
        prop_assert_eq!(forward, cents.iter().sum::<i64>() as f64 / 100.0);
    }
}

#[test]
fn repeats_are_counted_without_missing_keys() {
    let (_folder, file) = testing::file("id,b\na1,1\na2,1\na1,2\n,1\n,1\na3,1\na1,1\n");
    let found = keys::count(&file, &[0]).unwrap();
    assert_eq!((found.values, found.rows, found.all), (1, 3, 5));
    let found = keys::count(&file, &[0, 1]).unwrap();
    assert_eq!((found.values, found.rows), (2, 4));
}
