//! What the user said is no bug: salted hashes in one private local file, so that it is not
//! reported again in that workspace.
//!
//! The code action "Not a bug" adds a hash, and each bug is looked up before it is shown. A hash
//! covers the workspace, the file's name in it, the pattern, the function's name and the words of
//! the bug's lines. It holds while those stay the same, whatever changes around them, and cannot be
//! reversed. `nigh dismissed --delete` deletes all hashes.

use crate::private_files;
use bugs::Bug;
use context::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use workspace::stable_hash;

/// The most that are kept; the oldest go first.
const MAX_MARKS: usize = 4096;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    version: u32,
    salt: u64,
    marks: Vec<u64>,
    /// Marks of the first version, which a hash of the standard library made. They hold as long as
    /// that stays.
    #[serde(default)]
    older: Vec<u64>,
}

/// The version of the file.
const VERSION: u32 = 2;

impl Default for Marks {
    fn default() -> Self {
        let salt = RandomState::new().build_hasher().finish();
        Self {
            version: VERSION,
            salt,
            marks: Vec::new(),
            older: Vec::new(),
        }
    }
}

/// What the user said is no bug.
#[derive(Default)]
pub struct DismissedBugs {
    /// Without a file all is forgotten at the end.
    file: Option<PathBuf>,
    /// Read at the first question.
    marks: Mutex<Option<Marks>>,
}

/// Where the file is on this system.
pub fn default_path() -> Option<PathBuf> {
    Some(private_files::folder()?.join("dismissed.json"))
}

impl DismissedBugs {
    /// Kept in this file.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self {
            file,
            marks: Mutex::default(),
        }
    }

    /// Whether a bug was said to be none. `root` is the folder of the workspace.
    pub fn holds(&self, root: Option<&Path>, snapshot: &Snapshot, bug: &Bug) -> bool {
        let mut marks = self.marks();
        let marks = marks.get_or_insert_with(|| self.read_or_none());
        !marks.marks.is_empty() && marks.marks.contains(&mark(marks.salt, root, snapshot, bug))
            || !marks.older.is_empty()
                && marks
                    .older
                    .contains(&older_mark(marks.salt, root, snapshot, bug))
    }

    /// Remembers that a bug is none. The error says why it holds for this session only.
    pub fn add(&self, root: Option<&Path>, snapshot: &Snapshot, bug: &Bug) -> io::Result<()> {
        let mut marks = self.marks();
        let held = marks.get_or_insert_with(|| self.read_or_none());
        let Some(file) = &self.file else {
            held.marks.push(mark(held.salt, root, snapshot, bug));
            return Ok(());
        };
        held.marks.push(mark(held.salt, root, snapshot, bug));
        let _lock = private_files::lock(file)?;
        let mut new = read(file)?.unwrap_or_else(|| Marks {
            marks: Vec::new(),
            older: Vec::new(),
            ..held.clone()
        });
        new.marks.push(mark(new.salt, root, snapshot, bug));
        let surplus = new.marks.len().saturating_sub(MAX_MARKS);
        new.marks.drain(..surplus);
        private_files::replace(file, &(serde_json::to_string(&new)? + "\n"))?;
        *held = new;
        Ok(())
    }

    fn read_or_none(&self) -> Marks {
        let read = self.file.as_deref().map(read).transpose();
        let marks = read
            .inspect_err(|error| tracing::warn!(%error, "what was said to be no bug is not known"));
        marks.ok().flatten().flatten().unwrap_or_default()
    }

    fn marks(&self) -> MutexGuard<'_, Option<Marks>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many are remembered in a file.
pub fn count(file: &Path) -> io::Result<usize> {
    Ok(read(file)?.map_or(0, |marks| marks.marks.len() + marks.older.len()))
}

/// Deletes the file and its lock; returns whether there was a file.
pub fn delete(file: &Path) -> io::Result<bool> {
    let removed = |path: &Path| match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        result => result.map(|()| true),
    };
    removed(&private_files::sibling_path(file, "lock"))?;
    removed(file)
}

/// What a file holds; `None` if there is none. The error says what to do about a damaged one.
fn read(file: &Path) -> io::Result<Option<Marks>> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        result => result?,
    };
    let damaged = |error| {
        let why = format!(
            "{} is damaged ({error}); run `nigh dismissed --delete`",
            file.display()
        );
        io::Error::new(ErrorKind::InvalidData, why)
    };
    let marks: Marks = serde_json::from_slice(&bytes).map_err(damaged)?;
    match marks.version {
        1 => Ok(Some(Marks {
            version: VERSION,
            older: marks.marks,
            marks: Vec::new(),
            ..marks
        })),
        VERSION => Ok(Some(marks)),
        _ => Err(io::Error::new(
            ErrorKind::Unsupported,
            format!("{} was written by a newer version of nigh", file.display()),
        )),
    }
}

/// The hash of a bug.
fn mark(salt: u64, root: Option<&Path>, snapshot: &Snapshot, bug: &Bug) -> u64 {
    let text = lines(snapshot, bug);
    let salt = salt.to_le_bytes();
    let root = root.map_or_else(Default::default, |root| root.to_string_lossy());
    let function = bug.function.as_deref().unwrap_or_default();
    let named = [
        &salt[..],
        root.as_bytes(),
        snapshot.path.as_bytes(),
        bug.finding.code.as_bytes(),
        function.as_bytes(),
    ];
    let parts: Vec<&[u8]> = named
        .into_iter()
        .chain(text.split_whitespace().map(str::as_bytes))
        .collect();
    stable_hash(&parts)
}

/// The hash of a bug as the first version of the file had it.
fn older_mark(salt: u64, root: Option<&Path>, snapshot: &Snapshot, bug: &Bug) -> u64 {
    let text = lines(snapshot, bug);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut state = DefaultHasher::new();
    (
        salt,
        root,
        &*snapshot.path,
        bug.finding.code,
        &bug.function,
        words,
    )
        .hash(&mut state);
    state.finish()
}

/// The lines that a bug covers.
fn lines(snapshot: &Snapshot, bug: &Bug) -> String {
    let rope = snapshot.rope();
    let line = |offset: usize| rope.byte_to_line(offset.min(rope.len_bytes()));
    let (first, last) = (line(bug.finding.range.start), line(bug.finding.range.end));
    let start = rope.line_to_byte(first);
    let end = if last + 1 < rope.len_lines() {
        rope.line_to_byte(last + 1)
    } else {
        rope.len_bytes()
    };
    snapshot.slice(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::file_snapshot;
    use bugs::{PatternSelection, find};

    fn bug(text: &str) -> (Snapshot, Bug) {
        let snapshot = file_snapshot("a.py", text).unwrap();
        let bug = find(&snapshot, PatternSelection::ALL).remove(0);
        (snapshot, bug)
    }

    #[test]
    fn it_holds_while_its_lines_stay_and_only_in_its_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nigh/dismissed.json");
        let (here, there) = (Some(Path::new("/w/a")), Some(Path::new("/w/b")));
        let (old, found) = bug("if x is 5:\n    pass\n");
        DismissedBugs::new(Some(file.clone()))
            .add(here, &old, &found)
            .unwrap();
        let dismissed = DismissedBugs::new(Some(file.clone()));
        let holds = |text: &str, root| {
            let (snapshot, bug) = bug(text);
            dismissed.holds(root, &snapshot, &bug)
        };
        assert!(
            holds("if x is 5:\n    pass\n", here) && holds("y = 1\n\nif x  is 5:\n    y()\n", here)
        );
        assert!(!holds("if x is 5:\n    pass\n", there) && !holds("if x is 6:\n    pass\n", here));
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            !text.contains("is-literal") && !text.contains("a.py") && !text.contains("/w/"),
            "{text}"
        );
        assert_eq!(count(&file).unwrap(), 1);
        assert!(delete(&file).unwrap() && !delete(&file).unwrap());
    }

    #[test]
    fn a_damaged_file_is_named_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dismissed.json");
        fs::write(&file, "{").unwrap();
        let (snapshot, found) = bug("if x is 5:\n    pass\n");
        let dismissed = DismissedBugs::new(Some(file.clone()));
        assert!(!dismissed.holds(None, &snapshot, &found));
        let error = dismissed
            .add(None, &snapshot, &found)
            .unwrap_err()
            .to_string();
        assert!(error.contains("nigh dismissed --delete"), "{error}");
        assert!(dismissed.holds(None, &snapshot, &found), "for this session");
        assert_eq!(fs::read_to_string(&file).unwrap(), "{");
    }

    #[test]
    fn what_two_servers_say_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dismissed.json");
        let (one, two) = (
            DismissedBugs::new(Some(file.clone())),
            DismissedBugs::new(Some(file.clone())),
        );
        let (a, first) = bug("if x is 5:\n    pass\n");
        let (b, second) = bug("if x is 6:\n    pass\n");
        assert!(!two.holds(None, &b, &second));
        one.add(None, &a, &first).unwrap();
        two.add(None, &b, &second).unwrap();
        assert!(
            two.holds(None, &a, &first) && DismissedBugs::new(Some(file)).holds(None, &b, &second)
        );
    }
}
