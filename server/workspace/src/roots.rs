//! The workspace's folders, and how files are named by them: in prompts, in the index, in answers.
//!
//! A file is named relative to the innermost folder it lies in, with `/` between the parts. If
//! there are several folders, the folder's own name comes first, so that no two files share a name.
//! Paths that lead to the same file, through links or on a disk that ignores case, are one name.

use std::path::{Path, PathBuf};

/// The folders of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    folders: Vec<Folder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder {
    name: String,
    /// As it was given.
    path: PathBuf,
    /// Without links.
    real: PathBuf,
}

impl Roots {
    /// The workspace of one folder.
    pub fn single(folder: impl Into<PathBuf>) -> Self {
        Self::default().changed([folder.into()], &[])
    }

    /// These folders with others added and removed.
    pub fn changed(&self, added: impl IntoIterator<Item = PathBuf>, removed: &[PathBuf]) -> Self {
        let removed: Vec<PathBuf> = removed.iter().map(|path| real(path)).collect();
        let kept = self
            .folders
            .iter()
            .filter(|folder| !removed.contains(&folder.real));
        let mut folders: Vec<Folder> = Vec::new();
        for path in kept.map(|folder| folder.path.clone()).chain(added) {
            let real = real(&path);
            if folders.iter().any(|known| known.real == real) {
                continue;
            }
            let own = path
                .file_name()
                .map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
            let names =
                std::iter::once(own.clone()).chain((2..).map(|number| format!("{own}-{number}")));
            let mut free = names.filter(|name| !folders.iter().any(|taken| taken.name == *name));
            folders.push(Folder {
                name: free.next().unwrap_or(own),
                real,
                path,
            });
        }
        Self { folders }
    }

    /// The folders, in the order they came.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|folder| folder.path.as_path())
    }

    /// The innermost folder that a path lies in, and the path as it is spelt below that folder.
    /// Looks at the disk.
    pub fn place(&self, path: &Path) -> Option<(&Path, PathBuf)> {
        let (folder, inside) = self.resolve(path)?;
        Some((&folder.path, folder.path.join(inside)))
    }

    /// The innermost folder that a path lies in. Looks at the disk.
    pub fn of(&self, path: &Path) -> Option<&Path> {
        self.resolve(path).map(|(folder, _)| folder.path.as_path())
    }

    /// The name of a file; `None` outside of all folders. Looks at the disk.
    pub fn name(&self, path: &Path) -> Option<String> {
        let (folder, inside) = self.resolve(path)?;
        Some(self.named(folder, &inside))
    }

    /// The name of a file whose path is spelt as its folder's, and leads over no links.
    pub fn plain_name(&self, path: &Path) -> Option<String> {
        let (folder, inside) = self.innermost(path, |folder| &folder.path)?;
        Some(self.named(folder, &inside))
    }

    fn named(&self, folder: &Folder, inside: &Path) -> String {
        let parts = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        let prefix = (self.folders.len() > 1).then(|| folder.name.as_str().into());
        let parts: Vec<_> = prefix.into_iter().chain(parts).collect();
        parts.join("/")
    }

    /// A link that leads out of all folders keeps its own place.
    fn resolve(&self, path: &Path) -> Option<(&Folder, PathBuf)> {
        self.innermost(&real(path), |folder| &folder.real)
            .or_else(|| self.innermost(path, |folder| &folder.path))
    }

    fn innermost(&self, path: &Path, spelling: fn(&Folder) -> &Path) -> Option<(&Folder, PathBuf)> {
        let inside = |folder| Some((folder, path.strip_prefix(spelling(folder)).ok()?.to_owned()));
        let around = self
            .folders
            .iter()
            .filter_map(inside)
            .filter(|(_, inside)| !inside.as_os_str().is_empty());
        around.min_by_key(|(_, inside)| inside.components().count())
    }
}

/// A path without links. Of one that leads nowhere, as far as there is something.
fn real(path: &Path) -> PathBuf {
    let there = |part: &Path| {
        Some((
            std::fs::canonicalize(part).ok()?,
            path.strip_prefix(part).ok()?.to_owned(),
        ))
    };
    match path.ancestors().find_map(there) {
        Some((real, rest)) if rest.as_os_str().is_empty() => real,
        Some((real, rest)) => real.join(rest),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_gives_relative_names() {
        let roots = Roots::single("/home/x/app/");
        assert_eq!(
            roots.name(Path::new("/home/x/app/src/a b.rs")).as_deref(),
            Some("src/a b.rs")
        );
        assert_eq!(roots.name(Path::new("/home/x/app2/a.rs")), None);
        assert_eq!(roots.name(Path::new("/home/x/app")), None);
    }

    #[test]
    fn paths_begin_with_the_folder_where_there_are_several() {
        let roots = Roots::single("/a/app").changed(["/b/app".into(), "/b/app/inner".into()], &[]);
        let name = |path: &str| roots.name(Path::new(path)).unwrap();
        assert_eq!(name("/a/app/x.py"), "app/x.py");
        assert_eq!(name("/b/app/x.py"), "app-2/x.py");
        assert_eq!(name("/b/app/inner/x.py"), "inner/x.py");
        let less = roots.changed([], &["/a/app".into(), "/b/app/inner".into()]);
        assert_eq!(less, Roots::single("/b/app"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_has_one_name_however_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::create_dir_all(real.join("src")).unwrap();
        std::fs::write(real.join("src/a.py"), "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        std::os::unix::fs::symlink(real.join("src/a.py"), real.join("b.py")).unwrap();
        std::os::unix::fs::symlink("/", real.join("out")).unwrap();
        for (root, other) in [(&real, &link), (&link, &real)] {
            let roots = Roots::single(root);
            for path in ["src/a.py", "src/new.py", "src/new/new.py"] {
                assert_eq!(roots.name(&other.join(path)).as_deref(), Some(path));
                assert_eq!(
                    roots.place(&other.join(path)),
                    Some((root.as_path(), root.join(path)))
                );
            }
            assert_eq!(roots.name(&other.join("b.py")).as_deref(), Some("src/a.py"));
            assert_eq!(
                roots.name(&root.join("out/etc")).as_deref(),
                Some("out/etc")
            );
            assert_eq!(roots.name(folder.path()), None);
        }
    }
}
