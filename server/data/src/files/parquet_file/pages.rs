//! How large the pages of a Parquet file are, from their headers only.
//!
//! A page says how many bytes it unpacks to, and whoever decodes it asks for that many. So all
//! headers are read before any page is: a file whose pages do not fit into memory together is
//! refused. Headers are structs in Thrift's compact protocol, of which two numbers matter here.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// The bytes that the pages which are open at once may unpack to.
pub(super) const MOST_BYTES: u64 = 128 << 20;
/// How deep structs may lie in a header, and how long a list may be.
const DEPTH: u32 = 8;
const MOST_ITEMS: u64 = 10_000;

/// The largest page of a column in a group of rows: the bytes from `start`, of which there are
/// `length`, are pages.
pub(super) fn largest<R: Read + Seek>(
    file: &mut BufReader<R>,
    start: u64,
    length: u64,
) -> io::Result<u64> {
    file.seek(SeekFrom::Start(start))?;
    let (mut left, mut largest) = (length, 0);
    while left > 0 {
        let mut header = Header {
            file,
            read: 0,
            left,
        };
        let (plain, packed) = header.sizes()?;
        let read = header.read;
        left = left.checked_sub(read + packed).ok_or_else(damaged)?;
        largest = largest.max(plain).max(packed);
        file.seek_relative(i64::try_from(packed).map_err(|_| damaged())?)?;
    }
    Ok(largest)
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the header of a page is damaged",
    )
}

/// Reads one header.
struct Header<'a, R> {
    file: &'a mut BufReader<R>,
    read: u64,
    left: u64,
}

impl<R: Read> Header<'_, R> {
    /// The bytes of the page when it is unpacked, and in the file.
    fn sizes(&mut self) -> io::Result<(u64, u64)> {
        let (mut id, mut plain, mut packed) = (0, None, None);
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (2, 5) => plain = Some(self.number()?),
                (3, 5) => packed = Some(self.number()?),
                _ => self.skip(kind, DEPTH)?,
            }
        }
        let size = |number: Option<i64>| u64::try_from(number.unwrap_or(-1)).map_err(|_| damaged());
        Ok((size(plain)?, size(packed)?))
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        if self.read == self.left {
            return Err(damaged());
        }
        self.file.read_exact(&mut byte)?;
        self.read += 1;
        Ok(byte[0])
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    fn number(&mut self) -> io::Result<i64> {
        let bits = self.varint()?;
        Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    /// The kind of the next field, whose number goes into `id`; none at the end of the struct.
    fn field(&mut self, id: &mut i64) -> io::Result<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Ok(None);
        }
        match byte >> 4 {
            0 => *id = self.number()?,
            step => *id += i64::from(step),
        }
        Ok(Some(byte & 0xf))
    }

    fn skip_bytes(&mut self, count: u64) -> io::Result<()> {
        if count > self.left - self.read {
            return Err(damaged());
        }
        let skipped = io::copy(&mut self.file.by_ref().take(count), &mut io::sink())?;
        self.read += skipped;
        if skipped == count {
            Ok(())
        } else {
            Err(damaged())
        }
    }

    /// Passes over a value of a kind, `depth` structs deep at most.
    fn skip(&mut self, kind: u8, depth: u32) -> io::Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(damaged)?;
        match kind {
            // The two truths have no bytes of their own in a struct.
            1 | 2 => Ok(()),
            3 => self.skip_bytes(1),
            4..=6 => self.varint().map(drop),
            7 => self.skip_bytes(8),
            8 => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            9 | 10 => {
                let byte = self.byte()?;
                let count = match byte >> 4 {
                    15 => self.varint()?,
                    few => u64::from(few),
                };
                if count > MOST_ITEMS {
                    return Err(damaged());
                }
                for _ in 0..count {
                    match byte & 0xf {
                        1 | 2 => self.skip_bytes(1)?,
                        kind => self.skip(kind, depth)?,
                    }
                }
                Ok(())
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn measured(bytes: &[u8]) -> io::Result<u64> {
        let mut file = BufReader::new(Cursor::new(bytes));
        largest(&mut file, 0, bytes.len() as u64)
    }

    /// A header with both sizes and a struct with a text in it, and the bytes of the page.
    fn page(plain: u8, packed: u8) -> Vec<u8> {
        let mut bytes = vec![0x15, 0, 0x15, plain * 2, 0x15, packed * 2, 0x2c];
        bytes.extend([0x15, 2, 0x18, 3, b'a', b'b', b'c', 0, 0]);
        bytes.extend(vec![7; usize::from(packed)]);
        bytes
    }

    #[test]
    fn pages_are_measured() {
        assert_eq!(
            measured(&[page(9, 4), page(60, 5), page(3, 3)].concat()).unwrap(),
            60
        );
        assert_eq!(measured(&[]).unwrap(), 0);
    }

    #[test]
    fn damaged_headers_are_refused() {
        let whole = page(9, 4);
        for length in 1..whole.len() {
            assert!(measured(&whole[..length]).is_err(), "{length}");
        }
        for bytes in [
            &[0x15, 0, 0][..],
            &[0x1c; 100],
            &[0x19, 0xf5, 0xff, 0xff, 0xff],
            &[0xff; 50],
        ] {
            assert!(measured(bytes).is_err(), "{bytes:?}");
        }
    }
}
