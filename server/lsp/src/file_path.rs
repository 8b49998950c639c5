//! From the URIs of documents to files. Which spellings mean one file is told by the disk, see
//! `workspace/roots.rs`.

use crate::wire::{original, unescaped};
use std::path::{Component, Path, PathBuf};

/// The file that a `file:` URI names, in whatever spelling: `file:///x`, `file:/x`,
/// `FILE:///a/../x`. `None` for other schemes.
pub fn file_path(uri: &str) -> Option<PathBuf> {
    let spelt = original(uri);
    let (scheme, rest) = spelt.as_deref().unwrap_or(uri).split_once(':')?;
    let path = match rest.strip_prefix("//") {
        Some(behind_authority) => &behind_authority[behind_authority.find('/')?..],
        None => rest,
    };
    if !scheme.eq_ignore_ascii_case("file") || !path.starts_with('/') {
        return None;
    }
    let path = String::from_utf8(unescaped(path)).ok()?;
    // On Windows the path is `/c:/x`, and the drive stands first in the file's.
    let has_drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Some(without_dots(Path::new(if has_drive {
        &path[1..]
    } else {
        &path
    })))
}

/// A path without `.` and `..`, as URIs mean them.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_many_spellings() {
        for uri in [
            "file:///x/a%20b.py",
            "file:/x/a%20b.py",
            "FILE:///x/a%20b.py",
            "file://localhost/x/a%20b.py",
            "file:///y/../x/./a%20b.py",
            "nigh-uri:file%3A///x/a%20b.py",
            "nigh-uri:file%3A///x/a%2520b.py",
        ] {
            assert_eq!(
                file_path(uri).as_deref(),
                Some(Path::new("/x/a b.py")),
                "{uri}"
            );
        }
        assert_eq!(
            file_path("file:///x/100%.py").as_deref(),
            Some(Path::new("/x/100%.py"))
        );
        for uri in [
            "untitled:a.py",
            "http://x/a.py",
            "file:a.py",
            "a.py",
            "file://x",
            "",
        ] {
            assert_eq!(file_path(uri), None, "{uri}");
        }
    }
}
