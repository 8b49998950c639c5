//! Writes a smaller GGUF of a model: rounds its matrices to fewer bits, and leaves norms and biases
//! as they are.
//!
//! `nigh quantize` calls [`quantize`], which returns what was written and the rounding error.
//! `source` and `metadata` determine the contents of the file, `quant_type` and `mix` the type of
//! each matrix, `calibrate` the importance of its columns; `encode` rounds and `gguf_writer` writes
//! the file. Knows nothing of command lines; `files/` reads the sources, with all of its checks. To
//! add a type: a line in `quant_type`.

mod calibrate;
mod encode;
mod gguf_metadata;
mod gguf_writer;
mod metadata;
mod mix;
mod quant_type;
mod source;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::quantized::GgmlDType;

use calibrate::Calibration;
use encode::encode;
use gguf_metadata::GgufMetadata;
use gguf_writer::{GgufWriter, OutputTensor};
pub use quant_type::{QUANT_TYPES, QuantType};
use source::SourceTensor;

use crate::checked_model::CheckedModel;
use crate::files::gguf::Gguf;
use crate::files::{Folder, Format, MappedFile, ModelFiles};
use crate::free_memory::free_memory;
use crate::layers::MatrixGroup;
use crate::machine::threads;
use crate::memory_needs::check_memory;
use crate::{LoadError, LoadOptions, QuantizeError};

/// Smallest weight of a column, relative to the mean, so that no column is neglected because the
/// text did not use it.
const MIN_IMPORTANCE: f32 = 1e-3;

/// How to quantise.
#[derive(Clone, Debug)]
pub struct QuantizeOptions {
    /// The type of the new file.
    pub quant_type: QuantType,
    /// Texts like those the model is used on, from which the importance of columns and matrices is
    /// determined.
    pub calibration: Vec<String>,
    /// Replace an existing file.
    pub force: bool,
    /// Threads to use; 0 means as many as the machine has cores, at most 8.
    pub threads: usize,
}

/// What [`quantize`] reports while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum QuantizeProgress {
    /// A note for the user.
    Note(String),
    /// `done` of `total` pieces of this step are done.
    Step(&'static str, usize, usize),
}

/// The tensors written in one type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TypeTotals {
    /// Number of tensors.
    pub tensors: usize,
    /// Their bytes.
    pub bytes: u64,
    error: f64,
    energy: f64,
}

impl TypeTotals {
    /// The root-mean-square error relative to the root-mean-square weight.
    pub fn relative_error(&self) -> f64 {
        if self.energy > 0.0 {
            (self.error / self.energy).sqrt()
        } else {
            0.0
        }
    }
}

/// The result of [`quantize`].
#[derive(Clone, Debug)]
pub struct QuantizeReport {
    /// By type: `Q4_K`, `F32`, ...
    pub types: BTreeMap<&'static str, TypeTotals>,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Writes the model at `source`, a GGUF or a folder with safetensors, to the GGUF `out`.
pub fn quantize(
    source: &Path,
    out: &Path,
    options: &QuantizeOptions,
    on: &mut dyn FnMut(QuantizeProgress),
) -> Result<QuantizeReport, QuantizeError> {
    gguf_writer::check_destination(source, out, options.force)?;
    let load = LoadOptions {
        threads: options.threads,
        max_context: calibrate::WINDOW,
        ..LoadOptions::default()
    };
    let files = ModelFiles::find(source)?;
    let name = files.name();
    let parts = match &files {
        ModelFiles::Folder(folder) => {
            let folder = Folder::read(folder)?;
            let opened = CheckedModel::folder(&folder, &name, &load)?;
            let metadata = metadata::of_folder(&folder, &opened, options.quant_type)?;
            let tensors = source::tensors(&opened, true)?;
            return QuantizeJob {
                opened,
                tensors,
                metadata,
                options,
                load,
            }
            .run(out, on);
        }
        ModelFiles::Gguf(parts) => MappedFile::map_all(parts)?,
    };
    let parts: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
    let file = Gguf::read_parts(&parts)?;
    let opened = CheckedModel::gguf(&file, &name, &load)?;
    let tensors = source::tensors(&opened, false)?;
    QuantizeJob {
        opened,
        tensors,
        metadata: metadata::of_gguf(&file, options.quant_type),
        options,
        load,
    }
    .run(out, on)
}

/// Everything that is known before the work starts.
struct QuantizeJob<'a> {
    opened: CheckedModel<'a>,
    tensors: Vec<SourceTensor<'a>>,
    metadata: GgufMetadata,
    options: &'a QuantizeOptions,
    load: LoadOptions,
}

/// The type of each tensor, in the order of the tensors.
struct TypePlan {
    types: Vec<GgmlDType>,
    /// The importance of each column, where it is known.
    importance: Vec<Option<Vec<f32>>>,
}

impl QuantizeJob<'_> {
    fn run(
        &self,
        out: &Path,
        on: &mut dyn FnMut(QuantizeProgress),
    ) -> Result<QuantizeReport, QuantizeError> {
        self.warn(on);
        let TypePlan { types, importance } = self.plan(on)?;
        let entries = self
            .tensors
            .iter()
            .zip(&types)
            .map(|(tensor, &dtype)| entry(tensor, dtype));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let mut writer = GgufWriter::create(out, &self.metadata, &entries)?;
        let mut totals: BTreeMap<&str, TypeTotals> = BTreeMap::new();
        for (i, (tensor, entry)) in self.tensors.iter().zip(&entries).enumerate() {
            on(QuantizeProgress::Step("writing", i, self.tensors.len()));
            let threads = threads(self.options.threads);
            let encoded = encode(
                &tensor.name,
                &tensor.raw(),
                entry.format,
                importance[i].as_deref(),
                threads,
            )?;
            let written = totals.entry(entry.format.name).or_default();
            written.tensors += 1;
            written.bytes += encoded.bytes.len() as u64;
            written.error += encoded.error;
            written.energy += encoded.energy;
            writer.tensor(&tensor.reordered(encoded.bytes))?;
        }
        writer.flush()?;
        let bytes = verify::verify(writer.path(), &self.opened)?;
        writer.finish(out, self.options.force)?;
        Ok(QuantizeReport {
            types: totals,
            bytes,
        })
    }

    /// The type of a tensor without measurements.
    fn default_type(&self, tensor: &SourceTensor) -> GgmlDType {
        let config = &self.opened.config;
        let QuantType {
            dtype, head, mixed, ..
        } = self.options.quant_type;
        let tied = config.tied(&self.opened.tensors);
        match tensor.is_matrix() {
            false => GgmlDType::F32,
            true if mixed => quant_type::storable(
                mix::default_type(tensor, tied, config.num_hidden_layers),
                tensor.cols(),
            ),
            true if tensor.matrix_group(tied) == Some(MatrixGroup::LmHead) => {
                quant_type::storable(head, tensor.cols())
            }
            true => quant_type::storable(dtype, tensor.cols()),
        }
    }

    /// Reports what the user may not expect.
    fn warn(&self, on: &mut dyn FnMut(QuantizeProgress)) {
        let matrices = || self.tensors.iter().filter(|tensor| tensor.is_matrix());
        if let Some(tensor) = matrices().find(|tensor| !tensor.raw().format.is_float()) {
            let format = tensor.raw().format.name;
            on(QuantizeProgress::Note(format!(
                "the source is quantised already ({format}) and rounding adds up; start from F32 or BF16 if you can"
            )));
        }
        if !self.options.calibration.is_empty()
            && matrices().all(|tensor| self.default_type(tensor).block_size() < 256)
        {
            on(QuantizeProgress::Note(
                "the calibration text is not needed: these types round all columns alike".into(),
            ));
        }
        let wanted = self.options.quant_type.dtype;
        let mut other: BTreeMap<usize, (usize, GgmlDType)> = BTreeMap::new();
        for tensor in
            matrices().filter(|tensor| quant_type::storable(wanted, tensor.cols()) != wanted)
        {
            other
                .entry(tensor.cols())
                .or_insert((0, quant_type::storable(wanted, tensor.cols())))
                .0 += 1;
        }
        for (cols, (count, dtype)) in other {
            on(QuantizeProgress::Note(format!(
                "rows of {cols} weights are not whole blocks of {}: {} is used for them (tensors: {count})",
                wanted.block_size(),
                Format::of_dtype(dtype).map_or("another type", |format| format.name)
            )));
        }
    }

    fn plan(&self, on: &mut dyn FnMut(QuantizeProgress)) -> Result<TypePlan, QuantizeError> {
        let mut types: Vec<GgmlDType> = self
            .tensors
            .iter()
            .map(|tensor| self.default_type(tensor))
            .collect();
        let needs_no_importance = types.iter().all(|dtype| dtype.block_size() < 256);
        if self.options.calibration.is_empty() || needs_no_importance {
            return Ok(TypePlan {
                types,
                importance: vec![None; self.tensors.len()],
            });
        }
        let calibration = Calibration::new(&self.opened, &self.options.calibration)?;
        check_memory(self.opened.needs.weights, free_memory())?;
        let mut decoder = self.opened.decoder(&self.load)?;
        let stats = calibration.activation_stats(&decoder, &mut |i, n| {
            on(QuantizeProgress::Step("calibrating", i, n))
        })?;
        let tied = self.opened.config.tied(&self.opened.tensors);
        let of_tensor = |tensor: &SourceTensor| {
            let weights = importance_of(stats.mean_squares(tensor.matrix_group(tied)?)?);
            // The rows of a tied head are looked up as well, where every column counts alike.
            let looked_up = tensor.name == "token_embd.weight";
            Some(if looked_up {
                weights.iter().map(|w| (w + 1.0) / 2.0).collect()
            } else {
                weights
            })
        };
        let importance: Vec<_> = self.tensors.iter().map(of_tensor).collect();
        if self.options.quant_type.mixed {
            let on = &mut |i, n| on(QuantizeProgress::Step("measuring", i, n));
            mix::measure(
                &self.opened,
                &self.tensors,
                &mut types,
                &importance,
                &mut decoder,
                &calibration,
                on,
            )?;
        }
        Ok(TypePlan { types, importance })
    }
}

/// The importance of columns from their mean squares: 1 on average, and never near 0.
fn importance_of(mut squares: Vec<f32>) -> Vec<f32> {
    let mean = squares.iter().sum::<f32>() / squares.len().max(1) as f32;
    let usable = mean.is_finite() && mean > 0.0;
    squares.iter_mut().for_each(|v| {
        *v = if usable {
            *v / mean + MIN_IMPORTANCE
        } else {
            1.0
        }
    });
    squares
}

fn entry(tensor: &SourceTensor, dtype: GgmlDType) -> Result<OutputTensor, QuantizeError> {
    let format = Format::of_dtype(dtype);
    let format =
        format.ok_or_else(|| LoadError::Unsupported(format!("the type {dtype:?} is not known")))?;
    Ok(OutputTensor {
        name: tensor.name.clone(),
        shape: tensor.raw().shape,
        format,
    })
}
