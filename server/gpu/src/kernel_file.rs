//! Compiled kernels on disk, so that a later start need not compile them again.
//!
//! A folder has a file for each kind of device. It begins with this program's version and a
//! checksum; what follows is for the driver, and wgpu checks that it comes from the same driver.
//! A file that is damaged, too large, or of another version or driver is as good as none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Gpu;

/// Bytes that a file may have.
const MAX_BYTES: u64 = 64 << 20;
const VERSION: &str = concat!("nigh ", env!("CARGO_PKG_VERSION"), " kernels\n");

/// A file, and the driver's cache that was begun with it.
pub(crate) struct KernelFile {
    path: PathBuf,
    pub cache: wgpu::PipelineCache,
    /// How many kernels had been compiled when it was last written.
    saved: AtomicUsize,
}

impl KernelFile {
    /// The file of a device in a folder; `None` where its driver has no such cache.
    pub fn open(gpu: &Gpu, folder: &Path, info: &wgpu::AdapterInfo) -> Option<KernelFile> {
        let path = folder.join(wgpu::util::pipeline_cache_key(info)?);
        let create = |data: Option<&[u8]>| {
            let descriptor = wgpu::PipelineCacheDescriptor {
                label: None,
                data,
                fallback: true,
            };
            let device = &gpu.shared.device;
            // SAFETY: the data is what `get_data` returned, unchanged since, as its checksum shows.
            // That another program did not put it there is up to the folder's permissions.
            gpu.guarded(|| unsafe { device.create_pipeline_cache(&descriptor) })
        };
        let data = read(&path);
        let with_data = data.as_deref().and_then(|data| create(Some(data)).ok());
        Some(KernelFile {
            path,
            cache: with_data.or_else(|| create(None).ok())?,
            saved: AtomicUsize::new(0),
        })
    }

    /// Writes the file if kernels have been compiled since it was last written; `compiled` is how
    /// many there are.
    pub fn save(&self, compiled: usize) -> io::Result<()> {
        if self.saved.swap(compiled, Ordering::Relaxed) == compiled {
            return Ok(());
        }
        match self.cache.get_data() {
            Some(data) if data.len() as u64 <= MAX_BYTES => write(&self.path, &data),
            _ => Ok(()),
        }
    }
}

/// What a file has for the driver.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).ok()?.take(MAX_BYTES + 1024);
    file.read_to_end(&mut bytes).ok()?;
    let rest = bytes.strip_prefix(VERSION.as_bytes())?;
    let (checksum, data) = rest.split_first_chunk()?;
    let is_whole = u32::from_le_bytes(*checksum) == crc32fast::hash(data);
    is_whole.then(|| data.to_vec())
}

/// Writes another file and renames it, so that there is never half of one.
fn write(path: &Path, data: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension(format!("part{}", std::process::id()));
    // One of a process that had the same number.
    let _ = fs::remove_file(&part);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let checksum = crc32fast::hash(data).to_le_bytes();
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(&[VERSION.as_bytes(), &checksum, data].concat())?;
        drop(file);
        fs::rename(&part, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_it_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("file");
        assert_eq!(read(&path), None);
        write(&path, b"first").unwrap();
        write(&path, b"compiled").unwrap();
        assert_eq!(read(&path).as_deref(), Some(&b"compiled"[..]));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let whole = fs::read(&path).unwrap();
        for changed in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[changed] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path), None, "{changed}");
            fs::write(&path, &whole[..changed]).unwrap();
            assert_eq!(read(&path), None, "{changed}");
        }
        // A folder that cannot be written.
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(write(&folder.path().join("file/below"), b"x").is_err());
    }
}
