//! Completion over HTTP: the real server on a free port, with a scripted model, and a client that
//! sends bytes.

mod answers;
mod environment;
mod life;
mod refusals;

use assistant::learning;
use assistant::settings::{ModelSettings, Settings};
use context::GenerateError;
use http_api::{Access, BindError, HttpOptions, ServeError, Showing, bind};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tests::{Prompts, Script, gate, scripted};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workspace::Store;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A server on a free port, with a scripted model.
struct Server {
    address: SocketAddr,
    prompts: Prompts,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), ServeError>>,
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.head, self.body))
    }

    /// The status and the word for programs of a refusal.
    fn refused(&self) -> (u16, String) {
        let error = &self.json()["error"];
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| message.len() > 10),
            "{error}"
        );
        assert!(error["type"].is_string(), "{error}");
        (self.status, error["code"].as_str().unwrap().to_owned())
    }

    /// The data of server-sent events.
    fn events(&self) -> Vec<String> {
        assert!(
            self.head.contains("content-type: text/event-stream"),
            "{}",
            self.head
        );
        let events = self.body.split_terminator("\n\n");
        events
            .map(|event| event.strip_prefix("data: ").unwrap().to_owned())
            .collect()
    }
}

fn options(script: Script) -> (HttpOptions, Prompts) {
    let (load, prompts) = scripted(script);
    let load = Arc::new(load);
    let options = HttpOptions {
        assistant: assistant::AssistantOptions {
            settings: Settings {
                model: ModelSettings {
                    gate: Some(gate()),
                    ..Default::default()
                },
                ..Default::default()
            },
            model: Box::new(move |_| {
                let load = Arc::clone(&load);
                Box::new(move || load())
            }),
            store: Store::default(),
            learning: learning::LearningOptions::default(),
            checks: None,
            dismissed: None,
            reports: None,
            devices: Default::default(),
        },
        address: "127.0.0.1:0".parse().unwrap(),
        access: Access::default(),
        show: Showing::Always,
        workspace: None,
    };
    (options, prompts)
}

impl Server {
    async fn saying(text: &'static str) -> Self {
        Self::with(Box::new(move |_, _| Ok(text.into())), |_| {}).await
    }

    async fn with(script: Script, change: impl FnOnce(&mut HttpOptions)) -> Self {
        let (mut options, prompts) = options(script);
        change(&mut options);
        let bound = bind(options).await.unwrap();
        let address = bound.address();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(bound.serve(async move { drop(stopped.await) }));
        Self {
            address,
            prompts,
            stop: Some(stop),
            served,
        }
    }

    /// Sends these bytes and reads until the server closes.
    async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses may close before all is sent.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut answer))
            .await
            .expect("no answer");
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    async fn send(&self, line: &str, headers: &str, body: &str) -> Reply {
        let head = format!(
            "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.raw(format!("{head}{body}").as_bytes()).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        let headers = "Host: localhost\r\nContent-Type: application/json\r\n";
        self.send(&format!("POST {path}"), headers, &body.to_string())
            .await
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), "Host: localhost\r\n", "")
            .await
    }

    /// A connection on which a completion is asked for and not read.
    async fn ask(&self, body: Value) -> TcpStream {
        let body = body.to_string();
        let headers = "Host: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST /v1/completions HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .unwrap();
        stream
    }

    /// Waits until it says, to whoever asks, that the model is there.
    async fn until_healthy(&self) {
        let start = Instant::now();
        while self.get("/health").await.status != 200 {
            assert!(start.elapsed() < TIMEOUT, "the model is not there");
        }
    }

    /// Waits until the model was asked so often.
    async fn until_prompted(&self, count: usize) {
        until("the model is not asked", || {
            self.prompts.lock().unwrap().len() >= count
        })
        .await;
    }
}

async fn until(otherwise: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < TIMEOUT, "{otherwise}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What a connection has to say until its end.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    tokio::time::timeout(TIMEOUT, stream.read_to_string(&mut answer))
        .await
        .expect("no answer")
        .unwrap();
    answer
}

/// A script that answers once it may, or gives up when it is cancelled.
fn patient(may: Arc<AtomicBool>, given_up: Arc<AtomicUsize>) -> Script {
    Box::new(move |_, cancel| {
        let start = Instant::now();
        while !may.load(Ordering::SeqCst) {
            if cancel.is_cancelled() {
                given_up.fetch_add(1, Ordering::SeqCst);
                return Err(GenerateError::Cancelled);
            }
            assert!(start.elapsed() < TIMEOUT);
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok("value".into())
    })
}
