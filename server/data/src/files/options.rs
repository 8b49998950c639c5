//! How a file is to be read.

/// How a file is read. The default leaves all decisions to the file's contents.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The table of an SQLite file. Needed if it has several.
    pub table: Option<String>,
    /// The delimiter of delimited text.
    pub delimiter: Option<u8>,
    /// Whether the first record of delimited text has the names of the columns.
    pub has_header: Option<bool>,
    /// The most threads; at least one is used.
    pub threads: usize,
    /// The most columns; those after them are left out, with a note.
    pub max_columns: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            table: None,
            delimiter: None,
            has_header: None,
            threads: 2,
            max_columns: 2000,
        }
    }
}
