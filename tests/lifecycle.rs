//! The ends of a server's life, and input that must not end it.

use lsp::wire::Ended;
use serde_json::{Value, json};
use tests::Editor;

#[tokio::test]
async fn exit_after_shutdown_is_orderly() {
    let mut editor = Editor::saying("").await;
    assert_eq!(
        editor.request("shutdown", Value::Null).await["result"],
        Value::Null
    );
    let late = editor.request("nigh/status", json!({})).await;
    assert_eq!(late["error"]["code"], -32600);
    editor.notify("exit", json!({})).await;
    assert_eq!(editor.ended().await, Ended::Orderly);
}

#[tokio::test]
async fn exit_or_a_closed_pipe_without_shutdown_is_not() {
    let mut editor = Editor::saying("").await;
    editor.notify("exit", json!({})).await;
    assert_eq!(editor.ended().await, Ended::Abrupt);
    let mut editor = Editor::start(Box::new(|_, _| Ok(String::new())));
    editor.close_input().await;
    assert_eq!(editor.ended().await, Ended::Abrupt);
}

#[tokio::test]
async fn requests_before_initialize_and_a_second_initialize_are_refused() {
    let mut editor = Editor::start(Box::new(|_, _| Ok(String::new())));
    assert_eq!(
        editor.request("nigh/status", json!({})).await["error"]["code"],
        -32002
    );
    editor.initialize(json!({})).await;
    assert_eq!(
        editor
            .request("initialize", json!({"capabilities": {}}))
            .await["error"]["code"],
        -32600
    );
}

#[tokio::test]
async fn no_bytes_end_the_server() {
    let mut editor = Editor::saying("").await;
    let bodies: [(&[u8], i64); 5] = [
        (b"{", -32700),
        (b"[]", -32600),
        (b"{}", -32600),
        (b"\xff\xfe", -32700),
        (b"{\"method\":5}", -32600),
    ];
    for (body, code) in bodies {
        editor
            .send_raw(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes())
            .await;
        editor.send_raw(body).await;
        let answer = editor
            .wait_for(|message| message["id"].is_null() && message.get("error").is_some())
            .await;
        assert_eq!(
            answer["error"]["code"],
            code,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    for header in [
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 20000000000\r\n\r\n",
        "X: y\r\n\r\n",
    ] {
        editor.send_raw(header.as_bytes()).await;
        let answer = editor
            .wait_for(|message| message["id"].is_null() && message.get("error").is_some())
            .await;
        assert_eq!(answer["error"]["code"], -32700, "{header}");
    }
    assert_eq!(
        editor.request("no/such", json!({})).await["error"]["code"],
        -32601
    );
    assert_eq!(
        editor.request("nigh/status", json!({})).await["result"]["version"],
        env!("CARGO_PKG_VERSION")
    );
}

/// A chain of `count` links, each a line.
fn chain(count: usize) -> String {
    let links: Vec<String> = (0..count)
        .map(|n| format!("if (code === {n}) {{\n    return 'name {n}';\n  }}"))
        .collect();
    format!(
        "export function nameOf(code) {{\n  {} else {{\n    return '';\n  }}\n}}\n",
        links.join(" else ")
    )
}

#[tokio::test]
async fn no_document_is_too_deep() {
    let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
    let capabilities = json!({"textDocument": {"inlineCompletion": {}, "diagnostic": {}}});
    editor
        .initialize(json!({"capabilities": capabilities}))
        .await;
    let count = 5000;
    let deep = [
        ("a.js", "javascript", chain(count)),
        (
            "b.py",
            "python",
            format!("x = {}1{}\ny = ", "[a, ".repeat(count), "]".repeat(count)),
        ),
        (
            "c.js",
            "javascript",
            format!("x = {}1{};\ny = ", "{a: ".repeat(count), "}".repeat(count)),
        ),
        (
            "d.js",
            "javascript",
            format!("x = {}", "f(function () {\n".repeat(count)),
        ),
        (
            "e.py",
            "python",
            format!(
                "if {}:\n    y = ",
                (0..count)
                    .map(|n| format!("a == {n}"))
                    .collect::<Vec<_>>()
                    .join(" or ")
            ),
        ),
    ];
    for (name, language, text) in deep {
        let uri = format!("file:///w/{name}");
        editor.open(&uri, language, &text).await;
        let found = editor
            .request(
                "textDocument/diagnostic",
                json!({"textDocument": {"uri": uri}}),
            )
            .await;
        assert!(found.get("result").is_some(), "{name}: {found}");
        let (line, last) = (
            text.matches('\n').count() as u32,
            text.rsplit('\n').next().unwrap().len() as u32,
        );
        editor.completion(&uri, line, last).await;
        editor
            .notify(
                "textDocument/didClose",
                json!({"textDocument": {"uri": uri}}),
            )
            .await;
    }
}
