//! LM Studio's folder of models: `USER/REPO/` with GGUF files, or with safetensors for Macs.

use super::repository::Repository;
use super::{ModelStore, entries, file_name, files_below};
use crate::environment::UserFolders;
use crate::listing::StoreListing;
use std::path::{Path, PathBuf};

pub(crate) const STORE: ModelStore = ModelStore {
    prefix: "lmstudio",
    name: "LM Studio",
    folders,
    list,
};

/// A file in the home folder that names LM Studio's folder, if it was moved.
const POINTER: &str = ".lmstudio-home-pointer";
/// Folders of a repository that are searched.
const DEPTH: usize = 1;

fn folders(folders: &UserFolders) -> Vec<PathBuf> {
    let pointer = folders
        .in_home(POINTER)
        .and_then(|path| std::fs::read_to_string(path).ok());
    let moved = pointer
        .map(|text| PathBuf::from(text.trim()))
        .filter(|path| path.is_absolute());
    let usual = [".lmstudio", ".cache/lm-studio"];
    let usual = usual.iter().filter_map(|path| folders.in_home(path));
    let homes = moved.into_iter().chain(usual);
    homes.map(|home| home.join("models")).collect()
}

fn list(folder: &Path, listing: &mut StoreListing) {
    for user in entries(folder, listing) {
        if !user.is_dir() {
            continue;
        }
        for repository in entries(&user, listing) {
            if !repository.is_dir() {
                continue;
            }
            let (user, name) = (file_name(&user), file_name(&repository));
            let found = Repository {
                name: format!("{}:{user}/{name}", STORE.prefix),
                store: STORE.name,
                folder: &repository,
                files: files_below(&repository, DEPTH, listing),
                remedy: "download it again in LM Studio",
            };
            listing.models.extend(found.models());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;
    use crate::list::list;
    use std::fs;

    fn add(models: &Path, file: &str) {
        let path = models.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "1234").unwrap();
    }

    #[test]
    fn models_of_both_places_and_of_a_moved_one_are_listed() {
        let home = tempfile::tempdir().unwrap();
        let coder = "lmstudio-community/Qwen2.5-Coder-7B-GGUF/Qwen2.5-Coder-7B-Q4_K_M.gguf";
        add(&home.path().join(".lmstudio/models"), coder);
        add(&home.path().join(".cache/lm-studio/models"), "a/b/b.gguf");
        add(
            &home.path().join("big disk/models"),
            "mlx-community/c/config.json",
        );
        add(
            &home.path().join("big disk/models"),
            "mlx-community/c/model.safetensors",
        );
        let moved = home.path().join("big disk");
        fs::write(home.path().join(POINTER), format!("{}\n", moved.display())).unwrap();
        let listing = list(&UserFolders::at(System::MacOs, home.path()));
        let names: Vec<&str> = listing.models.iter().map(|model| &*model.name).collect();
        let expected = [
            "lmstudio:a/b:b",
            "lmstudio:lmstudio-community/Qwen2.5-Coder-7B-GGUF:Q4_K_M",
            "lmstudio:mlx-community/c",
        ];
        assert_eq!(names, expected);
        assert!(listing.problems.is_empty(), "{listing:?}");
    }
}
