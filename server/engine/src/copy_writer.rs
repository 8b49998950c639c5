//! Writes packed copies, `packed_copy`'s files: matrix by matrix while a model is loaded, or all
//! matrices of a model that is in memory.
//!
//! A copy is complete or missing. On Linux, the file has no name until all of it is on disk, so
//! that nothing is left of a program that ends before. Elsewhere, and on file systems that cannot
//! do this, it has a temporary name, and the next writer deletes what is left. Only one process at
//! a time writes the copy of a model that it loads, as each copy takes gigabytes of disk; others
//! wait for it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kernels::PackedMatrix;
use tempfile::NamedTempFile;

use crate::LoadError;
use crate::load_progress::LoadProgress;
use crate::packed_copy::{
    ALIGNMENT, EXTENSION, HEADER, PackedCopy, PartTable, header, path, shape,
};

/// Copies that have not been used for this long are deleted.
pub const MAX_UNUSED_AGE: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Temporary files that have not been written to for this long are left from an earlier run.
const MAX_IDLE_AGE: Duration = Duration::from_secs(60 * 60);
/// Bytes that are written before they are brought to the disk: many gigabytes at once would hold up
/// everything else that writes.
const SYNC_BYTES: usize = 256 << 20;
/// Bytes of disk that a large copy leaves free, for everyone else.
const SPARE_SPACE: u64 = 256 << 20;
/// How often a process that waits for another one's copy looks.
const LOCK_POLL: Duration = Duration::from_millis(100);
/// The beginning of temporary names.
const TEMPORARY: &str = ".tmp";

/// A copy that is being written.
pub struct CopyWriter {
    folder: PathBuf,
    fingerprint: u32,
    state: Mutex<WriterState>,
    /// Held while the copy is written.
    _lock: Option<File>,
}

struct WriterState {
    file: CopyFile,
    /// Where the next part begins.
    at: usize,
    unsynced: usize,
    table: PartTable,
}

/// The file of a copy before it has its name.
enum CopyFile {
    Unnamed(File),
    Temporary(NamedTempFile),
}

impl CopyFile {
    fn new_in(folder: &Path) -> io::Result<CopyFile> {
        match unnamed(folder) {
            Ok(file) => Ok(CopyFile::Unnamed(file)),
            Err(_) => named_temporarily(folder).map(CopyFile::Temporary),
        }
    }

    fn file(&mut self) -> &mut File {
        match self {
            CopyFile::Unnamed(file) => file,
            CopyFile::Temporary(file) => file.as_file_mut(),
        }
    }

    /// Gives the file its name, in the place of another one.
    fn persist(self, path: &Path, folder: &Path) -> io::Result<()> {
        match self {
            CopyFile::Unnamed(file) => {
                let linked = tempfile::Builder::new()
                    .prefix(TEMPORARY)
                    .make_in(folder, |name| link(&file, name))?;
                linked.persist(path).map(drop).map_err(|error| error.error)
            }
            CopyFile::Temporary(file) => file.persist(path).map(drop).map_err(|error| error.error),
        }
    }
}

fn named_temporarily(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)
}

impl CopyWriter {
    /// Begins the copy of a model that is loaded: waits for other processes, and checks that there
    /// is space for about `bytes`. `None` where another process has written the copy meanwhile.
    pub fn begin(
        folder: &Path,
        fingerprint: u32,
        bytes: u64,
        progress: &LoadProgress,
    ) -> Result<Option<CopyWriter>, LoadError> {
        let failed = |reason| LoadError::Copy {
            folder: folder.to_path_buf(),
            reason,
        };
        create_folder(folder).map_err(failed)?;
        let lock = lock(folder, progress)?;
        if PackedCopy::open(folder, fingerprint).is_some() {
            return Ok(None);
        }
        let writer = CopyWriter::new(folder, fingerprint, bytes, free_space(folder));
        let writer = writer.map_err(failed)?;
        Ok(Some(CopyWriter {
            _lock: lock,
            ..writer
        }))
    }

    fn new(
        folder: &Path,
        fingerprint: u32,
        bytes: u64,
        free: Option<u64>,
    ) -> io::Result<CopyWriter> {
        create_folder(folder)?;
        clean(folder);
        check_space(bytes, free)?;
        let file = CopyFile::new_in(folder)?;
        CopyWriter::writing_to(file, folder, fingerprint)
    }

    fn writing_to(mut file: CopyFile, folder: &Path, fingerprint: u32) -> io::Result<CopyWriter> {
        file.file().write_all(&[0; HEADER])?;
        Ok(CopyWriter {
            folder: folder.to_path_buf(),
            fingerprint,
            state: Mutex::new(WriterState {
                file,
                at: HEADER,
                unsynced: 0,
                table: PartTable::new(),
            }),
            _lock: None,
        })
    }

    /// Writes the parts of a matrix; threads take turns.
    pub fn append(&self, name: &str, parts: &[PackedMatrix]) -> Result<(), LoadError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .append(name, parts)
            .map_err(|reason| self.failed(reason))
    }

    /// Brings the copy to the disk and gives it its name. Returns its length in bytes.
    pub fn finish(self) -> Result<u64, LoadError> {
        let failed = |reason| LoadError::Copy {
            folder: self.folder.clone(),
            reason,
        };
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let path = path(&self.folder, self.fingerprint);
        state.finish(&path, &self.folder).map_err(failed)
    }

    fn failed(&self, reason: io::Error) -> LoadError {
        LoadError::Copy {
            folder: self.folder.clone(),
            reason,
        }
    }
}

impl WriterState {
    fn append(&mut self, name: &str, parts: &[PackedMatrix]) -> io::Result<()> {
        let mut entries = Vec::new();
        for part in parts {
            let [rows, cols, bits, zero, minimum] = shape(part.rows, part.cols, part.scheme);
            entries.push([rows, cols, bits, zero, minimum, self.at]);
            let padded = part.byte_len().next_multiple_of(ALIGNMENT);
            let file = self.file.file();
            file.write_all(part.as_bytes())?;
            if padded > part.byte_len() {
                file.write_all(&[0; ALIGNMENT][..padded - part.byte_len()])?;
            }
            self.at += padded;
            self.unsynced += padded;
        }
        self.table.insert(name.to_owned(), entries);
        if self.unsynced >= SYNC_BYTES {
            self.file.file().sync_data()?;
            self.unsynced = 0;
        }
        Ok(())
    }

    fn finish(mut self, path: &Path, folder: &Path) -> io::Result<u64> {
        let table = serde_json::json!(self.table).to_string();
        let length = self.at + table.len();
        let file = self.file.file();
        file.write_all(table.as_bytes())?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(self.at, length))?;
        // After a crash of the machine, the name must not exist without the contents.
        file.sync_all()?;
        self.file.persist(path, folder)?;
        Ok(length as u64)
    }
}

/// Writes a copy of these matrices to `folder`, which is created if it does not exist, and deletes
/// copies that are not used any more. Returns the length of the copy in bytes.
pub fn write(
    folder: &Path,
    fingerprint: u32,
    matrices: &[(&str, &[PackedMatrix])],
) -> io::Result<u64> {
    let bytes = matrices
        .iter()
        .flat_map(|(_, parts)| *parts)
        .map(|part| part.byte_len() as u64)
        .sum();
    create_folder(folder)?;
    let writer = CopyWriter::new(folder, fingerprint, bytes, free_space(folder))?;
    let state = writer.state.into_inner();
    let mut state = state.unwrap_or_else(PoisonError::into_inner);
    for (name, parts) in matrices {
        state.append(name, parts)?;
    }
    state.finish(&path(folder, fingerprint), folder)
}

/// Why a copy of so many bytes cannot be written to `folder`, which need not exist yet.
pub fn problem(folder: &Path, bytes: u64) -> Option<LoadError> {
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let reason = check_space(bytes, free_space(existing)).err()?;
    Some(LoadError::Copy {
        folder: folder.to_path_buf(),
        reason,
    })
}

/// Refuses a copy for which there is no space.
fn check_space(bytes: u64, free: Option<u64>) -> io::Result<()> {
    let needed = bytes + bytes.min(SPARE_SPACE);
    let Some(free) = free.filter(|&free| needed > free) else {
        return Ok(());
    };
    let (needed, free) = (needed >> 20, free >> 20);
    Err(io::Error::new(
        io::ErrorKind::StorageFull,
        format!(
            "it needs {needed} MiB of disk and {free} MiB are free; free some, or set \
             XDG_CACHE_HOME to a folder on another disk"
        ),
    ))
}

/// Bytes that this user may still write to the file system of `folder`, where that is known.
#[cfg(unix)]
#[allow(
    clippy::useless_conversion,
    reason = "the types differ between systems"
)]
fn free_space(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let folder = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut stats = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: a path that ends in zero, and memory for the result.
    if unsafe { libc::statvfs(folder.as_ptr(), stats.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it has filled the result.
    let stats = unsafe { stats.assume_init() };
    u64::from(stats.f_bavail).checked_mul(u64::from(stats.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_folder: &Path) -> Option<u64> {
    None
}

/// A file of `folder` without a name, which is gone when it is closed unless it is linked.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options()
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_TMPFILE)
        .open(folder)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_folder: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Gives a file without a name this one.
#[cfg(target_os = "linux")]
fn link(file: &File, name: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;
    let from = std::ffi::CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = std::ffi::CString::new(name.as_os_str().as_bytes())?;
    // SAFETY: two paths that end in zero.
    let result = unsafe {
        libc::linkat(
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::AT_SYMLINK_FOLLOW,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _name: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Waits until no other process writes the copy of a model that it loads; none where folders cannot
/// be locked. The lock ends with the file, also that of a process that is killed.
fn lock(folder: &Path, progress: &LoadProgress) -> Result<Option<File>, LoadError> {
    let Ok(file) = File::open(folder) else {
        return Ok(None);
    };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => progress.check()?,
            Err(TryLockError::Error(_)) => return Ok(None),
        }
        std::thread::sleep(LOCK_POLL);
    }
}

/// Deletes copies that have not been used for long, and the remains of interrupted writes.
fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_copy = Path::new(&name)
            .extension()
            .is_some_and(|ending| ending == EXTENSION);
        let is_temporary = name.to_string_lossy().starts_with(TEMPORARY);
        let most = match (is_temporary, is_copy) {
            (true, _) => MAX_IDLE_AGE,
            (false, true) => MAX_UNUSED_AGE,
            (false, false) => continue,
        };
        let used = entry.metadata().and_then(|metadata| metadata.modified());
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > most)) {
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
    use crate::{Cancel, LoadWatch};
    use kernels::QuantScheme;
    use std::sync::Arc;

    fn matrix() -> [PackedMatrix; 1] {
        [PackedMatrix::new(16, 64, QuantScheme::INT8)]
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_of_a_copy_that_is_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        for named in [false, true] {
            let file = match named {
                true => CopyFile::Temporary(named_temporarily(folder.path()).unwrap()),
                false => CopyFile::new_in(folder.path()).unwrap(),
            };
            let writer = CopyWriter::writing_to(file, folder.path(), 7).unwrap();
            writer.append("one", &matrix()).unwrap();
            assert!(PackedCopy::open(folder.path(), 7).is_none());
            if cfg!(target_os = "linux") && !named {
                assert_eq!(names(folder.path()), Vec::<String>::new());
            }
            drop(writer);
            assert_eq!(names(folder.path()), Vec::<String>::new());
        }
    }

    #[test]
    fn a_copy_takes_the_place_of_another_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path(), 7), "damaged").unwrap();
        for named in [false, true] {
            let file = match named {
                true => CopyFile::Temporary(named_temporarily(folder.path()).unwrap()),
                false => CopyFile::new_in(folder.path()).unwrap(),
            };
            let writer = CopyWriter::writing_to(file, folder.path(), 7).unwrap();
            writer.append("one", &matrix()).unwrap();
            writer.finish().unwrap();
            let copy = PackedCopy::open(folder.path(), 7).unwrap();
            assert!(copy.matrix("one", &[(16, QuantScheme::INT8)], 64).is_some());
            assert_eq!(names(folder.path()), ["00000007.packed"]);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let error = CopyWriter::writing_to(CopyFile::Unnamed(full), folder.path(), 7);
        assert_eq!(error.err().unwrap().kind(), io::ErrorKind::StorageFull);
        let file = CopyFile::new_in(folder.path()).unwrap();
        let writer = CopyWriter::writing_to(file, folder.path(), 7).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        writer.state.lock().unwrap().file = CopyFile::Unnamed(full);
        let error = writer.append("one", &matrix()).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
    }

    #[test]
    fn space_is_checked_before_anything_is_written() {
        assert!(check_space(100, None).is_ok());
        assert!(check_space(100, Some(200)).is_ok() && check_space(100, Some(199)).is_err());
        let folder = tempfile::tempdir().unwrap();
        let error = CopyWriter::new(folder.path(), 7, 18 << 30, Some(5 << 30))
            .err()
            .unwrap();
        let error = error.to_string();
        assert!(error.contains("needs 18688 MiB") && error.contains("5120 MiB are free"));
        assert_eq!(names(folder.path()), Vec::<String>::new());
        assert!(free_space(folder.path()).is_none_or(|free| free > 0));
    }

    #[test]
    fn a_second_writer_waits_until_the_first_ends_or_it_is_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let begin = |progress: &LoadProgress| CopyWriter::begin(folder.path(), 7, 1, progress);
        let first = begin(&LoadProgress::default()).unwrap();
        let cancel = Cancel::new();
        let watch = LoadWatch {
            cancel: cancel.clone(),
            report: Arc::new(|_| {}),
            is_background: false,
        };
        let progress = LoadProgress::new(Some(watch), 1);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| begin(&progress).map(drop));
            std::thread::sleep(2 * LOCK_POLL);
            assert!(!waiting.is_finished());
            cancel.cancel();
            assert!(matches!(waiting.join().unwrap(), Err(LoadError::Cancelled)));
        });
        drop(first);
        assert!(begin(&LoadProgress::default()).is_ok());
    }
}
