//! Where a user's folders are: the home folder and the variables that move other programs' stores.
//!
//! `stores/` asks it for places. Tests make one of a temporary folder; the program makes one of its
//! own environment.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The systems whose folders differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and everything like it.
    Unix,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// The home folder of a user, and the environment variables.
#[derive(Clone, Debug)]
pub struct UserFolders {
    system: System,
    home: Option<PathBuf>,
    variables: HashMap<String, OsString>,
    /// The folders of services, which belong to no user.
    pub(crate) services: PathBuf,
}

impl UserFolders {
    /// Those of this process.
    pub fn of_process() -> Self {
        let system = if cfg!(windows) {
            System::Windows
        } else if cfg!(target_os = "macos") {
            System::MacOs
        } else {
            System::Unix
        };
        let variables = std::env::vars_os();
        Self {
            system,
            home: std::env::home_dir(),
            variables: variables
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
            services: PathBuf::from("/usr/share"),
        }
    }

    /// Those of a system, with everything in one folder. No variable is set.
    pub fn at(system: System, home: &Path) -> Self {
        Self {
            system,
            home: Some(home.to_owned()),
            variables: HashMap::new(),
            services: home.join("services"),
        }
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The system whose folders these are.
    pub fn system(&self) -> System {
        self.system
    }

    /// A path in the home folder.
    pub fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }

    /// A variable, if it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// The folder that a variable names: an absolute path, or one that begins with `~/`.
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.variable(name)?);
        match path.strip_prefix("~") {
            Ok(rest) => self.home.as_ref().map(|home| home.join(rest)),
            Err(_) => Some(path).filter(|path| path.is_absolute()),
        }
    }

    /// `$XDG_CACHE_HOME`, or `~/.cache`.
    pub fn xdg_cache(&self) -> Option<PathBuf> {
        self.folder("XDG_CACHE_HOME")
            .or_else(|| self.in_home(".cache"))
    }

    /// The folder for settings that a user makes, such as `~/.config`.
    pub fn configuration(&self) -> Option<PathBuf> {
        match self.system {
            System::Windows => self.folder("APPDATA"),
            System::MacOs => self
                .folder("XDG_CONFIG_HOME")
                .or_else(|| self.in_home("Library/Application Support")),
            System::Unix => self
                .folder("XDG_CONFIG_HOME")
                .or_else(|| self.in_home(".config")),
        }
    }

    /// The folder for data that a program keeps for its user, such as `~/.local/share`.
    pub fn data(&self) -> Option<PathBuf> {
        match self.system {
            System::Windows => self.folder("LOCALAPPDATA"),
            System::MacOs => self
                .folder("XDG_DATA_HOME")
                .or_else(|| self.in_home("Library/Application Support")),
            System::Unix => self
                .folder("XDG_DATA_HOME")
                .or_else(|| self.in_home(".local/share")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_from_variables_and_else_from_the_home_folder() {
        let home = Path::new(if cfg!(windows) { "C:\\u" } else { "/u" });
        let other = home.join("other");
        let unix = UserFolders::at(System::Unix, home);
        assert_eq!(unix.configuration(), Some(home.join(".config")));
        assert_eq!(unix.data(), Some(home.join(".local/share")));
        assert_eq!(unix.xdg_cache(), Some(home.join(".cache")));
        let moved = unix.with("XDG_CONFIG_HOME", other.as_os_str());
        assert_eq!(moved.configuration(), Some(other));
        let mac = UserFolders::at(System::MacOs, home);
        let support = home.join("Library/Application Support");
        assert_eq!(mac.configuration(), Some(support));
        let windows = UserFolders::at(System::Windows, home).with("APPDATA", home.join("roaming"));
        assert_eq!(windows.configuration(), Some(home.join("roaming")));
        assert_eq!(windows.data(), None, "LOCALAPPDATA is not set");
    }

    #[test]
    fn a_variable_may_begin_at_home_but_not_anywhere() {
        let home = Path::new(if cfg!(windows) { "C:\\u" } else { "/u" });
        let folders = UserFolders::at(System::Unix, home)
            .with("A", "~/models")
            .with("B", "models")
            .with("C", "");
        assert_eq!(folders.folder("A"), Some(home.join("models")));
        assert_eq!(folders.folder("B"), None, "relative to what?");
        assert_eq!(folders.folder("C"), None);
        assert_eq!(folders.folder("D"), None);
    }
}
