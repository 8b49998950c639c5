//! Which files a model consists of, to delete them; or the command of the program that keeps it.
//!
//! A store that other things refer to, such as Ollama's, is left to its own program.

use crate::find::LocatedModel;
use crate::names::shared_by_parts;
use std::path::{Path, PathBuf};

/// Folders below `snapshots` that are searched.
const MAX_DEPTH: usize = 3;

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
            "Ollama manages this model, and other models may share its file; run: ollama rm \
             {name}"
        ));
    }
    if path.is_dir() {
        let repository = model.name.strip_prefix("hf:");
        return Removal::Advice(match repository {
            Some(name) => format!("it is a whole repository; run: hf cache rm model/{name}"),
            None => format!("it is a folder; delete it yourself: {}", path.display()),
        });
    }
    let files = parts(path);
    Removal::Files(match model.name.starts_with("hf:") {
        true => of_all_revisions(files),
        false => files,
    })
}

/// Deletes the folders that deleted files of the Hugging Face cache have left empty, up to those of
/// revisions; and the names of such revisions, which would lead nowhere.
pub fn delete_empty_revisions(deleted: &[PathBuf]) {
    for file in deleted.iter().filter(|file| in_revision(file).is_some()) {
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| !folder.ends_with("snapshots")) {
            // It fails where the folder still holds something.
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
            let snapshots = folder
                .parent()
                .filter(|parent| parent.ends_with("snapshots"));
            if let Some(repository) = snapshots.and_then(Path::parent) {
                delete_names(&repository.join("refs"), folder);
            }
        }
    }
}

/// Deletes the files of `refs` that name this revision.
fn delete_names(refs: &Path, revision: &Path) {
    for name in links(refs.to_path_buf()) {
        let named = std::fs::read_to_string(&name).unwrap_or_default();
        if revision
            .file_name()
            .is_some_and(|revision| revision == named.trim())
        {
            // What is left does no harm to the models.
            let _ = std::fs::remove_file(name);
        }
    }
}

/// Files of a snapshot, the same files of other revisions, and the blobs that only these have.
fn of_all_revisions(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let Some(all) = files.first().and_then(|file| snapshots(file)).map(links) else {
        return files;
    };
    // By its place in a revision: another folder may have another model of the same name.
    let places: Vec<Option<PathBuf>> = files.iter().map(|file| in_revision(file)).collect();
    let is_same = |link: &&PathBuf| places.contains(&in_revision(link));
    let mut removed: Vec<PathBuf> = all.iter().filter(is_same).cloned().collect();
    // The file that was named comes first.
    removed.sort_by_key(|link| (!files.contains(link), link.clone()));
    let kept: Vec<PathBuf> = all
        .iter()
        .filter(|link| !is_same(link))
        .filter_map(|link| blob(link))
        .collect();
    let mut blobs: Vec<PathBuf> = removed.iter().filter_map(|link| blob(link)).collect();
    blobs.sort();
    blobs.dedup();
    blobs.retain(|blob| !kept.contains(blob));
    removed.extend(blobs);
    removed
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

/// The folder `snapshots` of the cache that a file is in.
fn snapshots(file: &Path) -> Option<PathBuf> {
    let folder = file
        .ancestors()
        .find(|folder| folder.ends_with("snapshots"))?;
    folder.canonicalize().ok()
}

/// A file's path within its revision.
fn in_revision(file: &Path) -> Option<PathBuf> {
    let snapshots = file
        .ancestors()
        .find(|folder| folder.ends_with("snapshots"))?;
    let rest = file.strip_prefix(snapshots).ok()?;
    Some(rest.iter().skip(1).collect())
}

/// All files of a folder, such as that of all revisions.
fn links(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(folder, MAX_DEPTH)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true if depth > 0 => folders.push((path, depth - 1)),
                true => {}
                false => found.push(path),
            }
        }
    }
    found
}

/// The blob that a file of a snapshot is a link to.
fn blob(link: &Path) -> Option<PathBuf> {
    let blob = link.is_symlink().then(|| link.canonicalize().ok())??;
    blob.parent()?.ends_with("blobs").then_some(blob)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn located(name: &str, path: &Path) -> LocatedModel {
        LocatedModel {
            name: name.into(),
            path: Some(path.to_owned()),
            adapter: None,
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
            adapter: None,
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
    fn a_model_goes_from_all_revisions_with_the_blobs_that_nothing_else_has() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().canonicalize().unwrap().join("models--u--r");
        fs::create_dir_all(repository.join("blobs")).unwrap();
        let blob = |name: &str| repository.join("blobs").join(name);
        for name in ["abc", "old", "other"] {
            fs::write(blob(name), "weights").unwrap();
        }
        let link = |revision: &str, file: &str, blob: &str| {
            let link = repository.join("snapshots").join(revision).join(file);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            let to = repository.join("blobs").join(blob);
            std::os::unix::fs::symlink(to, &link).unwrap();
            link
        };
        let first = link("2", "a.gguf", "abc");
        let model = located("hf:u/r:Q8_0", &first);
        assert_eq!(
            removal(&model),
            Removal::Files(vec![first.clone(), blob("abc")])
        );
        let second = link("1", "a.gguf", "old");
        link("1", "b.gguf", "other");
        let all = vec![first.clone(), second.clone(), blob("abc"), blob("old")];
        assert_eq!(removal(&model), Removal::Files(all.clone()));
        // A model of the same name in another folder is another one.
        link("1", "small/a.gguf", "other");
        assert_eq!(removal(&model), Removal::Files(all.clone()));
        // Another file with the same contents keeps them.
        link("1", "c.gguf", "abc");
        let all = vec![first, second, blob("old")];
        assert_eq!(removal(&model), Removal::Files(all));
    }

    #[test]
    fn empty_folders_of_revisions_go_with_their_names_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("models--u--r");
        let file = |path: &str, text: &str| {
            let path = repository.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let deleted = ["snapshots/a/q8/x.gguf", "snapshots/b/x.gguf"].map(|path| file(path, "x"));
        let kept = [
            file("snapshots/b/README.md", ""),
            file("refs/pr/1", "b"),
            file("blobs/other", ""),
        ];
        let named = file("refs/main", "a\n");
        for file in &deleted {
            fs::remove_file(file).unwrap();
        }
        delete_empty_revisions(&deleted);
        assert!(!repository.join("snapshots/a").exists() && !named.exists());
        assert!(kept.iter().all(|file| file.exists()));
        // A file that is in no cache leaves its folder.
        let other = folder.path().join("models/x.gguf");
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        delete_empty_revisions(std::slice::from_ref(&other));
        assert!(other.parent().unwrap().exists());
    }
}
