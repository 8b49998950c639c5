//! Completions over the protocol: what is shown, reused, replaced, cancelled.

use assistant::model::{EngineModel, Model};
use context::GenerateError;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tests::{Editor, Prompts};

const URI: &str = "file:///w/a.py";

#[tokio::test]
async fn a_keystroke_becomes_ghost_text() {
    let mut editor = Editor::saying("a + b\n\nmore").await;
    editor
        .open(URI, "python", "def add(a, b):\n    return \n")
        .await;
    assert_eq!(
        editor.completion(URI, 1, 11).await.as_deref(),
        Some("a + b")
    );
    let prompt = editor.prompts.lock().unwrap()[0].clone();
    assert_eq!(
        prompt,
        "<|file_sep|>a.py\n<|fim_prefix|><|fim_suffix|>\n<|fim_middle|>def add(a, b):\n    return"
    );
}

#[tokio::test]
async fn typing_what_is_shown_asks_the_model_once() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
    for (typed, left) in [("v", "alue"), ("a", "lue"), ("l", "ue")] {
        let column = 4 + 5 - left.len() as u32;
        editor.insert(URI, 1, 0, column - 1, typed).await;
        assert_eq!(
            editor.completion(URI, 0, column).await.as_deref(),
            Some(left)
        );
    }
    assert_eq!(editor.prompts.lock().unwrap().len(), 1);
    let status = editor.request("nigh/status", json!({})).await;
    assert_eq!(status["result"]["completions"]["reused"], 3);
}

#[tokio::test]
async fn a_changed_text_asks_again() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    editor.completion(URI, 0, 4).await;
    editor.insert(URI, 1, 0, 4, "w").await;
    editor.completion(URI, 0, 5).await;
    assert_eq!(editor.prompts.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_will_be_asked_is_read_ahead() {
    let mut editor = Editor::start_loading(Prompts::default(), tiny_model);
    editor.initialize(json!({})).await;
    let line = "value = other + 1\n";
    editor.open(URI, "python", &line.repeat(30)).await;
    editor.completion(URI, 20, 8).await;
    let mut read = Vec::new();
    for version in 1..10 {
        editor
            .insert(URI, version, version as u32, 8, "first ")
            .await;
        // It needs a moment, longer on a busy machine.
        tokio::time::sleep(Duration::from_millis(
            100 * u64::from(version.unsigned_abs()),
        ))
        .await;
        editor.completion(URI, version as u32, 14).await;
        let last = &editor.request("nigh/status", json!({})).await["result"]["completions"]["last"];
        read.push((last["cachedTokens"].clone(), last["promptTokens"].clone()));
        if read
            .last()
            .is_some_and(|(cached, all)| cached == all && all.as_u64() > Some(100))
        {
            return;
        }
    }
    panic!("never all of the prompt was there when it was asked for: {read:?}");
}

/// The tests' own model, on the engine.
fn tiny_model() -> Result<Box<dyn Model>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("model/tiny.gguf");
    Ok(Box::new(EngineModel::new(
        assistant::model::open(Some(&path), 1)?,
        0,
    )))
}

#[tokio::test]
async fn a_repeated_rest_of_line_is_cut() {
    let mut editor = Editor::saying("a, b)").await;
    editor.open(URI, "python", "x = f()\n").await;
    assert_eq!(editor.completion(URI, 0, 6).await.as_deref(), Some("a, b"));
}

#[tokio::test]
async fn several_lines_where_a_block_is_expected() {
    let mut editor =
        Editor::saying("\n    if a:\n        return b\n    return a\n\n\ndef other():\n").await;
    editor.open(URI, "python", "def first(a, b):\n").await;
    let shown = editor.completion(URI, 0, 16).await;
    assert_eq!(
        shown.as_deref(),
        Some("\n    if a:\n        return b\n    return a")
    );
}

#[tokio::test]
async fn a_cancelled_request_stops_the_model() {
    let seen = Arc::new(AtomicUsize::new(0));
    let stopped = Arc::clone(&seen);
    let mut editor = Editor::with(Box::new(move |_, cancel| {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if cancel.is_cancelled() {
                stopped.fetch_add(1, Ordering::SeqCst);
                return Err(GenerateError::Cancelled);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok("too late".into())
    }))
    .await;
    editor.open(URI, "python", "x = \n").await;
    let id = editor.ask_completion(URI, 0, 4).await;
    while editor.prompts.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    editor.notify("$/cancelRequest", json!({"id": id})).await;
    assert_eq!(editor.answer(id).await["error"]["code"], -32800);
    let start = Instant::now();
    while seen.load(Ordering::SeqCst) == 0 {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "the model goes on"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn the_newest_request_wins_and_the_older_is_answered() {
    let mut editor = Editor::with(Box::new(|prompt, cancel| {
        let first = prompt.display().ends_with("x =");
        while first && !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if first {
            Err(GenerateError::Cancelled)
        } else {
            Ok("new)".into())
        }
    }))
    .await;
    editor.open(URI, "python", "x = \ny(\n").await;
    let old = editor.ask_completion(URI, 0, 4).await;
    let waiting = editor.ask_completion(URI, 0, 4).await;
    assert_eq!(editor.completion(URI, 1, 2).await.as_deref(), Some("new)"));
    for id in [old, waiting] {
        assert_eq!(editor.answer(id).await["result"]["items"], json!([]));
    }
}

#[tokio::test]
async fn an_edit_answers_the_request_before_it() {
    let mut editor = Editor::with(Box::new(|_, cancel| {
        while !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(GenerateError::Cancelled)
    }))
    .await;
    editor.open(URI, "python", "x = \n").await;
    let id = editor.ask_completion(URI, 0, 4).await;
    editor.insert(URI, 1, 0, 4, "1").await;
    assert_eq!(editor.answer(id).await["result"]["items"], json!([]));
}

#[tokio::test]
async fn a_panic_in_a_job_costs_only_that_job() {
    let mut calls = 0;
    let mut editor = Editor::with(Box::new(move |_, _| {
        calls += 1;
        assert!(calls > 1, "this panic is part of the test");
        Ok("fine".into())
    }))
    .await;
    editor.open(URI, "python", "x = \n").await;
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("fine"));
}

#[tokio::test]
async fn editors_without_inline_completion_get_a_list_entry() {
    let mut editor = Editor::start(Box::new(|_, _| Ok("nt(value)".into())));
    let result = editor.initialize(json!({"capabilities": {}})).await;
    assert!(result["capabilities"]["completionProvider"].is_object());
    assert!(
        result["capabilities"]
            .get("inlineCompletionProvider")
            .is_none()
    );
    editor.open(URI, "python", "    pri\n").await;
    let params = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 7}});
    let answer = editor.request("textDocument/completion", params).await;
    let item = &answer["result"]["items"][0];
    assert_eq!(item["textEdit"]["newText"], "print(value)");
    assert_eq!(item["textEdit"]["range"]["start"]["character"], 4);
    assert_eq!(item["filterText"], "print(value)");
}

#[tokio::test]
async fn unknown_languages_complete_without_a_tree() {
    let mut editor = Editor::saying("world").await;
    editor.open("untitled:1", "klingon", "hello ").await;
    assert_eq!(
        editor.completion("untitled:1", 0, 6).await.as_deref(),
        Some("world")
    );
}

#[tokio::test]
async fn the_prompt_can_be_looked_at() {
    let mut editor = Editor::saying("x").await;
    editor.open(URI, "python", "return na").await;
    let params = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 9}});
    let answer = editor.request("debug/prompt", params).await;
    assert_eq!(answer["result"]["required"], " na");
    assert!(
        answer["result"]["prompt"]
            .as_str()
            .unwrap()
            .ends_with("<|fim_middle|>return")
    );
}

#[tokio::test]
async fn every_piece_of_the_prompt_is_explained() {
    let mut editor = Editor::saying("x").await;
    let far = "total = client.send(request)\n".to_owned() + &"pass\n".repeat(1500);
    editor
        .open(URI, "python", &format!("{far}client.send(\n"))
        .await;
    let params = json!({"textDocument": {"uri": URI}, "position": {"line": 1501, "character": 12}});
    let answer = editor.request("nigh/explain", params).await;
    let pieces = answer["result"]["pieces"].as_array().unwrap();
    let own = pieces.iter().find(|piece| piece["what"] == "own").unwrap();
    assert_eq!(
        (&own["path"], &own["leftOut"]),
        (&json!("a.py"), &json!(null))
    );
    assert!(own["score"].as_f64().unwrap() > 0.0 && own["tokens"].as_u64().unwrap() > 0);
    let account = answer["result"]["account"].as_str().unwrap();
    assert!(
        account
            .lines()
            .any(|line| line.contains("own, a.py") && line.contains(" tokens ")),
        "{account}"
    );
    assert!(
        answer["result"]["prompt"]
            .as_str()
            .unwrap()
            .contains("total = client.send(request)")
    );
    let suggestion = &answer["result"]["suggestion"];
    // What followed the same words at the top of the file wins over what the model says.
    assert_eq!(suggestion["text"], "request)");
    let origins = suggestion["candidates"][0]["origins"].to_string();
    assert!(origins.contains("this file"), "{origins}");
    let page = answer["result"]["page"].as_str().unwrap();
    for part in [
        "## Suggestion\n\n```python\nrequest)\n```",
        "Shown while you type",
        "## Time",
        "| own | a.py |",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let outside = json!({"textDocument": {"uri": "file:///w/other.py"}, "position": {"line": 0, "character": 0}});
    assert!(
        editor.request("nigh/explain", outside).await["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no such position")
    );
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_reported_and_nothing_hangs() {
    let mut editor = Editor::start_loading(Prompts::default(), || Err("no such file".into()));
    editor.initialize(json!({})).await;
    let message = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    assert!(
        message["params"]["message"]
            .as_str()
            .unwrap()
            .contains("no such file")
    );
    editor.open(URI, "python", "x = \n").await;
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    let place = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}});
    let explained = editor.request("nigh/explain", place).await;
    assert_eq!(
        explained["error"]["message"],
        "nothing can be suggested here: no such file"
    );
    let status = editor.request("nigh/status", json!({})).await;
    assert_eq!(status["result"]["state"], "failed");
}

#[tokio::test]
async fn a_model_that_fails_is_reported_once_and_explained() {
    let fails = |_: &_, _: &_| Err(GenerateError::Engine("its results are no numbers".into()));
    let mut editor = Editor::with(Box::new(fails)).await;
    editor.open(URI, "python", "x = \n").await;
    for _ in 0..2 {
        assert_eq!(editor.completion(URI, 0, 4).await, None);
    }
    // The editor fails on messages that were not read, so this is the only one.
    let shown = editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
    assert_eq!(
        shown["params"]["message"],
        "nigh cannot complete with the model scripted: its results are no numbers. `nigh model \
         list` shows other models, `nigh model use NAME` chooses one."
    );
    let place = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}});
    let explained = editor.request("nigh/explain", place).await;
    assert_eq!(
        explained["error"]["message"],
        "nothing can be suggested here: its results are no numbers"
    );
}

#[tokio::test]
async fn slow_loading_shows_progress() {
    let mut editor = Editor::start_loading(Prompts::default(), || {
        std::thread::sleep(Duration::from_millis(1500));
        Err("nothing there".into())
    });
    let capabilities =
        json!({"window": {"workDoneProgress": true}, "textDocument": {"inlineCompletion": {}}});
    editor
        .initialize(json!({"capabilities": capabilities}))
        .await;
    let create = editor
        .wait_for(|message| message["method"] == "window/workDoneProgress/create")
        .await;
    editor.respond(&create["id"], json!(null)).await;
    for kind in ["begin", "end"] {
        let progress = editor
            .wait_for(|message| message["method"] == "$/progress")
            .await;
        assert_eq!(progress["params"]["value"]["kind"], kind);
    }
    editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
}

#[tokio::test]
async fn a_list_entry_of_several_lines_is_not_indented_twice() {
    let support = |modes: serde_json::Value| json!({"completionItem": {"insertTextModeSupport": {"valueSet": modes}}});
    let written = "\n        y\n    }";
    for (completion, mode, text) in [
        (support(json!([1, 2])), json!(1), written),
        (support(json!([2])), json!(null), "\n    y\n}"),
        (json!({"insertTextMode": 2}), json!(null), "\n    y\n}"),
        (json!({"insertTextMode": 1}), json!(null), written),
        (json!({}), json!(null), written),
    ] {
        let mut editor = Editor::start(Box::new(move |_, _| Ok(written.into())));
        let capabilities = json!({"textDocument": {"completion": completion}});
        editor
            .initialize(json!({"capabilities": capabilities}))
            .await;
        editor.open(URI, "rust", "fn f() {\n    if x {\n}\n").await;
        let params =
            json!({"textDocument": {"uri": URI}, "position": {"line": 1, "character": 10}});
        let answer = editor.request("textDocument/completion", params).await;
        let item = &answer["result"]["items"][0];
        assert_eq!(item["textEdit"]["newText"], text, "{completion}");
        assert_eq!(item["insertTextMode"], mode, "{completion}");
    }
}
