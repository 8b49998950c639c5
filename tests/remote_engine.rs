//! A model on a server, as an editor sees it: its answers are shown, and the model here takes over
//! without it. Without an engine in the user's settings, no connection is opened.

use assistant::model::Model;
use assistant::settings::EngineSettings;
use assistant::{RemoteLimits, RemoteWriter, paired};
use remote::testing::{AskedRequest, chat_llama_server, ok, recorded};
use remote::testing::{FakeServer, FakeStep, chunk, end, lines, llama_server};
use remote::testing::{piece, reply, stream};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::{Editor, scripted};

const URI: &str = "file:///w/a.py";
const TIMEOUT: Duration = Duration::from_secs(20);

/// A llama-server whose answer is one piece of text.
fn saying(text: &'static str) -> FakeServer {
    llama_server(move |asked| {
        let text = format!("{}{text}", required(asked));
        lines(&[&piece(&text, 7, -0.01), &end("eos")])
    })
}

/// What the answer must begin with.
pub fn required(asked: &AskedRequest) -> &str {
    let grammar = asked.body["grammar"].as_str().unwrap_or_default();
    let literal = grammar.strip_prefix("root ::= \"");
    literal
        .and_then(|rest| rest.strip_suffix("\" .*"))
        .unwrap_or_default()
}

/// An editor whose user named this server; the model here says `here`.
async fn editor(url: &str, here: &'static str) -> Editor {
    let (load, prompts) = scripted(Box::new(move |_, _| Ok(here.into())));
    let settings = EngineSettings {
        url: Some(url.to_owned()),
        ..EngineSettings::default()
    };
    let limits = RemoteLimits {
        first_token: Duration::from_millis(600),
        whole: Duration::from_millis(900),
        ..RemoteLimits::default()
    };
    let mut editor = Editor::start_loading(prompts, move || {
        let writer = RemoteWriter::open(&settings, limits)?;
        Ok::<Box<dyn Model>, String>(paired(load()?, writer))
    });
    editor
        .initialize(json!({"initializationOptions": {"completion": {"minConfidence": 0}}}))
        .await;
    editor
}

/// The state of the engine, once it is no longer connecting.
async fn met(editor: &mut Editor) -> Value {
    let start = Instant::now();
    loop {
        let status = editor.request("nigh/status", json!({})).await;
        let engine = &status["result"]["engine"];
        if engine["phase"].is_string() && engine["phase"] != "connecting" {
            return engine.clone();
        }
        assert!(start.elapsed() < TIMEOUT, "{status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What is shown at the end of the text, and how long it took.
async fn shown(editor: &mut Editor, text: &str) -> (Option<String>, Duration) {
    editor.open(URI, "python", text).await;
    let line = text.matches('\n').count() as u32;
    let column = text.lines().last().unwrap().len() as u32;
    let start = Instant::now();
    let shown = editor.completion(URI, line, column).await;
    (shown, start.elapsed())
}

async fn page(editor: &mut Editor) -> String {
    let place = json!({"line": 1, "character": 11});
    let params = json!({"textDocument": {"uri": URI}, "position": place});
    let explained = editor.request("nigh/explain", params).await;
    explained["result"]["page"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_answer_of_the_server_is_shown() {
    let server = saying("a + b\n");
    let mut editor = editor(&server.url, "a - b").await;
    assert_eq!(met(&mut editor).await["kind"], "llama-server");
    let (text, _) = shown(&mut editor, "def add(a, b):\n    return ").await;
    assert_eq!(text.as_deref(), Some("a + b"));
    let page = page(&mut editor).await;
    assert!(page.contains("The engine's model generated it.") && page.contains("is a candidate"));
    assert!(met(&mut editor).await["answered"].as_u64() >= Some(1));
}

#[tokio::test]
async fn the_model_here_answers_where_the_server_fails_and_one_message_says_so() {
    let server = llama_server(|_| reply("503 Service Unavailable", ""));
    let mut editor = editor(&server.url, "a - b").await;
    met(&mut editor).await;
    for _ in 0..3 {
        let (text, took) = shown(&mut editor, "def add(a, b):\n    return ").await;
        assert_eq!(text.as_deref(), Some("a - b"));
        assert!(took < Duration::from_millis(600), "{took:?}");
    }
    let warned = |message: &Value| message["method"] == "window/showMessage";
    let warning = editor.wait_for(warned).await;
    let message = warning["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("only the embedded model") && message.contains("503"),
        "{message}"
    );
    assert!(page(&mut editor).await.contains("cannot be used"));
    // The editor fails on a second message.
}

#[tokio::test]
async fn no_one_waits_longer_than_the_limits() {
    let server = llama_server(|_| vec![FakeStep::UntilClosed]);
    let mut editor = editor(&server.url, "a - b").await;
    met(&mut editor).await;
    let (text, took) = shown(&mut editor, "def add(a, b):\n    return ").await;
    assert_eq!(text.as_deref(), Some("a - b"));
    assert!(took < Duration::from_millis(1500), "{took:?}");
    editor
        .wait_for(|message| message["method"] == "window/showMessage")
        .await;
}

#[tokio::test]
async fn typing_on_closes_the_connection() {
    let server = llama_server(|asked| {
        let text = format!("{}a", required(asked));
        vec![
            stream(),
            chunk(&piece(&text, 7, -0.1)),
            FakeStep::UntilClosed,
        ]
    });
    let mut editor = editor(&server.url, "a - b").await;
    met(&mut editor).await;
    editor
        .open(URI, "python", "def add(a, b):\n    return ")
        .await;
    let id = editor.ask_completion(URI, 1, 11).await;
    until(|| !server.asked("/completion").is_empty()).await;
    let start = Instant::now();
    editor.insert(URI, 1, 1, 11, "a").await;
    until(|| server.hung_up() > 0).await;
    assert!(
        start.elapsed() < Duration::from_millis(400),
        "{:?}",
        start.elapsed()
    );
    editor.answer(id).await;
}

async fn until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < TIMEOUT);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_repeated_suffix_is_not_shown() {
    let server = saying("a + b)\nprint(add(1, 2))\n");
    let mut editor = editor(&server.url, "a").await;
    met(&mut editor).await;
    editor.open(URI, "python", "x = max(a)\nprint(x)\n").await;
    let text = editor.completion(URI, 0, 9).await.unwrap_or_default();
    assert!(!text.contains("))") && !text.contains("print"), "{text}");
}

#[tokio::test]
async fn a_secret_is_never_sent() {
    let server = saying("a + b");
    let mut editor = editor(&server.url, "a - b").await;
    met(&mut editor).await;
    let key = format!("KEY = 'ghp_{}'\n", "a1B2".repeat(9));
    let (text, _) = shown(&mut editor, &format!("{key}def add(a, b):\n    return ")).await;
    assert_eq!(text.as_deref(), Some("a - b"));
    assert!(server.asked("/completion").is_empty());
    let sent = server.asked("/tokenize");
    let holds = |asked: &AskedRequest| asked.body.to_string().contains("ghp_");
    assert!(!sent.iter().any(holds));
}

#[tokio::test]
async fn settings_that_come_later_name_no_engine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut editor = Editor::saying("a - b").await;
    let settings = json!({"settings": {"nigh": {"engine": {"url": url}}}});
    editor
        .notify("workspace/didChangeConfiguration", settings)
        .await;
    shown(&mut editor, "def add(a, b):\n    return ").await;
    let status = editor.request("nigh/status", json!({})).await;
    assert_eq!(status["result"]["engine"], Value::Null);
    assert!(listener.accept().is_err(), "a connection was opened");
}

/// Runs the program; its standard output and error.
fn nigh(arguments: &[&str]) -> (bool, String, String) {
    let folder = std::env::current_exe().unwrap();
    let folder = folder.ancestors().nth(2).unwrap();
    let output = Command::new(folder.join(format!("nigh{}", std::env::consts::EXE_SUFFIX)))
        .args(arguments)
        .env(
            "NIGH_MODEL",
            concat!(env!("CARGO_MANIFEST_DIR"), "/model/tiny.gguf"),
        )
        .env("http_proxy", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn check_model_says_who_answers_at_an_address() {
    let server = saying("a + b");
    let (fine, output, error) = nigh(&["check-model", &server.url]);
    assert!(fine, "{error}");
    for expected in [
        "completion: yes, Granite 3/4 markers",
        "llama-server",
        "2048 tokens",
    ] {
        assert!(output.contains(expected), "{output}");
    }
    let (fine, _, error) = nigh(&["check-model", "http://127.0.0.1:1"]);
    assert!(!fine && error.contains("cannot be reached"), "{error}");
    let (fine, _, error) = nigh(&["check-model", "http://me:hunter2@127.0.0.1:1"]);
    assert!(
        !fine && error.contains("tokenFile") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn complete_asks_the_engine_and_says_where_it_did_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.py");
    std::fs::write(&path, "def add(a, b):\n    return ").unwrap();
    let place = format!("{}:2:12", path.display());
    let server = saying("a + b\n");
    let (fine, output, error) = nigh(&["complete", "--engine", &server.url, "--json", &place]);
    assert!(fine, "{error}");
    let object: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(object["fromEngine"], true, "{object}");
    let (fine, _, error) = nigh(&["complete", "--engine", "http://127.0.0.1:1", &place]);
    assert!(
        fine && error.contains("the embedded model answered"),
        "{error}"
    );
}

/// Dialogues with vLLM 0.32, llama-server b10434 and `transformers serve` 5.19, whose model was
/// made to know this one answer. `record_engine.py` recorded them.
const DIALOGUES: [(&str, &str, &str); 3] = [
    (
        "vllm",
        "qwen2.5-coder-tiny",
        include_str!("dialogues/vllm.txt"),
    ),
    (
        "llama-server",
        "sweep-next-edit-tiny",
        include_str!("dialogues/llama_server.txt"),
    ),
    (
        "transformers",
        "qwen2.5-coder-tiny",
        include_str!("dialogues/transformers.txt"),
    ),
];

#[test]
fn real_servers_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("add.py");
    std::fs::write(&path, "def add(a, b):\n    return ").unwrap();
    let place = format!("{}:2:12", path.display());
    for (name, model, dialogue) in DIALOGUES {
        let server = recorded(dialogue);
        let engine = ["--engine-model", model];
        let (fine, output, error) = nigh(&[&["check-model", &server.url], &engine[..]].concat());
        assert!(fine, "{name}: {error}");
        assert!(output.contains("Qwen-Coder markers"), "{name}: {output}");
        if name == "transformers" {
            continue; // it computed something else for the next prompt
        }
        let command = ["complete", "--engine", &server.url, "--json", &place];
        let (fine, output, error) = nigh(&[&command, &engine[..]].concat());
        assert!(fine, "{name}: {error}");
        let object: Value = serde_json::from_str(&output).unwrap();
        assert_eq!(object["fromEngine"], true, "{name}: {object}");
        assert_eq!(object["completion"], "a + b", "{name}");
    }
}

#[tokio::test]
async fn a_chat_model_on_llama_server_continues_the_code() {
    let server = chat_llama_server(move |asked| {
        let text = format!("{}a + b\n```\nDone.", required(asked));
        lines(&[&piece(&text, 7, -0.01), &end("eos")])
    });
    let mut editor = editor(&server.url, "a - b").await;
    assert_eq!(met(&mut editor).await["phase"], "ready");
    let (text, _) = shown(&mut editor, "def add(a, b):\n    return ").await;
    assert_eq!(text.as_deref(), Some("a + b"));
    let body = server.asked("/completion").pop().unwrap().body;
    let ids = body["prompt"].as_array().unwrap().iter();
    let ids: Vec<u64> = ids.map(|id| id.as_u64().unwrap()).collect();
    assert_eq!(ids.iter().filter(|id| **id >= 2000).count(), 4, "{ids:?}");
    let bytes: Vec<u8> = ids.iter().filter_map(|id| u8::try_from(*id).ok()).collect();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("File: a.py\n<FILL_HERE>"), "{text}");
    let begun = "model\n```python\ndef add(a, b):\n    return";
    assert!(text.ends_with(begun), "{text}");
}

#[tokio::test]
async fn a_chat_model_that_begins_its_answer_again_is_continued_where_it_goes_on() {
    let server = FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "phi-4", "owned_by": "someone"}]})),
        "/v1/chat/completions" => {
            let data = |text: &str| {
                let choice = json!({"delta": {"content": text}, "finish_reason": null});
                format!("data: {}\n", json!({"choices": [choice]}))
            };
            let begun = data("```python\ndef add(a, b):\n    ret");
            lines(&[&begun, &data("urn a + b\n"), "data: [DONE]\n"])
        }
        _ => reply("404 Not Found", r#"{"detail": "Not Found"}"#),
    });
    let mut editor = editor(&server.url, "a - b").await;
    assert_eq!(met(&mut editor).await["phase"], "ready");
    let (text, _) = shown(&mut editor, "def add(a, b):\n    return ").await;
    assert_eq!(text.as_deref(), Some("a + b"));
    let body = server.asked("/v1/chat/completions").pop().unwrap().body;
    let last = &body["messages"][2];
    assert_eq!(last["role"], "assistant");
    assert_eq!(last["content"], "```python\ndef add(a, b):\n    return ");
}
