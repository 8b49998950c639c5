//! `fix`: a diff for each file, of the fixes that reach a level, and why the others do not.
//!
//! Programs run and files are written only if whoever started the server allowed it. What does not
//! fit into the answer is not written either: an agent must know what it changes.

use super::diagnose::search;
use super::places::bug_item;
use crate::arguments::Arguments;
use crate::project::{Project, ReadFile, short_hash};
use crate::reply::{Reply, ReplyItem};
use crate::stop::Stop;
use assistant::fixing::Verification;
use bugs::{Bug, Level};
use serde_json::json;

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let paths = arguments.paths("paths")?;
    let applies = arguments.flag("apply")?;
    if applies && !project.allowed.apply {
        return Err(
            "nothing may be written: apply the diff yourself, or have the server started \
                    with --allow-apply"
                .into(),
        );
    }
    let mut verification = verification(project, arguments.number("level", 1..=5)?)?;
    let mut reply = Reply::new(arguments.budget()?, &["diffs", "dropped"]);
    let found = search(project, &paths, stop, &mut reply)?;
    let (mut fixed, mut dropped) = (0, Vec::new());
    for (file, bugs) in found.with_bugs {
        let verified = verification.filter(&file.file, bugs, &mut |_| stop.goes_on());
        let verified = verified.map_err(|error| format!("{}: {error:#}", file.name))?;
        if !stop.goes_on() {
            reply.incomplete(format!("{}: time was up", file.name));
        }
        if !verified.passing.is_empty() {
            fixed += add_diff(project, &mut reply, &file, &verified.passing, applies)?;
        }
        let with_file = |(bug, why)| (bug_item(&file, &bug), why);
        dropped.extend(verified.left_out.into_iter().map(with_file));
    }
    let level = verification.level() as u8;
    let done = if applies { "applied" } else { "in the diff" };
    reply.summary(&format!(
        "{fixed} fixes {done} reach level {level}; {} dropped.",
        dropped.len()
    ));
    for (item, why) in dropped {
        reply.add("dropped", with_reason(item, &why));
    }
    Ok(reply)
}

/// What the level needs, if it is allowed.
fn verification(project: &Project, level: Option<u64>) -> Result<Verification, String> {
    let level = match level {
        Some(1) => Level::Parses,
        None | Some(2) => Level::Names,
        Some(3) => Level::Model,
        Some(4) => Level::Checker,
        Some(_) => Level::Tests,
    };
    let test = project.allowed.test.clone();
    if level >= Level::Checker && !project.allowed.checks {
        return Err(
            "levels 4 and 5 run programs: have the server started with --allow-checks".into(),
        );
    }
    if level == Level::Tests && test.is_none() {
        return Err("level 5 runs tests: have the server started with --test 'COMMAND'".into());
    }
    let model = match level {
        Level::Model => Some((project.open_model)().map_err(|error| format!("{error:#}"))?),
        _ => None,
    };
    let root = Some(project.root.clone());
    Verification::new(level, model, test, root).map_err(|error| format!("{error:#}"))
}

/// Adds the diff of one file, and writes it if it fits and that is asked for. Gives how many fixes
/// it has.
fn add_diff(
    project: &Project,
    reply: &mut Reply,
    file: &ReadFile,
    bugs: &[Bug],
    applies: bool,
) -> Result<usize, String> {
    let new = file.file.fixed(bugs);
    let diff = file.file.diff(&new, &project.root);
    let diff = diff.map_err(|error| format!("{}: {error:#}", file.name))?;
    let titles: Vec<String> = bugs.iter().map(Bug::title).collect();
    let hash = match applies {
        true => short_hash(file.file.whole(&new).as_bytes()),
        false => file.hash.clone(),
    };
    let item = ReplyItem {
        file: Some((file.name.clone(), hash)),
        json: json!({"path": file.name, "diff": diff, "fixes": titles}),
        text: format!("{diff}# {}", titles.join("\n# ")),
    };
    if !reply.add("diffs", item) {
        // An item of several fixes is counted once.
        reply.leave_out(bugs.len() - 1);
        return Ok(0);
    }
    if applies {
        let is_as_read = project
            .state(&file.name)
            .is_some_and(|(hash, _)| hash == file.hash);
        if !is_as_read {
            return Err(format!(
                "`{}` changed meanwhile; nothing was written to it",
                file.name
            ));
        }
        let written = file.file.write(&new);
        written.map_err(|error| format!("`{}` was not written: {error:#}", file.name))?;
    }
    Ok(bugs.len())
}

fn with_reason(mut item: ReplyItem, why: &str) -> ReplyItem {
    item.json["why"] = json!(why);
    item.text = format!("dropped: {}\n  why: {why}", item.text);
    item
}
