//! Names of tables and columns in an editor: completed, shown, marked and corrected, in SQL files,
//! in strings of other languages and for data files.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tests::Editor;

const SCHEMA: &str = "\
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL, -- how the user is called
    email TEXT
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    status TEXT CHECK (status IN ('open', 'paid', 'sent')),
    amount NUMERIC NOT NULL
);
";
const SALES: &str = "date,region,price,quantity\n2024-01-02,north,1.5,3\n2024-01-03,south,2.5,4\n";

/// A workspace with a schema and a data file, and an editor that has it open.
struct Workspace {
    folder: TempDir,
    editor: Editor,
}

impl Workspace {
    async fn open(settings: Value) -> Self {
        Self::open_with(settings, "").await
    }

    /// With a model that says this.
    async fn open_with(settings: Value, generated: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
        fs::write(folder.path().join("sales.csv"), SALES).unwrap();
        let mut editor = Editor::start(Box::new(|_, _| Ok(generated.into())));
        let kinds = json!({"codeActionKind": {"valueSet": ["quickfix"]}});
        let document = json!({
            "codeAction": {"codeActionLiteralSupport": kinds, "dataSupport": true},
            "inlineCompletion": {},
            "diagnostic": {},
        });
        let capabilities = json!({
            "textDocument": document,
            "workspace": {"workspaceEdit": {"documentChanges": true}},
        });
        let root = uri_of(folder.path());
        let params = json!({
            "capabilities": capabilities, "initializationOptions": settings, "rootUri": root,
        });
        editor.initialize(params).await;
        Self { folder, editor }
    }

    fn uri(&self, name: &str) -> String {
        format!("{}/{name}", uri_of(self.folder.path()))
    }

    async fn show(&mut self, name: &str, language: &str, text: &str) -> String {
        let uri = self.uri(name);
        self.editor.open(&uri, language, text).await;
        uri
    }

    /// The actions that write queries at a place of the first line.
    async fn query_actions(&mut self, uri: &str, character: usize) -> Value {
        let place = json!({"line": 0, "character": character});
        let params = json!({
            "textDocument": {"uri": uri}, "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "only": ["refactor.rewrite"]},
        });
        let answer = self.editor.request("textDocument/codeAction", params).await;
        answer["result"].clone()
    }

    /// Asks at a place until the schema was read.
    async fn ask(&mut self, method: &str, uri: &str, (line, column): (usize, usize)) -> Value {
        for _ in 0..100 {
            let params = json!({
                "textDocument": {"uri": uri}, "position": {"line": line, "character": column},
            });
            let result = self.editor.request(method, params).await["result"].clone();
            let is_empty = result.is_null() || result["items"] == json!([]);
            if !is_empty {
                return result;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Value::Null
    }

    async fn labels(&mut self, uri: &str, place: (usize, usize)) -> Vec<String> {
        let result = self.ask("textDocument/completion", uri, place).await;
        let items = result["items"].as_array().cloned().unwrap_or_default();
        let label = |item: &Value| item["label"].as_str().unwrap().to_owned();
        items.iter().map(label).collect()
    }

    /// The diagnostics of a document, once there are any.
    async fn marks(&mut self, uri: &str) -> Vec<Value> {
        for _ in 0..20 {
            let found = self.marks_now(uri).await;
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    async fn marks_now(&mut self, uri: &str) -> Vec<Value> {
        let params = json!({"textDocument": {"uri": uri}});
        let answer = self.editor.request("textDocument/diagnostic", params).await;
        let items = answer["result"]["items"].as_array();
        items.cloned().unwrap_or_default()
    }

    /// The text of a document after the first action of a mark was taken.
    async fn corrected(&mut self, uri: &str, text: &str, mark: &Value) -> (String, String) {
        let params = json!({
            "textDocument": {"uri": uri}, "range": mark["range"],
            "context": {"diagnostics": [], "only": ["quickfix"]},
        });
        let answer = self.editor.request("textDocument/codeAction", params).await;
        let action = &answer["result"][0];
        let edit = &action["edit"]["documentChanges"][0]["edits"][0];
        let start = &edit["range"]["start"];
        let end = &edit["range"]["end"];
        let offset = |place: &Value| {
            let line = place["line"].as_u64().unwrap() as usize;
            let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
            before + place["character"].as_u64().unwrap() as usize
        };
        let mut changed = text.to_owned();
        changed.replace_range(
            offset(start)..offset(end),
            edit["newText"].as_str().unwrap(),
        );
        (action["title"].as_str().unwrap().to_owned(), changed)
    }
}

fn uri_of(path: &Path) -> String {
    let path = fs::canonicalize(path).unwrap();
    let path = path.to_string_lossy().replace('\\', "/");
    let path = path.trim_start_matches("//?/");
    format!(
        "file://{}{path}",
        if path.starts_with('/') { "" } else { "/" }
    )
}

#[tokio::test]
async fn tables_and_columns_complete_in_sql() {
    let mut workspace = Workspace::open(json!({})).await;
    let uri = workspace
        .show("a.sql", "sql", "SELECT * FROM \nWHERE 1 = 1;\n")
        .await;
    let tables = workspace.labels(&uri, (0, 14)).await;
    assert!(
        tables.contains(&"users".into()) && tables.contains(&"orders".into()),
        "{tables:?}"
    );
    let uri = workspace
        .show("b.sql", "sql", "SELECT u. FROM users u;\n")
        .await;
    let mut columns = workspace.labels(&uri, (0, 9)).await;
    columns.sort();
    assert_eq!(columns, ["email", "id", "name"]);
    let uri = workspace
        .show("c.sql", "sql", "SELECT * FROM orders o JOIN ")
        .await;
    let joins = workspace.labels(&uri, (0, 28)).await;
    let is_join = |label: &String| label.contains("ON") && label.contains("user_id");
    assert!(joins.iter().any(is_join), "{joins:?}");
}

#[tokio::test]
async fn names_in_strings_of_code_are_known() {
    let mut workspace = Workspace::open(json!({})).await;
    let text = "cursor.execute(\"SELECT o. FROM orders o WHERE o.amount > ?\", (3,))\n";
    let uri = workspace.show("a.py", "python", text).await;
    let columns = workspace.labels(&uri, (0, 25)).await;
    assert!(columns.contains(&"amount".into()), "{columns:?}");
    let wrong = "cursor.execute(\"SELECT amuont FROM orders\")\n";
    let uri = workspace.show("b.py", "python", wrong).await;
    let marks = workspace.marks(&uri).await;
    assert_eq!(marks[0]["code"], "unknown-column");
    let (title, changed) = workspace.corrected(&uri, wrong, &marks[0]).await;
    assert_eq!(changed, wrong.replace("amuont", "amount"));
    assert_eq!(title, "Change to `amount` (checked: schema)");
}

#[tokio::test]
async fn wrong_names_are_marked_and_corrected() {
    let mut workspace = Workspace::open(json!({})).await;
    let text =
        "SELECT nme FROM users;\nSELECT id FROM usres;\n-- nigh: ignore\nSELECT nme FROM users;\n";
    let uri = workspace.show("a.sql", "sql", text).await;
    let marks = workspace.marks(&uri).await;
    let codes: Vec<&str> = marks
        .iter()
        .map(|mark| mark["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["unknown-column", "unknown-table"]);
    let (_, changed) = workspace.corrected(&uri, text, &marks[1]).await;
    assert_eq!(changed, text.replace("FROM usres;", "FROM users;"));
}

#[tokio::test]
async fn a_changed_schema_changes_the_marks() {
    let mut workspace = Workspace::open(json!({})).await;
    let uri = workspace
        .show("a.sql", "sql", "SELECT phone FROM users;\n")
        .await;
    assert_eq!(workspace.marks(&uri).await.len(), 1);
    let schema = workspace.folder.path().join("schema.sql");
    fs::write(
        &schema,
        SCHEMA.replace("email TEXT", "email TEXT, phone TEXT"),
    )
    .unwrap();
    let changed = json!({"changes": [{"uri": workspace.uri("schema.sql"), "type": 2}]});
    workspace
        .editor
        .notify("workspace/didChangeWatchedFiles", changed)
        .await;
    for _ in 0..50 {
        if workspace.marks_now(&uri).await.is_empty() {
            return;
        }
    }
    panic!("the mark stays");
}

#[tokio::test]
async fn a_hover_shows_and_a_definition_leads_to_the_schema() {
    let mut workspace = Workspace::open(json!({})).await;
    let uri = workspace
        .show("a.sql", "sql", "SELECT name FROM users;\n")
        .await;
    let hover = workspace.ask("textDocument/hover", &uri, (0, 8)).await;
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(
        shown.contains("how the user is called") && shown.contains("TEXT"),
        "{shown}"
    );
    let place = workspace.ask("textDocument/definition", &uri, (0, 8)).await;
    assert_eq!(place["uri"], workspace.uri("schema.sql"));
    assert_eq!(place["range"]["start"]["line"], 2);
}

#[tokio::test]
async fn columns_of_a_data_file_complete_and_a_misspelt_one_is_marked() {
    let mut workspace = Workspace::open(json!({})).await;
    let text =
        "import pandas as pd\ndf = pd.read_csv(\"sales.csv\")\nprint(df[\"prcie\"], df[\"\"])\n";
    let uri = workspace.show("a.py", "python", text).await;
    let columns = workspace.labels(&uri, (2, 23)).await;
    assert_eq!(columns, ["date", "region", "price", "quantity"]);
    let marks = workspace.marks(&uri).await;
    assert_eq!(marks[0]["code"], "unknown-file-column");
    let (_, changed) = workspace.corrected(&uri, text, &marks[0]).await;
    assert_eq!(changed, text.replace("prcie", "price"));
    let hover = workspace.ask("textDocument/hover", &uri, (1, 20)).await;
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("| `price` | decimal |"), "{shown}");
}

#[tokio::test]
async fn a_new_column_completes_from_its_name() {
    let mut workspace = Workspace::open(json!({})).await;
    let text = "import pandas as pd\ndf = pd.read_csv(\"sales.csv\")\ndf[\"total_value\"] = \n";
    let uri = workspace.show("a.py", "python", text).await;
    let found = workspace.editor.completion(&uri, 2, 20).await;
    assert_eq!(found.as_deref(), Some("df[\"price\"] * df[\"quantity\"]"));
}

#[tokio::test]
async fn without_a_workspace_the_folder_of_the_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    let editor = Editor::start(Box::new(|_, _| Ok(String::new())));
    let mut workspace = Workspace { folder, editor };
    workspace
        .editor
        .initialize(json!({"capabilities": {}}))
        .await;
    let uri = workspace
        .show("a.sql", "sql", "SELECT u. FROM users u;\n")
        .await;
    let columns = workspace.labels(&uri, (0, 9)).await;
    assert_eq!(columns.len(), 3, "{columns:?}");
}

#[tokio::test]
async fn a_question_is_answered_with_queries() {
    let mut workspace = Workspace::open(json!({"sql": {"dialect": "postgres"}})).await;
    let text = "-- how many users have open orders?\n\n";
    let uri = workspace.show("a.sql", "sql", text).await;
    let action = &workspace.query_actions(&uri, 35).await[0];
    let title = action["title"].as_str().unwrap();
    assert!(title.starts_with("Write the query: "), "{title}");
    let edit = &action["edit"]["documentChanges"][0]["edits"][0];
    let query = edit["newText"].as_str().unwrap();
    assert!(
        query.contains("COUNT(") && query.contains("status = 'open'"),
        "{query}"
    );
}

/// The query that the model writes where this is asked, as the editor gets it; `None` with the
/// message that says why there is none.
async fn written_query(generated: &'static str) -> Result<String, String> {
    let mut workspace = Workspace::open_with(json!({}), generated).await;
    let text = "-- names of frobnicated users\n\n";
    let uri = workspace.show("a.sql", "sql", text).await;
    workspace.marks(&uri).await;
    let actions = workspace.query_actions(&uri, 20).await;
    let actions = actions.as_array().unwrap();
    let by_model = |action: &&Value| action["title"] == "Write the query with the model";
    let command = &actions.iter().find(by_model).unwrap()["command"];
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    let asked = workspace
        .editor
        .ask("workspace/executeCommand", params)
        .await;
    let is_answer = |message: &Value| {
        message["method"] == "workspace/applyEdit" || message["method"] == "window/showMessage"
    };
    let message = workspace.editor.wait_for(is_answer).await;
    if message["method"] == "window/showMessage" {
        workspace.editor.answer(asked).await;
        return Err(message["params"]["message"].as_str().unwrap().to_owned());
    }
    workspace
        .editor
        .respond(&message["id"], json!({"applied": true}))
        .await;
    workspace.editor.answer(asked).await;
    let edit = &message["params"]["edit"]["documentChanges"][0]["edits"][0];
    Ok(edit["newText"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_model_writes_the_query_where_none_is_sure() {
    let written = written_query(" name FROM users WHERE email IS NOT NULL")
        .await
        .unwrap();
    assert!(
        written.contains("SELECT name FROM users WHERE email IS NOT NULL"),
        "{written}"
    );
    let why = written_query(" nick FROM users").await.unwrap_err();
    assert_eq!(
        why,
        "nigh: no query: the model found no query that fits the schema"
    );
}

#[tokio::test]
async fn a_question_that_is_understood_is_answered_as_ghost_text() {
    let mut workspace = Workspace::open(json!({})).await;
    let text = "-- names of all users\n\n";
    let uri = workspace.show("a.sql", "sql", text).await;
    for _ in 0..100 {
        let found = workspace.editor.completion(&uri, 1, 0).await;
        if let Some(found) = found {
            assert!(
                found.contains("SELECT name") && found.contains("FROM users"),
                "{found}"
            );
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no query");
}

#[tokio::test]
async fn nothing_is_read_where_it_is_off() {
    let mut workspace = Workspace::open(json!({"sql": {"enabled": false}})).await;
    let uri = workspace
        .show("a.sql", "sql", "SELECT nme FROM users;\n")
        .await;
    assert_eq!(workspace.marks_now(&uri).await, [Value::Null; 0]);
    let params = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 10}});
    let answer = workspace
        .editor
        .request("textDocument/completion", params)
        .await;
    assert_eq!(answer["result"]["items"], json!([]));
}
