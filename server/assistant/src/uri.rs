//! The URIs of documents, and the files that they name.
//!
//! The editor's spelling of a URI is a document's key. Which spellings mean one file is decided by
//! the disk, see `workspace::Roots`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::path::{Component, Path, PathBuf};
use workspace::Roots;

/// The scheme of a URI that holds another one, which the protocol library would refuse.
pub const SCHEME: &str = "nigh-uri:";

/// What is escaped in the path of a URI.
const IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The file that a `file:` URI names, in whatever spelling: `file:///x`, `file:/x`,
/// `FILE:///a/../x`. `None` for other schemes.
pub fn file_path(uri: &str) -> Option<PathBuf> {
    let spelt = original(uri);
    let (scheme, rest) = spelt.as_deref().unwrap_or(uri).split_once(':')?;
    let path = match rest.strip_prefix("//") {
        Some(after_slashes) => &after_slashes[after_slashes.find('/')?..],
        None => rest,
    };
    if !scheme.eq_ignore_ascii_case("file") || !path.starts_with('/') {
        return None;
    }
    let path = String::from_utf8(unescaped(path)).ok()?;
    // On Windows the path is `/c:/x`, but a file's path begins with the drive.
    let has_drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Some(without_dots(Path::new(if has_drive {
        &path[1..]
    } else {
        &path
    })))
}

/// The `file:` URI of a file whose path is absolute.
pub fn file_uri(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&path, IN_PATHS))
}

/// The spelling that a URI of our scheme holds; `None` for others.
pub fn original(uri: &str) -> Option<String> {
    String::from_utf8(unescaped(uri.strip_prefix(SCHEME)?)).ok()
}

/// A text with its percent signs resolved; those that escape nothing stay.
pub fn unescaped(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
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

/// The path of a URI as the model sees it: relative to the workspace folder it lies in, else the
/// file's name.
pub fn display_path(uri: &str, roots: &Roots) -> String {
    if let Some(path) = file_path(uri).and_then(|path| roots.name(&path)) {
        return path;
    }
    let spelling = original(uri).unwrap_or_else(|| uri.to_owned());
    let path = String::from_utf8(unescaped(&spelling)).unwrap_or(spelling);
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_has_a_uri_that_names_it() {
        let path = Path::new("/a b/50%/é.html");
        let uri = file_uri(path);
        assert_eq!(uri, "file:///a%20b/50%25/%C3%A9.html");
        assert_eq!(file_path(&uri).as_deref(), Some(path));
    }

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

    #[test]
    fn paths_are_shown_relative_to_the_workspace() {
        let roots = Roots::single("/home/x/project");
        assert_eq!(
            display_path("file:///home/x/project/src/a%20b.rs", &roots),
            "src/a b.rs"
        );
        assert_eq!(display_path("file:///home/x/project2/a.rs", &roots), "a.rs");
        assert_eq!(
            display_path("untitled:Untitled-1", &roots),
            "untitled:Untitled-1"
        );
        assert_eq!(
            display_path("untitled:my%20notes.py", &roots),
            "untitled:my notes.py"
        );
        assert_eq!(display_path("file:///%FF%FE", &roots), "%FF%FE");
    }
}
