//! The files of the checkout, as git lists them, for all checks of tidiness.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The files git knows, or that are new and not ignored, relative to the root.
pub fn files() -> Vec<PathBuf> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "this test needs a git checkout");
    let paths = String::from_utf8(output.stdout).unwrap();
    paths
        .lines()
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect()
}

/// The files with one of these extensions and their texts.
pub fn texts(extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let is_wanted = |path: &PathBuf| {
        let extension = path.extension().and_then(|found| found.to_str());
        extension.is_some_and(|found| extensions.contains(&found))
    };
    let read = |path: PathBuf| {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        (path, text)
    };
    files().into_iter().filter(is_wanted).map(read).collect()
}

/// Whether a file is text for tests to read rather than code or a page.
pub fn is_example(path: &Path) -> bool {
    let in_folder = path
        .iter()
        .any(|part| part == "examples" || part == "cases");
    in_folder || path.ends_with("tests/sample.py")
}
