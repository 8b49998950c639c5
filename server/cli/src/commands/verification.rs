//! How far `nigh fix` verifies fixes beyond what the text shows: the model, the language's own
//! checker, the user's tests.
//!
//! The fixes of a file are first verified all together, as they are applied together; if that
//! fails, one by one. The model reads only the lines around a fix, so it is asked about those that
//! are near each other. A fix that does not reach the level is left out, with the reason on
//! standard error.

use super::open_model;
use super::progress::bar;
use super::source::Source;
use crate::model_choice::ModelChoice;
use assistant::model::EngineModel;
use bugs::model_checks::is_likelier;
use bugs::{Bug, Level};
use checks::{CheckTarget, Checks, TestSuite, Verdict};
use indicatif::ProgressBar;
use std::ops::Range;
use std::path::{Path, PathBuf};
use text::apply;
use workspace::{cache_folder, root_of};

/// The most bytes from the first edit to the last one that the model is asked about together.
const MAX_NEAR: usize = 2 << 10;

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

    /// Those of the bugs of a file whose fixes reach the level, together. A terminal shows how far
    /// it is.
    pub fn filter(&mut self, source: &Source, mut bugs: Vec<Bug>) -> anyhow::Result<Vec<Bug>> {
        bugs.retain(|bug| bug.level >= self.level.min(Level::Names));
        if self.level <= Level::Names || bugs.is_empty() {
            return Ok(bugs);
        }
        let bar = bar(bugs.len())?;
        let groups = match self.level {
            Level::Model => neighbours(bugs),
            _ => vec![bugs],
        };
        let mut passing = Vec::new();
        for group in groups {
            let end = bar.position() + group.len() as u64;
            passing.extend(self.filter_group(source, group, &bar)?);
            bar.set_position(end);
        }
        bar.finish_and_clear();
        Ok(passing)
    }

    fn filter_group(
        &mut self,
        source: &Source,
        bugs: Vec<Bug>,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<Bug>> {
        if bugs.len() > 1
            && let Ok(reached) = self.reached(source, &bugs)?
        {
            return Ok(bugs.into_iter().map(|bug| marked(bug, &reached)).collect());
        }
        let mut passing = Vec::new();
        for bug in bugs {
            match self.reached(source, std::slice::from_ref(&bug))? {
                Ok(reached) => passing.push(marked(bug, &reached)),
                Err(why) => {
                    let (line, _) = source.place(bug.finding.range.start);
                    let (path, title) = (source.path.display(), &bug.finding.title);
                    bar.suspend(|| eprintln!("{path}:{line}: left out: {title}: {why}"));
                }
            }
            bar.inc(1);
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
        let new = apply(&source.text, &edits);
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
