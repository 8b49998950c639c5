//! What each tool answers, and what it refuses.

use super::{Agent, BUG, project, put, text};
use mcp::AllowedActions;
use serde_json::{Value, json};

const SCHEMA: &str = "\
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE sales (
    id INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    amount NUMERIC NOT NULL
);
";

fn paths(path: &str) -> Value {
    json!({ "paths": [path] })
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_the_disk_at_the_moment() {
    let folder = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(folder.path()).await;
    let found = agent.call("diagnose", paths("a.py")).await;
    let bug = &found["bugs"][0];
    assert_eq!(bug["text"], "    for at in range(len(prices) + 1):");
    assert_eq!((&bug["path"], &bug["line"]), (&json!("a.py"), &json!(3)));
    assert!(bug["fix"].as_str().unwrap().contains("checked"), "{bug}");
    let before = found["files"]["a.py"].clone();
    put(folder.path(), "a.py", &BUG.replace(" + 1", ""));
    let found = agent.call("diagnose", paths("a.py")).await;
    assert_eq!(found["bugs"], json!([]));
    assert_eq!(found["complete"], true);
    let summary = found["summary"].as_str().unwrap();
    assert!(summary.starts_with("No bug found"), "{summary}");
    assert_ne!(found["files"]["a.py"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_called_fine_that_was_not_looked_at() {
    let folder = project(&[("a.txt", "x\n"), ("src/b.py", "x = 1\n")]);
    let token = format!("k = 'ghp_{}'\n", "a1".repeat(20));
    put(folder.path(), "src/c.py", &token);
    let mut agent = Agent::of(folder.path()).await;
    let found = agent.call("diagnose", paths("a.txt")).await;
    assert_eq!(found["complete"], false);
    let found = agent.result("diagnose", paths("src")).await;
    let content = &found["structuredContent"];
    assert_eq!(content["complete"], false, "{content}");
    let summary = content["summary"].as_str().unwrap();
    assert!(
        summary.contains("so far") && text(&found).contains("NOT COMPLETE"),
        "{found}"
    );
    assert!(!found.to_string().contains("ghp_"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_be_read_are_refused_by_their_names() {
    let folder = project(&[
        (".gitignore", "made/\n"),
        ("made/a.py", BUG),
        ("src/main.py", BUG),
        ("credentials.py", BUG),
    ]);
    put(
        folder.path(),
        "key.py",
        &format!("k = 'ghp_{}'\n", "a1".repeat(20)),
    );
    let mut agent = Agent::of(folder.path()).await;
    for (path, why) in [
        ("/etc/passwd", "outside the workspace"),
        ("../other.py", "outside the workspace"),
        ("..", "outside the workspace"),
        ("made/a.py", "ignore"),
        ("made", "holds no file"),
        ("credentials.py", "suggests that it holds secrets"),
        ("key.py", "holds a secret"),
        ("src/mian.py", "near it are src/main.py"),
    ] {
        for tool in ["diagnose", "fix"] {
            let error = agent.refused(tool, paths(path)).await;
            assert!(
                error.contains(why) && error.contains(path),
                "{path}: {error}"
            );
        }
        let error = agent.refused("report", json!({ "path": path })).await;
        assert!(error.contains(path), "{error}");
    }
    for (arguments, why) in [
        (json!({}), "`paths` is missing"),
        (json!({"paths": 3}), "list of paths"),
        (json!({"path": ["a"]}), "no argument `path`"),
        (json!({"paths": ["a"], "budget": 3}), "200"),
    ] {
        let error = agent.refused("diagnose", arguments).await;
        assert!(error.contains(why), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_is_a_diff_and_is_written_only_where_that_is_allowed() {
    let folder = project(&[("src/a.py", BUG), ("src/b.py", "x = 1\n")]);
    let read = || std::fs::read_to_string(folder.path().join("src/a.py")).unwrap();
    let mut agent = Agent::of(folder.path()).await;
    let fixed = agent.call("fix", paths("src")).await;
    let diff = fixed["diffs"][0]["diff"].as_str().unwrap();
    assert!(
        diff.starts_with("--- a/src/a.py\n+++ b/src/a.py\n"),
        "{diff}"
    );
    assert!(
        diff.contains("\n+    for at in range(len(prices)):\n"),
        "{diff}"
    );
    for (more, why) in [
        (json!({"apply": true}), "--allow-apply"),
        (json!({"level": 4}), "--allow-checks"),
        (json!({"level": 5}), "--allow-checks"),
        (json!({"level": 6}), "from 1 to 5"),
        (json!({"level": 3}), "no model in this test"),
    ] {
        let mut arguments = paths("src/a.py");
        let more = more.as_object().unwrap().clone();
        arguments.as_object_mut().unwrap().extend(more);
        let error = agent.refused("fix", arguments).await;
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(read(), BUG);
    let allowed = AllowedActions {
        apply: true,
        ..AllowedActions::default()
    };
    let mut agent = Agent::allowed(folder.path(), allowed).await;
    let arguments = json!({"paths": ["src/a.py"], "apply": true});
    let fixed = agent.call("fix", arguments.clone()).await;
    assert_eq!(read(), BUG.replace(" + 1", ""));
    let after = agent.call("diagnose", paths("src/a.py")).await;
    assert_eq!(fixed["files"], after["files"], "the new state is given");
    let again = agent.call("fix", arguments).await;
    assert_eq!(again["diffs"], json!([]));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn checkers_and_tests_decide_where_they_are_allowed() {
    let folder = project(&[("a.py", BUG)]);
    let allowed = AllowedActions {
        checks: true,
        test: Some("false".into()),
        apply: false,
    };
    let mut agent = Agent::allowed(folder.path(), allowed).await;
    let result = agent
        .result("fix", json!({"paths": ["a.py"], "level": 5}))
        .await;
    if result["isError"] == true {
        let why = text(&result);
        assert!(why.contains("Landlock") || why.contains("sandbox"), "{why}");
        return tests::skip("programs cannot be confined here");
    }
    let content = &result["structuredContent"];
    assert_eq!(content["diffs"], json!([]), "{content}");
    let dropped = &content["dropped"][0];
    assert!(
        dropped["why"].as_str().unwrap().contains("test"),
        "{content}"
    );
    assert_eq!(dropped["line"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_come_with_their_lines() {
    let folder = project(&[
        (
            "src/a.py",
            "class Parser:\n    def parse(self, text):\n        return text\n",
        ),
        ("src/b.py", "def parse(text):\n    return text\n"),
    ]);
    let mut agent = Agent::of(folder.path()).await;
    let found = agent.call("where", json!({"symbol": "parse"})).await;
    assert_eq!(found["definitions"].as_array().unwrap().len(), 2, "{found}");
    let found = agent.call("where", json!({"symbol": "Parser.parse"})).await;
    let definitions = found["definitions"].as_array().unwrap();
    assert_eq!(definitions.len(), 1, "{found}");
    assert_eq!(definitions[0]["line"], 2);
    assert_eq!(definitions[0]["text"], "    def parse(self, text):");
    put(
        folder.path(),
        "src/a.py",
        "# moved\n\nclass Parser:\n    def parse(self): pass\n",
    );
    let found = agent.call("where", json!({"symbol": "Parser.parse"})).await;
    assert_eq!(found["definitions"][0]["line"], 4, "{found}");
    let none = agent
        .call("where", json!({"symbol": "nowhere_at_all"}))
        .await;
    assert!(
        none["summary"].as_str().unwrap().contains("not defined"),
        "{none}"
    );
    let error = agent.refused("where", json!({"symbol": "?!"})).await;
    assert!(error.contains("must be a name"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_with_a_level_or_refused() {
    let folder = project(&[("README.md", "# Tests\n\nRun `make test` to test.\n")]);
    let mut agent = Agent::of(folder.path()).await;
    let question = json!({"question": "how do I run the tests?"});
    let answer = agent.call("retrieve", question).await;
    let level = answer["level"].as_str().unwrap();
    assert!(
        ["exact", "answer", "related", "notFound"].contains(&level),
        "{answer}"
    );
    for quote in answer["quotes"].as_array().unwrap() {
        let line = quote["line"].as_u64().unwrap() as usize;
        let first = quote["text"].as_str().unwrap().lines().next().unwrap();
        let file = std::fs::read_to_string(folder.path().join("README.md")).unwrap();
        assert_eq!(file.lines().nth(line - 1), Some(first), "{quote}");
    }
    let error = agent.refused("retrieve", json!({"question": "  ?"})).await;
    assert!(error.contains("no word"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_is_made_and_checked_and_never_run() {
    let folder = project(&[
        ("schema.sql", SCHEMA),
        ("good.py", "db.execute(\"SELECT amount FROM sales\")\n"),
        ("bad.py", "x = 1\ndb.execute(\"SELECT amont FROM sales\")\n"),
    ]);
    let mut agent = Agent::of(folder.path()).await;
    let question = json!({"question": "the 3 sales with the largest amount", "dialect": "tsql"});
    let answer = agent.call("sql", question).await;
    let sql = answer["queries"][0]["sql"].as_str().unwrap();
    assert!(sql.contains("TOP (3)"), "{answer}");
    assert!(answer["files"]["schema.sql"].is_string(), "{answer}");
    let found = agent
        .call("sql", json!({"check": ["bad.py", "good.py"]}))
        .await;
    let problems = found["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{found}");
    assert_eq!(
        (&problems[0]["path"], &problems[0]["line"]),
        (&json!("bad.py"), &json!(2))
    );
    let refused = agent
        .call("sql", json!({"question": "delete all sales"}))
        .await;
    assert_eq!(refused["queries"], json!([]));
    for (arguments, why) in [
        (json!({}), "either `question` or `check`"),
        (
            json!({"question": "x", "dialect": "cobol"}),
            "`dialect` must be one of",
        ),
    ] {
        let error = agent.refused("sql", arguments).await;
        assert!(error.contains(why), "{error}");
    }
    let empty = project(&[("a.py", BUG)]);
    let mut agent = Agent::of(empty.path()).await;
    let error = agent
        .refused("sql", json!({"question": "how many sales"}))
        .await;
    assert!(error.contains("no table is described"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_short_and_counts_all_rows() {
    let mut rows = String::from("date,region,amount\n");
    for month in 0..36 {
        for region in ["north", "south"] {
            let amount = if region == "north" && month >= 24 {
                50
            } else {
                100
            };
            let (year, month) = (2021 + month / 12, month % 12 + 1);
            rows += &format!("{year}-{month:02}-11,{region},{}\n", amount + month % 3);
        }
    }
    let folder = project(&[("sales.csv", &rows)]);
    let mut agent = Agent::of(folder.path()).await;
    let arguments = json!({"path": "sales.csv", "question": "why did amount fall"});
    let result = agent.result("report", arguments).await;
    let content = &result["structuredContent"];
    let summary = content["summary"].as_str().unwrap();
    assert!(
        summary.contains("72 rows") && text(&result).contains("north"),
        "{result}"
    );
    assert!(!text(&result).contains("SELECT") && !text(&result).contains(".svg"));
    assert!(content["files"]["sales.csv"].is_string());
    let error = agent.refused("report", json!({"path": "sale.csv"})).await;
    assert!(error.contains("near it are sales.csv"), "{error}");
}
