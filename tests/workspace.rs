//! The index of the workspace: what comes into it, when, and what never does.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::Editor;
use workspace::Store;

/// A workspace on disk.
struct Tree {
    folder: TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        files.iter().for_each(|(name, text)| tree.write(name, text));
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
            .trim_end_matches('/')
            .to_owned()
    }

    /// An editor with this workspace and these members in the parameters of `initialize`.
    async fn editor(&self, store: Store, more: Value) -> Editor {
        let mut editor = Editor::start_storing(Box::new(|_, _| Ok("value".into())), store);
        let mut params = json!({"rootUri": self.uri("")});
        more.as_object()
            .unwrap()
            .iter()
            .for_each(|(key, value)| params[key] = value.clone());
        editor.initialize(params).await;
        editor
    }
}

/// Asks for the index again and again until it is as wanted.
async fn until(editor: &mut Editor, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let answer = editor.request("debug/index", json!({"name": name})).await["result"].clone();
        if wanted(&answer) {
            return answer;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the index stays {answer}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn defines(answer: &Value) -> bool {
    !answer["definitions"].as_array().unwrap().is_empty()
}

async fn until_state(editor: &mut Editor, state: &str) -> Value {
    let start = Instant::now();
    loop {
        let index = editor.request("nigh/status", json!({})).await["result"]["index"].clone();
        if index["state"] == state {
            return index;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the state stays {index}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn touched(editor: &mut Editor, uris: &[String]) {
    let changes: Vec<_> = uris
        .iter()
        .map(|uri| json!({"uri": uri, "type": 2}))
        .collect();
    editor
        .notify(
            "workspace/didChangeWatchedFiles",
            json!({"changes": changes}),
        )
        .await;
}

#[tokio::test]
async fn a_definition_in_another_file_is_known_after_initialize() {
    let tree = Tree::new(&[("src/shop.py", "def total(items):\n    return sum(items)\n")]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    let answer = until(&mut editor, "total", defines).await;
    assert_eq!(answer["definitions"][0]["path"], "src/shop.py");
    let index = until_state(&mut editor, "ready").await;
    assert_eq!((&index["files"], &index["lines"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn an_edit_is_known_before_it_is_saved_and_forgotten_when_closed_without() {
    let tree = Tree::new(&[("a.py", "def one():\n    pass\n")]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    until(&mut editor, "one", defines).await;
    let uri = tree.uri("a.py");
    editor.open(&uri, "python", "def one():\n    pass\n").await;
    let start = Instant::now();
    editor.insert(&uri, 1, 2, 0, "def two():\n    pass\n").await;
    until(&mut editor, "two", defines).await;
    assert!(
        start.elapsed() >= Duration::from_millis(300),
        "an edit waits for a pause in typing"
    );
    editor
        .notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        )
        .await;
    until(&mut editor, "two", |answer| !defines(answer)).await;
    until(&mut editor, "one", defines).await;
}

#[tokio::test]
async fn changes_on_disk_are_known_when_the_editor_reports_them() {
    let tree = Tree::new(&[
        ("a.py", "def one(): pass\n"),
        ("b/c.py", "def three(): pass\n"),
    ]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    until(&mut editor, "three", defines).await;
    tree.write("a.py", "def other(): pass\n");
    tree.write("new.py", "def fresh(): pass\n");
    std::fs::remove_dir_all(tree.path("b")).unwrap();
    touched(
        &mut editor,
        &[tree.uri("a.py"), tree.uri("new.py"), tree.uri("b")],
    )
    .await;
    until(&mut editor, "other", defines).await;
    until(&mut editor, "fresh", defines).await;
    let answer = until(&mut editor, "three", |answer| !defines(answer)).await;
    assert_eq!(answer["files"], json!(["a.py", "new.py"]));
    tree.write(".gitignore", "new.py\n");
    touched(&mut editor, &[tree.uri(".gitignore")]).await;
    until(&mut editor, "fresh", |answer| {
        answer["files"] == json!(["a.py"])
    })
    .await;
}

#[tokio::test]
async fn another_branch_is_noticed() {
    let tree = Tree::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("a.py", "def old(): pass\n"),
    ]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    until(&mut editor, "old", defines).await;
    until_state(&mut editor, "ready").await;
    std::fs::remove_file(tree.path("a.py")).unwrap();
    for number in 0..300 {
        tree.write(
            &format!("branch/f{number}.py"),
            &format!("def new{number}(): pass\n"),
        );
    }
    let head = std::fs::File::create(tree.path(".git/HEAD")).unwrap();
    head.set_modified(std::time::SystemTime::now() + Duration::from_secs(5))
        .unwrap();
    // The editor reports one file only; the moved head says that there may be more.
    touched(&mut editor, &[tree.uri("branch/f7.py")]).await;
    until(&mut editor, "new299", defines).await;
    until(&mut editor, "old", |answer| {
        !defines(answer) && answer["files"].as_array().unwrap().len() == 300
    })
    .await;
}

#[tokio::test]
async fn folders_come_and_go() {
    let (first, second) = (
        Tree::new(&[("a.py", "def one(): pass\n")]),
        Tree::new(&[("a.py", "def two(): pass\n")]),
    );
    let mut editor = first.editor(Store::default(), json!({})).await;
    until(&mut editor, "one", defines).await;
    let folder = |tree: &Tree| json!([{"uri": tree.uri(""), "name": "x"}]);
    let event = json!({"event": {"added": folder(&second), "removed": []}});
    editor
        .notify("workspace/didChangeWorkspaceFolders", event)
        .await;
    let answer = until(&mut editor, "two", defines).await;
    assert_eq!(
        until(&mut editor, "one", defines).await["files"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "{answer}"
    );
    let event = json!({"event": {"added": [], "removed": folder(&first)}});
    editor
        .notify("workspace/didChangeWorkspaceFolders", event)
        .await;
    until(&mut editor, "one", |answer| {
        !defines(answer) && answer["files"] == json!(["a.py"])
    })
    .await;
}

#[tokio::test]
async fn the_index_can_be_turned_off_and_on() {
    let tree = Tree::new(&[("a.py", "def one(): pass\n")]);
    let mut editor = tree
        .editor(
            Store::default(),
            json!({"initializationOptions": {"index": {"enabled": false}}}),
        )
        .await;
    assert_eq!(until_state(&mut editor, "off").await["files"], 0);
    let turn = |on: bool| json!({"settings": {"nigh": {"index": {"enabled": on}}}});
    editor
        .notify("workspace/didChangeConfiguration", turn(true))
        .await;
    until(&mut editor, "one", defines).await;
    editor
        .notify("workspace/didChangeConfiguration", turn(false))
        .await;
    until(&mut editor, "one", |answer| !defines(answer)).await;
}

#[tokio::test]
async fn editors_that_can_are_asked_to_tell_of_changed_files() {
    let tree = Tree::new(&[]);
    let watched = json!({"didChangeWatchedFiles": {"dynamicRegistration": true}});
    let capabilities = json!({"textDocument": {"inlineCompletion": {}}, "workspace": watched});
    let mut editor = tree
        .editor(Store::default(), json!({"capabilities": capabilities}))
        .await;
    let asked = editor
        .wait_for(|message| message["method"] == "client/registerCapability")
        .await;
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    assert_eq!(
        registration["registerOptions"]["watchers"][0]["globPattern"],
        "**/*"
    );
    editor.respond(&asked["id"], Value::Null).await;
}

#[tokio::test]
async fn the_index_is_stored_and_serves_again() {
    let (tree, cache) = (
        Tree::new(&[("a.py", "def one(): pass\n")]),
        tempfile::tempdir().unwrap(),
    );
    let store = || Store::at(cache.path().join("index"));
    let mut editor = tree.editor(store(), json!({})).await;
    until(&mut editor, "one", defines).await;
    editor.request("shutdown", Value::Null).await;
    let stored = only_file(&cache.path().join("index"));
    let whole = std::fs::read(&stored).unwrap();
    tree.write("b.py", "def two(): pass\n");
    for damage in [0, whole.len() / 2, whole.len()] {
        std::fs::write(&stored, &whole[..damage]).unwrap();
        let mut editor = tree.editor(store(), json!({})).await;
        until(&mut editor, "one", defines).await;
        until(&mut editor, "two", |answer| {
            answer["files"] == json!(["a.py", "b.py"])
        })
        .await;
    }
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// What must never be seen outside of its own file.
const CANARY: &str = "zq_canary_7731";

#[tokio::test]
async fn secrets_and_ignored_files_are_never_shown() {
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let secret = format!("def shared(): return '{CANARY}'\n");
    let tree = Tree::new(&[
        (".gitignore", "ignored/\n"),
        (".nighignore", "private.py\n"),
        ("ignored/a.py", &secret),
        ("private.py", &secret),
        (".env", &secret),
        ("config/secrets.py", &secret),
        ("deploy.key", &secret),
        ("token.py", &format!("{secret}TOKEN = '{token}'\n")),
        (
            "key.py",
            &format!(
                "{secret}KEY = '''-----BEGIN {} KEY-----'''\n",
                "RSA PRIVATE"
            ),
        ),
        ("ok.py", "def fine(): pass\n"),
    ]);
    let cache = tempfile::tempdir().unwrap();
    let mut editor = tree.editor(Store::at(cache.path()), json!({})).await;
    // Open in the editor, they are not shown to other files either.
    for name in [
        "ignored/a.py",
        "private.py",
        ".env",
        "config/secrets.py",
        "token.py",
        "ok.py",
    ] {
        let text = std::fs::read_to_string(tree.path(name)).unwrap();
        editor.open(&tree.uri(name), "python", &text).await;
        editor
            .insert(
                &tree.uri(name),
                1,
                0,
                0,
                &format!("# {CANARY}\n").repeat(usize::from(name != "ok.py")),
            )
            .await;
    }
    editor
        .open(&tree.uri("new.py"), "python", "x = shared()\nshared(\n")
        .await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    until_state(&mut editor, "ready").await;
    let answer = until(&mut editor, "fine", defines).await;
    assert_eq!(answer["files"], json!(["ok.py"]));
    assert!(!defines(&until(&mut editor, "shared", |_| true).await));
    for (line, column) in [(1, 7), (0, 11)] {
        editor.completion(&tree.uri("new.py"), line, column).await;
        let place = json!({"textDocument": {"uri": tree.uri("new.py")}, "position": {"line": line, "character": column}});
        let prompt = editor.request("debug/prompt", place).await.to_string();
        assert!(
            prompt.contains("shared") && !prompt.contains(CANARY),
            "{prompt}"
        );
    }
    let status = editor.request("nigh/status", json!({})).await.to_string();
    assert!(!status.contains(CANARY), "{status}");
    assert!(
        editor
            .prompts
            .lock()
            .unwrap()
            .iter()
            .all(|prompt| !prompt.contains(CANARY))
    );
    editor.request("shutdown", Value::Null).await;
    let stored = std::fs::read(only_file(cache.path())).unwrap();
    assert!(
        !stored
            .windows(CANARY.len())
            .any(|window| window == CANARY.as_bytes()),
        "the stored index"
    );
}

#[tokio::test]
async fn a_text_that_becomes_secret_is_taken_out() {
    let tree = Tree::new(&[("a.py", "def one(): pass\n")]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    until(&mut editor, "one", defines).await;
    let uri = tree.uri("a.py");
    editor.open(&uri, "python", "def one(): pass\n").await;
    editor
        .insert(&uri, 1, 0, 0, &format!("T = 'ghp_{}'\n", "a1".repeat(20)))
        .await;
    until(&mut editor, "one", |answer| !defines(answer)).await;
}

#[tokio::test]
async fn nothing_is_completed_in_a_file_of_secrets() {
    let tree = Tree::new(&[]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    let uri = tree.uri("config/.env.production");
    editor.open(&uri, "dotenv", "KEY=\n").await;
    assert_eq!(editor.completion(&uri, 0, 4).await, None);
    let status = editor.request("nigh/status", json!({})).await["result"].clone();
    assert_eq!(status["completions"]["last"]["withheld"], "secret");
    assert!(editor.prompts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn imports_lead_to_definitions_of_dependencies() {
    let tree = Tree::new(&[
        (
            "node_modules/shop/package.json",
            r#"{"types": "index.d.ts"}"#,
        ),
        (
            "node_modules/shop/index.d.ts",
            "export declare function total(items: number[]): number;\n",
        ),
        ("a.ts", "export const x = 1;\n"),
    ]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    until_state(&mut editor, "ready").await;
    assert!(!defines(&until(&mut editor, "total", |_| true).await));
    editor
        .open(
            &tree.uri("a.ts"),
            "typescript",
            "import { total } from \"shop\";\n",
        )
        .await;
    let answer = until(&mut editor, "total", defines).await;
    assert_eq!(
        answer["definitions"][0]["path"],
        "dependency:node/shop/index.d.ts"
    );
}

#[tokio::test]
async fn indexing_gives_way_to_a_completion_and_reports_its_progress() {
    let tree = Tree::new(&[("a.py", "x = \n")]);
    let slow = |_: &context::Prompt, _: &assistant::Cancel| {
        std::thread::sleep(Duration::from_millis(1500));
        Ok("value".into())
    };
    let mut editor = Editor::start(Box::new(slow));
    let capabilities =
        json!({"textDocument": {"inlineCompletion": {}}, "window": {"workDoneProgress": true}});
    editor
        .initialize(json!({"rootUri": tree.uri(""), "capabilities": capabilities}))
        .await;
    until_state(&mut editor, "ready").await;
    let uri = tree.uri("a.py");
    editor.open(&uri, "python", "x = \n").await;
    let asked = editor.ask_completion(&uri, 0, 4).await;
    let names: Vec<_> = (0..4).map(|number| format!("f{number}.py")).collect();
    names
        .iter()
        .for_each(|name| tree.write(name, "def later(): pass\n"));
    touched(
        &mut editor,
        &names.iter().map(|name| tree.uri(name)).collect::<Vec<_>>(),
    )
    .await;
    let create = editor
        .wait_for(|message| message["method"] == "window/workDoneProgress/create")
        .await;
    editor.respond(&create["id"], Value::Null).await;
    let is = |kind: &'static str| move |message: &Value| message["params"]["value"]["kind"] == kind;
    let begin = editor.wait_for(is("begin")).await;
    assert_eq!(begin["params"]["value"]["title"], "nigh: indexing");
    let report = editor.wait_for(is("report")).await;
    let message = report["params"]["value"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(message.ends_with("of 4 files"), "{message}");
    editor.wait_for(|message| is("end")(message)).await;
    editor.answer(asked).await;
    until(&mut editor, "later", |answer| {
        answer["files"].as_array().unwrap().len() == 5
    })
    .await;
    // Further reports may have come meanwhile.
    while editor.unread(is("report")) {}
}

#[tokio::test]
async fn dependencies_can_be_left_out() {
    let tree = Tree::new(&[(
        "node_modules/shop/index.d.ts",
        "export declare function total(): number;\n",
    )]);
    let options = json!({"initializationOptions": {"index": {"dependencies": false}}});
    let mut editor = tree.editor(Store::default(), options).await;
    editor
        .open(
            &tree.uri("a.ts"),
            "typescript",
            "import { total } from \"shop\";\n",
        )
        .await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    until_state(&mut editor, "ready").await;
    assert!(!defines(&until(&mut editor, "total", |_| true).await));
}

#[tokio::test]
async fn a_bad_folder_does_not_cost_the_good_ones() {
    let tree = Tree::new(&[("[slug] a/page.py", "def in_route(): pass\n")]);
    let folder = |uri: String| json!({"uri": uri, "name": "f"});
    let folders =
        json!([folder("not a uri".into()), {"uri": 7}, null, folder(tree.uri("[slug] a"))]);
    let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
    editor
        .initialize(json!({"rootUri": "x y", "workspaceFolders": folders}))
        .await;
    until(&mut editor, "in_route", defines).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_one_file_however_it_is_reached() {
    let tree = Tree::new(&[
        ("real/a.py", "def saved(): pass\n"),
        ("real/b.py", "x = 1\n"),
    ]);
    std::os::unix::fs::symlink(tree.path("real"), tree.path("link")).unwrap();
    for (root, other) in [("link", "real"), ("real", "link")] {
        let mut editor = Editor::start(Box::new(|_, _| Ok("value".into())));
        editor.initialize(json!({"rootUri": tree.uri(root)})).await;
        until(&mut editor, "saved", defines).await;
        let spellings = [
            tree.uri(&format!("{other}/a.py")),
            tree.uri(&format!("{root}/x/../a.py")),
            tree.uri(&format!("{root}/a.py"))
                .replace("file://", "file:"),
            tree.uri(&format!("{root}/a.py")).replace("file", "FILE"),
        ];
        for (number, uri) in spellings.iter().enumerate() {
            let name = format!("typed_{number}");
            editor
                .open(uri, "python", &format!("def {name}(): pass\n"))
                .await;
            let known = until(&mut editor, &name, defines).await;
            assert_eq!(known["files"], json!(["a.py", "b.py"]), "{uri}");
            editor
                .notify(
                    "textDocument/didClose",
                    json!({"textDocument": {"uri": uri}}),
                )
                .await;
            until(&mut editor, "saved", defines).await;
        }
    }
}

fn git(tree: &Tree, arguments: &[&str]) {
    let mut git = std::process::Command::new("git");
    git.args(["-c", "user.email=a@b.c", "-c", "user.name=x"])
        .args(arguments)
        .current_dir(tree.folder.path());
    assert!(git.output().unwrap().status.success(), "{arguments:?}");
}

#[tokio::test]
async fn what_git_tracks_is_known_and_what_assistants_shall_not_see_is_not() {
    let define = |name: &str| format!("def {name}(): pass\n");
    let tree = Tree::new(&[
        (".gitignore", "*\n!.gitignore\n"),
        ("main.py", &define("main")),
        ("untracked.py", &define("untracked")),
        (".github/scripts/release.py", &define("release")),
        (".hidden.py", &define("hidden")),
    ]);
    for rules in [
        ".aiignore",
        ".cursorignore",
        ".codeiumignore",
        ".copilotignore",
        ".aiexclude",
    ] {
        let folder = format!("of{rules}");
        tree.write(rules, &format!("{folder}/\n"));
        tree.write(&format!("{folder}/plans.py"), &define("plans"));
    }
    git(&tree, &["init", "-q"]);
    git(
        &tree,
        &[
            "add",
            "-f",
            "main.py",
            ".github",
            "of.aiignore",
            "of.cursorignore",
            "of.codeiumignore",
        ],
    );
    git(&tree, &["add", "-f", "of.copilotignore", "of.aiexclude"]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    let known = until(&mut editor, "main", defines).await;
    assert_eq!(
        known["files"],
        json!([".github/scripts/release.py", "main.py"])
    );
    // A single file is judged as it is in a walk.
    tree.write("main.py", &define("changed"));
    touched(
        &mut editor,
        &[
            tree.uri("main.py"),
            tree.uri("untracked.py"),
            tree.uri("of.aiexclude/plans.py"),
        ],
    )
    .await;
    let known = until(&mut editor, "changed", defines).await;
    assert_eq!(
        known["files"],
        json!([".github/scripts/release.py", "main.py"])
    );
}

#[tokio::test]
async fn the_excludes_of_the_repository_itself_count() {
    let tree = Tree::new(&[
        ("rules", "private/\n/top.py\n"),
        ("private/a.py", "def a(): pass\n"),
        ("top.py", "def top(): pass\n"),
        ("src/top.py", "def main(): pass\n"),
    ]);
    git(&tree, &["init", "-q"]);
    git(&tree, &["config", "core.excludesFile", "rules"]);
    let mut editor = tree.editor(Store::default(), json!({})).await;
    let known = until(&mut editor, "main", defines).await;
    assert_eq!(known["files"], json!(["src/top.py"]));
}
