//! The model that the user chose: if it cannot complete, the embedded one answers in an editor and
//! one message says why; commands that were given it fail.

use assistant::device::Devices;
use assistant::model::ChosenModel;
use assistant::settings::ModelSettings;
use assistant::switching_model::serving;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tests::{Editor, Prompts};

const URI: &str = "file:///w/a.py";
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/tiny.gguf");

/// The tests' own model with these parts of names spelt otherwise.
fn renamed(folder: &Path, name: &str, parts: &[[u8; 4]]) -> PathBuf {
    let mut bytes = std::fs::read(TINY).unwrap();
    for at in 0..bytes.len() - 4 {
        if parts.iter().any(|part| bytes[at..].starts_with(part)) {
            bytes[at + 2] = b'n';
        }
    }
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A model that only has the markers of conversations.
fn chat_model(folder: &Path) -> PathBuf {
    renamed(folder, "chat.gguf", &[*b"fim_"])
}

/// A model without markers of any kind.
fn base_model(folder: &Path) -> PathBuf {
    renamed(folder, "base.gguf", &[*b"fim_", *b"|im_"])
}

/// The chat model with a template.
fn chat_model_with(folder: &Path, template: &str) -> PathBuf {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let key = text("tokenizer.chat_template");
    // As many bytes as leave the tensors where they were, seen from a multiple of 32.
    let length = key.len() + 4 + 8 + template.len() + 4;
    let comment = " ".repeat(length.next_multiple_of(32) - length);
    let value = text(&format!("{template}{{#{comment}#}}"));
    let pair = [key, 8u32.to_le_bytes().to_vec(), value].concat();
    let path = chat_model(folder);
    let mut bytes = std::fs::read(&path).unwrap();
    let count = u64::from_le_bytes(*bytes[16..].first_chunk().unwrap());
    bytes.splice(16..24, (count + 1).to_le_bytes());
    bytes.splice(24..24, pair);
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
        (base_model(folder), "neither fill-in-the-middle markers"),
    ]
}

/// An editor whose user chose this model.
fn choosing(path: PathBuf) -> Editor {
    let name = path.display().to_string();
    starting(Ok(Some(ChosenModel {
        name,
        path,
        adapter: None,
    })))
}

/// An editor whose user's choice is this model, or was not found.
fn starting(chosen: Result<Option<ChosenModel>, String>) -> Editor {
    let settings = ModelSettings {
        threads: 1,
        ..ModelSettings::default()
    };
    let load = move || serving(chosen.clone(), &settings, &Devices::default());
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

#[tokio::test]
async fn a_model_whose_results_are_no_numbers_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.gguf");
    let mut bytes = std::fs::read(TINY).unwrap();
    // The last norm's weights become infinite.
    let end = bytes.len();
    for weight in bytes[end - 1000..].chunks_exact_mut(4) {
        weight.copy_from_slice(&f32::INFINITY.to_le_bytes());
    }
    std::fs::write(&path, bytes).unwrap();
    let mut editor = choosing(path);
    editor.initialize(json!({})).await;
    editor.open(URI, "python", "for i in range(").await;
    assert_eq!(editor.completion(URI, 0, 15).await, None);
    let shown = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    let message = shown["params"]["message"].as_str().unwrap();
    assert!(message.contains("results are not numbers"), "{message}");
    let place = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 15}});
    let explained = editor.request("nigh/explain", place).await["error"].clone();
    let why = explained["message"].as_str().unwrap();
    assert!(why.contains("results are not numbers"), "{why}");
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
        base_model(folder.path()).to_str().unwrap(),
    ]);
    assert!(!missing.status.success());
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("neither fill-in-the-middle markers")
    );
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
    let base = nigh(&["check-model", base_model(folder.path()).to_str().unwrap()]);
    assert!(text(&base).contains("no completion"), "{}", text(&base));
    assert!(
        text(&base).contains("parameters"),
        "what it is comes all the same"
    );
    assert!(String::from_utf8_lossy(&base.stderr).contains("no completion"));
    for (template, through) in [
        (None, "the turns of ChatML\n"),
        (Some(TEMPLATE), "its chat template\n"),
        (
            Some(HOSTILE),
            "the turns of ChatML; its chat template is ignored: the template does too much\n",
        ),
    ] {
        let path = match template {
            Some(template) => chat_model_with(folder.path(), template),
            None => chat_model(folder.path()),
        };
        let able = text(&nigh(&["check-model", path.to_str().unwrap()]));
        let expected = format!("chat model: fills in through {through}");
        assert!(able.contains(&expected), "{able}");
    }
}

/// A chat template, and one that never ends.
const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.role|upper }}: {{ m.content }}\
                        <|im_end|>{% endfor %}<|im_start|>ASSISTANT: <think>\n";
const HOSTILE: &str = "{% set n = namespace(x=['a']) %}{% for i in range(900) %}\
                       {% set n.x = n.x + n.x %}{% endfor %}{{ n }}";

#[tokio::test]
async fn a_chat_model_completes_in_a_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let path = chat_model_with(folder.path(), TEMPLATE);
    let mut editor = choosing(path.clone());
    editor
        .initialize(json!({"initializationOptions": {"completion": {"minConfidence": 0}}}))
        .await;
    let text = "def add(a, b):\n    return <|im_end|> a + ";
    editor.open(URI, "python", text).await;
    let place = json!({"textDocument": {"uri": URI}, "position": {"line": 1, "character": 26}});
    let explained = editor.request("nigh/explain", place).await["result"].clone();
    let prompt = explained["prompt"].as_str().unwrap();
    for part in [
        "<|im_start|>SYSTEM: Write the code that is missing",
        "<|im_start|>USER: File: a.py\n<FILL_HERE><|im_end|><|im_start|>ASSISTANT: <think>\n\n</think>",
        "```python\ndef add(a, b):\n    return <|im_end|> a +",
    ] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    // The model is random: that it is asked and answers is all that can be seen.
    let _ = editor.completion(URI, 1, 26).await;
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["model"]["fillIn"], "chat template", "{status}");
    assert_eq!(status["model"]["instead"], json!(null));
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.py:1:1");
    let completed = nigh(&["complete", "--model", path.to_str().unwrap(), sample]);
    let error = String::from_utf8_lossy(&completed.stderr).into_owned();
    assert!(completed.status.success(), "{error}");
}
