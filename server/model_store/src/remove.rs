//! Which files a model consists of, to delete them; or the command of the program that keeps it.
//!
//! A store that other things refer to, such as Ollama's, is left to its own program.

use crate::find::LocatedModel;
use crate::names::shared_by_parts;
use std::path::{Path, PathBuf};

/// How a model can be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// By deleting these files.
    Files(Vec<PathBuf>),
    /// Only by its user, as this says.
    Advice(String),
}

/// How to remove a model.
pub fn removal(model: &LocatedModel) -> Removal {
    let Some(path) = &model.path else {
        return Removal::Advice("the embedded model is a part of the program".into());
    };
    if let Some(name) = model.name.strip_prefix("ollama:") {
        return Removal::Advice(format!(
            "Ollama keeps this model and may share its file; run: ollama rm {name}"
        ));
    }
    if path.is_dir() {
        let repository = model.name.strip_prefix("hf:");
        return Removal::Advice(match repository {
            Some(name) => format!("it is a whole repository; run: hf cache rm model/{name}"),
            None => format!("it is a folder; delete it yourself: {}", path.display()),
        });
    }
    let mut files = parts(path);
    if model.name.starts_with("hf:") {
        let blobs: Vec<PathBuf> = files.iter().filter_map(|file| own_blob(file)).collect();
        files.extend(blobs);
    }
    Removal::Files(files)
}

/// A file and, of a split model, its other parts.
fn parts(path: &Path) -> Vec<PathBuf> {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let file = name(path);
    let Some(shared) = shared_by_parts(&file) else {
        return vec![path.to_owned()];
    };
    let is_part = |path: &PathBuf| shared_by_parts(&name(path)) == Some(shared);
    let entries = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let mut found: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(is_part)
        .collect();
    found.sort();
    found
}

/// The blob of a link in a snapshot, if no other snapshot of the repository has it.
fn own_blob(link: &Path) -> Option<PathBuf> {
    let blob = link.is_symlink().then(|| link.canonicalize().ok())??;
    let repository = blob
        .parent()
        .filter(|folder| folder.ends_with("blobs"))?
        .parent()?;
    let mut folders = vec![(repository.join("snapshots"), 3)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            let is_same = path.canonicalize().ok().is_some_and(|real| real == blob);
            let is_this = path.file_name() == link.file_name()
                && path.parent().and_then(|folder| folder.canonicalize().ok())
                    == link.parent().and_then(|folder| folder.canonicalize().ok());
            if is_same && !is_this {
                return None;
            }
            if path.is_dir() && depth > 0 {
                folders.push((path, depth - 1));
            }
        }
    }
    Some(blob)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn located(name: &str, path: &Path) -> LocatedModel {
        LocatedModel {
            name: name.into(),
            path: Some(path.to_owned()),
        }
    }

    #[test]
    fn a_model_whose_name_begins_alike_is_no_other_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [
            "a-00001-of-00002.gguf",
            "a-00002-of-00002.gguf",
            "a-b-00001-of-00002.gguf",
        ] {
            std::fs::write(path(name), "").unwrap();
        }
        let found = parts(&path("a-00001-of-00002.gguf"));
        assert_eq!(
            found,
            ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"].map(path)
        );
    }

    #[test]
    fn what_another_program_keeps_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        for (name, advised) in [
            ("ollama:a:1b", "ollama rm a:1b"),
            ("hf:u/r", "hf cache rm model/u/r"),
            ("/models/folder", "delete it yourself"),
        ] {
            let Removal::Advice(advice) = removal(&located(name, folder.path())) else {
                panic!("{name}");
            };
            assert!(advice.contains(advised), "{advice}");
        }
        let embedded = LocatedModel {
            name: "embedded".into(),
            path: None,
        };
        assert!(matches!(removal(&embedded), Removal::Advice(_)));
    }

    #[test]
    fn a_split_model_is_all_its_parts_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let names = ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"];
        for name in names.iter().chain(&["b-00001-of-00002.gguf", "a.gguf"]) {
            fs::write(file(name), "x").unwrap();
        }
        let whole = removal(&located("lmstudio:u/r:a", &file(names[0])));
        assert_eq!(
            whole,
            Removal::Files(names.iter().map(|name| file(name)).collect())
        );
        let one = removal(&located("nigh:a", &file("a.gguf")));
        assert_eq!(one, Removal::Files(vec![file("a.gguf")]));
    }

    #[cfg(unix)]
    #[test]
    fn the_blob_of_a_link_goes_with_it_unless_another_revision_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().canonicalize().unwrap().join("models--u--r");
        fs::create_dir_all(repository.join("blobs")).unwrap();
        fs::write(repository.join("blobs/abc"), "weights").unwrap();
        let link = |revision: &str| {
            let snapshot = repository.join("snapshots").join(revision);
            fs::create_dir_all(&snapshot).unwrap();
            std::os::unix::fs::symlink("../../blobs/abc", snapshot.join("a.gguf")).unwrap();
            snapshot.join("a.gguf")
        };
        let first = link("1");
        let model = located("hf:u/r:Q8_0", &first);
        let both = vec![first.clone(), repository.join("blobs/abc")];
        assert_eq!(removal(&model), Removal::Files(both));
        link("2");
        assert_eq!(removal(&model), Removal::Files(vec![first]));
    }
}
