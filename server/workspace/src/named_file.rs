//! A file that someone names: whether it may be read, and if not, why, in a sentence for whoever
//! named it.
//!
//! The rules are those of the walk. Nothing here quotes a file.

use super::git::GitRepositories;
use super::roots::Roots;
use super::secrets;
use super::walk::{self, Found, Kinds};
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// How many near names are given.
const NEAREST: usize = 3;
/// Names that are longer, in bytes, are compared with no others.
const MAX_NAME: usize = 256;

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRefusal {
    /// It is not in the workspace.
    Outside,
    /// There is none of this name; those that are near it.
    Missing(Vec<String>),
    /// It is a folder.
    Folder,
    /// Its name is one that files with secrets have.
    SecretName,
    /// Git or an ignore file ignores it, or it is hidden.
    Ignored,
    /// It has more bytes than this.
    Large(u64),
    /// It is no file of a kind that is asked for.
    OtherKind,
}

impl fmt::Display for FileRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => {
                out.write_str("is outside the workspace; name a file in it, relative to its folder")
            }
            Self::Missing(near) if near.is_empty() => out.write_str("does not exist"),
            Self::Missing(near) => write!(out, "does not exist; near it are {}", near.join(", ")),
            Self::Folder => out.write_str("is a folder; name a file in it"),
            Self::SecretName => {
                out.write_str("is not read: its name suggests that it holds secrets")
            }
            Self::Ignored => out.write_str(
                "is not read: it is a link, or hidden, or git or an ignore file ignores it",
            ),
            Self::Large(most) => write!(out, "is larger than {} MiB", most >> 20),
            Self::OtherKind => out.write_str("is no file of a kind that is read here"),
        }
    }
}

/// The file that `name` means in a folder, if rules let it through and it is of these kinds.
///
/// # Errors
///
/// If it may not be read.
pub fn named_file(
    root: &Path,
    git: &GitRepositories,
    name: &str,
    kinds: &Kinds<'_>,
) -> Result<Found, FileRefusal> {
    let path = root.join(name);
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let Ok(real) = std::fs::canonicalize(&path) else {
        return Err(match plain(&path).starts_with(plain(&root)) {
            true => FileRefusal::Missing(nearest(&root, name)),
            false => FileRefusal::Outside,
        });
    };
    let roots = Roots::single(&root);
    let Ok(inside) = real.strip_prefix(&root) else {
        return Err(FileRefusal::Outside);
    };
    let metadata = real
        .metadata()
        .map_err(|_| FileRefusal::Missing(Vec::new()))?;
    if metadata.is_dir() {
        return Err(FileRefusal::Folder);
    }
    if secrets::in_path(&inside.to_string_lossy().replace('\\', "/")) {
        return Err(FileRefusal::SecretName);
    }
    if metadata.len() > kinds.max_file {
        return Err(FileRefusal::Large(kinds.max_file));
    }
    if !(kinds.are_wanted)(&real) {
        return Err(FileRefusal::OtherKind);
    }
    walk::look_at_for(&roots, git, &path, kinds).ok_or(FileRefusal::Ignored)
}

/// A path without `.` and `..`, as it is written.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The names of files that are nearest to this one, the nearest first.
fn nearest(root: &Path, name: &str) -> Vec<String> {
    if name.len() > MAX_NAME {
        return Vec::new();
    }
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let (wanted, wanted_last) = (name.to_lowercase(), last(name));
    let distance = |other: &String| {
        let whole = strsim::osa_distance(&wanted, &other.to_lowercase());
        let file = strsim::osa_distance(&wanted_last, &last(other));
        (whole.min(2 * file), whole)
    };
    let mut names = crate::files(root);
    names.sort_by_cached_key(distance);
    names.truncate(NEAREST);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_reason() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path();
        std::fs::create_dir_all(root.join("src")).unwrap();
        for (name, text) in [
            (".gitignore", "made.py\n"),
            ("src/main.py", "x = 1\n"),
            ("src/other.py", "x = 1\n"),
            ("made.py", "x = 1\n"),
            ("a.png", "x"),
            ("large.py", "xxxxxxxxxxxxxxxxxxxxxxxxxxx"),
            (".env", "KEY=1\n"),
        ] {
            std::fs::write(root.join(name), text).unwrap();
        }
        std::fs::write(other.path().join("out.py"), "x").unwrap();
        let are_wanted = |path: &Path| path.extension().is_some_and(|ending| ending != "png");
        let kinds = Kinds {
            are_wanted: &are_wanted,
            max_file: 20,
        };
        let git = GitRepositories::default();
        let find = |name: &str| named_file(root, &git, name, &kinds).map(|found| found.name);
        for name in ["src/main.py", "./src/../src/main.py"] {
            assert_eq!(find(name).as_deref(), Ok("src/main.py"), "{name}");
        }
        let whole = root.join("src/main.py");
        assert_eq!(find(whole.to_str().unwrap()).as_deref(), Ok("src/main.py"));
        let outside = other.path().join("out.py");
        assert_eq!(find(outside.to_str().unwrap()), Err(FileRefusal::Outside));
        assert_eq!(find("../none.py"), Err(FileRefusal::Outside));
        assert_eq!(find("src"), Err(FileRefusal::Folder));
        assert_eq!(find("made.py"), Err(FileRefusal::Ignored));
        assert_eq!(find("a.png"), Err(FileRefusal::OtherKind));
        assert_eq!(find("large.py"), Err(FileRefusal::Large(20)));
        let Err(FileRefusal::Missing(near)) = find("src/mian.py") else {
            panic!("it does not exist");
        };
        assert_eq!(near[0], "src/main.py");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, root.join("link.py")).unwrap();
            assert_eq!(find("link.py"), Err(FileRefusal::Outside));
        }
    }

    #[test]
    fn secrets_are_refused_by_name_before_git_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("credentials.json"), "{}").unwrap();
        let kinds = Kinds {
            are_wanted: &|_| true,
            max_file: 100,
        };
        let git = GitRepositories::default();
        let refused = named_file(folder.path(), &git, "credentials.json", &kinds);
        assert_eq!(refused, Err(FileRefusal::SecretName));
    }
}
