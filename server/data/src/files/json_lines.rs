//! JSON lines, and an array of JSON objects: one object is one row.
//!
//! Columns are the names of members, in the order in which they first occur. Numbers and strings
//! are typed as in delimited text; objects and arrays inside a row stay text. A line that is no
//! object is left out and counted.

use super::FileProblem;
use super::csv::split::Fields;
use super::parse::json::{self, JsonError, JsonValue};
use super::parse::text::decode;
use super::rows::{RowSink, Scanned};
use super::window::Window;
use std::collections::HashMap;

/// The longest object.
const MOST_BYTES: usize = 8 << 20;

/// The members that were found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct JsonLayout {
    /// The bytes before the first object or bracket.
    start: u64,
    is_array: bool,
    pub names: Vec<String>,
    places: HashMap<Vec<u8>, usize>,
    /// The most columns; members beyond are counted.
    pub most: usize,
}

/// The layout of a text that starts with an object or an array of objects.
pub(crate) fn detect(head: &[u8], mark: usize, most: usize) -> Option<JsonLayout> {
    let start = json::after_space(head, mark);
    let is_array = head.get(start) == Some(&b'[');
    let object = if is_array {
        json::after_space(head, start + 1)
    } else {
        start
    };
    let is_member = |at: usize| matches!(head.get(json::after_space(head, at)), Some(b'"' | b'}'));
    let is_object = head.get(object) == Some(&b'{') && is_member(object + 1);
    is_object.then(|| JsonLayout {
        start: (start + usize::from(is_array)) as u64,
        is_array,
        most,
        ..JsonLayout::default()
    })
}

impl JsonLayout {
    /// Gives all objects to `sink` as rows.
    pub(crate) fn scan<S: RowSink>(
        &mut self,
        mut window: Window,
        sink: &mut S,
    ) -> Result<Scanned, FileProblem> {
        let say = |error: std::io::Error| FileProblem::new(format!("reading failed: {error}"));
        let mut done = Scanned::default();
        let mut fields = Fields::default();
        window.skip(self.start).map_err(say)?;
        window.fill().map_err(say)?;
        loop {
            let data = window.data();
            let at = self.after_border(data);
            done.lines += breaks(&data[..at]);
            if at == data.len() {
                window.advance(at);
                if window.is_end {
                    break;
                }
                window.fill().map_err(say)?;
                continue;
            }
            let data = &data[at..];
            let next = match self.object(data, &mut fields, &mut done) {
                Ok(next) => {
                    done.rows += 1;
                    if !sink.row(done.lines + 1, data, &fields) {
                        break;
                    }
                    next
                }
                Err(JsonError::Unfinished) if !window.is_end && data.len() < MOST_BYTES => {
                    window.advance(at);
                    window.fill().map_err(say)?;
                    continue;
                }
                Err(_) if self.is_array => {
                    return Err(FileProblem::new(format!(
                        "what starts in line {} is no JSON object, so the rest of the array \
                         cannot be read",
                        done.lines + 1
                    )));
                }
                Err(_) => {
                    done.rejects.invalid.add(done.lines + 1);
                    let end = memchr::memchr(b'\n', data).map_or(data.len(), |line| line + 1);
                    if end == data.len() && !window.is_end && data.len() >= MOST_BYTES {
                        return Err(FileProblem::new("a line of JSON is longer than 8 MB"));
                    }
                    end
                }
            };
            done.lines += breaks(&data[..next]);
            window.advance(at + next);
        }
        done.end = window.offset;
        Ok(done)
    }

    /// The place after white space and what is between the objects of an array.
    fn after_border(&self, data: &[u8]) -> usize {
        let is_between = |byte: &&u8| {
            matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
                || self.is_array && matches!(byte, b',' | b']')
        };
        data.iter().take_while(is_between).count()
    }

    /// Reads an object into fields.
    fn object(
        &mut self,
        data: &[u8],
        fields: &mut Fields,
        done: &mut Scanned,
    ) -> Result<usize, JsonError> {
        fields.reset(self.names.len());
        let line = done.lines + 1;
        json::object(data, 0, &mut |(start, end), value| {
            let Some(at) = self.place(&data[start..end]) else {
                done.rejects.columns.add(line);
                return;
            };
            if at >= fields.len() {
                fields.widen(at + 1);
            }
            let from = fields.scratch().len();
            match value {
                JsonValue::Null => {}
                JsonValue::Text(start, end) => json::unescape(&data[start..end], fields.scratch()),
                JsonValue::Raw(start, end) => {
                    fields.scratch().extend_from_slice(&data[start..end]);
                }
            }
            fields.set(at, from);
        })
    }

    /// The column of a member; none if there are too many.
    fn place(&mut self, name: &[u8]) -> Option<usize> {
        if let Some(at) = self.places.get(name) {
            return Some(*at);
        }
        if self.names.len() >= self.most || name.len() > 1000 {
            return None;
        }
        let mut plain = Vec::new();
        json::unescape(name, &mut plain);
        let text = decode(&plain).into_owned();
        let at = match self.names.iter().position(|known| *known == text) {
            Some(at) => at,
            None => {
                self.names.push(text);
                self.names.len() - 1
            }
        };
        // The same name can be written in many ways.
        if self.places.len() < 4 * self.most {
            self.places.insert(name.to_vec(), at);
        }
        Some(at)
    }
}

fn breaks(data: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', data).count() as u64
}
