//! Definitions of what open files import: from installed packages, read when an import first names
//! them.
//!
//! Each file here knows where one family of languages keeps its packages. To add one: a file with a
//! `find` of the same shape and a line in [`FAMILIES`]. Only what packages define is kept
//! (`signatures_only`), under names that begin with [`PREFIX`], so that they are never taken for
//! files of the workspace.

mod cargo;
mod go;
mod node;
mod python;

use super::read;
use super::secrets;
use super::walk::Found;
use ignore::WalkBuilder;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What the names of dependencies' files begin with.
pub const PREFIX: &str = "dependency:";
/// The most files and bytes of one package.
const PACKAGE: (usize, u64) = (400, 8 << 20);
/// The most bytes of all packages.
const ALL: u64 = 40 << 20;
/// Folders of packages that define nothing for others.
const ASIDE: &[&str] = &[
    "__pycache__",
    "node_modules",
    "test",
    "tests",
    "testdata",
    "testing",
    "examples",
    "example",
    "benches",
    "docs",
];

/// Endings of files that define nothing for others, or say the same again.
const ASIDE_ENDINGS: &[&str] = &[
    "_test.go", ".test.js", ".test.ts", ".spec.js", ".spec.ts", ".min.js",
];

/// Where packages are looked for.
pub struct Around<'a> {
    /// The file that imports.
    pub file: &'a Path,
    /// The folder of the workspace that it lies in.
    pub root: &'a Path,
    /// The user's home folder.
    pub home: Option<&'a Path>,
}

impl Around<'_> {
    /// The folders from the file's own up to the root.
    fn folders(&self) -> impl Iterator<Item = &Path> {
        self.file
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(self.root))
    }

    /// The nearest file of this name in the folders up to the root.
    fn nearest(&self, name: &str) -> Option<PathBuf> {
        self.folders()
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    }
}

/// A package, or the part of one that is read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name in the index, such as `python/requests`; a single file's with its ending.
    pub name: String,
    /// Its folder, or its only file.
    pub path: PathBuf,
    /// The endings of the files that say what it defines.
    pub endings: &'static [&'static str],
    /// Whether folders inside belong to it.
    pub deep: bool,
}

/// Languages whose packages lie in the same places.
struct Family {
    /// What the facts of these languages call it.
    name: &'static str,
    /// The package that an import's path leads to.
    find: fn(&Around, &str) -> Option<Package>,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "python",
        find: python::find,
    },
    Family {
        name: "node",
        find: node::find,
    },
    Family {
        name: "cargo",
        find: cargo::find,
    },
    Family {
        name: "go",
        find: go::find,
    },
];

/// What was looked for and read.
#[derive(Default)]
pub struct Dependencies {
    asked: HashSet<(PathBuf, String)>,
    read: HashSet<PathBuf>,
    bytes: u64,
}

impl Dependencies {
    /// The files of packages that these imports of a file lead to and that were not asked for
    /// before.
    pub fn wanted(&mut self, language: &str, imports: &[String], around: &Around) -> Vec<Found> {
        let packages = grammars::by_id(language).and_then(|known| known.facts.packages.as_deref());
        let Some(family) = FAMILIES.iter().find(|family| Some(family.name) == packages) else {
            return Vec::new();
        };
        let mut files = Vec::new();
        for path in imports {
            let folder = around.file.parent().unwrap_or(around.root);
            if !self.asked.insert((folder.to_owned(), path.clone())) {
                continue;
            }
            if let Some(package) =
                (family.find)(around, path).filter(|package| self.read.insert(package.path.clone()))
            {
                files.extend(self.files(&package));
            }
        }
        files
    }

    /// As many of a package's files as the limits allow.
    fn files(&mut self, package: &Package) -> Vec<Found> {
        let mut found = found(package);
        found.sort_by_cached_key(|file| (file.name.matches('/').count(), file.name.clone()));
        found.truncate(PACKAGE.0);
        let mut bytes = 0;
        found.retain(|file| {
            let fits = bytes + file.bytes <= PACKAGE.1 && self.bytes + bytes + file.bytes <= ALL;
            bytes += if fits { file.bytes } else { 0 };
            fits
        });
        self.bytes += bytes;
        tracing::debug!(
            package = package.name,
            files = found.len(),
            bytes,
            "a dependency is read"
        );
        found
    }
}

fn found(package: &Package) -> Vec<Found> {
    let depth = if package.deep { None } else { Some(1) };
    let mut builder = WalkBuilder::new(&package.path);
    builder
        .standard_filters(false)
        .follow_links(false)
        .max_depth(depth);
    builder.filter_entry(|entry| {
        entry.depth() == 0 || !ASIDE.iter().any(|aside| entry.file_name() == *aside)
    });
    let file = |entry: ignore::DirEntry| {
        let metadata = entry
            .metadata()
            .ok()
            .filter(|metadata| metadata.is_file() && metadata.len() <= read::MAX_FILE)?;
        let inside = entry.path().strip_prefix(&package.path).ok()?;
        let parts: Vec<_> = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        let name = [&[package.name.as_str().into()], parts.as_slice()]
            .concat()
            .join("/");
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let wanted = ends(package.endings) && !ends(ASIDE_ENDINGS) && !secrets::in_path(&name);
        let (stamp, bytes) = (read::stamp(&metadata), metadata.len());
        wanted.then(|| Found {
            name: format!("{PREFIX}{name}"),
            path: entry.into_path(),
            stamp,
            bytes,
        })
    };
    builder
        .build()
        .filter_map(Result::ok)
        .take(50 * PACKAGE.0)
        .filter_map(file)
        .collect()
}

/// Whether a part of an import may be the name of a folder; nothing may lead out of where packages
/// lie.
fn is_name(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The names of the files that one import leads to, in a workspace and a home of these files.
    fn wanted(files: &[(&str, &str)], language: &str, import: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        files
            .iter()
            .for_each(|(name, text)| write(folder.path(), name, text));
        let (root, home) = (folder.path().join("app"), folder.path().join("home"));
        let around = Around {
            file: &root.join("src/main"),
            root: &root,
            home: Some(&home),
        };
        let mut dependencies = Dependencies::default();
        let found = dependencies.wanted(language, &[import.to_owned()], &around);
        assert!(
            dependencies
                .wanted(language, &[import.to_owned()], &around)
                .is_empty()
        );
        found
            .into_iter()
            .map(|file| file.name.strip_prefix(PREFIX).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn packages_of_python() {
        let files = [
            (
                "app/.venv/lib/python3.11/site-packages/shop/__init__.py",
                "",
            ),
            ("app/.venv/lib/python3.11/site-packages/shop/cart.py", ""),
            (
                "app/.venv/lib/python3.11/site-packages/shop/tests/test_cart.py",
                "",
            ),
            ("app/.venv/lib/python3.11/site-packages/shop/data.bin", ""),
            ("app/.venv/lib/python3.11/site-packages/one.py", ""),
            (
                "app/.venv/lib/python3.11/site-packages/cloud/store/__init__.py",
                "",
            ),
        ];
        let shop = ["python/shop/__init__.py", "python/shop/cart.py"];
        assert_eq!(wanted(&files, "python", "shop.cart"), shop);
        assert_eq!(wanted(&files, "python", "one"), ["python/one.py"]);
        assert_eq!(
            wanted(&files, "python", "cloud.store"),
            ["python/cloud/store/__init__.py"]
        );
        for import in [".shop", "..", "no_such_package_of_ours", ""] {
            assert!(wanted(&files, "python", import).is_empty(), "{import}");
        }
    }

    #[test]
    fn packages_of_node() {
        let files = [
            (
                "app/node_modules/typed/package.json",
                r#"{"types": "dist/index.d.ts"}"#,
            ),
            ("app/node_modules/typed/dist/index.d.ts", ""),
            ("app/node_modules/typed/dist/index.js", ""),
            (
                "app/node_modules/@a/plain/package.json",
                r#"{"main": "index.js"}"#,
            ),
            ("app/node_modules/@a/plain/index.js", ""),
            ("app/node_modules/old/index.js", ""),
            ("app/node_modules/@types/old/index.d.ts", ""),
        ];
        assert_eq!(
            wanted(&files, "typescript", "typed/sub"),
            ["node/typed/dist/index.d.ts"]
        );
        assert_eq!(
            wanted(&files, "javascript", "@a/plain"),
            ["node/@a/plain/index.js"]
        );
        assert_eq!(wanted(&files, "tsx", "old"), ["node/@types/old/index.d.ts"]);
        for import in ["./typed", "../x", "/etc", "@a", "fs", "node:fs", ""] {
            assert!(wanted(&files, "typescript", import).is_empty(), "{import}");
        }
    }

    #[test]
    fn packages_of_cargo() {
        let lock =
            "[[package]]\nname = \"deep-thought\"\nversion = \"4.2.0\"\nsource = \"registry\"\n";
        let files = [
            ("app/Cargo.lock", lock),
            (
                "home/.cargo/registry/src/index-1/deep-thought-4.2.0/src/lib.rs",
                "",
            ),
            (
                "home/.cargo/registry/src/index-1/deep-thought-4.1.0/src/lib.rs",
                "",
            ),
            (
                "home/.cargo/registry/src/index-1/deep-thought-4.2.0/build.rs",
                "",
            ),
        ];
        let found = ["cargo/deep-thought-4.2.0/lib.rs"];
        assert_eq!(wanted(&files, "rust", "deep_thought::{Answer, ask}"), found);
        assert_eq!(wanted(&files, "rust", "deep_thought"), found);
        for import in ["crate::deep_thought", "std::fmt", "self::x", "other::x"] {
            assert!(wanted(&files, "rust", import).is_empty(), "{import}");
        }
    }

    #[test]
    fn packages_of_go() {
        let files = [
            (
                "app/go.mod",
                "module app\n\nrequire (\n\tgithub.com/Big/tool v1.2.3 // indirect\n)\nrequire x.org/y v0.1.0\n",
            ),
            ("home/go/pkg/mod/github.com/!big/tool@v1.2.3/sub/a.go", ""),
            (
                "home/go/pkg/mod/github.com/!big/tool@v1.2.3/sub/a_test.go",
                "",
            ),
            (
                "home/go/pkg/mod/github.com/!big/tool@v1.2.3/sub/deeper/b.go",
                "",
            ),
            ("home/go/pkg/mod/x.org/y@v0.1.0/y.go", ""),
        ];
        assert_eq!(
            wanted(&files, "go", "github.com/Big/tool/sub"),
            ["go/github.com/Big/tool/sub/a.go"]
        );
        assert_eq!(wanted(&files, "go", "x.org/y"), ["go/x.org/y/y.go"]);
        for import in [
            "github.com/other/tool",
            "app/internal",
            "x.org/y/../../../..",
            "",
        ] {
            assert!(wanted(&files, "go", import).is_empty(), "{import}");
        }
    }

    #[test]
    fn a_package_takes_no_more_than_its_share() {
        let many: Vec<_> = (0..450)
            .map(|number| format!("app/node_modules/many/f{number}.js"))
            .collect();
        let files: Vec<_> = many.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(wanted(&files, "javascript", "many").len(), PACKAGE.0);
    }
}
