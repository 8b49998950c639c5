//! How far `nigh fix` verifies fixes beyond what the text shows: the model, the language's own
//! checker, the user's tests.
//!
//! The fixes of a file are first verified all together, as they are applied together; if that
//! fails, one by one. A fix that does not reach the level is left out, with the reason on standard
//! error.

use super::open_model;
use super::source::Source;
use crate::model_choice::ModelChoice;
use assistant::model::EngineModel;
use bugs::model_checks::is_likelier;
use bugs::{Bug, Level};
use checks::{CheckTarget, Checks, TestSuite, Verdict};
use std::path::{Path, PathBuf};
use workspace::{cache_folder, root_of};

/// What a fix has to reach.
pub struct Verification {
    level: Level,
    model: Option<EngineModel>,
    checks: Option<Checks>,
    test: Option<String>,
    workspace: Option<PathBuf>,
    suite: Option<(PathBuf, TestSuite)>,
}

/// The highest step that was reached, and what the steps above the names are called; or why that is
/// too low.
type Reached = Result<(Level, Vec<String>), String>;

impl Verification {
    /// Makes ready what the level needs. The error says what is not there.
    pub fn new(
        level: Level,
        choice: &ModelChoice,
        test: Option<String>,
        workspace: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let model = if level == Level::Model {
            Some(open_model(choice)?)
        } else {
            None
        };
        let folder = cache_folder().map(|folder| folder.join("nigh").join("checks"));
        let checks = if level >= Level::Checker {
            Some(Checks::new(folder)?)
        } else {
            None
        };
        let workspace = workspace.as_deref().map(super::workspace).transpose()?;
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

    /// Those of the bugs of a file whose fixes reach the level, together.
    pub fn filter(&mut self, source: &Source, mut bugs: Vec<Bug>) -> anyhow::Result<Vec<Bug>> {
        bugs.retain(|bug| bug.level >= self.level.min(Level::Names));
        if self.level <= Level::Names || bugs.is_empty() {
            return Ok(bugs);
        }
        if let Ok(reached) = self.reached(source, &bugs)? {
            return Ok(bugs.into_iter().map(|bug| marked(bug, &reached)).collect());
        }
        let mut passing = Vec::new();
        for bug in bugs {
            match self.reached(source, std::slice::from_ref(&bug))? {
                Ok(reached) => passing.push(marked(bug, &reached)),
                Err(why) => {
                    let (line, _) = source.place(bug.finding.range.start);
                    eprintln!(
                        "{}:{line}: left out: {}: {why}",
                        source.path.display(),
                        bug.finding.title
                    );
                }
            }
        }
        while passing.len() > 1 && self.reached(source, &passing)?.is_err() {
            passing.pop();
        }
        Ok(passing)
    }

    /// How far these fixes were checked together.
    fn reached(&mut self, source: &Source, bugs: &[Bug]) -> anyhow::Result<Reached> {
        let Some(edits) = source.edits(bugs) else {
            return Ok(Err("its edits cannot be applied".into()));
        };
        let mut further = Vec::new();
        if let Some(model) = &mut self.model {
            if !is_likelier(source.snapshot(), &edits, model)? {
                return Ok(Err("the model does not prefer the new text".into()));
            }
            further.push("model".to_owned());
        }
        let new = source.fixed(bugs);
        let path = std::path::absolute(&source.path)?;
        let root = self.workspace.clone().unwrap_or_else(|| root_of(&path));
        if let Some(checks) = &self.checks {
            let language = source
                .snapshot()
                .syntax
                .as_ref()
                .map_or("", |syntax| syntax.grammar.id);
            let place = CheckTarget {
                path: path.clone(),
                root: root.clone(),
                language: language.to_owned(),
                others: Vec::new(),
            };
            match checks.check(&place, &source.text, &new) {
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

fn marked(bug: Bug, (level, further): &(Level, Vec<String>)) -> Bug {
    Bug {
        level: *level,
        passed_checks: further.clone(),
        ..bug
    }
}
