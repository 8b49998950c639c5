//! Cuts the bytes of standard input into message bodies, whatever they are (LSP 3.17, "Base
//! Protocol").
//!
//! A header that makes no sense, or a body too large to hold, is reported and skipped: the reader
//! then looks for the next `Content-Length`, wherever it is, and goes on from there. Memory is
//! bounded by [`MAX_BODY`] and [`MAX_LINE`]. Pure: `transport.rs` feeds it bytes and acts on what
//! comes out.

/// The largest body that is read, in bytes. Larger than any document the server keeps, as JSON.
pub const MAX_BODY: usize = 256 << 20;
/// How much of a header line is kept; what a longer line begins with is forgotten.
const MAX_LINE: usize = 4096;
const NAME: &[u8] = b"content-length:";

/// What the bytes held.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message body.
    Body(Vec<u8>),
    /// A header that could not be used, and why.
    Bad(&'static str),
}

/// Collects bytes until a frame is whole.
#[derive(Default)]
pub struct FrameReader {
    line: Vec<u8>,
    length: Length,
    headers: bool,
    body: Option<(usize, Vec<u8>)>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Length {
    #[default]
    Missing,
    Bytes(usize),
    Bad(&'static str),
}

impl FrameReader {
    /// Takes in bytes and appends the frames they complete.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) {
        while !bytes.is_empty() {
            bytes = match &mut self.body {
                Some((length, body)) => {
                    let (part, rest) = bytes.split_at(bytes.len().min(*length - body.len()));
                    body.extend_from_slice(part);
                    rest
                }
                None => self.header(bytes, frames),
            };
            if let Some((_, body)) = self.body.take_if(|(length, body)| body.len() == *length) {
                frames.push(Frame::Body(body));
            }
        }
    }

    /// Takes one header line, or the part of it that is there; gives back what follows.
    fn header<'b>(&mut self, bytes: &'b [u8], frames: &mut Vec<Frame>) -> &'b [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        self.line
            .extend_from_slice(&part[part.len().saturating_sub(MAX_LINE)..]);
        let surplus = self.line.len().saturating_sub(MAX_LINE);
        self.line.drain(..surplus);
        let Some(end) = end else { return &[] };
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() {
            self.end_of_headers(frames);
        } else {
            self.headers = true;
            self.length = self.length.and(find_length(line));
        }
        &bytes[end + 1..]
    }

    fn end_of_headers(&mut self, frames: &mut Vec<Frame>) {
        match std::mem::take(&mut self.length) {
            Length::Bytes(0) => frames.push(Frame::Body(Vec::new())),
            Length::Bytes(length) => self.body = Some((length, Vec::new())),
            Length::Bad(why) => frames.push(Frame::Bad(why)),
            Length::Missing if self.headers => {
                frames.push(Frame::Bad("the header lacks Content-Length"))
            }
            Length::Missing => {}
        }
        self.headers = false;
    }
}

impl Length {
    /// Joins what two header lines say.
    fn and(self, next: Length) -> Length {
        match (self, next) {
            (known, Length::Missing) => known,
            (Length::Missing, next) => next,
            (Length::Bytes(a), Length::Bytes(b)) if a == b => self,
            _ => Length::Bad("the header has more than one Content-Length"),
        }
    }
}

/// The length in a header line. Bytes before the name are left over from a body with a
/// wrong length, and are skipped.
fn find_length(line: &[u8]) -> Length {
    let lower = line.to_ascii_lowercase();
    let Some(at) = lower.windows(NAME.len()).rposition(|window| window == NAME) else {
        return Length::Missing;
    };
    let value = lower[at + NAME.len()..].trim_ascii();
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Length::Bad("Content-Length is not a number");
    }
    let number = str::from_utf8(value)
        .ok()
        .and_then(|value| value.parse::<usize>().ok());
    match number {
        Some(length) if length <= MAX_BODY => Length::Bytes(length),
        _ => Length::Bad("Content-Length is over the limit of 256 MiB"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// All frames of `input`, given in pieces of `size` bytes.
    fn frames(input: &[u8], size: usize) -> Vec<Frame> {
        let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
        input
            .chunks(size)
            .for_each(|chunk| reader.push(chunk, &mut frames));
        frames
    }

    fn bodies(input: &[u8]) -> Vec<String> {
        let texts = |size| -> Vec<String> {
            let bodies = frames(input, size)
                .into_iter()
                .filter_map(|frame| match frame {
                    Frame::Body(body) => Some(String::from_utf8(body).unwrap()),
                    Frame::Bad(_) => None,
                });
            bodies.collect()
        };
        assert_eq!(
            texts(1),
            texts(input.len()),
            "the size of the pieces matters"
        );
        texts(7)
    }

    #[test]
    fn frames_are_cut_whatever_the_spelling_of_the_header() {
        assert_eq!(
            bodies(b"Content-Length: 2\r\n\r\n{}content-length:4\n\nnull"),
            ["{}", "null"]
        );
        assert_eq!(
            bodies(b"X: y\r\nCONTENT-LENGTH: 2\r\nContent-Type: z\r\n\r\n{}"),
            ["{}"]
        );
        assert_eq!(
            bodies(b"Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}"),
            ["", "{}"]
        );
    }

    #[test]
    fn a_bad_header_costs_only_its_own_frame() {
        for bad in [
            "-5",
            "abc",
            "9223372036854775808",
            "18446744073709551618",
            "20000000000",
            "",
        ] {
            let input = format!("Content-Length: {bad}\r\n\r\n{{}}Content-Length: 4\r\n\r\nnull");
            assert_eq!(bodies(input.as_bytes()), ["null"], "{bad}");
            assert!(
                matches!(frames(input.as_bytes(), 3)[0], Frame::Bad(_)),
                "{bad}"
            );
        }
        assert_eq!(
            bodies(b"X: 1\r\n\r\n{}Content-Length: 4\r\n\r\nnull"),
            ["null"]
        );
        assert_eq!(
            bodies(
                b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}Content-Length: 4\r\n\r\nnull"
            ),
            ["null"]
        );
    }

    #[test]
    fn a_length_too_short_costs_only_its_own_frame() {
        assert_eq!(
            bodies(b"Content-Length: 2\r\n\r\n[1, 2]Content-Length: 4\r\n\r\nnull"),
            ["[1", "null"]
        );
    }

    #[test]
    fn endless_headers_take_no_memory() {
        let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
        for _ in 0..1000 {
            reader.push(&[b'a'; 65536], &mut frames);
            assert!(reader.line.capacity() < 1 << 20);
        }
        reader.push(b"\r\n\r\nContent-Length: 2\r\n\r\n{}", &mut frames);
        assert_eq!(frames.last(), Some(&Frame::Body(b"{}".to_vec())));
    }
}
