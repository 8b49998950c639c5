//! What a broken or hostile client sends: nothing of it ends the server, takes much memory, or
//! keeps others from being answered.

use super::{Agent, BUG, project};
use mcp::AllowedActions;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_are_answered_with_codes_and_skipped() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    for (frame, expected) in [
        (&b"{\"jsonrpc\": \"2.0\", \"id\": 1, \n"[..], -32700),
        (b"Content-Length: 20\n", -32700),
        (b"\xff\xfe\n", -32700),
        (b"[[[[[[[[[[[[\n", -32700),
        (b"[]\n", -32600),
        (b"3\n", -32600),
        (b"{\"id\": {\"a\": 1}, \"method\": 3}\n", -32600),
        (
            b"{\"jsonrpc\": \"1.0\", \"id\": 5, \"method\": \"ping\"}\n",
            -32600,
        ),
    ] {
        agent.send_bytes(frame).await;
        let answer = agent.receive().await;
        assert_eq!(
            code(&answer),
            expected,
            "{}",
            String::from_utf8_lossy(frame)
        );
    }
    let deep = format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    agent.send_bytes(deep.as_bytes()).await;
    assert_eq!(code(&agent.receive().await), -32700);
    agent.send_bytes(b"\n\r\n  \n").await;
    let found = agent.call("diagnose", json!({"paths": ["a.py"]})).await;
    assert_eq!(found["bugs"][0]["line"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_100_megabytes_is_skipped() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    let block = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        agent.send_bytes(&block).await;
    }
    agent.send_bytes(b"\n").await;
    let answer = agent.receive().await;
    assert_eq!(code(&answer), -32600, "{answer}");
    let found = agent.call("diagnose", json!({"paths": ["a.py"]})).await;
    assert_eq!(found["complete"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_flood_each_request_is_answered_once() {
    const COUNT: usize = 300;
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    let mut expected = HashSet::new();
    for _ in 0..COUNT {
        let call = json!({"name": "diagnose", "arguments": {"paths": ["a.py"]}});
        expected.insert(agent.begin("tools/call", call).await);
    }
    let mut served = 0;
    for _ in 0..COUNT {
        let answer = agent.receive().await;
        assert!(expected.remove(&answer["id"].as_i64().unwrap()), "{answer}");
        match answer.get("error") {
            Some(_) => assert_eq!(code(&answer), -32000, "{answer}"),
            None => served += 1,
        }
    }
    assert!(served >= 64, "{served} were served");
    let repeated = json!({"jsonrpc": "2.0", "id": "same", "method": "tools/call",
        "params": {"name": "diagnose", "arguments": {"paths": ["."]}}});
    agent
        .send_bytes(format!("{repeated}\n{repeated}\n").as_bytes())
        .await;
    let codes = [code(&agent.receive().await), code(&agent.receive().await)];
    assert!(codes.contains(&0), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_cancelled_stop_and_are_not_answered() {
    let many: Vec<String> = (0..60).map(|number| format!("src/{number}.py")).collect();
    let long = BUG.repeat(12);
    let files: Vec<(&str, &str)> = many.iter().map(|name| (&**name, &*long)).collect();
    let folder = project(&files);
    let mut agent = Agent::of(folder.path()).await;
    let slow = Instant::now();
    agent.call("diagnose", json!({"paths": ["src"]})).await;
    let slow = slow.elapsed();
    // As many as run at once, and more.
    let mut ids = Vec::new();
    for _ in 0..8 {
        let call = json!({"name": "diagnose", "arguments": {"paths": ["src"]}});
        ids.push(agent.begin("tools/call", call).await);
    }
    for id in ids {
        let params = json!({"requestId": id});
        let cancel =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        agent.send(&cancel).await;
    }
    let start = Instant::now();
    let found = agent.call("diagnose", json!({"paths": ["src/1.py"]})).await;
    assert_eq!(found["complete"], true);
    let waited = start.elapsed();
    assert!(
        waited < slow.max(Duration::from_millis(500)),
        "{waited:?} of {slow:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_and_messages_end_nothing() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::silent(folder.path(), AllowedActions::default());
    let (mut seed, pieces) = (
        7_u64,
        [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\\",
            "\n",
            "null",
            "1e999",
            "-1",
            "\"id\":1",
            "\"jsonrpc\":\"2.0\"",
            "\"method\":\"tools/call\"",
            "\"method\":\"initialize\"",
            "\"params\":{\"name\":\"fix\"}",
            "\"arguments\":{\"paths\":[\"..\"]}",
            "\u{0}",
            "é",
        ],
    );
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    let (mut input, output) = (Vec::new(), &mut agent.output);
    for _ in 0..60_000 {
        input.extend_from_slice(pieces[next() % pieces.len()].as_bytes());
    }
    input.extend_from_slice(b"\n{\"jsonrpc\":\"2.0\",\"id\":\"end\",\"method\":\"ping\"}\n");
    let sends = tokio::io::AsyncWriteExt::write_all(&mut agent.input, &input);
    let reads = async {
        loop {
            let mut line = String::new();
            let read = tokio::io::AsyncBufReadExt::read_line(output, &mut line).await;
            assert!(read.unwrap() > 0, "the server has ended");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == "end" {
                return;
            }
        }
    };
    let both = async { tokio::join!(sends, reads) };
    let done = tokio::time::timeout(Duration::from_secs(60), both).await;
    done.expect("the server does not answer").0.unwrap();
}
