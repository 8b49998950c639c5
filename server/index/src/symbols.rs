//! Queries for definitions: converts rows of segments to [`Symbol`]s.
//!
//! `Index` asks by name, by container or by file, and checks which files are live.

use crate::Symbol;
use crate::lexemes::hash;
use crate::segment::{IndexSegment, SymbolRow, one_line};

/// The name that definitions are queried by.
#[derive(Clone, Copy)]
pub(crate) enum SymbolKey {
    Name,
    Container,
}

impl IndexSegment {
    /// The rows with this name, or in this container, in the order of paths and text.
    pub(crate) fn rows(&self, key: SymbolKey, name: &str) -> impl Iterator<Item = &SymbolRow> {
        let sorted = if matches!(key, SymbolKey::Name) {
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
            self.slice(if matches!(key, SymbolKey::Name) {
                row.name
            } else {
                row.container
            }) == name
        })
    }

    /// A row as a symbol.
    pub(crate) fn symbol(&self, file: usize, row: &SymbolRow) -> Symbol {
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
            end_line: row.line as usize + row.lines as usize,
        }
    }
}
