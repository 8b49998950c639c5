//! Which branch is checked out, as far as a look at one small file per folder tells: when it changes, many files did.

use super::git::WorkTree;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The `HEAD` files of the repositories that the workspace's folders lie in, and when they were written.
#[derive(Debug, Default, PartialEq)]
pub struct Heads(Vec<(PathBuf, Option<SystemTime>)>);

impl Heads {
    /// Looks at the repositories around these folders.
    pub fn of<'a>(folders: impl Iterator<Item = &'a Path>) -> Self {
        let heads = folders.filter_map(head);
        Self(heads.map(|head| (head.clone(), written(&head))).collect())
    }

    /// Whether another branch or commit was checked out since the last look.
    pub fn have_moved(&mut self) -> bool {
        let mut moved = false;
        for (head, last) in &mut self.0 {
            let now = written(head);
            moved |= *last != now;
            *last = now;
        }
        moved
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The `HEAD` of the repository around a folder.
fn head(folder: &Path) -> Option<PathBuf> {
    Some(WorkTree::around(folder)?.git.join("HEAD"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_switch_is_seen_once_in_repositories_and_linked_work_trees() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/.git")).unwrap();
        fs::create_dir_all(path("a/src")).unwrap();
        fs::create_dir_all(path("real")).unwrap();
        fs::create_dir_all(path("b")).unwrap();
        fs::write(path("b/.git"), "gitdir: ../real\n").unwrap();
        for (inside, head) in [("a/src", "a/.git/HEAD"), ("b", "real/HEAD")] {
            let write = |seconds: u64| {
                let time = UNIX_EPOCH + Duration::from_secs(seconds);
                fs::File::create(path(head)).unwrap().set_modified(time).unwrap();
            };
            write(1);
            let mut heads = Heads::of([path(inside)].iter().map(PathBuf::as_path));
            assert!(!heads.have_moved(), "{inside}");
            write(2);
            assert!(heads.have_moved(), "{inside}");
            assert!(!heads.have_moved(), "{inside}");
        }
    }
}
