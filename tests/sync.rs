//! Edits apply in the order they came, and every request sees the text as it was when it was sent.

use serde_json::json;
use tests::Editor;

const URI: &str = "file:///w/a.py";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_edits_stay_in_order() {
    let mut editor = Editor::saying("").await;
    editor.open(URI, "python", "").await;
    let (mut wanted, mut asked) = (String::new(), Vec::new());
    for version in 1..=2000 {
        let letter = char::from(b'a' + (version % 26) as u8);
        editor.insert(URI, version, 0, version as u32 - 1, &letter.to_string()).await;
        wanted.push(letter);
        if version % 10 == 0 {
            let id = editor.ask("debug/text", json!({"textDocument": {"uri": URI}})).await;
            asked.push((id, wanted.clone()));
        }
    }
    for (id, text) in asked {
        assert_eq!(editor.answer(id).await["result"], text);
    }
    assert_eq!(editor.text(URI).await, Some(wanted));
}

#[tokio::test]
async fn encodings_are_negotiated() {
    for (offered, taken) in [
        (json!(["utf-16"]), "utf-16"),
        (json!(["utf-32"]), "utf-32"),
        (json!(["utf-16", "utf-8", "utf-32"]), "utf-8"),
        (json!(["utf-32", "utf-16", "utf-8"]), "utf-32"),
        (json!(["utf-9", "utf-16"]), "utf-16"),
        (json!([]), "utf-16"),
    ] {
        let mut editor = Editor::start(Box::new(|_, _| Ok(String::new())));
        let capabilities = json!({"general": {"positionEncodings": offered}, "textDocument": {"inlineCompletion": {}}});
        let result = editor.initialize(json!({"capabilities": capabilities})).await;
        assert_eq!(result["capabilities"]["positionEncoding"], taken);
        editor.open(URI, "python", "😀").await;
        let column = if taken == "utf-8" {
            4
        } else if taken == "utf-16" {
            2
        } else {
            1
        };
        editor.insert(URI, 1, 0, column, "x").await;
        assert_eq!(editor.text(URI).await.as_deref(), Some("😀x"));
    }
}

#[tokio::test]
async fn a_refused_edit_leaves_the_text_and_the_server_waits_for_all_of_it() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    let reversed = json!({"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 1}});
    editor.change(URI, 1, json!({"range": reversed, "text": "y"})).await;
    assert_eq!(editor.text(URI).await.as_deref(), Some("x = \n"));
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    editor.change(URI, 2, json!({"text": "y = \n"})).await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
}

#[tokio::test]
async fn closed_and_odd_documents_do_no_harm() {
    let mut editor = Editor::saying("value").await;
    for uri in ["", "not a uri", "file:///%FF%FE.py", "untitled:1", "file:///w/%F0%9F%98%80.py"] {
        editor.open(uri, "python", "x = \n").await;
        editor.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
        editor.insert(uri, 3, 0, 0, "y").await;
        assert_eq!(editor.text(uri).await, None);
    }
}

#[tokio::test]
async fn paths_follow_the_workspace_folders() {
    let mut editor = Editor::saying("value").await;
    let added = json!([{"uri": "file:///home/x/project", "name": "project"}]);
    let event = json!({"event": {"added": added, "removed": []}});
    editor.notify("workspace/didChangeWorkspaceFolders", event).await;
    editor.open("file:///home/x/project/src/a.py", "python", "x = \n").await;
    editor.completion("file:///home/x/project/src/a.py", 0, 4).await;
    assert!(editor.prompts.lock().unwrap()[0].starts_with("<|file_sep|>src/a.py\n"));
}
