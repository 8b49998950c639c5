//! A stream of bytes taken apart into lines, and server-sent events into their data.

use crate::error::RemoteError;
use crate::limits::{MAX_LINE, MAX_STREAM};

/// Joins frames and gives back whole lines.
#[derive(Default)]
pub(crate) struct Lines {
    rest: Vec<u8>,
    read: usize,
}

impl Lines {
    /// The lines that `bytes` completes. An error if a line or the whole stream is too long.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, RemoteError> {
        self.read += bytes.len();
        self.rest.extend_from_slice(bytes);
        let end = self.rest.iter().rposition(|byte| *byte == b'\n');
        let whole: Vec<u8> = end.map_or_else(Vec::new, |end| self.rest.drain(..=end).collect());
        if self.rest.len() > MAX_LINE || self.read > MAX_STREAM {
            return Err(RemoteError::TooLong);
        }
        let text = String::from_utf8(whole)
            .map_err(|_| RemoteError::Malformed("it is not UTF-8".into()))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// What is left after the last line break.
    pub(crate) fn end(self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

/// The data of a line of server-sent events; `None` for comments, other fields and blank lines.
/// llama-server puts errors into a field of their own.
pub(crate) fn event_data(line: &str) -> Option<&str> {
    let data = line.strip_prefix("data:").or(line.strip_prefix("error:"))?;
    Some(data.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_across_frames() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"a\r\nb").unwrap(), ["a"]);
        assert_eq!(lines.push("\u{e9}".as_bytes()).unwrap(), [""; 0]);
        assert_eq!(lines.push(b"\n\nrest").unwrap(), ["b\u{e9}", ""]);
        assert_eq!(lines.end(), "rest");
    }

    #[test]
    fn endless_lines_and_streams_are_refused() {
        assert!(Lines::default().push(&vec![b'x'; MAX_LINE + 1]).is_err());
        let mut lines = Lines::default();
        let short = b"data: {}\n".repeat(1000);
        let pushed =
            (0..MAX_STREAM / short.len() + 1).try_for_each(|_| lines.push(&short).map(drop));
        assert_eq!(pushed, Err(RemoteError::TooLong));
    }

    #[test]
    fn comments_and_other_fields_are_left_out() {
        assert_eq!(event_data("data: {}"), Some("{}"));
        assert_eq!(event_data("data:[DONE]"), Some("[DONE]"));
        assert_eq!(
            (event_data(": ping"), event_data("event: x"), event_data("")),
            (None, None, None)
        );
    }
}
