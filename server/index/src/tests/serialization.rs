//! A stored index answers as before; a damaged one is an error, a forged one never a panic.

use super::{index, source};
use crate::{Index, SourceFile};
use proptest::prelude::*;

const TEXT: &str = "class A:\n    '''Note.'''\n    def get(self, é):\n        return self.get(1)\n\n\nx = A()\nx.get(2)\n";

fn sample() -> Index {
    let mut index = index(&[
        ("a.py", TEXT),
        ("b.rs", "fn get() {\n    get()\n}\n"),
        ("a.py", TEXT),
    ]);
    index.put(&[
        source("c.py", "y = A()\n"),
        source("d.py", "y = A()\n"),
        source("e.txt", ""),
    ]);
    index.put(&[SourceFile {
        signatures_only: true,
        ..source("lib/f.py", TEXT)
    }]);
    index.remove(&["d.py"]);
    index
}

fn bytes(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.save(&mut bytes).unwrap();
    bytes
}

/// Asks every question; what comes back is shown.
fn ask(index: &Index) -> String {
    let mut merged = index.clone();
    while merged.compact(&mut || false) && merged.segments.len() > 1 {}
    let answers = (
        index.copies("x.", "", 3, 9),
        index.copies("    return self.g", "a.py", 3, 9),
        (
            index.definitions("get", 9),
            index.members("A", 9),
            index.outline("a.py"),
        ),
        index.similar(&["get", "self", "note"], "", 9),
        (
            index.word_count("get"),
            index.word_count("A"),
            index.paths_ending("py"),
        ),
        index
            .files()
            .map(|(path, stamp)| (path.to_owned(), stamp))
            .collect::<Vec<_>>(),
        index.statistics(),
    );
    format!("{answers:?} {:?}", merged.word_count("get"))
}

#[test]
fn a_stored_index_answers_as_before() {
    let index = sample();
    let mut loaded = Index::load(&bytes(&index)).unwrap();
    assert_eq!(
        loaded.files().collect::<Vec<_>>(),
        index.files().collect::<Vec<_>>()
    );
    assert_eq!(loaded.copies("x.", "", 3, 9), index.copies("x.", "", 3, 9));
    assert_eq!(loaded.members("A", 9), index.members("A", 9));
    assert_eq!(
        loaded.similar(&["get"], "", 9),
        index.similar(&["get"], "", 9)
    );
    assert_eq!(bytes(&loaded), bytes(&index));
    loaded.put(&[source("c.py", "z\n")]);
    assert_eq!((loaded.word_count("y"), loaded.word_count("z")), (0, 1));
    assert_eq!(
        Index::load(&bytes(&Index::default()))
            .unwrap()
            .files()
            .count(),
        0
    );
}

#[test]
fn every_cut_and_every_wrong_byte_is_seen() {
    let whole = bytes(&sample());
    for end in 0..whole.len() {
        assert!(Index::load(&whole[..end]).is_err(), "cut at {end}");
        let mut wrong = whole.clone();
        wrong[end] ^= 1 << (end % 8);
        assert!(Index::load(&wrong).is_err(), "wrong byte {end}");
    }
    assert!(Index::load(&[&whole[..], &[0]].concat()).is_err());
    let mut newer = whole.clone();
    newer[8] += 1;
    let error = Index::load(&newer).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the stored index is of another version of nigh"
    );
}

#[test]
fn statistics_count_what_lives() {
    let counted = sample().statistics();
    assert_eq!(
        (counted.files, counted.lines, counted.text_bytes),
        (5, 8 + 3 + 1, TEXT.len() + 23 + 8)
    );
    assert!(counted.memory_bytes() > counted.text_bytes && counted.memory_bytes() < 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]
    #[test]
    fn a_forged_index_never_panics(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0..4usize),
            1..4,
        ),
    ) {
        let mut forged = bytes(&sample());
        let body = forged.len() - 4;
        for (at, byte, keep) in changes {
            let at = 12 + at.index(body - 12);
            forged[at] = match keep {
                0 => byte,
                1 => 0,
                2 => 255,
                _ => forged[at].wrapping_add(1),
            };
        }
        let sum = crc32fast::hash(&forged[..body]).to_le_bytes();
        forged[body..].copy_from_slice(&sum);
        if let Ok(index) = Index::load(&forged) {
            prop_assert!(!ask(&index).is_empty());
        }
    }
}
