//! Servers that are gone, slow or wrong: never a wait above the limits, never a wrong text.

use super::*;
use crate::testing::{
    FakeServer, FakeStep, chunk, end, lines, llama_server, ok, piece, reply, stream,
};
use serde_json::json;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks a server that answers so; the reason for the failure, and how long it took.
fn failure(answer: fn() -> Vec<FakeStep>) -> (String, Duration) {
    let fake = llama_server(move |_| answer());
    let engine = engine(options(&fake.url));
    let start = Instant::now();
    let pending = ask(&engine).unwrap();
    let last = loop {
        match pending.next(TIMEOUT) {
            Some(AnswerEvent::Chunk(_)) => {}
            last => break last,
        }
    };
    let took = start.elapsed();
    assert_eq!(last, Some(AnswerEvent::Failed));
    assert_eq!(status(&engine).phase, EnginePhase::Paused);
    (status(&engine).why.unwrap(), took)
}

#[test]
fn a_wrong_answer_is_a_failure_and_says_why() {
    type Answers = fn() -> Vec<FakeStep>;
    let cases: [(Answers, &str); 9] = [
        (
            || reply("429 Too Many Requests", r#"{"error": "slow down"}"#),
            "429: slow down",
        ),
        (|| reply("503 Service Unavailable", ""), "status 503"),
        (
            || reply("401 Unauthorized", r#"{"error": {"message": "key"}}"#),
            "401: key",
        ),
        (|| lines(&["data: {\"content\": "]), "cannot be understood"),
        (|| lines(&["data: {\"content\": \"a\"}"]), "has no end"),
        (
            || vec![stream(), chunk("data: {}"), FakeStep::Close],
            "broke",
        ),
        (
            || {
                vec![
                    FakeStep::Send(b"SSH-2.0-OpenSSH_9\r\n".to_vec()),
                    FakeStep::Close,
                ]
            },
            "broke",
        ),
        (
            || vec![stream(), chunk("\u{0}\n"), chunk("data: 1\n"), chunk("")],
            "understood",
        ),
        (
            || lines(&["error: {\"error\": {\"message\": \"out of memory\"}}"]),
            "out of memory",
        ),
    ];
    for (answer, why) in cases {
        let (found, took) = failure(answer);
        assert!(found.contains(why), "{found:?} does not say {why:?}");
        assert!(took < limits().whole + SLACK, "{found}: {took:?}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = FakeServer::new(|_| ok(&json!({"data": [{"id": "a"}]})));
    let to = other.url.clone();
    let fake = FakeServer::new(move |_| {
        let head =
            format!("HTTP/1.1 302 Found\r\nLocation: {to}/v1/models\r\nContent-Length: 0\r\n\r\n");
        vec![FakeStep::Send(head.into_bytes())]
    });
    let engine = engine(options(&fake.url));
    assert_eq!(status(&engine).phase, EnginePhase::Unusable);
    assert!(other.asked("/v1/models").is_empty());
}

#[test]
fn a_silent_server_is_given_up_in_time() {
    let (why, took) = failure(|| vec![FakeStep::UntilClosed]);
    assert!(why.contains("first text took longer than 400 ms"), "{why}");
    assert!(
        took >= limits().first_token && took < limits().first_token + SLACK,
        "{took:?}"
    );
    let (why, _) = failure(|| vec![stream(), chunk(": ping\n"), FakeStep::UntilClosed]);
    assert!(why.contains("first text"), "{why}");
}

/// A server that writes `text`, and then a word from time to time.
fn dripping(text: &str) -> Vec<FakeStep> {
    let words = (0..50).flat_map(|_| {
        let pause = FakeStep::Wait(limits().first_token / 3);
        [pause, chunk(&piece(" 1 +", 7, -0.1))]
    });
    let start = [stream(), chunk(&piece(text, 7, -0.1))];
    start.into_iter().chain(words).collect()
}

#[test]
fn an_answer_that_stalls_or_ends_no_line_in_time_is_a_failure() {
    let (why, took) = failure(|| {
        let start = chunk(&piece("x = 1\n", 7, -0.1));
        vec![stream(), start, FakeStep::UntilClosed]
    });
    assert!(why.contains("more of an answer"), "{why}");
    assert!(took < limits().whole, "{took:?}");
    let (why, took) = failure(|| dripping("x = 1 +"));
    assert!(why.contains("first line"), "{why}");
    assert!(took < limits().whole + SLACK, "{took:?}");
}

#[test]
fn a_slow_answer_ends_where_the_time_does() {
    let fake = llama_server(|_| dripping("x = 1\n"));
    let engine = engine(options(&fake.url));
    let start = Instant::now();
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert!(text.text.starts_with("x = 1\n 1 +") && end.cut_short);
    let took = start.elapsed();
    assert!(
        took >= limits().whole && took < limits().whole + SLACK,
        "{took:?}"
    );
}

#[test]
fn endless_answers_end() {
    let (why, took) = failure(|| {
        let line = piece(&"x".repeat(1000), 7, -0.1);
        let bytes = format!("{:x}\r\n{line}\r\n", line.len());
        vec![stream(), FakeStep::Endless(bytes.into_bytes())]
    });
    assert!(
        why.contains("too long") && took < limits().whole + SLACK,
        "{why}: {took:?}"
    );
    let (why, _) = failure(|| {
        let line = "y".repeat(1 << 16);
        let bytes = format!("{:x}\r\n{line}\r\n", line.len());
        vec![stream(), FakeStep::Endless(bytes.into_bytes())]
    });
    assert!(
        why.contains("too long") || why.contains("first text"),
        "{why}"
    );
}

#[test]
fn a_server_that_is_gone_costs_nothing_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let engine = engine(options(&url));
    assert_eq!(status(&engine).phase, EnginePhase::Paused);
    let start = Instant::now();
    assert!(engine.server().is_none());
    assert!(
        start.elapsed() < Duration::from_millis(50),
        "asking does not wait"
    );

    let is_up = Arc::new(AtomicBool::new(false));
    let up = Arc::clone(&is_up);
    let fake = FakeServer::new(move |_| match up.load(Ordering::SeqCst) {
        true => ok(&json!({"data": [{"id": "a"}], "version": 1})),
        false => reply(
            "503 Service Unavailable",
            r#"{"error": {"message": "Loading model"}}"#,
        ),
    });
    let engine = self::engine(options(&fake.url));
    assert!(status(&engine).why.unwrap().contains("Loading model"));
    is_up.store(true, Ordering::SeqCst);
    until_ready(&engine);
}

#[test]
fn delays_between_attempts_grow() {
    let fake = llama_server(|_| reply("500 Internal Server Error", ""));
    let engine = engine(options(&fake.url));
    let mut delays = Vec::new();
    for _ in 0..3 {
        until_ready(&engine);
        assert_eq!(read(&ask(&engine).unwrap()), None);
        let start = Instant::now();
        until_ready(&engine);
        delays.push(start.elapsed());
    }
    assert!(delays[0] >= Duration::from_millis(50) && delays[2] >= Duration::from_millis(200));
}

#[test]
fn another_model_at_the_same_address_gets_no_old_tokens() {
    let changed = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&changed);
    let fake = FakeServer::new(move |asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "m", "owned_by": "llamacpp"}]})),
        "/tokenize" if other.load(Ordering::SeqCst) => ok(&json!({"tokens": [5, 6, 7]})),
        "/tokenize" => {
            let markers = asked.body["content"]
                .as_str()
                .unwrap()
                .matches("<|")
                .count();
            ok(&json!({"tokens": (0..markers).map(|_| 1000).collect::<Vec<_>>()}))
        }
        _ => lines(&[&piece("x", 7, -0.5), &end("eos")]),
    });
    let engine = engine(options(&fake.url));
    assert!(ask(&engine).is_some());
    changed.store(true, Ordering::SeqCst);
    until_ready(&engine);
    assert_eq!(read(&ask(&engine).unwrap()), None);
    assert!(status(&engine).why.unwrap().contains("changed"));
}

#[test]
fn a_prompt_that_was_cut_by_the_server_gives_no_text() {
    let (why, _) = {
        let fake =
            llama_server(|_| lines(&[r#"data: {"content": "", "stop": true, "truncated": true}"#]));
        let engine = engine(options(&fake.url));
        assert_eq!(read(&ask(&engine).unwrap()), None);
        (status(&engine).why.unwrap(), ())
    };
    assert!(why.contains("--ctx-size"), "{why}");
}

#[test]
fn a_server_without_encryption_is_not_spoken_to_over_https() {
    let fake = llama_server(|_| Vec::new());
    let engine = engine(options(&fake.url.replace("http:", "https:")));
    let now = status(&engine);
    assert_eq!(now.phase, EnginePhase::Paused);
    let why = now.why.unwrap();
    assert!(why.contains("encrypt"), "{why}");
}

#[test]
fn a_caller_may_refuse_a_server() {
    let fake = llama_server(|_| Vec::new());
    let refused = RemoteOptions {
        accept: Box::new(|server| Err(format!("{} has no markers", server.model))),
        ..options(&fake.url)
    };
    let engine = engine(refused);
    assert_eq!(status(&engine).phase, EnginePhase::Unusable);
    assert_eq!(status(&engine).why.unwrap(), "qwen.gguf has no markers");
    assert!(engine.server().is_none());
}

#[test]
fn a_token_is_never_shown() {
    let wrong = RemoteOptions {
        token: Some("two\nlines".into()),
        ..options("http://127.0.0.1:1")
    };
    let error = RemoteEngine::start(wrong).err().unwrap();
    assert!(!error.contains("lines"), "{error}");
}
