//! All sources of schemas in a folder or among files, read and joined.
//!
//! The commands and the server call [`in_folder`], which asks `workspace` for the files: ignored
//! and secret ones are not read. [`in_files`] takes files that are at hand.

use crate::dialect_votes::{DialectVotes, is_manifest};
use crate::merge::merge;
use crate::readers::{self, FileContent, READERS, SchemaFile, Unit, sqlite_file};
use crate::schema::{Origin, Schema, SchemaNote};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use workspace::Unread;

/// The largest SQL or database file that is read, in bytes.
const MAX_DUMP: u64 = 256 << 20;
/// The largest other file.
const MAX_CODE: u64 = 2 << 20;

/// The schema of all sources in a folder.
pub fn in_folder(root: &Path) -> Schema {
    let mut sources = SchemaSources::default();
    sources.add_folder(root, "");
    sources.schema()
}

/// The schema of files that were read.
pub fn in_files(files: Vec<(String, Vec<u8>)>) -> Schema {
    let mut sources = SchemaSources::default();
    for (path, bytes) in files {
        sources.add(&path, bytes);
    }
    sources.schema()
}

/// SchemaSources that are collected before they are joined.
#[derive(Default)]
pub struct SchemaSources {
    /// Each with the place of its reader.
    files: Vec<(usize, SchemaFile)>,
    notes: Vec<SchemaNote>,
    votes: DialectVotes,
}

impl SchemaSources {
    /// Adds all sources in a folder, their names with `prefix` before them.
    pub fn add_folder(&mut self, root: &Path, prefix: &str) {
        let wanted = |path: &Path| {
            let path = path.to_string_lossy().replace('\\', "/");
            may_change_schema(&path)
        };
        for found in workspace::files_where(root, &wanted, u64::MAX) {
            let name = format!("{prefix}{}", found.name);
            let most = most_bytes(&name);
            match workspace::bytes_of(&found.path, most) {
                Ok(bytes) if is_manifest(&name.to_lowercase()) => {
                    self.votes.add_manifest(&String::from_utf8_lossy(&bytes));
                }
                Ok(bytes) => {
                    self.add(&name, bytes);
                    self.note_log(&name, &found.path);
                }
                Err(_) if is_manifest(&name.to_lowercase()) => {}
                Err(why) => self.note(&name, refusal(why, most)),
            }
        }
    }

    /// Adds a file, if it is a source. Whether it is.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> bool {
        let is_text = !bytes.starts_with(sqlite_file::MAGIC);
        let content = if is_text {
            decoded(bytes)
        } else {
            (FileContent::Bytes(bytes), None)
        };
        let (content, note) = content;
        let file = SchemaFile {
            path: path.into(),
            content,
        };
        let reader = readers::reader_of(&file);
        if let Some(reader) = reader {
            match &file.content {
                FileContent::Text(text) => self.votes.add_source(path, text),
                FileContent::Bytes(_) => self.votes.add_sqlite_file(),
            }
            self.files.push((reader, file));
            if let Some(note) = note {
                self.note(path, note.to_owned());
            }
        }
        reader.is_some()
    }

    /// Notes that a file of SQLite has a write-ahead log next to it, which is not read.
    pub fn note_log(&mut self, name: &str, file: &Path) {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let size = std::fs::metadata(&log).map_or(0, |found| found.len());
        if size > 0 {
            let message = format!(
                "tables that are only in its write-ahead log {name}-wal are not seen: close the \
                 program that writes it, or run `PRAGMA wal_checkpoint` there"
            );
            self.note(name, message);
        }
    }

    fn note(&mut self, path: &str, message: String) {
        self.notes.push(SchemaNote {
            at: Origin {
                path: path.into(),
                ..Origin::default()
            },
            message,
            is_gap: true,
        });
    }

    /// The schema of all that was added.
    pub fn schema(self) -> Schema {
        let mut notes = self.notes;
        let mut units: Vec<Unit> = Vec::new();
        for (at, reader) in READERS.iter().enumerate() {
            let own = self.files.iter().filter(|(of, _)| *of == at);
            let own: Vec<&SchemaFile> = own.map(|(_, file)| file).collect();
            if own.is_empty() {
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| (reader.read)(&own))) {
                Ok(found) => units.extend(found),
                Err(_) => notes.push(SchemaNote {
                    at: Origin::default(),
                    message: format!("the reader of {} failed", reader.name),
                    is_gap: true,
                }),
            }
        }
        Schema {
            dialect: self.votes.most(),
            ..merge(units, notes)
        }
    }
}

/// Whether a file of this path may describe tables, or say which dialect a project speaks.
pub fn may_change_schema(path: &str) -> bool {
    readers::may_be_source(path) || is_manifest(&path.to_lowercase())
}

/// How large a file of this name may be.
fn most_bytes(path: &str) -> u64 {
    let lower = path.to_lowercase();
    let is_dump = (READERS[0].may_be)(&lower) || (sqlite_file::READER.may_be)(&lower);
    if is_dump { MAX_DUMP } else { MAX_CODE }
}

fn refusal(why: Unread, most: u64) -> String {
    match why {
        Unread::Secret => "holds a secret: not read".into(),
        Unread::Large => format!("larger than {} MiB: not read", most >> 20),
        Unread::Unreadable => "cannot be read".into(),
        Unread::Binary | Unread::Minified => "no text: not read".into(),
    }
}

/// What is in a file of text, and what was odd about it. Offsets are those of the text.
fn decoded(bytes: Vec<u8>) -> (FileContent, Option<&'static str>) {
    match text_of(bytes) {
        Some(text) => (FileContent::Text(text), None),
        None => (FileContent::Text(String::new()), Some("no text: not read")),
    }
}

/// The text of a file's bytes: UTF-8, UTF-16 with its mark, or else what is ASCII in them. None if
/// they are no text.
pub fn text_of(bytes: Vec<u8>) -> Option<String> {
    let units = |pair: fn([u8; 2]) -> u16| -> String {
        let pairs = bytes[2..].as_chunks::<2>().0;
        let units: Vec<u16> = pairs.iter().map(|two| pair(*two)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes[..] {
        [0xff, 0xfe, ..] => return Some(units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Some(units(u16::from_be_bytes)),
        _ => {}
    }
    if bytes[..bytes.len().min(8 << 10)].contains(&0) {
        return None;
    }
    Some(String::from_utf8(bytes).unwrap_or_else(|error| ascii(error.into_bytes())))
}

/// A text in another encoding: bytes that are not ASCII become question marks, so that places stay
/// where they are.
fn ascii(bytes: Vec<u8>) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii() {
            char::from(byte)
        } else {
            '?'
        }
    };
    bytes.into_iter().map(byte).collect()
}
