//! What becomes of matrices that are packed: they are kept in memory, or appended to a packed copy
//! and dropped.
//!
//! `engine` sets it before weights are loaded, and `layers/matrix.rs` passes every matrix through
//! it.

use kernels::PackedMatrix;

use crate::LoadError;
use crate::copy_writer::CopyWriter;
use crate::files::MappedFile;
use crate::load_progress::LoadProgress;
use crate::packed_copy::PackedCopy;

/// How the matrices of a model are loaded.
#[derive(Default)]
pub struct Packing<'a> {
    /// Matrices are taken from this copy if it has them.
    pub copy: Option<PackedCopy>,
    /// Matrices go to this copy.
    pub writer: Option<CopyWriter>,
    /// How far loading is.
    pub progress: LoadProgress,
    /// The mapped files of the tensors.
    pub sources: Vec<&'a MappedFile>,
}

impl Packing<'_> {
    /// Whether matrices are mapped from a copy that does not fit into memory.
    pub fn is_partial(&self) -> bool {
        self.copy.as_ref().is_some_and(|copy| copy.is_partial)
    }

    /// Takes over the packed parts of a matrix, which come from these bytes of tensors. Gives back
    /// what stays in memory: nothing where the parts were written.
    pub fn keep(
        &self,
        name: &str,
        parts: Vec<PackedMatrix>,
        sources: &[&[u8]],
    ) -> Result<Vec<PackedMatrix>, LoadError> {
        self.progress.add(total(sources))?;
        let Some(writer) = &self.writer else {
            return Ok(parts);
        };
        writer.append(name, &parts)?;
        for file in &self.sources {
            sources.iter().for_each(|bytes| file.release(bytes));
        }
        Ok(Vec::new())
    }
}

/// How many bytes these are.
pub fn total(sources: &[&[u8]]) -> u64 {
    sources.iter().map(|bytes| bytes.len() as u64).sum()
}
