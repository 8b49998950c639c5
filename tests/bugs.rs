//! Bugs: reported as diagnostics, fixed by code actions, and nothing reported in correct code.

use serde_json::{Value, json};
use tests::Editor;

const URI: &str = "file:///w/a.py";
const FOUNDING: &str = "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])\n";
const FIXED: &str = "def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i][\"name\"])\n    return names\n";

/// An editor that resolves code actions and knows versions; with `pulls` it asks for diagnostics
/// itself.
async fn editor(pulls: bool, settings: Value) -> Editor {
    editor_in("file:///w", pulls, settings).await
}

/// The same with another workspace.
async fn editor_in(root: &str, pulls: bool, settings: Value) -> Editor {
    let mut editor = Editor::start(Box::new(|_, _| Ok("said".into())));
    let kinds = json!({"codeActionKind": {"valueSet": ["quickfix"]}});
    let support = json!({"properties": ["edit"]});
    let mut document = json!({
        "codeAction": {"codeActionLiteralSupport": kinds, "isPreferredSupport": true, "dataSupport": true, "resolveSupport": support},
        "publishDiagnostics": {"relatedInformation": true, "versionSupport": true},
    });
    if pulls {
        document["diagnostic"] = json!({});
    }
    let edits = json!({"documentChanges": true, "changeAnnotationSupport": {}});
    let workspace = json!({"workspaceEdit": edits, "diagnostics": {"refreshSupport": true}});
    let capabilities = json!({"textDocument": document, "workspace": workspace});
    let params =
        json!({"capabilities": capabilities, "initializationOptions": settings, "rootUri": root});
    let result = editor.initialize(params).await;
    assert_eq!(
        result["capabilities"]["diagnosticProvider"].is_object(),
        pulls
    );
    editor
}

async fn published(editor: &mut Editor) -> Value {
    let message = editor
        .wait_for(|message| message["method"] == "textDocument/publishDiagnostics")
        .await;
    message["params"].clone()
}

/// Answers the request to ask for diagnostics again.
async fn refreshed(editor: &mut Editor) {
    let asked = editor
        .wait_for(|message| message["method"] == "workspace/diagnostic/refresh")
        .await;
    editor.respond(&asked["id"], Value::Null).await;
}

async fn pulled(editor: &mut Editor) -> Value {
    editor
        .request(
            "textDocument/diagnostic",
            json!({"textDocument": {"uri": URI}}),
        )
        .await["result"]
        .clone()
}

async fn actions(editor: &mut Editor, line: u32, only: Option<&str>) -> Vec<Value> {
    let place = json!({"line": line, "character": 0});
    let mut context = json!({"diagnostics": []});
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let params = json!({"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": context});
    let answer = editor.request("textDocument/codeAction", params).await;
    answer["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .clone()
}

fn codes(diagnostics: &Value) -> Vec<&str> {
    diagnostics
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| diagnostic["code"].as_str().unwrap())
        .collect()
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
async fn one_action_fixes_both_bugs_of_the_founding_example() {
    let mut editor = editor(false, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let shown = published(&mut editor).await;
    assert_eq!(shown["version"], 0);
    assert_eq!(
        codes(&shown["diagnostics"]),
        ["index-past-end", "unbound-name"]
    );
    let first = &shown["diagnostics"][0];
    assert_eq!(
        (&first["source"], &first["severity"]),
        (&json!("nigh"), &json!(4))
    );
    assert_eq!(first["relatedInformation"][0]["location"]["uri"], URI);
    let offered = actions(&mut editor, 1, None).await;
    assert_eq!(
        offered[0]["title"],
        "Fix all 2 bugs of `get_user_names` (checked: parses, names)"
    );
    assert_eq!(
        offered[1]["title"],
        "Fix off-by-one in range (checked: parses, names)"
    );
    assert_eq!(
        offered[2]["title"],
        "nigh: fix all in file (checked: parses, names)"
    );
    assert_eq!(
        (&offered[0]["isPreferred"], &offered[1]["isPreferred"]),
        (&json!(true), &json!(false))
    );
    assert!(
        offered[0]["edit"].is_null() && offered[0]["diagnostics"].as_array().unwrap().len() == 2
    );
    let resolved = editor
        .request("codeAction/resolve", offered[0].clone())
        .await;
    let document = &resolved["result"]["edit"]["documentChanges"][0];
    assert_eq!(document["textDocument"], json!({"uri": URI, "version": 0}));
    assert_eq!(apply(FOUNDING, &document["edits"]), FIXED);
    assert!(
        resolved["result"]["edit"]["changeAnnotations"].is_null(),
        "nothing is to be confirmed"
    );
}

#[tokio::test]
async fn a_function_of_the_same_name_is_another_one() {
    let mut editor = editor(true, json!({})).await;
    let method = |call: &str| {
        format!(
            "    def f(self, users):\n        for i in range(len(users) + 1):\n            {call}\n"
        )
    };
    let text = format!(
        "class A:\n{}\nclass B:\n{}",
        method("names.append(users[i])"),
        method("print(users[i])")
    );
    editor.open(URI, "python", &text).await;
    let offered = actions(&mut editor, 2, Some("quickfix")).await;
    assert_eq!(
        offered[0]["title"],
        "Fix all 2 bugs of `f` (checked: parses, names)"
    );
    let resolved = editor
        .request("codeAction/resolve", offered[0].clone())
        .await;
    let fixed = apply(
        &text,
        &resolved["result"]["edit"]["documentChanges"][0]["edits"],
    );
    assert_eq!(fixed.matches("range(len(users) + 1)").count(), 1, "{fixed}");
    assert!(fixed.ends_with(&method("print(users[i])")), "{fixed}");
}

#[tokio::test]
async fn an_action_for_an_older_version_is_refused() {
    let mut editor = editor(true, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let offered = actions(&mut editor, 2, Some("quickfix")).await;
    assert_eq!(offered.len(), 3);
    editor.insert(URI, 1, 0, 0, "\n").await;
    let refused = editor
        .request("codeAction/resolve", offered[0].clone())
        .await;
    assert_eq!(refused["error"]["code"], -32801);
    assert!(
        actions(&mut editor, 3, Some("source.fixAll")).await[0]["kind"] == "source.fixAll.nigh"
    );
    assert!(actions(&mut editor, 3, Some("refactor")).await.is_empty());
}

#[tokio::test]
async fn diagnostics_go_when_the_bug_goes_and_when_the_document_is_closed() {
    let mut editor = editor(false, json!({})).await;
    editor.open(URI, "python", "if x is 5:\n    pass\n").await;
    assert_eq!(
        codes(&published(&mut editor).await["diagnostics"]),
        ["is-literal"]
    );
    let range = json!({"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 7}});
    editor
        .change(URI, 1, json!({"range": range, "text": "=="}))
        .await;
    let gone = published(&mut editor).await;
    assert_eq!(
        (&gone["version"], &gone["diagnostics"]),
        (&json!(1), &json!([]))
    );
    editor
        .change(URI, 2, json!({"text": "if x is 5:\n    pass\n"}))
        .await;
    assert_eq!(published(&mut editor).await["version"], 2);
    editor
        .notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": URI}}),
        )
        .await;
    assert_eq!(published(&mut editor).await["diagnostics"], json!([]));
}

#[tokio::test]
async fn nothing_is_reported_while_the_user_types() {
    let mut editor = editor(true, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let asked = editor
        .ask(
            "textDocument/diagnostic",
            json!({"textDocument": {"uri": URI}}),
        )
        .await;
    editor.insert(URI, 1, 0, 0, "\n").await;
    assert_eq!(editor.answer(asked).await["error"]["code"], -32802);
    let report = pulled(&mut editor).await;
    assert_eq!(codes(&report["items"]), ["index-past-end", "unbound-name"]);
    let id = report["resultId"].as_str().unwrap();
    let is_plain = |c: char| c.is_ascii_hexdigit() || c == '-';
    assert!(id.len() < 40 && id.chars().all(is_plain), "{id}");
    let params = json!({"textDocument": {"uri": URI}, "previousResultId": report["resultId"]});
    assert_eq!(
        editor.request("textDocument/diagnostic", params).await["result"]["kind"],
        "unchanged"
    );
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
    refreshed(&mut editor).await;
    assert_eq!(pulled(&mut editor).await["items"], json!([]));
    assert!(actions(&mut editor, 1, None).await.is_empty());
}

#[tokio::test]
async fn a_comment_that_names_no_pattern_says_so_and_silences_nothing() {
    let mut editor = editor(true, json!({})).await;
    editor.open(URI, "python", FOUNDING).await;
    let comment = "  # nigh: ignore index-past-edn";
    editor.insert(URI, 1, 1, 35, comment).await;
    let shown = pulled(&mut editor).await["items"].clone();
    let wanted = ["index-past-end", "unbound-name", "unknown-code"];
    assert_eq!(codes(&shown), wanted);
    let unknown = &shown[2];
    assert_eq!(unknown["severity"], 3, "information");
    let message = unknown["message"].as_str().unwrap();
    assert!(
        message.contains("did you mean `index-past-end`?"),
        "{message}"
    );
    let (start, end) = (35 + "  # nigh: ignore ".len(), 35 + comment.len());
    let place = |character| json!({"line": 1, "character": character});
    assert_eq!(
        unknown["range"],
        json!({"start": place(start), "end": place(end)})
    );
}

#[tokio::test]
async fn patterns_without_proof_look_when_asked() {
    for (all, shown) in [(false, &[][..]), (true, &["nan-comparison"][..])] {
        let mut editor = editor(true, json!({"diagnostics": {"all": all}})).await;
        editor
            .open(
                URI,
                "javascript",
                "function f(x) {\n    return x === NaN;\n}\n",
            )
            .await;
        assert_eq!(codes(&pulled(&mut editor).await["items"]), shown);
    }
}

#[tokio::test]
async fn what_is_no_bug_is_not_shown_again() {
    for pulls in [false, true] {
        let mut editor = editor(pulls, json!({})).await;
        editor.open(URI, "python", FOUNDING).await;
        if !pulls {
            published(&mut editor).await;
        }
        let offered = actions(&mut editor, 2, None).await;
        let action = offered
            .iter()
            .find(|action| action["title"] == "Not a bug: unbound-name here")
            .unwrap();
        assert_eq!(
            editor.request("codeAction/resolve", action.clone()).await["result"],
            *action,
            "complete as it is"
        );
        let command = &action["command"];
        let params = json!({"command": command["command"], "arguments": command["arguments"]});
        assert!(
            editor
                .request("workspace/executeCommand", params.clone())
                .await["result"]
                .is_null()
        );
        let left = if pulls {
            refreshed(&mut editor).await;
            pulled(&mut editor).await["items"].clone()
        } else {
            published(&mut editor).await["diagnostics"].clone()
        };
        assert_eq!(codes(&left), ["index-past-end"]);
        assert!(actions(&mut editor, 2, Some("quickfix")).await.is_empty());
        // Another place of the file changes, and it is still none.
        editor.insert(URI, 1, 0, 0, "x = 1\n\n\n").await;
        assert_eq!(
            editor.request("workspace/executeCommand", params).await["error"]["code"],
            -32801
        );
        let offered = actions(&mut editor, 4, Some("quickfix")).await;
        assert_eq!(
            offered[0]["title"],
            "Fix off-by-one in range (checked: parses, names)"
        );
        if !pulls {
            published(&mut editor).await;
        }
    }
}

#[tokio::test]
async fn a_command_that_is_not_ours_is_refused() {
    let mut editor = editor(true, json!({})).await;
    for params in [
        json!({"command": "nigh.no"}),
        json!({"command": "nigh.notABug", "arguments": [1]}),
    ] {
        assert_eq!(
            editor.request("workspace/executeCommand", params).await["error"]["code"],
            -32602
        );
    }
}

/// A workspace on disk, and the URI of a file in it.
#[cfg(target_os = "linux")]
fn on_disk(name: &str, text: &str) -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let root = format!("file://{}", folder.path().display());
    let uri = format!("{root}/{name}");
    (folder, root, uri)
}

#[cfg(target_os = "linux")]
async fn titles(editor: &mut Editor, uri: &str, line: u32) -> Vec<String> {
    let place = json!({"line": line, "character": 0});
    let context = json!({"diagnostics": [], "only": ["quickfix"]});
    let params = json!({"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": context});
    let answer = editor.request("textDocument/codeAction", params).await;
    let actions = answer["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    actions
        .iter()
        .map(|action| action["title"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether checkers run here; says why not.
#[cfg(target_os = "linux")]
async fn runs_checks(editor: &mut Editor) -> bool {
    let status = editor.request("nigh/status", json!({})).await;
    let python = std::process::Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success());
    let runs = status["result"]["checks"] == true && python;
    if !runs {
        tests::skip("no Landlock, or no python3");
        editor.unread(|message| message["method"] == "window/showMessage");
    }
    runs
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn in_a_trusted_workspace_titles_name_the_checker() {
    let (_kept, root, uri) = on_disk("a.py", FOUNDING);
    let mut editor = editor_in(&root, true, json!({"checks": {"enabled": true}})).await;
    if !runs_checks(&mut editor).await {
        return;
    }
    editor.open(&uri, "python", FOUNDING).await;
    let expected = "Fix off-by-one in range (checked: parses, names, py_compile)";
    let start = std::time::Instant::now();
    while titles(&mut editor, &uri, 1).await[1] != expected {
        assert!(
            start.elapsed().as_secs() < 20,
            "{:?}",
            titles(&mut editor, &uri, 1).await
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_runs_in_a_workspace_that_is_not_trusted() {
    let (_kept, root, uri) = on_disk("a.py", FOUNDING);
    let mut editor = editor_in(&root, true, json!({})).await;
    // A workspace's own settings come later, and do not count.
    let on = json!({"settings": {"nigh": {"checks": {"enabled": true}}}});
    editor.notify("workspace/didChangeConfiguration", on).await;
    refreshed(&mut editor).await;
    assert_eq!(
        editor.request("nigh/status", json!({})).await["result"]["checks"],
        false
    );
    editor.open(&uri, "python", FOUNDING).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(
        titles(&mut editor, &uri, 1).await[1],
        "Fix off-by-one in range (checked: parses, names)"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_fix_that_the_checker_finds_worse_is_not_shown() {
    // Python knows no conversion `!x`, and the grammar does not know that.
    let text = "def f(name):\n    print(\"hello {name!x}\")\n";
    let (_kept, root, uri) = on_disk("a.py", text);
    let mut editor = editor_in(&root, false, json!({"checks": {"enabled": true}})).await;
    if !runs_checks(&mut editor).await {
        return;
    }
    editor.open(&uri, "python", text).await;
    assert!(!codes(&published(&mut editor).await["diagnostics"]).is_empty());
    assert_eq!(published(&mut editor).await["diagnostics"], json!([]));
}

#[tokio::test]
async fn what_other_servers_report_is_fixed_where_the_text_says_how() {
    let mut editor = editor(true, json!({})).await;
    let text = "# \u{1f600}\n\u{e9} = os.getcwd()\n";
    editor.open(URI, "python", text).await;
    let range = json!({"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 6}});
    let unbound = json!({"range": range, "message": "\"os\" is not defined", "source": "Pyright", "code": "reportUndefinedVariable"});
    let outside =
        json!({"start": {"line": 90, "character": 4}, "end": {"line": 90, "character": 6}});
    let other = json!({"range": outside, "message": "expected ';'", "source": "cc"});
    let context = json!({"diagnostics": [unbound, other], "only": ["quickfix"]});
    let params = json!({"textDocument": {"uri": URI}, "range": outside, "context": context});
    let answer = editor.request("textDocument/codeAction", params).await;
    let offered = answer["result"].as_array().unwrap();
    assert!(
        offered.is_empty(),
        "nigh found it too, and offers it at its own place: {answer}"
    );
    let mut context = context;
    context["diagnostics"][0]["message"] = json!("undefined name 'os' (F821)");
    editor
        .change(URI, 1, json!({"text": "# \u{1f600}\n\u{e9} = print(os)\n"}))
        .await;
    let range = json!({"start": {"line": 1, "character": 10}, "end": {"line": 1, "character": 12}});
    context["diagnostics"][0]["range"] = range;
    let params = json!({"textDocument": {"uri": URI}, "range": outside, "context": context});
    let answer = editor.request("textDocument/codeAction", params).await;
    let [action] = answer["result"].as_array().unwrap().as_slice() else {
        panic!("{answer}")
    };
    assert_eq!(action["title"], "Add `import os` (checked: parses, names)");
    assert_eq!(action["diagnostics"][0]["source"], "Pyright");
    let document = &action["edit"]["documentChanges"][0];
    assert_eq!(
        (
            &document["textDocument"]["version"],
            &document["edits"][0]["newText"]
        ),
        (&json!(1), &json!("import os\n"))
    );
}

#[tokio::test]
async fn what_the_model_finds_unlikely_is_shown_where_it_is_given_a_margin() {
    const TEXT: &str = "def f(likelier, other):\n    return other\n";
    for (margin, shown) in [(0.05, true), (0.2, false)] {
        let mut editor = editor(false, json!({"model": {"bugMargin": margin}})).await;
        editor.open(URI, "python", TEXT).await;
        if !shown {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            assert!(actions(&mut editor, 1, Some("quickfix")).await.is_empty());
            continue;
        }
        let found = published(&mut editor).await;
        assert_eq!(codes(&found["diagnostics"]), ["unlikely"]);
        let offered = actions(&mut editor, 1, Some("quickfix")).await;
        assert_eq!(
            offered[0]["title"],
            "Write `likelier` instead of `other` (checked: parses, names)"
        );
        // Another function is written above; this one is known by its text.
        editor
            .insert(URI, 1, 0, 0, "def g(x):\n    return x\n\n\n")
            .await;
        let found = editor
            .wait_for(|message| message["params"]["diagnostics"][0]["range"]["start"]["line"] == 5)
            .await;
        assert_eq!(
            (
                &found["params"]["version"],
                codes(&found["params"]["diagnostics"])
            ),
            (&json!(1), vec!["unlikely"])
        );
        while editor.unread(|message| message["method"] == "textDocument/publishDiagnostics") {}
    }
}
