//! How far fixes are verified beyond what the text shows: the model, the language's own checker,
//! the user's tests.
//!
//! The fixes of a file are first verified all together, as they are applied together; if that
//! fails, one by one. The model reads only the lines around a fix, so it is asked about those that
//! are near each other. A fix that does not reach the level is left out, with the reason. Whoever
//! calls this with a level from [`Level::Checker`] on was allowed to run programs.

use super::disk_file::DiskFile;
use crate::model::EngineModel;
use bugs::model_checks::is_likelier;
use bugs::{Bug, Level};
use checks::{CheckTarget, Checks, TestSuite, Verdict};
use std::ops::Range;
use std::path::{Path, PathBuf};
use text::apply;
use workspace::{cache_folder, root_of};

/// The most bytes from the first edit to the last one that the model is asked about together.
const MAX_NEAR: usize = 2 << 10;

/// What a fix has to reach, and what is needed to find out.
pub struct Verification {
    level: Level,
    model: Option<EngineModel>,
    checks: Option<Checks>,
    test: Option<String>,
    workspace: Option<PathBuf>,
    suite: Option<(PathBuf, TestSuite)>,
}

/// The fixes of a file, by whether they reach the level.
#[derive(Default)]
pub struct VerifiedFixes {
    /// Those that reach it together.
    pub passing: Vec<Bug>,
    /// The others, each with the reason.
    pub left_out: Vec<(Bug, String)>,
}

/// The highest step that was reached, and what the steps above the names are called; or why that is
/// too low.
type Reached = Result<(Level, Vec<String>), String>;

impl Verification {
    /// Makes ready what the level needs: the model for [`Level::Model`], the command of the tests
    /// for [`Level::Tests`]. Without a workspace, that around each file is copied.
    ///
    /// # Errors
    ///
    /// If programs cannot be confined here.
    pub fn new(
        level: Level,
        model: Option<EngineModel>,
        test: Option<String>,
        workspace: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let folder = cache_folder().map(|folder| folder.join("nigh").join("checks"));
        let checks = if level >= Level::Checker {
            Some(Checks::new(folder)?)
        } else {
            None
        };
        Ok(Self {
            level,
            model,
            checks,
            test,
            workspace,
            suite: None,
        })
    }

    /// What a fix has to reach.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Which bugs of a file have fixes that reach the level, together. `goes_on` is given how many
    /// were looked at; what is left when it says no is left out.
    ///
    /// # Errors
    ///
    /// If the model or the sandbox fails.
    pub fn filter(
        &mut self,
        file: &DiskFile,
        bugs: Vec<Bug>,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> anyhow::Result<VerifiedFixes> {
        let mut found = VerifiedFixes::default();
        let least = self.level.min(Level::Names);
        let (bugs, low): (Vec<Bug>, Vec<Bug>) =
            bugs.into_iter().partition(|bug| bug.level >= least);
        let why = "it is not known to use only names that exist";
        found
            .left_out
            .extend(low.into_iter().map(|bug| (bug, why.to_owned())));
        if self.level <= Level::Names {
            found.passing = bugs;
            return Ok(found);
        }
        let groups = match self.level {
            Level::Model => neighbours(bugs),
            _ => vec![bugs],
        };
        let mut done = 0;
        for group in groups {
            let end = done + group.len();
            self.filter_group(file, group, &mut found, &mut |count| goes_on(done + count))?;
            done = end;
        }
        Ok(found)
    }

    fn filter_group(
        &mut self,
        file: &DiskFile,
        bugs: Vec<Bug>,
        found: &mut VerifiedFixes,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> anyhow::Result<()> {
        let count = bugs.len();
        if count > 1
            && goes_on(0)
            && let Ok(reached) = self.reached(file, &bugs)?
        {
            let bugs = bugs.into_iter().map(|bug| marked(bug, &reached));
            found.passing.extend(bugs);
            goes_on(count);
            return Ok(());
        }
        let mut passing = Vec::new();
        for (at, bug) in bugs.into_iter().enumerate() {
            if !goes_on(at) {
                found.left_out.push((bug, "the check was stopped".into()));
                continue;
            }
            match self.reached(file, std::slice::from_ref(&bug))? {
                Ok(reached) => passing.push(marked(bug, &reached)),
                Err(why) => found.left_out.push((bug, why)),
            }
        }
        while passing.len() > 1 && self.reached(file, &passing)?.is_err() {
            let why = "it does not pass together with the others".to_owned();
            found.left_out.extend(passing.pop().map(|bug| (bug, why)));
        }
        found.passing.extend(passing);
        goes_on(count);
        Ok(())
    }

    /// How far these fixes were checked together.
    fn reached(&mut self, file: &DiskFile, bugs: &[Bug]) -> anyhow::Result<Reached> {
        let Some(edits) = file.edits(bugs) else {
            return Ok(Err("its edits cannot be applied".into()));
        };
        let mut further = Vec::new();
        if let Some(model) = &mut self.model {
            if !is_likelier(file.snapshot(), &edits, model)? {
                return Ok(Err("the model does not prefer the new text".into()));
            }
            further.push("model".to_owned());
        }
        let new = apply(&file.text, &edits);
        let path = std::path::absolute(&file.path)?;
        let root = self.workspace.clone().unwrap_or_else(|| root_of(&path));
        if let Some(checks) = &self.checks {
            let syntax = file.snapshot().syntax.as_ref();
            let language = syntax.map_or("", |syntax| syntax.grammar.id);
            let place = CheckTarget {
                path: path.clone(),
                root: root.clone(),
                language: language.to_owned(),
                others: Vec::new(),
            };
            match checks.check(&place, &file.text, &new) {
                Verdict::Passed(name) => further.push(name.to_owned()),
                Verdict::Worse(name) => {
                    return Ok(Err(format!("{name} reports more errors with it")));
                }
                Verdict::Inconclusive(why) if self.level == Level::Checker => return Ok(Err(why)),
                Verdict::Inconclusive(_) => {}
            }
        }
        if self.level == Level::Tests {
            match self.tested(&root, &path, &new)? {
                Verdict::Passed(name) => further.push(name.to_owned()),
                Verdict::Worse(_) => return Ok(Err("the tests fare worse with it".into())),
                Verdict::Inconclusive(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok((self.level, further)))
    }

    /// What the tests say of a text; how they fare without it is kept for the next file of the
    /// workspace.
    fn tested(&mut self, root: &Path, path: &Path, new: &str) -> anyhow::Result<Verdict> {
        let (Some(checks), Some(test)) = (&self.checks, &self.test) else {
            return Ok(Verdict::Inconclusive("no tests were given".into()));
        };
        if self.suite.as_ref().is_none_or(|(of, _)| of != root) {
            self.suite = Some((root.to_owned(), TestSuite::begin(checks, root, test)?));
        }
        match &self.suite {
            Some((_, suite)) => suite.check(checks, path, new),
            None => Ok(Verdict::Inconclusive("the tests were not run".into())),
        }
    }
}

/// The bugs in the order of the text, in groups whose edits are near each other.
fn neighbours(bugs: Vec<Bug>) -> Vec<Vec<Bug>> {
    let mut groups: Vec<(Range<usize>, Vec<Bug>)> = Vec::new();
    for bug in bugs {
        let ranges = || bug.finding.edits.iter().map(|edit| &edit.range);
        let start = ranges().map(|range| range.start).min();
        let end = ranges().map(|range| range.end).max();
        let own = start.unwrap_or_default()..end.unwrap_or_default();
        if let Some((near, group)) = groups.last_mut() {
            let both = near.start.min(own.start)..near.end.max(own.end);
            if both.len() <= MAX_NEAR {
                *near = both;
                group.push(bug);
                continue;
            }
        }
        groups.push((own, vec![bug]));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn marked(bug: Bug, (level, further): &(Level, Vec<String>)) -> Bug {
    Bug {
        level: *level,
        passed_checks: further.clone(),
        ..bug
    }
}
