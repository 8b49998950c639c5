//! nigh's own folder of models, for files that no other program keeps: those that `curl` fetched.

use super::{ModelStore, entries, file_name};
use crate::environment::UserFolders;
use crate::listing::{FoundModel, StoreListing};
use crate::names::{is_gguf, part, strip_gguf, without_part};
use std::path::{Path, PathBuf};

pub(crate) const STORE: ModelStore = ModelStore {
    prefix: "nigh",
    name: "nigh",
    folders: |folders| folder(folders).into_iter().collect(),
    list,
};

/// nigh's folder of models, if the system says where data go.
pub fn folder(folders: &UserFolders) -> Option<PathBuf> {
    Some(folders.data()?.join("nigh").join("models"))
}

fn list(folder: &Path, listing: &mut StoreListing) {
    for path in entries(folder, listing) {
        let name = file_name(&path);
        // A split model is listed once, by its first part.
        if !is_gguf(&name) || part(&name).is_some_and(|part| part != 1) {
            continue;
        }
        let found = path.metadata();
        listing.models.push(FoundModel {
            name: format!("{}:{}", STORE.prefix, without_part(strip_gguf(&name))),
            store: STORE.name,
            bytes: found.as_ref().ok().map(std::fs::Metadata::len),
            path: match found {
                Ok(_) => Ok(path),
                Err(error) => Err(format!("cannot read {}: {error}", path.display())),
            },
            adapter: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;
    use crate::list::list;

    #[test]
    fn models_of_nighs_own_folder_are_listed_by_file_name() {
        let home = tempfile::tempdir().unwrap();
        let folders = UserFolders::at(System::Unix, home.path());
        let own = folder(&folders).unwrap();
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("small-q8_0.gguf"), "12345").unwrap();
        std::fs::write(own.join("small-q8_0.gguf.part"), "123").unwrap();
        let listing = list(&folders);
        assert_eq!(listing.problems, Vec::<String>::new());
        let [model] = &listing.models[..] else {
            panic!("{listing:?}");
        };
        assert_eq!(model.name, "nigh:small-q8_0");
        assert_eq!(model.bytes, Some(5));
        assert_eq!(model.path, Ok(own.join("small-q8_0.gguf")));
    }
}
