//! Who may not ask, and how bad requests are answered.

use super::*;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

#[tokio::test]
async fn other_machines_names_and_pages_are_refused() {
    let page = "https://editor.example".to_owned();
    let server = Server::with(Box::new(|_, _| Ok("value".into())), |options| {
        options.access = Access::new(options.address, false, vec![page.clone()], None).unwrap();
    })
    .await;
    let post = async |headers: &str| {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        server
            .send("POST /v1/completions", &headers, r#"{"prompt":"x = "}"#)
            .await
    };
    assert_eq!(
        post("Host: evil.example\r\n").await.refused(),
        (403, "host_not_allowed".into())
    );
    assert_eq!(post("").await.refused(), (403, "host_not_allowed".into()));
    let evil = post("Host: localhost\r\nOrigin: https://evil.example\r\n").await;
    assert_eq!(evil.refused(), (403, "origin_not_allowed".into()));
    assert!(!evil.head.contains("access-control"), "{}", evil.head);
    let line = "GET http://evil.example/health";
    assert_eq!(
        server.send(line, "Host: localhost\r\n", "").await.refused(),
        (403, "host_not_allowed".into())
    );
    let good = post(&format!("Host: localhost\r\nOrigin: {page}\r\n")).await;
    assert!(
        good.status == 200
            && good
                .head
                .contains(&format!("access-control-allow-origin: {page}")),
        "{}",
        good.head
    );
    let headers =
        format!("Host: localhost\r\nOrigin: {page}\r\nAccess-Control-Request-Method: POST\r\n");
    let asked = server.send("OPTIONS /v1/completions", &headers, "").await;
    assert!(
        asked.status == 204
            && asked
                .head
                .contains("access-control-allow-headers: authorization, content-type")
    );
    assert_eq!(server.prompts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_asked_for_where_there_is_one() {
    let server = Server::with(Box::new(|_, _| Ok("value".into())), |options| {
        options.access = Access::new(
            options.address,
            false,
            Vec::new(),
            Some("0123456789abcdef".into()),
        )
        .unwrap();
    })
    .await;
    let refused = server
        .post("/v1/completions", json!({"prompt": "x = "}))
        .await;
    assert_eq!(refused.refused(), (401, "invalid_api_key".into()));
    assert!(
        refused.head.contains("www-authenticate: bearer"),
        "{}",
        refused.head
    );
    assert_eq!(server.get("/v1/models").await.status, 401);
    server.until_healthy().await;
    let headers = "Host: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(server.send("GET /v1/models", headers, "").await.status, 200);
}

#[tokio::test]
async fn bad_requests_are_answered_with_what_to_do() {
    let server = Server::saying("value").await;
    let json = "Host: localhost\r\nContent-Type: application/json; charset=utf-8\r\n";
    let coded = |name: &str| format!("{json}Content-Encoding: {name}\r\n");
    let (gzip, brotli) = (coded("gzip"), coded("br"));
    let (gzip, brotli) = (gzip.as_str(), brotli.as_str());
    let endless =
        r#"{"input_prefix":"","input_suffix":"","t_max_prompt_ms":1,"t_max_predict_ms":1e300}"#;
    for (line, headers, body, status, code) in [
        ("POST /v1/completions", json, "{", 400, "invalid_json"),
        ("POST /v1/completions", json, "\u{0}", 400, "invalid_json"),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":"x","max_tokens":"many"}"#,
            400,
            "invalid_json",
        ),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":"x","max_tokens":1.5}"#,
            400,
            "invalid_json",
        ),
        ("POST /v1/completions", json, "{}", 400, "invalid_value"),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":["a","b"]}"#,
            400,
            "invalid_value",
        ),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":[1,2]}"#,
            400,
            "invalid_value",
        ),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":"x","n":2}"#,
            400,
            "invalid_value",
        ),
        (
            "POST /v1/completions",
            json,
            r#"{"prompt":"x","echo":true}"#,
            400,
            "invalid_value",
        ),
        (
            "POST /v1/completions?shwo=quiet",
            json,
            r#"{"prompt":"x"}"#,
            400,
            "invalid_query",
        ),
        (
            "POST /infill",
            json,
            r#"{"input_prefix":"x"}"#,
            400,
            "invalid_value",
        ),
        ("POST /infill", json, endless, 400, "invalid_value"),
        ("POST /completion", json, "{}", 400, "invalid_value"),
        ("POST /infill", "Host: localhost\r\n", "{}", 415, "not_json"),
        ("POST /infill", brotli, "{}", 415, "encoded_body"),
        ("POST /infill", gzip, "{}", 400, "broken_body"),
        ("GET /v1/completions", json, "", 405, "wrong_method"),
        ("DELETE /health", json, "", 405, "wrong_method"),
        (
            "POST /v1/chat/completions",
            json,
            "{}",
            404,
            "unknown_endpoint",
        ),
        ("GET /../../etc/passwd", json, "", 404, "unknown_endpoint"),
    ] {
        let reply = server.send(line, headers, body).await;
        assert_eq!(reply.refused(), (status, code.to_owned()), "{line} {body}");
    }
    let large = format!(r#"{{"prompt":"{}"}}"#, "x".repeat(5 << 20));
    let head = format!(
        "POST /infill HTTP/1.1\r\n{json}Connection: close\r\nContent-Length: {}\r\n\r\n",
        large.len()
    );
    assert_eq!(
        server.raw(head.as_bytes()).await.refused(),
        (413, "too_large".into())
    );
    for bytes in [
        &b"\r\n\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut answer))
            .await
            .expect("no end");
    }
    assert!(server.prompts.lock().unwrap().is_empty());
    // Nothing of this ends the server.
    server.until_healthy().await;
}

#[tokio::test]
async fn a_compressed_body_is_read_and_may_not_grow_without_end() {
    let server = Server::saying("value").await;
    let head = "POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close";
    let send = async |coding: &str, body: &[u8]| {
        let head = format!(
            "{head}\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        server.raw(&[head.as_bytes(), body].concat()).await
    };
    let asked = br#"{"input_prefix": "x = ", "input_suffix": ""}"#;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(asked).unwrap();
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(asked).unwrap();
    for (coding, body) in [
        ("gzip", gzip.finish().unwrap()),
        ("Deflate", deflate.finish().unwrap()),
    ] {
        assert_eq!(send(coding, &body).await.json()["content"], "value");
        assert_eq!(
            send(coding, &body[..body.len() / 2]).await.refused(),
            (400, "broken_body".into())
        );
    }
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 64 << 20]).unwrap();
    assert_eq!(
        send("gzip", &bomb.finish().unwrap()).await.refused(),
        (413, "too_large".into())
    );
}

#[tokio::test]
async fn too_many_open_requests_are_asked_to_come_back() {
    let may = Arc::new(AtomicBool::new(false));
    let server = Server::with(patient(Arc::clone(&may), Arc::default()), |_| {}).await;
    let mut open = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let stream = server.ask(json!({"prompt": "x = "})).await;
        open.spawn(rest(stream));
    }
    for _ in 0..8 {
        let refused = open.join_next().await.unwrap().unwrap();
        let (head, body) = refused.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 503")
                && head.contains("retry-after: 1")
                && body.contains("busy"),
            "{refused}"
        );
    }
    may.store(true, Ordering::SeqCst);
    while let Some(answer) = open.join_next().await {
        assert!(answer.unwrap().contains("value"));
    }
}
