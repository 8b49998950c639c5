//! Both generations of the protocol, on one pipe. `mcp_client.py` asks the same by PyPI's client.

use super::{Agent, BUG, NEW, project, text};
use mcp::AllowedActions;
use serde_json::{Value, json};

const TOOLS: [&str; 6] = ["diagnose", "fix", "retrieve", "where", "sql", "report"];
/// How many bytes a token is taken for.
const BYTES_OF_TOKEN: usize = 4;

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_generations_are_answered_on_one_pipe() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    let old = agent.request("tools/list", json!({})).await;
    assert_eq!(names(&old), TOOLS);
    assert!(old["result"].get("resultType").is_none(), "{old}");
    agent.revision = NEW;
    let found = agent.request("server/discover", json!({})).await;
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(
        versions.contains(&json!(NEW)) && versions.len() > 3,
        "{found}"
    );
    let new = agent.request("tools/list", json!({})).await;
    assert_eq!(new["result"]["resultType"], "complete", "{new}");
    assert_eq!(new["result"]["tools"], old["result"]["tools"]);
    let found = agent.call("diagnose", json!({"paths": ["a.py"]})).await;
    assert_eq!(found["bugs"][0]["line"], 3, "{found}");
    agent.hang_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_need_not_discover_and_stray_messages_end_nothing() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::silent(folder.path(), AllowedActions::default());
    for stray in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}}),
        json!({"jsonrpc": "2.0", "method": "$/unknown", "params": [1]}),
        json!({"jsonrpc": "2.0", "id": 77, "result": {}}),
    ] {
        agent.send(&stray).await;
    }
    agent.revision = NEW;
    let found = agent.call("diagnose", json!({"paths": ["."]})).await;
    assert_eq!(found["bugs"].as_array().unwrap().len(), 1, "{found}");
    agent.hang_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_tools_has_at_most_1500_tokens() {
    let folder = project(&[]);
    let mut agent = Agent::of(folder.path()).await;
    for revision in [super::OLD, NEW] {
        agent.revision = revision;
        let list = agent.request("tools/list", json!({})).await;
        let tokens = list.to_string().len() / BYTES_OF_TOKEN;
        assert!(tokens <= 1_500, "{tokens} tokens");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_answered_have_the_codes_of_the_protocol() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    for (method, params, code) in [
        ("no/such", json!({}), -32601),
        ("prompts/list", json!({}), -32601),
        ("tools/call", json!({"name": "none"}), -32602),
        ("tools/call", json!({"arguments": {}}), -32602),
        (
            "resources/read",
            json!({"uri": "file:///etc/passwd"}),
            -32002,
        ),
    ] {
        let answer = agent.request(method, params).await;
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
    agent.request("ping", json!({})).await;
    let listed = agent.request("resources/list", json!({})).await;
    let uri = &listed["result"]["resources"][0]["uri"];
    let status = agent.request("resources/read", json!({ "uri": uri })).await;
    let contents = status["result"]["contents"][0]["text"].as_str().unwrap();
    let status: Value = serde_json::from_str(contents).unwrap();
    assert_eq!(status["allowed"]["apply"], false);
    let root = std::fs::canonicalize(folder.path()).unwrap();
    assert_eq!(status["workspace"], json!(root));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_structure_say_the_same_within_the_budget() {
    let many: Vec<(String, &str)> = (0..60).map(|n| (format!("src/{n}.py"), BUG)).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(name, text)| (&**name, *text)).collect();
    let folder = project(&files);
    let mut agent = Agent::of(folder.path()).await;
    for budget in [300, 1_500, 20_000] {
        for tool in ["diagnose", "fix"] {
            let arguments = json!({"paths": ["src"], "budget": budget});
            let result = agent.result(tool, arguments).await;
            let content = &result["structuredContent"];
            let list = if tool == "fix" { "diffs" } else { "bugs" };
            let shown = content[list].as_array().unwrap();
            let all = shown.len() as u64 + content["leftOut"].as_u64().unwrap();
            assert_eq!(all, 60, "{tool} {budget}: {content}");
            for place in shown {
                let path = place["path"].as_str().unwrap();
                assert!(text(&result).contains(path), "{path}");
                assert!(content["files"][path].is_string(), "{path}");
            }
            for bytes in [content.to_string().len(), text(&result).len()] {
                assert!(bytes <= budget * BYTES_OF_TOKEN, "{tool} {budget}: {bytes}");
            }
        }
    }
}
