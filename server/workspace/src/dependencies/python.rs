//! Packages of Python: the environment in the workspace or of the session, then those of the system
//! and its own library.

use super::{Around, Package, is_name};
use std::path::{Path, PathBuf};

/// Folders of the workspace in which environments usually lie.
const ENVIRONMENTS: &[&str] = &[".venv", "venv", "env"];
/// Where systems keep Python's own library.
const SYSTEM: &[&str] = &["/usr/lib", "/usr/local/lib"];
const ENDINGS: &[&str] = &[".py", ".pyi"];

/// The package that `path` (`a.b.c`) is in.
pub fn find(around: &Around, path: &str) -> Option<Package> {
    let parts: Vec<&str> = path.split('.').collect();
    if !parts.iter().all(|part| is_name(part)) {
        return None;
    }
    libraries(around)
        .iter()
        .find_map(|library| package_in(library, &parts))
}

/// A module that is one file, or a package; a folder without a module of its own is only a part of
/// packages' names.
fn package_in(library: &Path, parts: &[&str]) -> Option<Package> {
    let package = |name: String, path| Package {
        name: format!("python/{name}"),
        path,
        endings: ENDINGS,
        deep: true,
    };
    for length in 1..=parts.len() {
        let name = parts[..length].join("/");
        if ENDINGS.iter().any(|ending| {
            library
                .join(&name)
                .join(format!("__init__{ending}"))
                .is_file()
        }) {
            return Some(package(name.clone(), library.join(&name)));
        }
        let mut files = ENDINGS.iter().map(|ending| format!("{name}{ending}"));
        if let Some(file) = files.find(|file| library.join(file).is_file()) {
            return Some(package(file.clone(), library.join(&file)));
        }
    }
    None
}

/// The folders that packages are looked for in, the nearest first.
fn libraries(around: &Around) -> Vec<PathBuf> {
    let inside = around
        .folders()
        .flat_map(|folder| ENVIRONMENTS.iter().map(|name| folder.join(name)));
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let mut libraries = Vec::new();
    for environment in active.into_iter().chain(inside) {
        libraries.push(environment.join("Lib/site-packages"));
        libraries.extend(
            versions(&environment.join("lib"))
                .into_iter()
                .map(|version| version.join("site-packages")),
        );
    }
    for system in SYSTEM.iter().map(Path::new) {
        libraries.push(system.join("python3/dist-packages"));
        libraries.extend(
            versions(system)
                .into_iter()
                .flat_map(|version| [version.join("dist-packages"), version]),
        );
    }
    libraries.retain(|library| library.is_dir());
    libraries
}

/// The folders `python3.*` of a folder, the newest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let minor = |path: &Path| {
        path.file_name()?
            .to_str()?
            .strip_prefix("python3.")?
            .parse::<u32>()
            .ok()
    };
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some((minor(&entry.path())?, entry.path())))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}
