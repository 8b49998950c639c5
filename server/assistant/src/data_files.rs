//! The columns of data files that code names: found next to the document or in its workspace
//! folder, read once per state of the file.
//!
//! Only names and types of columns leave this module; they are shown in the editor and never
//! become part of a prompt (the first lines of files in the index may, see `context`). A path that
//! leads out of the workspace is not followed.

use data::files::{DataFile, ReadOptions, ValueKind, columns_only};
use frames::{FrameColumn, FrameColumns};
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use workspace::secrets;

/// Files up to this size are read whole, so that their types hold for all rows, in bytes.
const READ_WHOLE: u64 = 2 << 20;
/// How much of a larger file is read, in bytes.
const READ_FIRST: u64 = 256 << 10;
/// The most files whose columns are kept.
const MAX_FILES: usize = 64;
/// How many folders above the document's a path may start from.
const MAX_FOLDERS: usize = 12;

/// The columns of the files that were asked for last.
#[derive(Default)]
pub struct DataFiles(Mutex<HashMap<PathBuf, KnownFile>>);

struct KnownFile {
    size: u64,
    changed: Option<SystemTime>,
    columns: Option<Arc<[FrameColumn]>>,
}

/// The data files as one document sees them.
pub struct FilesNear<'a> {
    files: &'a DataFiles,
    /// The folder of the document.
    folder: &'a Path,
    /// The workspace folder that it lies in.
    root: &'a Path,
}

impl DataFiles {
    /// The files as a document sees them that lies in `folder`, in the workspace folder `root`.
    pub fn near<'a>(&'a self, folder: &'a Path, root: &'a Path) -> FilesNear<'a> {
        FilesNear {
            files: self,
            folder,
            root,
        }
    }

    fn columns_of(&self, file: &Path, found: &Metadata) -> Option<Arc<[FrameColumn]>> {
        let (size, changed) = (found.len(), found.modified().ok());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(file)
            && (known.size, known.changed) == (size, changed)
        {
            return known.columns.clone();
        }
        let read = AssertUnwindSafe(|| read(file, size));
        let columns = catch_unwind(read).unwrap_or_else(|_| {
            tracing::error!("reading a data file failed");
            None
        });
        if known.len() >= MAX_FILES {
            known.clear();
        }
        let state = KnownFile {
            size,
            changed,
            columns: columns.clone(),
        };
        known.insert(file.to_owned(), state);
        columns
    }
}

impl FilesNear<'_> {
    /// The file that a path in the document means: from the document's folder, those above it, and
    /// the workspace folder.
    pub fn resolve(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let is_outside = |part: Component| matches!(part, Component::Prefix(_));
        if path.components().any(is_outside) {
            return None;
        }
        let above = self.folder.ancestors().take(MAX_FOLDERS);
        let inside = above.take_while(|folder| folder.starts_with(self.root));
        let folders = inside.chain([self.root]);
        let file = |folder: &Path| {
            let file = std::fs::canonicalize(folder.join(path)).ok()?;
            let root = std::fs::canonicalize(self.root).ok()?;
            let name = file.to_string_lossy();
            (file.starts_with(root) && file.is_file() && !secrets::in_path(&name)).then_some(())?;
            Some(file)
        };
        folders.into_iter().find_map(file)
    }
}

impl FrameColumns for FilesNear<'_> {
    fn columns(&self, path: &str) -> Option<Arc<[FrameColumn]>> {
        let file = self.resolve(path)?;
        let found = std::fs::metadata(&file).ok()?;
        self.files.columns_of(&file, &found)
    }
}

/// The columns of a file.
fn read(file: &Path, size: u64) -> Option<Arc<[FrameColumn]>> {
    let found: Vec<(String, ValueKind)> = if size <= READ_WHOLE {
        let options = ReadOptions {
            threads: 1,
            ..ReadOptions::default()
        };
        let whole = DataFile::read(file, &options).ok()?;
        let columns = whole.columns().iter();
        columns
            .map(|column| (column.name.clone(), column.kind))
            .collect()
    } else {
        let mut first = Vec::new();
        let mut start = File::open(file).ok()?.take(READ_FIRST);
        start.read_to_end(&mut first).ok()?;
        columns_only(&first, &file.to_string_lossy())?
    };
    let found = named(found);
    let column = |(name, kind): (String, ValueKind)| FrameColumn {
        name,
        kind: kind.word().to_owned(),
        is_number: kind.is_number(),
        is_time: kind.is_time(),
    };
    Some(found.into_iter().map(column).collect())
}

/// The columns that the file itself names: those without a name, and the second of a name, are
/// called differently by each library.
fn named(mut columns: Vec<(String, ValueKind)>) -> Vec<(String, ValueKind)> {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let is_made_up = |name: &str| {
        let Some((start, number)) = name.rsplit_once(' ') else {
            return false;
        };
        let is_number = number.parse::<usize>().is_ok();
        is_number && (start == "column" || names.iter().any(|other| other == start))
    };
    columns.retain(|(name, _)| !is_made_up(name));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_near_the_document_and_inside_the_workspace_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        let code = root.join("src/jobs");
        std::fs::create_dir_all(&code).unwrap();
        std::fs::create_dir_all(root.join("data")).unwrap();
        std::fs::write(root.join("data/a.csv"), "x,when\n1,2024-01-02\n").unwrap();
        std::fs::write(folder.path().join("outside.csv"), "x\n1\n").unwrap();
        let files = DataFiles::default();
        let near = files.near(&code, &root);
        for path in ["data/a.csv", "../../data/a.csv", "./data/a.csv"] {
            let columns = near.columns(path).unwrap();
            let shown: Vec<_> = columns.iter().map(|c| (&*c.name, &*c.kind)).collect();
            assert_eq!(shown, [("x", "integer"), ("when", "date")], "{path}");
        }
        assert_eq!(near.columns("../../../outside.csv"), None);
        let absolute = folder.path().join("outside.csv");
        assert_eq!(near.columns(&absolute.to_string_lossy()), None);
        assert_eq!(near.columns("data/none.csv"), None);
        std::fs::write(root.join("data/a.csv"), "x,when,more\n1,2024-01-02,a\n").unwrap();
        assert_eq!(near.columns("data/a.csv").unwrap().len(), 3);
    }

    #[test]
    fn names_that_the_file_does_not_have_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), "a,a,b,\n1,2,3,4\n5,6,7,8\n").unwrap();
        let files = DataFiles::default();
        let columns = files.near(folder.path(), folder.path()).columns("a.csv");
        let names: Vec<String> = columns.unwrap().iter().map(|c| c.name.clone()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn the_types_of_a_large_file_are_those_of_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = String::from("id,word\n");
        while text.len() <= READ_WHOLE as usize {
            text.push_str("1,some words and more\n");
        }
        std::fs::write(folder.path().join("large.csv"), text).unwrap();
        let files = DataFiles::default();
        let columns = files
            .near(folder.path(), folder.path())
            .columns("large.csv");
        assert_eq!(columns.unwrap()[0].kind, "integer");
    }
}
