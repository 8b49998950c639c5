//! How the sets of cases write their tests, and what becomes of a program and its tests: a recipe,
//! and checks to run.
//!
//! HumanEval appends tests to the program; HumanEvalPack does so too and may need text in front;
//! SAFIM compares outputs; QuixBugs calls a function with arguments, or brings tests for pytest or
//! JUnit 4.

use super::Subject;
use super::recipes::{Recipe, javac, jvm, recipe};
use checks::sandbox::Tools;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The tests of a case, in any of the shapes above.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Tests {
    /// Text that is appended to the program.
    Appended(String),
    /// What to feed, and what should come out.
    Outputs(Vec<Pair>),
    /// A kind of its own.
    TrialSuite(TrialSuite),
}

/// One run: input and the outputs that are right, white space aside.
#[derive(Clone, Debug, Deserialize)]
pub struct Pair {
    input: String,
    output: OneOrMany,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Tests that say what kind they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum TrialSuite {
    /// Code after the program, and what must come before it.
    Append {
        /// Before everything else.
        #[serde(default)]
        setup: String,
        /// After the setup.
        #[serde(default)]
        imports: String,
        /// After the program.
        code: String,
    },
    /// Calls of one function: arguments and what it should give.
    Io {
        /// Pairs of arguments and result.
        cases: Vec<Value>,
    },
    /// A file for pytest.
    Pytest {
        /// Its path.
        file: String,
        /// Its text.
        code: String,
        /// A module `node` that it imports.
        #[serde(default)]
        node: Option<String>,
    },
    /// A JUnit 4 class.
    Junit4 {
        /// Its text.
        code: String,
    },
}

/// What to build and what to check.
#[derive(Debug)]
pub struct Plan {
    /// How the program is built and run.
    pub recipe: Recipe,
    /// One run each; all must be right.
    pub checks: Vec<Check>,
}

/// One run.
#[derive(Debug, Default)]
pub struct Check {
    /// Standard input.
    pub input: String,
    /// The outputs that are right; none if only the exit status counts.
    pub outputs: Vec<String>,
}

/// JUnit 4 and what it needs, where Debian puts them.
const JUNIT: [&str; 2] = [
    "/usr/share/java/junit4.jar",
    "/usr/share/java/hamcrest-core.jar",
];

/// Puts a program and its tests together; the error says what is missing to run them.
pub fn plan(subject: &Subject<'_>, source: &str, tools: &Tools) -> Result<Plan, String> {
    let once = || vec![Check::default()];
    let (recipe, checks) = match subject.tests {
        Tests::Appended(code) => (
            recipe(subject.language, &format!("{source}\n{code}"), tools)?,
            once(),
        ),
        Tests::Outputs(pairs) => (
            recipe(subject.language, source, tools)?,
            pairs.iter().map(Check::from).collect(),
        ),
        Tests::TrialSuite(TrialSuite::Append {
            setup,
            imports,
            code,
        }) => {
            let whole = format!("{setup}{imports}{source}\n{code}");
            (recipe(subject.language, &whole, tools)?, once())
        }
        Tests::TrialSuite(TrialSuite::Io { cases }) => (
            recipe("python", &calls(subject.entry_point, source, cases), tools)?,
            once(),
        ),
        Tests::TrialSuite(TrialSuite::Pytest { file, code, node }) => (
            pytest(
                subject.entry_point,
                source,
                file,
                code,
                node.as_deref(),
                tools,
            )?,
            once(),
        ),
        Tests::TrialSuite(TrialSuite::Junit4 { code }) => {
            (junit(subject.entry_point, source, code, tools)?, once())
        }
    };
    Ok(Plan { recipe, checks })
}

impl From<&Pair> for Check {
    fn from(pair: &Pair) -> Self {
        let outputs = match &pair.output {
            OneOrMany::One(output) => vec![output.clone()],
            OneOrMany::Many(outputs) => outputs.clone(),
        };
        Self {
            input: pair.input.clone(),
            outputs,
        }
    }
}

/// A Python program that calls the function with each case's arguments. Results are compared as
/// JSON, so that tuples are lists and generators are run to their end; floats within a hundredth.
fn calls(function: &str, source: &str, cases: &[Value]) -> String {
    let cases = Value::from(Value::from(cases.to_vec()).to_string());
    format!(
        "{source}\n\nimport json as _json, types as _types\n\ndef _plain(value):\n    \
         listed = list(value) if isinstance(value, _types.GeneratorType) else value\n    \
         return _json.loads(_json.dumps(listed))\n\nfor _given, _wanted in _json.loads({cases}):\n    \
         _got = _plain({function}(*(_given if isinstance(_given, list) else [_given])))\n    \
         if isinstance(_wanted, float) or isinstance(_got, float):\n        \
         assert abs(_got - _wanted) <= 0.01 + 1e-6 * abs(_wanted), (_wanted, _got)\n    \
         else:\n        assert _got == _wanted, (_wanted, _got)\n"
    )
}

/// Runs pytest on a test file that imports the program as a module of the package
/// `python_programs`.
fn pytest(
    module: &str,
    source: &str,
    file: &str,
    code: &str,
    node: Option<&str>,
    tools: &Tools,
) -> Result<Recipe, String> {
    let mut recipe = recipe("python", source, tools)?;
    if !tools.has_python_module("pytest") {
        return Err("Python has no module `pytest`".to_owned());
    }
    recipe.files = vec![
        (format!("python_programs/{module}.py"), source.to_owned()),
        (
            "conftest.py".to_owned(),
            "import pytest\n\npytest.use_correct = False\n".to_owned(),
        ),
        (file.to_owned(), code.to_owned()),
    ];
    recipe
        .files
        .extend(node.map(|node| ("node.py".to_owned(), node.to_owned())));
    let arguments = [
        "-B",
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        file,
    ];
    recipe.run.arguments = arguments.map(str::to_owned).to_vec();
    Ok(recipe)
}

/// Compiles the program and its test class against JUnit and runs the class.
fn junit(class: &str, source: &str, code: &str, tools: &Tools) -> Result<Recipe, String> {
    if let Some(jar) = JUNIT.iter().find(|jar| !Path::new(jar).is_file()) {
        return Err(format!("there is no {jar} (on Debian: the package junit4)"));
    }
    let classes = [JUNIT.as_slice(), &["."]].concat().join(":");
    let (program, test) = (
        format!("java_programs/{class}.java"),
        format!("java_testcases/junit/{class}_TEST.java"),
    );
    let name = format!("java_testcases.junit.{class}_TEST");
    Ok(Recipe {
        builds: vec![javac(
            tools,
            &["-cp", &classes, "-d", ".", &program, &test],
        )?],
        run: jvm(
            tools,
            &["-cp", &classes, "org.junit.runner.JUnitCore", &name],
        )?,
        files: vec![(program, source.to_owned()), (test, code.to_owned())],
        complaint: None,
    })
}
