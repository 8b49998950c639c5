//! Does a program pass its tests? Puts answer and tests together and runs them in the sandbox
//! (`../../../sandbox/`).
//!
//! `infill.rs` and `repair.rs` ask [`Trials::passes`], case by case. How a language is built and
//! run is in `recipes.rs`, how a set of cases writes its tests in `suite.rs`. A language whose
//! tools are not installed, or tests that need what is not there, give no verdict: such cases are
//! counted as not run and named by [`Trials::tell_missing`], never as failed.

mod recipes;
mod suite;
#[cfg(test)]
mod tests;

use checks::sandbox::{End, Sandbox, Tools, Workdir};
use recipes::Recipe;
use std::collections::BTreeMap;
use suite::Plan;
pub use suite::Tests;

/// Runs answers, and keeps account of what could not be run.
pub struct Trials {
    sandbox: Sandbox,
    tools: Tools,
    missing: BTreeMap<String, usize>,
}

/// What is tried.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The language as the cases name it.
    pub language: &'a str,
    /// The function or class that is tested, where the tests do not name it themselves.
    pub entry_point: &'a str,
    /// The tests.
    pub tests: &'a Tests,
}

/// What came of trying a program of which the right version is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialResult {
    /// It passes.
    Passed,
    /// It does not, and the right version does.
    Failed,
    /// Not even the right version passes: the case says nothing.
    Void,
    /// The tools are missing.
    NotRun,
}

impl Trials {
    /// A sandbox, and the tools found on the search path.
    pub fn new() -> anyhow::Result<Self> {
        let sandbox = Sandbox::new()?;
        sandbox
            .missing_protections()
            .iter()
            .for_each(|missing| eprintln!("{missing}"));
        let tools = Tools::find(sandbox.means.root);
        Ok(Self {
            sandbox,
            tools,
            missing: BTreeMap::new(),
        })
    }

    /// Whether the tests can be run here; counts them as not run if they cannot.
    pub fn can_run(&mut self, subject: &Subject<'_>) -> bool {
        match suite::plan(subject, "", &self.tools) {
            Ok(_) => true,
            Err(missing) => {
                *self.missing.entry(missing).or_default() += 1;
                false
            }
        }
    }

    /// Tries several versions, the best first, until one passes; if none does, the `right` one, to
    /// know what that means. Gives the number of the version that passed.
    pub fn first_passing(
        &mut self,
        subject: &Subject<'_>,
        versions: &[String],
        right: &str,
    ) -> anyhow::Result<(TrialResult, Option<usize>)> {
        if !self.can_run(subject) {
            return Ok((TrialResult::NotRun, None));
        }
        for (number, version) in versions.iter().enumerate() {
            if self.passes(subject, version)? {
                return Ok((TrialResult::Passed, Some(number)));
            }
        }
        let failed_already = versions.iter().any(|version| version == right);
        let sound = !failed_already && self.passes(subject, right)?;
        Ok((
            if sound {
                TrialResult::Failed
            } else {
                TrialResult::Void
            },
            None,
        ))
    }

    /// Whether a program passes; its tools must be there.
    pub fn passes(&self, subject: &Subject<'_>, source: &str) -> anyhow::Result<bool> {
        let Plan { recipe, checks } =
            suite::plan(subject, source, &self.tools).map_err(anyhow::Error::msg)?;
        let room = self.sandbox.room()?;
        for (name, text) in &recipe.files {
            room.write(name, text)?;
        }
        for build in &recipe.builds {
            if room.run(build, "")?.end != End::Exit(0) {
                return Ok(false);
            }
        }
        for check in &checks {
            if !self.check(&room, &recipe, check)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check(&self, room: &Workdir, recipe: &Recipe, check: &suite::Check) -> anyhow::Result<bool> {
        let ran = room.run(&recipe.run, &check.input)?;
        let silent = recipe
            .complaint
            .is_none_or(|complaint| !ran.stderr.contains(complaint));
        let output_words: Vec<&str> = ran.stdout.split_whitespace().collect();
        let right = check.outputs.is_empty()
            || check
                .outputs
                .iter()
                .any(|right| right.split_whitespace().eq(output_words.iter().copied()));
        Ok(ran.end == End::Exit(0) && silent && right)
    }

    /// Names on standard error what was missing, and how many cases it kept from running.
    pub fn tell_missing(&self) {
        for (what, cases) in &self.missing {
            eprintln!("not run: {cases} cases, {what}");
        }
    }
}
