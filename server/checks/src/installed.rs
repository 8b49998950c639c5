//! Which checkers are on this machine, and what they say of their version: for `nigh doctor`.
//!
//! A program is asked in the sandbox, like a checker that runs: what is answered here works there
//! too.

use super::Checks;
use super::checkers::{CHECKERS, Checker, version};
use crate::sandbox::End;

/// A checker, as far as this machine has it.
pub struct Installed {
    /// What a title calls it.
    pub name: &'static str,
    /// The languages it knows.
    pub languages: Vec<&'static str>,
    /// The line with its version; or why it does not run.
    pub version: Result<String, String>,
}

impl Checks {
    /// All checkers in the order in which they are asked.
    pub fn installed(&self) -> Vec<Installed> {
        let about = |checker: &Checker| Installed {
            name: checker.name,
            languages: checker.languages(),
            version: self.version(checker),
        };
        CHECKERS.iter().map(about).collect()
    }

    /// What programs may do because this system cannot keep them from it.
    pub fn missing_protections(&self) -> Vec<&'static str> {
        self.sandbox.missing_protections()
    }

    fn version(&self, checker: &Checker) -> Result<String, String> {
        let job = version(&self.tools, checker.program)?;
        let ran = self
            .sandbox
            .room()
            .and_then(|room| room.run(&job, ""))
            .map_err(|error| format!("{error:#}"))?;
        let line = ran
            .stdout
            .lines()
            .chain(ran.stderr.lines())
            .map(str::trim)
            .find(|line| !line.is_empty());
        let line = line.unwrap_or("it says nothing").to_owned();
        if ran.end == End::Exit(0) {
            Ok(line)
        } else {
            Err(format!("`{}` fails: {line}", checker.program.join(" ")))
        }
    }
}
