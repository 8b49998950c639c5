//! Learning from the edits that follow a suggestion: what the file says afterwards, and what is
//! shown then.

use assistant::learning::file::{Learned, read, update};
use assistant::learning::{Learning, LearningOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::Editor;

const URI: &str = "file:///w/a.py";
const WAIT: Duration = Duration::from_millis(200);

fn options(folder: &Path) -> LearningOptions {
    LearningOptions {
        file: Some(folder.join("nigh/learning.json")),
        wait: WAIT,
    }
}

/// An editor whose server shows whatever the model says.
async fn editor(options: LearningOptions, learning: Value) -> Editor {
    let mut editor = Editor::start_learning(Box::new(|_, _| Ok("value(one, two)".into())), options);
    let settings = json!({"completion": {"minConfidence": 0.1}, "learning": learning});
    editor
        .initialize(json!({"initializationOptions": settings}))
        .await;
    editor.open(URI, "python", "x = \n").await;
    editor
}

fn learned(folder: &Path) -> Learned {
    read(&options(folder).file.unwrap()).unwrap()
}

/// Waits until what was learned satisfies `wanted`.
async fn until(folder: &Path, wanted: impl Fn(&Learned) -> bool) {
    let start = Instant::now();
    while !wanted(&learned(folder)) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            learned(folder).counts
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn leave(mut editor: Editor) {
    editor.close_input().await;
    editor.ended().await;
}

#[tokio::test]
async fn what_is_accepted_is_in_the_file_after_the_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = editor(options(folder.path()), json!({})).await;
    assert_eq!(
        editor.completion(URI, 0, 4).await.as_deref(),
        Some("value(one, two)")
    );
    editor.insert(URI, 1, 0, 4, "value(one, two)").await;
    editor.insert(URI, 2, 0, 19, "  # kept").await;
    until(folder.path(), |learned| {
        learned.counts.total().accepted == 1.0
    })
    .await;
    let text = std::fs::read_to_string(options(folder.path()).file.unwrap()).unwrap();
    assert!(!text.contains("value") && !text.contains("one"), "{text}");
    let status = editor.request("nigh/status", json!({})).await;
    assert_eq!(
        status["result"]["learning"],
        json!({"enabled": true, "counts": {
        "accepted": 1.0, "part": 0.0, "typed": 0.0, "edited": 0.0, "reverted": 0.0, "ignored": 0.0}})
    );
}

#[tokio::test]
async fn a_full_text_an_undo_and_typing_are_distinguished() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = editor(options(folder.path()), json!({})).await;
    editor.completion(URI, 0, 4).await;
    editor
        .change(URI, 1, json!({"text": "x = value(one, two)\n"}))
        .await;
    editor.change(URI, 2, json!({"text": "x = \n"})).await;
    until(folder.path(), |learned| {
        learned.counts.total().reverted == 1.0
    })
    .await;
    editor.completion(URI, 0, 4).await;
    for (at, letter) in "value(one, two)".chars().enumerate() {
        editor
            .insert(URI, 3 + at as i32, 0, 4 + at as u32, &letter.to_string())
            .await;
    }
    until(folder.path(), |learned| learned.counts.total().typed == 1.0).await;
}

#[tokio::test]
async fn open_suggestions_are_counted_when_the_server_ends() {
    let folder = tempfile::tempdir().unwrap();
    let options = LearningOptions {
        wait: Duration::from_secs(600),
        ..options(folder.path())
    };
    let mut editor = editor(options, json!({})).await;
    editor.completion(URI, 0, 4).await;
    editor.insert(URI, 1, 0, 4, "y").await;
    assert_eq!(editor.text(URI).await.as_deref(), Some("x = y\n"));
    leave(editor).await;
    assert_eq!(learned(folder.path()).counts.total().ignored, 1.0);
}

#[tokio::test]
async fn two_servers_do_not_lose_each_others_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = editor(options(folder.path()), json!({})).await;
    let mut second = editor(options(folder.path()), json!({})).await;
    for editor in [&mut first, &mut second] {
        editor.completion(URI, 0, 4).await;
    }
    first.insert(URI, 1, 0, 4, "value(one, two)").await;
    second.insert(URI, 1, 0, 4, "other").await;
    until(folder.path(), |learned| {
        let counts = learned.counts.total();
        counts.accepted > 0.99 && counts.ignored > 0.99
    })
    .await;
    leave(first).await;
    leave(second).await;
    assert!(learned(folder.path()).counts.total().shown() > 1.99);
}

#[tokio::test]
async fn off_touches_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = editor(options(folder.path()), json!({"enabled": false})).await;
    assert!(editor.completion(URI, 0, 4).await.is_some());
    editor.insert(URI, 1, 0, 4, "value(one, two)").await;
    assert!(editor.text(URI).await.is_some());
    leave(editor).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_switch_in_the_file_stops_a_server_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = options(folder.path()).file.unwrap();
    update(&path, |learned| {
        learned.enabled = false;
        true
    })
    .unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut editor = editor(options(folder.path()), json!({})).await;
    assert!(editor.completion(URI, 0, 4).await.is_some());
    editor.insert(URI, 1, 0, 4, "value(one, two)").await;
    let status = editor.request("nigh/status", json!({})).await;
    assert_eq!(status["result"]["learning"]["enabled"], false);
    leave(editor).await;
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// A user who does the same with every suggestion, `times` times. Whether one was shown at the end
/// unasked.
async fn habit(folder: &Path, times: i32, takes: bool, least: f64) -> (f32, bool) {
    let settings = json!({"completion": {"minConfidence": least}});
    let mut editor = Editor::start_learning(
        Box::new(|_, _| Ok("value(one, two)".into())),
        options(folder),
    );
    editor
        .initialize(json!({"initializationOptions": settings}))
        .await;
    for time in 0..times {
        let uri = format!("file:///w/{time}.py");
        editor.open(&uri, "python", "x = \n").await;
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 1},
        });
        let answer = editor
            .request("textDocument/inlineCompletion", params)
            .await;
        assert_eq!(
            answer["result"]["items"][0]["insertText"],
            "value(one, two)"
        );
        editor
            .insert(
                &uri,
                1,
                0,
                4,
                if takes {
                    "value(one, two)"
                } else {
                    "something else"
                },
            )
            .await;
        editor
            .notify(
                "textDocument/didClose",
                json!({"textDocument": {"uri": uri}}),
            )
            .await;
    }
    editor.open(URI, "python", "x = \n").await;
    let shown = editor.completion(URI, 0, 4).await.is_some();
    leave(editor).await;
    let learning = Learning::new(options(folder));
    learning.set_enabled(true);
    (
        learning.threshold(0.5, "python", assistant::learning::table::Kind::MidLine),
        shown,
    )
}

#[tokio::test]
async fn sixty_ignored_raise_the_threshold_and_sixty_taken_lower_it() {
    let (ignoring, taking) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let confidence = confidence().await;
    let (threshold, shown) = habit(ignoring.path(), 60, false, confidence - 0.1).await;
    assert!(threshold > 0.65 && !shown, "{threshold} {shown}");
    let (threshold, shown) = habit(taking.path(), 60, true, confidence + 0.1).await;
    assert!(threshold < 0.35 && shown, "{threshold} {shown}");
    let (none, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(
        habit(none.path(), 0, true, confidence - 0.1).await,
        (0.5, true)
    );
    assert_eq!(
        habit(fresh.path(), 0, true, confidence + 0.1).await,
        (0.5, false)
    );
}

/// How likely the gate thinks that this suggestion is taken: where it stops being shown, within a
/// hundredth.
async fn confidence() -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > 0.01 {
        let folder = tempfile::tempdir().unwrap();
        let middle = (low + high) / 2.0;
        let (_, shown) = habit(folder.path(), 0, true, middle).await;
        if shown { low = middle } else { high = middle }
    }
    low
}
