//! Weights on a GPU: matrices cut into parts that fit a buffer, vectors, tables of rotations.

use crate::buffers::{GpuBuffer, Upload};
use crate::error::require;
use crate::formats::{BLOCK, WeightFormat};
use crate::{Gpu, GpuError};

/// Rows of a matrix as a file has them.
#[derive(Clone, Copy)]
pub struct MatrixSource<'a> {
    /// How the weights are stored.
    pub format: WeightFormat,
    /// How many rows.
    pub rows: usize,
    /// Row after row.
    pub bytes: &'a [u8],
}

/// A matrix on a GPU, `[rows][cols]`.
pub struct GpuMatrix {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) parts: Vec<MatrixPart>,
}

/// Some rows of a matrix, all of one format.
pub(crate) struct MatrixPart {
    pub format: WeightFormat,
    /// The number of its first row.
    pub first: usize,
    pub rows: usize,
    pub planes: Vec<GpuBuffer>,
}

/// f32 on a GPU: a norm's weight or a bias.
pub struct GpuVector {
    pub(crate) len: usize,
    pub(crate) buffer: GpuBuffer,
}

/// What an adapter adds to a product: the input through two small matrices (arXiv 2106.09685).
pub struct GpuLowRank {
    /// `[rank][columns]`
    pub a: GpuMatrix,
    /// `[rows][rank]`
    pub b: GpuMatrix,
    /// The first value of a row of the result to which it is added.
    pub first: usize,
}

/// Cosines and sines of rotary position embedding.
pub struct GpuRotation {
    pub(crate) positions: usize,
    /// Pairs of components.
    pub(crate) half: usize,
    pub(crate) interleaved: bool,
    pub(crate) buffer: GpuBuffer,
}

impl GpuMatrix {
    /// Its rows, which are the values of a result.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its columns, which are the values of an input.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Bytes on the GPU.
    pub fn bytes(&self) -> u64 {
        let planes = self.parts.iter().flat_map(|part| &part.planes);
        planes.map(GpuBuffer::bytes).sum()
    }
}

impl Gpu {
    /// Uploads matrices of `cols` columns, stacked. Rows must have whole blocks of their format
    /// (see [`WeightFormat::row_bytes`]).
    pub fn matrix(&self, sources: &[MatrixSource], cols: usize) -> Result<GpuMatrix, GpuError> {
        for source in sources {
            let row_bytes = source.format.row_bytes(cols);
            require(
                row_bytes.and_then(|bytes| bytes.checked_mul(source.rows))
                    == Some(source.bytes.len()),
                || {
                    let MatrixSource { format, rows, .. } = source;
                    format!(
                        "{} bytes are no {format:?} of {rows} x {cols}",
                        source.bytes.len()
                    )
                },
            )?;
        }
        let mut matrix = GpuMatrix {
            rows: 0,
            cols,
            parts: Vec::new(),
        };
        for run in sources.chunk_by(|one, next| one.format == next.format) {
            self.add_run(run, &mut matrix)?;
        }
        require(
            matrix.rows > 0 && u32::try_from(matrix.rows).is_ok(),
            || format!("a matrix of {} rows", matrix.rows),
        )?;
        Ok(matrix)
    }

    /// Adds sources of one format, in as many parts as the limit of a buffer asks for.
    fn add_run(&self, run: &[MatrixSource], matrix: &mut GpuMatrix) -> Result<(), GpuError> {
        let Some(format) = run.first().map(|source| source.format) else {
            return Ok(());
        };
        let row_bytes = format.row_bytes(matrix.cols).unwrap_or(1);
        let widest = format.plane_bytes().iter().max().copied().unwrap_or(1);
        let widest_row = (matrix.cols * widest).div_ceil(8 * BLOCK) as u64;
        let at_once = (self.shared.buffer_limit / widest_row) as usize;
        require(at_once > 0, || {
            format!("{} columns: a row fits no buffer", matrix.cols)
        })?;
        let mut left: usize = run.iter().map(|source| source.rows).sum();
        let mut rows = run
            .iter()
            .flat_map(|source| source.bytes.chunks_exact(row_bytes));
        while left > 0 {
            let count = left.min(at_once);
            let planes = self.upload_planes(format, matrix.cols, count, &mut rows)?;
            matrix.parts.push(MatrixPart {
                format,
                first: matrix.rows,
                rows: count,
                planes,
            });
            matrix.rows += count;
            left -= count;
        }
        Ok(())
    }

    fn upload_planes<'a>(
        &self,
        format: WeightFormat,
        cols: usize,
        count: usize,
        rows: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<GpuBuffer>, GpuError> {
        let bytes = |plane: &usize| (count * cols * plane).div_ceil(8 * BLOCK) as u64;
        let planes = format.plane_bytes().iter().map(bytes);
        let uploads: Result<Vec<Upload>, _> =
            planes.map(|bytes| Upload::new(self, bytes)).collect();
        let mut uploads = uploads?;
        for row in rows.take(count) {
            let mut planes: Vec<_> = uploads
                .iter_mut()
                .map(|upload| &mut upload.pending)
                .collect();
            format.split_row(row, &mut planes);
            uploads.iter_mut().try_for_each(Upload::advance)?;
        }
        uploads.into_iter().map(Upload::finish).collect()
    }

    /// Uploads values.
    pub fn vector(&self, values: &[f32]) -> Result<GpuVector, GpuError> {
        Ok(GpuVector {
            len: values.len(),
            buffer: self.upload(bytemuck::cast_slice(values))?,
        })
    }

    /// Uploads a table of rotations: for each position, `half` cosines and as many sines.
    /// `interleaved` pairs neighbours (2i, 2i + 1) instead of halves (i, i + half).
    pub fn rotation(
        &self,
        cosines: &[f32],
        sines: &[f32],
        half: usize,
        interleaved: bool,
    ) -> Result<GpuRotation, GpuError> {
        require(
            half > 0 && cosines.len() == sines.len() && cosines.len().is_multiple_of(half),
            || {
                format!(
                    "{} cosines and {} sines in rows of {half}",
                    cosines.len(),
                    sines.len()
                )
            },
        )?;
        let pairs = cosines.iter().zip(sines);
        let pairs: Vec<[f32; 2]> = pairs.map(|(cosine, sine)| [*cosine, *sine]).collect();
        Ok(GpuRotation {
            positions: cosines.len() / half,
            half,
            interleaved,
            buffer: self.upload(bytemuck::cast_slice(&pairs))?,
        })
    }

    fn upload(&self, bytes: &[u8]) -> Result<GpuBuffer, GpuError> {
        let mut upload = Upload::new(self, bytes.len() as u64)?;
        upload.pending.extend_from_slice(bytes);
        upload.finish()
    }
}
