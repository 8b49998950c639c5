//! `nigh diagnose` and `nigh fix` on files: what they print, how they exit, and that only fixes
//! change a file.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const BUGGY: &str = "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])\n";
const FIXED: &str = "def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i][\"name\"])\n    return names\n";

/// Runs the program that was built together with this test, in a folder.
fn nigh(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn program() -> PathBuf {
    let built = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned();
    built.join(format!("nigh{}", std::env::consts::EXE_SUFFIX))
}

fn folder(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn bugs_are_reported_and_the_exit_status_counts() {
    let (_kept, at) = folder(&[("a.py", BUGGY), ("b.py", "x = 1\n")]);
    let found = nigh(&at, &["diagnose", "a.py", "b.py"]);
    assert_eq!(found.status.code(), Some(1));
    let stdout = text(&found.stdout);
    assert!(
        stdout.contains(
            "a.py:2:20: off-by-one: the last index of this loop is past the end [index-past-end]"
        ),
        "{stdout}"
    );
    assert!(
        stdout.contains("fix: Fix off-by-one in range (checked: parses, names)"),
        "{stdout}"
    );
    assert_eq!(nigh(&at, &["diagnose", "b.py"]).status.code(), Some(0));
    assert_eq!(
        nigh(&at, &["diagnose", "no-such.py", "b.py"]).status.code(),
        Some(2)
    );
    let less = nigh(
        &at,
        &[
            "diagnose",
            "a.py",
            "--without",
            "index-past-end,unbound-name",
        ],
    );
    assert_eq!(less.status.code(), Some(0));
}

#[test]
fn a_comment_that_names_no_pattern_says_so_and_silences_nothing() {
    let comment = "# nigh: ignore is-litteral";
    let (_kept, at) = folder(&[("a.py", &format!("if x is 5:  {comment}\n    pass\n"))]);
    let found = nigh(&at, &["diagnose", "a.py", "--without", "unbound-name"]);
    assert_eq!(found.status.code(), Some(1));
    let stderr = text(&found.stderr);
    assert!(
        stderr.contains("a.py:1:28: no pattern has the code `is-litteral`")
            && stderr.contains("did you mean `is-literal`?"),
        "{stderr}"
    );
}

#[test]
fn offsets_in_json_are_those_of_the_file_on_disk() {
    for mark in ["", "\u{feff}"] {
        let whole = format!("{mark}if x is 5:\n    pass\n");
        let (_kept, at) = folder(&[("a.py", &whole)]);
        let arguments = ["diagnose", "a.py", "--without", "unbound-name", "--json"];
        let bug: Value = serde_json::from_slice(&nigh(&at, &arguments).stdout).unwrap();
        let mut fixed = whole.clone();
        for edit in bug["edits"].as_array().unwrap().iter().rev() {
            let offset = |end: &str| edit[end].as_u64().unwrap() as usize;
            let range = offset("start")..offset("end");
            fixed.replace_range(range, edit["text"].as_str().unwrap());
        }
        assert_eq!(fixed, format!("{mark}if x == 5:\n    pass\n"));
    }
}

#[test]
fn patterns_without_proof_look_with_all() {
    let (_kept, at) = folder(&[("a.js", "function f(x) {\n    return x === NaN;\n}\n")]);
    for (arguments, status) in [
        (&[][..], 0),
        (&["--all"], 1),
        (&["--all", "--without", "nan-comparison"], 0),
    ] {
        for command in ["diagnose", "fix"] {
            let ran = nigh(&at, &[&[command, "a.js"], arguments].concat());
            assert_eq!(ran.status.code(), Some(status), "{command} {arguments:?}");
        }
    }
    let unknown = nigh(&at, &["diagnose", "a.js", "--without", "bogus"]);
    assert_eq!(unknown.status.code(), Some(2));
    let stderr = text(&unknown.stderr);
    assert!(stderr.contains("no pattern has this code"), "{stderr}");
    let diff = text(&nigh(&at, &["fix", "a.js", "--all"]).stdout);
    assert!(diff.contains("+    return Number.isNaN(x);"), "{diff}");
}

#[test]
fn programs_read_json_and_sarif() {
    let (_kept, at) = folder(&[("a b.py", BUGGY)]);
    let json = text(&nigh(&at, &["diagnose", "a b.py", "--json"]).stdout);
    let bugs: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(bugs.len(), 2);
    assert_eq!(
        (&bugs[0]["code"], &bugs[0]["line"], &bugs[0]["level"]),
        (&"index-past-end".into(), &2.into(), &2.into())
    );
    let sarif: Value =
        serde_json::from_slice(&nigh(&at, &["diagnose", "a b.py", "--sarif"]).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b.py");
        assert!(place["region"]["startLine"].as_u64() > Some(0));
        assert!(
            result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
                .is_object()
        );
    }
}

#[test]
fn a_diff_is_taken_by_git() {
    for text_before in [
        BUGGY.to_owned(),
        BUGGY.replace('\n', "\r\n"),
        format!("\u{feff}{BUGGY}"),
        BUGGY.trim_end().into(),
    ] {
        let (_kept, at) = folder(&[("a.py", &text_before)]);
        let diff = nigh(&at, &["fix", "a.py"]);
        assert_eq!(diff.status.code(), Some(1));
        std::fs::write(at.join("x.diff"), &diff.stdout).unwrap();
        let git = Command::new("git")
            .args(["apply", "x.diff"])
            .current_dir(&at)
            .output()
            .unwrap();
        assert!(
            git.status.success(),
            "{}\n{}",
            text(&git.stderr),
            text(&diff.stdout)
        );
        let fixed = std::fs::read_to_string(at.join("a.py")).unwrap();
        assert_eq!(
            fixed
                .replace("\r\n", "\n")
                .trim_start_matches('\u{feff}')
                .trim_end(),
            FIXED.trim_end()
        );
        assert_eq!(
            fixed.matches("\r\n").count(),
            if text_before.contains('\r') {
                fixed.lines().count()
            } else {
                0
            }
        );
    }
}

#[test]
fn a_file_is_fixed_in_place() {
    let (_kept, at) = folder(&[("a.py", &format!("\u{feff}{}", BUGGY.replace('\n', "\r\n")))]);
    let path = at.join("a.py");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o751);
    std::fs::set_permissions(&path, permissions).unwrap();
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    assert_eq!(
        nigh(&at, &["fix", "a.py", "--apply"]).status.code(),
        Some(1)
    );
    let fixed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(fixed, format!("\u{feff}{}", FIXED.replace('\n', "\r\n")));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions(), permissions);
    assert_eq!(
        nigh(&at, &["fix", "a.py", "--apply"]).status.code(),
        Some(0)
    );
    assert_eq!(std::fs::read_dir(&at).unwrap().count(), 1);
}

/// Runs `nigh fix` at a level with more arguments; the cache is the folder's own. Returns the
/// status and the output.
fn fix_at(at: &Path, level: &str, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program());
    command
        .args(["fix", "a.py", "--level", level])
        .args(more)
        .current_dir(at);
    let output = command
        .env("XDG_CACHE_HOME", at.join("cache"))
        .output()
        .unwrap();
    (output.status.code(), text(&output.stderr))
}

#[cfg(target_os = "linux")]
#[test]
fn fixes_are_checked_by_a_checker_and_by_tests_on_a_copy() {
    let passing = "import sys, a\nsys.exit(a.get_user_names([{'name': 1}]) != [1])\n";
    let (_kept, at) = folder(&[
        ("a.py", BUGGY),
        ("good.py", passing),
        (
            "bad.py",
            "import sys\nsys.exit('def' in open('a.py').read() and 'range(len(users))' in open('a.py').read())\n",
        ),
    ]);
    if !Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        tests::skip("there is no python3");
        return;
    }
    let (status, stderr) = fix_at(&at, "4", &[]);
    if stderr.contains("no Landlock") {
        tests::skip(&stderr);
        return;
    }
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("a.py:2: Fix off-by-one in range (checked: parses, names, py_compile)"),
        "{stderr}"
    );
    let (status, stderr) = fix_at(&at, "5", &["--test", "python3 good.py"]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("(checked: parses, names, py_compile, tests)"),
        "{stderr}"
    );
    let (status, stderr) = fix_at(
        &at,
        "5",
        &[
            "--test",
            "python3 bad.py; s=$?; echo x > written; exit $s",
            "--apply",
        ],
    );
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("a.py:2: left out: Fix off-by-one in range: the tests fare worse with it"),
        "{stderr}"
    );
    assert!(stderr.contains("a.py:3: Bind `names`"), "{stderr}");
    assert!(
        std::fs::read_to_string(at.join("a.py"))
            .unwrap()
            .contains("len(users) + 1")
    );
    assert!(
        !at.join("written").exists(),
        "the tests ran in the workspace"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_fix_that_no_test_can_check_is_left_out_and_reported() {
    let (_kept, at) = folder(&[("a.py", BUGGY)]);
    let (status, stderr) = fix_at(&at, "5", &["--test", "no-such-program-xyz"]);
    if stderr.contains("no Landlock") {
        tests::skip(&stderr);
        return;
    }
    assert_eq!(status, Some(0), "{stderr}");
    assert!(
        stderr.contains("left out") && stderr.contains("cannot run"),
        "{stderr}"
    );
    assert_eq!(
        fix_at(&at, "5", &[]),
        (
            Some(2),
            "nigh: --level 5 runs your tests: pass --test 'COMMAND'\n".into()
        )
    );
    assert_eq!(fix_at(&at, "2", &["--test", "true"]).0, Some(2));
    assert_eq!(fix_at(&at, "6", &[]).0, Some(2));
}

#[test]
fn the_model_checks_fixes_that_are_far_apart_each_by_itself() {
    let between = "# nothing to see here\n".repeat(400);
    let other = BUGGY.replace("get_user_names", "get_names_of_users");
    let (_kept, at) = folder(&[("a.py", &format!("{BUGGY}\n\n{between}\n\n{other}"))]);
    let (status, stderr) = fix_at(&at, "3", &[]);
    assert_eq!(status, Some(1), "{stderr}");
    for line in [2, 409] {
        let checked =
            format!("a.py:{line}: Fix off-by-one in range (checked: parses, names, model)");
        assert!(stderr.contains(&checked), "{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_fix_leaves_the_file_whole_and_nothing_else() {
    let text = BUGGY.repeat(50);
    let (_kept, at) = folder(&[("a.py", &text)]);
    let mut child = Command::new(program())
        .args(["fix", "a.py", "--level", "3", "--apply"])
        .current_dir(&at)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(kill.success());
    child.wait().unwrap();
    let names = std::fs::read_dir(&at).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.py"]);
    // A fast machine may be done before it is interrupted.
    let left = std::fs::read_to_string(at.join("a.py")).unwrap();
    assert!(left.ends_with('\n'), "{left}");
    assert_eq!(left.matches("def get_user_names").count(), 50, "{left}");
}

#[test]
fn the_model_may_be_asked_too() {
    let (_kept, at) = folder(&[("a.py", BUGGY)]);
    let (status, stderr) = fix_at(&at, "3", &[]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("(checked: parses, names, model)"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[test]
fn git_takes_the_diff_whole_whatever_the_files_are_called() {
    let (_kept, above) = folder(&[("outside.py", BUGGY)]);
    let at = above.join("here");
    std::fs::create_dir_all(at.join("sub")).unwrap();
    let names = [
        "plain.py",
        "a\tb.py",
        "my file.py",
        "quote\"d.py",
        "größe.py",
        "line\nbreak.py",
        "sub/c.py",
    ];
    names
        .iter()
        .for_each(|name| std::fs::write(at.join(name), BUGGY).unwrap());
    std::fs::write(at.join("mac.py"), BUGGY.replace('\n', "\r")).unwrap();
    std::os::unix::fs::symlink("plain.py", at.join("link.py")).unwrap();
    let whole = at.join("sub/c.py");
    let mut arguments = vec![
        "fix",
        "link.py",
        "sub/../plain.py",
        whole.to_str().unwrap(),
        "mac.py",
        "../outside.py",
    ];
    arguments.extend(&names[1..6]);
    let diff = nigh(&at, &arguments);
    for left_out in [
        "outside.py is outside the current folder",
        "mac.py ends lines with carriage returns only",
    ] {
        assert!(
            text(&diff.stderr).contains(left_out),
            "{}",
            text(&diff.stderr)
        );
    }
    std::fs::write(above.join("x.diff"), &diff.stdout).unwrap();
    let git = Command::new("git")
        .args(["apply", "../x.diff"])
        .current_dir(&at)
        .output()
        .unwrap();
    assert!(
        git.status.success(),
        "{}\n{}",
        text(&git.stderr),
        text(&diff.stdout)
    );
    for name in names {
        assert_eq!(
            std::fs::read_to_string(at.join(name)).unwrap(),
            FIXED,
            "{name}"
        );
    }
    assert!(at.join("link.py").is_symlink());
}

#[test]
fn folders_and_standard_input_are_taken() {
    let (_kept, at) = folder(&[
        (".gitignore", "made.py\n"),
        ("a.py", BUGGY),
        ("made.py", BUGGY),
        ("b.txt", BUGGY),
    ]);
    std::fs::create_dir(at.join("sub")).unwrap();
    std::fs::write(at.join("sub/c.py"), BUGGY).unwrap();
    let stdout = text(&nigh(&at, &["diagnose", "."]).stdout);
    let files: std::collections::BTreeSet<&str> = stdout
        .lines()
        .filter_map(|line| line.split_once(".py:"))
        .map(|l| l.0)
        .collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["./a", "./sub/c"]);
    let piped = |more: &[&str]| {
        let mut command = Command::new(program());
        command.args(["fix", "-"]).args(more).current_dir(&at);
        command
            .stdin(std::fs::File::open(at.join("a.py")).unwrap())
            .output()
            .unwrap()
    };
    let fixed = piped(&["--stdin-name", "x.py", "--apply"]);
    assert_eq!(
        (fixed.status.code(), text(&fixed.stdout).as_str()),
        (Some(1), FIXED)
    );
    assert!(
        text(&piped(&["--stdin-name", "x.py"]).stdout).starts_with("--- a/x.py\n+++ b/x.py\n@@")
    );
    assert_eq!(piped(&[]).status.code(), Some(2));
}
