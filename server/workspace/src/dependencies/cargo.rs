//! Crates that Cargo fetched, in the versions that `Cargo.lock` names.

use super::{Around, Package, is_name};
use std::path::PathBuf;

/// First words of paths that lead to no crate of the registry.
const OWN: &[&str] = &[
    "crate",
    "self",
    "super",
    "std",
    "core",
    "alloc",
    "proc_macro",
    "test",
];

/// The crate that a path (`name::{..}`) begins with.
pub fn find(around: &Around, path: &str) -> Option<Package> {
    let first = path
        .trim_start_matches("::")
        .split([':', '{', ' '])
        .next()?;
    if OWN.contains(&first) || !is_name(first) {
        return None;
    }
    let lock = std::fs::read_to_string(around.nearest("Cargo.lock")?).ok()?;
    let (name, version) = packages(&lock).find(|(name, _)| name.replace('-', "_") == first)?;
    let folder = format!("{name}-{version}");
    if !is_name(&folder) {
        return None;
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(around.home?.join(".cargo")));
    let homes = [around.home.map(|home| home.join(".cargo")), home];
    let registries = homes
        .into_iter()
        .flatten()
        .filter_map(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let mut sources = registries
        .flatten()
        .filter_map(Result::ok)
        .map(|registry| registry.path().join(&folder).join("src"));
    let path = sources.find(|path| path.is_dir())?;
    Some(Package {
        name: format!("cargo/{folder}"),
        path,
        endings: &[".rs"],
        deep: true,
    })
}

/// Names and versions in a lock file, from its end: of two versions of a crate, the newer is last.
fn packages(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    let value = |block: &'_ str, key: &str| -> Option<(usize, usize)> {
        let at = block.find(&format!("\n{key} = \""))? + key.len() + 5;
        Some((at, at + block[at..].find('"')?))
    };
    lock.rsplit("[[package]]").filter_map(move |block| {
        let (name, version) = (value(block, "name")?, value(block, "version")?);
        Some((&block[name.0..name.1], &block[version.0..version.1]))
    })
}
