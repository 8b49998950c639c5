//! Packages of Node: type declarations if the package has them or `@types` does, else its scripts.

use super::{Around, Package, is_name};
use serde_json::Value;
use std::path::Path;

/// The package that the module `path` (`name/inside`, `@scope/name`) is in.
pub fn find(around: &Around, path: &str) -> Option<Package> {
    let parts: Vec<&str> = path.split('/').collect();
    let length = if path.starts_with('@') { 2 } else { 1 };
    let name = parts
        .get(..length)
        .filter(|parts| parts.iter().all(|part| is_name(part)))?
        .join("/");
    let typed = format!("@types/{}", name.trim_start_matches('@').replace('/', "__"));
    around
        .folders()
        .map(|folder| folder.join("node_modules"))
        .find_map(|modules| {
            let own = modules.join(&name);
            if own.is_dir() && has_types(&own) {
                return package(&modules, &name, &[".d.ts", ".d.mts", ".d.cts"]);
            }
            let declared = modules
                .join(&typed)
                .is_dir()
                .then(|| package(&modules, &typed, &[".d.ts"]))
                .flatten();
            declared.or_else(|| {
                own.is_dir()
                    .then(|| package(&modules, &name, &[".js", ".mjs", ".cjs", ".ts"]))
                    .flatten()
            })
        })
}

/// A package's folder may be a link to where a package manager keeps it.
fn package(modules: &Path, name: &str, endings: &'static [&'static str]) -> Option<Package> {
    let path = modules.join(name).canonicalize().ok()?;
    Some(Package {
        name: format!("node/{name}"),
        path,
        endings,
        deep: true,
    })
}

fn has_types(package: &Path) -> bool {
    let text = std::fs::read_to_string(package.join("package.json")).unwrap_or_default();
    let about: Value = serde_json::from_str(&text).unwrap_or_default();
    let names = |key: &str| about.get(key).is_some_and(Value::is_string);
    names("types") || names("typings") || package.join("index.d.ts").is_file()
}
