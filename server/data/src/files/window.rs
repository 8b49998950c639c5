//! The part of a text that is in memory while records are cut from it.
//!
//! It moves forward only, and grows only for a record that does not fit, up to a limit.

use std::io::{self, Read};

const CHUNK: usize = 1 << 20;

/// A window over a text.
pub(crate) struct Window {
    reader: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Where in the text the window starts.
    pub offset: u64,
    /// Whether the text ends with the window.
    pub is_end: bool,
}

impl Window {
    /// A window at this place of the text, from which `reader` reads.
    pub(crate) fn new(reader: Box<dyn Read + Send>, offset: u64) -> Self {
        Self {
            reader,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            offset,
            is_end: false,
        }
    }

    #[inline]
    pub(crate) fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads more after what there is.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.bytes.len() - self.end < CHUNK / 2 {
            let size = (self.bytes.len() * 2).max(CHUNK);
            self.bytes.resize(size, 0);
        }
        while self.end < self.bytes.len() {
            match self.reader.read(&mut self.bytes[self.end..]) {
                Ok(0) => {
                    self.is_end = true;
                    return Ok(());
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Leaves out bytes at the start of the text.
    pub(crate) fn skip(&mut self, count: u64) -> io::Result<()> {
        let mut left = count;
        while left > 0 && !(self.is_end && self.data().is_empty()) {
            let part = usize::try_from(left).unwrap_or(usize::MAX);
            let part = part.min(self.data().len());
            self.advance(part);
            left -= part as u64;
            if left > 0 {
                self.fill()?;
            }
        }
        Ok(())
    }
}
