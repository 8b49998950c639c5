//! Bugs: shown as diagnostics, mended by code actions, silent where they should be.

use serde_json::{Value, json};
use tests::Editor;

const URI: &str = "file:///w/a.py";
const FOUNDING: &str =
    "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])\n";
const MENDED: &str = "def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i][\"name\"])\n    return names\n";

/// An editor that resolves code actions and knows versions; it asks for diagnostics itself if told so.
async fn editor(pulls: bool, settings: Value) -> Editor {
    let mut editor = Editor::start(Box::new(|_, _| Ok("said".into())));
    let kinds = json!({"codeActionKind": {"valueSet": ["quickfix"]}});
    let support = json!({"properties": ["edit"]});
    let mut document = json!({
        "codeAction": {"codeActionLiteralSupport": kinds, "dataSupport": true, "resolveSupport": support},
        "publishDiagnostics": {"relatedInformation": true, "versionSupport": true},
    });
    if pulls {
        document["diagnostic"] = json!({});
    }
    let edits = json!({"documentChanges": true, "changeAnnotationSupport": {}});
    let capabilities = json!({"textDocument": document, "workspace": {"workspaceEdit": edits, "diagnostics": {"refreshSupport": true}}});
    let params = json!({"capabilities": capabilities, "initializationOptions": settings});
    let result = editor.initialize(params).await;
    assert_eq!(result["capabilities"]["diagnosticProvider"].is_object(), pulls);
    editor
}

async fn published(editor: &mut Editor) -> Value {
    let message = editor.wait_for(|message| message["method"] == "textDocument/publishDiagnostics").await;
    message["params"].clone()
}

async fn pulled(editor: &mut Editor) -> Value {
    editor.request("textDocument/diagnostic", json!({"textDocument": {"uri": URI}})).await["result"].clone()
}

async fn actions(editor: &mut Editor, line: u32, only: Option<&str>) -> Vec<Value> {
    let place = json!({"line": line, "character": 0});
    let mut context = json!({"diagnostics": []});
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let params = json!({"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": context});
    let answer = editor.request("textDocument/codeAction", params).await;
    answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn codes(diagnostics: &Value) -> Vec<&str> {
    diagnostics.as_array().unwrap().iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

/// A text with the edits of one document applied, the last one first; columns count bytes here.
fn apply(text: &str, edits: &Value) -> String {
    let offset = |place: &Value| {
        let line = place["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + place["character"].as_u64().unwrap() as usize
    };
    let mut new = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        new.replace_range(range, edit["newText"].as_str().unwrap());
    }
    new
}

#[tokio::test]
async fn one_action_mends_both_bugs_of_the_founding_example() {
    let mut editor = editor(false, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let shown = published(&mut editor).await;
    assert_eq!(shown["version"], 0);
    assert_eq!(codes(&shown["diagnostics"]), ["index-past-end", "unbound-name"]);
    let first = &shown["diagnostics"][0];
    assert_eq!((&first["source"], &first["severity"]), (&json!("nigh"), &json!(4)));
    assert_eq!(first["relatedInformation"][0]["location"]["uri"], URI);
    let offered = actions(&mut editor, 1, None).await;
    assert_eq!(offered[0]["title"], "Fix all 2 bugs of `get_user_names` (checked: parses, names)");
    assert_eq!(offered[1]["title"], "Fix off-by-one in range (checked: parses, names)");
    assert_eq!(offered[2]["title"], "nigh: fix all in file (checked: parses, names)");
    assert_eq!((&offered[0]["isPreferred"], &offered[1]["isPreferred"]), (&json!(true), &json!(false)));
    assert!(offered[0]["edit"].is_null() && offered[0]["diagnostics"].as_array().unwrap().len() == 2);
    let resolved = editor.request("codeAction/resolve", offered[0].clone()).await;
    let document = &resolved["result"]["edit"]["documentChanges"][0];
    assert_eq!(document["textDocument"], json!({"uri": URI, "version": 0}));
    assert_eq!(apply(FOUNDING, &document["edits"]), MENDED);
    assert!(document["edits"][0]["annotationId"].is_string());
}

#[tokio::test]
async fn an_action_for_an_older_version_is_refused() {
    let mut editor = editor(true, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let offered = actions(&mut editor, 2, Some("quickfix")).await;
    assert_eq!(offered.len(), 2);
    editor.insert(URI, 1, 0, 0, "\n").await;
    let refused = editor.request("codeAction/resolve", offered[0].clone()).await;
    assert_eq!(refused["error"]["code"], -32801);
    assert!(actions(&mut editor, 3, Some("source.fixAll")).await[0]["kind"] == "source.fixAll.nigh");
    assert!(actions(&mut editor, 3, Some("refactor")).await.is_empty());
}

#[tokio::test]
async fn diagnostics_go_when_the_bug_goes_and_when_the_document_is_closed() {
    let mut editor = editor(false, json!({})).await;
    editor.open(URI, "python", "if x is 5:\n    pass\n").await;
    assert_eq!(codes(&published(&mut editor).await["diagnostics"]), ["is-literal"]);
    let range = json!({"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 7}});
    editor.change(URI, 1, json!({"range": range, "text": "=="})).await;
    let gone = published(&mut editor).await;
    assert_eq!((&gone["version"], &gone["diagnostics"]), (&json!(1), &json!([])));
    editor.change(URI, 2, json!({"text": "if x is 5:\n    pass\n"})).await;
    assert_eq!(published(&mut editor).await["version"], 2);
    editor.notify("textDocument/didClose", json!({"textDocument": {"uri": URI}})).await;
    assert_eq!(published(&mut editor).await["diagnostics"], json!([]));
}

#[tokio::test]
async fn nothing_is_said_while_somebody_types() {
    let mut editor = editor(true, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let asked = editor.ask("textDocument/diagnostic", json!({"textDocument": {"uri": URI}})).await;
    editor.insert(URI, 1, 0, 0, "\n").await;
    assert_eq!(editor.answer(asked).await["error"]["code"], -32802);
    let report = pulled(&mut editor).await;
    assert_eq!(codes(&report["items"]), ["index-past-end", "unbound-name"]);
    let params = json!({"textDocument": {"uri": URI}, "previousResultId": report["resultId"]});
    assert_eq!(editor.request("textDocument/diagnostic", params).await["result"]["kind"], "unchanged");
}

#[tokio::test]
async fn settings_and_comments_silence_bugs() {
    let settings = json!({"diagnostics": {"disabled": ["unbound-name"], "severity": "warning"}});
    let mut editor = editor(true, settings).await;
    editor.open(URI, "python", FOUNDING).await;
    let report = pulled(&mut editor).await;
    assert_eq!(codes(&report["items"]), ["index-past-end"]);
    assert_eq!(report["items"][0]["severity"], 2);
    editor.insert(URI, 1, 1, 35, "  # nigh: ignore").await;
    assert_eq!(pulled(&mut editor).await["items"], json!([]));
    let off = json!({"settings": {"nigh": {"diagnostics": {"enabled": false}}}});
    editor.notify("workspace/didChangeConfiguration", off).await;
    let refresh = editor.wait_for(|message| message["method"] == "workspace/diagnostic/refresh").await;
    editor.respond(&refresh["id"], json!(null)).await;
    assert_eq!(pulled(&mut editor).await["items"], json!([]));
    assert!(actions(&mut editor, 1, None).await.is_empty());
}
