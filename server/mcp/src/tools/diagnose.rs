//! `diagnose`: the bugs of files. It says what was not looked at, and never that nothing is wrong
//! before it has looked.

use super::places::bug_item;
use crate::arguments::Arguments;
use crate::project::{Project, ReadFile};
use crate::reply::Reply;
use crate::stop::Stop;
use bugs::{Bug, PATTERNS, PatternSelection};

/// The patterns that are on unless someone chooses.
const USUAL: PatternSelection<'static> = PatternSelection {
    all: false,
    except: &[],
};

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let paths = arguments.paths("paths")?;
    let mut reply = Reply::new(arguments.budget()?, &["bugs"]);
    let found = search(project, &paths, stop, &mut reply)?;
    let bugs: usize = found.with_bugs.iter().map(|(_, bugs)| bugs.len()).sum();
    let files = found.files;
    reply.summary(&match (bugs, reply.is_complete()) {
        (0, true) => format!(
            "No bug found: {} patterns looked at {files} files. No compiler or test was run.",
            PATTERNS.len()
        ),
        (0, false) => format!("No bug found so far, in {files} files; not all was looked at."),
        _ => format!("{bugs} bugs in {files} files."),
    });
    for (file, bugs) in &found.with_bugs {
        for bug in bugs {
            reply.add("bugs", bug_item(file, bug));
        }
    }
    Ok(reply)
}

/// What patterns found in files.
#[derive(Default)]
pub(super) struct FoundBugs {
    /// The files that have bugs, with those.
    pub with_bugs: Vec<(ReadFile, Vec<Bug>)>,
    /// How many files were searched.
    pub files: usize,
}

/// Searches files. The reply says which were read, and what was not looked at.
pub(super) fn search(
    project: &Project,
    paths: &[String],
    stop: &Stop,
    reply: &mut Reply,
) -> Result<FoundBugs, String> {
    if paths.is_empty() {
        return Err("`paths` is missing: name files or folders, such as [\"src\"]".into());
    }
    let named = project.code_files(paths)?;
    let count = named.files.len();
    let mut found = FoundBugs::default();
    for (at, file) in named.files.iter().enumerate() {
        if !stop.goes_on() {
            reply.incomplete(format!("time is up: {} files were not read", count - at));
            break;
        }
        let file = match project.read(file) {
            Ok(file) => file,
            // A file that was named by itself is what the agent wants to know about.
            Err(why) if named.are_named => return Err(why),
            Err(why) => {
                reply.incomplete(why);
                continue;
            }
        };
        reply.read(&file.name, &file.hash);
        if let Some(why) = file.file.why_skipped() {
            reply.incomplete(format!("{}: {why}", file.name));
            continue;
        }
        let search = file.file.search(USUAL, None);
        let search = search.map_err(|error| error.to_string())?;
        for unfinished in &search.unfinished {
            reply.incomplete(format!("{}: {} gave up", file.name, unfinished.code));
        }
        found.files += 1;
        if !search.bugs.is_empty() {
            found.with_bugs.push((file, search.bugs));
        }
    }
    Ok(found)
}
