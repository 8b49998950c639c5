//! llama.cpp's own cache, a flat folder of GGUF files that older builds fill; newer ones use the
//! cache of the Hugging Face tools.

use super::repository::Repository;
use super::{ModelStore, entries, file_name};
use crate::environment::{System, UserFolders};
use crate::listing::StoreListing;
use crate::names::{is_gguf, strip_gguf};
use std::path::{Path, PathBuf};

pub(crate) const STORE: ModelStore = ModelStore {
    prefix: "llama.cpp",
    name: "llama.cpp",
    folders,
    list,
};

fn folders(folders: &UserFolders) -> Vec<PathBuf> {
    let usual = || {
        let cache = match folders.system() {
            System::Windows => folders.folder("LOCALAPPDATA"),
            System::MacOs => folders.in_home("Library/Caches"),
            System::Unix => folders.xdg_cache(),
        };
        Some(cache?.join("llama.cpp"))
    };
    folders
        .folder("LLAMA_CACHE")
        .or_else(usual)
        .into_iter()
        .collect()
}

fn list(folder: &Path, listing: &mut StoreListing) {
    let files: Vec<PathBuf> = entries(folder, listing)
        .into_iter()
        .filter(|path| !path.is_dir() && is_gguf(&file_name(path)))
        .collect();
    for model in (Repository {
        name: STORE.prefix.to_owned(),
        store: STORE.name,
        folder,
        files,
        remedy: "download it again",
    })
    .models()
    {
        // All repositories are in this folder, so only the file's name says which model it is.
        let file = model.path.as_ref().map(|path| file_name(path));
        let name = file.map_or(model.name.clone(), |file| {
            format!("{}:{}", STORE.prefix, strip_gguf(&file))
        });
        listing
            .models
            .push(crate::listing::FoundModel { name, ..model });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::list;
    use std::fs;

    #[test]
    fn the_cache_is_where_the_system_has_caches() {
        for (system, place) in [
            (System::Unix, ".cache/llama.cpp"),
            (System::MacOs, "Library/Caches/llama.cpp"),
            (System::Windows, "local/llama.cpp"),
        ] {
            let home = tempfile::tempdir().unwrap();
            let cache = home.path().join(place);
            fs::create_dir_all(&cache).unwrap();
            fs::write(cache.join("ggml-org_Coder_coder-1.5b-q8_0.gguf"), "1234").unwrap();
            fs::write(cache.join("ggml-org_Coder_coder-1.5b-q8_0.gguf.json"), "{}").unwrap();
            let folders = UserFolders::at(system, home.path())
                .with("LOCALAPPDATA", home.path().join("local"));
            let listing = list(&folders);
            let [model] = &listing.models[..] else {
                panic!("{listing:?}");
            };
            assert_eq!(model.name, "llama.cpp:ggml-org_Coder_coder-1.5b-q8_0");
            assert_eq!(model.bytes, Some(4));
        }
    }
}
