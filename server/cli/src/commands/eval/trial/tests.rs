//! Programs of each language with tests of each shape: a right one passes, a wrong one fails. A
//! language whose tools are not installed here is skipped, and says so.

#![cfg(target_os = "linux")]

use super::{Subject, Tests, TrialResult, Trials};
use checks::skipped::skip;
use serde_json::{Value, json};

/// Tries a wrong and a right version; skips where the tools are missing.
fn try_both(language: &str, entry_point: &str, tests: Value, wrong: &str, right: &str) {
    let tests: Tests = serde_json::from_value(tests).unwrap();
    let subject = Subject {
        language,
        entry_point,
        tests: &tests,
    };
    let mut trials = Trials::new().unwrap();
    if !trials.can_run(&subject) {
        trials.tell_missing();
        skip(language);
        return;
    }
    let versions = [wrong.to_owned(), right.to_owned()];
    assert_eq!(
        trials.first_passing(&subject, &versions, right).unwrap(),
        (TrialResult::Passed, Some(1)),
        "{language}"
    );
    assert_eq!(
        trials
            .first_passing(&subject, &versions[..1], right)
            .unwrap(),
        (TrialResult::Failed, None),
        "{language}"
    );
}

fn append(code: &str) -> Value {
    json!({"kind": "append", "setup": "", "imports": "", "code": code})
}

#[test]
fn python() {
    let tests = json!("\ndef check(f):\n    assert f(2) == 4\n\ncheck(double)\n");
    try_both(
        "python",
        "",
        tests,
        "def double(x):\n    return x\n",
        "def double(x):\n    return 2 * x\n",
    );
    let calls =
        json!({"kind": "io", "cases": [[[1, "é\"\n"], [1, "é\"\n"]], [[0.1, 0.2], [0.1, 0.2]]]});
    try_both(
        "python",
        "pair",
        calls,
        "def pair(a, b):\n    return b, a\n",
        "def pair(a, b):\n    yield a\n    yield b\n",
    );
    let outputs =
        json!([{"input": "1 2\n", "output": ["3", "3.0"]}, {"input": "2 2", "output": "4"}]);
    let program =
        |operator: &str| format!("a, b = map(int, input().split())\nprint(a {operator} b)\n");
    try_both("python", "", outputs, &program("*"), &program("+"));
}

#[test]
fn pytest() {
    let code = "from node import Node\nfrom python_programs.f import f\n\ndef test():\n    assert f(Node()) == 1\n";
    let node = "class Node:\n    value = 1\n";
    let tests = json!({"kind": "pytest", "file": "tests/test_f.py", "code": code, "node": node});
    try_both(
        "python",
        "f",
        tests,
        "def f(n):\n    return 2\n",
        "def f(n):\n    return n.value\n",
    );
}

#[test]
fn javascript_complains_without_failing() {
    let program = |operator: &str| format!("const f = (a, b) => a {operator} b;\n");
    try_both(
        "javascript",
        "",
        append("console.assert(f(1, 2) === 3)\n"),
        &program("-"),
        &program("+"),
    );
}

#[test]
fn cpp() {
    let program = |operator: &str| format!("int f(int a, int b) {{ return a {operator} b; }}\n");
    let tests =
        append("#undef NDEBUG\n#include <assert.h>\nint main() { assert(f(1, 2) == 3); }\n");
    try_both("cpp", "", tests, &program("-"), &program("+"));
}

#[test]
fn java_finds_its_class() {
    let program = |operator: &str| {
        format!("class Solution {{ int f(int a, int b) {{ return a {operator} b; }} }}\n")
    };
    let test = |class: &str| {
        let check = "if (new Solution().f(1, 2) != 3) throw new AssertionError();";
        append(&format!(
            "public final class {class} {{\n  public static void main(String[] a) {{ {check} }}\n}}\n"
        ))
    };
    try_both("java", "", test("Anything"), &program("-"), &program("+"));
}

#[test]
fn go() {
    let program = |operator: &str| format!("func F(a, b int) int {{ return a {operator} b }}\n");
    let setup =
        "package main\n\nimport (\n\t\"testing\"\n\t\"github.com/stretchr/testify/assert\"\n)\n";
    let code =
        "func TestF(t *testing.T) {\n\tassert := assert.New(t)\n\tassert.Equal(3, F(1, 2))\n}\n";
    let tests = json!({"kind": "append", "setup": setup, "imports": "", "code": code});
    try_both("go", "", tests, &program("-"), &program("+"));
}

#[test]
fn rust() {
    let program = |operator: &str| {
        format!("use rand::Rng;\nfn f(a: i32, b: i32) -> i32 {{ a {operator} b }}\n")
    };
    let tests =
        append("#[test]\nfn adds() {\n    assert_eq!(super_f(1, 2), 3);\n}\nuse f as super_f;\n");
    try_both("rust", "", tests, &program("-"), &program("+"));
}

#[test]
fn what_cannot_be_run_is_not_called_wrong() {
    let tests: Tests = serde_json::from_value(append("")).unwrap();
    let subject = Subject {
        language: "klingon",
        entry_point: "",
        tests: &tests,
    };
    let mut trials = Trials::new().unwrap();
    assert_eq!(
        trials.first_passing(&subject, &[], "").unwrap(),
        (TrialResult::NotRun, None)
    );
    let broken: Tests = serde_json::from_value(json!("assert False")).unwrap();
    let subject = Subject {
        language: "python",
        entry_point: "",
        tests: &broken,
    };
    if trials.can_run(&subject) {
        assert_eq!(
            trials
                .first_passing(&subject, &["x = 1".into()], "x = 1")
                .unwrap(),
            (TrialResult::Void, None)
        );
    }
}
