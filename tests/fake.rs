//! A fake editor that talks to the real server over an in-memory pipe, and a scripted model that
//! records its prompts.
//!
//! Dropping an [`Editor`] with unread messages fails the test: a server that says too much is wrong
//! too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use assistant::Cancel;
use assistant::device::Devices;
use assistant::learning;
use assistant::model::{Description, Model};
use assistant::settings::{ModelSettings, Settings};
use context::{Alternative, Answer, Effort, Generate, GenerateError};
use context::{Budget, CountTokens, FORMATS, FimFormat, Prompt, Segment, SourceWeights};
use lsp::server::{ServerOptions, serve};
use lsp::wire::Ended;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::task::JoinHandle;
use workspace::Store;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Says why a test does not run; panics where all must, which `./test` asks for.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("NIGH_TEST_ALL").is_none(),
        "this test cannot run: {why}"
    );
    eprintln!("skipped: {why}");
    note(&why);
}

/// Adds a line to the file that `NIGH_SKIPPED` names: the output of a test that passes is lost.
fn note(why: &dyn std::fmt::Display) {
    let Some(path) = std::env::var_os("NIGH_SKIPPED") else {
        return;
    };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    std::io::Write::write_all(&mut file, format!("{why}\n").as_bytes()).unwrap();
}

/// What the scripted model does with a prompt.
pub type Script = Box<dyn FnMut(&Prompt, &Cancel) -> Result<String, GenerateError> + Send>;

/// A model that answers what a script returns, one character at a time. It finds all texts equally
/// likely, except those with the word `likelier`.
pub struct Scripted {
    script: Script,
    prompts: Prompts,
    cancel: Cancel,
    /// What it is called.
    pub names: Vec<String>,
    /// Its special tokens.
    pub special: Vec<&'static str>,
}

/// The prompts a scripted model got.
pub type Prompts = Arc<Mutex<Vec<String>>>;

impl CountTokens for Scripted {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

impl Generate for Scripted {
    fn fim_format(&self) -> Option<FimFormat> {
        FORMATS.first().cloned()
    }

    fn budget(&self) -> Budget {
        Budget {
            tokens: 1000,
            weights: SourceWeights::of(u64::MAX, usize::MAX),
        }
    }

    fn spare_tokens(&self) -> usize {
        1000
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        _effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.prompts.lock().unwrap().push(prompt.display());
        let text = (self.script)(prompt, &self.cancel)?;
        let mut answer = Answer::default();
        for c in text.chars() {
            answer.text.push(c);
            answer.tokens.push((answer.text.len(), -0.1));
            if on_text(&answer.text).is_break() {
                break;
            }
        }
        Ok(answer)
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn knows(&self, marker: &str) -> bool {
        self.special.contains(&marker)
    }

    fn score(
        &mut self,
        _prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let likelier =
            |part: &Segment| matches!(part, Segment::Text(text) if text.contains("likelier"));
        let score = |parts: &Vec<Segment>| {
            vec![if parts.iter().any(likelier) {
                0.0
            } else {
                -0.1
            }]
        };
        Ok(continuations.iter().map(score).collect())
    }

    fn begin(
        &mut self,
        _prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        Ok(vec![0.0; continuations.len()])
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        _count: usize,
        _max_tokens: usize,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        let text = format!(
            "{}{}",
            prompt.required,
            (self.script)(prompt, &self.cancel)?
        );
        Ok(vec![Alternative {
            text,
            logprob: 0.0,
            ended: true,
        }])
    }
}

impl Model for Scripted {
    fn set_cancel(&mut self, cancel: Cancel) {
        self.cancel = cancel;
    }

    fn description(&self) -> Description {
        Description {
            name: "scripted".into(),
            parameters: 1_000_000_000,
            next_edits: self.names.first().cloned(),
            ..Description::default()
        }
    }
}

/// Loads a model that follows this script, once, and the prompts it will get.
pub fn scripted(
    script: Script,
) -> (
    impl Fn() -> Result<Box<dyn Model>, String> + Send + Sync + 'static,
    Prompts,
) {
    scripted_as(script, Vec::new(), Vec::new())
}

/// The same for a model that is called so and has these special tokens.
pub fn scripted_as(
    script: Script,
    names: Vec<String>,
    special: Vec<&'static str>,
) -> (
    impl Fn() -> Result<Box<dyn Model>, String> + Send + Sync + 'static,
    Prompts,
) {
    let prompts = Prompts::default();
    let model = Mutex::new(Some((script, Arc::clone(&prompts))));
    let load = move || {
        let (script, prompts) = model
            .lock()
            .unwrap()
            .take()
            .expect("the model is loaded twice");
        Ok(Box::new(Scripted {
            script,
            prompts,
            cancel: Cancel::new(),
            names: names.clone(),
            special: special.clone(),
        }) as Box<dyn Model>)
    };
    (load, prompts)
}

/// A model that always says `text`.
pub fn saying(text: &'static str) -> Box<dyn Model> {
    Box::new(Scripted {
        script: Box::new(move |_, _| Ok(text.into())),
        prompts: Prompts::default(),
        cancel: Cancel::new(),
        names: Vec::new(),
        special: Vec::new(),
    })
}

/// A gate that trusts the model more than the one that was fitted.
pub fn gate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gate.txt")
}

/// The client's end of a session.
pub struct Editor {
    to: Option<WriteHalf<DuplexStream>>,
    from: BufReader<ReadHalf<DuplexStream>>,
    server: Option<JoinHandle<Ended>>,
    unread: VecDeque<Value>,
    last_id: i64,
    pub prompts: Prompts,
}

impl Editor {
    /// A server with a model that always says `text`, and an editor that shows inline completions.
    pub async fn saying(text: &'static str) -> Self {
        Self::with(Box::new(move |_, _| Ok(text.into()))).await
    }

    /// The same with a script.
    pub async fn with(script: Script) -> Self {
        let mut editor = Self::start(script);
        editor.initialize(json!({})).await;
        editor
    }

    /// A server that has not been initialised.
    pub fn start(script: Script) -> Self {
        Self::start_at_home(
            script,
            Store::default(),
            learning::LearningOptions::default(),
        )
    }

    /// The same, which keeps its index in this store.
    pub fn start_storing(script: Script, store: Store) -> Self {
        Self::start_at_home(script, store, learning::LearningOptions::default())
    }

    /// The same with a file for what is learned.
    pub fn start_learning(script: Script, learning: learning::LearningOptions) -> Self {
        Self::start_at_home(script, Store::default(), learning)
    }

    fn start_at_home(script: Script, store: Store, learning: learning::LearningOptions) -> Self {
        let (load, prompts) = scripted(script);
        Self::start_with(prompts, load, store, learning, Devices::default())
    }

    /// A server whose model is loaded by this function.
    pub fn start_loading(
        prompts: Prompts,
        load: impl Fn() -> Result<Box<dyn Model>, String> + Send + Sync + 'static,
    ) -> Self {
        let learning = learning::LearningOptions::default();
        Self::start_with(
            prompts,
            load,
            Store::default(),
            learning,
            Devices::default(),
        )
    }

    /// The same with these devices, whose messages the editor gets.
    pub fn start_on(devices: Devices, script: Script) -> Self {
        let (load, prompts) = scripted(script);
        let learning = learning::LearningOptions::default();
        Self::start_with(prompts, load, Store::default(), learning, devices)
    }

    fn start_with(
        prompts: Prompts,
        load: impl Fn() -> Result<Box<dyn Model>, String> + Send + Sync + 'static,
        store: Store,
        learning: learning::LearningOptions,
        devices: Devices,
    ) -> Self {
        let (server, client) = tokio::io::duplex(1 << 16);
        let (input, output) = tokio::io::split(server);
        let (from, to) = tokio::io::split(client);
        let load = Arc::new(load);
        let assistant = assistant::AssistantOptions {
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
            store,
            learning,
            checks: None,
            dismissed: None,
            reports: None,
            devices,
        };
        let options = ServerOptions {
            assistant,
            debug_requests: true,
            encoding: None,
            watch_parent: false,
        };
        let server = Some(tokio::spawn(serve(input, output, options)));
        let from = BufReader::new(from);
        Self {
            to: Some(to),
            from,
            server,
            unread: VecDeque::new(),
            last_id: 0,
            prompts,
        }
    }

    /// `initialize` and `initialized`, with these members added to the parameters. Gives back the
    /// result.
    pub async fn initialize(&mut self, more: Value) -> Value {
        let mut params = json!({
            "processId": null,
            "rootUri": null,
            "capabilities": {"textDocument": {"inlineCompletion": {}}},
        });
        for (key, value) in more.as_object().unwrap() {
            params[key] = value.clone();
        }
        let result = self.request("initialize", params).await;
        self.notify("initialized", json!({})).await;
        result["result"].clone()
    }

    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.to.as_mut().unwrap().write_all(bytes).await.unwrap();
    }

    async fn send(&mut self, message: Value) {
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .await;
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }

    /// Answers a request of the server.
    pub async fn respond(&mut self, id: &Value, result: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": id, "result": result}))
            .await;
    }

    /// Sends a request and gives back its id.
    pub async fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        self.send(
            json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}),
        )
        .await;
        self.last_id
    }

    /// The answer to a request.
    pub async fn answer(&mut self, id: i64) -> Value {
        self.wait_for(|message| message["id"] == id && message.get("method").is_none())
            .await
    }

    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params).await;
        self.answer(id).await
    }

    /// The first message that satisfies `wanted`; others are kept.
    pub async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&wanted) {
            return self.unread.remove(at).unwrap();
        }
        loop {
            let message = tokio::time::timeout(TIMEOUT, self.read())
                .await
                .expect("the server does not answer");
            let message = message.expect("the server has ended");
            if wanted(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    /// Takes a message that came already and satisfies `wanted`; whether there was one.
    pub fn unread(&mut self, wanted: impl Fn(&Value) -> bool) -> bool {
        let found = self.unread.iter().position(wanted);
        found.is_some_and(|at| self.unread.remove(at).is_some())
    }

    async fn read(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            match line.trim() {
                "" => break,
                line => {
                    length = line
                        .strip_prefix("Content-Length: ")
                        .unwrap()
                        .parse()
                        .unwrap()
                }
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).await.ok()?;
        Some(serde_json::from_slice(&body).unwrap())
    }

    pub async fn open(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": language, "version": 0, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}))
            .await;
    }

    /// Types `text` at a position.
    pub async fn insert(&mut self, uri: &str, version: i32, line: u32, column: u32, text: &str) {
        let place = json!({"line": line, "character": column});
        let change = json!({"range": {"start": place, "end": place}, "text": text});
        self.change(uri, version, change).await;
    }

    pub async fn change(&mut self, uri: &str, version: i32, change: Value) {
        let document = json!({"uri": uri, "version": version});
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [change]}),
        )
        .await;
    }

    /// Asks for an inline completion and gives back the request's id.
    pub async fn ask_completion(&mut self, uri: &str, line: u32, column: u32) -> i64 {
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": column},
            "context": {"triggerKind": 2},
        });
        self.ask("textDocument/inlineCompletion", params).await
    }

    /// The text of the inline completion at a place, if there is one.
    pub async fn completion(&mut self, uri: &str, line: u32, column: u32) -> Option<String> {
        let id = self.ask_completion(uri, line, column).await;
        let answer = self.answer(id).await;
        let items = answer["result"]["items"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"));
        assert!(items.len() <= 1);
        items
            .first()
            .map(|item| item["insertText"].as_str().unwrap().to_owned())
    }

    /// The server's copy of a document.
    pub async fn text(&mut self, uri: &str) -> Option<String> {
        let answer = self
            .request("debug/text", json!({"textDocument": {"uri": uri}}))
            .await;
        answer["result"].as_str().map(str::to_owned)
    }

    /// Closes the pipe to the server without a word.
    pub async fn close_input(&mut self) {
        self.to.take().unwrap().shutdown().await.unwrap();
    }

    /// How the server ended; waits for it.
    pub async fn ended(&mut self) -> Ended {
        let server = self.server.take().unwrap();
        tokio::time::timeout(TIMEOUT, server)
            .await
            .expect("the server does not end")
            .unwrap()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                self.unread.is_empty(),
                "messages that no test looked at: {:?}",
                self.unread
            );
        }
    }
}
