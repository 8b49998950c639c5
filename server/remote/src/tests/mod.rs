//! The engine against a fake server: recorded conversations of each dialect, and everything that
//! can go wrong.

mod cancelling;
mod chats;
mod conversations;
mod failures;

use crate::{
    AnswerChunk, AnswerEnd, AnswerEvent, EngineAddress, EnginePhase, EngineStatus, PendingAnswer,
    PromptPart, RemoteEngine, RemoteLimits, RemoteOptions, RemoteRequest,
};
use std::time::{Duration, Instant};

/// Longer than any limit.
const TIMEOUT: Duration = Duration::from_secs(20);
/// By how much a busy machine may exceed a limit.
const SLACK: Duration = Duration::from_millis(700);

/// Limits that tests need not wait long for.
fn limits() -> RemoteLimits {
    RemoteLimits {
        first_token: Duration::from_millis(400),
        whole: Duration::from_millis(900),
        first_pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(400),
        ..RemoteLimits::default()
    }
}

fn options(url: &str) -> RemoteOptions {
    RemoteOptions {
        address: EngineAddress::parse(url).unwrap(),
        token: Some("secret".into()),
        dialect: None,
        model: None,
        markers: [
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            "<|endoftext|>",
        ]
        .map(str::to_owned)
        .to_vec(),
        conversations: Vec::new(),
        accept: Box::new(|_| Ok(())),
        limits: limits(),
    }
}

/// An engine that has met its server, or failed to.
fn engine(options: RemoteOptions) -> RemoteEngine {
    let engine = RemoteEngine::start(options).unwrap();
    engine.wait(TIMEOUT);
    engine
}

/// A prompt as Qwen's models expect it.
fn request(prefix: &str, suffix: &str) -> RemoteRequest {
    let marker = |name: &str| PromptPart::Marker(format!("<|{name}|>"));
    let text = |text: &str| PromptPart::Text(text.to_owned());
    RemoteRequest {
        parts: vec![
            marker("fim_prefix"),
            text(prefix),
            marker("fim_suffix"),
            text(suffix),
            marker("fim_middle"),
        ],
        required: String::new(),
        stops: vec!["<|endoftext|>".into(), "<|fim_prefix|>".into()],
        max_tokens: 8,
    }
}

fn status(engine: &RemoteEngine) -> EngineStatus {
    engine.status().borrow().clone()
}

/// Asks, if the server can be asked.
fn ask(engine: &RemoteEngine) -> Option<PendingAnswer> {
    let server = engine.server()?;
    Some(engine.ask(server, request("def f():\n    return ", "\n")))
}

/// All of an answer: its text, probabilities and end; `None` for a failure.
fn read(pending: &PendingAnswer) -> Option<(AnswerChunk, AnswerEnd)> {
    let (start, mut all) = (Instant::now(), AnswerChunk::default());
    while start.elapsed() < TIMEOUT {
        match pending.next(TIMEOUT)? {
            AnswerEvent::Chunk(chunk) => {
                all.text += &chunk.text;
                all.logprobs.extend(chunk.logprobs);
            }
            AnswerEvent::End(end) => return Some((all, end)),
            AnswerEvent::Failed => return None,
        }
    }
    None
}

/// Waits until the engine can be asked again.
fn until_ready(engine: &RemoteEngine) {
    let start = Instant::now();
    while engine.server().is_none() {
        assert!(start.elapsed() < TIMEOUT, "{:?}", status(engine));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(status(engine).phase, EnginePhase::Ready);
}
