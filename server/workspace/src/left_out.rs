//! What of a workspace is not in its index, and why, for people who ask (`nigh doctor
//! --workspace`).
//!
//! The folder is walked again and again, each time with one rule more: what a walk does not meet
//! any more is left out by that rule.

use super::git::GitRepositories;
use super::read::{self, Unread};
use super::roots::Roots;
use super::secrets;
use super::walk::{self, Rules};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// How many files of a reason are named.
const NAMED: usize = 3;
/// The widest walk.
const NO_RULES: Rules = Rules {
    assistants: false,
    dot_ignore: false,
    git: false,
    hidden: false,
};
/// The walks that follow, each with one rule more, and why files are left out by that rule.
const STEPS: [(&str, Rules); 4] = [
    (
        "an ignore file for assistants lists them",
        Rules {
            assistants: true,
            ..NO_RULES
        },
    ),
    (
        "an `.ignore` file lists them",
        Rules {
            assistants: true,
            dot_ignore: true,
            ..NO_RULES
        },
    ),
    (
        "they are hidden and not tracked by git",
        Rules {
            git: false,
            ..Rules::ALL
        },
    ),
    ("they are ignored and not tracked by git", Rules::ALL),
];

/// Files that are left out for one reason.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub reason: &'static str,
    /// How many.
    pub count: usize,
    /// The first paths, relative to the folder.
    pub examples: Vec<String>,
}

/// How many files of a folder are in its index of at most `max_bytes`, and which of those that it
/// could hold are not.
pub fn left_out(root: &Path, max_bytes: u64) -> (usize, Vec<LeftOut>) {
    let roots = Roots::single(root);
    let walked = walk::walk(&roots, &GitRepositories::default(), max_bytes, &mut || {
        false
    })
    .files;
    let mut inside: HashSet<PathBuf> = walked.into_iter().map(|file| file.path).collect();
    let mut found = by_rule(root, &inside);
    let refused: Vec<(PathBuf, Unread)> = inside
        .iter()
        .filter_map(|path| Some((path.clone(), read::text(path).err()?)))
        .collect();
    inside.retain(|path| refused.iter().all(|(other, _)| other != path));
    found.extend(by_refusal(&refused));
    let nonempty = found.into_iter().filter(|(_, paths)| !paths.is_empty());
    (
        inside.len(),
        nonempty
            .map(|(reason, paths)| tell(root, reason, paths))
            .collect(),
    )
}

/// Files that are not `inside` the index, by the rule that leaves them out, and where no rule does
/// by what is wrong with them.
fn by_rule(root: &Path, inside: &HashSet<PathBuf>) -> Vec<(&'static str, Vec<PathBuf>)> {
    let mut found = Vec::new();
    let mut wider = met(root, NO_RULES);
    for (reason, rules) in STEPS {
        let narrower = met(root, rules);
        let paths: Vec<PathBuf> = wider
            .difference(&narrower)
            .filter(|path| !inside.contains(*path))
            .cloned()
            .collect();
        found.push((reason, paths));
        wider = narrower;
    }
    let mut rest: Vec<PathBuf> = wider
        .into_iter()
        .filter(|path| !inside.contains(path))
        .collect();
    rest.sort_unstable();
    found.extend(by_kind(root, &rest));
    found
}

/// Files of the index whose text is not read, by why.
fn by_refusal(refused: &[(PathBuf, Unread)]) -> Vec<(&'static str, Vec<PathBuf>)> {
    let of = |kind: Unread| -> Vec<PathBuf> {
        refused
            .iter()
            .filter(|(_, why)| *why == kind)
            .map(|(path, _)| path.clone())
            .collect()
    };
    vec![
        ("they hold a secret", of(Unread::Secret)),
        ("a program wrote them", of(Unread::Minified)),
        ("they are no text in UTF-8", of(Unread::Binary)),
        ("they cannot be read", of(Unread::Unreadable)),
    ]
}

/// The files of a kind that is read, as far as a walk by these rules meets them.
fn met(root: &Path, rules: Rules) -> HashSet<PathBuf> {
    let entries = walk::builder(root, rules).build().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files
        .map(|entry| entry.into_path())
        .filter(|path| read::is_wanted(path));
    paths
        .filter(|path| !path.starts_with(root.join(".git")))
        .collect()
}

/// Files that no rule names, by what is wrong with them.
fn by_kind(root: &Path, paths: &[PathBuf]) -> Vec<(&'static str, Vec<PathBuf>)> {
    let is_secret = |path: &Path| {
        path.strip_prefix(root)
            .is_ok_and(|inside| secrets::in_path(&inside.to_string_lossy()))
    };
    let is_large = |path: &Path| {
        path.metadata()
            .is_ok_and(|file| file.len() > read::MAX_FILE)
    };
    let reason = |path: &Path| match path {
        path if is_secret(path) => "their names suggest secrets",
        path if is_large(path) => "they are larger than 1 MiB",
        _ => "the index is full: see `index.maxMegabytes`",
    };
    let mut found: Vec<(&'static str, Vec<PathBuf>)> = Vec::new();
    for path in paths {
        let reason = reason(path);
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, paths)) => paths.push(path.clone()),
            None => found.push((reason, vec![path.clone()])),
        }
    }
    found
}

fn tell(root: &Path, reason: &'static str, mut paths: Vec<PathBuf>) -> LeftOut {
    paths.sort_unstable();
    let inside = |path: &PathBuf| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    };
    LeftOut {
        reason,
        count: paths.len(),
        examples: paths.iter().take(NAMED).map(inside).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_left_out_has_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            (".gitignore", "made.py\n"),
            (".cursorignore", "private/\n"),
            (".ignore", "vendor/\n"),
            ("a.py", "x = 1\n"),
            ("made.py", "x = 1\n"),
            ("private/b.py", "x = 1\n"),
            ("vendor/c.py", "x = 1\n"),
            (".hidden/d.py", "x = 1\n"),
            ("key.py", &format!("k = 'ghp_{}'\n", "a1".repeat(20))),
            ("config/secrets.yaml", "x: 1\n"),
            ("large.py", &"x = 1\n".repeat(200_000)),
            ("picture.png", ""),
        ];
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (inside, left_out) = left_out(folder.path(), u64::MAX);
        let described: Vec<String> = left_out
            .iter()
            .map(|of| format!("{} {:?}", of.reason, of.examples))
            .collect();
        assert_eq!(
            described,
            [
                "an ignore file for assistants lists them [\"private/b.py\"]",
                "an `.ignore` file lists them [\"vendor/c.py\"]",
                "they are hidden and not tracked by git [\".hidden/d.py\"]",
                "they are ignored and not tracked by git [\"made.py\"]",
                "their names suggest secrets [\"config/secrets.yaml\"]",
                "they are larger than 1 MiB [\"large.py\"]",
                "they hold a secret [\"key.py\"]",
            ]
        );
        assert_eq!(inside, 1);
    }
}
