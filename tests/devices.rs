//! The program on a GPU: Vulkan's software driver, which its user names. What a probe finds out is
//! acted on, whatever the driver does.
//!
//! `NIGH_GPU_TEST=require` fails where there is no such driver, `off` skips these tests.

use crate::program::{TINY, frame, nigh};
use assistant::device::{DeviceChoice, Devices};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tests::{Editor, skip};

/// A part of the name of Mesa's driver that computes on the CPU.
const SOFTWARE: &str = "llvmpipe";
const URI: &str = "file:///w/a.py";

/// The program with the tests' own model, whose measurements are kept in this folder.
fn command(cache: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(nigh());
    command
        .args(arguments)
        .env("NIGH_MODEL", TINY)
        .env("XDG_CACHE_HOME", cache)
        .env_remove("NIGH_DEVICE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(cache: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command(cache, arguments);
    command.envs(variables.iter().copied());
    let mut child = command.spawn().unwrap();
    drop(child.stdin.take());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether the software driver is here.
fn has_driver() -> bool {
    let mode = std::env::var("NIGH_GPU_TEST").unwrap_or_default();
    if mode == "off" {
        eprintln!("skipped: NIGH_GPU_TEST=off");
        return false;
    }
    let mut list = command(Path::new("/"), &["probe-gpu", "--list"])
        .spawn()
        .unwrap();
    let mut found = String::new();
    let mut output = list.stdout.take().unwrap();
    output.read_to_string(&mut found).unwrap();
    list.wait().unwrap();
    let is_here = found.contains(SOFTWARE);
    assert!(is_here || mode != "require", "no {SOFTWARE} in {found}");
    if !is_here {
        skip("no software driver of Vulkan (Debian: mesa-vulkan-drivers)");
    }
    is_here
}

/// An editor's side of a server that runs as a program.
struct Client {
    child: Child,
    output: BufReader<ChildStdout>,
    last_id: u64,
}

impl Client {
    fn start(cache: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(cache, arguments)
            .envs(variables.iter().copied())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self {
            child,
            output,
            last_id: 0,
        };
        let options = json!({"completion": {"minConfidence": 0}});
        client.request(
            "initialize",
            json!({
                "capabilities": {"textDocument": {"inlineCompletion": {}}},
                "initializationOptions": options,
            }),
        );
        client.notify("initialized", json!({}));
        client
    }

    fn send(&mut self, message: Value) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(&frame(&message.to_string())).unwrap();
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The result of a request; what the server sends in between is not looked at.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.read();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the end");
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The status, once this holds of it.
    fn status_when(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.request("nigh/status", json!({}));
            if holds(&status) {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{status}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn complete(&mut self, character: u32) -> String {
        let place = json!({
            "textDocument": {"uri": URI},
            "position": {"line": 0, "character": character},
            "context": {"triggerKind": 1},
        });
        let answer = self.request("textDocument/inlineCompletion", place);
        answer["items"][0]["insertText"].to_string()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_gpu_that_is_named_computes_completions_and_is_in_the_status() {
    if !has_driver() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let mut client = Client::start(cache.path(), &["serve", "--device", SOFTWARE], &[]);
    let document = json!({"uri": URI, "languageId": "python", "version": 1,
        "text": "for i in range("});
    client.notify("textDocument/didOpen", json!({"textDocument": document}));
    let on_cpu = client.complete(15);
    let status = client.status_when(|status| status["devices"]["inUse"].is_string());
    let device = status["model"]["device"].as_str().unwrap();
    assert!(
        device.starts_with("gpu (") && device.contains(SOFTWARE),
        "{status}"
    );
    let memory = status["devices"]["memoryBytes"].as_u64().unwrap();
    let gpu = &status["devices"]["gpus"][0];
    assert_eq!(gpu["kind"], "software", "{status}");
    assert_eq!(gpu["measured"]["result"], "right", "{status}");
    assert!(gpu["gain"].is_number(), "{status}");
    assert!(on_cpu.len() > 2, "{on_cpu}");
    // A session on the GPU takes memory there.
    let used = |status: &Value| status["devices"]["memoryBytes"].as_u64().unwrap();
    client.notify(
        "textDocument/didChange",
        json!({
            "textDocument": {"uri": URI, "version": 2},
            "contentChanges": [{"text": "while True:\n    pass\nfor i in range("}],
        }),
    );
    client.complete(6);
    let status = client.status_when(|status| used(status) > memory);
    assert!(status["devices"]["inUse"].is_string(), "{status}");
    let doctor = run(cache.path(), &["doctor", "--device", SOFTWARE], &[]);
    let report = text(&doctor.stdout);
    assert!(report.contains("a typical request takes"), "{report}");
    assert!(report.contains("you chose it; it was"), "{report}");
}

#[test]
fn a_gpu_that_is_idle_is_given_back_and_opened_for_the_next_request() {
    if !has_driver() || !cfg!(debug_assertions) {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let variables = [("NIGH_GPU_IDLE_SECONDS", "4")];
    let mut client = Client::start(cache.path(), &["serve", "--device", SOFTWARE], &variables);
    let document = json!({"uri": URI, "languageId": "python", "version": 1,
        "text": "for i in range("});
    client.notify("textDocument/didOpen", json!({"textDocument": document}));
    let in_use = |status: &Value| status["devices"]["inUse"].is_string();
    client.status_when(in_use);
    // The reason follows a moment after the device.
    let rested = client.status_when(|status| {
        let why = status["devices"]["why"].as_str().unwrap_or_default();
        !in_use(status) && why.contains("was not used for a while")
    });
    let device = rested["model"]["device"].as_str().unwrap();
    assert!(device.starts_with("cpu ("), "{device}");
    // The CPU answers this one.
    assert!(client.complete(15).len() > 2);
    client.status_when(in_use);
}

#[test]
fn commands_compute_on_a_gpu_that_is_named() {
    if !has_driver() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.py:3:1");
    let complete = ["complete", "--json", place];
    let on_gpu = [&complete[..], &["--device", SOFTWARE]].concat();
    let [cpu, gpu] = [&complete[..], &on_gpu].map(|arguments| {
        let output = run(cache.path(), arguments, &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!(cpu["promptTokens"], gpu["promptTokens"]);
    let missing = run(
        cache.path(),
        &["complete", place, "--device", "Voodoo"],
        &[],
    );
    let why = text(&missing.stderr);
    assert!(
        !missing.status.success() && why.contains("no GPU is called `Voodoo`"),
        "{why}"
    );
}

#[test]
fn a_driver_that_crashes_hangs_or_lies_is_not_used() {
    if !has_driver() || !cfg!(debug_assertions) {
        return;
    }
    for (fault, why, is_kept) in [
        ("crash", "the test crashed: signal: 6", true),
        ("hang", "the test took longer than 2 s", true),
        ("lie", "its answers are wrong", true),
    ] {
        let cache = tempfile::tempdir().unwrap();
        let variables = [
            ("NIGH_PROBE_FAULT", fault),
            (
                "NIGH_PROBE_SECONDS",
                if fault == "hang" { "2" } else { "100" },
            ),
        ];
        let arguments = ["doctor", "--probe", "--device", SOFTWARE];
        let report = text(&run(cache.path(), &arguments, &variables).stdout);
        assert!(report.contains(why), "{fault}: {report}");
        assert!(report.contains("device: the CPU: "), "{fault}: {report}");
        // It is known from then on, without another test.
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.py:3:1");
        let refused = run(
            cache.path(),
            &["complete", place, "--device", SOFTWARE],
            &[],
        );
        let error = text(&refused.stderr);
        assert_eq!(error.contains(why), is_kept, "{fault}: {error}");
    }
}

#[test]
fn without_a_driver_the_cpu_computes() {
    let cache = tempfile::tempdir().unwrap();
    let none = [("VK_DRIVER_FILES", "/none"), ("VK_ICD_FILENAMES", "/none")];
    let report = text(&run(cache.path(), &["doctor"], &none).stdout);
    if cfg!(target_os = "linux") {
        let line = "ok      device: the CPU: no GPU was found";
        assert!(report.contains(line), "{report}");
    }
    let refused = run(cache.path(), &["doctor", "--device", "cpu"], &none);
    let report = text(&refused.stdout);
    assert!(report.contains("the CPU: you chose it"), "{report}");
}

#[tokio::test]
async fn a_message_about_a_gpu_is_shown_in_the_editor() {
    let devices = Devices::new(DeviceChoice::Auto, "/no/such/program".into(), None);
    let mut editor = Editor::start_on(devices.clone(), Box::new(|_, _| Ok("10):".into())));
    editor.initialize(json!({})).await;
    editor.open(URI, "python", "for i in range(").await;
    // The model is there once it has answered, and messages are shown from then on.
    editor.completion(URI, 0, 15).await;
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["devices"], Value::Null, "a model without devices");
    tokio::time::sleep(Duration::from_millis(100)).await;
    devices.notify("RTX 4060 has failed".into());
    let shown = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    assert_eq!(shown["params"]["message"], "RTX 4060 has failed");
    assert_eq!(shown["params"]["type"], 2, "a warning");
}
