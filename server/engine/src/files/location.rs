//! Finds the files of a model from a path that people have: one part of a split GGUF, a folder with
//! one GGUF, the folder of a download cache.
//!
//! [`ModelFiles::find`] is called first whenever a model is opened; it reads names, no contents. A
//! split model's files are called `NAME-00001-of-00003.gguf` (llama.cpp's `llama-gguf-split`); a
//! cache has `refs/main` and a folder for each revision in `snapshots` (huggingface_hub).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::kind::refused;
use crate::LoadError;

/// Most parts of a split model.
pub const MAX_PARTS: usize = 999;
/// Most names that a message lists.
const MAX_LISTED: usize = 5;
/// Longest name of a revision in a cache.
const MAX_REVISION: usize = 100;

/// Where a model is.
#[derive(Debug, PartialEq, Eq)]
pub enum ModelFiles {
    /// All parts of a GGUF, in order.
    Gguf(Vec<PathBuf>),
    /// A folder with `config.json` and safetensors, or one that is to be refused.
    Folder(PathBuf),
}

impl ModelFiles {
    /// The files of the model that `path` names.
    pub fn find(path: &Path) -> Result<ModelFiles, LoadError> {
        if matches!(path.try_exists(), Ok(false)) {
            return Err(LoadError::Missing(path.to_path_buf()));
        }
        if !path.is_dir() {
            return parts(path).map(ModelFiles::Gguf);
        }
        let folder = snapshot(path)?.unwrap_or_else(|| path.to_path_buf());
        let has = |name: &str| folder.join(name).exists();
        let has_weights = has("model.safetensors") || has("model.safetensors.index.json");
        let mut models = if has_weights {
            Vec::new()
        } else {
            ggufs(&folder)
        };
        match (models.pop(), models.is_empty()) {
            (None, _) => Ok(ModelFiles::Folder(folder)),
            (Some(only), true) => parts(&folder.join(only)).map(ModelFiles::Gguf),
            (Some(last), false) => {
                models.push(last);
                let (shown, names) = (folder.display(), listed(&models));
                refused(format!("{shown} has several GGUF files; name one: {names}"))
            }
        }
    }

    /// The model's name where its file has none: that of the first file or of the folder.
    pub fn name(&self) -> String {
        if let ModelFiles::Folder(folder) = self
            && let Some(name) = repository(folder)
        {
            return name;
        }
        let name = match self {
            ModelFiles::Gguf(parts) => parts.first().and_then(|path| path.file_stem()),
            // A folder's name may hold dots that begin no extension.
            ModelFiles::Folder(folder) => folder.file_name(),
        };
        let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        part_of(&format!("{name}.gguf")).map_or(name, |part| part.of.to_owned())
    }
}

/// `USER/REPO` of a revision's folder in the Hugging Face cache, which is called by its checksum.
fn repository(revision: &Path) -> Option<String> {
    let snapshots = revision
        .parent()
        .filter(|at| file_name(at) == "snapshots")?;
    let repository = file_name(snapshots.parent()?);
    let name = repository.strip_prefix("models--")?;
    Some(name.replacen("--", "/", 1))
}

/// A file name of a split model.
struct PartName<'n> {
    of: &'n str,
    /// From 1 on.
    number: usize,
    count: usize,
}

impl PartName<'_> {
    fn file_name(&self, number: usize) -> String {
        let (of, count) = (self.of, self.count);
        format!("{of}-{number:05}-of-{count:05}.gguf")
    }
}

/// What the name of a part says; `None` for other names.
fn part_of(name: &str) -> Option<PartName<'_>> {
    let (rest, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (of, number) = rest.rsplit_once('-')?;
    let parse = |digits: &str| (digits.len() == 5).then(|| digits.parse().ok()).flatten();
    let (number, count): (usize, usize) = (parse(number)?, parse(count)?);
    let is_part = (1..=count).contains(&number) && count <= MAX_PARTS;
    is_part.then_some(PartName { of, number, count })
}

/// All parts of the model that `path` is one file of.
fn parts(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(part) = part_of(&name).filter(|part| part.count > 1) else {
        return Ok(vec![path.to_path_buf()]);
    };
    let file = |number| path.with_file_name(part.file_name(number));
    let parts: Vec<PathBuf> = (1..=part.count).map(file).collect();
    let missing: Vec<String> = parts
        .iter()
        .filter(|part| !part.exists())
        .map(file_name)
        .collect();
    if missing.is_empty() {
        return Ok(parts);
    }
    let (number, count, missing) = (part.number, part.count, listed(&missing));
    refused(format!(
        "it is part {number} of {count} of a split model, whose other parts must be in the same \
         folder; missing: {missing}"
    ))
}

/// The GGUF models in a folder by the name of their first file, without what accompanies a model.
fn ggufs(folder: &Path) -> Vec<String> {
    let mut models = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let accompanies = name.contains("mmproj") || name.contains("imatrix");
        if !name.ends_with(".gguf") || accompanies || entry.path().is_dir() {
            continue;
        }
        let of = part_of(&name).map(|part| (part.of.to_owned(), part.count));
        let first = models
            .entry(of.unwrap_or((name.clone(), 0)))
            .or_insert(name.clone());
        if name < *first {
            *first = name;
        }
    }
    models.into_values().collect()
}

/// The folder inside a folder of a download cache: the revision of `refs/main`, or the only one.
fn snapshot(folder: &Path) -> Result<Option<PathBuf>, LoadError> {
    let snapshots = folder.join("snapshots");
    if folder.join("config.json").exists() || !snapshots.is_dir() {
        return Ok(None);
    }
    let main = std::fs::read_to_string(folder.join("refs").join("main"));
    let main = main.ok().filter(|name| name.len() <= MAX_REVISION);
    // A revision is a plain name, so that nothing outside the cache is opened.
    let main = main.map(|name| name.trim().to_owned());
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let main = main.filter(|name| !name.is_empty() && is_plain(name));
    if let Some(named) = main
        .map(|name| snapshots.join(name))
        .filter(|one| one.is_dir())
    {
        return Ok(Some(named));
    }
    let entries = std::fs::read_dir(&snapshots)
        .into_iter()
        .flatten()
        .flatten();
    let mut inside: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    inside.retain(|path| path.is_dir());
    inside.sort();
    match inside.len() {
        0 => Ok(None),
        1 => Ok(inside.pop()),
        _ => {
            let names: Vec<String> = inside.iter().map(file_name).collect();
            let (shown, names) = (snapshots.display(), listed(&names));
            refused(format!("{shown} has several revisions; name one: {names}"))
        }
    }
}

/// The last part of a path.
fn file_name(path: impl AsRef<Path>) -> String {
    path.as_ref()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The first names, and whether there are more.
fn listed(names: &[String]) -> String {
    let more = if names.len() > MAX_LISTED {
        ", ..."
    } else {
        ""
    };
    format!("{}{more}", names[..names.len().min(MAX_LISTED)].join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "abc1").unwrap();
        }
        folder
    }

    /// The names of what is found at `at` among these files.
    fn found(files: &[&str], at: &str) -> Result<Vec<String>, String> {
        let folder = folder(files);
        let found = ModelFiles::find(&folder.path().join(at)).map_err(|e| e.to_string())?;
        Ok(match found {
            ModelFiles::Gguf(parts) => parts.iter().map(file_name).collect(),
            ModelFiles::Folder(path) => vec![format!("{}/", file_name(&path))],
        })
    }

    #[test]
    fn any_part_and_the_folder_give_all_parts() {
        let parts = ["m/a-00001-of-00002.gguf", "m/a-00002-of-00002.gguf"];
        let names = parts.map(|part| part[2..].to_owned());
        for at in [parts[0], parts[1], "m"] {
            assert_eq!(found(&parts, at).unwrap(), names, "{at}");
        }
        let error = found(&parts[1..], parts[1]).unwrap_err();
        assert!(error.contains("part 2 of 2") && error.contains("missing: a-00001-of-00002.gguf"));
        assert!(
            found(&parts[1..], "m")
                .unwrap_err()
                .contains("a-00001-of-00002.gguf")
        );
    }

    #[test]
    fn a_revision_is_called_as_its_repository() {
        let named = |folder: &str| ModelFiles::Folder(folder.into()).name();
        assert_eq!(
            named("hub/models--Qwen--Coder-0.5B/snapshots/abc1"),
            "Qwen/Coder-0.5B"
        );
        assert_eq!(named("hub/snapshots/abc1"), "abc1");
        assert_eq!(named("m/Coder-0.5B"), "Coder-0.5B");
    }

    #[test]
    fn names_that_are_no_parts_are_files_of_their_own() {
        for name in [
            "a-00003-of-00002.gguf",
            "a-00000-of-00002.gguf",
            "a-1-of-2.gguf",
            "a-00001-of-00001.gguf",
            "a-00001-of-09999.gguf",
            "a-00001-of-00002.bin",
            "-of-.gguf",
        ] {
            assert_eq!(found(&[name], name).unwrap(), [name]);
        }
    }

    #[test]
    fn a_folder_with_one_gguf_is_that_file() {
        let with = |files: &[&str]| found(files, "m");
        assert_eq!(
            with(&["m/a.gguf", "m/mmproj-a.gguf", "m/x.md"]).unwrap(),
            ["a.gguf"]
        );
        assert_eq!(with(&["m/a.gguf", "m/config.json"]).unwrap(), ["a.gguf"]);
        assert_eq!(with(&["m/a.gguf", "m/model.safetensors"]).unwrap(), ["m/"]);
        assert_eq!(with(&["m/x.md"]).unwrap(), ["m/"]);
        let several = with(&["m/b.gguf", "m/a.gguf"]).unwrap_err();
        assert!(several.contains("name one: a.gguf, b.gguf"), "{several}");
        let split = [
            "m/a-00001-of-00002.gguf",
            "m/a-00002-of-00002.gguf",
            "m/b.gguf",
        ];
        let several = with(&split).unwrap_err();
        assert!(
            several.contains("name one: a-00001-of-00002.gguf, b.gguf"),
            "{several}"
        );
    }

    #[test]
    fn a_cache_gives_its_main_revision() {
        let file = |revision: &str| format!("m/snapshots/{revision}/config.json");
        let (one, two) = (file("abc1"), file("zz"));
        assert_eq!(found(&[&one], "m").unwrap(), ["abc1/"]);
        assert_eq!(found(&[&one, &two, "m/refs/main"], "m").unwrap(), ["abc1/"]);
        assert_eq!(found(&[&two, "m/refs/main"], "m").unwrap(), ["zz/"]);
        let several = found(&[&one, &two], "m").unwrap_err();
        assert!(several.contains("several revisions") && several.contains("abc1, zz"));
        assert_eq!(
            found(&["m/snapshots/abc1/a.gguf"], "m").unwrap(),
            ["a.gguf"]
        );
        assert!(found(&[], "m").unwrap_err().contains("no file or folder"));
    }

    #[test]
    fn a_revision_is_a_plain_name() {
        let folder = folder(&["m/snapshots/abc1/config.json", "out/config.json"]);
        std::fs::create_dir_all(folder.path().join("m/refs")).unwrap();
        for name in ["../../out", "/etc", "", ".."] {
            std::fs::write(folder.path().join("m/refs/main"), name).unwrap();
            let found = ModelFiles::find(&folder.path().join("m")).unwrap();
            assert_eq!(
                found,
                ModelFiles::Folder(folder.path().join("m/snapshots/abc1"))
            );
        }
    }

    #[test]
    fn a_model_is_called_after_its_files() {
        let name = |file: &str| ModelFiles::Gguf(vec![file.into()]).name();
        assert_eq!(name("/x/a-00001-of-00002.gguf"), "a");
        assert_eq!(name("/x/a-Q4_K_M.gguf"), "a-Q4_K_M");
        assert_eq!(ModelFiles::Folder("/x/Qwen2.5".into()).name(), "Qwen2.5");
    }
}
