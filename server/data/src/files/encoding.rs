//! Text that is not UTF-8 with line feeds: how it is recognised, and how it becomes that.
//!
//! UTF-16 is known by its mark or by the zeros between its letters, GB18030 by pairs of high bytes
//! that are all characters of it. Single values that are no UTF-8
//! are the business of `parse/text.rs`.

use std::io::{self, Read};

/// How the text of a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, or bytes that are decided value by value.
    Utf8,
    Utf16Le,
    Utf16Be,
    /// Chinese, as most programs in China wrote it before UTF-8: GBK is a part of it.
    Gb18030,
    /// Lines end with a carriage return only.
    CarriageReturns,
}

/// The encoding of a text that starts so, and the bytes of its mark; a message if it is no text.
pub(crate) fn detect(start: &[u8]) -> Result<(Encoding, usize), String> {
    if start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err("the text is in UTF-32, which is not read; save it as UTF-8".into());
    }
    match start {
        [0xef, 0xbb, 0xbf, ..] => return Ok((Encoding::Utf8, 3)),
        [0xff, 0xfe, ..] => return Ok((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] => return Ok((Encoding::Utf16Be, 2)),
        _ => {}
    }
    let part = &start[..start.len().min(4096)];
    let zeros = |first: usize| {
        part.iter()
            .skip(first)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), part.len() / 2);
    if odd * 10 >= half * 6 && even * 10 <= half && half > 0 {
        return Ok((Encoding::Utf16Le, 0));
    }
    if even * 10 >= half * 6 && odd * 10 <= half && half > 0 {
        return Ok((Encoding::Utf16Be, 0));
    }
    if even + odd > part.len() / 100 {
        return Err("this is no text, and no Parquet or SQLite file either".into());
    }
    if memchr::memchr(b'\n', start).is_none() && memchr::memchr(b'\r', start).is_some() {
        return Ok((Encoding::CarriageReturns, 0));
    }
    if is_gb18030(start) {
        return Ok((Encoding::Gb18030, 0));
    }
    Ok((Encoding::Utf8, 0))
}

/// Pairs of high bytes that a text needs to be taken as GB18030.
const MIN_PAIRS: usize = 4;

/// Whether a text is no UTF-8, but GB18030 in all of its bytes, with nearly all characters beyond
/// ASCII written as two high bytes, as the frequent ones are. Other texts with single high letters
/// have ASCII between these.
fn is_gb18030(start: &[u8]) -> bool {
    let is_utf8 = match str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    if is_utf8 {
        return false;
    }
    let (mut pairs, mut high, mut at) = (0, 0, 0);
    while at < start.len() {
        let is_pair = |place: usize| start.get(place).is_some_and(|byte| *byte >= 0xa1);
        if start[at] < 0x80 {
            at += 1;
            continue;
        }
        high += 1;
        pairs += usize::from(is_pair(at) && is_pair(at + 1));
        at += 2;
    }
    let mut text = String::with_capacity(start.len() * 3);
    let mut decoder = encoding_rs::GB18030.new_decoder_without_bom_handling();
    let (_, _, has_errors) = decoder.decode_to_string(start, &mut text, false);
    pairs >= MIN_PAIRS && pairs * 10 >= high * 9 && !has_errors
}

/// All of a short text as UTF-8.
pub(crate) fn recode(text: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        Encoding::Utf8 => out.extend_from_slice(text),
        _ => {
            // A slice is read without errors.
            let _ = Recoder::new(text, encoding).read_to_end(&mut out);
        }
    }
    out
}

/// Reads text in UTF-8 from a text in another encoding.
pub(crate) struct Recoder<R> {
    inner: R,
    encoding: Encoding,
    /// For encodings of which characters have different lengths.
    decoder: Option<encoding_rs::Decoder>,
    raw: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    is_end: bool,
}

impl<R: Read> Recoder<R> {
    pub(crate) fn new(inner: R, encoding: Encoding) -> Self {
        let decoder = (encoding == Encoding::Gb18030)
            .then(|| encoding_rs::GB18030.new_decoder_without_bom_handling());
        Self {
            inner,
            encoding,
            decoder,
            raw: Vec::new(),
            out: Vec::new(),
            given: 0,
            is_end: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let had = self.raw.len();
        self.raw.resize(had + (1 << 16), 0);
        let count = self.inner.read(&mut self.raw[had..])?;
        self.raw.truncate(had + count);
        self.is_end = count == 0;
        self.out.clear();
        self.given = 0;
        if self.encoding == Encoding::CarriageReturns {
            let feed = |byte: &u8| if *byte == b'\r' { b'\n' } else { *byte };
            self.out.extend(self.raw.iter().map(feed));
            self.raw.clear();
            return Ok(());
        }
        if let Some(decoder) = &mut self.decoder {
            // Three bytes of UTF-8 for each byte are always enough, with room for the last one.
            self.out.resize(self.raw.len() * 3 + 16, 0);
            let (_, read, written, _) =
                decoder.decode_to_utf8(&self.raw, &mut self.out, self.is_end);
            self.out.truncate(written);
            self.raw.drain(..read);
            return Ok(());
        }
        let pairs = self.raw.as_chunks::<2>().0;
        let mut units: Vec<u16> = pairs.iter().map(|pair| self.unit(*pair)).collect();
        let is_half = units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        if is_half && !self.is_end {
            units.pop();
        }
        let mut letter = [0; 4];
        for c in char::decode_utf16(units.iter().copied()) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.out
                .extend_from_slice(c.encode_utf8(&mut letter).as_bytes());
        }
        self.raw.drain(..units.len() * 2);
        Ok(())
    }

    fn unit(&self, pair: [u8; 2]) -> u16 {
        match self.encoding {
            Encoding::Utf16Le => u16::from_le_bytes(pair),
            _ => u16::from_be_bytes(pair),
        }
    }
}

impl<R: Read> Read for Recoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.is_end {
            self.fill()?;
        }
        let rest = &self.out[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
