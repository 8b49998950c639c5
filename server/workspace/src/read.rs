//! One file of the user's tree: whether its text is worth keeping, and that text.
//!
//! Binary, foreign, generated and secret texts are recognised here, by their content; `walk.rs`
//! decides which files come this far.

use super::secrets;
use crate::stable_hash::stable_hash;
use grammars::Grammar;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 1 << 20;
/// How much of a file is searched for the bytes of a binary one.
const BINARY_HEAD: usize = 8 << 10;
/// Lines longer than this on average, in bytes, were not written by hand.
const MINIFIED_MEAN: usize = 400;
/// A line longer than this, in bytes, in a file of code was not written by hand either.
const MINIFIED_LINE: usize = 5_000;

/// Extensions of texts without a grammar that are worth copying from.
const PLAIN: &[&str] = &[
    "adoc",
    "astro",
    "bat",
    "cfg",
    "clj",
    "cmake",
    "conf",
    "cs",
    "css",
    "csv",
    "cu",
    "dart",
    "elm",
    "erl",
    "ex",
    "exs",
    "fish",
    "fs",
    "gql",
    "gradle",
    "graphql",
    "groovy",
    "hcl",
    "hs",
    "htm",
    "html",
    "ini",
    "ipynb",
    "jl",
    "kt",
    "kts",
    "less",
    "lua",
    "m",
    "mk",
    "ml",
    "mli",
    "nim",
    "nix",
    "php",
    "pl",
    "pm",
    "properties",
    "proto",
    "ps1",
    "r",
    "rb",
    "rst",
    "sass",
    "scala",
    "scss",
    "svelte",
    "swift",
    "tex",
    "tf",
    "thrift",
    "toml",
    "txt",
    "vim",
    "vue",
    "xml",
    "yaml",
    "yml",
    "zig",
];
/// Names of such texts without an extension.
const PLAIN_NAMES: &[&str] = &[
    "BUILD",
    "CMakeLists.txt",
    "Containerfile",
    "Dockerfile",
    "Gemfile",
    "Jenkinsfile",
    "Justfile",
    "Makefile",
];
/// Files written by package managers: long, and not written by hand.
const LOCK_FILES: &[&str] = &[
    "package-lock.json",
    "pnpm-lock.yaml",
    "npm-shrinkwrap.json",
    "composer.lock",
];

/// Why a file is not in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is gone, or may not be read.
    Unreadable,
    /// It is larger than [`MAX_FILE`].
    Large,
    /// It is no UTF-8 text.
    Binary,
    /// A program wrote it.
    Minified,
    /// It holds a secret.
    Secret,
}

/// Whether a file of this name is a kind of text that is worth reading.
pub fn is_wanted(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if LOCK_FILES.contains(&name) {
        return false;
    }
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
        .to_lowercase();
    grammars::by_path(path).is_some() || PLAIN.contains(&&*extension) || PLAIN_NAMES.contains(&name)
}

/// The text of a file, if it is one a person wrote and may be shown.
pub fn text(path: &Path) -> Result<String, Unread> {
    let bytes = bytes(path, MAX_FILE).map_err(|_| Unread::Unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Unread::Large);
    }
    if bytes[..bytes.len().min(BINARY_HEAD)].contains(&0) {
        return Err(Unread::Binary);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| Unread::Binary)?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    match refusal(&text) {
        Some(why) => Err(why),
        None => Ok(text),
    }
}

/// Why a text is not worth keeping or not to be shown; `None` where it is.
pub fn refusal(text: &str) -> Option<Unread> {
    if text.len() as u64 > MAX_FILE {
        Some(Unread::Large)
    } else if is_minified(text) {
        Some(Unread::Minified)
    } else {
        secrets::in_text(text).then_some(Unread::Secret)
    }
}

/// At most one byte more than `most`: a file may grow between the look at its size and this.
pub(crate) fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_minified(text: &str) -> bool {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    text.len() / lines > MINIFIED_MEAN || text.lines().any(|line| line.len() > MINIFIED_LINE)
}

/// The language of a file, by its name or its first line.
pub fn grammar(path: &str, text: &str) -> Option<&'static Grammar> {
    grammars::by_path(Path::new(path)).or_else(|| grammars::by_shebang(text.lines().next()?))
}

/// Names the state of a file on disk: its size and when it was changed.
pub fn stamp(metadata: &Metadata) -> u64 {
    let changed = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |time| time.as_nanos());
    stable_hash(&[&metadata.len().to_le_bytes(), &changed.to_le_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_people_write_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.js");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            text(&path)
        };
        assert_eq!(
            read(b"\xef\xbb\xbflet a = 1\n").as_deref(),
            Ok("let a = 1\n")
        );
        assert_eq!(read(b"a\0b"), Err(Unread::Binary));
        assert_eq!(read(b"a\xffb"), Err(Unread::Binary));
        assert_eq!(
            read("let a=1;".repeat(700).as_bytes()),
            Err(Unread::Minified)
        );
        assert_eq!(read("a\n".repeat(1 << 20).as_bytes()), Err(Unread::Large));
        assert_eq!(
            read(format!("k = 'ghp_{}'", "a1".repeat(20)).as_bytes()),
            Err(Unread::Secret)
        );
        assert_eq!(read(b"").as_deref(), Ok(""));
        assert_eq!(text(&folder.path().join("none")), Err(Unread::Unreadable));
    }

    #[test]
    fn code_and_plain_texts_are_wanted() {
        for name in [
            "a.py",
            "b.RS",
            "Dockerfile",
            "c.yaml",
            "d.proto",
            "e.sql",
            "f.md",
            "Cargo.toml",
        ] {
            assert!(is_wanted(Path::new(name)), "{name}");
        }
        for name in ["a.png", "b.lock", "c", "package-lock.json", "d.so"] {
            assert!(!is_wanted(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_stamp_changes_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        let state = |text: &str| {
            std::fs::write(&path, text).unwrap();
            stamp(&path.metadata().unwrap())
        };
        assert_ne!(state("a"), state("ab"));
    }
}
