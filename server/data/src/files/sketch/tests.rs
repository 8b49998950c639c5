//! Sketches against exact counts, and parts joined against the whole.

use super::super::parse::number::{self, NumberReading};
use super::distinct::DistinctSketch;
use super::hash;
use super::keys::KeySet;
use super::limits::SketchLimits;
use super::moments::Moments;
use super::reservoir::Reservoir;
use super::sum::DecimalSum;
use super::values::{Seen, ValueTable};
use super::variety::Variety;
use std::collections::HashMap;

const LIMITS: SketchLimits = SketchLimits {
    values: 64,
    sample: 1000,
    keys: 5000,
};

fn hash_of(text: &[u8]) -> u64 {
    hash::bytes(text, hash::start(text))
}

fn add(variety: &mut Variety, text: &str) {
    let hash = hash_of(text.as_bytes());
    variety.add(hash, hash, text.as_bytes());
}

#[test]
fn starts_sort_as_their_texts() {
    let texts = [
        "",
        "a",
        "ab",
        "abc",
        "abcd",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        "abcdefghijklmno",
    ];
    for text in texts {
        let mut whole = [0; 16];
        whole[..text.len()].copy_from_slice(text.as_bytes());
        assert_eq!(
            hash::start(text.as_bytes()),
            u128::from_be_bytes(whole),
            "{text}"
        );
    }
    let long = b"abcdefghijklmnopqrstuvwxyz";
    assert_eq!(hash::start(long).to_be_bytes(), long[..16]);
}

#[test]
fn hashes_differ() {
    let mut seen = std::collections::HashSet::new();
    for length in 0..80 {
        let mut text = vec![b'x'; length];
        assert!(seen.insert(hash_of(&text)), "{length}");
        for at in 0..length {
            text[at] = b'y';
            assert!(seen.insert(hash_of(&text)), "{length} {at}");
            text[at] = b'x';
        }
    }
    for number in 0..10_000 {
        assert!(seen.insert(hash::number(number)), "{number}");
    }
}

#[test]
fn distinct_counts_are_near() {
    for count in [2000_u64, 50_000, 400_000] {
        let (mut whole, mut a, mut b) = (
            DistinctSketch::new(),
            DistinctSketch::new(),
            DistinctSketch::new(),
        );
        for value in 0..count {
            let hash = hash::number(value);
            whole.add(hash);
            whole.add(hash);
            if value % 3 == 0 { &mut a } else { &mut b }.add(hash);
        }
        let error = (whole.count() as f64 / count as f64 - 1.0).abs();
        assert!(error < 0.06, "{count}: {}", whole.count());
        a.merge(&b);
        assert_eq!(a.count(), whole.count());
    }
}

#[test]
fn moments_keep_their_digits() {
    let values: Vec<f64> = (0..20_000).map(|at| 1e9 + f64::from(at % 7)).collect();
    let (mut whole, mut a, mut b) = <(Moments, Moments, Moments)>::default();
    for (at, value) in values.iter().enumerate() {
        whole.add(*value);
        if at < 777 { &mut a } else { &mut b }.add(*value);
    }
    a.merge(b);
    let n = values.len() as f64;
    let mean = values.iter().map(|value| value - 1e9).sum::<f64>() / n + 1e9;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    for (found_mean, found_deviation) in [whole.finish(), a.finish()] {
        assert!((found_mean.unwrap() - mean).abs() < 1e-6);
        assert!((found_deviation.unwrap() - deviation).abs() < 1e-9);
    }
    assert_eq!(Moments::default().finish(), (None, None));
}

fn sum(values: &[&str]) -> DecimalSum {
    let mut sum = DecimalSum::default();
    for value in values {
        match number::read(value.as_bytes()) {
            NumberReading::Plain(number) | NumberReading::Styled(Some(number), _) => {
                sum.add(&number);
            }
            other => panic!("{value}: {other:?}"),
        }
    }
    sum
}

#[test]
fn sums_are_exact() {
    assert_eq!(sum(&["0.1"; 10]).finish(), (1.0, true));
    assert_eq!(sum(&["0.1", "0.20", "3", "-3"]).finish().0, 0.3);
    let big = "9223372036854775807";
    assert_eq!(
        sum(&[big, big, "-9223372036854775807"]).finish(),
        (i64::MAX as f64, true)
    );
    assert_eq!(sum(&["1e20", "1", "-1e20"]).finish(), (1.0, false));
    let mut parts = sum(&["0.1", "0.25"]);
    parts.merge(sum(&["0.3", "7"]));
    assert_eq!(parts.finish(), (7.65, true));
}

#[test]
fn samples_are_fair() {
    let mut whole = Reservoir::new();
    for value in 0..100_000 {
        whole.add(f64::from(value), 1000);
    }
    let (mut a, mut b) = (Reservoir::new(), Reservoir::new());
    for value in 0..100_000 {
        if value < 30_000 { &mut a } else { &mut b }.add(f64::from(value), 1000);
    }
    a.merge(b, 1000);
    for sample in [whole, a] {
        let (values, is_whole) = sample.finish();
        assert!(!is_whole);
        assert_eq!(values.len(), 1000);
        for (share, value) in [(100, 10_000.0), (500, 50_000.0), (900, 90_000.0)] {
            let found: f64 = values[share];
            assert!((found - value).abs() < 5000.0, "{share}: {found}");
        }
    }
}

#[test]
fn small_samples_are_all_values() {
    let (mut a, mut b) = (Reservoir::new(), Reservoir::new());
    [3.0, 1.0].iter().for_each(|value| a.add(*value, 10));
    [2.0].iter().for_each(|value| b.add(*value, 10));
    a.merge(b, 10);
    assert_eq!(a.finish(), (vec![1.0, 2.0, 3.0], true));
}

#[test]
fn keys_find_the_first_duplicate() {
    let mut keys = KeySet::new();
    (1..3000).for_each(|hash| keys.add(hash, 5000));
    assert!(keys.is_open());
    let mut later = KeySet::new();
    later.add(9000, 5000);
    keys.merge(later, 5000);
    assert!(keys.is_open());
    let mut later = KeySet::new();
    later.add(17, 5000);
    keys.merge(later, 5000);
    assert_eq!(keys, KeySet::Duplicate);
    let mut keys = KeySet::new();
    (1..30_000).for_each(|hash| keys.add(hash, 5000));
    assert_eq!(keys, KeySet::Unknown);
}

#[test]
fn few_values_are_counted_exactly() {
    let mut parts = [Variety::new(LIMITS, hash_of), Variety::new(LIMITS, hash_of)];
    let mut counts: HashMap<String, u64> = HashMap::new();
    for at in 0..1000 {
        let text = format!("value {}", at * at % 61);
        add(&mut parts[at % 2], &text);
        *counts.entry(text).or_default() += 1;
    }
    let [mut a, b] = parts;
    a.merge(b);
    assert!(a.is_exact() && !a.is_unique());
    assert_eq!(a.count(), counts.len() as u64);
    for (text, count) in a.values() {
        assert_eq!(counts[str::from_utf8(text).unwrap()], count);
    }
}

#[test]
fn many_values_keep_the_frequent() {
    let mut parts = [Variety::new(LIMITS, hash_of), Variety::new(LIMITS, hash_of)];
    for at in 0..20_000 {
        let text = match at % 4 {
            0 => "often".to_owned(),
            1 if at % 8 == 1 => "sometimes".to_owned(),
            _ => format!("rare {at}"),
        };
        add(&mut parts[at / 10_000], &text);
    }
    let [mut a, b] = parts;
    a.merge(b);
    assert!(!a.is_exact() && !a.is_unique());
    let error = a.count() as f64 / 12_502.0 - 1.0;
    assert!(error.abs() < 0.06, "{}", a.count());
    let mut values: Vec<(u64, &[u8])> = a.values().map(|(text, count)| (count, text)).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(values[0].1, b"often");
    assert!((4000..=5000).contains(&values[0].0), "{}", values[0].0);
    assert_eq!(values[1].1, b"sometimes");
}

#[test]
fn unique_values_are_known_to_be_so() {
    let mut parts = [Variety::new(LIMITS, hash_of), Variety::new(LIMITS, hash_of)];
    for at in 0..2000 {
        add(&mut parts[at / 1000], &format!("key {at}"));
    }
    let [mut a, b] = parts;
    a.merge(b);
    assert!(a.is_unique() && !a.is_exact());
    add(&mut a, "key 5");
    assert!(!a.is_unique());
}

#[test]
fn a_full_table_says_so() {
    let mut table = ValueTable::new(4);
    for hash in 1..=4 {
        assert_eq!(table.add(hash, b"x"), Seen::First);
    }
    assert_eq!(table.add(9, b"x"), Seen::Full);
    assert_eq!(table.add(2, b"x"), Seen::Again);
    assert_eq!(table.len(), 4);
}
