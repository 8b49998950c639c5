//! Writes small GGUF files, and records the position of every field of the header, so that a test
//! can overwrite it.

use std::ops::Range;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// A file under construction.
#[derive(Clone, Default)]
pub struct GgufFile {
    pub pairs: Vec<(String, Vec<u8>)>,
    pub tensors: Vec<TensorEntry>,
}

/// A tensor of the file.
#[derive(Clone)]
pub struct TensorEntry {
    name: String,
    /// Outermost first.
    shape: Vec<usize>,
    kind: u32,
    data: Vec<u8>,
}

/// The bytes of a file and its header's fields.
pub struct WrittenGguf {
    pub bytes: Vec<u8>,
    /// Counts, lengths, types, dimensions and offsets.
    pub fields: Vec<Range<usize>>,
    /// Where the tensors' data begin.
    pub data: usize,
}

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat()
}

impl GgufFile {
    fn pair(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.pairs
            .push((key.to_owned(), [&kind.to_le_bytes(), value].concat()));
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.pair(key, 8, &text(value));
    }

    pub fn number(&mut self, key: &str, value: u32) {
        self.pair(key, 4, &value.to_le_bytes());
    }

    pub fn float(&mut self, key: &str, value: f32) {
        self.pair(key, 6, &value.to_le_bytes());
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.pair(key, 7, &[u8::from(value)]);
    }

    pub fn texts(&mut self, key: &str, values: &[String]) {
        let items: Vec<u8> = values.iter().flat_map(|v| text(v)).collect();
        self.pair(
            key,
            9,
            &[
                &8u32.to_le_bytes()[..],
                &(values.len() as u64).to_le_bytes(),
                &items,
            ]
            .concat(),
        );
    }

    pub fn numbers(&mut self, key: &str, values: &[i32]) {
        let items: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.pair(
            key,
            9,
            &[
                &5u32.to_le_bytes()[..],
                &(values.len() as u64).to_le_bytes(),
                &items,
            ]
            .concat(),
        );
    }

    fn drop_pair(&mut self, key: &str) {
        let pairs = self.pairs.len();
        self.pairs.retain(|(k, _)| k != key);
        assert_eq!(self.pairs.len(), pairs - 1, "{key} was not there");
    }

    pub fn set_number(&mut self, key: &str, value: u32) {
        self.drop_pair(key);
        self.number(key, value);
    }

    pub fn set_text(&mut self, key: &str, value: &str) {
        self.drop_pair(key);
        self.text(key, value);
    }

    pub fn set_texts(&mut self, key: &str, values: &[String]) {
        self.drop_pair(key);
        self.texts(key, values);
    }

    pub fn set_numbers(&mut self, key: &str, values: &[i32]) {
        self.drop_pair(key);
        self.numbers(key, values);
    }

    /// Puts a tensor last and gives it another shape than its data have.
    pub fn claim(&mut self, name: &str, shape: &[usize]) {
        let at = self
            .tensors
            .iter()
            .position(|entry| entry.name == name)
            .unwrap();
        let mut entry = self.tensors.remove(at);
        entry.shape = shape.to_vec();
        self.tensors.push(entry);
    }

    /// Says that a tensor is stored in the type with this number of ggml's.
    pub fn retype(&mut self, name: &str, kind: u32) {
        self.tensors
            .iter_mut()
            .find(|entry| entry.name == name)
            .unwrap()
            .kind = kind;
    }

    /// Leaves all tensors out but those that `keep` names.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.tensors.retain(|entry| keep(&entry.name));
    }

    /// Adds a tensor in one of ggml's types.
    pub fn tensor(&mut self, name: &str, shape: &[usize], dtype: GgmlDType, values: &[f32]) {
        let tensor = Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
        let data = QTensor::quantize(&tensor, dtype)
            .unwrap()
            .data()
            .unwrap()
            .into_owned();
        let kind = match dtype {
            GgmlDType::F32 => 0,
            GgmlDType::F16 => 1,
            GgmlDType::Q4_0 => 2,
            GgmlDType::Q4_1 => 3,
            GgmlDType::Q5_0 => 6,
            GgmlDType::Q5_1 => 7,
            GgmlDType::Q8_0 => 8,
            GgmlDType::Q4K => 12,
            GgmlDType::Q5K => 13,
            GgmlDType::Q6K => 14,
            GgmlDType::BF16 => 30,
            other => panic!("no number for {other:?}"),
        };
        self.tensors.push(TensorEntry {
            name: name.to_owned(),
            shape: shape.to_vec(),
            kind,
            data,
        });
    }

    /// Adds a tensor of ggml's type number `kind` from its bytes.
    pub fn raw_tensor(&mut self, name: &str, shape: &[usize], kind: u32, data: Vec<u8>) {
        self.tensors.push(TensorEntry {
            name: name.to_owned(),
            shape: shape.to_vec(),
            kind,
            data,
        });
    }

    /// The parts that llama.cpp splits a file into: `count` files, the first of which has the
    /// metadata.
    pub fn split(&self, count: usize) -> Vec<GgufFile> {
        let share = self.tensors.len().div_ceil(count);
        let part = |(number, tensors): (usize, &[TensorEntry])| {
            let mut part = GgufFile {
                tensors: tensors.to_vec(),
                ..GgufFile::default()
            };
            if number == 0 {
                part.pairs = self.pairs.clone();
            }
            part.number("split.no", number as u32);
            part.number("split.count", count as u32);
            part.number("split.tensors.count", self.tensors.len() as u32);
            part
        };
        self.tensors.chunks(share).enumerate().map(part).collect()
    }

    /// The file's bytes.
    pub fn write(&self) -> WrittenGguf {
        let mut bytes = b"GGUF".to_vec();
        let mut fields = Vec::new();
        let mut put = |bytes: &mut Vec<u8>, field: &[u8]| {
            fields.push(bytes.len()..bytes.len() + field.len());
            bytes.extend_from_slice(field);
        };
        put(&mut bytes, &3u32.to_le_bytes());
        put(&mut bytes, &(self.tensors.len() as u64).to_le_bytes());
        put(&mut bytes, &(self.pairs.len() as u64).to_le_bytes());
        for (key, value) in &self.pairs {
            put(&mut bytes, &(key.len() as u64).to_le_bytes());
            bytes.extend_from_slice(key.as_bytes());
            put(&mut bytes, &value[..4]);
            // Of arrays the element type and the length, of texts the length, of numbers the
            // number.
            let head = match value[0] {
                9 => 16,
                8 => 12,
                _ => value.len(),
            };
            put(&mut bytes, &value[4..head.min(8)]);
            if head > 8 {
                put(&mut bytes, &value[8..head]);
            }
            bytes.extend_from_slice(&value[head..]);
        }
        let mut offset = 0;
        for entry in &self.tensors {
            put(&mut bytes, &(entry.name.len() as u64).to_le_bytes());
            bytes.extend_from_slice(entry.name.as_bytes());
            put(&mut bytes, &(entry.shape.len() as u32).to_le_bytes());
            for &dimension in entry.shape.iter().rev() {
                put(&mut bytes, &(dimension as u64).to_le_bytes());
            }
            put(&mut bytes, &entry.kind.to_le_bytes());
            put(&mut bytes, &(offset as u64).to_le_bytes());
            offset += entry.data.len().next_multiple_of(32);
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let data = bytes.len();
        for entry in &self.tensors {
            bytes.extend_from_slice(&entry.data);
            bytes.resize(data + (bytes.len() - data).next_multiple_of(32), 0);
        }
        WrittenGguf {
            bytes,
            fields,
            data,
        }
    }
}
