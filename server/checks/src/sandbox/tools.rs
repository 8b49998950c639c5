//! The programs that may run in a room: found on the search path, and where they keep what they
//! need.
//!
//! `checks/` and the evaluations ask for a program by its name. Nothing here starts one, but to ask
//! Python for a module.

use super::open_to_all;
use std::path::PathBuf;

/// The programs found on the search path.
pub struct Tools {
    folders: Vec<PathBuf>,
    open_to_all: bool,
    home: Option<PathBuf>,
}

impl Tools {
    /// Looks on the search path. `open_to_all` prefers programs that any user may run.
    pub fn find(open_to_all: bool) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Self {
            folders: std::env::split_paths(&path).collect(),
            open_to_all,
            home,
        }
    }

    /// The program of this name; else the word that says it is missing.
    pub fn program(&self, name: &str) -> Result<PathBuf, String> {
        let found: Vec<PathBuf> = self
            .folders
            .iter()
            .map(|folder| folder.join(name))
            .filter(|p| p.is_file())
            .collect();
        let open = found
            .iter()
            .find(|path| path.canonicalize().is_ok_and(|path| open_to_all(&path)));
        let preferred = open.filter(|_| self.open_to_all).or(found.first());
        preferred
            .cloned()
            .ok_or_else(|| format!("`{name}` is not on the PATH"))
    }

    /// Whether Python can import a module.
    pub fn has_python_module(&self, name: &str) -> bool {
        let Ok(python) = self.program("python3") else {
            return false;
        };
        let arguments = ["-I", "-c", &format!("import {name}")];
        let status = std::process::Command::new(python)
            .args(arguments)
            .stderr(std::process::Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    /// Where rustup keeps its compilers, as a variable.
    pub fn rustup(&self) -> Option<(String, String)> {
        self.variable("RUSTUP_HOME", ".rustup")
    }

    /// A variable that names a folder of this user's, whose usual place is `inside` the home;
    /// `None` where there is none.
    pub fn variable(&self, name: &str, inside: &str) -> Option<(String, String)> {
        let folder = std::env::var_os(name).map(PathBuf::from);
        let folder = folder.or_else(|| Some(self.home.as_ref()?.join(inside)))?;
        folder
            .is_dir()
            .then(|| (name.to_owned(), folder.to_string_lossy().into_owned()))
    }
}
