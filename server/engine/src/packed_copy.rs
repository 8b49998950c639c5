//! The packed matrices of a model in one file that processes map: nothing is packed twice, and the
//! windows of an editor share memory.
//!
//! [`crate::Engine::open`] looks for the copy of a model, `layers` take matrices from it, and
//! [`crate::Engine::write_copy`] writes it if there is none. A copy only saves work: if it is
//! damaged, of another layout or of another model, it is ignored and the model's own file is read.
//! It is written under a temporary name and renamed when all of it is on disk, so a copy is
//! complete or missing. This file knows neither models nor formats of model files.
//!
//! Layout: a line of text with [`MAGIC`] and the length of the file; a line of JSON with the parts
//! of each matrix, `[rows, columns, bits or table, zero point, minimum, offset]`; from the next
//! multiple of 64 on, which offsets are relative to, the parts as they are in memory, each padded
//! to a multiple of 64.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use memmap2::{Advice, Mmap};

use kernels::Bits;
use kernels::{PackedMatrix, QuantScheme};

/// The first words of a copy. The number changes with the layout of [`PackedMatrix::as_bytes`].
const MAGIC: &str = "nigh packed matrices 1";
/// The file extension of a copy.
const EXTENSION: &str = "packed";
/// Every part begins at a multiple of this: a cache line.
const ALIGNMENT: usize = 64;
/// Copies that have not been used for this long are deleted.
const MAX_UNUSED_AGE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// A part of a matrix: rows, columns, bits or table, zero point, whether there are minimums.
type PartShape = [usize; 5];
/// Shape and offset of the parts of each matrix.
type PartTable = HashMap<String, Vec<[usize; 6]>>;

/// The matrices of a mapped copy.
pub struct PackedCopy {
    file: Arc<Mmap>,
    /// Where the first part begins.
    begin: usize,
    parts: PartTable,
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
        let (begin, parts) = read_header(&map)?;
        // Both are optional: the pages are read at once, and the copy is kept for longer.
        let _ = map.advise(Advice::WillNeed);
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(PackedCopy {
            file: Arc::new(map),
            begin,
            parts,
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
            let (shape, from) = (found.first_chunk::<5>()?, self.begin.checked_add(found[5])?);
            let same = *shape == self::shape(rows, cols, scheme);
            same.then(|| PackedMatrix::mapped(rows, cols, scheme, &self.file, from))
                .flatten()
        };
        found.iter().zip(parts).map(part).collect()
    }
}

/// Writes a copy of these matrices to `folder`, which is created if it does not exist, and deletes
/// copies that are not used any more. Returns the length of the copy in bytes.
pub fn write(
    folder: &Path,
    fingerprint: u32,
    matrices: &[(&str, &[PackedMatrix])],
) -> io::Result<u64> {
    create_folder(folder)?;
    clean(folder);
    let (header, length) = header(matrices);
    let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    file.write_all(&header)?;
    for part in matrices.iter().flat_map(|(_, parts)| *parts) {
        file.write_all(part.as_bytes())?;
        file.write_all(
            &[0; ALIGNMENT][..part.byte_len().next_multiple_of(ALIGNMENT) - part.byte_len()],
        )?;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    // After a crash of the machine, the name must not exist without the contents.
    file.as_file().sync_all()?;
    file.persist(path(folder, fingerprint))?;
    Ok(length as u64)
}

/// The two lines before the parts, padded, and the length of the whole file.
fn header(matrices: &[(&str, &[PackedMatrix])]) -> (Vec<u8>, usize) {
    let mut at = 0;
    let mut table = HashMap::new();
    for (name, parts) in matrices {
        let entries: &mut Vec<_> = table.entry(*name).or_default();
        for part in *parts {
            let [rows, cols, bits, zero, minimum] = shape(part.rows, part.cols, part.scheme);
            entries.push([rows, cols, bits, zero, minimum, at]);
            at += part.byte_len().next_multiple_of(ALIGNMENT);
        }
    }
    let table = serde_json::json!(table);
    let line = |length: usize| format!("{MAGIC} {length:020}\n{table}\n");
    let begin = line(0).len().next_multiple_of(ALIGNMENT);
    let mut header = line(begin + at).into_bytes();
    header.resize(begin, 0);
    (header, begin + at)
}

/// Where the parts of a complete copy of this layout begin, and their table.
fn read_header(file: &[u8]) -> Option<(usize, PartTable)> {
    let mut lines = file.splitn(3, |byte| *byte == b'\n');
    let (first, table) = (lines.next()?, lines.next()?);
    let length = str::from_utf8(first).ok()?.strip_prefix(MAGIC)?;
    if length.trim().parse() != Ok(file.len()) {
        return None;
    }
    let begin = (first.len() + table.len() + 2).next_multiple_of(ALIGNMENT);
    Some((begin, serde_json::from_slice(table).ok()?))
}

fn shape(rows: usize, cols: usize, scheme: QuantScheme) -> PartShape {
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

fn path(folder: &Path, fingerprint: u32) -> PathBuf {
    folder.join(format!("{fingerprint:08x}.{EXTENSION}"))
}

/// Deletes copies that have not been used for long, and the remains of interrupted writes.
fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = Path::new(&name)
            .extension()
            .is_some_and(|ending| ending == EXTENSION)
            || name.to_string_lossy().starts_with(".tmp");
        let used = entry.metadata().and_then(|metadata| metadata.modified());
        let old = used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > MAX_UNUSED_AGE));
        if ours && old {
            // If it cannot be deleted, it stays until the next time.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use kernels::{CodeFormat, Isa, NativeFormat};

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
        let beyond = String::from_utf8_lossy(&whole[..256]).replace("64,8,128,0,", "64,8,128,0,9");
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
        let mut far = whole.clone();
        far[..256].copy_from_slice(&beyond.as_bytes()[..256]);
        fs::write(&path, far).unwrap();
        let copy = PackedCopy::open(folder.path(), 7);
        assert!(
            copy.is_none_or(|copy| copy.matrix("one", &[(17, QuantScheme::INT8)], 64).is_none())
        );
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(PackedCopy::open(folder.path(), 7).is_none());
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
