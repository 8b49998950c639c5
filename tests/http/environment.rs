//! What a completion depends on besides its text: the gate, the language, other files, the
//! workspace.

use super::*;

#[tokio::test]
async fn the_gate_is_asked_where_the_client_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let gate_path = folder.path().join("gate.txt");
    std::fs::write(
        &gate_path,
        "bias -1\nshow.quiet 0.9\nshow.balanced 0.5\nshow.eager 0.1\n",
    )
    .unwrap();
    let serve = async |show| {
        Server::with(Box::new(|_, _| Ok("value".into())), |options| {
            options.assistant.settings.model.gate = Some(gate_path.clone());
            options.show = show;
        })
        .await
    };
    let body = json!({"prompt": "x = ", "suffix": "\n"});
    let server = serve(Showing::Always).await;
    for (query, shown) in [
        ("", "value"),
        ("?show=eager", "value"),
        ("?show=balanced", ""),
        ("?show=quiet", ""),
    ] {
        let answer = server
            .post(&format!("/v1/completions{query}"), body.clone())
            .await
            .json();
        assert_eq!(answer["choices"][0]["text"], shown, "{query}");
        assert_eq!(
            answer["nigh"]["withheld"],
            if shown.is_empty() { "uncertain" } else { "" }
        );
    }
    let server = serve(Showing::Balanced).await;
    assert_eq!(
        server.post("/v1/completions", body.clone()).await.json()["choices"][0]["text"],
        ""
    );
    assert_eq!(
        server
            .post("/v1/completions?show=always", body)
            .await
            .json()["choices"][0]["text"],
        "value"
    );
}

#[tokio::test]
async fn blocks_are_completed_where_the_language_is_known() {
    let server = Server::saying("\n    return a\n\n\ndef other():\n").await;
    let with = async |query: &str, extra: Value| {
        let body =
            json!({"input_prefix": "def first(a, b):", "input_suffix": "\n", "input_extra": extra});
        let answer = server.post(&format!("/infill{query}"), body).await.json();
        answer["content"].as_str().unwrap().to_owned()
    };
    let block = "\n    return a";
    assert_eq!(with("?language=python", json!([])).await, block);
    assert_eq!(with("?path=a.py", json!([])).await, block);
    assert_eq!(
        with("", json!([{"filename": "b.py", "text": "x = 1\n"}])).await,
        block
    );
    assert_ne!(with("", json!([])).await, block);
}

#[tokio::test]
async fn other_files_are_copied_from_and_those_with_secrets_are_not() {
    let server = Server::saying("").await;
    let text = "total = compute_everything(first_value, second_value)\n";
    let ask = async |file: &str, text: &str| {
        let extra = json!([{"filename": file, "text": text}]);
        let body = json!({"input_prefix": "total = compute_everything(", "input_suffix": "\n", "input_extra": extra});
        server.post("/infill", body).await.json()["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let copied = "first_value, second_value)";
    assert_eq!(ask("b.py", text).await, copied);
    assert_eq!(ask("", text).await, copied);
    assert_ne!(ask(".env", text).await, copied);
    assert_ne!(
        ask("b.py", &format!("{text}key = 'ghp_{}'\n", "a1".repeat(20))).await,
        copied
    );
    let body = json!({"prompt": "KEY=", "suffix": "", "path": "app/.env"});
    let answer = server.post("/v1/completions", body).await.json();
    assert_eq!(
        (&answer["choices"][0]["text"], &answer["nigh"]["withheld"]),
        (&json!(""), &json!("secret"))
    );
}

#[tokio::test]
async fn the_workspace_is_copied_from_and_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("b.py"), text).unwrap();
    write("total = compute_everything(first_value, second_value)\n");
    let workspace = std::fs::canonicalize(folder.path()).unwrap();
    let server = Server::with(Box::new(|_, _| Ok(String::new())), |options| {
        options.workspace = Some(workspace)
    })
    .await;
    let in_file = async |path: &str| {
        let body = json!({"prompt": "total = compute_everything(", "suffix": "\n", "path": path});
        let answer = server.post("/v1/completions", body).await.json();
        answer["choices"][0]["text"].as_str().unwrap().to_owned()
    };
    let until_copied = async |wanted: &str| {
        let start = Instant::now();
        while in_file("a.py").await != wanted {
            assert!(start.elapsed() < 2 * TIMEOUT, "{wanted} is not seen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    until_copied("first_value, second_value)").await;
    // Its own text is no other file's.
    assert_ne!(in_file("b.py").await, "first_value, second_value)");
    write("total = compute_everything(changed_value)\n");
    until_copied("changed_value)").await;
}
