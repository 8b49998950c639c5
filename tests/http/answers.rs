//! What both dialects answer: their shapes, prompts with markers, streams, and where a completion
//! ends.

use super::*;
use context::Segment;

#[tokio::test]
async fn llama_cpp_s_infill_is_answered_through_the_filters() {
    let server = Server::saying("a, b)").await;
    let body = json!({"input_prefix": "import x\n", "input_suffix": ")\ny = 1\n", "prompt": "z = f(", "path": "./src/a.py"});
    let reply = server.post("/infill", body).await;
    let answer = reply.json();
    assert_eq!(
        (reply.status, &answer["content"], &answer["stop"]),
        (200, &json!("a, b"), &json!(true))
    );
    assert_eq!(answer["stop_type"], "eos");
    assert!(
        answer["timings"]["predicted_per_second"].is_number()
            && answer["tokens_evaluated"].is_number()
    );
    assert!(
        answer["nigh"]["confidence"]
            .as_f64()
            .is_some_and(|confidence| confidence > 0.0)
    );
    let prompt = server.prompts.lock().unwrap()[0].clone();
    assert!(
        prompt.starts_with("<|file_sep|>src/a.py\n") && prompt.contains("import x\nz = f"),
        "{prompt}"
    );
}

/// The request of llama.vim 0.1, field for field, and the one it sends to warm up a cache.
#[tokio::test]
async fn llama_vim_gets_the_fields_it_names() {
    let server = Server::saying("value").await;
    let fields = [
        "content",
        "timings/prompt_n",
        "timings/predicted_ms",
        "truncated",
        "tokens_cached",
        "no_such",
    ];
    let mut request = json!({
        "id_slot": 0, "input_prefix": "import os\n", "input_suffix": "\n", "prompt": "y = ", "n_predict": 128, "n_indent": 0,
        "input_extra": [{"text": "import re\n", "time": [1, 2], "filename": "b.py"}], "stop": [], "n_cmpl": 1,
        "top_k": 40, "top_p": 0.90, "stream": false, "samplers": ["top_k", "top_p", "infill"], "cache_prompt": true,
        "t_max_prompt_ms": 500, "t_max_predict_ms": 20000, "response_fields": fields,
    });
    let answer = server.post("/infill", request.clone()).await.json();
    assert_eq!(answer["content"], "value");
    assert!(
        answer["timings/prompt_n"].is_number() && answer["timings/predicted_ms"].is_number(),
        "{answer}"
    );
    assert_eq!(answer.as_object().unwrap().len(), 5);
    request["n_cmpl"] = json!(3);
    assert_eq!(
        server.post("/infill", request).await.json()[0]["content"],
        "value"
    );
    let warm = json!({"id_slot": 0, "input_prefix": "", "input_suffix": "", "prompt": "", "n_predict": 0, "samplers": [],
                      "temperature": 0.0, "t_max_prompt_ms": 1, "t_max_predict_ms": 1, "response_fields": [""]});
    assert_eq!(server.post("/infill", warm).await.json(), json!({}));
    assert_eq!(server.prompts.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn openai_s_completions_have_their_shape() {
    let server = Server::saying("value").await;
    let body = json!({"model": "any", "prompt": ["x = "], "suffix": "\n", "max_tokens": 20, "temperature": 0.2});
    let answer = server.post("/v1/completions", body).await.json();
    let choice = json!({"text": "value", "index": 0, "logprobs": null, "finish_reason": "stop"});
    assert_eq!(
        (&answer["object"], &answer["choices"]),
        (&json!("text_completion"), &json!([choice]))
    );
    assert!(
        answer["id"].as_str().unwrap().starts_with("cmpl-")
            && answer["created"].as_u64().unwrap() > 0
    );
    assert_eq!(answer["model"], "scripted");
    let tokens = |name: &str| answer["usage"][name].as_u64().unwrap();
    assert_eq!(
        tokens("total_tokens"),
        tokens("prompt_tokens") + tokens("completion_tokens")
    );
    let models = server.get("/v1/models").await.json();
    assert_eq!(models["data"][0]["id"], "scripted");
    assert_eq!(server.get("/health").await.json(), json!({"status": "ok"}));
}

/// The body that Zed sends, in each of its prompt formats.
#[tokio::test]
async fn the_prompts_of_zed_mean_the_two_sides_of_the_cursor() {
    let server = Server::saying("value").await;
    let response = server
        .post(
            "/v1/completions",
            json!({"prompt": "x = ", "suffix": "\n# end\n"}),
        )
        .await;
    assert_eq!(response.status, 200);
    for prompt in [
        "<|fim_prefix|>x = <|fim_suffix|>\n# end\n<|fim_middle|>",
        "<fim_prefix>x = <fim_suffix>\n# end\n<fim_middle>",
        "<PRE> x =  <SUF>\n# end\n <MID>",
        "<｜fim▁begin｜>x = <｜fim▁hole｜>\n# end\n<｜fim▁end｜>",
        "[SUFFIX]\n# end\n[PREFIX]x = ",
        "<|code_prefix|>x = <|code_suffix|>\n# end\n<|code_middle|>",
    ] {
        let stop = [
            "<|endoftext|>",
            "<|file_separator|>",
            "<|fim_pad|>",
            "<fim_prefix>",
            "<PRE>",
            "[PREFIX]",
        ];
        let body = json!({"model": "nigh", "prompt": prompt, "max_tokens": 160, "stop": stop});
        let answer = server
            .post("/v1/completions?show=balanced", body)
            .await
            .json();
        assert_eq!(answer["choices"][0]["text"], "value", "{answer}");
        for field in ["id", "object", "model"] {
            assert!(answer[field].is_string(), "{field}");
        }
    }
    let prompts = server.prompts.lock().unwrap();
    assert!(
        prompts.len() == 7 && prompts.iter().all(|prompt| *prompt == prompts[0]),
        "{prompts:?}"
    );
}

#[tokio::test]
async fn a_prompt_laid_out_by_the_client_is_laid_out_again() {
    let server = Server::saying("value").await;
    server
        .post(
            "/v1/completions",
            json!({"prompt": "x = ", "suffix": "\n# end\n", "path": "a.py"}),
        )
        .await;
    for prompt in [
        "<|file_sep|>a.py\n<|fim_prefix|>x = <|fim_suffix|>\n# end\n<|fim_middle|>",
        "<|repo_name|>r\n<|file_sep|>a.py\n<|fim_prefix|><|fim_suffix|>\n# end\n<|fim_middle|>x = ",
    ] {
        for (path, text) in [
            ("/v1/completions", "/choices/0/text"),
            ("/completion", "/content"),
        ] {
            let answer = server.post(path, json!({"prompt": prompt})).await.json();
            assert_eq!(answer.pointer(text).unwrap(), "value", "{answer}");
        }
    }
    let prompts = server.prompts.lock().unwrap();
    assert!(
        prompts.len() == 5 && prompts.iter().all(|prompt| *prompt == prompts[0]),
        "{prompts:?}"
    );
}

#[tokio::test]
async fn markers_in_a_file_stay_text() {
    let script: Script = Box::new(|prompt, _| {
        let in_text = |segment: &Segment| match segment {
            Segment::Text(text) | Segment::Inner(text) => text.contains("<|fim_middle|>"),
            Segment::Marker(_) => false,
        };
        Ok(if prompt.segments.iter().any(in_text) {
            "text"
        } else {
            "marker"
        }
        .into())
    });
    let server = Server::with(script, |_| {}).await;
    let body = json!({"prompt": "# <|fim_prefix|> <|fim_middle|>\nc = ", "suffix": "\n"});
    assert_eq!(
        server.post("/v1/completions", body).await.json()["choices"][0]["text"],
        "text"
    );
    let laid_out = "<|fim_prefix|># <|fim_middle|>\nc = <|fim_suffix|>\n<|fim_middle|>";
    assert_eq!(
        server
            .post("/v1/completions", json!({"prompt": laid_out}))
            .await
            .json()["choices"][0]["text"],
        "text"
    );
}

#[tokio::test]
async fn streams_end_as_their_dialect_ends_them() {
    let server = Server::saying("value").await;
    let read = |events: &[String]| -> Vec<Value> {
        events
            .iter()
            .map(|event| serde_json::from_str(event).unwrap())
            .collect()
    };
    let body = json!({"prompt": "x = ", "suffix": "", "stream": true, "stream_options": {"include_usage": true}});
    let mut events = server.post("/v1/completions", body).await.events();
    assert_eq!(events.pop().unwrap(), "[DONE]");
    let chunks = read(&events);
    assert_eq!(chunks.len(), 3);
    let choice = json!({"text": "value", "index": 0, "logprobs": null, "finish_reason": null});
    assert_eq!(chunks[0]["choices"], json!([choice]));
    assert_eq!(chunks[1]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[2]["choices"], json!([]));
    assert!(chunks[2]["usage"]["total_tokens"].is_number());
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]));
    let body = json!({"input_prefix": "x = ", "input_suffix": "", "stream": true});
    let chunks = read(&server.post("/infill", body).await.events());
    assert_eq!(chunks[0], json!({"content": "value", "stop": false}));
    assert!(
        chunks[1]["stop"] == true && chunks[1]["content"] == "" && chunks[1]["timings"].is_object()
    );
}

#[tokio::test]
async fn a_completion_ends_where_the_client_says() {
    let server = Server::saying("one + two").await;
    let with = async |field: &str, value: Value| {
        let mut body = json!({"input_prefix": "x = ", "input_suffix": "\n"});
        body[field] = value;
        let answer = server.post("/infill", body).await.json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("content"), text("stop_type"), text("stopping_word"))
    };
    let ending = |content: &str, kind: &str, word: &str| {
        (content.to_owned(), kind.to_owned(), word.to_owned())
    };
    assert_eq!(
        with("stop", json!(["two", " +"])).await,
        ending("one", "word", " +")
    );
    assert_eq!(
        with("stop", json!("x")).await,
        ending("one + two", "eos", "")
    );
    assert_eq!(with("n_predict", json!(0)).await, ending("", "limit", ""));
    assert_eq!(
        with("n_predict", json!(-1)).await,
        ending("one + two", "eos", "")
    );
}

/// What clients in JavaScript and Lua send that is not quite JSON, or not quite a whole number.
#[tokio::test]
async fn bodies_are_read_as_they_are_meant() {
    let server = Server::saying("value").await;
    for (path, body) in [
        (
            "/infill",
            r#"{"input_prefix":"\ude00\nx = f(","input_suffix":")\n"}"#,
        ),
        (
            "/infill",
            r#"{"input_prefix":"x = f(","input_suffix":")\n# \ud83d","n_predict":16.0}"#,
        ),
        (
            "/infill",
            r#"{"input_prefix":"x = f(","input_suffix":")","input_extra":[{"filename":"a.py","text":"\ud83d"}]}"#,
        ),
        (
            "/v1/completions",
            r#"{"prompt":"x = f(","suffix":")\n# \ud83d","max_tokens":-1,"n":1.0}"#,
        ),
        (
            "/completion",
            "\u{feff}{\"prompt\":\"x = f(\",\"n_predict\":-1}",
        ),
    ] {
        let headers = "Host: localhost\r\nContent-Type: application/json\r\n";
        let reply = server.send(&format!("POST {path}"), headers, body).await;
        let answer = reply.json();
        let text = if path == "/v1/completions" {
            &answer["choices"][0]["text"]
        } else {
            &answer["content"]
        };
        assert_eq!(
            (reply.status, text.as_str()),
            (200, Some("value")),
            "{body}: {answer}"
        );
    }
    let prompt = server.prompts.lock().unwrap()[0].clone();
    assert!(prompt.contains("\u{fffd}\nx = f"), "{prompt}");
}
