//! A server that does what a test says, one thread for each connection.
//!
//! Only with the feature `testing`; nothing that runs for a user depends on it.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A step of an answer.
#[derive(Clone, Debug)]
pub enum FakeStep {
    /// Bytes as they are.
    Send(Vec<u8>),
    /// A while of silence.
    Wait(Duration),
    /// The same bytes until the client closes the connection.
    Endless(Vec<u8>),
    /// Silence until the client closes the connection.
    UntilClosed,
    /// Closes the connection.
    Close,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct AskedRequest {
    /// Its path.
    pub path: String,
    /// Its headers, in lower case, a line each.
    pub head: String,
    /// Its body; `null` for none.
    pub body: Value,
}

/// What a server answers to a request.
type Script = Arc<dyn Fn(&AskedRequest) -> Vec<FakeStep> + Send + Sync>;

#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    hung_up: AtomicUsize,
    asked: Mutex<Vec<AskedRequest>>,
}

/// A server; it ends with the process.
pub struct FakeServer {
    /// Where it listens.
    pub url: String,
    counts: Arc<Counts>,
}

impl FakeServer {
    /// A server that follows a script.
    pub fn new(script: impl Fn(&AskedRequest) -> Vec<FakeStep> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (script, counts): (Script, _) = (Arc::new(script), Arc::new(Counts::default()));
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, counts) = (Arc::clone(&script), Arc::clone(&shared));
                std::thread::spawn(move || {
                    counts.open.fetch_add(1, Ordering::SeqCst);
                    serve(stream, &script, &counts);
                    counts.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, counts }
    }

    /// The requests so far, with this path.
    pub fn asked(&self, path: &str) -> Vec<AskedRequest> {
        let asked = self.counts.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }

    /// How often the client closed a connection before the answer had ended.
    pub fn hung_up(&self) -> usize {
        self.counts.hung_up.load(Ordering::SeqCst)
    }
}

/// Serves requests one after the other, until the connection closes.
fn serve(stream: TcpStream, script: &Script, counts: &Counts) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    stream.set_nodelay(true).unwrap();
    while let Some(asked) = next(&mut reader) {
        counts.asked.lock().unwrap().push(asked.clone());
        for step in script(&asked) {
            if !follow(&mut stream, step) {
                counts.hung_up.fetch_add(1, Ordering::SeqCst);
                return;
            }
        }
    }
}

/// Does a step; whether the connection is still open.
fn follow(stream: &mut TcpStream, step: FakeStep) -> bool {
    match step {
        FakeStep::Send(bytes) => stream.write_all(&bytes).is_ok(),
        FakeStep::Wait(time) => !is_closed(stream, time),
        FakeStep::UntilClosed => !is_closed(stream, Duration::from_secs(60)),
        FakeStep::Endless(bytes) => {
            while stream.write_all(&bytes).is_ok() {}
            false
        }
        FakeStep::Close => {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            true
        }
    }
}

/// Whether the client closes the connection within this time.
fn is_closed(stream: &mut TcpStream, time: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < time {
        stream
            .set_read_timeout(Some(Duration::from_millis(5)))
            .unwrap();
        match stream.read(&mut [0]) {
            Ok(_) => return true,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return true,
        }
    }
    stream.set_read_timeout(None).unwrap();
    false
}

fn next(reader: &mut BufReader<TcpStream>) -> Option<AskedRequest> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
        head += &format!("{line}\n");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(AskedRequest { path, head, body })
}

/// An answer with a status and a body.
pub fn reply(status: &str, body: &str) -> Vec<FakeStep> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    vec![FakeStep::Send(head.into_bytes())]
}

/// A good answer in JSON.
pub fn ok(body: &Value) -> Vec<FakeStep> {
    reply("200 OK", &body.to_string())
}

/// A server that plays a dialogue with a real one, which `tests/record_engine.py` recorded: to each
/// request the answer that was given to it. A request that was not made then is refused.
pub fn recorded(dialogue: &str) -> FakeServer {
    let exchanges: Vec<Exchange> = dialogue.split("\n> ").filter_map(exchange).collect();
    FakeServer::new(move |asked| {
        let body = without_length(&asked.body);
        let is_it = |known: &&Exchange| known.path == asked.path && known.body == body;
        let shows_vocabulary = |known: &&Exchange| {
            known.path == asked.path && !asked.body["return_token_strs"].is_null()
        };
        let mut known = exchanges.iter();
        match known
            .clone()
            .find(is_it)
            .or_else(|| known.find(shows_vocabulary))
        {
            Some(known) if known.answer.starts_with("data:") => {
                lines(&known.answer.lines().collect::<Vec<_>>())
            }
            Some(known) => reply(&known.status, &known.answer),
            // A marker of a family that was added since.
            None if asked.path == "/tokenize" => ok(&json!({"tokens": [0, 0]})),
            None => {
                let error = format!("not recorded: {} {}", asked.path, asked.body);
                reply("400 Bad Request", &json!({"error": error}).to_string())
            }
        }
    })
}

/// A request without the length of its answer, which depends on the model that counts tokens.
fn without_length(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("max_tokens");
        fields.remove("n_predict");
    }
    body
}

/// A request of a recorded dialogue, and its answer.
struct Exchange {
    path: String,
    body: Value,
    status: String,
    answer: String,
}

fn exchange(text: &str) -> Option<Exchange> {
    let (asked, answered) = text.split_once("\n< ")?;
    let (head, body) = match asked.split_once('\n') {
        Some((head, body)) => (head, serde_json::from_str(body).unwrap()),
        None => (asked, Value::Null),
    };
    let (status, answer) = answered.split_once('\n').unwrap_or((answered, ""));
    Some(Exchange {
        path: head.split(' ').next_back()?.to_owned(),
        body: without_length(&body),
        status: status.to_owned(),
        answer: answer.trim_end().to_owned(),
    })
}

/// The head of a stream in chunks.
pub fn stream() -> FakeStep {
    FakeStep::Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec())
}

/// A chunk of a stream; an empty one is its end.
pub fn chunk(text: &str) -> FakeStep {
    FakeStep::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes())
}

/// A stream of these lines.
pub fn lines(lines: &[&str]) -> Vec<FakeStep> {
    let chunks = lines.iter().map(|line| chunk(&format!("{line}\n")));
    std::iter::once(stream())
        .chain(chunks)
        .chain([chunk("")])
        .collect()
}

/// A llama-server whose tokens are bytes and four markers, and which answers a prompt so.
pub fn llama_server(
    answer: impl Fn(&AskedRequest) -> Vec<FakeStep> + Send + Sync + 'static,
) -> FakeServer {
    FakeServer::new(move |asked| match asked.path.as_str() {
        "/completion" => answer(asked),
        "/v1/models" => ok(&json!({"data": [{"id": "qwen.gguf", "owned_by": "llamacpp"}]})),
        "/props" => ok(&json!({"default_generation_settings": {"n_ctx": 2048}})),
        "/tokenize" => ok(&json!({"tokens": tokens(&asked.body)})),
        _ => reply("404 Not Found", ""),
    })
}

/// A llama-server whose model has no markers but a chat template without a turn for the system.
pub fn chat_llama_server(
    answer: impl Fn(&AskedRequest) -> Vec<FakeStep> + Send + Sync + 'static,
) -> FakeServer {
    FakeServer::new(move |asked| match asked.path.as_str() {
        "/completion" => answer(asked),
        "/v1/models" => ok(&json!({"data": [{"id": "gemma.gguf", "owned_by": "llamacpp"}]})),
        "/props" => ok(&json!({"default_generation_settings": {"n_ctx": 2048}})),
        "/tokenize" => ok(&json!({"tokens": chat_tokens(&asked.body)})),
        "/apply-template" => match &asked.body["messages"] {
            Value::Array(messages) if messages.len() == 1 => {
                let text = messages[0]["content"].as_str().unwrap();
                let text = format!("<bos><turn>user\n{text}</turn>\n<turn>model\n");
                ok(&json!({"prompt": text}))
            }
            _ => reply(
                "500 Internal Server Error",
                r#"{"error": "no system role"}"#,
            ),
        },
        _ => reply("404 Not Found", ""),
    })
}

/// Tokens of the vocabulary of [`chat_llama_server`]: bytes, and three markers from 2000 on. Every
/// prompt begins with the first.
fn chat_tokens(body: &Value) -> Vec<usize> {
    const TURNS: [&str; 3] = ["<bos>", "<turn>", "</turn>"];
    let start = (body["add_special"] == true).then_some(2000);
    let ids = tokens_with(body, &TURNS, 2000);
    start.into_iter().chain(ids).collect()
}

/// The markers of the fake vocabulary; the first has the id 1000.
const MARKERS: [&str; 4] = [
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|endoftext|>",
];

fn tokens(body: &Value) -> Vec<usize> {
    tokens_with(body, &MARKERS, 1000)
}

/// The bytes of a text, and its markers from `first` on.
fn tokens_with(body: &Value, markers: &[&str], first: usize) -> Vec<usize> {
    let (mut rest, mut ids) = (body["content"].as_str().unwrap(), Vec::new());
    while let Some(byte) = rest.bytes().next() {
        let known = markers.iter().position(|marker| rest.starts_with(marker));
        let known = known.filter(|_| body["parse_special"] == true);
        ids.push(known.map_or(byte.into(), |at| first + at));
        let length = known.map_or(rest.chars().next().unwrap().len_utf8(), |at| {
            markers[at].len()
        });
        rest = &rest[length..];
    }
    ids
}

/// A line of llama-server's stream.
pub fn piece(text: &str, id: usize, logprob: f32) -> String {
    let data = json!({
        "content": text, "tokens": [id], "stop": false,
        "completion_probabilities": [{"logprob": logprob}],
    });
    format!("data: {data}\n")
}

/// The last line of llama-server's stream.
pub fn end(stop_type: &str) -> String {
    let data = json!({
        "content": "", "tokens": [], "stop": true, "stop_type": stop_type, "truncated": false,
        "tokens_evaluated": 40, "timings": {"cache_n": 30},
    });
    format!("data: {data}\n")
}
