//! The model that the user chose: if it cannot complete, the embedded one answers in an editor and
//! one message says why; commands that were given it fail.

use assistant::model::ChosenModel;
use assistant::settings::ModelSettings;
use assistant::switching_model::serving;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tests::{Editor, Prompts};

const URI: &str = "file:///w/a.py";
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/tiny.gguf");

/// A model without markers to fill in with: the tests' own, its markers spelt otherwise.
fn chat_model(folder: &Path) -> PathBuf {
    let mut bytes = std::fs::read(TINY).unwrap();
    for at in 0..bytes.len() - 4 {
        if &bytes[at..at + 4] == b"fim_" {
            bytes[at + 2] = b'n';
        }
    }
    let path = folder.join("chat.gguf");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A GGUF without tensors that says it is an adapter.
fn adapter(folder: &Path) -> PathBuf {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let header = [
        &3u32.to_le_bytes()[..],
        &0u64.to_le_bytes(),
        &1u64.to_le_bytes(),
    ]
    .concat();
    let pair = [
        text("general.type"),
        8u32.to_le_bytes().to_vec(),
        text("adapter"),
    ]
    .concat();
    let path = folder.join("adapter.gguf");
    std::fs::write(&path, [b"GGUF".to_vec(), header, pair].concat()).unwrap();
    path
}

/// Models that cannot complete, and what is said about each.
fn unusable(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let broken = folder.join("broken.gguf");
    std::fs::write(&broken, b"GGUF and then nothing of use").unwrap();
    vec![
        (folder.join("missing.gguf"), "no file or folder"),
        (broken, "GGUF version"),
        (adapter(folder), "LoRA adapter"),
        (chat_model(folder), "no fill-in-the-middle markers"),
    ]
}

/// An editor whose user chose this model.
fn choosing(path: PathBuf) -> Editor {
    let name = path.display().to_string();
    starting(Ok(Some(ChosenModel { name, path })))
}

/// An editor whose user's choice is this model, or was not found.
fn starting(chosen: Result<Option<ChosenModel>, String>) -> Editor {
    let settings = ModelSettings {
        threads: 1,
        ..ModelSettings::default()
    };
    let load = move || serving(chosen.clone(), &settings);
    Editor::start_loading(Prompts::default(), load)
}

#[tokio::test]
async fn the_embedded_model_answers_where_the_chosen_one_cannot() {
    let folder = tempfile::tempdir().unwrap();
    for (path, why) in unusable(folder.path()) {
        let shown = path.display().to_string();
        let mut editor = choosing(path);
        editor
            .initialize(json!({"initializationOptions": {"completion": {"minConfidence": 0}}}))
            .await;
        // The editor fails on messages that were not read, so this is the only one.
        let warning = editor
            .wait_for(|message| message["method"] == "window/showMessage")
            .await;
        let message = warning["params"]["message"].as_str().unwrap();
        assert_eq!(warning["params"]["type"], 2, "a warning");
        assert!(
            message.contains("embedded model instead: ") && message.contains(why),
            "{message}"
        );
        assert_eq!(message.matches(&shown).count(), 1, "{message}");
        editor.open(URI, "python", "for i in range(").await;
        assert!(
            editor
                .completion(URI, 0, 15)
                .await
                .is_some_and(|text| !text.is_empty()),
            "{why}"
        );
        let status = editor.request("nigh/status", json!({})).await["result"].clone();
        assert_eq!(status["state"], "ready");
        assert!(
            status["model"]["instead"]
                .as_str()
                .is_some_and(|reason| reason.contains(why)),
            "{status}"
        );
        assert!(
            status["model"]["parameters"].as_u64() > Some(50_000_000),
            "not the embedded model: {status}"
        );
    }
}

#[tokio::test]
async fn a_choice_that_is_not_found_leaves_the_embedded_model() {
    let mut editor = starting(Err("ollama:gone:1b: there is no such model".into()));
    editor.initialize(json!({})).await;
    let warning = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    let message = warning["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("embedded model instead: ollama:gone:1b: there is no"),
        "{message}"
    );
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["state"], "ready");
}

#[tokio::test]
async fn a_chosen_model_that_can_complete_runs_without_a_word() {
    let mut editor = choosing(TINY.into());
    editor.initialize(json!({})).await;
    editor.open(URI, "python", "for i in range(").await;
    let _ = editor.completion(URI, 0, 15).await;
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["model"]["instead"], json!(null));
    assert!(
        status["model"]["parameters"].as_u64() < Some(5_000_000),
        "{status}"
    );
}

fn nigh(arguments: &[&str]) -> Output {
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
    let mut command = Command::new(program);
    command.env_remove("NIGH_MODEL").env(
        "XDG_CACHE_HOME",
        std::env::temp_dir().join("nigh-tests-cache"),
    );
    command.args(arguments).output().unwrap()
}

#[test]
fn commands_fail_where_the_model_they_were_given_cannot_complete() {
    let folder = tempfile::tempdir().unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.py:1:1");
    let mut models = unusable(folder.path());
    models.push((TINY.into(), ""));
    for (path, why) in models {
        let path = path.to_str().unwrap();
        let checked = nigh(&["check-model", path]);
        let completed = nigh(&["complete", "--model", path, sample]);
        assert_eq!(
            checked.status.success(),
            completed.status.success(),
            "{path}"
        );
        assert_eq!(checked.status.success(), why.is_empty(), "{path}");
        for output in [checked, completed] {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(error.contains(why), "{error}");
        }
    }
    let missing = nigh(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--model",
        chat_model(folder.path()).to_str().unwrap(),
    ]);
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no fill-in-the-middle markers"));
}

#[test]
fn check_model_says_what_a_model_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let able = text(&nigh(&["check-model", TINY]));
    assert!(
        able.contains("completion: yes, ") && able.contains(" markers"),
        "{able}"
    );
    let sweep = folder.path().join("sweep-next-edit-0.5b.q8_0.gguf");
    std::fs::copy(TINY, &sweep).unwrap();
    let edits = text(&nigh(&["check-model", sweep.to_str().unwrap()]));
    assert!(
        edits.contains("; next edits: in the format of Sweep"),
        "{edits}"
    );
    assert!(!able.contains("next edits"), "{able}");
    let chat = nigh(&["check-model", chat_model(folder.path()).to_str().unwrap()]);
    assert!(
        text(&chat).contains("chat model: no completion"),
        "{}",
        text(&chat)
    );
    assert!(
        text(&chat).contains("parameters"),
        "what it is comes all the same"
    );
    assert!(String::from_utf8_lossy(&chat.stderr).contains("chat model: no completion"));
}
