//! A model that was trained for next edits: what it predicts at the cursor is ghost text, other
//! edits are a code action.

use assistant::model::Model;
use assistant::settings::EngineSettings;
use assistant::{RemoteLimits, RemoteWriter, paired};
use remote::testing::{
    AskedRequest, FakeServer, FakeStep, chunk, lines, ok, recorded, reply, stream,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Editor, scripted, scripted_as};

const URI: &str = "file:///w/a.py";
const TEXT: &str = "x = 1\n\ndef area(w, height):\n    return w * height\n";

/// An editor whose model answers with `edited` where it is asked for a next edit, else `value`.
async fn editor(edited: &'static str) -> Editor {
    slow_editor(edited, Duration::ZERO).await
}

/// The same with a model that takes so long to predict an edit.
async fn slow_editor(edited: &'static str, time: Duration) -> Editor {
    let script = move |prompt: &context::Prompt, _: &assistant::Cancel| {
        let is_edit = prompt.display().contains("updated/a.py");
        std::thread::sleep(if is_edit { time } else { Duration::ZERO });
        Ok(if is_edit { edited } else { "value" }.to_owned())
    };
    let names = vec!["sweepai/sweep-next-edit-1.5B".into()];
    let (load, prompts) = scripted_as(Box::new(script), names, vec!["<|file_sep|>"]);
    let mut editor = Editor::start_loading(prompts, load);
    open(&mut editor).await;
    editor
}

/// Opens the document in an editor that takes code actions.
async fn open(editor: &mut Editor) {
    let kinds = json!({"codeActionKind": {"valueSet": ["refactor"]}});
    let capabilities = json!({
        "textDocument": {
            "inlineCompletion": {},
            "codeAction": {"codeActionLiteralSupport": kinds},
        },
        "workspace": {"workspaceEdit": {"documentChanges": true}},
    });
    editor
        .initialize(json!({"capabilities": capabilities}))
        .await;
    editor.open(URI, "python", TEXT).await;
}

/// Replaces a part of a line.
async fn replace(editor: &mut Editor, version: i32, line: u32, columns: [u32; 2], text: &str) {
    let [start, end] = columns.map(|column| json!({"line": line, "character": column}));
    let change = json!({"range": {"start": start, "end": end}, "text": text});
    editor.change(URI, version, change).await;
}

/// The code actions with a predicted edit, of someone who opens the menu or not.
async fn actions(editor: &mut Editor, is_invoked: bool) -> Vec<Value> {
    let place = json!({"line": 2, "character": 9});
    let params = json!({
        "textDocument": {"uri": URI},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": [], "triggerKind": if is_invoked { 1 } else { 2 }},
    });
    let answer = editor.request("textDocument/codeAction", params).await;
    let actions = answer["result"].as_array().unwrap().clone();
    let is_predicted = |action: &Value| action["title"].as_str().unwrap().contains("predicted");
    actions.into_iter().filter(is_predicted).collect()
}

fn asked_for_edits(editor: &Editor) -> usize {
    let prompts = editor.prompts.lock().unwrap();
    let edits = prompts
        .iter()
        .filter(|prompt| prompt.contains("updated/a.py"));
    edits.count()
}

#[tokio::test]
async fn an_edit_elsewhere_is_a_code_action() {
    let mut editor = editor("x = 2\n\ndef area(w, height):\n    return w * height + 1\n").await;
    assert_eq!(
        editor.completion(URI, 0, 5).await,
        None,
        "nothing was edited yet"
    );
    assert_eq!(asked_for_edits(&editor), 0);
    replace(&mut editor, 1, 0, [4, 5], "2").await;
    assert!(actions(&mut editor, false).await.is_empty());
    assert_eq!(editor.completion(URI, 2, 9).await, None);
    assert_eq!(asked_for_edits(&editor), 1);
    let offered = actions(&mut editor, false).await;
    assert_eq!(
        offered[0]["title"],
        "Apply the predicted edit (line 4): insert `+ 1`"
    );
    let change = &offered[0]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": URI, "version": 1}));
    let place = json!({"line": 3, "character": 21});
    assert_eq!(
        change["edits"],
        json!([{"range": {"start": place, "end": place}, "newText": " + 1"}])
    );
    // The menu does not ask again in the same state, but in another one.
    assert_eq!(actions(&mut editor, true).await, offered);
    assert_eq!(asked_for_edits(&editor), 1);
    replace(&mut editor, 2, 0, [5, 5], " ").await;
    assert!(actions(&mut editor, false).await.is_empty());
    assert_eq!(asked_for_edits(&editor), 1);
    assert_eq!(actions(&mut editor, true).await.len(), 1);
    assert_eq!(asked_for_edits(&editor), 2);
}

/// An editor whose user named this server and this model of it. The model here says `here` and
/// predicts nothing.
async fn editor_with_engine(url: &str, model: &str) -> Editor {
    let settings = EngineSettings {
        url: Some(url.to_owned()),
        model: Some(model.to_owned()),
        ..EngineSettings::default()
    };
    let (load, prompts) = scripted(Box::new(|_, _| Ok("here".into())));
    let mut editor = Editor::start_loading(prompts, move || {
        let writer = RemoteWriter::open(&settings, RemoteLimits::default())?;
        Ok::<Box<dyn Model>, String>(paired(load()?, writer))
    });
    open(&mut editor).await;
    loop {
        let status = editor.request("nigh/status", json!({})).await;
        match status["result"]["engine"]["phase"].as_str() {
            Some("ready") => return editor,
            None | Some("connecting") => tokio::time::sleep(Duration::from_millis(10)).await,
            _ => panic!("{status}"),
        }
    }
}

#[tokio::test]
async fn real_servers_predict_an_edit() {
    for dialogue in [
        include_str!("dialogues/vllm.txt"),
        include_str!("dialogues/llama_server.txt"),
    ] {
        let server = recorded(dialogue);
        let mut editor = editor_with_engine(&server.url, "sweep-next-edit-tiny").await;
        replace(&mut editor, 1, 0, [4, 5], "2").await;
        // Who opens the menu asks for it.
        let offered = actions(&mut editor, true).await;
        assert_eq!(
            offered[0]["title"],
            "Apply the predicted edit (line 4): insert `+ 1`"
        );
        editor.completion(URI, 2, 9).await;
        assert_eq!(actions(&mut editor, false).await, offered);
    }
}

/// A server whose Zeta answers so; its vocabulary is not shown, and its name says what it is.
fn zeta(answer: &'static str) -> FakeServer {
    FakeServer::new(move |asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "zed-industries/zeta"}]})),
        "/v1/completions" => {
            let is_edit = asked.body["prompt"]
                .as_str()
                .unwrap()
                .contains("### Response");
            let text = if is_edit { answer } else { "" };
            let data = json!({"choices": [{"text": text, "finish_reason": "stop"}]});
            lines(&[&format!("data: {data}\n")])
        }
        _ => reply("404 Not Found", ""),
    })
}

#[tokio::test]
async fn a_model_that_is_known_by_its_name_is_asked_in_its_format() {
    let answer = "x = 20\n\ndef area(w, height):\n    return w * height\n\n<|editable_region_end|>";
    let server = zeta(answer);
    let mut editor = editor_with_engine(&server.url, "zed-industries/zeta").await;
    replace(&mut editor, 1, 0, [4, 5], "2").await;
    assert_eq!(editor.completion(URI, 0, 5).await.as_deref(), Some("0"));
    let body = server.asked("/v1/completions").pop().unwrap().body;
    let prompt = body["prompt"].as_str().unwrap();
    assert!(
        prompt.contains("x = 2<|user_cursor_is_here|>\n"),
        "{prompt}"
    );
    assert!(prompt.ends_with("### Response:\n<|editable_region_start|>\n"));
}

#[tokio::test]
async fn text_with_a_marker_or_a_secret_is_not_sent_for_an_edit() {
    let key = format!("KEY = 'ghp_{}'", "a1B2".repeat(9));
    for line in ["x = '<|im_start|>'", &key] {
        let server = zeta("");
        let mut editor = editor_with_engine(&server.url, "zed-industries/zeta").await;
        let change = json!({"text": format!("{line}\n{TEXT}")});
        editor.change(URI, 1, change).await;
        editor.completion(URI, 1, 5).await;
        assert!(actions(&mut editor, true).await.is_empty());
        assert!(server.asked("/v1/completions").is_empty(), "{line}");
    }
}

#[tokio::test]
async fn no_one_waits_long_for_an_edit_of_a_slow_server() {
    let server = FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "sweep-next-edit-1.5B"}]})),
        "/v1/completions" if asked.body["prompt"].to_string().contains("updated/a.py") => {
            let data = json!({"choices": [{"text": "x", "finish_reason": null}]});
            let text = format!("data: {data}\n");
            let pause = || FakeStep::Wait(Duration::from_millis(500));
            let slow = (0..20).flat_map(|_| [chunk(&text), pause()]);
            [stream()].into_iter().chain(slow).collect()
        }
        "/v1/completions" => {
            let data = json!({"choices": [{"text": "there", "finish_reason": "stop"}]});
            lines(&[&format!("data: {data}\n")])
        }
        _ => reply("404 Not Found", ""),
    });
    let mut editor = editor_with_engine(&server.url, "sweep-next-edit-1.5B").await;
    let edits = |server: &FakeServer| {
        let asked = server.asked("/v1/completions").into_iter();
        let is_edit = |asked: &AskedRequest| asked.body.to_string().contains("updated/a.py");
        asked.filter(is_edit).count()
    };
    replace(&mut editor, 1, 0, [4, 5], "").await;
    let start = Instant::now();
    editor.completion(URI, 0, 4).await;
    let limit = RemoteLimits::default().edit;
    assert!(start.elapsed() >= limit, "{:?}", start.elapsed());
    assert!(
        start.elapsed() < limit + Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert_eq!((edits(&server), server.hung_up()), (1, 1));
    // The next completion does not wait for another one.
    replace(&mut editor, 2, 1, [0, 0], "y = ").await;
    editor.completion(URI, 1, 4).await;
    assert_eq!(edits(&server), 1);
}

#[tokio::test]
async fn an_insertion_at_the_cursor_is_ghost_text() {
    let mut editor = editor("x = 20\n\ndef area(w, height):\n    return w * height\n").await;
    replace(&mut editor, 1, 0, [4, 5], "2").await;
    assert_eq!(editor.completion(URI, 0, 5).await.as_deref(), Some("0"));
    assert!(actions(&mut editor, false).await.is_empty());
    // Typing it does not ask again.
    editor.insert(URI, 2, 0, 5, "0").await;
    assert_eq!(editor.completion(URI, 0, 6).await, None);
}

#[tokio::test]
async fn where_the_model_predicts_nothing_it_completes() {
    let mut editor = editor("x = \n\ndef area(w, height):\n    return w * height\n").await;
    replace(&mut editor, 1, 0, [4, 5], "").await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
    assert_eq!(asked_for_edits(&editor), 1);
}

#[tokio::test]
async fn what_the_last_edits_repeat_is_offered_once() {
    let mut editor = editor("x = 1\n\ndef area(width, height):\n    return width * height\n").await;
    replace(&mut editor, 1, 2, [9, 10], "width").await;
    editor.completion(URI, 2, 14).await;
    assert_eq!(asked_for_edits(&editor), 1);
    assert!(actions(&mut editor, true).await.is_empty());
}

#[tokio::test]
async fn other_actions_do_not_wait_long_for_the_model() {
    let edited = "x = 2\n\ndef area(w, height):\n    return w * height + 1\n";
    let mut editor = slow_editor(edited, Duration::from_secs(3)).await;
    editor.completion(URI, 0, 5).await;
    replace(&mut editor, 1, 0, [4, 5], "2").await;
    let start = Instant::now();
    assert!(actions(&mut editor, true).await.is_empty());
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    // Its answer is there later, without being asked for again.
    while actions(&mut editor, false).await.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(asked_for_edits(&editor), 1);
}
