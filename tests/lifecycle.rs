//! The ends of a server's life, and input that must not end it.

use nigh::wire::Ended;
use serde_json::{Value, json};
use tests::Editor;

#[tokio::test]
async fn exit_after_shutdown_is_orderly() {
    let mut editor = Editor::saying("").await;
    assert_eq!(editor.request("shutdown", Value::Null).await["result"], Value::Null);
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
    assert_eq!(editor.request("nigh/status", json!({})).await["error"]["code"], -32002);
    editor.initialize(json!({})).await;
    assert_eq!(editor.request("initialize", json!({"capabilities": {}})).await["error"]["code"], -32600);
}

#[tokio::test]
async fn no_bytes_end_the_server() {
    let mut editor = Editor::saying("").await;
    let bodies: [(&[u8], i64); 5] =
        [(b"{", -32700), (b"[]", -32600), (b"{}", -32600), (b"\xff\xfe", -32700), (b"{\"method\":5}", -32600)];
    for (body, code) in bodies {
        editor.send_raw(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes()).await;
        editor.send_raw(body).await;
        let answer = editor.wait_for(|message| message["id"].is_null() && message.get("error").is_some()).await;
        assert_eq!(answer["error"]["code"], code, "{}", String::from_utf8_lossy(body));
    }
    for header in ["Content-Length: -1\r\n\r\n", "Content-Length: 20000000000\r\n\r\n", "X: y\r\n\r\n"] {
        editor.send_raw(header.as_bytes()).await;
        let answer = editor.wait_for(|message| message["id"].is_null() && message.get("error").is_some()).await;
        assert_eq!(answer["error"]["code"], -32700, "{header}");
    }
    assert_eq!(editor.request("no/such", json!({})).await["error"]["code"], -32601);
    assert_eq!(editor.request("nigh/status", json!({})).await["result"]["version"], env!("CARGO_PKG_VERSION"));
}
