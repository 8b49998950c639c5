//! Tools for agents: the real server over a pipe in memory, and a client that speaks both
//! generations of the protocol, or sends bytes.

mod hostile;
mod protocol;
mod tools;

use mcp::{AllowedActions, McpOptions, serve};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split,
};
use tokio::task::JoinHandle;
use workspace::Store;

const TIMEOUT: Duration = Duration::from_secs(30);
/// The last revision with `initialize`, and the one without.
const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

/// A file with a bug that has a fix.
const BUG: &str = "\
def total(prices):
    sum = 0
    for at in range(len(prices) + 1):
        sum += prices[at]
    return sum
";

/// A project in a temporary folder.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        put(folder.path(), name, text);
    }
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// An agent's client.
struct Agent {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    served: JoinHandle<()>,
    revision: &'static str,
    next: i64,
}

impl Agent {
    /// One that reads only, with the older protocol.
    async fn of(folder: &Path) -> Self {
        Self::allowed(folder, AllowedActions::default()).await
    }

    async fn allowed(folder: &Path, allowed: AllowedActions) -> Self {
        let mut agent = Self::silent(folder, allowed);
        let params = json!({
            "protocolVersion": OLD, "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = agent.request("initialize", params).await;
        assert_eq!(answer["result"]["protocolVersion"], OLD, "{answer}");
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        agent.send(&initialized).await;
        agent
    }

    /// One that has said nothing yet.
    fn silent(folder: &Path, allowed: AllowedActions) -> Self {
        let options = McpOptions {
            root: folder.to_owned(),
            store: Store::default(),
            allowed,
            open_model: Box::new(|| anyhow::bail!("there is no model in this test")),
        };
        let (ours, theirs) = duplex(1 << 16);
        let (input, output) = split(theirs);
        let served = tokio::spawn(serve(options, input, output));
        let (output, input) = split(ours);
        Self {
            input,
            output: BufReader::new(output),
            served,
            revision: OLD,
            next: 1,
        }
    }

    async fn send(&mut self, message: &Value) {
        self.send_bytes(format!("{message}\n").as_bytes()).await;
    }

    async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = tokio::time::timeout(TIMEOUT, self.input.write_all(bytes)).await;
        sent.expect("the server does not read").unwrap();
    }

    /// The next message of the server.
    async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = tokio::time::timeout(TIMEOUT, self.output.read_line(&mut line)).await;
        read.expect("the server does not answer").unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request and returns its id.
    async fn begin(&mut self, method: &str, mut params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        if self.revision == NEW {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": NEW,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&message).await;
        id
    }

    /// The whole answer to a request.
    async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        let answer = self.receive().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// What a tool answers: its structured content.
    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.result(tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        let content = result["structuredContent"].clone();
        for name in ["complete", "leftOut", "files"] {
            assert!(!content[name].is_null(), "{name}: {content}");
        }
        content
    }

    /// Why a tool does not answer.
    async fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.result(tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        text(&result).to_owned()
    }

    async fn result(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let mut answer = self.request("tools/call", params).await;
        answer["result"].take()
    }

    /// Hangs up, and waits for the server to end.
    async fn hang_up(self) {
        drop((self.input, self.output));
        let ended = tokio::time::timeout(TIMEOUT, self.served).await;
        ended.expect("the server does not end").unwrap();
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}
