//! The user's tests as a step of checking fixes: the user's own command, run on a copy of the
//! workspace.
//!
//! `nigh fix --level 5 --test COMMAND` runs it once without the fixes and once with them. If tests
//! fail already, no more may fail with the fixes: the numbers that test programs print at the end
//! are read, and without numbers the result is inconclusive.

use super::overlay::{Overlay, TREE};
use super::{Checks, Verdict};
use crate::sandbox::{End, Job, Memory, Ran, Workdir};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the tests may take.
const TIME: Duration = Duration::from_secs(600);
const MEGABYTE: u64 = 1 << 20;
/// What a title calls this step.
const NAME: &str = "tests";

/// Tests of a workspace, and how they fare without a fix.
pub struct TestSuite {
    root: PathBuf,
    job: Job,
    before: Result<Outcome, String>,
}

/// How tests fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    /// The command ended with 0.
    passed: bool,
    /// How many failed and how many passed, where the output says.
    counts: Option<(usize, usize)>,
}

impl TestSuite {
    /// Runs `command` in a shell on a copy of the workspace as it is.
    pub fn begin(checks: &Checks, root: &Path, command: &str) -> anyhow::Result<Self> {
        let homes = [
            ("CARGO_HOME", ".cargo"),
            ("RUSTUP_HOME", ".rustup"),
            ("GOMODCACHE", "go/pkg/mod"),
        ];
        let mut environment: Vec<_> = homes
            .iter()
            .filter_map(|(name, inside)| checks.tools.variable(name, inside))
            .collect();
        environment.extend(
            [("CARGO_NET_OFFLINE", "true"), ("GOPROXY", "off")]
                .map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        let job = Job {
            program: PathBuf::from("/bin/sh"),
            folder: PathBuf::from(TREE),
            arguments: vec!["-c".to_owned(), command.to_owned()],
            environment,
            time: TIME,
            memory: Memory::Written(4096 * MEGABYTE),
            file_bytes: 512 * MEGABYTE,
            processes: 512,
            nice: false,
        };
        let mut suite = Self {
            root: root.to_owned(),
            job,
            before: Err(String::new()),
        };
        suite.before = suite.run(checks, None)?;
        Ok(suite)
    }

    /// Whether the tests do not fare worse with `text` in the place of the file at `path`.
    pub fn check(&self, checks: &Checks, path: &Path, text: &str) -> anyhow::Result<Verdict> {
        Ok(
            match (&self.before, self.run(checks, Some((path, text)))?) {
                (_, Err(why)) => Verdict::Inconclusive(why),
                (_, Ok(Outcome { passed: true, .. })) => Verdict::Passed(NAME),
                (Ok(before), Ok(after)) => compare(*before, after),
                (Err(why), Ok(_)) => Verdict::Inconclusive(format!("without the fix: {why}")),
            },
        )
    }

    fn run(
        &self,
        checks: &Checks,
        changed: Option<(&Path, &str)>,
    ) -> anyhow::Result<Result<Outcome, String>> {
        let room: Workdir = checks.room(&self.root)?;
        let overlay = Overlay::of(&room, &self.root)?;
        if let Some((path, text)) = changed {
            let inside = path
                .strip_prefix(&self.root)
                .context("the file is outside the workspace")?;
            overlay.put(&room, inside, text)?;
        }
        let ran = room.run(&self.job, "").context("cannot run the tests")?;
        drop(overlay);
        Ok(match ran.end {
            End::TimeOut => Err(format!(
                "the tests took longer than {} seconds",
                TIME.as_secs()
            )),
            End::Exit(126 | 127) => Err(format!("cannot run the command: {}", ran.stderr.trim())),
            End::Exit(status) => Ok(Outcome {
                passed: status == 0,
                counts: counts(&ran),
            }),
            End::Signal(signal) => Err(format!("the tests were killed by signal {signal}")),
        })
    }
}

fn compare(before: Outcome, after: Outcome) -> Verdict {
    match (before.counts, after.counts) {
        _ if before.passed && !after.passed => Verdict::Worse(NAME),
        (Some((failed, passed)), Some((fails, passes))) if fails <= failed && passes >= passed => {
            Verdict::Passed(NAME)
        }
        (Some(_), Some(_)) => Verdict::Worse(NAME),
        _ => Verdict::Inconclusive(
            "the tests fail both with and without the fix, and do not print how many".into(),
        ),
    }
}

/// The numbers of failed and passed tests, added up over the whole output; `None` if it has none.
fn counts(ran: &Ran) -> Option<(usize, usize)> {
    let (mut failed, mut passed, mut has_counts) = (0, 0, false);
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        let words: Vec<&str> = line
            .split(|c: char| !(c.is_alphanumeric() || c == '#'))
            .filter(|w| !w.is_empty())
            .collect();
        let mut count = |number: &str, what: &str| {
            let Ok(number) = number.parse::<usize>() else {
                return;
            };
            match what {
                "failed" | "fail" | "failures" | "errors" | "error" | "failing" => failed += number,
                "passed" | "pass" | "passing" => passed += number,
                _ => return,
            }
            has_counts = true;
        };
        match words.as_slice() {
            // unittest: `Ran 5 tests in 0.1s`, then `FAILED (failures=1, errors=2)`
            ["FAILED", rest @ ..] => rest
                .chunks_exact(2)
                .for_each(|pair| count(pair[1], pair[0])),
            // node --test: `# pass 3`
            ["#", what, number] => count(number, what),
            // pytest, cargo, jest, mocha: `2 failed, 3 passed in 0.12s`
            _ => words.windows(2).for_each(|pair| count(pair[0], pair[1])),
        }
        // go test: `ok  example/a  0.01s` for a package, `--- FAIL: TestX` for a test
        if words.first() == Some(&"ok")
            && words
                .get(1)
                .is_some_and(|package| package.parse::<usize>().is_err())
        {
            passed += 1;
            has_counts = true;
        }
        if line.trim_start().starts_with("--- FAIL") {
            failed += 1;
            has_counts = true;
        }
    }
    has_counts.then_some((failed, passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_of(stdout: &str) -> Option<(usize, usize)> {
        counts(&Ran {
            end: End::Exit(1),
            stdout: stdout.into(),
            stderr: String::new(),
        })
    }

    #[test]
    fn the_numbers_of_test_programs_are_read() {
        assert_eq!(
            counts_of("=== 2 failed, 3 passed in 0.12s ==="),
            Some((2, 3))
        );
        assert_eq!(
            counts_of("test result: FAILED. 7 passed; 1 failed; 0 ignored; 0 measured"),
            Some((1, 7))
        );
        assert_eq!(
            counts_of("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2)"),
            Some((3, 0))
        );
        assert_eq!(counts_of("# tests 4\n# pass 3\n# fail 1"), Some((1, 3)));
        assert_eq!(
            counts_of("--- FAIL: TestX (0.00s)\nok  \texample/a\t0.01s"),
            Some((1, 1))
        );
        assert_eq!(counts_of("assertion failed"), None);
    }

    #[test]
    fn tests_that_failed_before_may_not_fail_more() {
        let of = |failed, passed| Outcome {
            passed: failed == 0,
            counts: Some((failed, passed)),
        };
        assert_eq!(compare(of(2, 3), of(1, 4)), Verdict::Passed(NAME));
        assert_eq!(compare(of(2, 3), of(2, 3)), Verdict::Passed(NAME));
        assert_eq!(compare(of(0, 5), of(1, 4)), Verdict::Worse(NAME));
        assert_eq!(compare(of(1, 5), of(1, 4)), Verdict::Worse(NAME));
        let silent = Outcome {
            passed: false,
            counts: None,
        };
        assert!(matches!(compare(silent, silent), Verdict::Inconclusive(_)));
    }
}
