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
        editor
            .insert(URI, version, 0, version as u32 - 1, &letter.to_string())
            .await;
        wanted.push(letter);
        if version % 10 == 0 {
            let id = editor
                .ask("debug/text", json!({"textDocument": {"uri": URI}}))
                .await;
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
        let result = editor
            .initialize(json!({"capabilities": capabilities}))
            .await;
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
    let reversed =
        json!({"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 1}});
    editor
        .change(URI, 1, json!({"range": reversed, "text": "y"}))
        .await;
    assert_eq!(editor.text(URI).await.as_deref(), Some("x = \n"));
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    editor.change(URI, 2, json!({"text": "y = \n"})).await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
}

#[tokio::test]
async fn closed_and_odd_documents_do_no_harm() {
    let mut editor = Editor::saying("value").await;
    for uri in [
        "",
        "not a uri",
        "file:///%FF%FE.py",
        "untitled:1",
        "file:///w/%F0%9F%98%80.py",
    ] {
        editor.open(uri, "python", "x = \n").await;
        editor
            .notify(
                "textDocument/didClose",
                json!({"textDocument": {"uri": uri}}),
            )
            .await;
        editor.insert(uri, 3, 0, 0, "y").await;
        assert_eq!(editor.text(uri).await, None);
    }
}

#[tokio::test]
async fn paths_follow_the_workspace_folders() {
    let mut editor = Editor::saying("value").await;
    let added = json!([{"uri": "file:///home/x/project", "name": "project"}]);
    let event = json!({"event": {"added": added, "removed": []}});
    editor
        .notify("workspace/didChangeWorkspaceFolders", event)
        .await;
    editor
        .open("file:///home/x/project/src/a.py", "python", "x = \n")
        .await;
    editor
        .completion("file:///home/x/project/src/a.py", 0, 4)
        .await;
    assert!(editor.prompts.lock().unwrap()[0].starts_with("<|file_sep|>src/a.py\n"));
}

#[tokio::test]
async fn a_document_is_known_by_the_editor_s_own_spelling() {
    let mut editor = Editor::saying("value").await;
    let spellings = [
        "file:///w/[slug].py",
        "file:///w/a|b^c.py",
        "file:///w/my notes.py",
        "file:///w/my%20notes.py",
        "file:///w/größe.py",
        "file:///w/100%.py",
        "file:/w/x.py",
        "FILE:///w/y.py",
        "file:///w/z/../z.py",
        "untitled:a b.py",
    ];
    for (number, uri) in spellings.iter().enumerate() {
        editor.open(uri, "python", &format!("x{number} = \n")).await;
    }
    for (number, uri) in spellings.iter().enumerate() {
        editor.insert(uri, 1, 0, 0, "_").await;
        assert_eq!(
            editor.text(uri).await,
            Some(format!("_x{number} = \n")),
            "{uri}"
        );
        assert_eq!(
            editor.completion(uri, 0, 6).await.as_deref(),
            Some("value"),
            "{uri}"
        );
        editor
            .notify(
                "textDocument/didClose",
                json!({"textDocument": {"uri": uri}}),
            )
            .await;
        assert_eq!(editor.text(uri).await, None, "{uri}");
    }
}

#[tokio::test]
async fn what_is_sent_names_documents_as_the_editor_does() {
    let mut editor = Editor::start(Box::new(|_, _| Ok(String::new())));
    let edit = json!({"documentChanges": true});
    let literals =
        json!({"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}});
    let capabilities =
        json!({"textDocument": {"codeAction": literals}, "workspace": {"workspaceEdit": edit}});
    editor
        .initialize(json!({"capabilities": capabilities}))
        .await;
    let uri = "file:///w/[slug] 1.py";
    editor
        .open(
            uri,
            "python",
            "def f(items):\n    for i in range(len(items) + 1):\n        print(items[i])\n",
        )
        .await;
    let published = editor
        .wait_for(|message| message["method"] == "textDocument/publishDiagnostics")
        .await;
    assert_eq!(published["params"]["uri"], uri);
    let diagnostic = &published["params"]["diagnostics"][0];
    let context = json!({"diagnostics": [diagnostic]});
    let params =
        json!({"textDocument": {"uri": uri}, "range": diagnostic["range"], "context": context});
    let actions = editor.request("textDocument/codeAction", params).await;
    let fix = &actions["result"][0];
    assert_eq!(
        fix["edit"]["documentChanges"][0]["textDocument"]["uri"], uri,
        "{actions}"
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_read_waits_for_the_whole_text() {
    let start = json!({"line": 0, "character": 0});
    let insert = json!({"range": {"start": start, "end": start}, "text": "# note\n"});
    let negative = json!({"line": -1, "character": 0});
    for (name, version, change, read) in [
        ("null", json!(null), insert.clone(), true),
        ("large", json!(5_000_000_000u64), insert.clone(), true),
        (
            "points",
            json!(2.0),
            json!({"range": {"start": {"line": 0.0, "character": 0.0}, "end": start}, "text": "# note\n"}),
            true,
        ),
        (
            "no text",
            json!(2),
            json!({"range": {"start": start, "end": start}}),
            false,
        ),
        (
            "negative",
            json!(2),
            json!({"range": {"start": negative, "end": start}, "text": "# note\n"}),
            false,
        ),
    ] {
        let mut editor = Editor::saying("value").await;
        editor.open(URI, "python", "x = \n").await;
        let document = json!({"uri": URI, "version": version});
        editor
            .notify(
                "textDocument/didChange",
                json!({"textDocument": document, "contentChanges": [change]}),
            )
            .await;
        if read {
            assert_eq!(
                editor.text(URI).await.as_deref(),
                Some("# note\nx = \n"),
                "{name}"
            );
            assert_eq!(
                editor.completion(URI, 1, 4).await.as_deref(),
                Some("value"),
                "{name}"
            );
            continue;
        }
        assert_eq!(editor.completion(URI, 0, 4).await, None, "{name}");
        editor.insert(URI, 3, 0, 0, "y").await;
        assert_eq!(editor.completion(URI, 0, 5).await, None, "{name}");
        if name == "negative" {
            editor.change(URI, 4, json!({"text": "z = \n"})).await;
        } else {
            let saved = json!({"textDocument": {"uri": URI}, "text": "z = \n"});
            editor.notify("textDocument/didSave", saved).await;
        }
        assert_eq!(
            editor.completion(URI, 0, 4).await.as_deref(),
            Some("value"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_body_cut_short_puts_every_text_in_doubt() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    let body = r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"#;
    editor
        .send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .await;
    editor
        .wait_for(|message| message["error"]["code"] == -32700)
        .await;
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    editor.change(URI, 2, json!({"text": "z = \n"})).await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_range_past_the_end_reaches_to_the_end() {
    let mut editor = Editor::saying("value").await;
    for (number, line) in [
        json!(2),
        json!(5),
        json!(2_147_483_647),
        json!(4_294_967_296u64),
    ]
    .iter()
    .enumerate()
    {
        let uri = format!("file:///w/{number}.py");
        editor.open(&uri, "python", "a = 1\nb = 2\n").await;
        let range =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": line, "character": 0}});
        editor
            .change(&uri, 2, json!({"range": range, "text": "c = 3\n"}))
            .await;
        assert_eq!(
            editor.text(&uri).await.as_deref(),
            Some("c = 3\n"),
            "{line}"
        );
    }
}
