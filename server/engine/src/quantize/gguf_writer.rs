//! Writes a GGUF (version 3) tensor by tensor, and renames it to its destination when it is
//! complete.
//!
//! Format: ggml's `docs/gguf.md`. The file is written next to its destination under a temporary
//! name, so it is never seen incomplete, and an error before the end leaves no file.

use std::io::{BufWriter, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::gguf_metadata::{GgufMetadata, text};
use crate::QuantizeError;
use crate::files::Format;

/// Tensors begin at multiples of this.
const ALIGNMENT: usize = 32;

/// A tensor as the header describes it.
pub struct OutputTensor {
    pub name: String,
    /// Outermost first.
    pub shape: Vec<usize>,
    pub format: Format,
}

impl OutputTensor {
    /// Bytes of its data.
    pub fn bytes(&self) -> usize {
        self.format
            .bytes_of(self.shape.iter().product())
            .unwrap_or(0)
    }
}

/// A file under construction.
pub struct GgufWriter {
    file: BufWriter<NamedTempFile>,
}

impl GgufWriter {
    /// Begins the file that will be `out`, and writes its header.
    pub fn create(
        out: &Path,
        metadata: &GgufMetadata,
        entries: &[OutputTensor],
    ) -> Result<GgufWriter, QuantizeError> {
        let folder = out
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let io = |reason| QuantizeError::Write {
            path: out.to_path_buf(),
            reason,
        };
        let mut builder = Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .prefix(".nigh-quantize-")
            .tempfile_in(folder)
            .map_err(io)?;
        let mut writer = GgufWriter {
            file: BufWriter::new(file),
        };
        writer
            .file
            .write_all(&header(metadata, entries))
            .map_err(io)?;
        Ok(writer)
    }

    /// The next tensor's data.
    pub fn tensor(&mut self, bytes: &[u8]) -> Result<(), QuantizeError> {
        let padding = bytes.len().next_multiple_of(ALIGNMENT) - bytes.len();
        let path = self.path().to_path_buf();
        let result = self
            .file
            .write_all(bytes)
            .and_then(|()| self.file.write_all(&[0; ALIGNMENT][..padding]));
        result.map_err(|reason| QuantizeError::Write { path, reason })
    }

    /// The temporary path of the file.
    pub fn path(&self) -> &Path {
        self.file.get_ref().path()
    }

    /// Writes everything to disk, so that the file can be checked before it is renamed.
    pub fn flush(&mut self) -> Result<(), QuantizeError> {
        let path = self.path().to_path_buf();
        let result = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().as_file().sync_all());
        result.map_err(|reason| QuantizeError::Write { path, reason })
    }

    /// Renames the file to `out`. `force` replaces an existing file; without it, this fails then.
    pub fn finish(mut self, out: &Path, force: bool) -> Result<(), QuantizeError> {
        self.flush()?;
        let io = |reason| QuantizeError::Write {
            path: out.to_path_buf(),
            reason,
        };
        let file = self.file.into_inner().map_err(|e| io(e.into_error()))?;
        let placed = if force {
            file.persist(out)
        } else {
            file.persist_noclobber(out)
        };
        placed.map(|_| ()).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => QuantizeError::Exists(out.to_path_buf()),
            _ => io(e.error),
        })
    }
}

fn header(metadata: &GgufMetadata, entries: &[OutputTensor]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend((entries.len() as u64).to_le_bytes());
    bytes.extend((metadata.iter().len() as u64).to_le_bytes());
    for (key, value) in metadata.iter() {
        bytes.extend(text(key));
        bytes.extend(value);
    }
    let mut offset = 0;
    for entry in entries {
        bytes.extend(text(&entry.name));
        bytes.extend((entry.shape.len() as u32).to_le_bytes());
        bytes.extend(
            entry
                .shape
                .iter()
                .rev()
                .flat_map(|&d| (d as u64).to_le_bytes()),
        );
        bytes.extend(entry.format.ggml.to_le_bytes());
        bytes.extend((offset as u64).to_le_bytes());
        offset += entry.bytes().next_multiple_of(ALIGNMENT);
    }
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

/// Refuses to overwrite the source, and any other file unless `force` is set.
pub fn check_destination(source: &Path, out: &Path, force: bool) -> Result<(), QuantizeError> {
    if out.is_dir() {
        return Err(QuantizeError::Folder(out.to_path_buf()));
    }
    // In a source folder, a GGUF is not part of the source; everything else may be.
    let part = |out: &Path, source: &Path| {
        out.starts_with(source) && out.extension().is_none_or(|e| e != "gguf")
    };
    if let (Ok(out), Ok(source)) = (out.canonicalize(), source.canonicalize())
        && (out == source || part(&out, &source))
    {
        return Err(QuantizeError::OverSource(out));
    }
    if out.exists() && !force {
        Err(QuantizeError::Exists(out.to_path_buf()))
    } else {
        Ok(())
    }
}
