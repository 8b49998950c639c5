//! Modules that Go fetched, in the versions that `go.mod` names, and Go's own library.

use super::{Around, Package, is_name};
use std::path::{Path, PathBuf};

/// Where systems keep Go's own library.
const SYSTEM: &[&str] = &["/usr/local/go/src", "/usr/lib/go/src"];

/// The package at an import path (`host/module/inside`): the files of exactly that folder.
pub fn find(around: &Around, path: &str) -> Option<Package> {
    if !path.split('/').all(is_name) {
        return None;
    }
    let package = |folder| Package {
        name: format!("go/{path}"),
        path: folder,
        endings: &[".go"],
        deep: false,
    };
    let fetched = around
        .nearest("go.mod")
        .and_then(|file| std::fs::read_to_string(file).ok());
    let fetched = fetched
        .and_then(|file| module(around, &file, path))
        .filter(|folder| folder.is_dir());
    let own = || {
        SYSTEM
            .iter()
            .map(|system| Path::new(system).join(path))
            .find(|folder| folder.is_dir())
    };
    fetched.or_else(own).map(package)
}

/// The folder of a package in the fetched module that its path begins with.
fn module(around: &Around, file: &str, path: &str) -> Option<PathBuf> {
    let required = file.lines().filter_map(|line| {
        let mut words = line
            .trim()
            .trim_start_matches("require ")
            .split_whitespace();
        Some((
            words.next()?,
            words.next().filter(|version| version.starts_with('v'))?,
        ))
    });
    let inside = |module: &str| {
        path.strip_prefix(module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (module, version) = required
        .filter(|(module, _)| inside(module))
        .max_by_key(|(module, _)| module.len())?;
    if !is_name(version) {
        return None;
    }
    let rest = path[module.len()..].trim_start_matches('/');
    let folder = format!("{}@{version}", escaped(module));
    homes(around)
        .map(|home| home.join("pkg/mod").join(&folder).join(rest))
        .find(|folder| folder.is_dir())
}

fn homes(around: &Around) -> impl Iterator<Item = PathBuf> {
    let set = std::env::var_os("GOPATH").map(PathBuf::from);
    set.into_iter()
        .chain(around.home.map(|home| home.join("go")))
}

/// A module's path as its folder is called: a capital becomes `!` and the small letter.
fn escaped(module: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_uppercase() {
            format!("!{}", c.to_ascii_lowercase())
        } else {
            c.to_string()
        }
    };
    module.chars().map(letter).collect()
}
