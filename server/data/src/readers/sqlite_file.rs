//! SQLite's database files: the definitions that a file keeps of its own tables.
//!
//! The definitions are rows of the table whose tree begins on the first page. Only the pages of
//! that tree are read, by the published format of such files; no library opens the file, so a
//! damaged or hostile one can do no more than give wrong definitions. Rows that are still in the
//! write-ahead log next to the file are not seen.

use super::{FileContent, Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::{Origin, SchemaChange, TableName};
use crate::sql;
use std::collections::HashSet;
use std::sync::Arc;

pub(crate) const READER: Reader = Reader {
    name: "SQLite file",
    rank: 2,
    may_be: |path| {
        [".db", ".sqlite", ".sqlite3", ".db3", ".s3db"]
            .iter()
            .any(|end| path.ends_with(end))
    },
    // One that is a text is a script, if it defines tables.
    is: |_, text| text.is_empty() || text.to_ascii_lowercase().contains("create table"),
    read,
};

/// How a file begins.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";
/// The most rows that are read, and the most bytes of one.
const MAX_ROWS: usize = 100_000;
const MAX_ROW: usize = 4 << 20;

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    files
        .iter()
        .map(|file| {
            let mut builder = Builder::default();
            let whole = Origin {
                line: 0,
                ..file.whole()
            };
            let bytes = match &file.content {
                FileContent::Bytes(bytes) => bytes.as_slice(),
                FileContent::Text(text) => {
                    sql::read(&file.path, text, &mut builder);
                    &[]
                }
            };
            match definitions(bytes) {
                Ok((found, problem)) => {
                    describe(&file.path, &found, &mut builder);
                    if let Some(why) = problem {
                        builder.note(&whole, why, true);
                    }
                }
                Err(why) => builder.note(&whole, why, true),
            }
            Unit::of(&READER, builder)
        })
        .collect()
}

/// Applies the definitions, tables before what needs them. Places in them are none.
fn describe(path: &Arc<str>, found: &[Definition], builder: &mut Builder) {
    let mut text = String::new();
    for kind in ["table", "view", "index"] {
        let of_kind = found.iter().filter(|definition| definition.kind == kind);
        for definition in of_kind.filter(|definition| !definition.name.starts_with("sqlite_")) {
            text.push_str(&definition.sql);
            text.push_str("\n;\n");
        }
    }
    let mut inner = Builder::default();
    sql::read(path, &text, &mut inner);
    inner.retry();
    let whole = Origin {
        path: Arc::clone(path),
        ..Origin::default()
    };
    for mut table in inner.finish() {
        // Tables of the text search keep their own data in tables of this kind.
        table
            .columns
            .iter_mut()
            .for_each(|column| column.defined = whole.clone());
        table.changed = None;
        let create = SchemaChange::Create {
            table: Box::new(table),
            or_keep: false,
            or_replace: false,
        };
        builder.apply(create, &whole);
    }
    for shadow in shadows(found) {
        let change = SchemaChange::Drop {
            table: TableName::plain(shadow),
        };
        builder.apply(change, &whole);
    }
    for note in inner.notes {
        builder.note(&whole, note.message, note.is_gap);
    }
}

/// The tables in which a virtual table keeps its data.
fn shadows(found: &[Definition]) -> Vec<String> {
    let is_virtual = |definition: &&Definition| {
        definition
            .sql
            .get(..20)
            .is_some_and(|start| start.to_uppercase().starts_with("CREATE VIRTUAL TABLE"))
    };
    let ends = [
        "content", "data", "idx", "docsize", "config", "segments", "segdir", "stat", "node",
        "parent", "rowid",
    ];
    let virtuals = found.iter().filter(is_virtual);
    virtuals
        .flat_map(|table| ends.iter().map(move |end| format!("{}_{end}", table.name)))
        .collect()
}

/// A row of the table of definitions.
#[derive(Debug, Default, PartialEq, Eq)]
struct Definition {
    kind: String,
    name: String,
    sql: String,
}

/// A file, taken apart as far as the table of definitions needs.
struct Pages<'a> {
    bytes: &'a [u8],
    size: usize,
    /// The bytes of a page that hold data.
    usable: usize,
    encoding: u32,
}

/// All definitions, and what is wrong with the file if it is not whole.
fn definitions(bytes: &[u8]) -> Result<(Vec<Definition>, Option<String>), String> {
    if bytes.is_empty() {
        return Ok((Vec::new(), None));
    }
    if !bytes.starts_with(MAGIC) || bytes.len() < 100 {
        return Err("no database of SQLite, or an encrypted one".into());
    }
    let size = match number(bytes, 16, 2) {
        1 => 65_536,
        size => size,
    };
    let reserved = bytes[20] as usize;
    if !size.is_power_of_two() || !(512..=65_536).contains(&size) || reserved + 480 > size {
        return Err("the header of the database is damaged".into());
    }
    let pages = Pages {
        bytes,
        size,
        usable: size - reserved,
        encoding: number(bytes, 56, 4) as u32,
    };
    let mut rows = Vec::new();
    let problem = pages.walk(&mut rows);
    Ok((rows, problem.err()))
}

/// A number of some bytes, the highest first; 0 where the bytes end.
fn number(bytes: &[u8], at: usize, length: usize) -> usize {
    let part = bytes.get(at..at + length).unwrap_or_default();
    part.iter()
        .fold(0, |number, byte| number << 8 | *byte as usize)
}

/// A number of one to nine bytes, and how many these are.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

impl<'a> Pages<'a> {
    /// The page of a number from 1.
    fn page(&self, number: usize) -> Result<&'a [u8], String> {
        let start = number
            .checked_sub(1)
            .and_then(|before| before.checked_mul(self.size));
        let page = start.and_then(|start| self.bytes.get(start..start.checked_add(self.size)?));
        page.ok_or_else(|| format!("page {number} of the database is missing"))
    }

    /// Reads all rows of the tree on the first page, in order.
    fn walk(&self, rows: &mut Vec<Definition>) -> Result<(), String> {
        let (mut waiting, mut seen) = (vec![1_usize], HashSet::new());
        while let Some(number) = waiting.pop() {
            if !seen.insert(number) {
                return Err("the pages of the database form a circle".into());
            }
            let page = self.page(number)?;
            let header = if number == 1 { 100 } else { 0 };
            let cells = self::number(page, header + 3, 2);
            let is_leaf = match page.get(header) {
                Some(13) => true,
                Some(5) => false,
                _ => {
                    return Err(format!(
                        "page {number} of the database is of an unknown kind"
                    ));
                }
            };
            let first = header + if is_leaf { 8 } else { 12 };
            if !is_leaf {
                waiting.push(self::number(page, header + 8, 4));
            }
            let places = (0..cells).map(|cell| self::number(page, first + 2 * cell, 2));
            if is_leaf {
                for place in places {
                    rows.extend(self.row(page, place)?);
                    if rows.len() > MAX_ROWS {
                        return Err(format!("more than {MAX_ROWS} definitions"));
                    }
                }
            } else {
                let children: Vec<usize> =
                    places.map(|place| self::number(page, place, 4)).collect();
                waiting.extend(children.into_iter().rev());
            }
        }
        Ok(())
    }

    /// The row in a cell; none if it is no definition.
    fn row(&self, page: &[u8], place: usize) -> Result<Option<Definition>, String> {
        let damaged = || "a row of the database is damaged".to_owned();
        let cell = page.get(place..).ok_or_else(damaged)?;
        let (length, a) = varint(cell).ok_or_else(damaged)?;
        let (_, b) = varint(&cell[a..]).ok_or_else(damaged)?;
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_ROW)
            .ok_or_else(damaged)?;
        let payload = self.payload(&cell[a + b..], length)?;
        Ok(self.definition(&payload))
    }

    /// The bytes of a row, those on pages of their own too.
    fn payload(&self, cell: &[u8], length: usize) -> Result<Vec<u8>, String> {
        let damaged = || "a row of the database is damaged".to_owned();
        let most = self.usable - 35;
        if length <= most {
            return cell.get(..length).map(<[u8]>::to_vec).ok_or_else(damaged);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        let local = if fitting <= most { fitting } else { least };
        let mut bytes = cell.get(..local).ok_or_else(damaged)?.to_vec();
        let mut next = number(cell, local, 4);
        while bytes.len() < length {
            let page = self.page(next)?;
            let rest = (length - bytes.len()).min(self.usable - 4);
            bytes.extend(page.get(4..4 + rest).ok_or_else(damaged)?);
            next = number(page, 0, 4);
        }
        Ok(bytes)
    }

    /// The columns type, name and sql of a row.
    fn definition(&self, payload: &[u8]) -> Option<Definition> {
        let (header, mut at) = varint(payload)?;
        let header = usize::try_from(header).ok()?;
        let mut start = header;
        let mut texts: Vec<Option<String>> = Vec::new();
        while at < header && texts.len() < 5 {
            let (kind, length) = varint(payload.get(at..)?)?;
            at += length;
            let size = match kind {
                0..=4 => usize::try_from(kind).ok()?,
                5 => 6,
                6 | 7 => 8,
                8..=11 => 0,
                kind => usize::try_from((kind - 12) / 2).ok()?,
            };
            let is_text = kind >= 13 && kind % 2 == 1;
            let bytes = payload.get(start..start.checked_add(size)?)?;
            texts.push(is_text.then(|| self.text(bytes)));
            start += size;
        }
        let mut take = |at: usize| texts.get_mut(at).and_then(Option::take);
        Some(Definition {
            kind: take(0)?,
            name: take(1)?,
            sql: take(4)?,
        })
    }

    fn text(&self, bytes: &[u8]) -> String {
        let pair = |pair: &[u8]| match self.encoding {
            2 => u16::from_le_bytes([pair[0], pair[1]]),
            _ => u16::from_be_bytes([pair[0], pair[1]]),
        };
        match self.encoding {
            2 | 3 => {
                let units: Vec<u16> = bytes.chunks_exact(2).map(pair).collect();
                String::from_utf16_lossy(&units)
            }
            _ => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}
