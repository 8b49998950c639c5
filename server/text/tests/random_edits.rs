//! Random edits in all three encodings, compared with a plain string after each. `NIGH_EDITS` sets
//! how many.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use text::{ContentChange, Document, Encoding, Point, Position};

const BITS: [&str; 22] = [
    "a",
    "xyz",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "😀",
    "e\u{301}",
    "中",
    "א",
    "\u{2028}",
    "\u{85}",
    "\u{b}",
    "\u{c}",
    "\u{feff}",
    "\0",
    "\t",
    "()",
    "def f():\n    pass\n",
    "fn main() {}\r\n",
    "👨\u{200d}👩",
    "// 🦀\r",
];
const EDITS_PER_CASE: usize = 100;

/// The editor's side, written without a rope.
struct Plain(String);

impl Plain {
    fn line_starts(&self) -> Vec<usize> {
        let bytes = self.0.as_bytes();
        let ends = (0..bytes.len()).filter(|&i| match bytes[i] {
            b'\n' => true,
            b'\r' => bytes.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        std::iter::once(0).chain(ends.map(|i| i + 1)).collect()
    }

    fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset) - 1;
        let before = &self.0[starts[line]..offset];
        let column = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
            Encoding::Utf32 => before.chars().count(),
        };
        Position::new(line as u32, column as u32)
    }

    /// The nearest offset at or before `wanted` that a position can name.
    fn addressable(&self, wanted: usize) -> usize {
        let inside_break =
            |at: usize| self.0[..at].ends_with('\r') && self.0[at..].starts_with('\n');
        (0..=wanted.min(self.0.len()))
            .rev()
            .find(|&at| self.0.is_char_boundary(at) && !inside_break(at))
            .unwrap()
    }
}

fn point(text: &str, offset: usize) -> Point {
    let row = text[..offset].matches('\n').count();
    Point {
        row,
        column: offset - text[..offset].rfind('\n').map_or(0, |at| at + 1),
    }
}

fn play(encoding: Encoding, start: &str, edits: &[(u16, u8, Vec<usize>)]) {
    let (mut plain, mut document) = (Plain(start.into()), Document::new(start, 0).unwrap());
    for (version, (at, length, bits)) in edits.iter().enumerate() {
        let from = plain.addressable(usize::from(*at) % (plain.0.len() + 1));
        let to = plain
            .addressable(from + usize::from(*length % 24))
            .max(from);
        let new: String = bits.iter().map(|&i| BITS[i]).collect();
        let range = Some((plain.position(from, encoding), plain.position(to, encoding)));
        let before = plain.0.clone();
        let change = [ContentChange {
            range,
            text: new.clone(),
        }];
        let applied = document
            .apply(&change, version as i32 + 1, encoding)
            .unwrap();
        plain.0.replace_range(from..to, &new);
        assert_eq!(document.rope(), &plain.0);
        assert_eq!(applied[0].start_point, point(&before, from));
        assert_eq!(applied[0].old_end_point, point(&before, to));
        assert_eq!(applied[0].new_end_point, point(&plain.0, from + new.len()));
    }
}

fn random_edits(encoding: Encoding) {
    let wanted: usize = std::env::var("NIGH_EDITS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(5_000);
    let config = Config {
        cases: wanted.div_ceil(EDITS_PER_CASE) as u32,
        failure_persistence: None,
        ..Config::default()
    };
    let start = prop::collection::vec(0..BITS.len(), 0..60);
    let bits = prop::collection::vec(0..BITS.len(), 0..4);
    let edits = prop::collection::vec((any::<u16>(), any::<u8>(), bits), EDITS_PER_CASE);
    TestRunner::new(config)
        .run(&(start, edits), |(start, edits)| {
            play(
                encoding,
                &start.iter().map(|&i| BITS[i]).collect::<String>(),
                &edits,
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn utf8() {
    random_edits(Encoding::Utf8);
}

#[test]
fn utf16() {
    random_edits(Encoding::Utf16);
}

#[test]
fn utf32() {
    random_edits(Encoding::Utf32);
}
