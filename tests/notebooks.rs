//! Notebooks: cells know each other, and every place is given in the lines of its own cell.

use serde_json::{Value, json};
use tests::Editor;

const BOOK: &str = "file:///w/study.ipynb";
const COLLECT: &str = "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])";

fn cell(number: usize) -> String {
    format!("vscode-notebook-cell:/w/study.ipynb#W{number}sZmlsZQ%3D%3D")
}

fn item(number: usize, language: &str, text: &str) -> Value {
    json!({"uri": cell(number), "languageId": language, "version": 1, "text": text})
}

fn described(number: usize, kind: u32) -> Value {
    json!({"kind": kind, "document": cell(number)})
}

/// An editor with notebooks.
async fn editor(script: &'static str) -> (Editor, Value) {
    let mut editor = Editor::start(Box::new(move |_, _| Ok(script.into())));
    let kinds = json!({"codeActionKind": {"valueSet": ["quickfix"]}});
    let support = json!({"properties": ["edit"]});
    let document = json!({
        "inlineCompletion": {},
        "diagnostic": {"relatedInformation": true},
        "codeAction": {"codeActionLiteralSupport": kinds, "dataSupport": true, "resolveSupport": support},
    });
    let capabilities = json!({
        "textDocument": document,
        "workspace": {"workspaceEdit": {"documentChanges": true}},
        "notebookDocument": {"synchronization": {"dynamicRegistration": true}},
    });
    let result = editor
        .initialize(json!({"capabilities": capabilities, "rootUri": "file:///w"}))
        .await;
    (editor, result)
}

/// Opens a notebook with these cells: language and text.
async fn open(editor: &mut Editor, cells: &[(&str, &str)]) {
    let kind = |language: &str| if language == "markdown" { 1 } else { 2 };
    let numbered = || (0..).zip(cells);
    let list: Vec<Value> = numbered()
        .map(|(n, (language, _))| described(n, kind(language)))
        .collect();
    let texts: Vec<Value> = numbered()
        .map(|(n, (language, text))| item(n, language, text))
        .collect();
    let book =
        json!({"uri": BOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": list});
    let params = json!({"notebookDocument": book, "cellTextDocuments": texts});
    editor.notify("notebookDocument/didOpen", params).await;
}

async fn change(editor: &mut Editor, cells: Value) {
    let params =
        json!({"notebookDocument": {"uri": BOOK, "version": 2}, "change": {"cells": cells}});
    editor.notify("notebookDocument/didChange", params).await;
}

/// The script that the cells make.
async fn script(editor: &mut Editor) -> String {
    editor.text(&cell(1)).await.unwrap()
}

fn place(number: usize, line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": cell(number)}, "position": {"line": line, "character": character}})
}

async fn bugs(editor: &mut Editor, number: usize) -> Vec<Value> {
    let params = json!({"textDocument": {"uri": cell(number)}});
    let answer = editor.request("textDocument/diagnostic", params).await;
    answer["result"]["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .clone()
}

async fn suggested(
    editor: &mut Editor,
    number: usize,
    line: u32,
    character: u32,
) -> Option<String> {
    let mut params = place(number, line, character);
    params["context"] = json!({"triggerKind": 1});
    let answer = editor
        .request("textDocument/inlineCompletion", params)
        .await;
    let item = &answer["result"]["items"][0];
    if let Some(start) = item["range"]["start"].as_object() {
        assert_eq!(start["line"], line);
    }
    item["insertText"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_cell_sees_the_cells_above_and_below() {
    let (mut editor, result) = editor("likelier(rows)").await;
    let selector = &result["capabilities"]["notebookDocumentSync"]["notebookSelector"];
    assert_eq!(*selector, json!([{"notebook": "*"}]));
    let cells = [
        ("python", "import json\n%matplotlib inline\nrows = !ls\n"),
        ("markdown", "# The sum"),
        ("python", "total = "),
        ("python", "print(total)"),
    ];
    open(&mut editor, &cells).await;
    assert_eq!(
        suggested(&mut editor, 2, 0, 8).await.as_deref(),
        Some("likelier(rows)")
    );
    let prompt = editor.prompts.lock().unwrap().last().unwrap().clone();
    for part in [
        "import json\n#!%matplotlib inline\nrows = get_ipython()\n",
        "# %%\n# # The sum\n# %%\ntotal =",
        "print(total)",
    ] {
        assert!(prompt.contains(part), "{part:?} in {prompt}");
    }
    // No code of the notebook's language, and a line that is no code.
    assert_eq!(suggested(&mut editor, 1, 0, 3).await, None);
    assert_eq!(suggested(&mut editor, 0, 1, 5).await, None);
}

#[tokio::test]
async fn cells_are_followed_as_they_change_come_move_and_go() {
    let (mut editor, _) = editor("likelier").await;
    open(
        &mut editor,
        &[("python", "a = 1"), ("python", "b = 😀2\r\nc = ")],
    )
    .await;
    let range = json!({"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 7}});
    let document = json!({"uri": cell(1), "version": 2});
    let edits = json!([{"document": document, "changes": [{"range": range, "text": "3"}]}]);
    change(&mut editor, json!({"textContent": edits})).await;
    assert_eq!(
        script(&mut editor).await,
        "# %%\na = 1\n# %%\nb = 😀3\nc = \n"
    );
    // A cell between the two; then the last one moves to the front.
    let new = json!({"start": 1, "deleteCount": 0, "cells": [described(2, 2)]});
    change(
        &mut editor,
        json!({"structure": {"array": new, "didOpen": [item(2, "python", "x = 5")]}}),
    )
    .await;
    let moved = json!({"start": 2, "deleteCount": 1});
    change(&mut editor, json!({"structure": {"array": moved}})).await;
    let moved = json!({"start": 0, "deleteCount": 0, "cells": [described(1, 2)]});
    change(&mut editor, json!({"structure": {"array": moved}})).await;
    assert_eq!(
        suggested(&mut editor, 1, 1, 4).await.as_deref(),
        Some("likelier")
    );
    assert_eq!(
        script(&mut editor).await,
        "# %%\nb = 😀3\nc = \n# %%\na = 1\n# %%\nx = 5\n"
    );
    // It becomes text, and goes.
    change(&mut editor, json!({"data": [described(2, 1)]})).await;
    assert_eq!(suggested(&mut editor, 2, 0, 5).await, None);
    let gone = json!({"start": 2, "deleteCount": 1});
    change(
        &mut editor,
        json!({"structure": {"array": gone, "didClose": [{"uri": cell(2)}]}}),
    )
    .await;
    assert!(!script(&mut editor).await.contains("x = 5"));
    editor
        .notify(
            "notebookDocument/didClose",
            json!({
                "notebookDocument": {"uri": BOOK}, "cellTextDocuments": [{"uri": cell(0)}, {"uri": cell(1)}],
            }),
        )
        .await;
    assert_eq!(suggested(&mut editor, 1, 1, 4).await, None);
}

#[tokio::test]
async fn bugs_and_their_fixes_are_reported_in_the_lines_of_their_cell() {
    let (mut editor, _) = editor("said").await;
    open(
        &mut editor,
        &[
            ("python", "users = []"),
            ("python", COLLECT),
            ("python", "total = 1\ntotal == 2"),
        ],
    )
    .await;
    let found = bugs(&mut editor, 1).await;
    let lines: Vec<u64> = found
        .iter()
        .map(|bug| bug["range"]["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [1, 2], "{found:?}");
    assert_eq!(
        found[0]["relatedInformation"][0]["location"]["uri"],
        cell(1).as_str()
    );
    assert!(bugs(&mut editor, 0).await.is_empty() && bugs(&mut editor, 2).await.is_empty());
    let at = json!({"line": 1, "character": 0});
    let params = json!({"textDocument": {"uri": cell(1)}, "range": {"start": at, "end": at}, "context": {"diagnostics": found}});
    let offered = editor.request("textDocument/codeAction", params).await;
    let resolved = editor
        .request("codeAction/resolve", offered["result"][0].clone())
        .await;
    let change = &resolved["result"]["edit"]["documentChanges"][0];
    assert_eq!(
        change["textDocument"],
        json!({"uri": cell(1), "version": 1})
    );
    let edits = change["edits"].as_array().unwrap();
    let last = edits.last().unwrap();
    assert_eq!(last["newText"], "\n    return names");
    assert_eq!(last["range"]["start"], json!({"line": 2, "character": 38}));
    assert_eq!(
        edits[0]["range"]["start"],
        json!({"line": 1, "character": 4})
    );
}

#[tokio::test]
async fn an_import_goes_into_the_first_cell_that_can_hold_it() {
    for above in ["x = 1", "%matplotlib inline\nx = 1"] {
        let (mut editor, _) = editor("x").await;
        let cells = [("python", above), ("python", "print(os.getcwd())")];
        open(&mut editor, &cells).await;
        let found = bugs(&mut editor, 1).await;
        assert_eq!(found[0]["code"], "unbound-name", "{found:?}");
        let at = json!({"line": 0, "character": 0});
        let params = json!({"textDocument": {"uri": cell(1)}, "range": {"start": at, "end": at}, "context": {"diagnostics": found}});
        let answer = editor.request("textDocument/codeAction", params).await;
        let offered = answer["result"].as_array().unwrap();
        let mut fixes = offered.iter().filter(|action| action["command"].is_null());
        // Below a magic, which must stay first.
        let line = above.lines().count() - 1;
        let fix = &fixes.next().unwrap()["edit"]["documentChanges"][0];
        assert_eq!(fix["textDocument"]["uri"], cell(0), "{offered:?}");
        assert_eq!(
            fix["edits"][0]["range"]["start"]["line"], line,
            "{offered:?}"
        );
        for action in offered {
            let resolved = editor.request("codeAction/resolve", action.clone()).await;
            assert!(resolved["result"].is_object(), "{resolved}");
        }
    }
}

#[tokio::test]
async fn a_change_of_one_cell_has_the_others_asked_about_again() {
    let (mut editor, result) = editor("said").await;
    assert_eq!(
        result["capabilities"]["diagnosticProvider"]["interFileDependencies"],
        true
    );
    open(&mut editor, &[("python", "x = 1"), ("python", COLLECT)]).await;
    let asked = editor
        .ask(
            "textDocument/diagnostic",
            json!({"textDocument": {"uri": cell(1)}}),
        )
        .await;
    let edits =
        json!([{"document": {"uri": cell(0), "version": 2}, "changes": [{"text": "x = 2"}]}]);
    change(&mut editor, json!({"textContent": edits})).await;
    let answer = editor.answer(asked).await;
    assert_eq!(
        answer["error"]["data"]["retriggerRequest"], true,
        "{answer}"
    );
    assert_eq!(bugs(&mut editor, 1).await.len(), 2);
}

#[tokio::test]
async fn names_of_other_cells_are_known() {
    let (mut editor, _) = editor("said").await;
    let above = "import json\nresults = []\n";
    let below = "def collect(rows):\n    for row in rows:\n        results.append(json.loads(row))\n\n\ncollect(rows)\n";
    open(&mut editor, &[("python", above), ("python", below)]).await;
    assert_eq!(bugs(&mut editor, 1).await, Vec::<Value>::new());
    for (magic, codes) in [
        ("%run setup.py", &["index-past-end"][..]),
        ("%time names = load()", &["index-past-end"]),
        ("%%capture names\nprint(1)", &["index-past-end"]),
        ("%store -r names", &["index-past-end"]),
        ("%load_ext autoreload", &["index-past-end", "unbound-name"]),
        ("#load the data", &["index-past-end", "unbound-name"]),
    ] {
        open(
            &mut editor,
            &[("raw", "text"), ("python", magic), ("python", COLLECT)],
        )
        .await;
        let found: Vec<Value> = bugs(&mut editor, 2)
            .await
            .iter()
            .map(|bug| bug["code"].clone())
            .collect();
        assert_eq!(found, codes, "{magic}");
    }
}

#[tokio::test]
async fn what_cannot_be_followed_harms_nothing() {
    let (mut editor, _) = editor("likelier").await;
    open(&mut editor, &[("python", "x = ")]).await;
    editor.open("file:///w/a.py", "python", "y = ").await;
    for cells in [
        json!({"structure": {"array": {"start": 5, "deleteCount": 9}}}),
        json!({"textContent": [{"document": {"uri": cell(7), "version": 1}, "changes": []}]}),
        json!({"textContent": "x"}),
    ] {
        change(&mut editor, cells).await;
        assert_eq!(suggested(&mut editor, 0, 0, 4).await, None);
        open(&mut editor, &[("python", "x = ")]).await;
        assert_eq!(
            suggested(&mut editor, 0, 0, 4).await.as_deref(),
            Some("likelier")
        );
    }
    let broken = br#"{"jsonrpc": "2.0", "method": "notebookDocument/didChange", "params": {"#;
    editor
        .send_raw(format!("Content-Length: {}\r\n\r\n", broken.len()).as_bytes())
        .await;
    editor.send_raw(broken).await;
    editor
        .wait_for(|message| message["error"]["code"] == -32700)
        .await;
    assert_eq!(suggested(&mut editor, 0, 0, 4).await, None);
    open(&mut editor, &[("python", "x = ")]).await;
    editor
        .change("file:///w/a.py", 1, json!({"text": "y = "}))
        .await;
    // Its file, opened as a text too.
    editor.open(BOOK, "json", "{\"cells\": []}").await;
    assert_eq!(
        suggested(&mut editor, 0, 0, 4).await.as_deref(),
        Some("likelier")
    );
    assert_eq!(editor.completion(BOOK, 0, 1).await, None);
    assert_eq!(
        editor.completion("file:///w/a.py", 0, 4).await.as_deref(),
        Some("likelier")
    );
}

#[tokio::test]
async fn an_editor_without_notebooks_is_offered_none() {
    let mut editor = Editor::start(Box::new(|_, _| Ok(String::new())));
    let result = editor
        .initialize(json!({"capabilities": {"textDocument": {"diagnostic": {}}}}))
        .await;
    assert!(result["capabilities"]["notebookDocumentSync"].is_null());
}
