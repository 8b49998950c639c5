//! Planted facts are found, shuffled ones are not, and all numbers are equal.

use super::{FactStrength, run};

#[test]
fn planted_facts_are_found_and_every_number_is_equal() {
    let folder = tempfile::tempdir().unwrap();
    let score = run(folder.path(), 16, 7).unwrap();
    assert_eq!(score.sets.len(), 16);
    assert_eq!(
        score.found(FactStrength::Strong),
        1.0,
        "{:#?}",
        score.by_fact()
    );
    assert!(
        score.found(FactStrength::Medium) >= 0.75,
        "{:#?}",
        score.by_fact()
    );
    assert!(score.false_findings() <= 0.125);
    assert!(score.sentences > 100 && score.equal == score.sentences);
    assert!(score.sets.iter().all(|set| set.unequal.is_empty()));
}

#[test]
fn the_same_seed_makes_the_same_data() {
    let (a, b) = (
        super::generate::data_set(3, 1),
        super::generate::data_set(3, 1),
    );
    assert!(a.text == b.text && a.twin == b.twin && a.text != a.twin);
    assert!(super::generate::data_set(3, 2).text != a.text);
}
