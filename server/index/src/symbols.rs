//! Answers about definitions: rows of segments made into [`Symbol`]s.
//!
//! `Index` asks by name, by container or by file and says which files live.

use crate::Symbol;
use crate::lexemes::hash;
use crate::segment::{Row, Segment};

/// A header or note is cut at so many characters.
const MAX_SIGNATURE: usize = 400;

/// A text on one line: runs of blanks become one.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4 * MAX_SIGNATURE));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() >= MAX_SIGNATURE {
            break;
        }
    }
    line.chars().take(MAX_SIGNATURE).collect()
}

/// By which name a definition is asked for.
#[derive(Clone, Copy)]
pub(crate) enum By {
    Name,
    Container,
}

impl Segment {
    /// The rows with this name, or in this container, in the order of paths and text.
    pub(crate) fn rows(&self, by: By, name: &str) -> impl Iterator<Item = &Row> {
        let sorted = if matches!(by, By::Name) {
            &self.by_name
        } else {
            &self.by_container
        };
        let wanted = hash(name.as_bytes());
        let start = sorted.partition_point(|(found, _)| *found < wanted);
        let same = sorted[start..]
            .iter()
            .take_while(move |(found, _)| *found == wanted);
        let rows = same.filter_map(|(_, row)| self.symbols.get(*row as usize));
        rows.filter(move |row| {
            self.slice(if matches!(by, By::Name) {
                row.name
            } else {
                row.container
            }) == name
        })
    }

    /// A row as it is handed out.
    pub(crate) fn symbol(&self, file: usize, row: &Row) -> Symbol {
        let (header, note) = (
            one_line(self.slice(row.header)),
            one_line(self.slice(row.note)),
        );
        Symbol {
            name: self.slice(row.name).to_owned(),
            kind: self
                .kinds
                .get(row.kind as usize)
                .map_or(String::new(), |kind| kind.to_string()),
            signature: if note.is_empty() {
                header
            } else {
                format!("{header}  {note}")
            },
            container: self.slice(row.container).to_owned(),
            path: self.files[file].path.to_string(),
            line: row.line as usize,
        }
    }
}
