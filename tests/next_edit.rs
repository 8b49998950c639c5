//! The change of the last edits, offered at the other places: as code actions and as ghost text.

use serde_json::{Value, json};
use tests::Editor;

const URI: &str = "file:///w/a.py";
const OTHER: &str = "file:///w/b.py";
const TEXT: &str = "a = get(1)\nb = get(2)\nc = get(3)\nd = get(4)\n";

/// An editor that takes code actions; it resolves their edits and takes versions of documents if
/// asked to.
async fn editor(resolves: bool, versions: bool) -> Editor {
    let mut editor = Editor::start(Box::new(|_, _| Ok("said".into())));
    let kinds = json!({"codeActionKind": {"valueSet": ["refactor"]}});
    let mut actions = json!({"codeActionLiteralSupport": kinds, "dataSupport": true});
    if resolves {
        actions["resolveSupport"] = json!({"properties": ["edit"]});
    }
    let capabilities = json!({
        "textDocument": {"inlineCompletion": {}, "codeAction": actions},
        "workspace": {"workspaceEdit": {"documentChanges": versions, "changeAnnotationSupport": {}}},
    });
    let result = editor
        .initialize(json!({"capabilities": capabilities}))
        .await;
    assert_eq!(
        result["capabilities"]["codeActionProvider"]["resolveProvider"],
        resolves
    );
    editor
}

/// Replaces `get` by `fetch` in a line.
async fn rename(editor: &mut Editor, line: u32, version: i32) {
    let (start, end) = (
        json!({"line": line, "character": 4}),
        json!({"line": line, "character": 7}),
    );
    editor
        .change(
            URI,
            version,
            json!({"range": {"start": start, "end": end}, "text": "fetch"}),
        )
        .await;
}

async fn actions(editor: &mut Editor, uri: &str, line: u32) -> Vec<Value> {
    let place = json!({"line": line, "character": 0});
    let range = json!({"start": place, "end": place});
    let params =
        json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
    let answer = editor.request("textDocument/codeAction", params).await;
    answer["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions
        .iter()
        .map(|action| action["title"].as_str().unwrap())
        .collect()
}

/// A text with the edits of one document applied; columns count bytes here.
fn apply(text: &str, edits: &Value) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for edit in edits.as_array().unwrap().iter().rev() {
        let column = |end: &str| edit["range"][end]["character"].as_u64().unwrap() as usize;
        let line = edit["range"]["start"]["line"].as_u64().unwrap() as usize;
        assert_eq!(edit["range"]["end"]["line"], edit["range"]["start"]["line"]);
        lines[line].replace_range(
            column("start")..column("end"),
            edit["newText"].as_str().unwrap(),
        );
    }
    lines.join("\n")
}

#[tokio::test]
async fn a_change_made_twice_is_offered_at_the_other_places() {
    let mut editor = editor(true, true).await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    assert!(
        actions(&mut editor, URI, 0).await.is_empty(),
        "one use is no rule"
    );
    rename(&mut editor, 1, 2).await;
    let offered = actions(&mut editor, URI, 1).await;
    assert_eq!(
        titles(&offered),
        [
            "Apply the same change at the next place (line 3): `get` to `fetch`",
            "Apply the same change at 2 places: `get` to `fetch`",
        ]
    );
    assert!(
        offered
            .iter()
            .all(|action| action["edit"].is_null() && action["kind"] == "refactor.rewrite")
    );
    let resolved = editor
        .request("codeAction/resolve", offered[1].clone())
        .await;
    let edit = &resolved["result"]["edit"];
    let document = &edit["documentChanges"][0];
    assert_eq!(document["textDocument"], json!({"uri": URI, "version": 2}));
    let edited = editor.text(URI).await.unwrap();
    assert_eq!(
        apply(&edited, &document["edits"]),
        TEXT.replace("get", "fetch")
    );
    assert!(
        edit["changeAnnotations"].is_null(),
        "nothing is to be confirmed"
    );
    let resolved = editor
        .request("codeAction/resolve", offered[0].clone())
        .await;
    let edits = &resolved["result"]["edit"]["documentChanges"][0]["edits"];
    assert_eq!(apply(&edited, edits), edited.replacen("get", "fetch", 1));
}

#[tokio::test]
async fn an_action_for_another_version_is_refused() {
    let mut editor = editor(true, true).await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    rename(&mut editor, 1, 2).await;
    let offered = actions(&mut editor, URI, 1).await;
    editor.insert(URI, 3, 0, 0, "\n").await;
    let refused = editor
        .request("codeAction/resolve", offered[0].clone())
        .await;
    assert_eq!(refused["error"]["code"], -32801);
    let strange = json!({"title": "x", "data": {"of": "another server"}});
    assert_eq!(
        editor.request("codeAction/resolve", strange).await["error"]["code"],
        -32602
    );
}

#[tokio::test]
async fn taking_the_change_back_takes_the_offer_away() {
    let mut editor = editor(true, true).await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    rename(&mut editor, 1, 2).await;
    assert_eq!(actions(&mut editor, URI, 1).await.len(), 2);
    for (line, version) in [(1, 3), (0, 4)] {
        let (start, end) = (
            json!({"line": line, "character": 4}),
            json!({"line": line, "character": 9}),
        );
        editor
            .change(
                URI,
                version,
                json!({"range": {"start": start, "end": end}, "text": "get"}),
            )
            .await;
    }
    assert_eq!(editor.text(URI).await.as_deref(), Some(TEXT));
    assert!(actions(&mut editor, URI, 1).await.is_empty());
}

#[tokio::test]
async fn an_editor_that_cannot_resolve_gets_the_edit_at_once() {
    let mut editor = editor(false, false).await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    rename(&mut editor, 1, 2).await;
    let offered = actions(&mut editor, URI, 1).await;
    let edited = editor.text(URI).await.unwrap();
    assert_eq!(
        apply(&edited, &offered[1]["edit"]["changes"][URI]),
        TEXT.replace("get", "fetch")
    );
    assert!(offered[1]["edit"]["documentChanges"].is_null());
}

#[tokio::test]
async fn other_open_files_have_an_action_of_their_own() {
    let mut editor = editor(true, true).await;
    editor
        .open(OTHER, "python", "x = get(5)\nprint(\"get\")\n")
        .await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    rename(&mut editor, 1, 2).await;
    let offered = actions(&mut editor, URI, 1).await;
    assert_eq!(
        titles(&offered)[2],
        "Apply the same change at 3 places in 2 open files: `get` to `fetch`"
    );
    let resolved = editor
        .request("codeAction/resolve", offered[2].clone())
        .await;
    let documents = resolved["result"]["edit"]["documentChanges"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(documents.len(), 2);
    assert_eq!(
        documents[1]["textDocument"],
        json!({"uri": OTHER, "version": 0})
    );
    let other = editor.text(OTHER).await.unwrap();
    assert_eq!(
        apply(&other, &documents[1]["edits"]),
        "x = fetch(5)\nprint(\"get\")\n"
    );
}

#[tokio::test]
async fn an_added_argument_is_ghost_text_at_the_next_call() {
    let mut editor = editor(true, true).await;
    editor.open(URI, "python", "f(a)\nf(b)\nf(c)\n").await;
    editor.insert(URI, 1, 0, 3, ", log").await;
    editor.insert(URI, 2, 1, 3, ", log").await;
    assert_eq!(editor.completion(URI, 2, 3).await.as_deref(), Some(", log"));
    editor.insert(URI, 3, 2, 3, ", l").await;
    assert_eq!(editor.completion(URI, 2, 6).await.as_deref(), Some("og"));
    assert!(
        editor.prompts.lock().unwrap().is_empty(),
        "the model was asked"
    );
}

#[tokio::test]
async fn other_kinds_of_actions_are_not_answered() {
    let mut editor = editor(true, true).await;
    editor.open(URI, "python", TEXT).await;
    rename(&mut editor, 0, 1).await;
    rename(&mut editor, 1, 2).await;
    let place = json!({"line": 1, "character": 0});
    let range = json!({"start": place, "end": place});
    let context = json!({"diagnostics": [], "only": ["quickfix"]});
    let params = json!({"textDocument": {"uri": URI}, "range": range, "context": context});
    assert_eq!(
        editor.request("textDocument/codeAction", params).await["result"],
        json!([])
    );
}
