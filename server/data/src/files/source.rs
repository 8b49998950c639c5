//! Opens data files: the one place of this module that does.
//!
//! A source knows the size and time of the file when it was first opened, so that a file that
//! changes while it is read is noticed. Packed files are unpacked as they are read; text in UTF-16
//! becomes UTF-8. Nothing here knows records.

use super::FileProblem;
use super::encoding::{Encoding, Recoder};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The bytes at the start of a file that its format is found from.
pub(crate) const HEAD: usize = 256 << 10;
/// A packed file may grow to this many times its size, and to `UNPACKED` in any case.
const MOST_GROWTH: u64 = 200;
const UNPACKED: u64 = 1 << 30;

/// A file, as it was when it was first opened.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    path: PathBuf,
    pub size: u64,
    modified: Option<SystemTime>,
    is_packed: bool,
    pub encoding: Encoding,
}

impl Source {
    /// Looks at a file, and gives its first bytes, unpacked.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<u8>), FileProblem> {
        let say = |error: io::Error| FileProblem::reading(path, &error);
        let known = path.metadata().map_err(say)?;
        if !known.is_file() {
            let message = format!("{} is no file; name a data file", path.display());
            return Err(FileProblem::new(message));
        }
        let mut source = Self {
            path: path.to_owned(),
            size: known.len(),
            modified: known.modified().ok(),
            is_packed: false,
            encoding: Encoding::Utf8,
        };
        let mut start = Vec::new();
        let first = File::open(path).map_err(say)?;
        first
            .take(HEAD as u64)
            .read_to_end(&mut start)
            .map_err(say)?;
        if start.starts_with(&[0x1f, 0x8b]) {
            source.is_packed = true;
            start.clear();
            let first = source.unpacked().map_err(say)?;
            first
                .take(HEAD as u64)
                .read_to_end(&mut start)
                .map_err(say)?;
        }
        Ok((source, start))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether places in the text are places in the file, so that it can be read from anywhere.
    pub(crate) fn is_direct(&self) -> bool {
        !self.is_packed && self.encoding == Encoding::Utf8
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.is_packed
    }

    /// The file itself.
    pub(crate) fn file(&self) -> Result<File, FileProblem> {
        File::open(&self.path).map_err(|error| FileProblem::reading(&self.path, &error))
    }

    /// Reads text from a place on; from places other than 0 only if the source is direct.
    pub(crate) fn text(&self, from: u64) -> Result<Box<dyn Read + Send>, FileProblem> {
        let say = |error: io::Error| FileProblem::reading(&self.path, &error);
        if self.is_direct() {
            let mut file = self.file()?;
            file.seek(SeekFrom::Start(from)).map_err(say)?;
            return Ok(Box::new(file));
        }
        let plain: Box<dyn Read + Send> = if self.is_packed {
            Box::new(self.unpacked().map_err(say)?)
        } else {
            Box::new(self.file()?)
        };
        Ok(match self.encoding {
            Encoding::Utf8 => plain,
            encoding => Box::new(Recoder::new(plain, encoding)),
        })
    }

    fn unpacked(&self) -> io::Result<Unpacked> {
        Ok(Unpacked {
            inner: MultiGzDecoder::new(io::BufReader::with_capacity(
                1 << 16,
                File::open(&self.path)?,
            )),
            left: self.size.saturating_mul(MOST_GROWTH).max(UNPACKED),
        })
    }

    /// A message if the file is not what it was when it was first opened.
    pub(crate) fn check(&self) -> Result<(), FileProblem> {
        let known = self.path.metadata();
        let known = known.map_err(|error| FileProblem::reading(&self.path, &error))?;
        if known.len() == self.size && known.modified().ok() == self.modified {
            return Ok(());
        }
        Err(FileProblem::new(format!(
            "{} changed while it was read; try again when nothing writes to it",
            self.path.display()
        )))
    }
}

/// A packed file that stops where it grows beyond measure.
struct Unpacked {
    inner: MultiGzDecoder<io::BufReader<File>>,
    left: u64,
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("it unpacks to more than 200 times its size; unpack it first")
        })?;
        Ok(count)
    }
}
