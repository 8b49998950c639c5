//! Makes a smaller GGUF of a model: rounds its matrices to fewer bits, and leaves norms and biases
//! as they are.
//!
//! `nigh quantize` calls [`quantize`]; it gives back what was written and how far that is from the
//! source. `source` and `metadata` say what belongs into the file, `kind` and `mix` which matrix
//! gets which type, `calibrate` what matters in them, `encode` does the rounding and `write` the
//! file. Knows nothing of command lines; sources are read by `files/`, with all of its checks. To
//! add a type: a line in `kind`.

mod calibrate;
mod encode;
mod kind;
mod metadata;
mod mix;
mod pairs;
mod source;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::quantized::GgmlDType;

use calibrate::Calibration;
use encode::encode;
pub use kind::{KINDS, Kind};
use pairs::Pairs;
use source::Part;
use write::{Entry, Writer};

use crate::engine::{Opened, threads};
use crate::files::gguf::Gguf;
use crate::files::{Bytes, Folder, Format};
use crate::layers::Joint;
use crate::{LoadError, LoadOptions, QuantizeError};

/// Least weight of a column beside the mean one, so that no column is given up because the text did
/// not use it.
const FLOOR: f32 = 1e-3;

/// How to quantise.
#[derive(Clone, Debug)]
pub struct QuantizeOptions {
    /// The type of the new file.
    pub kind: Kind,
    /// Texts such as the model is used on. With them the engine finds out which columns and
    /// matrices matter.
    pub calibration: Vec<String>,
    /// Replace a file that is there already.
    pub force: bool,
    /// Threads to use; 0 means as many as the machine has cores, at most 8.
    pub threads: usize,
}

/// What [`quantize`] tells while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Something the user should know of.
    Note(String),
    /// `done` of `total` pieces of this work are done.
    Step(&'static str, usize, usize),
}

/// What was written of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Written {
    /// Tensors.
    pub tensors: usize,
    /// Bytes of them.
    pub bytes: u64,
    error: f64,
    energy: f64,
}

impl Written {
    /// The root-mean-square change relative to the root-mean-square weight.
    pub fn relative_error(&self) -> f64 {
        if self.energy > 0.0 {
            (self.error / self.energy).sqrt()
        } else {
            0.0
        }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// By type: `Q4_K`, `F32`, ...
    pub kinds: BTreeMap<&'static str, Written>,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Writes the model at `source`, a GGUF or a folder with safetensors, to the GGUF `out`.
pub fn quantize(
    source: &Path,
    out: &Path,
    options: &QuantizeOptions,
    on: &mut dyn FnMut(Progress),
) -> Result<Quantized, QuantizeError> {
    write::check_place(source, out, options.force)?;
    let load = LoadOptions {
        threads: options.threads,
        max_context: calibrate::WINDOW,
        ..LoadOptions::default()
    };
    // A folder's name may hold dots that begin no extension.
    let name = if source.is_dir() {
        source.file_name()
    } else {
        source.file_stem()
    };
    let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if source.is_dir() {
        let folder = Folder::read(source)?;
        let opened = Opened::folder(&folder, &name, &load)?;
        let metadata = metadata::of_folder(&folder, &opened, options.kind)?;
        let parts = source::parts(&opened, true)?;
        return Job {
            opened,
            parts,
            metadata,
            options,
            load,
        }
        .run(out, on);
    }
    let bytes = Bytes::map(source)?;
    let file = Gguf::read(&bytes)?;
    let opened = Opened::gguf(&file, &name, &load)?;
    let parts = source::parts(&opened, false)?;
    Job {
        opened,
        parts,
        metadata: metadata::of_gguf(&file, options.kind),
        options,
        load,
    }
    .run(out, on)
}

/// Everything that is known before the work begins.
struct Job<'a> {
    opened: Opened<'a>,
    parts: Vec<Part<'a>>,
    metadata: Pairs,
    options: &'a QuantizeOptions,
    load: LoadOptions,
}

/// What each part becomes, in the order of the parts.
struct Plan {
    types: Vec<GgmlDType>,
    /// How much each column matters, where that is known.
    importance: Vec<Option<Vec<f32>>>,
}

impl Job<'_> {
    fn run(&self, out: &Path, on: &mut dyn FnMut(Progress)) -> Result<Quantized, QuantizeError> {
        self.warn(on);
        let Plan { types, importance } = self.plan(on)?;
        let entries = self
            .parts
            .iter()
            .zip(&types)
            .map(|(part, &dtype)| entry(part, dtype));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let mut writer = Writer::create(out, &self.metadata, &entries)?;
        let mut kinds: BTreeMap<&str, Written> = BTreeMap::new();
        for (i, (part, entry)) in self.parts.iter().zip(&entries).enumerate() {
            on(Progress::Step("writing", i, self.parts.len()));
            let threads = threads(self.options.threads);
            let encoded = encode(
                &part.name,
                &part.raw(),
                entry.format,
                importance[i].as_deref(),
                threads,
            )?;
            let written = kinds.entry(entry.format.name).or_default();
            written.tensors += 1;
            written.bytes += encoded.bytes.len() as u64;
            written.error += encoded.error;
            written.energy += encoded.energy;
            writer.tensor(&part.arranged(encoded.bytes))?;
        }
        writer.flush()?;
        let bytes = verify::verify(writer.path(), &self.opened)?;
        writer.finish(out, self.options.force)?;
        Ok(Quantized { kinds, bytes })
    }

    /// The type of a part as long as nothing is measured.
    fn usual(&self, part: &Part) -> GgmlDType {
        let config = &self.opened.config;
        let Kind {
            dtype, head, mixed, ..
        } = self.options.kind;
        let tied = config.tied(&self.opened.tensors);
        match part.is_matrix() {
            false => GgmlDType::F32,
            true if mixed => kind::storable(
                mix::usual(part, tied, config.num_hidden_layers),
                part.cols(),
            ),
            true if part.joint(tied) == Some(Joint::Head) => kind::storable(head, part.cols()),
            true => kind::storable(dtype, part.cols()),
        }
    }

    /// Says what the user may not expect.
    fn warn(&self, on: &mut dyn FnMut(Progress)) {
        let matrices = || self.parts.iter().filter(|part| part.is_matrix());
        if let Some(part) = matrices().find(|part| !part.raw().format.is_float()) {
            let format = part.raw().format.name;
            on(Progress::Note(format!(
                "the source is quantised already ({format}): what it lost stays lost; start from F32 or BF16 if you can"
            )));
        }
        if !self.options.calibration.is_empty()
            && matrices().all(|part| self.usual(part).block_size() < 256)
        {
            on(Progress::Note(
                "the calibration text is not needed: these types round all columns alike".into(),
            ));
        }
        let wanted = self.options.kind.dtype;
        let mut other: BTreeMap<usize, (usize, GgmlDType)> = BTreeMap::new();
        for part in matrices().filter(|part| kind::storable(wanted, part.cols()) != wanted) {
            other
                .entry(part.cols())
                .or_insert((0, kind::storable(wanted, part.cols())))
                .0 += 1;
        }
        for (cols, (count, dtype)) in other {
            on(Progress::Note(format!(
                "rows of {cols} weights are no whole blocks of {}: {} is taken for them (tensors: {count})",
                wanted.block_size(),
                Format::of_dtype(dtype).map_or("another type", |format| format.name)
            )));
        }
    }

    fn plan(&self, on: &mut dyn FnMut(Progress)) -> Result<Plan, QuantizeError> {
        let mut types: Vec<GgmlDType> = self.parts.iter().map(|part| self.usual(part)).collect();
        let rounded_plainly = types.iter().all(|dtype| dtype.block_size() < 256);
        if self.options.calibration.is_empty() || rounded_plainly {
            return Ok(Plan {
                types,
                importance: vec![None; self.parts.len()],
            });
        }
        let calibration = Calibration::new(&self.opened, &self.options.calibration)?;
        let (mut decoder, _) = self.opened.decoder(&self.load)?;
        let inputs = calibration.inputs(&decoder, &mut |i, n| {
            on(Progress::Step("calibrating", i, n))
        })?;
        let tied = self.opened.config.tied(&self.opened.tensors);
        let of = |part: &Part| {
            let weights = weighted(inputs.mean_squares(part.joint(tied)?)?);
            // A tied head's rows are looked up as well, where every column counts alike.
            let looked_up = part.name == "token_embd.weight";
            Some(if looked_up {
                weights.iter().map(|w| (w + 1.0) / 2.0).collect()
            } else {
                weights
            })
        };
        let importance: Vec<_> = self.parts.iter().map(of).collect();
        if self.options.kind.mixed {
            let on = &mut |i, n| on(Progress::Step("measuring", i, n));
            mix::measure(
                &self.opened,
                &self.parts,
                &mut types,
                &importance,
                &mut decoder,
                &calibration,
                on,
            )?;
        }
        Ok(Plan { types, importance })
    }
}

/// Mean squares as weights of an error: around 1, and none near 0.
fn weighted(mut squares: Vec<f32>) -> Vec<f32> {
    let mean = squares.iter().sum::<f32>() / squares.len().max(1) as f32;
    let usable = mean.is_finite() && mean > 0.0;
    squares
        .iter_mut()
        .for_each(|v| *v = if usable { *v / mean + FLOOR } else { 1.0 });
    squares
}

fn entry(part: &Part, dtype: GgmlDType) -> Result<Entry, QuantizeError> {
    let format = Format::of_dtype(dtype);
    let format =
        format.ok_or_else(|| LoadError::Unsupported(format!("the type {dtype:?} is not known")))?;
    Ok(Entry {
        name: part.name.clone(),
        shape: part.raw().shape,
        format,
    })
}
