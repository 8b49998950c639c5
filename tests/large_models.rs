//! A chosen model that takes long to load, or is not used for long: the embedded model answers
//! meanwhile, the editor shows how far loading is, and its user can cancel it.

use assistant::LoadWatch;
use assistant::model::Model;
use assistant::switching_model::SwitchingModel;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::{Editor, Prompts, saying};

const URI: &str = "file:///w/a.py";
/// For as long as the program runs.
const NEVER: Duration = Duration::ZERO;

/// What loading the chosen model does next.
enum Step {
    Percent(u8),
    Done,
    Fail,
}

/// Decides how loading goes, and counts how often it began and was cancelled.
struct Loader {
    steps: Sender<Step>,
    begun: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
}

impl Loader {
    fn step(&self, step: Step) {
        self.steps.send(step).unwrap();
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }
}

/// Follows the steps until loading is cancelled.
fn load(watch: &LoadWatch, steps: &Mutex<Receiver<Step>>) -> Result<Box<dyn Model>, String> {
    let steps = steps.lock().unwrap();
    loop {
        if watch.cancel.is_cancelled() {
            return Err("cancelled".into());
        }
        match steps.recv_timeout(Duration::from_millis(5)) {
            Ok(Step::Percent(percent)) => (watch.report)(percent),
            Ok(Step::Done) => return Ok(saying("large")),
            Ok(Step::Fail) => return Err("/m/big.gguf is damaged".into()),
            Err(_) => {}
        }
    }
}

/// An editor whose user chose a model that is given back when it was unused for `idle`.
fn choosing(idle: Duration) -> (Editor, Loader) {
    let (steps, received) = channel();
    let loader = Loader {
        steps,
        begun: Arc::default(),
        cancelled: Arc::default(),
    };
    let received = Arc::new(Mutex::new(received));
    let (begun, cancelled) = (Arc::clone(&loader.begun), Arc::clone(&loader.cancelled));
    let start = move || {
        let received = Arc::clone(&received);
        let (begun, cancelled) = (Arc::clone(&begun), Arc::clone(&cancelled));
        let open = move |watch: LoadWatch| {
            begun.fetch_add(1, Ordering::Relaxed);
            let loaded = load(&watch, &received);
            cancelled.fetch_add(watch.cancel.is_cancelled().into(), Ordering::Relaxed);
            loaded
        };
        let fallback = || Ok(saying("small"));
        let model = SwitchingModel::start("big".into(), Box::new(open), Box::new(fallback), idle)?;
        Ok(Box::new(model) as Box<dyn Model>)
    };
    (Editor::start_loading(Prompts::default(), start), loader)
}

async fn initialize(editor: &mut Editor, progress: bool) {
    let capabilities = json!({
        "textDocument": {"inlineCompletion": {}},
        "window": {"workDoneProgress": progress},
    });
    let settings = json!({"completion": {"minConfidence": 0}});
    let params = json!({"capabilities": capabilities, "initializationOptions": settings});
    editor.initialize(params).await;
    editor.open(URI, "python", "value = \n").await;
}

async fn completion(editor: &mut Editor) -> String {
    editor.completion(URI, 0, 8).await.unwrap()
}

/// The next progress of loading, after the server has asked for it.
async fn progress(editor: &mut Editor) -> Value {
    let is_progress = |message: &Value| {
        message["method"] == "$/progress" && message["params"]["token"] == "nigh/loading"
    };
    editor.wait_for(is_progress).await["params"]["value"].clone()
}

async fn begin_progress(editor: &mut Editor) -> Value {
    let create = |message: &Value| {
        message["method"] == "window/workDoneProgress/create"
            && message["params"]["token"] == "nigh/loading"
    };
    let asked = editor.wait_for(create).await;
    editor.respond(&asked["id"], Value::Null).await;
    progress(editor).await
}

async fn chosen(editor: &mut Editor) -> Value {
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["state"], "ready", "a model always answers");
    let instead = status["model"]["instead"].is_string();
    assert_eq!(instead, status["chosen"]["phase"] != "ready", "{status}");
    assert_eq!(status["error"], status["chosen"]["why"], "{status}");
    status["chosen"].clone()
}

async fn wait_for_phase(editor: &mut Editor, phase: &str) {
    for _ in 0..1000 {
        if chosen(editor).await["phase"] == phase {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the chosen model is never {phase}");
}

#[tokio::test]
async fn the_embedded_model_answers_while_the_chosen_one_is_loaded() {
    let (mut editor, loader) = choosing(NEVER);
    loader.step(Step::Percent(7));
    initialize(&mut editor, true).await;
    let begin = begin_progress(&mut editor).await;
    assert_eq!(begin["title"], "nigh: loading big");
    assert_eq!(
        (&begin["percentage"], &begin["cancellable"]),
        (&json!(7), &json!(true))
    );
    assert_eq!(completion(&mut editor).await, "small");
    loader.step(Step::Percent(42));
    let report = progress(&mut editor).await;
    assert_eq!(
        (&report["kind"], &report["percentage"]),
        (&json!("report"), &json!(42))
    );
    let loading = json!({"name": "big", "phase": "loading", "percent": 42, "why": null});
    assert_eq!(chosen(&mut editor).await, loading);
    loader.step(Step::Done);
    assert_eq!(progress(&mut editor).await["kind"], "end");
    assert_eq!(chosen(&mut editor).await["phase"], "ready");
    editor.insert(URI, 1, 1, 0, "\n").await;
    assert_eq!(completion(&mut editor).await, "large");
}

#[tokio::test]
async fn loading_is_cancelled_from_the_editor() {
    let (mut editor, loader) = choosing(NEVER);
    initialize(&mut editor, true).await;
    begin_progress(&mut editor).await;
    let cancel = |token: &str| json!({"token": token});
    let method = "window/workDoneProgress/cancel";
    editor.notify(method, cancel("nigh/indexing")).await;
    assert_eq!(chosen(&mut editor).await["phase"], "loading");
    editor.notify(method, cancel("nigh/loading")).await;
    assert_eq!(progress(&mut editor).await["kind"], "end");
    let cancelled = json!({"name": "big", "phase": "cancelled", "percent": null, "why": null});
    assert_eq!(chosen(&mut editor).await, cancelled);
    assert_eq!(completion(&mut editor).await, "small");
    assert_eq!(loader.begun(), 1, "it is not loaded again");
}

#[tokio::test]
async fn a_model_that_fails_late_is_reported_once() {
    let (mut editor, loader) = choosing(NEVER);
    initialize(&mut editor, false).await;
    assert_eq!(completion(&mut editor).await, "small");
    loader.step(Step::Percent(50));
    loader.step(Step::Fail);
    let warning = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    let message = "nigh uses the embedded model instead: /m/big.gguf is damaged";
    assert_eq!(warning["params"]["message"], message);
    let failed = chosen(&mut editor).await;
    assert_eq!(
        (&failed["phase"], &failed["why"]),
        (&json!("failed"), &json!("/m/big.gguf is damaged"))
    );
    editor.insert(URI, 1, 1, 0, "\n").await;
    assert_eq!(completion(&mut editor).await, "small");
}

#[tokio::test]
async fn a_model_that_is_not_used_is_given_back_and_loaded_again() {
    let (mut editor, loader) = choosing(Duration::from_millis(300));
    loader.step(Step::Done);
    initialize(&mut editor, false).await;
    assert_eq!(completion(&mut editor).await, "large");
    assert_eq!(chosen(&mut editor).await["phase"], "ready");
    wait_for_phase(&mut editor, "unused").await;
    assert_eq!(loader.begun(), 1, "no one has asked");
    editor.insert(URI, 1, 1, 0, "\n").await;
    assert_eq!(completion(&mut editor).await, "small");
    assert_eq!(chosen(&mut editor).await["phase"], "loading");
    loader.step(Step::Done);
    wait_for_phase(&mut editor, "ready").await;
    editor.insert(URI, 2, 1, 0, "\n").await;
    assert_eq!(completion(&mut editor).await, "large");
    assert_eq!(loader.begun(), 2);
    wait_for_phase(&mut editor, "unused").await;
}

#[tokio::test]
async fn a_model_that_is_gone_when_it_is_loaded_again_is_reported() {
    let (mut editor, loader) = choosing(Duration::from_millis(300));
    loader.step(Step::Done);
    initialize(&mut editor, false).await;
    assert_eq!(completion(&mut editor).await, "large");
    wait_for_phase(&mut editor, "unused").await;
    // It fails at once, before anyone could see that it was loading.
    loader.step(Step::Fail);
    editor.insert(URI, 1, 1, 0, "\n").await;
    assert_eq!(completion(&mut editor).await, "small");
    let shown = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    let message = shown["params"]["message"].as_str().unwrap();
    assert!(message.contains("/m/big.gguf is damaged"), "{message}");
}

#[tokio::test]
async fn the_end_of_the_editor_stops_loading() {
    let (mut editor, loader) = choosing(NEVER);
    initialize(&mut editor, false).await;
    assert_eq!(completion(&mut editor).await, "small");
    editor.close_input().await;
    editor.ended().await;
    assert_eq!(loader.cancelled.load(Ordering::Relaxed), 1);
}
