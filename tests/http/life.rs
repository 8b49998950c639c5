//! Requests that are given up, models that fail, and the ends of a server.

use super::*;

#[tokio::test]
async fn what_comes_too_late_is_answered_empty() {
    let given_up = Arc::new(AtomicUsize::new(0));
    let server = Server::with(patient(Arc::default(), Arc::clone(&given_up)), |_| {}).await;
    let body = json!({"input_prefix": "x = ", "input_suffix": "", "t_max_prompt_ms": 200, "t_max_predict_ms": 300});
    let answer = server.post("/infill", body).await.json();
    assert_eq!(
        (&answer["content"], &answer["nigh"]["withheld"]),
        (&json!(""), &json!("limit"))
    );
    until("the model goes on", || given_up.load(Ordering::SeqCst) > 0).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_stops_the_model() {
    let given_up = Arc::new(AtomicUsize::new(0));
    let server = Server::with(patient(Arc::default(), Arc::clone(&given_up)), |_| {}).await;
    let stream = server.ask(json!({"prompt": "x = "})).await;
    server.until_prompted(1).await;
    drop(stream);
    until("the model goes on", || given_up.load(Ordering::SeqCst) > 0).await;
}

#[tokio::test]
async fn a_newer_request_for_a_file_replaces_the_older() {
    let may = Arc::new(AtomicBool::new(false));
    let server = Server::with(patient(Arc::clone(&may), Arc::default()), |_| {}).await;
    let older = server.ask(json!({"prompt": "x = ", "path": "a.py"})).await;
    server.until_prompted(1).await;
    let newer = server.ask(json!({"prompt": "xy = ", "path": "a.py"})).await;
    let older = rest(older).await;
    assert!(
        older.starts_with("HTTP/1.1 409") && older.contains("superseded"),
        "{older}"
    );
    server.until_prompted(2).await;
    // Without a path, requests do not replace each other.
    let others = [
        server.ask(json!({"prompt": "x = "})).await,
        server.ask(json!({"prompt": "x = "})).await,
    ];
    may.store(true, Ordering::SeqCst);
    assert!(rest(newer).await.contains("value"));
    for other in others {
        assert!(rest(other).await.contains("value"));
    }
}

#[tokio::test]
async fn a_failing_model_is_an_error_and_not_the_end() {
    let server = Server::with(Box::new(|_, _| Err(GenerateError::NoFillIn)), |_| {}).await;
    let reply = server
        .post("/v1/completions", json!({"prompt": "x = "}))
        .await;
    assert_eq!(reply.refused(), (500, "no_completion".into()));
    assert!(reply.body.contains("fill-in-the-middle"), "{}", reply.body);
    let server = Server::with(Box::new(|_, _| panic!("a script that fails")), |_| {}).await;
    let reply = server
        .post("/v1/completions", json!({"prompt": "x = "}))
        .await;
    assert_eq!(reply.refused(), (500, "no_completion".into()));
    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn stopping_lets_open_requests_end() {
    let may = Arc::new(AtomicBool::new(false));
    let mut server = Server::with(patient(Arc::clone(&may), Arc::default()), |_| {}).await;
    let open = server.ask(json!({"prompt": "x = "})).await;
    server.until_prompted(1).await;
    server.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    may.store(true, Ordering::SeqCst);
    assert!(rest(open).await.contains("value"));
    tokio::time::timeout(TIMEOUT, server.served)
        .await
        .expect("the server does not end")
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_server_without_a_model_ends_and_says_why() {
    let (mut options, _) = options(Box::new(|_, _| Ok(String::new())));
    options.assistant.model = Box::new(|_| Box::new(|| Err("x.gguf is broken".into())));
    let served = bind(options).await.unwrap().serve(std::future::pending());
    let error = tokio::time::timeout(TIMEOUT, served)
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        error.to_string().contains("x.gguf is broken") && error.to_string().contains("nigh doctor"),
        "{error}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_reported() {
    let server = Server::saying("").await;
    let (mut options, _) = options(Box::new(|_, _| Ok(String::new())));
    options.address = server.address;
    let error = bind(options).await.err().unwrap();
    assert!(
        matches!(error, BindError::AddressInUse(_)) && error.to_string().contains("another port"),
        "{error}"
    );
}
