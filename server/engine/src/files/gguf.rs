//! Reads a GGUF, one file or several parts: checks the whole header before anything is allocated
//! from it, then gives access to metadata and tensors.
//!
//! Called when a model is opened or checked; returns values borrowed from the file's bytes. Checked
//! are magic, version, counts and lengths against the bytes that are there, duplicate keys and
//! names, alignment and dimensions. Types and offsets of tensors (aligned, inside the file, not
//! overlapping) are checked when the tensors are asked for, so that a file of another kind is
//! recognised before. Format: ggml's `docs/gguf.md`, versions 2 and 3.

use std::collections::{BTreeSet, HashMap, HashSet};

use kernels::CodeFormat;

use super::dtype::FormatDecoder;
use super::gguf_header::{Cursor, GgufArray, GgufValue};
use super::tensors::TensorNames;
use super::{Format, RawTensor, Tensors, ggml_types, other_files, weight_scale};
use crate::{LoadError, TensorInfo};

const MAX_KEYS: usize = 4096;
const MAX_TENSORS: usize = 65_536;
const MAX_NAME: usize = 256;
/// Largest dimension that is accepted; keeps every later product far from overflow.
const MAX_DIMENSION: u64 = 1 << 31;

/// A checked GGUF header over the bytes of its file.
pub struct Gguf<'a> {
    metadata: HashMap<&'a str, GgufValue<'a>>,
    pairs: Vec<(&'a str, &'a [u8])>,
    parts: Vec<GgufPart<'a>>,
}

/// The tensors of one file.
struct GgufPart<'a> {
    entries: Vec<TensorHeader<'a>>,
    alignment: usize,
    data: &'a [u8],
}

/// A tensor as the header describes it.
struct TensorHeader<'a> {
    name: &'a str,
    /// ggml's number of its type.
    kind: u32,
    /// Outermost first.
    shape: Vec<usize>,
    offset: u64,
}

/// A tensor with a checked type, and its range of bytes.
struct TensorRange<'a> {
    name: &'a str,
    format: Format,
    shape: Vec<usize>,
    offset: usize,
    bytes: usize,
}

fn damaged(what: impl Into<String>) -> LoadError {
    LoadError::Damaged(what.into())
}

impl<'a> Gguf<'a> {
    /// Reads and checks the header.
    pub fn read(bytes: &'a [u8]) -> Result<Gguf<'a>, LoadError> {
        let mut cursor = Cursor::new(bytes);
        if cursor.take(4).ok() != Some(b"GGUF") {
            return Err(other_files::refusal(bytes));
        }
        match cursor.u32()? {
            2 | 3 => {}
            v if matches!(v.swap_bytes(), 1..=3) => {
                return Err(LoadError::Unsupported(
                    "big-endian GGUF files are not read".into(),
                ));
            }
            v => {
                return Err(LoadError::Unsupported(format!(
                    "GGUF version {v}; versions 2 and 3 are read"
                )));
            }
        }
        // The smallest tensor entry is an empty name, one dimension, type and offset; the smallest
        // pair a one-byte value.
        let tensors = cursor.count("tensors", 32, MAX_TENSORS)?;
        let pairs = cursor.count("metadata entries", 13, MAX_KEYS)?;
        let (mut metadata, mut verbatim) = (HashMap::new(), Vec::with_capacity(pairs));
        for _ in 0..pairs {
            let key = cursor.text()?;
            let start = cursor.position();
            let kind = cursor.u32()?;
            let value = cursor.value(kind)?;
            verbatim.push((key, &bytes[start..cursor.position()]));
            if metadata.insert(key, value).is_some() {
                return Err(damaged(format!(
                    "the metadata key {:?} occurs twice",
                    shorten(key)
                )));
            }
        }
        let entries = (0..tensors)
            .map(|_| TensorHeader::read(&mut cursor))
            .collect::<Result<Vec<_>, _>>()?;
        let alignment = alignment(&metadata)?;
        let start = cursor.position().next_multiple_of(alignment);
        let data = bytes.get(start..).unwrap_or(&[]);
        Ok(Gguf {
            metadata,
            pairs: verbatim,
            parts: vec![GgufPart {
                entries,
                alignment,
                data,
            }],
        })
    }

    /// Reads the parts of a split model, the first of which has the metadata.
    pub fn read_parts(files: &[&'a [u8]]) -> Result<Gguf<'a>, LoadError> {
        let mut parts = files.iter().map(|bytes| Gguf::read(bytes));
        let mut whole = match parts.next() {
            Some(first) => first?,
            None => return Err(damaged("there is no part")),
        };
        whole.check_part(0, files.len())?;
        for (part, number) in parts.zip(1..) {
            let part = part?;
            part.check_part(number, files.len())?;
            whole.parts.extend(part.parts);
        }
        let tensors = whole.headers().count();
        match whole.number("split.tensors.count") {
            Some(count) if files.len() > 1 && count != tensors as f64 => Err(damaged(format!(
                "its parts hold {tensors} tensors and should hold {count}; take all parts from the \
                 same place"
            ))),
            _ => Ok(whole),
        }
    }

    /// Checks that this file says it is part `number`, from 0 on, of `count`.
    fn check_part(&self, number: usize, count: usize) -> Result<(), LoadError> {
        let says = |key: &str, default: usize| self.number(key).unwrap_or(default as f64);
        let (own, of) = (says("split.no", 0), says("split.count", 1).max(1.0));
        if (own, of) == (number as f64, count as f64) {
            return Ok(());
        }
        let own = own + 1.0;
        if count == 1 {
            return Err(LoadError::Unsupported(format!(
                "it is part {own} of {of} of a split model; keep all parts in one folder under \
                 their own names, such as NAME-00001-of-{of:05}.gguf"
            )));
        }
        let number = number + 1;
        Err(LoadError::Unsupported(format!(
            "the file named part {number} of {count} is part {own} of {of} of a split model; take \
             all parts from the same place"
        )))
    }

    /// The tensors of all parts.
    fn headers(&self) -> impl Iterator<Item = &TensorHeader<'a>> {
        self.parts.iter().flat_map(|part| &part.entries)
    }

    /// The metadata in the file's order: keys, and values as they are in the file, beginning with
    /// the number of their type.
    pub fn pairs(&self) -> &[(&'a str, &'a [u8])] {
        &self.pairs
    }

    fn value(&self, key: &str) -> Option<&GgufValue<'a>> {
        self.metadata.get(key)
    }

    /// A text entry.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        if let Some(GgufValue::Text(text)) = self.value(key) {
            Some(text)
        } else {
            None
        }
    }

    /// A number entry of any width.
    pub fn number(&self, key: &str) -> Option<f64> {
        match *self.value(key)? {
            GgufValue::Unsigned(v) => Some(v as f64),
            GgufValue::Signed(v) => Some(v as f64),
            GgufValue::Float(v) => Some(v),
            _ => None,
        }
    }

    /// A Boolean entry.
    pub fn flag(&self, key: &str) -> Option<bool> {
        if let Some(GgufValue::Bool(flag)) = self.value(key) {
            Some(*flag)
        } else {
            None
        }
    }

    /// An array entry.
    pub fn array(&self, key: &str) -> Option<GgufArray<'a>> {
        if let Some(GgufValue::GgufArray(array)) = self.value(key) {
            Some(*array)
        } else {
            None
        }
    }

    /// Whether the file holds no tensor at all.
    pub fn is_without_tensors(&self) -> bool {
        self.headers().next().is_none()
    }

    /// The tensors' bytes by name; and their names, types and sizes in the file's order.
    pub fn tensors(&self) -> Result<(Tensors<'a>, Vec<TensorInfo>), LoadError> {
        self.check_types()?;
        let (mut by_name, mut summary) = (HashMap::new(), Vec::new());
        for part in &self.parts {
            for TensorRange {
                name,
                format,
                shape,
                offset,
                bytes,
            } in part.ranges()?
            {
                summary.push(TensorInfo {
                    name: name.to_owned(),
                    dtype: format.name.to_owned(),
                    shape: shape.clone(),
                    bytes: bytes as u64,
                });
                let bytes = &part.data[offset..offset + bytes];
                let raw = RawTensor::new(format, shape, bytes);
                if by_name.insert(name.to_owned(), raw).is_some() {
                    return Err(damaged(format!("the tensor {name} occurs twice")));
                }
            }
        }
        put_factors(&mut by_name)?;
        Ok((Tensors::new(by_name, TensorNames::Gguf(&[])), summary))
    }

    /// Refuses types that cannot be read, all at once.
    fn check_types(&self) -> Result<(), LoadError> {
        let unread: Vec<&TensorHeader> = self
            .headers()
            .filter(|e| Format::of_ggml(e.kind).is_none())
            .collect();
        let Some(example) = unread.first() else {
            return Ok(());
        };
        let types: BTreeSet<u32> = unread.iter().map(|e| e.kind).collect();
        // More than this is a header of random bytes.
        let types: Vec<u32> = types.into_iter().take(8).collect();
        Err(LoadError::Unsupported(ggml_types::refusal(
            &types,
            example.name,
        )))
    }
}

impl<'a> GgufPart<'a> {
    /// The ranges of its tensors, checked against the file.
    fn ranges(&self) -> Result<Vec<TensorRange<'a>>, LoadError> {
        let ranges = self.entries.iter().map(TensorHeader::range);
        let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
        check_ranges(&ranges, self.alignment, self.data.len())?;
        Ok(ranges)
    }
}

impl<'a> TensorHeader<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<TensorHeader<'a>, LoadError> {
        let name = cursor.text()?;
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(damaged(format!(
                "the tensor name {:?} is empty or too long",
                shorten(name)
            )));
        }
        let dimensions = cursor.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(damaged(format!(
                "the tensor {name} has {dimensions} dimensions"
            )));
        }
        let mut shape = Vec::with_capacity(4);
        for _ in 0..dimensions {
            match cursor.u64()? {
                d @ 1..=MAX_DIMENSION => shape.push(d as usize),
                d => return Err(damaged(format!("the tensor {name} has a dimension of {d}"))),
            }
        }
        let (kind, offset) = (cursor.u32()?, cursor.u64()?);
        // The file counts dimensions from the innermost.
        shape.reverse();
        Ok(TensorHeader {
            name,
            kind,
            shape,
            offset,
        })
    }

    /// The tensor's format and range, not yet checked against the file.
    fn range(&self) -> Result<TensorRange<'a>, LoadError> {
        let (name, shape) = (self.name, self.shape.clone());
        let format = Format::of_ggml(self.kind)
            .ok_or_else(|| LoadError::Unsupported(ggml_types::refusal(&[self.kind], name)))?;
        let row = shape.last().copied().unwrap_or(1);
        if row % format.block != 0 {
            let block = format.block;
            return Err(damaged(format!(
                "rows of {row} weights in {name} are not whole blocks of {block}"
            )));
        }
        let count = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        let bytes = count.and_then(|n| format.bytes_of(n));
        let bytes =
            bytes.ok_or_else(|| damaged(format!("the size of the tensor {name} overflows")))?;
        let offset = usize::try_from(self.offset)
            .map_err(|_| damaged(format!("the offset of {name} overflows")))?;
        Ok(TensorRange {
            name,
            format,
            shape,
            offset,
            bytes,
        })
    }
}

/// Puts the factors of NVFP4 tensors, `NAME.scale`, to these; factors of activations are left out.
fn put_factors(tensors: &mut HashMap<String, RawTensor>) -> Result<(), LoadError> {
    let has_factors = |(name, raw): (&String, &RawTensor)| {
        let is_nvfp4 = raw.format.decoder == FormatDecoder::Codes(CodeFormat::NVFP4);
        let part = name.strip_suffix(".weight").filter(|_| is_nvfp4)?;
        Some(part.to_owned())
    };
    let parts: Vec<String> = tensors.iter().filter_map(has_factors).collect();
    for part in parts {
        tensors.remove(&format!("{part}.input_scale"));
        let (name, factors) = (
            format!("{part}.weight"),
            tensors.remove(&format!("{part}.scale")),
        );
        if let (Some(factors), Some(raw)) = (factors, tensors.get_mut(&name)) {
            raw.set_scale(&name, &factors, weight_scale::BLOCK)?;
        }
    }
    Ok(())
}

fn alignment(metadata: &HashMap<&str, GgufValue>) -> Result<usize, LoadError> {
    match metadata.get("general.alignment") {
        None => Ok(32),
        Some(&GgufValue::Unsigned(a)) if a.is_power_of_two() && a <= 1 << 16 => Ok(a as usize),
        Some(v) => Err(damaged(format!(
            "general.alignment is {}",
            shorten(&format!("{v:?}"))
        ))),
    }
}

/// Checks that every tensor is aligned, inside the data, does not overlap another and has a name of
/// its own.
fn check_ranges(entries: &[TensorRange], alignment: usize, data: usize) -> Result<(), LoadError> {
    let mut names = HashSet::new();
    let mut spans = Vec::with_capacity(entries.len());
    for e in entries {
        let name = e.name;
        if !names.insert(name) {
            return Err(damaged(format!("the tensor {name} occurs twice")));
        }
        if e.offset % alignment != 0 {
            return Err(damaged(format!(
                "the tensor {name} is not aligned to {alignment} bytes"
            )));
        }
        let end = e.offset.checked_add(e.bytes).filter(|&end| end <= data);
        let end = end.ok_or_else(|| {
            damaged(format!(
                "the tensor {name} is outside the file; is it truncated?"
            ))
        })?;
        spans.push((e.offset, end, name));
    }
    spans.sort_unstable();
    for pair in spans.windows(2) {
        let ((_, end, first), (start, _, second)) = (pair[0], pair[1]);
        if start < end {
            return Err(damaged(format!("the tensors {first} and {second} overlap")));
        }
    }
    Ok(())
}

/// The beginning of a text from a file, short enough for an error message.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
