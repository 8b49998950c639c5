//! How a project is built, tested, run, checked and installed: the lines of its own files that say
//! so.
//!
//! Nothing is known of tools but the words that their commands begin with (`commands.txt`). Files
//! that are meant to be run come first: scripts, targets, continuous integration, then documents.

use super::places::{Place, Quotes, count, exact};
use crate::Answer;
use index::Index;
use std::sync::LazyLock;

/// What one wants to do.
#[derive(Default)]
struct Task {
    name: &'static str,
    /// Words of questions that mean it, the longest first.
    asked: Vec<&'static str>,
    /// Names of scripts and targets, as beginnings.
    scripts: Vec<&'static str>,
    /// What commands contain.
    commands: Vec<&'static str>,
}

/// The list in `commands.txt`.
#[derive(Default)]
struct Tasks {
    all: Vec<Task>,
    /// What a question of this kind begins with.
    how: Vec<&'static str>,
    /// Words of the question that change nothing.
    plain: Vec<&'static str>,
    plain_wide: Vec<&'static str>,
    /// Names of files in lower case, of documents without ending.
    targets: Vec<&'static str>,
    sections: Vec<&'static str>,
    continuous: Vec<&'static str>,
    documents: Vec<&'static str>,
}

fn tasks() -> &'static Tasks {
    static TASKS: LazyLock<Tasks> = LazyLock::new(|| {
        let mut tasks = Tasks::default();
        for line in include_str!("commands.txt").lines() {
            let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
            let words: Vec<&str> = rest.split('|').filter(|word| !word.is_empty()).collect();
            match (what, tasks.all.last_mut()) {
                ("task", _) => tasks.all.push(Task {
                    name: rest,
                    ..Task::default()
                }),
                ("asked", Some(task)) => task.asked = words,
                ("scripts", Some(task)) => task.scripts = words,
                ("commands", Some(task)) => task.commands = words,
                ("how", _) => tasks.how = words,
                ("plain", _) => tasks.plain = words,
                ("plain-wide", _) => tasks.plain_wide = words,
                ("targets", _) => tasks.targets = words,
                ("sections", _) => tasks.sections = words,
                ("continuous", _) => tasks.continuous = words,
                ("documents", _) => tasks.documents = words,
                _ => {}
            }
        }
        for task in &mut tasks.all {
            task.asked
                .sort_by_key(|words| std::cmp::Reverse(words.len()));
        }
        tasks
    });
    &TASKS
}

/// The task that a tidy question asks for.
fn task(question: &str) -> Option<&'static Task> {
    let lower = question.to_ascii_lowercase();
    let rest = tasks().how.iter().find_map(|how| lower.strip_prefix(how))?;
    tasks().all.iter().find(|task| {
        task.asked.iter().any(|words| {
            let Some(at) = rest.find(*words) else {
                return false;
            };
            let other = format!("{} {}", &rest[..at], &rest[at + words.len()..]);
            other
                .split_whitespace()
                .all(|word| tasks().plain.contains(&word) || is_plain_wide(word))
        })
    })
}

fn is_plain_wide(word: &str) -> bool {
    let mut rest = word.to_owned();
    for plain in &tasks().plain_wide {
        rest = rest.replace(plain, "");
    }
    rest.is_empty()
}

/// How something is done in the project, if the question asks that and its files say so.
pub(crate) fn answer(index: &Index, question: &str) -> Option<Answer> {
    let task = task(question)?;
    let mut places = Vec::new();
    for (path, _) in index
        .files()
        .filter(|(path, _)| !path.starts_with(super::facts::DEPENDENCY))
    {
        let Some(kind) = FileKind::of(path) else {
            continue;
        };
        let text = index.text(path).unwrap_or_default();
        let depth = path.matches('/').count().min(6) as u8;
        let lines = kind.lines(text, task);
        let rank = kind as u8 * 16 + depth * 2;
        places.extend(
            lines
                .into_iter()
                .take(8)
                .map(|(line, rest)| Place::new(path, line, rank + u8::from(rest))),
        );
    }
    let mut quotes = Quotes::new(index);
    exact(
        |number| {
            format!(
                "{} how to {} this project",
                count(number, "place"),
                task.name
            )
        },
        places,
        |place| quotes.line(place, "", format!("how to {}", task.name)),
    )
}

/// What kind of file says how something is done.
#[derive(Clone, Copy)]
enum FileKind {
    Scripts,
    Targets,
    Sections,
    Continuous,
    Document,
}

impl FileKind {
    fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let files = |list: &[&str]| list.contains(&name.as_str());
        let (stem, ending) = name.split_once('.').unwrap_or((&name, ""));
        let lists = tasks();
        if path.contains("node_modules/") {
            None
        } else if name == "package.json" {
            Some(Self::Scripts)
        } else if files(&lists.targets) || ending == "mk" {
            Some(Self::Targets)
        } else if files(&lists.sections) {
            Some(Self::Sections)
        } else if files(&lists.continuous)
            || path.contains(".github/workflows/")
            || path.contains(".circleci/")
        {
            Some(Self::Continuous)
        } else {
            let is_document = matches!(ending, "" | "md" | "rst" | "txt");
            (is_document && lists.documents.contains(&stem)).then_some(Self::Document)
        }
    }

    /// The lines of a file that say how a task is done.
    /// Those whose name is not the task's own are marked.
    fn lines(self, text: &str, task: &Task) -> Vec<(usize, bool)> {
        let mut in_scripts = false;
        let mut found = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let body = line.trim();
            let fits = match self {
                Self::Scripts => {
                    let is_key = super::config::declared(body);
                    let depth = line.len() - line.trim_start().len();
                    let was = in_scripts;
                    in_scripts = is_key == Some("scripts") || in_scripts && !body.starts_with('}');
                    was && depth > 0 && is_key.is_some_and(|name| is_script(name, task))
                }
                Self::Targets => {
                    let target = line.split([':', ' ']).next().unwrap_or_default();
                    let is_target = line.contains(':')
                        && !line.starts_with(['\t', ' ', '#', '.'])
                        && !line.contains(":=");
                    is_target && is_script(target, task)
                }
                Self::Sections => {
                    let session = body
                        .strip_prefix("def ")
                        .and_then(|rest| rest.split('(').next());
                    session.is_some_and(|name| is_script(name, task)) || is_command(body, task)
                }
                Self::Continuous | Self::Document => is_command(body, task),
            };
            if fits {
                let own = task
                    .scripts
                    .first()
                    .is_some_and(|name| super::config::declared(body) == Some(*name));
                found.push((number, !own));
            }
        }
        found
    }
}

/// Whether a script or target of this name does the task.
fn is_script(name: &str, task: &Task) -> bool {
    let mut parts = name.split([':', '-', '_', '.']);
    parts
        .next()
        .is_some_and(|first| task.scripts.contains(&first))
        || task.scripts.contains(&name)
}

/// Whether a line is a command that does the task.
fn is_command(line: &str, task: &Task) -> bool {
    let words = ["#", "//", "|"];
    if words.iter().any(|mark| line.starts_with(mark)) || line.len() > 200 {
        return false;
    }
    let command = line.trim_start_matches(['-', '$', '>', '*', '`', '"', '\'', ' ']);
    let command = [
        "run:",
        "script:",
        "commands =",
        "commands=",
        "run ",
        "command:",
        "uv run ",
        "python -m ",
        "sudo ",
        "poetry run ",
        "python3 -m ",
        "py -m ",
        "hatch run ",
    ]
    .iter()
    .fold(command, |rest, before| {
        rest.strip_prefix(before)
            .unwrap_or(rest)
            .trim_start_matches([' ', '|', '"', '\''])
    });
    let begins = |words: &&str| {
        command.strip_prefix(words.trim_end()).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || "=_-.".contains(c))
                || words.ends_with(['/', '-', '_'])
        })
    };
    let marked = line.contains('`');
    let quoted = |words: &&str| {
        (marked || words.contains(' '))
            && line
                .find(*words)
                .is_some_and(|at| words.contains(' ') || line[..at].ends_with('`'))
    };
    task.commands
        .iter()
        .any(|words| begins(words) || quoted(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_asked_for_in_both_languages() {
        let name = |question: &str| task(question).map(|task| task.name);
        assert_eq!(name("how do I run the tests"), Some("test"));
        assert_eq!(name("how do I run a single test"), Some("one test"));
        assert_eq!(name("怎么运行测试"), Some("test"));
        assert_eq!(name("如何构建这个项目"), Some("build"));
        assert_eq!(name("how to install the dependencies"), Some("install"));
        assert_eq!(name("how do I run the tests against postgres"), None);
        assert_eq!(name("how do tests work"), None);
    }
}
