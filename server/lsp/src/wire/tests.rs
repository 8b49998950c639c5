//! Sessions over in-memory pipes, with a server whose handlers wait.

use super::*;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{InitializeParams, InitializeResult};
use tower_lsp::{LanguageServer, LspService};

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Slow {
    numbers: Mutex<Vec<i64>>,
    released: Notify,
}

impl LanguageServer for Slow {
    async fn initialize(&self, _params: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl Slow {
    async fn wait(&self) -> Result<bool> {
        self.released.notified().await;
        Ok(true)
    }

    async fn release(&self) {
        self.released.notify_waiters();
    }

    async fn sleep(&self) -> Result<bool> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(true)
    }

    async fn append(&self, params: Value) {
        let number = params["number"].as_i64().unwrap();
        self.numbers.lock().unwrap().push(number);
        tokio::task::yield_now().await;
    }

    async fn numbers(&self) -> Result<Vec<i64>> {
        Ok(self.numbers.lock().unwrap().clone())
    }
}

/// The client's end of a session that was initialized.
struct TestClient {
    input: DuplexStream,
    output: DuplexStream,
    session: JoinHandle<Ended>,
}

impl TestClient {
    async fn start() -> Self {
        let (service, socket) = LspService::build(|_| Slow::default())
            .custom_method("wait", Slow::wait)
            .custom_method("release", Slow::release)
            .custom_method("sleep", Slow::sleep)
            .custom_method("append", Slow::append)
            .custom_method("numbers", Slow::numbers)
            .finish();
        let (input, server_input) = duplex(1 << 16);
        let (server_output, output) = duplex(1 << 16);
        let session = tokio::spawn(serve(server_input, server_output, service, socket));
        let mut client = Self {
            input,
            output,
            session,
        };
        client
            .request(-1, "initialize", json!({"capabilities": {}}))
            .await;
        assert_eq!(client.answer().await["id"], -1);
        client
    }

    async fn send(&mut self, message: Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input.write_all(frame.as_bytes()).await.unwrap();
    }

    async fn request(&mut self, id: i64, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
    }

    async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }

    async fn answer(&mut self) -> Value {
        tokio::time::timeout(TIMEOUT, self.read())
            .await
            .expect("no answer")
    }

    async fn read(&mut self) -> Value {
        let mut header = Vec::new();
        while !header.ends_with(b"\r\n\r\n") {
            header.push(self.output.read_u8().await.unwrap());
        }
        let header = String::from_utf8(header).unwrap();
        let length = header.trim().rsplit(' ').next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn ended(self) -> Ended {
        let ended = tokio::time::timeout(TIMEOUT, self.session).await;
        ended.expect("the session goes on").unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_is_seen_after_256_waiting_requests() {
    let mut client = TestClient::start().await;
    for id in 0..256 {
        client.request(id, "wait", Value::Null).await;
    }
    client.notify("$/cancelRequest", json!({"id": 7})).await;
    let answer = client.answer().await;
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!(7), &json!(-32800))
    );
    // Its place is free again.
    client.request(300, "numbers", Value::Null).await;
    assert_eq!(client.answer().await["id"], 300);
    client.notify("release", Value::Null).await;
    for _ in 0..255 {
        assert_eq!(client.answer().await["result"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_run_to_their_first_await_in_order() {
    let mut client = TestClient::start().await;
    for number in 0..2000 {
        client.notify("append", json!({"number": number})).await;
        if number % 100 == 0 {
            client.request(number, "numbers", Value::Null).await;
            let all: Vec<i64> = (0..=number).collect();
            assert_eq!(client.answer().await["result"], json!(all));
        }
    }
}

#[tokio::test]
async fn what_is_open_is_answered_after_the_end() {
    for shutdown in [false, true] {
        let mut client = TestClient::start().await;
        client.request(1, "sleep", Value::Null).await;
        if shutdown {
            client.request(2, "shutdown", Value::Null).await;
            assert_eq!(client.answer().await["id"], 2);
        }
        client.notify("exit", Value::Null).await;
        assert_eq!(client.answer().await["result"], true);
        let expected = if shutdown {
            Ended::Orderly
        } else {
            Ended::Abrupt
        };
        assert_eq!(client.ended().await, expected);
    }
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_session() {
    let mut client = TestClient::start().await;
    client.request(1, "wait", Value::Null).await;
    client.notify("exit", Value::Null).await;
    assert_eq!(client.ended().await, Ended::Abrupt);
}

#[tokio::test]
async fn a_session_whose_output_is_closed_ends() {
    let mut client = TestClient::start().await;
    let (_, closed) = duplex(1);
    client.output = closed;
    for id in 1..=2 {
        client.request(id, "numbers", Value::Null).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(client.ended().await, Ended::Abrupt);
}
