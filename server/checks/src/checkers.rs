//! The checkers, one row each: what runs, where, and how many errors its output reports.
//!
//! `lib.rs` tries those of a language in the order of its `language.toml`. A checker that stops
//! before it has looked at everything returns [`Count::Unknown`]. To add one: a row, a function
//! that makes its job, a test in `tests.rs`, and its name in `checkers` of the language.

use super::CheckTarget;
use crate::sandbox::{End, Job, Memory, Ran, Tools};
use grammars::Grammar;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MEGABYTE: u64 = 1 << 20;
/// How long a checker of one file may take, and of a project, where others keep the processor busy.
const FILE_TIME: Duration = Duration::from_secs(60);
const PROJECT_TIME: Duration = Duration::from_secs(120);

/// A checker.
pub struct Checker {
    /// What a title calls it.
    pub name: &'static str,
    /// The program that runs, and how it is asked for its version.
    pub program: [&'static str; 2],
    /// What it looks at.
    pub scope: CheckScope,
    /// What runs; the error says what is missing.
    pub job: fn(&Run<'_>) -> Result<Job, String>,
    /// What came of it. The path is that of the file that was checked.
    pub count: fn(&Ran, &Path) -> Count,
}

/// What a checker looks at.
#[derive(Clone, Copy)]
pub enum CheckScope {
    /// Only the file.
    File,
    /// The innermost folder around it that has a file of one of these names.
    Project(&'static [&'static str]),
}

/// How many errors there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Errors(usize),
    /// It did not look at everything, and why.
    Unknown(String),
}

/// What a job is made from.
pub struct Run<'a> {
    /// Finds programs.
    pub tools: &'a Tools,
    /// Where the file comes from.
    pub place: &'a CheckTarget,
    /// Its text.
    pub text: &'a str,
    /// The file, from the folder that the checker runs in.
    pub file: &'a str,
}

const PYTHON_PROJECTS: &[&str] = &[
    "pyrightconfig.json",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
];

/// What most programs tell their version for.
const ASK: &str = "--version";

/// All checkers. `language.toml` lists those of a language; the first that can tell counts.
pub const CHECKERS: &[Checker] = &[
    checker(
        "pyright",
        ["pyright", ASK],
        CheckScope::Project(PYTHON_PROJECTS),
        pyright,
        pyright_errors,
    ),
    checker(
        "py_compile",
        ["python3", ASK],
        CheckScope::File,
        py_compile,
        by_status,
    ),
    checker(
        "tsc",
        ["tsc", ASK],
        CheckScope::Project(&["tsconfig.json"]),
        tsc,
        tsc_errors,
    ),
    checker(
        "node --check",
        ["node", ASK],
        CheckScope::File,
        node,
        by_status,
    ),
    checker(
        "cargo check",
        ["cargo", ASK],
        CheckScope::Project(&["Cargo.toml"]),
        cargo,
        cargo_errors,
    ),
    checker(
        "go vet",
        ["go", "version"],
        CheckScope::Project(&["go.mod"]),
        go_vet,
        go_errors,
    ),
    checker(
        "javac",
        ["javac", ASK],
        CheckScope::File,
        javac,
        javac_errors,
    ),
    checker("cc", ["cc", ASK], CheckScope::File, cc, cc_errors),
    checker("c++", ["c++", ASK], CheckScope::File, cpp, cc_errors),
    checker("php -l", ["php", ASK], CheckScope::File, php, by_status),
    checker("ruby -c", ["ruby", ASK], CheckScope::File, ruby, by_status),
];

impl Checker {
    /// The checker of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CHECKERS.iter().find(|checker| checker.name == name)
    }

    /// The ids of the languages that list it.
    pub fn languages(&self) -> Vec<&'static str> {
        let lists =
            |grammar: &&Grammar| grammar.facts.checkers.iter().any(|name| name == self.name);
        grammars::all()
            .iter()
            .filter(lists)
            .map(|grammar| grammar.id)
            .collect()
    }
}

const fn checker(
    name: &'static str,
    program: [&'static str; 2],
    scope: CheckScope,
    job: fn(&Run<'_>) -> Result<Job, String>,
    count: fn(&Ran, &Path) -> Count,
) -> Checker {
    Checker {
        name,
        program,
        scope,
        job,
        count,
    }
}

/// What asks a program for its version.
pub fn version(tools: &Tools, [name, argument]: [&str; 2]) -> Result<Job, String> {
    let mut job = job(tools.program(name)?, &[argument], FILE_TIME);
    job.environment.extend(tools.rustup());
    Ok(job)
}

fn job(program: PathBuf, arguments: &[&str], time: Duration) -> Job {
    Job {
        program,
        folder: PathBuf::new(),
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        environment: Vec::new(),
        time,
        memory: Memory::Written(3072 * MEGABYTE),
        file_bytes: 256 * MEGABYTE,
        processes: 256,
        nice: true,
    }
}

fn variables<const N: usize>(all: [(&str, &str); N]) -> impl Iterator<Item = (String, String)> {
    all.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn pyright(run: &Run) -> Result<Job, String> {
    Ok(job(
        run.tools.program("pyright")?,
        &["--outputjson", run.file],
        PROJECT_TIME,
    ))
}

fn py_compile(run: &Run) -> Result<Job, String> {
    Ok(job(
        run.tools.program("python3")?,
        &["-I", "-m", "py_compile", run.file],
        FILE_TIME,
    ))
}

/// The one of the project, where it has one, else the one on the search path.
fn tsc(run: &Run) -> Result<Job, String> {
    let own = run.place.root.join("node_modules/.bin/tsc");
    let program = if own.is_file() {
        own
    } else {
        run.tools.program("tsc")?
    };
    Ok(job(
        program,
        &["--noEmit", "--pretty", "false", "--project", "."],
        PROJECT_TIME,
    ))
}

fn node(run: &Run) -> Result<Job, String> {
    Ok(job(
        run.tools.program("node")?,
        &["--check", run.file],
        FILE_TIME,
    ))
}

/// Without the settings of the machine, which may load what is not needed to read a file.
fn php(run: &Run) -> Result<Job, String> {
    let arguments = ["-n", "-d", "display_errors=stderr", "-l", run.file];
    Ok(job(run.tools.program("php")?, &arguments, FILE_TIME))
}

/// Warnings are not asked for: they leave the status as it is.
fn ruby(run: &Run) -> Result<Job, String> {
    let arguments = ["--disable=gems", "-W0", "-c", run.file];
    Ok(job(run.tools.program("ruby")?, &arguments, FILE_TIME))
}

/// Its target folder lies in the room and is kept with it.
fn cargo(run: &Run) -> Result<Job, String> {
    let mut arguments = vec!["check", "--offline", "--message-format=json", "--quiet"];
    if run
        .file
        .split('/')
        .any(|part| ["tests", "examples", "benches"].contains(&part))
    {
        arguments.push("--all-targets");
    }
    let mut job = job(run.tools.program("cargo")?, &arguments, PROJECT_TIME);
    job.environment.extend(run.tools.rustup());
    job.environment
        .extend(run.tools.variable("CARGO_HOME", ".cargo"));
    Ok(job)
}

fn go_vet(run: &Run) -> Result<Job, String> {
    let folder = Path::new(run.file)
        .parent()
        .unwrap_or(Path::new(""))
        .to_string_lossy()
        .into_owned();
    let mut job = job(
        run.tools.program("go")?,
        &["vet", &format!("./{folder}")],
        PROJECT_TIME,
    );
    job.environment.extend(variables([
        ("GOPROXY", "off"),
        ("GOSUMDB", "off"),
        ("GOTOOLCHAIN", "local"),
    ]));
    job.environment
        .extend(run.tools.variable("GOMODCACHE", "go/pkg/mod"));
    Ok(job)
}

/// Other classes are read from the source folder that the package's name implies.
fn javac(run: &Run) -> Result<Job, String> {
    let package = run
        .text
        .lines()
        .find_map(|line| line.trim().strip_prefix("package "));
    let parts = package.map_or(0, |name| name.split('.').count());
    let sources = run
        .place
        .path
        .ancestors()
        .nth(parts + 1)
        .unwrap_or(&run.place.root)
        .to_string_lossy()
        .into_owned();
    let fixed = [
        "-J-Xmx1g",
        "-J-XX:+UseSerialGC",
        "-J-XX:TieredStopAtLevel=1",
        "-J-XX:-UsePerfData",
        "-proc:none",
    ];
    let all = [
        &fixed[..],
        &[
            "-nowarn",
            "-implicit:none",
            "-d",
            ".",
            "-sourcepath",
            &sources,
            run.file,
        ],
    ]
    .concat();
    Ok(job(run.tools.program("javac")?, &all, FILE_TIME))
}

fn cc(run: &Run) -> Result<Job, String> {
    compiler(run, "cc", &["-x", "c"])
}

fn cpp(run: &Run) -> Result<Job, String> {
    compiler(run, "c++", &["-x", "c++", "-std=c++20"])
}

fn compiler(run: &Run, program: &str, language: &[&str]) -> Result<Job, String> {
    let folder = |path: &Path| path.to_string_lossy().into_owned();
    let own = folder(run.place.path.parent().unwrap_or(&run.place.root));
    let (root, include) = (
        folder(&run.place.root),
        folder(&run.place.root.join("include")),
    );
    let places = ["-iquote", &own, "-I", &own, "-I", &root, "-I", &include];
    let all = [&["-fsyntax-only", "-w"], language, &places[..], &[run.file]].concat();
    Ok(job(run.tools.program(program)?, &all, FILE_TIME))
}

/// One error where the status says so.
fn by_status(ran: &Ran, _file: &Path) -> Count {
    match ran.end {
        End::Exit(status) => Count::Errors(usize::from(status != 0)),
        _ => stopped(ran),
    }
}

fn stopped(ran: &Ran) -> Count {
    let last = ran
        .stderr
        .lines()
        .chain(ran.stdout.lines())
        .last()
        .unwrap_or_default();
    Count::Unknown(match ran.end {
        End::TimeOut => "it took too long".to_owned(),
        End::Signal(signal) => format!("it was killed by signal {signal}: {last}"),
        End::Exit(status) => format!("it exited with status {status}: {last}"),
    })
}

/// So many errors, as long as the status agrees that there are some or none.
fn agreed(ran: &Ran, errors: usize) -> Count {
    let failed = ran.end != End::Exit(0);
    if failed == (errors > 0) && matches!(ran.end, End::Exit(_)) {
        Count::Errors(errors)
    } else {
        stopped(ran)
    }
}

fn pyright_errors(ran: &Ran, _file: &Path) -> Count {
    let report: Option<Value> = serde_json::from_str(&ran.stdout).ok();
    let errors = report.and_then(|report| report["summary"]["errorCount"].as_u64());
    errors.map_or_else(|| stopped(ran), |errors| agreed(ran, errors as usize))
}

fn tsc_errors(ran: &Ran, _file: &Path) -> Count {
    agreed(
        ran,
        ran.stdout
            .lines()
            .filter(|line| line.contains("): error TS"))
            .count(),
    )
}

/// Errors of the compiler; a file that no crate is made of was not looked at.
fn cargo_errors(ran: &Ran, file: &Path) -> Count {
    let messages = ran
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_error = |value: &Value| {
        value["reason"] == "compiler-message" && value["message"]["level"] == "error"
    };
    let spanned = |value: &Value| {
        value["message"]["spans"]
            .as_array()
            .is_some_and(|spans| !spans.is_empty())
    };
    let count = agreed(
        ran,
        messages
            .filter(|value| is_error(value) && spanned(value))
            .count(),
    );
    if count == Count::Errors(0) && !is_part_of_a_crate(file) {
        return Count::Unknown("no target of the crate contains this file".into());
    }
    count
}

/// Whether the lists of what was compiled, which cargo leaves in the target folder, name the file.
fn is_part_of_a_crate(file: &Path) -> bool {
    let name = file.to_string_lossy().replace(' ', "\\ ");
    let lists = file
        .ancestors()
        .filter_map(|folder| std::fs::read_dir(folder.join("target/debug/deps")).ok());
    let mut lists = lists
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some("d".as_ref()));
    let inside = |text: &str| {
        text.split_ascii_whitespace()
            .any(|part| part.len() > 3 && name.ends_with(part.trim_end_matches(':')))
    };
    lists.any(|path| std::fs::read_to_string(path).is_ok_and(|text| inside(&text)))
}

fn go_errors(ran: &Ran, _file: &Path) -> Count {
    let is_error = |line: &&str| line.contains(".go:") && !line.starts_with('#');
    agreed(ran, ran.stderr.lines().filter(is_error).count())
}

/// Classes that it cannot find keep it from looking further.
fn javac_errors(ran: &Ran, _file: &Path) -> Count {
    let missing = ran.stderr.contains("does not exist")
        || ran.stderr.contains("error: cannot find symbol\nimport");
    if missing {
        return Count::Unknown("classes that the file imports are missing".into());
    }
    agreed(
        ran,
        ran.stderr
            .lines()
            .filter(|line| line.contains(": error: "))
            .count(),
    )
}

fn cc_errors(ran: &Ran, _file: &Path) -> Count {
    if let Some(line) = ran
        .stderr
        .lines()
        .find(|line| line.contains(": fatal error: "))
    {
        return Count::Unknown(
            line.rsplit(": fatal error: ")
                .next()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    agreed(
        ran,
        ran.stderr
            .lines()
            .filter(|line| line.contains(": error: "))
            .count(),
    )
}
