//! The workspace's folders, and how files are named by them: in prompts, in the index, in answers.
//!
//! A file is named relative to the innermost folder it lies in, with `/` between the parts. Where there are several
//! folders, the folder's own name stands in front, so that no two files share a name.

use std::path::{Path, PathBuf};

/// The folders of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    folders: Vec<(String, PathBuf)>,
}

impl Roots {
    /// The workspace of one folder.
    pub fn single(folder: impl Into<PathBuf>) -> Self {
        Self::default().changed([folder.into()], &[])
    }

    /// These folders with others added and removed.
    pub fn changed(&self, added: impl IntoIterator<Item = PathBuf>, removed: &[PathBuf]) -> Self {
        let mut kept: Vec<PathBuf> =
            self.folders().filter(|folder| !removed.iter().any(|r| r == folder)).map(Path::to_owned).collect();
        for folder in added {
            if !kept.contains(&folder) {
                kept.push(folder);
            }
        }
        let mut folders: Vec<(String, PathBuf)> = Vec::new();
        for folder in kept {
            let own = folder.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
            let names = std::iter::once(own.clone()).chain((2..).map(|number| format!("{own}-{number}")));
            let mut free = names.filter(|name| !folders.iter().any(|(taken, _)| taken == name));
            folders.push((free.next().unwrap_or(own), folder));
        }
        Self { folders }
    }

    /// The folders, in the order they came.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|(_, folder)| folder.as_path())
    }

    /// The innermost folder that a path lies in.
    pub fn of(&self, path: &Path) -> Option<&Path> {
        self.entry(path).map(|(_, folder)| folder.as_path())
    }

    /// The name of a file; `None` outside of all folders.
    pub fn name(&self, path: &Path) -> Option<String> {
        let (root, folder) = self.entry(path)?;
        let parts = path.strip_prefix(folder).ok()?.components().map(|part| part.as_os_str().to_string_lossy());
        let prefix = (self.folders.len() > 1).then(|| root.as_str().into());
        let parts: Vec<_> = prefix.into_iter().chain(parts).collect();
        Some(parts.join("/"))
    }

    fn entry(&self, path: &Path) -> Option<&(String, PathBuf)> {
        let around = self.folders.iter().filter(|(_, folder)| path.starts_with(folder) && path != folder);
        around.max_by_key(|(_, folder)| folder.components().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_gives_relative_names() {
        let roots = Roots::single("/home/x/app/");
        assert_eq!(roots.name(Path::new("/home/x/app/src/a b.rs")).as_deref(), Some("src/a b.rs"));
        assert_eq!(roots.name(Path::new("/home/x/app2/a.rs")), None);
        assert_eq!(roots.name(Path::new("/home/x/app")), None);
    }

    #[test]
    fn several_folders_stand_in_front() {
        let roots = Roots::single("/a/app").changed(["/b/app".into(), "/b/app/inner".into()], &[]);
        let name = |path: &str| roots.name(Path::new(path)).unwrap();
        assert_eq!(name("/a/app/x.py"), "app/x.py");
        assert_eq!(name("/b/app/x.py"), "app-2/x.py");
        assert_eq!(name("/b/app/inner/x.py"), "inner/x.py");
        let less = roots.changed([], &["/a/app".into(), "/b/app/inner".into()]);
        assert_eq!(less, Roots::single("/b/app"));
    }
}
