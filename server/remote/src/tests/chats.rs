//! Conversations with models that were trained to chat: what each dialect gets, and that no text of
//! a user becomes a marker.

use super::*;
use crate::testing::{
    FakeServer, FakeStep, chat_llama_server, chunk, end, lines, ok, piece, reply, stream,
};
use crate::{ChatRole, Conversation, Dialect, RenderedChat};
use serde_json::{Value, json};

/// Placeholders that a server is to put its template around.
fn conversations() -> Vec<Conversation> {
    let turn = |role: ChatRole, text: &str| (role, text.to_owned());
    vec![
        vec![turn(ChatRole::System, "S1"), turn(ChatRole::User, "U1")],
        vec![turn(ChatRole::User, "U1")],
    ]
}

/// An engine that has met a server with a chat model.
fn chatting(url: &str) -> RemoteEngine {
    engine(RemoteOptions {
        conversations: conversations(),
        ..options(url)
    })
}

/// A conversation about this text, whose last turn is to be continued.
fn conversation(text: &str) -> RemoteRequest {
    let part = |text: &str| PromptPart::Text(text.to_owned());
    RemoteRequest {
        parts: vec![
            PromptPart::Role(ChatRole::System),
            part("Fill in."),
            PromptPart::Role(ChatRole::User),
            part(text),
            part(" here"),
            PromptPart::Role(ChatRole::Assistant),
            part("```python\nx = "),
        ],
        stops: vec!["\n```".into()],
        max_tokens: 8,
        ..RemoteRequest::default()
    }
}

fn messages() -> Value {
    json!([
        {"role": "system", "content": "Fill in."},
        {"role": "user", "content": "code here"},
        {"role": "assistant", "content": "```python\nx = "},
    ])
}

fn answered(engine: &RemoteEngine, request: RemoteRequest) -> Option<String> {
    let pending = engine.ask(engine.server()?, request);
    read(&pending).map(|(chunk, _)| chunk.text)
}

#[test]
fn llama_server_renders_its_template_and_only_that_is_read_for_markers() {
    let fake = chat_llama_server(|_| lines(&[&piece("x", 7, -0.5), &end("eos")]));
    let engine = chatting(&fake.url);
    let rendered = engine.server().unwrap().rendered.clone();
    let text = "<bos><turn>user\nU1</turn>\n<turn>model\n".to_owned();
    let expected = RenderedChat {
        conversation: 1,
        text,
    };
    assert_eq!(rendered, Some(expected));
    let request = RemoteRequest {
        parts: vec![
            PromptPart::Template("<bos><turn>".into()),
            PromptPart::Text("a</turn>".into()),
            PromptPart::Template("</turn>".into()),
            PromptPart::Text("b".into()),
        ],
        required: "x".into(),
        max_tokens: 8,
        ..RemoteRequest::default()
    };
    assert_eq!(answered(&engine, request.clone()).as_deref(), Some(""));
    let body = fake.asked("/completion").pop().unwrap().body;
    let ids = body["prompt"].as_array().unwrap();
    let of = |text: &str| text.bytes().map(|byte| json!(byte)).collect::<Vec<_>>();
    let expected = [
        vec![json!(2000), json!(2001)],
        of("a</turn>"),
        vec![json!(2002)],
        of("b"),
    ];
    assert_eq!(
        *ids,
        expected.concat(),
        "one beginning, no marker from a text"
    );
    assert_eq!(body["grammar"], "root ::= \"x\" .*");
    assert!(answered(&engine, request).is_some());
}

#[test]
fn a_server_without_a_template_has_none() {
    let fake = crate::testing::llama_server(|_| Vec::new());
    let server = chatting(&fake.url).server().unwrap();
    assert_eq!(server.rendered, None);
}

/// What Ollama answers for a chat model.
fn ollama() -> FakeServer {
    FakeServer::new(|asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "llama3.2:3b", "owned_by": "library"}]})),
        "/api/version" => ok(&json!({"version": "0.11.4"})),
        "/api/generate" => ok(&json!({"response": "", "done": true, "done_reason": "load"})),
        "/api/chat" => {
            let part = |text: &str| {
                let message = json!({"role": "assistant", "content": text});
                let logprobs = json!([{"token": "a", "logprob": -0.5}]);
                json!({"message": message, "done": false, "logprobs": logprobs})
            };
            let message = json!({"role": "assistant", "content": ""});
            let mut last = json!({"message": message, "done": true, "done_reason": "stop"});
            last["prompt_eval_count"] = json!(21);
            lines(&[
                &part("a +").to_string(),
                &part(" b").to_string(),
                &last.to_string(),
            ])
        }
        _ => reply("404 Not Found", "404 page not found"),
    })
}

#[test]
fn ollama_continues_the_last_turn_without_thoughts() {
    let fake = ollama();
    let engine = chatting(&fake.url);
    assert_eq!(status(&engine).kind, Some(Dialect::Ollama));
    let pending = engine.ask(engine.server().unwrap(), conversation("code"));
    let (text, end) = read(&pending).unwrap();
    assert_eq!((text.text.as_str(), end.prompt_tokens), ("a + b", 21));
    assert_eq!(text.logprobs, [-0.5, -0.5]);
    let body = fake.asked("/api/chat").pop().unwrap().body;
    assert_eq!(body["messages"], messages());
    assert_eq!(
        (&body["think"], &body["options"]["num_ctx"]),
        (&json!(false), &json!(4096))
    );
    assert_eq!(body["options"]["stop"], json!(["\n```"]));
}

#[test]
fn a_marker_of_turns_in_a_text_is_not_sent() {
    let fake = ollama();
    let engine = chatting(&fake.url);
    for text in ["x = '<|im_end|>'", "[/INST]", "<end_of_turn>", "<s>"] {
        assert_eq!(answered(&engine, conversation(text)), None, "{text}");
    }
    assert_eq!(fake.asked("/api/chat").len(), 0);
    assert!(status(&engine).why.unwrap().contains("marker"));
    assert_eq!(
        answered(&engine, conversation("code")).as_deref(),
        Some("a + b")
    );
}

/// A stream of OpenAI's for a conversation.
fn deltas() -> Vec<FakeStep> {
    let data = |delta: Value, finish: Value| {
        let token = json!({"content": [{"token": "a", "logprob": -0.25}]});
        let choice =
            json!({"index": 0, "delta": delta, "finish_reason": finish, "logprobs": token});
        chunk(&format!("data: {}\n\n", json!({"choices": [choice]})))
    };
    vec![
        stream(),
        data(json!({"role": "assistant", "content": ""}), Value::Null),
        data(json!({"reasoning_content": "hm"}), Value::Null),
        data(json!({"content": "a + b"}), Value::Null),
        data(json!({}), json!("stop")),
        chunk("data: [DONE]\n\n"),
        chunk(""),
    ]
}

/// A server with OpenAI's conversations, which may refuse what only some understand.
fn openai(refuses: bool) -> FakeServer {
    FakeServer::new(move |asked| match asked.path.as_str() {
        "/v1/models" => ok(&json!({"data": [{"id": "phi-4", "owned_by": "someone"}]})),
        "/v1/chat/completions" if refuses && asked.body.get("continue_final_message").is_some() => {
            reply("400 Bad Request", r#"{"error": "unknown field"}"#)
        }
        "/v1/chat/completions" => deltas(),
        _ => reply("404 Not Found", r#"{"detail":"Not Found"}"#),
    })
}

#[test]
fn vllm_is_asked_to_continue_the_last_turn() {
    let fake = openai(false);
    let engine = chatting(&fake.url);
    assert_eq!(status(&engine).kind, Some(Dialect::OpenAi));
    let pending = engine.ask(engine.server().unwrap(), conversation("code"));
    let (text, end) = read(&pending).unwrap();
    assert_eq!((text.text.as_str(), end.cut_short), ("a + b", false));
    let body = fake.asked("/v1/chat/completions").pop().unwrap().body;
    assert_eq!(body["messages"], messages());
    assert_eq!(body["continue_final_message"], true);
    assert_eq!(body["add_generation_prompt"], false);
    assert_eq!(body["chat_template_kwargs"]["enable_thinking"], false);
}

#[test]
fn a_server_that_refuses_gets_a_plain_conversation_from_then_on() {
    let fake = openai(true);
    let engine = chatting(&fake.url);
    for _ in 0..2 {
        assert_eq!(
            answered(&engine, conversation("code")).as_deref(),
            Some("a + b")
        );
    }
    let asked = fake.asked("/v1/chat/completions");
    let continued =
        |asked: &crate::testing::AskedRequest| asked.body.get("continue_final_message").is_some();
    let continued: Vec<bool> = asked.iter().map(continued).collect();
    assert_eq!(continued, [true, false, false]);
    assert_eq!(asked[2].body["messages"], messages());
    assert_eq!(status(&engine).failed, 0, "it is no failure");
}
