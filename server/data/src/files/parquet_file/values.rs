//! The values of a Parquet column as text, read in batches.
//!
//! Numbers become what their column's logical type means: days, places in time, decimals. Missing
//! values become empty texts.

use super::super::parse::{date, number};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;
use std::io::Write;

/// What the numbers of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Plain,
    Unsigned,
    Days,
    /// Places in time; this many make a microsecond, or are one of these.
    Moment(TimeUnit),
    /// Times of a day.
    Clock(TimeUnit),
    /// Whole numbers of ten to the power of minus this.
    Scaled(i32),
    /// Bytes that are no text.
    Bytes,
}

impl Meaning {
    /// What the values of a column mean.
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let is_bytes = matches!(
            column.physical_type(),
            PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY
        );
        if let Some(logical) = column.logical_type_ref() {
            return match logical {
                LogicalType::Date => Meaning::Days,
                LogicalType::Timestamp(time) => Meaning::Moment(time.unit),
                LogicalType::Time(time) => Meaning::Clock(time.unit),
                LogicalType::Decimal(_) => Meaning::Scaled(column.type_scale()),
                LogicalType::Integer(kind) if !kind.is_signed => Meaning::Unsigned,
                LogicalType::String | LogicalType::Enum | LogicalType::Json => Meaning::Plain,
                _ if is_bytes => Meaning::Bytes,
                _ => Meaning::Plain,
            };
        }
        match column.converted_type() {
            ConvertedType::DATE => Meaning::Days,
            ConvertedType::TIMESTAMP_MILLIS => Meaning::Moment(TimeUnit::MILLIS),
            ConvertedType::TIMESTAMP_MICROS => Meaning::Moment(TimeUnit::MICROS),
            ConvertedType::TIME_MILLIS => Meaning::Clock(TimeUnit::MILLIS),
            ConvertedType::TIME_MICROS => Meaning::Clock(TimeUnit::MICROS),
            ConvertedType::DECIMAL => Meaning::Scaled(column.type_scale()),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Meaning::Unsigned,
            _ if column.physical_type() == PhysicalType::FIXED_LEN_BYTE_ARRAY => Meaning::Bytes,
            _ => Meaning::Plain,
        }
    }
}

/// The values of some rows of one column, as text.
#[derive(Default)]
pub(super) struct TextBatch {
    texts: Vec<u8>,
    /// Where the text of each row ends.
    ends: Vec<usize>,
    levels: Vec<i16>,
}

impl TextBatch {
    /// The text of a row.
    pub(super) fn text(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(row).copied().unwrap_or(0);
        let start = start.copied().unwrap_or(0).min(end);
        &self.texts[start..end]
    }

    /// Reads rows of one column and writes each value with `write`.
    fn read<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        most_level: i16,
        count: usize,
        write: impl Fn(&T::T, &mut Vec<u8>),
    ) -> Result<(), ParquetError> {
        let mut values = Vec::with_capacity(count);
        let mut rows = 0;
        while rows < count {
            self.levels.clear();
            values.clear();
            let levels = (most_level > 0).then_some(&mut self.levels);
            let (read, ..) = reader.read_records(count - rows, levels, None, &mut values)?;
            if read == 0 {
                return Err(ParquetError::General(
                    "a column ends before its group".into(),
                ));
            }
            let mut next = values.iter();
            for row in 0..read {
                let has_value = most_level == 0 || self.levels.get(row) == Some(&most_level);
                if has_value && let Some(value) = next.next() {
                    write(value, &mut self.texts);
                }
                self.ends.push(self.texts.len());
            }
            rows += read;
        }
        Ok(())
    }

    /// Reads so many rows; `level` is the level of definition of a value that is there.
    pub(super) fn fill(
        &mut self,
        reader: &mut ColumnReader,
        meaning: Meaning,
        level: i16,
        count: usize,
    ) -> Result<(), ParquetError> {
        self.texts.clear();
        self.ends.clear();
        match reader {
            ColumnReader::BoolColumnReader(r) => {
                self.read(r, level, count, |v, out| print(out, format_args!("{v}")))
            }
            ColumnReader::Int32ColumnReader(r) => self.read(r, level, count, |v, out| {
                let wide = match meaning {
                    Meaning::Unsigned => i64::from(v.cast_unsigned()),
                    _ => i64::from(*v),
                };
                whole(wide, meaning, out);
            }),
            ColumnReader::Int64ColumnReader(r) => self.read(r, level, count, |v, out| {
                if meaning == Meaning::Unsigned {
                    print(out, format_args!("{}", v.cast_unsigned()));
                } else {
                    whole(*v, meaning, out);
                }
            }),
            ColumnReader::Int96ColumnReader(r) => self.read(r, level, count, |v, out| {
                out.extend_from_slice(date::iso_time(v.to_micros()).as_bytes());
            }),
            ColumnReader::FloatColumnReader(r) => {
                self.read(r, level, count, |v, out| print(out, format_args!("{v:?}")))
            }
            ColumnReader::DoubleColumnReader(r) => {
                self.read(r, level, count, |v, out| print(out, format_args!("{v:?}")))
            }
            ColumnReader::ByteArrayColumnReader(r) => {
                self.read(r, level, count, |v, out| bytes(v.data(), meaning, out))
            }
            ColumnReader::FixedLenByteArrayColumnReader(r) => {
                self.read(r, level, count, |v, out| bytes(v.data(), meaning, out))
            }
        }
    }
}

fn print(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}

fn micros(value: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => value.saturating_mul(1000),
        TimeUnit::MICROS => value,
        TimeUnit::NANOS => value.div_euclid(1000),
    }
}

fn whole(value: i64, meaning: Meaning, out: &mut Vec<u8>) {
    match meaning {
        Meaning::Days => out.extend_from_slice(date::iso_date(value).as_bytes()),
        Meaning::Moment(unit) => {
            out.extend_from_slice(date::iso_time(micros(value, unit)).as_bytes());
        }
        Meaning::Clock(unit) => {
            let text = date::iso_time(micros(value, unit));
            out.extend_from_slice(text.get(11..).unwrap_or(&text).as_bytes());
        }
        Meaning::Scaled(scale) => number::write_scaled(i128::from(value), scale, out),
        Meaning::Plain | Meaning::Unsigned | Meaning::Bytes => print(out, format_args!("{value}")),
    }
}

fn bytes(value: &[u8], meaning: Meaning, out: &mut Vec<u8>) {
    match meaning {
        Meaning::Scaled(scale) if value.len() <= 16 => {
            let sign = value.first().is_some_and(|byte| *byte >= 0x80);
            let start = if sign { -1_i128 } else { 0 };
            let whole = value
                .iter()
                .fold(start, |n, byte| n << 8 | i128::from(*byte));
            number::write_scaled(whole, scale, out);
        }
        Meaning::Bytes => {
            for byte in value.iter().take(64) {
                print(out, format_args!("{byte:02x}"));
            }
        }
        _ => out.extend_from_slice(value),
    }
}
