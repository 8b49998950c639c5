//! Which files of the workspace's folders are looked at: those that git would keep, less secrets
//! and what no one typed.
//!
//! Ignore files (`.gitignore`, `.ignore`, the excludes of the user or of the repository, and those
//! that people write for assistants) count in folders without a repository too. Hidden files are
//! left out. What git tracks is in although git's rules name it or it is hidden; the other rules
//! count for it as well. Links are not followed. Files are named by [`Roots`].

use super::git::{GitRepositories, WorkTree};
use super::read::{self, MAX_FILE};
use super::roots::Roots;
use super::secrets;
use ignore::{DirEntry, WalkBuilder};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Ignore files for assistants, ours first; their lines are those of `.gitignore`.
pub const ASSISTANT_FILES: &[&str] = &[
    ".nighignore",
    ".aiignore",
    ".aiexclude",
    ".cursorignore",
    ".codeiumignore",
    ".copilotignore",
];
/// The most files that are kept.
const MAX_FILES: usize = 20_000;
/// The most entries of folders that are looked at.
const MAX_ENTRIES: usize = 500_000;
/// Folders that hold what was fetched or made, whether or not they are ignored.
const MADE: &[&str] = &[
    "node_modules",
    "bower_components",
    "site-packages",
    "__pycache__",
];
/// Files that mark such a folder.
const MADE_MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// A file worth reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name in the index.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Names its state, see [`read::stamp`].
    pub stamp: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// All files worth reading, those nearest to a root first.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files.
    pub files: Vec<Found>,
    /// How many more there are than the limits allow.
    pub left_out: usize,
}

/// Which rules leave files out.
#[derive(Clone, Copy)]
pub struct Rules {
    /// Ignore files for assistants.
    pub assistants: bool,
    /// `.ignore`.
    pub dot_ignore: bool,
    /// Git's: `.gitignore` and excludes.
    pub git: bool,
    /// That hidden files are left out.
    pub hidden: bool,
}

impl Rules {
    /// Those for a file that git does not track.
    pub const ALL: Self = Self {
        assistants: true,
        dot_ignore: true,
        git: true,
        hidden: true,
    };
    /// Those for a file that git tracks.
    pub const TRACKED: Self = Self {
        git: false,
        hidden: false,
        ..Self::ALL
    };
}

/// Walks all folders. `max_bytes` limits the text in all; `stop` is asked now and then.
pub fn walk(
    roots: &Roots,
    git: &GitRepositories,
    max_bytes: u64,
    stop: &mut dyn FnMut() -> bool,
) -> Walked {
    let walked = nearest(walk_for(roots, git, &INDEXED, stop), max_bytes);
    if walked.left_out > 0 {
        let left_out = walked.left_out;
        tracing::warn!(
            left_out,
            max_bytes,
            MAX_FILES,
            "the workspace is larger than the index may be"
        );
    }
    walked
}

/// Walks all folders for files of other kinds than the index has.
pub fn walk_for(
    roots: &Roots,
    git: &GitRepositories,
    kinds: &Kinds<'_>,
    stop: &mut dyn FnMut() -> bool,
) -> Vec<Found> {
    let mut walk = Walk {
        roots,
        git,
        kinds,
        found: Vec::new(),
        names: HashSet::new(),
        entries: 0,
    };
    for root in roots.folders().filter(|root| is_project(root)) {
        let trees = walk.add_admitted(root, stop);
        walk.add_tracked(root, &trees);
    }
    if walk.entries > MAX_ENTRIES {
        tracing::warn!(
            MAX_ENTRIES,
            "the workspace has more files than are looked at"
        );
    }
    walk.found
}

/// Which files a walk is for, of those that the rules let through.
pub struct Kinds<'a> {
    /// Whether a file of this name is one.
    pub are_wanted: &'a dyn Fn(&Path) -> bool,
    /// The largest one, in bytes.
    pub max_file: u64,
}

/// The kinds of files that the index has.
const INDEXED: Kinds<'static> = Kinds {
    are_wanted: &read::is_wanted,
    max_file: MAX_FILE,
};

/// A walk that is under way.
struct Walk<'a> {
    roots: &'a Roots,
    git: &'a GitRepositories,
    kinds: &'a Kinds<'a>,
    found: Vec<Found>,
    /// The names of the files that were found.
    names: HashSet<String>,
    /// How many entries of folders were looked at.
    entries: usize,
}

impl Walk<'_> {
    /// Adds the files of a folder that all rules let through. Gives the work trees in the folder
    /// and the one around it.
    fn add_admitted(&mut self, root: &Path, stop: &mut dyn FnMut() -> bool) -> Vec<WorkTree> {
        let mut trees: Vec<WorkTree> = root
            .parent()
            .and_then(WorkTree::around)
            .into_iter()
            .collect();
        for entry in builder(root, Rules::ALL).build().filter_map(Result::ok) {
            self.entries += 1;
            if self.entries > MAX_ENTRIES || self.entries.is_multiple_of(256) && stop() {
                break;
            }
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                trees.extend(WorkTree::at(entry.path()));
            }
            self.add(admit(self.roots, self.kinds, &entry));
        }
        trees
    }

    /// Adds the files of a folder that git tracks in these work trees, although git's rules name
    /// them or they are hidden.
    fn add_tracked(&mut self, root: &Path, trees: &[WorkTree]) {
        let missing: HashSet<PathBuf> = trees
            .iter()
            .flat_map(|tree| self.missing(root, tree))
            .collect();
        for entry in reached(root, Rules::TRACKED, &missing) {
            self.add(admit(self.roots, self.kinds, &entry));
        }
    }

    /// The files of a folder that git tracks in a work tree and that were not found yet.
    fn missing(&self, root: &Path, tree: &WorkTree) -> Vec<PathBuf> {
        let is_new = |path: &PathBuf| {
            self.roots
                .plain_name(path)
                .is_some_and(|name| !self.names.contains(&name))
        };
        let all = self.git.tracked(tree);
        let paths = all
            .iter()
            .filter(|inside| (self.kinds.are_wanted)(inside))
            .map(|inside| tree.top.join(inside));
        paths
            .filter(|path| path.starts_with(root) && is_new(path))
            .collect()
    }

    /// Adds a file, unless one of its name was found already.
    fn add(&mut self, file: Option<Found>) {
        if let Some(file) = file
            && self.names.insert(file.name.clone())
        {
            self.found.push(file);
        }
    }
}

/// The file at `path` as [`walk`] would find it; `None` where it would not.
pub fn look_at(roots: &Roots, git: &GitRepositories, path: &Path) -> Option<Found> {
    look_at_for(roots, git, path, &INDEXED)
}

/// The file at `path` as [`walk_for`] would find it; `None` where it would not.
pub fn look_at_for(
    roots: &Roots,
    git: &GitRepositories,
    path: &Path,
    kinds: &Kinds<'_>,
) -> Option<Found> {
    let (root, path) = roots.place(path).filter(|(root, _)| is_project(root))?;
    let plain = entry_at(root, Rules::ALL, &path).and_then(|entry| admit(roots, kinds, &entry));
    plain.or_else(|| {
        let is_tracked = (kinds.are_wanted)(&path) && git.tracks(&path);
        entry_at(root, Rules::TRACKED, &path)
            .filter(|_| is_tracked)
            .and_then(|entry| admit(roots, kinds, &entry))
    })
}

/// Whether [`walk`] would look into the folder at `path`.
pub fn enters(roots: &Roots, path: &Path) -> bool {
    let place = path
        .is_dir()
        .then(|| roots.place(path))
        .flatten()
        .filter(|(root, _)| is_project(root));
    place.is_some_and(|(root, path)| entry_at(root, Rules::ALL, &path).is_some())
}

/// What a walk by these rules meets at `path`.
fn entry_at(root: &Path, rules: Rules, path: &Path) -> Option<DirEntry> {
    reached(root, rules, &HashSet::from([path.to_owned()])).next()
}

/// Those of some paths that a walk by these rules meets; of the folders on the way there only the
/// names are read.
fn reached(root: &Path, rules: Rules, paths: &HashSet<PathBuf>) -> impl Iterator<Item = DirEntry> {
    let on_the_way: HashSet<PathBuf> = paths
        .iter()
        .flat_map(|path| path.ancestors())
        .map(Path::to_owned)
        .collect();
    let leads_there = move |entry: &DirEntry| on_the_way.contains(entry.path()) && !is_made(entry);
    let entries =
        (!paths.is_empty()).then(|| builder(root, rules).filter_entry(leads_there).build());
    entries
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| paths.contains(entry.path()))
}

/// Whether a folder is a whole disk, a home or the one for temporary files.
pub fn is_broad(folder: &Path) -> bool {
    let home = std::env::home_dir();
    folder.parent().is_none() || home.as_deref() == Some(folder) || folder == std::env::temp_dir()
}

/// Whether a folder is one that someone works in; the log says so if it is not.
pub fn is_project(folder: &Path) -> bool {
    let broad = is_broad(folder);
    if broad {
        tracing::warn!(
            "the workspace is a whole disk, a home or a folder for temporary files; it is not read"
        );
    }
    !broad
}

/// A walk of a folder by these rules.
pub fn builder(root: &Path, rules: Rules) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .require_git(false)
        .follow_links(false)
        .hidden(rules.hidden)
        .ignore(rules.dot_ignore);
    builder
        .git_ignore(rules.git)
        .git_exclude(rules.git)
        .git_global(rules.git);
    if rules.assistants {
        for name in ASSISTANT_FILES {
            builder.add_custom_ignore_filename(name);
        }
    }
    let tree = WorkTree::around(root).filter(|_| rules.git);
    if let Some((tree, excludes)) =
        tree.and_then(|tree| tree.excludes().map(|excludes| (tree, excludes)))
    {
        builder.current_dir(tree.top).git_global(false);
        if let Some(error) = builder.add_ignore(excludes) {
            tracing::info!(%error, "the repository's file of excludes is not read whole");
        }
    }
    builder.filter_entry(|entry| !is_made(entry));
    builder
}

/// Whether a folder holds what was fetched or made.
fn is_made(entry: &DirEntry) -> bool {
    let is_folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_named = || {
        entry
            .file_name()
            .to_str()
            .is_some_and(|name| MADE.contains(&name))
    };
    is_folder
        && (is_named()
            || MADE_MARKS
                .iter()
                .any(|mark| entry.path().join(mark).is_file()))
}

fn admit(roots: &Roots, kinds: &Kinds<'_>, entry: &DirEntry) -> Option<Found> {
    if !entry.file_type()?.is_file() || !(kinds.are_wanted)(entry.path()) {
        return None;
    }
    let name = roots.plain_name(entry.path())?;
    let metadata = entry
        .metadata()
        .ok()
        .filter(|metadata| metadata.len() <= kinds.max_file)?;
    let found = Found {
        path: entry.path().to_owned(),
        stamp: read::stamp(&metadata),
        bytes: metadata.len(),
        name,
    };
    (!secrets::in_path(&found.name)).then_some(found)
}

/// As many files as the limits allow, nearest to a root first.
fn nearest(mut files: Vec<Found>, max_bytes: u64) -> Walked {
    files.sort_by_cached_key(|file| (file.name.matches('/').count(), file.name.clone()));
    let all = files.len();
    let mut bytes = 0;
    files.retain(|file| {
        let fits = bytes + file.bytes <= max_bytes;
        bytes += if fits { file.bytes } else { 0 };
        fits
    });
    files.truncate(MAX_FILES);
    Walked {
        left_out: all - files.len(),
        files,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a walk finds in a folder of these files.
    fn names(files: &[(&str, &str)], max_bytes: u64) -> (Vec<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let walked = walk(
            &Roots::single(folder.path()),
            &GitRepositories::default(),
            max_bytes,
            &mut || false,
        );
        (
            walked.files.into_iter().map(|file| file.name).collect(),
            walked.left_out,
        )
    }

    #[test]
    fn ignored_hidden_secret_and_made_files_are_left_out() {
        let (names, _) = names(
            &[
                (
                    ".gitignore",
                    "build/
*.gen.py
",
                ),
                (
                    ".nighignore",
                    "private/
",
                ),
                (
                    "sub/.ignore",
                    "local.py
",
                ),
                ("a.py", ""),
                ("a.gen.py", ""),
                ("build/b.py", ""),
                ("private/c.py", ""),
                ("sub/local.py", ""),
                ("sub/d.py", ""),
                (".hidden/e.py", ""),
                (".env", "KEY=1"),
                ("config/secrets.yaml", ""),
                ("node_modules/x/index.js", ""),
                ("target/CACHEDIR.TAG", ""),
                ("target/f.rs", ""),
                ("env/pyvenv.cfg", ""),
                ("env/g.py", ""),
                ("picture.png", ""),
            ],
            MAX_FILE,
        );
        assert_eq!(names, ["a.py", "sub/d.py"]);
    }

    #[test]
    fn the_nearest_files_are_kept_when_there_is_too_much() {
        let (names, left_out) = names(&[("x/y/c.py", "cc"), ("x/b.py", "bb"), ("a.py", "a")], 4);
        assert_eq!(
            (names.as_slice(), left_out),
            (["a.py".to_owned(), "x/b.py".to_owned()].as_slice(), 1)
        );
    }

    #[test]
    fn one_file_is_judged_as_in_a_walk() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        put(
            ".gitignore",
            "ignored/
",
        );
        put("src/a.py", "x");
        put("ignored/a.py", "x");
        put("node_modules/a.py", "x");
        let roots = Roots::single(folder.path());
        let seen = |name: &str| {
            look_at(
                &roots,
                &GitRepositories::default(),
                &folder.path().join(name),
            )
            .map(|found| found.name)
        };
        assert_eq!(seen("src/a.py").as_deref(), Some("src/a.py"));
        for name in [
            "ignored/a.py",
            "node_modules/a.py",
            "none.py",
            ".gitignore",
            "src",
        ] {
            assert_eq!(seen(name), None, "{name}");
        }
        assert!(enters(&roots, &folder.path().join("src")));
        for name in ["ignored", "node_modules", "none", "src/a.py"] {
            assert!(!enters(&roots, &folder.path().join(name)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("a.py"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("folder")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("a.py"), inside.path().join("b.py"))
            .unwrap();
        assert!(
            walk(
                &Roots::single(inside.path()),
                &GitRepositories::default(),
                MAX_FILE,
                &mut || false
            )
            .files
            .is_empty()
        );
    }
}
