//! Lists the models of all stores.

use crate::environment::UserFolders;
use crate::listing::{FoundModel, StoreListing};
use crate::stores::STORES;
use std::collections::HashSet;

/// The models in the stores of all programs. Nothing that is wrong with one hides another.
pub fn list(folders: &UserFolders) -> StoreListing {
    list_of(folders, |_| true)
}

/// The models in the stores whose prefix is wanted.
pub(crate) fn list_of(folders: &UserFolders, wanted: impl Fn(&str) -> bool) -> StoreListing {
    let mut listing = StoreListing::default();
    for store in STORES.iter().filter(|store| wanted(store.prefix)) {
        let first = listing.models.len();
        let mut seen = HashSet::new();
        for folder in (store.folders)(folders) {
            // Two variables may name one folder.
            let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            if folder.exists() && seen.insert(real) {
                (store.list)(&folder, &mut listing);
            }
        }
        listing.models[first..].sort_by(|a, b| a.name.cmp(&b.name));
    }
    without_repeats(&mut listing.models);
    listing
}

/// Leaves out names that are listed already.
fn without_repeats(models: &mut Vec<FoundModel>) {
    let mut names = HashSet::new();
    models.retain(|model| names.insert(model.name.clone()));
}
