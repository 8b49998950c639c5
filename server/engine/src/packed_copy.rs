//! The packed matrices of a model in one file that processes map: nothing is packed twice, and the
//! windows of an editor share memory.
//!
//! [`crate::Engine::open`] looks for the copy of a model, and `layers` take matrices from it. If
//! there is none, `copy_writer` writes it: while a large model is loaded, and for other models in
//! [`crate::Engine::write_copy`]. A copy only saves work: if it is damaged, of another layout or of
//! another model, it is ignored and the model's own file is read. This file knows neither models
//! nor formats of model files.
//!
//! Layout: 64 bytes of text with [`MAGIC`], where the table begins, and the length of the file;
//! then the parts of all matrices as they are in memory, each padded to a multiple of 64; then the
//! table, JSON with the parts of each matrix, `[rows, columns, bits or table, zero point, minimum,
//! offset]`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use memmap2::{Advice, Mmap};

use kernels::Bits;
use kernels::{PackedMatrix, QuantScheme};

/// The first words of a copy. The number changes with the layout of [`PackedMatrix::as_bytes`] and
/// of the file.
const MAGIC: &str = "nigh packed matrices 2";
/// The file extension of a copy.
pub const EXTENSION: &str = "packed";
/// Every part begins at a multiple of this: a cache line.
pub const ALIGNMENT: usize = 64;
/// Bytes before the first part.
pub const HEADER: usize = 64;
/// Copies up to this size are read ahead by the caller, larger ones by a thread.
const READ_AT_ONCE: usize = 256 << 20;
/// Bytes that are read ahead by one call: the system is asked for no more than a disk reads in a
/// moment, and a copy that is closed is not read any further.
const READ_CHUNK: usize = 32 << 20;

/// A part of a matrix: rows, columns, bits or table, zero point, whether there are minimums.
type PartShape = [usize; 5];
/// Shape and offset of the parts of each matrix.
pub type PartTable = HashMap<String, Vec<[usize; 6]>>;

/// The matrices of a mapped copy.
pub struct PackedCopy {
    file: Arc<Mmap>,
    parts: PartTable,
    /// Where the last part ends.
    end: usize,
    /// Whether it does not fit into memory, so that only what is needed next is read ahead.
    pub is_partial: bool,
}

impl PackedCopy {
    /// The copy in `folder` of the tensors with this fingerprint; marks it as used now.
    pub fn open(folder: &Path, fingerprint: u32) -> Option<PackedCopy> {
        let path = path(folder, fingerprint);
        // Opening a pipe would wait for a writer.
        fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let file = File::open(&path).ok()?;
        // SAFETY: the map is read-only, and copies are never changed, only renamed and deleted. If
        // another process truncates one, this process ends, as every program that maps files does.
        let map = unsafe { Mmap::map(&file) }.ok()?;
        let (end, parts) = read_table(&map)?;
        // Optional: the copy is kept for longer.
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(PackedCopy {
            file: Arc::new(map),
            parts,
            end,
            is_partial: false,
        })
    }

    /// The matrix `name`, if all its parts are there and have these rows and schemes.
    pub fn matrix(
        &self,
        name: &str,
        parts: &[(usize, QuantScheme)],
        cols: usize,
    ) -> Option<Vec<PackedMatrix>> {
        let found = self
            .parts
            .get(name)
            .filter(|found| found.len() == parts.len())?;
        let part = |(found, &(rows, scheme)): (&[usize; 6], &(usize, QuantScheme))| {
            let (shape, from) = (found.first_chunk::<5>()?, found[5]);
            let same = *shape == self::shape(rows, cols, scheme);
            same.then(|| PackedMatrix::mapped(rows, cols, scheme, &self.file, from))
                .flatten()
                .filter(|part| from + part.byte_len() <= self.end)
        };
        found.iter().zip(parts).map(part).collect()
    }

    /// Has the wanted matrices read from the disk before they are used. A page that is missing all
    /// the same is read when it is used.
    pub fn read_ahead(&self, is_wanted: impl Fn(&str) -> bool) {
        let ranges = self.ranges(is_wanted);
        let file = Arc::downgrade(&self.file);
        if self.file.len() <= READ_AT_ONCE {
            return will_need(&file, &ranges);
        }
        // If there is no thread, pages are read when they are used.
        let _ = std::thread::Builder::new()
            .name("copy-reader".into())
            .spawn(move || will_need(&file, &ranges));
    }

    /// Where the parts of the wanted matrices are, in the order of the file; those that follow each
    /// other are one range.
    fn ranges(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
        let parts = self.parts.iter();
        let begins = |(name, parts): (&String, &Vec<[usize; 6]>)| {
            let is_wanted = is_wanted(name);
            let offsets = parts.iter().map(move |part| (part[5], is_wanted));
            offsets.collect::<Vec<_>>()
        };
        let mut begins: Vec<(usize, bool)> = parts.flat_map(begins).collect();
        begins.sort_unstable();
        begins.push((self.end, false));
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for pair in begins.windows(2) {
            let (from, to) = (pair[0].0, pair[1].0.min(self.end));
            match ranges.last_mut() {
                _ if !pair[0].1 || from >= to => {}
                Some(last) if last.end == from => last.end = to,
                _ => ranges.push(from..to),
            }
        }
        ranges
    }
}

/// Asks the system to read these ranges, as long as the copy is in use.
fn will_need(file: &Weak<Mmap>, ranges: &[Range<usize>]) {
    for range in ranges {
        for from in range.clone().step_by(READ_CHUNK) {
            let Some(file) = file.upgrade() else {
                return;
            };
            let len = READ_CHUNK.min(range.end - from);
            if file.advise_range(Advice::WillNeed, from, len).is_err() {
                return;
            }
        }
    }
}

/// The first bytes of a copy whose table begins at `table` and which ends at `length`.
pub fn header(table: usize, length: usize) -> [u8; HEADER] {
    let mut header = [b' '; HEADER];
    let text = format!("{MAGIC} {table:016} {length:016}");
    for (to, from) in header.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    header[HEADER - 1] = b'\n';
    header
}

/// Where the parts of a complete copy of this layout end, and their table.
fn read_table(file: &[u8]) -> Option<(usize, PartTable)> {
    let header = str::from_utf8(file.get(..HEADER)?).ok()?;
    let mut numbers = header.strip_prefix(MAGIC)?.split_whitespace();
    let mut number = || numbers.next()?.parse::<usize>().ok();
    let (table, length) = (number()?, number()?);
    if length != file.len() {
        return None;
    }
    let parts = serde_json::from_slice(file.get(table..)?).ok()?;
    Some((table, parts))
}

/// What describes a part in the table, but for its offset.
pub fn shape(rows: usize, cols: usize, scheme: QuantScheme) -> PartShape {
    let bits = match scheme.bits {
        Bits::Four => 4,
        Bits::Five => 5,
        Bits::Six => 6,
        Bits::Eight => 8,
        // A number for each table, and another where every 16 weights share a scale.
        Bits::Codes(codebook) => 16 + codebook as usize,
        Bits::CodesOf16(codebook) => 32 + codebook as usize,
    };
    [
        rows,
        cols,
        bits,
        scheme.zero_point.into(),
        scheme.has_minimum.into(),
    ]
}

/// The name of a copy.
pub fn path(folder: &Path, fingerprint: u32) -> PathBuf {
    folder.join(format!("{fingerprint:08x}.{EXTENSION}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::copy_writer::{MAX_UNUSED_AGE, write};
    use kernels::{CodeFormat, Isa, NativeFormat};
    use std::time::Duration;

    const FIVE: QuantScheme = QuantScheme {
        bits: Bits::Five,
        zero_point: 16,
        has_minimum: false,
    };

    const CODES: NativeFormat = NativeFormat::Codes(CodeFormat::IQ4_NL);

    fn matrices() -> [Vec<PackedMatrix>; 2] {
        let mut first = PackedMatrix::new(17, 64, QuantScheme::INT8);
        first.writer().set_row(Isa::detect(), 16, &[0.5; 64]);
        let mut second = PackedMatrix::new(3, 32, FIVE);
        second.writer().set_block(2, 0, 0x3c00, 0, &[31; 32]);
        let mut third = PackedMatrix::new(16, 32, CODES.scheme());
        CODES.set_row(&mut third.writer(), 5, &[0x3c; 18]);
        [vec![first], vec![second, third]]
    }

    fn written(folder: &Path) -> PathBuf {
        let [one, two] = matrices();
        let length = write(folder, 7, &[("one", &one), ("two", &two)]).unwrap();
        let path = path(folder, 7);
        assert_eq!(fs::metadata(&path).unwrap().len(), length);
        path
    }

    #[test]
    fn a_copy_returns_the_written_matrices() {
        let folder = tempfile::tempdir().unwrap();
        written(&folder.path().join("models"));
        let copy = PackedCopy::open(&folder.path().join("models"), 7).unwrap();
        let [one, two] = matrices();
        for (name, want) in [("one", one), ("two", two)] {
            let shapes: Vec<_> = want.iter().map(|part| (part.rows, part.scheme)).collect();
            let got = copy.matrix(name, &shapes, want[0].cols).unwrap();
            for (got, want) in got.iter().zip(&want) {
                assert!(got.is_mapped() && got.as_bytes() == want.as_bytes());
            }
        }
        assert!(copy.matrix("two", &[(3, FIVE)], 32).is_none());
        let other = NativeFormat::Codes(CodeFormat::IQ3_XXS).scheme();
        assert!(copy.matrix("two", &[(3, FIVE), (16, other)], 32).is_none());
        assert!(copy.matrix("one", &[(17, FIVE)], 64).is_none());
        assert!(copy.matrix("one", &[(17, QuantScheme::INT8)], 32).is_none());
        assert!(copy.matrix("three", &[], 32).is_none());
    }

    #[test]
    fn changing_a_mapped_matrix_leaves_the_file_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let before = fs::read(&path).unwrap();
        let copy = PackedCopy::open(folder.path(), 7).unwrap();
        let mut one = copy.matrix("one", &[(17, QuantScheme::INT8)], 64).unwrap();
        one[0].writer().set_row(Isa::detect(), 0, &[1.0; 64]);
        let mut row = [0.0; 64];
        one[0].row(16, &mut row);
        assert!(!one[0].is_mapped() && row.iter().all(|value| (value - 0.5).abs() < 1e-3));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn an_incomplete_copy_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        assert!(PackedCopy::open(folder.path(), 7).is_none());
        let path = written(folder.path());
        assert!(PackedCopy::open(folder.path(), 8).is_none());
        let whole = fs::read(&path).unwrap();
        let other_layout = [b"nigh packed matrices 0", &whole[MAGIC.len()..]].concat();
        for damaged in [
            &whole[..whole.len() - 1],
            &other_layout,
            b"",
            b"\n\n\n",
            &[0; 99],
        ] {
            fs::write(&path, damaged).unwrap();
            assert!(PackedCopy::open(folder.path(), 7).is_none());
        }
        // A matrix that would begin beyond the end.
        let (end, _) = read_table(&whole).unwrap();
        let table = str::from_utf8(&whole[end..]).unwrap();
        let table = table.replace("64,8,128,0,", "64,8,128,0,64000");
        let mut far = [&whole[..end], table.as_bytes()].concat();
        let header = header(end, far.len());
        far[..HEADER].copy_from_slice(&header);
        fs::write(&path, far).unwrap();
        let copy = PackedCopy::open(folder.path(), 7).unwrap();
        assert!(copy.matrix("one", &[(17, QuantScheme::INT8)], 64).is_none());
        assert!(
            copy.matrix("two", &[(3, FIVE), (16, CODES.scheme())], 32)
                .is_some()
        );
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(PackedCopy::open(folder.path(), 7).is_none());
    }

    #[test]
    fn what_is_read_ahead_is_what_was_wanted() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let copy = PackedCopy::open(folder.path(), 7).unwrap();
        let [one, _] = matrices();
        let end_of_one = HEADER + one[0].byte_len().next_multiple_of(ALIGNMENT);
        let ends = |range: Range<usize>| (range.start, range.end);
        let wanted = |is_wanted: fn(&str) -> bool| -> Vec<(usize, usize)> {
            copy.ranges(is_wanted).into_iter().map(ends).collect()
        };
        assert_eq!(wanted(|_| true), [(HEADER, copy.end)]);
        assert_eq!(wanted(|name| name == "one"), [(HEADER, end_of_one)]);
        assert_eq!(wanted(|name| name == "two"), [(end_of_one, copy.end)]);
        assert_eq!(wanted(|_| false), []);
        copy.read_ahead(|_| true);
    }

    #[test]
    fn copies_that_are_not_used_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - MAX_UNUSED_AGE - Duration::from_secs(60);
        for name in ["00000001.packed", ".tmpabc", "mine.txt"] {
            File::create(folder.path().join(name))
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
        }
        written(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["00000007.packed", "mine.txt"]);
    }
}
