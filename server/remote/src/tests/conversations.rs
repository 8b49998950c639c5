//! Conversations as real servers hold them: what is asked, and what is made of the answer.

use super::*;
use crate::Dialect;
use crate::testing::{
    FakeServer, FakeStep, chunk, end, lines, llama_server, ok, piece, reply, stream,
};
use serde_json::json;

#[test]
fn llama_server_gets_ids_and_its_answer_is_read() {
    let fake = llama_server(|_| {
        let text = [piece("x", 7, -0.5), piece(" + 1", 8, -0.25), end("eos")];
        lines(&text.each_ref().map(String::as_str))
    });
    let engine = engine(options(&fake.url));
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!(
        (text.text.as_str(), &text.logprobs[..]),
        ("x + 1", &[-0.5, -0.25][..])
    );
    assert_eq!(
        (end.cut_short, end.prompt_tokens, end.reused_tokens),
        (false, 40, 30)
    );
    let asked = &fake.asked("/completion")[0];
    let ids = asked.body["prompt"].as_array().unwrap();
    assert_eq!(
        (&ids[0], &ids[1], ids.last().unwrap()),
        (&json!(1000), &json!(b'd'), &json!(1002))
    );
    assert_eq!(
        (&asked.body["n_predict"], &asked.body["stream"]),
        (&json!(8), &json!(true))
    );
    assert!(asked.head.contains("authorization: bearer secret"));
    let now = status(&engine);
    assert_eq!(
        (now.phase, now.kind),
        (EnginePhase::Ready, Some(Dialect::LlamaServer))
    );
    assert_eq!((now.answered, now.why), (1, None));
    assert_eq!(engine.server().unwrap().context(), Some(2048));
}

#[test]
fn a_marker_in_a_text_becomes_the_tokens_of_its_letters() {
    let fake = llama_server(|_| lines(&[&piece("x", 7, -0.5), &end("eos")]));
    let engine = engine(options(&fake.url));
    let asked = request("# <|fim_middle|>", "");
    assert!(read(&engine.ask(engine.server().unwrap(), asked)).is_some());
    let prompt = fake.asked("/completion")[0].body["prompt"].to_string();
    assert_eq!(prompt.matches("1002").count(), 1, "{prompt}");
}

#[test]
fn what_follows_a_special_token_is_left_out() {
    let fake = llama_server(|_| {
        let text = [
            piece("x", 7, -0.5),
            piece("", 1003, -0.1),
            piece("y", 8, -0.1),
            end("limit"),
        ];
        lines(&text.each_ref().map(String::as_str))
    });
    let engine = engine(options(&fake.url));
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!((text.text.as_str(), end.cut_short), ("x", false));
}

#[test]
fn an_answer_begins_as_required_or_is_a_failure() {
    let fake = llama_server(|_| {
        let text = [piece(" re", 7, -0.5), piece("turn a", 8, -0.25), end("eos")];
        lines(&text.each_ref().map(String::as_str))
    });
    let engine = engine(options(&fake.url));
    let requiring = |required: &str| RemoteRequest {
        required: required.into(),
        ..request("def f():\n   ", "\n")
    };
    let pending = engine.ask(engine.server().unwrap(), requiring(" ret"));
    let (text, _) = read(&pending).unwrap();
    assert_eq!((text.text.as_str(), text.logprobs.len()), ("urn a", 2));
    let body = fake.asked("/completion").pop().unwrap().body;
    assert_eq!(body["grammar"], "root ::= \" ret\" .*");
    let pending = engine.ask(engine.server().unwrap(), requiring(" rai"));
    assert_eq!(read(&pending), None);
    assert!(status(&engine).why.unwrap().contains("as required"));
}

#[test]
fn a_text_is_tokenized_once() {
    let fake = llama_server(|_| lines(&[&piece("x", 7, -0.5), &end("limit")]));
    let engine = engine(options(&fake.url));
    let (_, end) = read(&ask(&engine).unwrap()).unwrap();
    assert!(end.cut_short);
    let before = fake.asked("/tokenize").len();
    read(&ask(&engine).unwrap()).unwrap();
    assert_eq!(
        fake.asked("/tokenize").len(),
        before + 1,
        "only the markers are checked"
    );
}

/// A stream as it was recorded.
fn recorded(text: &str) -> Vec<FakeStep> {
    lines(&text.lines().collect::<Vec<_>>())
}

/// What Ollama 0.11 answers.
fn ollama() -> FakeServer {
    FakeServer::new(|asked| match (asked.path.as_str(), &asked.body["prompt"]) {
        ("/v1/models", _) => ok(&json!({"object": "list", "data": [
            {"id": "qwen2.5-coder:1.5b-base", "object": "model", "owned_by": "library"},
        ]})),
        ("/api/version", _) => ok(&json!({"version": "0.11.4"})),
        ("/api/generate", prompt) if prompt.is_null() => {
            ok(&json!({"response": "", "done": true, "done_reason": "load"}))
        }
        ("/api/generate", _) => recorded(include_str!("ollama.ndjson")),
        _ => reply("404 Not Found", "404 page not found"),
    })
}

#[test]
fn ollama_gets_a_raw_prompt_and_a_context() {
    let fake = ollama();
    let engine = engine(options(&fake.url));
    assert_eq!(status(&engine).kind, Some(Dialect::Ollama));
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!((text.text.as_str(), end.prompt_tokens), ("a + b", 21));
    let body = fake.asked("/api/generate").pop().unwrap().body;
    assert_eq!(
        body["prompt"],
        "<|fim_prefix|>def f():\n    return <|fim_suffix|>\n<|fim_middle|>"
    );
    assert_eq!(
        (&body["raw"], &body["options"]["num_ctx"]),
        (&json!(true), &json!(4096))
    );
    let first = &fake.asked("/api/generate")[0].body["options"]["num_ctx"];
    assert_eq!(
        first, 4096,
        "loading with another context would load the model twice"
    );
}

/// What vLLM answers; it shows its vocabulary, or a proxy does not let that through.
fn vllm(shows_vocabulary: bool) -> FakeServer {
    FakeServer::new(move |asked| match asked.path.as_str() {
        "/tokenize" if shows_vocabulary => ok(&json!({
            "count": 4, "max_model_len": 32768, "tokens": [9, 20, 21, 27],
            "token_strs": ["<|fim_prefix|>", "<", "|", "<|endoftext|>"],
        })),
        "/v1/models" => ok(&json!({"object": "list", "data": [{
            "id": "Qwen/Qwen2.5-Coder-7B", "object": "model", "owned_by": "vllm",
            "max_model_len": 32768,
        }]})),
        "/v1/completions" => recorded(include_str!("vllm.txt")),
        _ => reply("404 Not Found", r#"{"detail":"Not Found"}"#),
    })
}

#[test]
fn vllm_gets_the_ids_of_stops_and_shows_special_tokens() {
    let fake = vllm(true);
    let engine = engine(options(&format!("{}/v1", fake.url)));
    assert_eq!(status(&engine).kind, Some(Dialect::OpenAi));
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!((text.text.as_str(), &text.logprobs[..]), ("a", &[-0.3][..]));
    assert!(!end.cut_short);
    let body = fake.asked("/v1/completions").pop().unwrap().body;
    assert_eq!(body["skip_special_tokens"], false);
    assert_eq!(body["stop_token_ids"], json!([27, 9]));
    assert!(body.get("stop").is_none(), "it would hold back text");
    let server = engine.server().unwrap();
    assert_eq!(server.context(), Some(32768));
    assert!(server.shows_vocabulary && server.has("<|endoftext|>"));
    assert!(!server.has("<|fim_middle|>"));
}

#[test]
fn vllm_whose_proxy_hides_its_vocabulary_is_asked_without_ids() {
    let fake = vllm(false);
    let engine = engine(options(&fake.url));
    assert!(!engine.server().unwrap().shows_vocabulary);
    let (text, _) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!(text.text, "a", "the marker shows and ends the answer");
}

#[test]
fn other_servers_get_four_stops() {
    let fake = FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "qwen2.5-coder-7b"}]})),
        _ => reply("404 Not Found", ""),
    });
    let engine = engine(options(&fake.url));
    let request = RemoteRequest {
        stops: (0..9).map(|number| format!("<|{number}|>")).collect(),
        ..request("a", "")
    };
    assert_eq!(read(&engine.ask(engine.server().unwrap(), request)), None);
    let body = fake.asked("/v1/completions").pop().unwrap().body;
    assert_eq!(body["stop"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_server_that_closes_each_connection_is_met() {
    let fake = FakeServer::new(|asked| {
        let body = match asked.path.as_str() {
            "/completion" => return lines(&[&piece("x", 7, -0.5), &end("eos")]),
            "/v1/models" => json!({"data": [{"id": "qwen", "owned_by": "llamacpp"}]}),
            "/props" => json!({"default_generation_settings": {"n_ctx": 2048}}),
            _ => json!({"tokens": [7]}),
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        vec![FakeStep::Send(head.into_bytes()), FakeStep::Close]
    });
    let engine = engine(options(&fake.url));
    assert_eq!(
        status(&engine).phase,
        EnginePhase::Ready,
        "{:?}",
        status(&engine).why
    );
    assert_eq!(engine.server().unwrap().context(), Some(2048));
}

#[test]
fn a_context_that_a_refusal_names_is_remembered_and_no_failure() {
    let fake = FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "qwen2.5-coder-7b"}]})),
        // As vLLM and llama-cpp-python write it.
        _ => reply(
            "400 Bad Request",
            r#"{"error": {"message": "This model's maximum context length is 512 tokens. However"}}"#,
        ),
    });
    let engine = engine(options(&fake.url));
    assert_eq!(engine.server().unwrap().context(), None);
    assert_eq!(read(&ask(&engine).unwrap()), None);
    assert_eq!(engine.server().unwrap().context(), Some(512));
    assert_eq!(
        (status(&engine).phase, status(&engine).failed),
        (EnginePhase::Ready, 0)
    );
}

#[test]
fn another_server_gets_no_fields_of_vllm() {
    let fake = FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "qwen2.5-coder-7b"}, {"id": "llama"}]})),
        // LM Studio reports unknown paths with the status of success.
        "/api/version" => ok(&json!({"error": "Unexpected endpoint or method."})),
        _ => vec![
            stream(),
            chunk("data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}]}\n\n"),
            chunk(""),
        ],
    });
    let named = RemoteOptions {
        model: Some("qwen2.5-coder-7b".into()),
        ..options(&fake.url)
    };
    let engine = engine(named);
    let (text, end) = read(&ask(&engine).unwrap()).unwrap();
    assert_eq!((text.text.as_str(), end.cut_short), ("a", true));
    let body = fake.asked("/v1/completions").pop().unwrap().body;
    assert_eq!(body["model"], "qwen2.5-coder-7b");
    assert!(body.get("skip_special_tokens").is_none() && body.get("logprobs").is_none());
}

#[test]
fn a_marker_in_a_text_is_not_sent_as_a_string() {
    let fake = ollama();
    let engine = engine(options(&fake.url));
    let before = fake.asked("/api/generate").len();
    let pending = engine.ask(engine.server().unwrap(), request("# <|fim_middle|>", ""));
    assert_eq!(read(&pending), None);
    assert_eq!(fake.asked("/api/generate").len(), before);
    assert!(status(&engine).why.unwrap().contains("marker"));
    assert!(engine.server().is_some(), "the server is not to blame");
}
