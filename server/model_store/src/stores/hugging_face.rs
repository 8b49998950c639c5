//! The cache of the Hugging Face tools, which llama.cpp uses too.
//!
//! `models--USER--REPO/snapshots/REVISION/` holds links to `blobs/`, or the files themselves where
//! links are not possible; `refs/main` names the newest revision.

use super::repository::Repository;
use super::{ModelStore, entries, file_name, files_below};
use crate::environment::UserFolders;
use crate::listing::StoreListing;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) const STORE: ModelStore = ModelStore {
    prefix: "hf",
    name: "Hugging Face",
    folders,
    list,
};

/// Folders of a snapshot that are searched: some repositories have one for each type.
const DEPTH: usize = 2;
const REMEDY: &str = "download it again";

fn folders(folders: &UserFolders) -> Vec<PathBuf> {
    let hub = |folder: PathBuf| folder.join("hub");
    let cache = folders
        .folder("HF_HUB_CACHE")
        .or_else(|| folders.folder("HUGGINGFACE_HUB_CACHE"))
        .or_else(|| folders.folder("HF_HOME").map(hub))
        .or_else(|| Some(folders.xdg_cache()?.join("huggingface").join("hub")));
    // llama.cpp lays out its own folder in the same way.
    cache
        .into_iter()
        .chain(folders.folder("LLAMA_CACHE"))
        .collect()
}

fn list(folder: &Path, listing: &mut StoreListing) {
    for repository in entries(folder, listing) {
        let Some(id) = file_name(&repository)
            .strip_prefix("models--")
            .map(str::to_owned)
        else {
            continue;
        };
        for snapshot in snapshots(&repository, listing) {
            let found = Repository {
                name: format!("{}:{}", STORE.prefix, id.replace("--", "/")),
                store: STORE.name,
                folder: &snapshot,
                files: files_below(&snapshot, DEPTH, listing),
                remedy: REMEDY,
            };
            // A file that two revisions have counts once, as it is in the newest.
            listing.models.extend(found.models());
        }
    }
}

/// The folders of the revisions, the newest first.
fn snapshots(repository: &Path, listing: &mut StoreListing) -> Vec<PathBuf> {
    let folder = repository.join("snapshots");
    if !folder.exists() {
        // A download that has not begun yet.
        return Vec::new();
    }
    let main = std::fs::read_to_string(repository.join("refs").join("main")).unwrap_or_default();
    let mut found = entries(&folder, listing);
    found.retain(|path| path.is_dir());
    let modified = |path: &PathBuf| {
        let time = path.metadata().and_then(|folder| folder.modified());
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    found.sort_by_key(|path| (file_name(path) == main.trim(), modified(path)));
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;
    use crate::list::list;
    use std::fs;

    fn write(path: PathBuf, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(listing: &StoreListing) -> Vec<&str> {
        listing.models.iter().map(|model| &*model.name).collect()
    }

    #[test]
    fn ggufs_split_files_and_folders_are_models() {
        let home = tempfile::tempdir().unwrap();
        let hub = home.path().join(".cache/huggingface/hub");
        let gguf = hub.join("models--Qwen--Coder-GGUF/snapshots/1a");
        write(gguf.join("coder-q8_0.gguf"), "12345678");
        write(gguf.join("coder-q4_k_m.gguf"), "1234");
        write(gguf.join("big/coder-f16-00001-of-00002.gguf"), "123");
        write(gguf.join("big/coder-f16-00002-of-00002.gguf"), "12");
        write(gguf.join("README.md"), "# Coder");
        let folder = hub.join("models--Qwen--Coder/snapshots/2b");
        write(folder.join("config.json"), "{}");
        write(folder.join("model.safetensors"), "123456");
        let tokenizer = hub.join("models--gpt2/snapshots/3c");
        write(tokenizer.join("config.json"), "{}");
        write(tokenizer.join("tokenizer.json"), "{}");
        write(hub.join("datasets--a--b/snapshots/1/a.gguf"), "1");
        fs::create_dir_all(hub.join("models--a--begun/blobs")).unwrap();
        let listing = list(&UserFolders::at(System::Unix, home.path()));
        assert!(listing.problems.is_empty(), "{listing:?}");
        let expected = [
            "hf:Qwen/Coder",
            "hf:Qwen/Coder-GGUF:F16",
            "hf:Qwen/Coder-GGUF:Q4_K_M",
            "hf:Qwen/Coder-GGUF:Q8_0",
        ];
        assert_eq!(names(&listing), expected);
        let bytes: Vec<_> = listing.models.iter().map(|model| model.bytes).collect();
        assert_eq!(bytes, [Some(6), Some(5), Some(4), Some(8)]);
        assert_eq!(listing.models[0].path, Ok(folder));
    }

    #[test]
    fn files_of_one_type_are_named_by_their_files() {
        let home = tempfile::tempdir().unwrap();
        let snapshot = home.path().join("hub/models--u--r/snapshots/1");
        write(snapshot.join("model-q8_0.gguf"), "1");
        write(snapshot.join("draft-q8_0.gguf"), "1");
        write(snapshot.join("plain.gguf"), "1");
        let folders = UserFolders::at(System::Unix, home.path()).with("HF_HOME", home.path());
        let listing = list(&folders);
        assert_eq!(
            names(&listing),
            [
                "hf:u/r:draft-q8_0.gguf",
                "hf:u/r:model-q8_0.gguf",
                "hf:u/r:plain"
            ]
        );
    }

    #[test]
    fn the_revision_that_main_names_comes_before_others() {
        let home = tempfile::tempdir().unwrap();
        let repository = home.path().join("models--u--r");
        write(repository.join("snapshots/old/a-q8_0.gguf"), "old");
        write(repository.join("snapshots/old/a-q4_0.gguf"), "only here");
        write(repository.join("snapshots/zzz/a-q8_0.gguf"), "another");
        write(repository.join("snapshots/new/a-q8_0.gguf"), "new file");
        write(repository.join("refs/main"), "new\n");
        let folders = UserFolders::at(System::Windows, home.path());
        let listing = list(&folders.with("HF_HUB_CACHE", home.path()));
        assert_eq!(names(&listing), ["hf:u/r:Q4_0", "hf:u/r:Q8_0"]);
        assert_eq!(
            listing.models[1].path,
            Ok(repository.join("snapshots/new/a-q8_0.gguf"))
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_a_model_with_a_reason() {
        let home = tempfile::tempdir().unwrap();
        let repository = home.path().join("models--u--r");
        write(repository.join("blobs/abc"), "weights");
        let snapshot = repository.join("snapshots/1");
        fs::create_dir_all(&snapshot).unwrap();
        std::os::unix::fs::symlink("../../blobs/abc", snapshot.join("a-q8_0.gguf")).unwrap();
        std::os::unix::fs::symlink("../../blobs/gone", snapshot.join("b-q4_0.gguf")).unwrap();
        let folders = UserFolders::at(System::Unix, home.path());
        let listing = list(&folders.with("LLAMA_CACHE", home.path()));
        assert_eq!(names(&listing), ["hf:u/r:Q4_0", "hf:u/r:Q8_0"]);
        let reason = listing.models[0].path.as_ref().unwrap_err();
        assert!(
            reason.contains("missing") && reason.contains(REMEDY),
            "{reason}"
        );
        assert_eq!(listing.models[1].bytes, Some(7));
    }
}
