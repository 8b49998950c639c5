//! The workspaces of cases: folders under one folder, each read once and kept while its cases last.
//!
//! The file that a case was cut from is left out of its workspace, as it contains the answer. What
//! git ignores and what holds secrets is left out as in the server.

use anyhow::{Context, bail};
use assistant::settings::IndexSettings;
use index::Index;
use std::path::{Component, Path, PathBuf};
use workspace;

/// Workspaces kept at once; cases of one workspace usually follow each other.
const MAX_WORKSPACES: usize = 4;

/// The workspaces under one folder.
pub struct Repositories {
    folder: PathBuf,
    /// The one used last is at the end.
    read: Vec<(String, Index)>,
}

impl Repositories {
    /// The workspaces under `folder`; fails if there is no such folder.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        if !folder.is_dir() {
            bail!("--repositories {} is no folder", folder.display());
        }
        Ok(Self {
            folder: folder.to_owned(),
            read: Vec::new(),
        })
    }

    /// The workspace `name` without the file at `path` in it.
    pub fn around(&mut self, name: &str, path: &str) -> anyhow::Result<Index> {
        let mut index = self.whole(name)?;
        index.remove(&[path]);
        Ok(index)
    }

    fn whole(&mut self, name: &str) -> anyhow::Result<Index> {
        let entry = match self.read.iter().position(|(read, _)| read == name) {
            Some(at) => self.read.remove(at),
            None => (
                name.to_owned(),
                workspace::read(&self.folder_of(name)?, IndexSettings::default().max_bytes()),
            ),
        };
        let index = entry.1.clone();
        self.read.push(entry);
        if self.read.len() > MAX_WORKSPACES {
            self.read.remove(0);
        }
        Ok(index)
    }

    fn folder_of(&self, name: &str) -> anyhow::Result<PathBuf> {
        if !Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            bail!(
                "its snapshot `{name}` leads out of {}; write the name of a folder in it",
                self.folder.display()
            );
        }
        let (inside, folder) = (self.folder.canonicalize()?, self.folder.join(name));
        let folder = folder.canonicalize().ok().filter(|folder| folder.is_dir());
        let folder = folder
            .with_context(|| format!("its snapshot {name} is not in {}", self.folder.display()))?;
        if !folder.starts_with(inside) {
            bail!(
                "its snapshot `{name}` is a link that leads out of {}",
                self.folder.display()
            );
        }
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_stays_inside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("inside/a-1.0")).unwrap();
        std::fs::create_dir(folder.path().join("outside")).unwrap();
        let mut repositories = Repositories::new(&folder.path().join("inside")).unwrap();
        assert!(repositories.around("a-1.0", "x.py").is_ok());
        for (name, expected) in [
            ("../outside", "leads out"),
            ("/", "leads out"),
            ("a-1.0/../../outside", "leads out"),
            ("b-1.0", "b-1.0 is not in"),
        ] {
            let error = repositories.around(name, "x.py").err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Repositories::new(&folder.path().join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inside")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("inside/up")).unwrap();
        let mut repositories = Repositories::new(&folder.path().join("inside")).unwrap();
        assert!(
            repositories
                .around("up", "x.py")
                .err()
                .unwrap()
                .to_string()
                .contains("leads out")
        );
    }
}
