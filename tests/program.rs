//! The program itself over real pipes, and the command line. One test runs the embedded model, all
//! others a tiny one, whose answers stay the same.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The program that was built together with this test.
pub fn nigh() -> PathBuf {
    let folder = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned();
    let program = folder.join(format!("nigh{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "{} is missing: build it first (`cargo build -p nigh`)",
        program.display()
    );
    program
}

/// The model for tests.
pub const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/tiny.gguf");

pub fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(nigh());
    command
        .args(arguments)
        .env("NIGH_MODEL", TINY)
        .env(
            "XDG_CACHE_HOME",
            std::env::temp_dir().join("nigh-tests-cache"),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Reads answers until one has `member`; an error is none.
fn read_until(output: &mut impl Read, member: &str) {
    let (mut seen, mut buffer) = (String::new(), [0; 4096]);
    while !seen.contains(&format!("\"{member}\"")) {
        let length = output.read(&mut buffer).unwrap();
        seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        assert!(
            length > 0 && !seen.contains("\"error\""),
            "no {member}: {seen}"
        );
    }
}

#[test]
fn the_embedded_model_answers_over_pipes_and_the_exit_code_is_right() {
    let mut serve = Command::new(nigh());
    serve
        .arg("serve")
        .env_remove("NIGH_MODEL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = serve.spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    input.write_all(&frame(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{"textDocument":{"inlineCompletion":{}}}}}"#)).unwrap();
    read_until(&mut output, "capabilities");
    for body in [
        r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":1,"text":"for i in range("}}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"textDocument/inlineCompletion","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":15},"context":{"triggerKind":1}}}"#,
    ] {
        input.write_all(&frame(body)).unwrap();
    }
    read_until(&mut output, "items");
    input
        .write_all(&frame(r#"{"jsonrpc":"2.0","id":3,"method":"shutdown"}"#))
        .unwrap();
    input
        .write_all(&frame(r#"{"jsonrpc":"2.0","method":"exit"}"#))
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_editor_that_counts_bytes_without_saying_so_is_served_in_bytes() {
    let initialize =
        frame(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#);
    for encoding in ["utf-8", "utf-32"] {
        let output = run(&["serve", "--position-encoding", encoding], &initialize);
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(
            answer.contains(&format!(r#""positionEncoding":"{encoding}""#)),
            "{answer}"
        );
    }
    let refused = run(&["serve", "--position-encoding", "utf-7"], b"");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("must be utf-8, utf-16 or utf-32"));
}

#[cfg(unix)]
#[test]
fn completions_come_over_http_until_the_server_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut child = Command::new(nigh())
        .args([
            "serve",
            "--http",
            "localhost:0",
            "--log-file",
            log.to_str().unwrap(),
        ])
        .env("NIGH_LOG", "trace")
        .env("NIGH_MODEL", TINY)
        .env_remove("NIGH_HTTP_TOKEN")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.as_mut().unwrap()),
        &mut line,
    )
    .unwrap();
    let address = line
        .trim()
        .strip_prefix("nigh answers at http://")
        .unwrap_or_else(|| panic!("{line}"))
        .to_owned();
    let body =
        json!({"prompt": "for zq_canary in range(", "suffix": "\n", "path": "a.py"}).to_string();
    let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    stream
        .write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(
        answer["choices"][0]["text"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{answer}"
    );
    assert!(
        answer["usage"]["completion_tokens"]
            .as_u64()
            .is_some_and(|tokens| tokens > 0),
        "{answer}"
    );
    let taken = run(&["serve", "--http", &address], b"");
    let error = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(
        !taken.status.success() && error.contains("another port"),
        "{error}"
    );
    assert!(
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("/v1/completions") && !log.contains("zq_canary"),
        "{log}"
    );
}

#[test]
fn a_server_over_http_names_no_address_before_it_has_looked_at_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.gguf");
    std::fs::write(&broken, b"GGUF and then nothing of use").unwrap();
    for (path, why) in [
        (broken, "GGUF version"),
        (folder.path().join("missing.gguf"), "no file or folder"),
    ] {
        let model = path.to_str().unwrap();
        let refused = run(&["serve", "--http", "localhost:0", "--model", model], b"");
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && refused.stdout.is_empty());
        let named = error.contains("nothing can be completed") && error.contains(why);
        assert!(named, "{error}");
    }
}

#[test]
fn tokens_come_back_as_the_same_text() {
    let text = "def f(x):\n\treturn <|fim_middle|> 'größe 😀'\r\n";
    let ids = run(&["tokenize"], text.as_bytes());
    let ids = String::from_utf8(ids.stdout).unwrap();
    assert!(
        ids.split_whitespace()
            .all(|id| id.parse::<u32>().is_ok_and(|id| id > 15)),
        "a special token: {ids}"
    );
    assert_eq!(
        run(&["tokenize", "--decode"], ids.as_bytes()).stdout,
        text.as_bytes()
    );
}

#[test]
fn wrong_arguments_are_explained() {
    for (arguments, expected) in [
        (
            &["complete", "no-such-file.py:1:1"][..],
            "cannot read no-such-file.py",
        ),
        (&["complete", "README.md"], "FILE:LINE:COL"),
        (&["check-model", "no-such.gguf"], "no-such.gguf"),
        (
            &["complete", "--model", "no-such.gguf", "Cargo.toml:1:1"],
            "no-such.gguf",
        ),
        (&["eval", "infill", "no-such.jsonl"], "no-such.jsonl"),
        (&["eval", "perplexity", "no-such.txt"], "no-such.txt"),
        (&["quantize", "no-such.gguf", "out.gguf"], "no-such.gguf"),
        (
            &["quantize", "a.gguf", "b.gguf", "--type", "Q3"],
            "the types are Q8_0",
        ),
        (&["eval", "repair", "no-such.jsonl"], "no-such.jsonl"),
        (&["eval", "detect", "no-such.jsonl"], "no-such.jsonl"),
        (&["eval", "memorisation", "no-such.jsonl"], "no-such.jsonl"),
        (&["eval", "detect", "README.md", "--every", "0"], "--every"),
        (
            &[
                "eval",
                "infill",
                "no-such.jsonl",
                "--repositories",
                "no-such",
            ],
            "no-such",
        ),
        (
            &["prompt", "Cargo.toml:1:1", "--workspace", "no-such"],
            "--workspace no-such",
        ),
        (&["serve", "--http", "8012"], "127.0.0.1:8012"),
        (&["serve", "--http", "0.0.0.0:0"], "--http-allow-remote"),
        (
            &[
                "serve",
                "--http",
                "0.0.0.0:0",
                "--http-allow-remote",
                "--http-token-file",
                "no-such",
            ],
            "no-such",
        ),
        (
            &["serve", "--http", "127.0.0.1:0", "--workspace", "no-such"],
            "--workspace no-such",
        ),
        (
            &["serve", "--http", "127.0.0.1:0", "--model", "no-such.gguf"],
            "no-such.gguf",
        ),
        (&["serve", "--http-show", "quiet"], "--http <IP:PORT>"),
    ] {
        let output = run(arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(expected),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn the_doctor_finds_the_model() {
    let output = run(&["doctor"], b"");
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && report.contains("ok      model: tiny"),
        "{report}"
    );
    // Every checker is listed, installed or not; or none, if programs cannot be confined.
    let names = [
        "pyright",
        "py_compile",
        "tsc",
        "node --check",
        "cargo check",
        "go vet",
        "javac",
        "cc for c",
        "c++",
        "php -l",
        "ruby -c",
    ];
    assert!(
        report.contains("checkers: off") || names.iter().all(|name| report.contains(name)),
        "{report}"
    );
}

#[test]
fn evaluation_reads_cases_and_ends_with_one_json_object() {
    let folder = std::env::temp_dir().join(format!("nigh-eval-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (cases, out) = (folder.join("cases.jsonl"), folder.join("predictions.jsonl"));
    let case = r#"{"id":"a/1","language":"python","path":"a.py","prefix":"def f(x):\n    return ","suffix":"\n","reference":"x"}"#;
    std::fs::write(&cases, format!("{case}\n\n{case}\n")).unwrap();
    let output = run(
        &[
            "eval",
            "infill",
            cases.to_str().unwrap(),
            "--limit",
            "1",
            "--out",
            out.to_str().unwrap(),
        ],
        b"",
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let summary: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(summary["cases"], 1);
    assert!(summary["exact"].is_number() && summary["pass_at_1"].is_null());
    let predictions = std::fs::read_to_string(&out).unwrap();
    let prediction: Value = serde_json::from_str(predictions.trim()).unwrap();
    assert_eq!(prediction["id"], "a/1");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_model_is_made_smaller_and_still_foretells_text() {
    let folder = std::env::temp_dir().join(format!("nigh-quantize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (small, text, documents, windows) = (
        path("small.gguf"),
        path("a.rs"),
        path("b.jsonl"),
        path("windows.jsonl"),
    );
    // Real code: repeated text is predicted by copying, which a quantised model may do better or
    // worse by chance.
    let code = include_str!("completing.rs")
        .lines()
        .take(60)
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(&text, &code).unwrap();
    let line = serde_json::json!({"path": "x.rs", "text": code});
    std::fs::write(&documents, format!("{line}\n\n{line}\n")).unwrap();
    let output = run(
        &[
            "quantize",
            TINY,
            &small,
            "--type",
            "q4_k",
            "--calibrate",
            &text,
        ],
        b"",
    );
    let (report, notes) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && report.contains("Q4_K    15 tensors"),
        "{report}{notes}"
    );
    assert!(notes.contains("quantised already (Q"), "{notes}");
    let again = run(&["quantize", TINY, &small], b"");
    assert!(
        !again.status.success() && String::from_utf8_lossy(&again.stderr).contains("--force"),
        "{again:?}"
    );
    let perplexity = |arguments: &[&str]| {
        let output = run(&[&["eval", "perplexity"], arguments].concat(), b"");
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str::<serde_json::Value>(text.lines().last().unwrap()).unwrap()
    };
    let (large, less) = (
        perplexity(&[&documents]),
        perplexity(&[&documents, "--model", &small, "--out", &windows]),
    );
    assert_eq!(
        (&large["documents"], &large["bytes"]),
        (&2.into(), &(2 * code.len()).into())
    );
    assert_eq!(large["tokens"], less["tokens"]);
    let nats = |summary: &serde_json::Value| summary["nats_per_token"].as_f64().unwrap();
    assert!(
        nats(&large) > 0.0 && (nats(&less) - nats(&large)).abs() < 0.1,
        "{large} {less}"
    );
    let windows = std::fs::read_to_string(&windows).unwrap();
    let window: serde_json::Value = serde_json::from_str(windows.lines().next().unwrap()).unwrap();
    let (tokens, first) = (
        window["tokens"].as_array().unwrap(),
        window["first"].as_u64().unwrap() as usize,
    );
    assert_eq!(
        window["logprobs"].as_array().unwrap().len(),
        tokens.len() - first
    );
    // Cut into short windows, every token is still counted once.
    assert_eq!(
        perplexity(&[&documents, "--window", "32"])["tokens"],
        large["tokens"]
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_kind_of_evaluation_ends_with_its_numbers() {
    let folder = std::env::temp_dir().join(format!("nigh-evals-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let code = "def f(a, b):\n    return a + a\n";
    let tests = json!("\nassert f(1, 2) == 3\n");
    let append = json!({"kind": "append", "code": tests});
    let measure = |kind: &str, more: &[&str], case: Value| {
        let cases = folder.join(format!("{kind}.jsonl"));
        std::fs::write(&cases, format!("{case}\n")).unwrap();
        let output = run(
            &[&["eval", kind, cases.to_str().unwrap()], more].concat(),
            b"",
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{kind}: {error}");
        serde_json::from_str::<Value>(text.lines().last().unwrap()).unwrap()
    };
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let infill = json!({"id": 1, "language": "python", "prefix": "def f(a, b):\n    return ", "suffix": "\n",
                        "reference": "a + b", "tests": tests});
    if cfg!(target_os = "linux") {
        let infill = measure("infill", &["--run-tests"], infill);
        assert!(
            infill["ran"]
                .as_u64()
                .is_some_and(|ran| ran == 1 && infill["pass_at_1"].is_number()),
            "{infill}"
        );
        let case = json!({"id": 1, "language": "python", "buggy": code, "fixed": code.replace("a + a", "a + b"),
                          "tests": append});
        assert_eq!(
            keys(&measure("repair", &[], case)),
            "cases false_alarms minimality top1 top3"
        );
    }
    let case = json!({"id": 1, "language": "python", "code": code, "has_bug": true, "error_span": [28, 29],
                      "right": ["b"], "candidates": ["a", "b"]});
    let detect = measure("detect", &[], case);
    assert_eq!(
        keys(&detect),
        "cases f1 precision recall repair_accuracy threshold"
    );
    let file =
        json!({"package": "p", "path": "a.py", "language": "python", "text": code.repeat(60)});
    let memorisation = measure("memorisation", &["--cases", "3", "--seed", "7"], file);
    assert_eq!(keys(&memorisation), "cases longest verbatim_50");
    assert!(
        memorisation["cases"] == 1 && memorisation["longest"].is_u64(),
        "{memorisation}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_completion_can_be_printed_as_a_diff() {
    let file = std::env::temp_dir().join(format!("nigh-diff-{}.py", std::process::id()));
    std::fs::write(&file, "import os\n\n\ndef f(items):\n    for item in \n").unwrap();
    let output = run(
        &["complete", "--diff", &format!("{}:5:17", file.display())],
        b"",
    );
    let (text, error) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(text.contains("+    for item in "), "{text}{error}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_case_is_completed_in_its_own_workspace_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir_all(path("trees/p-1.0")).unwrap();
    std::fs::write(
        path("trees/p-1.0/a.py"),
        "def total(items):\n    return sum(items)\n",
    )
    .unwrap();
    let measure = |snapshot: &str| {
        let case = json!({"id": "p/1", "language": "python", "path": "b.py", "snapshot": snapshot,
                          "prefix": "from a import total\n\nx = ", "suffix": "\n", "reference": "total([1])"});
        std::fs::write(path("cases.jsonl"), case.to_string()).unwrap();
        run(
            &[
                "eval",
                "infill",
                &path("cases.jsonl"),
                "--repositories",
                &path("trees"),
            ],
            b"",
        )
    };
    let output = measure("p-1.0");
    let text = String::from_utf8(output.stdout).unwrap();
    let summary: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(summary["cases"], 1);
    for snapshot in ["../trees", "p-2.0", "/"] {
        let output = measure(snapshot);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains("p/1") && error.contains(snapshot),
            "{error}"
        );
    }
}

#[test]
fn the_log_and_the_cache_hold_neither_secrets_nor_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path("w")).unwrap();
    std::fs::write(path("w/.env"), "KEY=zq_canary_secret\n").unwrap();
    std::fs::write(
        path("w/token.py"),
        format!("zq_canary_token = 'ghp_{}'\n", "a1".repeat(20)),
    )
    .unwrap();
    std::fs::write(path("w/a.py"), "def zq_plain_text(): pass\n").unwrap();
    let mut child = Command::new(nigh())
        .args(["serve", "--log-file", path("log").to_str().unwrap()])
        .envs([
            ("XDG_CACHE_HOME", path("cache")),
            ("HOME", path("home")),
            ("LOCALAPPDATA", path("cache")),
        ])
        .env("NIGH_LOG", "nigh=trace")
        .env("NIGH_MODEL", TINY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut send = |body: Value| input.write_all(&frame(&body.to_string())).unwrap();
    let root = format!("file://{}", path("w").display());
    let uri = format!("{root}/.env");
    send(
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"rootUri": root, "capabilities": {}}}),
    );
    read_until(&mut output, "capabilities");
    send(json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
    let document =
        json!({"uri": uri, "languageId": "dotenv", "version": 1, "text": "KEY=zq_canary_secret\n"});
    send(
        json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}),
    );
    let start = std::time::Instant::now();
    let log = || std::fs::read_to_string(path("log")).unwrap_or_default();
    while !log().contains("the index is stored") {
        assert!(start.elapsed().as_secs() < 30, "{}", log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    send(json!({"jsonrpc": "2.0", "id": 3, "method": "shutdown"}));
    send(json!({"jsonrpc": "2.0", "method": "exit"}));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!log().contains("zq_"), "{}", log());
    let mut folders = vec![path("cache"), path("home")];
    let mut stored = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                folders.push(entry)
            } else {
                stored.push(std::fs::read(entry).unwrap())
            }
        }
    }
    assert_eq!(stored.len(), 1);
    let holds = |text: &str| {
        stored[0]
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        holds("zq_plain_text") && !holds("zq_canary"),
        "the stored index"
    );
}

#[test]
fn nothing_is_completed_in_a_file_of_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(&path, "KEY=").unwrap();
    for command in ["complete", "prompt"] {
        let output = run(&[command, &format!("{}:1:5", path.display())], b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains("secret"),
            "{error}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_learned_is_shown_exported_turned_off_and_deleted() {
    use assistant::learning::file::update;
    use assistant::learning::table::{Kind, Source};
    use completion::SuggestionOutcome;
    let folder = tempfile::tempdir().unwrap();
    let learning = |what: &str| {
        let output = Command::new(nigh())
            .args(["learning", what])
            .env("XDG_STATE_HOME", folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{what}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    assert!(learning("show").contains("nothing has been learned yet"));
    assert!(learning("delete").contains("nothing was removed"));
    let path = folder.path().join("nigh/learning.json");
    assert!(!path.exists(), "looking writes nothing");
    let count = |fate| {
        update(&path, |learned| {
            (0..30).for_each(|_| {
                learned
                    .counts
                    .count("python", Kind::AfterDot, Source::Model, 0.7, fate)
            });
            true
        })
        .unwrap()
    };
    count(SuggestionOutcome::Accepted);
    count(SuggestionOutcome::Ignored);
    let table = learning("show");
    let row = table
        .lines()
        .find(|line| line.starts_with("python"))
        .unwrap();
    let words: Vec<_> = row.split_whitespace().collect();
    assert_eq!(
        words[..9],
        ["python", "after", "a", "dot", "60", "30", "0", "0", "0"]
    );
    let exported: Value = serde_json::from_str(&learning("export")).unwrap();
    assert_eq!(
        exported["counts"]["python"]["afterDot"]["model/3"]["ignored"],
        30.0
    );
    assert!(learning("off").contains("off"));
    assert!(learning("show").contains("learning is off"));
    assert!(learning("on").contains("learning is on"));
    assert!(learning("delete").contains("learning.json"));
    assert!(!path.exists());
    std::fs::write(&path, "{").unwrap();
    let output = Command::new(nigh())
        .args(["learning", "show"])
        .env("XDG_STATE_HOME", folder.path())
        .output()
        .unwrap();
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("is damaged")
    );
}
