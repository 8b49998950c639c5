//! How a program of each language is built and run: one function per language, from a source text
//! to jobs.
//!
//! `suite.rs` picks the recipe. Every runtime gets its own switches for memory where it reserves
//! more than it uses. To add a language: a function, and a line in [`recipe`].

use checks::sandbox::{Job, Memory, Tools};
use std::path::PathBuf;
use std::time::Duration;
use text::is_word;

/// Seconds that a program may take, and a compiler.
const RUN_TIME: Duration = Duration::from_secs(10);
const BUILD_TIME: Duration = Duration::from_secs(60);
const MEGABYTE: u64 = 1 << 20;

/// Files, what builds them, and what runs.
#[derive(Debug)]
pub struct Recipe {
    /// Names and texts.
    pub files: Vec<(String, String)>,
    /// Run one after the other; each must end with 0.
    pub builds: Vec<Job>,
    /// The program.
    pub run: Job,
    /// What it writes to standard error when it failed in spite of ending with 0.
    pub complaint: Option<&'static str>,
}

/// The recipe for a source text; the error says what is missing.
pub fn recipe(language: &str, source: &str, tools: &Tools) -> Result<Recipe, String> {
    match language {
        "python" => python(source, tools),
        "javascript" => javascript(source, tools),
        "cpp" => cpp(source, tools),
        "java" => java(source, tools),
        "go" => go(source, tools),
        "rust" => rust(source, tools),
        other => Err(format!("programs in {other} are not run")),
    }
}

/// A job that runs a finished program.
pub fn run_job(program: PathBuf, arguments: &[&str], memory: Memory) -> Job {
    Job {
        program,
        folder: PathBuf::new(),
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        environment: Vec::new(),
        time: RUN_TIME,
        memory,
        file_bytes: 16 * MEGABYTE,
        processes: 64,
        nice: false,
    }
}

/// A job that builds a program.
fn build_job(program: PathBuf, arguments: &[&str], memory: Memory) -> Job {
    let file_bytes = 256 * MEGABYTE;
    Job {
        time: BUILD_TIME,
        file_bytes,
        processes: 256,
        ..run_job(program, arguments, memory)
    }
}

fn files(name: &str, source: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), source.to_owned())]
}

fn python(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let memory = Memory::Mapped(1024 * MEGABYTE);
    let run = run_job(
        tools.program("python3")?,
        &["-I", "-B", "answer.py"],
        memory,
    );
    Ok(Recipe {
        files: files("answer.py", source),
        builds: Vec::new(),
        run,
        complaint: None,
    })
}

/// Node's `console.assert` complains and goes on.
fn javascript(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let arguments = ["--max-old-space-size=512", "answer.js"];
    let run = run_job(
        tools.program("node")?,
        &arguments,
        Memory::Written(1536 * MEGABYTE),
    );
    Ok(Recipe {
        files: files("answer.js", source),
        builds: Vec::new(),
        run,
        complaint: Some("Assertion failed"),
    })
}

fn cpp(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let mut arguments = vec!["-std=c++17", "-O1", "-o", "answer", "answer.cpp"];
    if source.contains("openssl/") {
        arguments.extend(["-lssl", "-lcrypto"]);
    }
    let build = build_job(
        tools.program("g++")?,
        &arguments,
        Memory::Mapped(2048 * MEGABYTE),
    );
    let run = run_job(
        PathBuf::from("answer"),
        &[],
        Memory::Mapped(1024 * MEGABYTE),
    );
    Ok(Recipe {
        files: files("answer.cpp", source),
        builds: vec![build],
        run,
        complaint: None,
    })
}

/// Switches of every Java virtual machine: one collector thread, a bounded heap, no file outside
/// its folder.
const JVM: &[&str] = &[
    "-Xmx768m",
    "-Xss64m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
];

/// The class to run is `Main` or the one that is public.
fn java(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let class = public_class(source).unwrap_or("Main");
    let file = format!("{class}.java");
    let run = jvm(tools, &["-cp", ".", class])?;
    let build = javac(tools, &["-d", ".", &file])?;
    Ok(Recipe {
        files: files(&file, source),
        builds: vec![build],
        run,
        complaint: None,
    })
}

/// A run of the Java compiler.
pub fn javac(tools: &Tools, arguments: &[&str]) -> Result<Job, String> {
    let all: Vec<String> = JVM.iter().map(|switch| format!("-J{switch}")).collect();
    let all: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .chain(["-nowarn"])
        .chain(arguments.iter().copied())
        .collect();
    Ok(build_job(
        tools.program("javac")?,
        &all,
        Memory::Written(2048 * MEGABYTE),
    ))
}

/// A run of the Java virtual machine.
pub fn jvm(tools: &Tools, arguments: &[&str]) -> Result<Job, String> {
    Ok(run_job(
        tools.program("java")?,
        &[JVM, arguments].concat(),
        Memory::Written(2048 * MEGABYTE),
    ))
}

/// The name after the first `public class`, whatever modifiers are in between.
fn public_class(source: &str) -> Option<&str> {
    source
        .lines()
        .filter(|line| line.trim_start().starts_with("public "))
        .find_map(|line| {
            let name = line.split_once(" class ")?.1.trim_start();
            let end = name.find(|c| !is_word(c)).unwrap_or(name.len());
            Some(&name[..end])
        })
}

/// Tests import testify, which is not there without a network: a stand-in has what they use of it.
/// The module has a folder of its own, as Go heeds no go.mod in the folder for temporary files.
fn go(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let module = "module answer\n\ngo 1.18\n\nrequire github.com/stretchr/testify v1.0.0\n\n\
                  replace github.com/stretchr/testify => ./testify\n";
    let stand_in = "package assert\n\nimport (\n\t\"reflect\"\n\t\"testing\"\n)\n\ntype Assertions struct{ t *testing.T }\n\n\
                    func New(t *testing.T) *Assertions { return &Assertions{t} }\n\n\
                    func (a *Assertions) Equal(want, got interface{}, _ ...interface{}) bool {\n\ta.t.Helper()\n\
                    \tif !reflect.DeepEqual(want, got) {\n\t\ta.t.Fatalf(\"want %v, got %v\", want, got)\n\t}\n\treturn true\n}\n";
    let mut all = files("module/answer_test.go", source);
    all.extend(files("module/go.mod", module));
    all.extend(files(
        "module/testify/go.mod",
        "module github.com/stretchr/testify\n\ngo 1.18\n",
    ));
    all.extend(files("module/testify/assert/assert.go", stand_in));
    let mut build = build_job(
        tools.program("go")?,
        &["test", "-c", "-o", "../answer"],
        Memory::Written(2048 * MEGABYTE),
    );
    let environment = [
        ("GOFLAGS", "-mod=mod"),
        ("GOPROXY", "off"),
        ("GOSUMDB", "off"),
        ("GO111MODULE", "on"),
    ];
    build.folder = PathBuf::from("module");
    build.environment = environment
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let run = run_job(
        PathBuf::from("answer"),
        &["-test.v"],
        Memory::Written(1024 * MEGABYTE),
    );
    Ok(Recipe {
        files: all,
        builds: vec![build],
        run,
        complaint: None,
    })
}

/// Built with its tests; crates that answers name but do not use are left out, as there are none
/// here.
fn rust(source: &str, tools: &Tools) -> Result<Recipe, String> {
    let absent = ["use rand", "use regex", "use md5"];
    let kept = source
        .lines()
        .filter(|line| !absent.iter().any(|head| line.starts_with(head)));
    let source = kept.collect::<Vec<_>>().join("\n");
    let arguments = [
        "--edition",
        "2021",
        "--test",
        "-A",
        "warnings",
        "-o",
        "answer",
        "answer.rs",
    ];
    let mut build = build_job(
        tools.program("rustc")?,
        &arguments,
        Memory::Mapped(4096 * MEGABYTE),
    );
    build.environment.extend(tools.rustup());
    let run = run_job(
        PathBuf::from("answer"),
        &["--test-threads=1"],
        Memory::Mapped(1024 * MEGABYTE),
    );
    Ok(Recipe {
        files: files("answer.rs", &source),
        builds: vec![build],
        run,
        complaint: None,
    })
}
