//! Settings: taken over when they are right, named when they are wrong, and never a model from a
//! workspace.

use serde_json::json;
use tests::Editor;

const URI: &str = "file:///w/a.py";

#[tokio::test]
async fn completion_can_be_turned_off_and_on() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    let turn = |on: bool| json!({"settings": {"nigh": {"completion": {"enabled": on}}}});
    editor
        .notify("workspace/didChangeConfiguration", turn(false))
        .await;
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    editor
        .notify("workspace/didChangeConfiguration", turn(true))
        .await;
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_language_can_be_left_out() {
    let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
    let options = json!({"completion": {"disabledLanguages": ["markdown"]}});
    editor
        .initialize(json!({"initializationOptions": options}))
        .await;
    editor.open("file:///w/a.md", "markdown", "x ").await;
    editor.open(URI, "python", "x = \n").await;
    assert_eq!(editor.completion("file:///w/a.md", 0, 2).await, None);
    assert_eq!(editor.completion(URI, 0, 4).await.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_wrong_setting_is_named_and_the_others_count() {
    let mut editor = Editor::saying("value").await;
    editor.open(URI, "python", "x = \n").await;
    for (settings, named, is_on) in [
        (
            json!({"nigh": {"completion": {"enabled": false, "colour": 1}}}),
            "completion.colour",
            false,
        ),
        (
            json!({"nigh": {"completion": {"enabled": true, "lineTokens": 100000}}}),
            "`completion.lineTokens` is ignored: it is 100000 and must be a whole number from 1 to 512",
            true,
        ),
        (json!([1, 2]), "the settings are ignored", true),
    ] {
        editor
            .notify(
                "workspace/didChangeConfiguration",
                json!({"settings": settings}),
            )
            .await;
        let message = editor
            .wait_for(|message| message["method"] == "window/showMessage")
            .await;
        let text = message["params"]["message"].as_str().unwrap().to_owned();
        assert!(text.contains(named), "{text}");
        let completion = editor.completion(URI, 0, 4).await;
        assert_eq!(completion.as_deref(), is_on.then_some("value"));
    }
}

#[tokio::test]
async fn uncertain_completions_come_only_when_asked_for_by_hand() {
    let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
    editor
        .initialize(json!({"initializationOptions": {"completion": {"minConfidence": 0.99}}}))
        .await;
    editor.open(URI, "python", "x = \n").await;
    assert_eq!(editor.completion(URI, 0, 4).await, None);
    let params = json!({
        "textDocument": {"uri": URI},
        "position": {"line": 0, "character": 4},
        "context": {"triggerKind": 1},
    });
    let answer = editor
        .request("textDocument/inlineCompletion", params)
        .await;
    assert_eq!(answer["result"]["items"][0]["insertText"], "value");
}

#[tokio::test]
async fn a_menu_has_uncertain_completions_only_where_it_must_have_been_asked_for_by_hand() {
    let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
    let options = json!({"completion": {"minConfidence": 0.99}});
    editor
        .initialize(json!({"capabilities": {}, "initializationOptions": options}))
        .await;
    editor.open(URI, "python", "x = \n").await;
    let mut params = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}});
    let answer = editor
        .request("textDocument/completion", params.clone())
        .await;
    assert_eq!(answer["result"]["items"], json!([]));
    params["context"] = json!({"triggerKind": 1});
    let answer = editor.request("textDocument/completion", params).await;
    assert_eq!(answer["result"]["items"][0]["textEdit"]["newText"], "value");
    let word = "file:///word.py";
    editor.open(word, "python", "x = va\n").await;
    let params = json!({"textDocument": {"uri": word}, "position": {"line": 0, "character": 6}, "context": {"triggerKind": 1}});
    let answer = editor.request("textDocument/completion", params).await;
    assert_eq!(
        answer["result"]["items"],
        json!([]),
        "typing a word is said to be invoked too"
    );
}

/// Settings of the VS Code extension itself; all others are the server's.
const OF_THE_EXTENSION: &[&str] = &["nigh.path"];

#[test]
fn the_extension_of_vs_code_lists_the_servers_settings() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../editors/vscode/package.json"
    );
    let package: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut listed = package["contributes"]["configuration"]["properties"]
        .as_object()
        .unwrap()
        .clone();
    listed.retain(|name, _| !OF_THE_EXTENSION.contains(&name.as_str()));
    let own: serde_json::Map<_, _> = assistant::schema::properties()
        .into_iter()
        .map(|(name, schema)| (format!("nigh.{name}"), schema))
        .collect();
    assert_eq!(
        listed, own,
        "run `node editors/vscode/settings.mjs target/debug/nigh`"
    );
}
