//! What is checked out and what is tracked, as far as two of git's files per folder show it: when
//! one changes, many files have changed, or an ignored file is tracked now.

use super::git::WorkTree;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The `HEAD` and `index` files of the repositories that the workspace's folders lie in, and when
/// they were written.
#[derive(Debug, Default, PartialEq)]
pub struct Heads(Vec<(PathBuf, Option<SystemTime>)>);

impl Heads {
    /// Looks at the repositories around these folders.
    pub fn of<'a>(folders: impl Iterator<Item = &'a Path>) -> Self {
        let files = folders.filter_map(files).flatten();
        Self(files.map(|file| (file.clone(), written(&file))).collect())
    }

    /// Whether another branch or commit was checked out, or another file is tracked, since the last
    /// look.
    pub fn have_moved(&mut self) -> bool {
        let mut moved = false;
        for (file, last) in &mut self.0 {
            let now = written(file);
            moved |= *last != now;
            *last = now;
        }
        moved
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// Those of the repository around a folder.
fn files(folder: &Path) -> Option<[PathBuf; 2]> {
    let git = WorkTree::around(folder)?.git;
    Some([git.join("HEAD"), git.join("index")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_change_is_seen_once_in_repositories_and_linked_work_trees() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/.git")).unwrap();
        fs::create_dir_all(path("a/src")).unwrap();
        fs::create_dir_all(path("real")).unwrap();
        fs::create_dir_all(path("b")).unwrap();
        fs::write(path("b/.git"), "gitdir: ../real\n").unwrap();
        for (inside, file) in [
            ("a/src", "a/.git/HEAD"),
            ("b", "real/HEAD"),
            ("a/src", "a/.git/index"),
        ] {
            let write = |seconds: u64| {
                let time = UNIX_EPOCH + Duration::from_secs(seconds);
                fs::File::create(path(file))
                    .unwrap()
                    .set_modified(time)
                    .unwrap();
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
