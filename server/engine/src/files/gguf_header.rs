//! A cursor over a GGUF header that never reads past the file and never trusts a length.
//!
//! Only `gguf` uses it. Values are kept as ranges of the file: arrays are checked once and read
//! again on demand, so that a header takes next to no memory, whatever it claims.
//! Format: ggml's `docs/gguf.md`.

use crate::LoadError;

/// One metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum GgufValue<'a> {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    GgufArray(GgufArray<'a>),
}

/// A checked array of scalars or strings, still in file form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GgufArray<'a> {
    /// GGUF's number of the element type.
    kind: u32,
    /// Elements.
    pub len: usize,
    bytes: &'a [u8],
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;
/// Longest text that is accepted.
const MAX_TEXT: usize = 16 << 20;
/// Longest metadata array that is accepted: no real vocabulary comes near.
const MAX_ARRAY: usize = 16 << 20;

/// Reads little-endian fields from the front of the file on.
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn damaged(what: impl Into<String>) -> LoadError {
    LoadError::Damaged(what.into())
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], LoadError> {
        if len > self.left() {
            let (at, left) = (self.at, self.left());
            return Err(damaged(format!(
                "the file ends inside its header: {len} bytes at {at}, {left} are left"
            )));
        }
        let taken = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(taken)
    }

    fn array_of<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let mut field = [0; N];
        field.copy_from_slice(self.take(N)?);
        Ok(field)
    }

    pub fn u32(&mut self) -> Result<u32, LoadError> {
        Ok(u32::from_le_bytes(self.array_of()?))
    }

    pub fn u64(&mut self) -> Result<u64, LoadError> {
        Ok(u64::from_le_bytes(self.array_of()?))
    }

    /// A count of items that take at least `least` bytes each, so that it can be checked against
    /// the bytes left.
    pub fn count(&mut self, what: &str, least: usize, most: usize) -> Result<usize, LoadError> {
        let count = self.u64()?;
        let possible = (self.left() / least).min(most);
        match usize::try_from(count) {
            Ok(count) if count <= possible => Ok(count),
            _ => Err(damaged(format!(
                "{count} {what} cannot be in this file (at most {possible})"
            ))),
        }
    }

    /// A length-prefixed UTF-8 text.
    pub fn text(&mut self) -> Result<&'a str, LoadError> {
        let len = self.count("bytes of text", 1, MAX_TEXT)?;
        let at = self.at;
        std::str::from_utf8(self.take(len)?)
            .map_err(|_| damaged(format!("the text at byte {at} is not UTF-8")))
    }

    /// A value of GGUF's type number `kind`.
    pub fn value(&mut self, kind: u32) -> Result<GgufValue<'a>, LoadError> {
        Ok(match kind {
            STRING => GgufValue::Text(self.text()?),
            ARRAY => GgufValue::GgufArray(self.array()?),
            _ => {
                let size = scalar_size(kind)
                    .ok_or_else(|| damaged(format!("unknown metadata type {kind}")))?;
                scalar(kind, self.take(size)?)?
            }
        })
    }

    fn array(&mut self) -> Result<GgufArray<'a>, LoadError> {
        let kind = self.u32()?;
        let start;
        let len;
        if kind == STRING {
            len = self.count("texts in an array", 8, MAX_ARRAY)?;
            start = self.at;
            for _ in 0..len {
                self.text()?;
            }
        } else {
            let size = scalar_size(kind)
                .ok_or_else(|| damaged(format!("arrays of type {kind} are not supported")))?;
            len = self.count("values in an array", size, MAX_ARRAY)?;
            start = self.at;
            self.take(len * size)?;
        }
        Ok(GgufArray {
            kind,
            len,
            bytes: &self.bytes[start..self.at],
        })
    }
}

impl<'a> GgufArray<'a> {
    /// The elements, if they are texts.
    pub fn texts(&self) -> Option<impl Iterator<Item = &'a str>> {
        let mut cursor = Cursor::new(self.bytes);
        (self.kind == STRING).then(|| (0..self.len).map_while(move |_| cursor.text().ok()))
    }

    /// The elements as numbers, if they are.
    pub fn numbers(&self) -> Option<impl Iterator<Item = f64> + use<'a>> {
        let kind = self.kind;
        let size = scalar_size(kind)?;
        Some(
            self.bytes
                .chunks_exact(size)
                .map(move |b| match scalar(kind, b) {
                    Ok(GgufValue::Unsigned(v)) => v as f64,
                    Ok(GgufValue::Signed(v)) => v as f64,
                    Ok(GgufValue::Float(v)) => v,
                    Ok(GgufValue::Bool(v)) => f64::from(u8::from(v)),
                    _ => f64::NAN,
                }),
        )
    }
}

/// Bytes of a scalar of GGUF's type number `kind`.
fn scalar_size(kind: u32) -> Option<usize> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

fn scalar(kind: u32, bytes: &[u8]) -> Result<GgufValue<'static>, LoadError> {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    Ok(match kind {
        0 | 2 | 4 | 10 => GgufValue::Unsigned(bits),
        1 => GgufValue::Signed(i64::from(bits as i8)),
        3 => GgufValue::Signed(i64::from(bits as i16)),
        5 => GgufValue::Signed(i64::from(bits as i32)),
        11 => GgufValue::Signed(bits as i64),
        6 => GgufValue::Float(f64::from(f32::from_bits(bits as u32))),
        12 => GgufValue::Float(f64::from_bits(bits)),
        7 if bits <= 1 => GgufValue::Bool(bits == 1),
        _ => {
            return Err(damaged(format!(
                "{bits} is no value of the metadata type {kind}"
            )));
        }
    })
}
