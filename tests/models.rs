//! `nigh model` as its users see it: the stores of other programs in a temporary home folder, a
//! model that is listed, chosen, used, gone again, fetched and deleted.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The model for tests.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/tiny.gguf");
const OLLAMA: &str = "ollama:qwen2.5-coder:1.5b-base";
const CHAT: &str = "ollama:llama3:latest";
const UNABLE: &str = "ollama:base:latest";
const HUGGING_FACE: &str = "hf:Qwen/Coder-GGUF:Q8_0";

/// A user with models of several programs.
struct User(tempfile::TempDir);

impl User {
    /// With the test's model in Ollama's store and in the cache of the Hugging Face tools, a model
    /// that only has the markers of conversations, and one without any.
    fn new() -> User {
        let user = User(tempfile::tempdir().unwrap());
        let tiny = fs::read(TINY).unwrap();
        user.pulled("qwen2.5-coder/1.5b-base", 'a', &tiny);
        let mut chat = tiny.clone();
        for at in 0..chat.len() - 4 {
            if &chat[at..at + 4] == b"fim_" {
                chat[at + 2] = b'n';
            }
        }
        user.pulled("llama3/latest", 'b', &chat);
        for at in 0..chat.len() - 4 {
            if &chat[at..at + 4] == b"|im_" {
                chat[at + 2] = b'n';
            }
        }
        user.pulled("base/latest", 'e', &chat);
        user.write(
            "cache/huggingface/hub/models--Qwen--Coder-GGUF/snapshots/1a/coder-q8_0.gguf",
            &tiny,
        );
        user
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A model in Ollama's store.
    fn pulled(&self, name: &str, letter: char, bytes: &[u8]) {
        let hex = letter.to_string().repeat(64);
        let layer = json!({
            "mediaType": "application/vnd.ollama.image.model",
            "digest": format!("sha256:{hex}"),
            "size": bytes.len(),
        });
        let manifest = json!({"schemaVersion": 2, "layers": [layer]}).to_string();
        let path = format!(".ollama/models/manifests/registry.ollama.ai/library/{name}");
        self.write(&path, manifest.as_bytes());
        self.write(&format!(".ollama/models/blobs/sha256-{hex}"), bytes);
    }

    /// The program with this user's folders, and only `tools` besides.
    fn nigh(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.args(arguments);
        self.run(&mut command)
    }

    /// Runs a command with this user's folders.
    fn run(&self, command: &mut Command) -> Output {
        let caches = self.path("cache");
        self.run_with_caches(command, &caches)
    }

    /// The same with another folder for caches.
    fn run_with_caches(&self, command: &mut Command, caches: &Path) -> Output {
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("USERPROFILE", self.0.path())
            .env("APPDATA", self.path("roaming"))
            .env("LOCALAPPDATA", self.path("local"))
            .env("PATH", self.path("tools"))
            .env("XDG_CACHE_HOME", caches)
            .stdin(std::process::Stdio::null());
        command.output().unwrap()
    }

    /// What a command prints; it must succeed.
    fn output(&self, arguments: &[&str]) -> String {
        let output = self.nigh(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command complains of; it must fail.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.nigh(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The models of the list, and all of it.
    fn list(&self) -> (Vec<Value>, Value) {
        let list: Value = serde_json::from_str(&self.output(&["model", "list", "--json"])).unwrap();
        (list["models"].as_array().unwrap().clone(), list)
    }
}

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join(format!("nigh{}", std::env::consts::EXE_SUFFIX));
    let missing = "build it first (`cargo build --package nigh`)";
    assert!(
        program.is_file(),
        "{} is missing: {missing}",
        program.display()
    );
    program
}

fn named<'a>(models: &'a [Value], name: &str) -> &'a Value {
    models
        .iter()
        .find(|model| model["name"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn models_of_all_programs_are_listed_with_what_they_can_do() {
    let user = User::new();
    let blobs = user.path(".ollama/models/blobs");
    user.pulled("gone/latest", 'c', b"");
    fs::remove_file(blobs.join(format!("sha256-{}", "c".repeat(64)))).unwrap();
    user.pulled("broken/latest", 'd', b"GGUF and then nothing of use");
    let (models, list) = user.list();
    assert_eq!(list["chosen"], "embedded");
    assert_eq!(named(&models, CHAT)["markers"], "ChatML");
    for name in ["embedded", OLLAMA, HUGGING_FACE, CHAT] {
        let model = named(&models, name);
        assert_eq!(model["usable"], true, "{model}");
        assert_eq!(model["reason"], Value::Null);
        assert!(model["markers"].is_string() && model["memoryBytes"].as_u64() > Some(100_000));
        assert!(model["licence"].is_string(), "{model}");
    }
    for (name, reason) in [
        (UNABLE, "no completion: this model has neither"),
        ("ollama:gone:latest", "ollama pull gone:latest"),
        ("ollama:broken:latest", "GGUF version"),
    ] {
        let model = named(&models, name);
        assert_eq!(model["usable"], false, "{model}");
        assert!(
            model["reason"].as_str().unwrap().contains(reason),
            "{model}"
        );
    }
    let text = user.output(&["model", "list"]);
    assert!(
        text.contains("* embedded") && text.contains(OLLAMA),
        "{text}"
    );
    assert!(text.contains("      no completion: "), "{text}");
    let newcomer = User(tempfile::tempdir().unwrap());
    assert!(
        newcomer
            .output(&["model", "list"])
            .contains("No other model was found")
    );
}

#[test]
fn a_chosen_model_completes_until_the_embedded_one_is_chosen() {
    let user = User::new();
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.py:1:1");
    let output = user.output(&["model", "use", "qwen2.5-coder:1.5b-base"]);
    assert!(
        output.contains(OLLAMA) && output.contains("all editors"),
        "{output}"
    );
    assert_eq!(user.list().1["chosen"], OLLAMA);
    let output = user.nigh(&["prompt", place]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && error.contains(&format!("using {OLLAMA}")),
        "{error}"
    );
    let doctor = user.nigh(&["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("model: tiny"));
    // What is named comes first.
    let named = user.nigh(&["doctor", "--model", "embedded"]);
    assert!(!String::from_utf8_lossy(&named.stdout).contains("model: tiny"));
    let named = user.nigh(&["doctor", "--model", HUGGING_FACE]);
    assert!(String::from_utf8_lossy(&named.stdout).contains("model: tiny"));
    assert!(
        user.output(&["model", "use", "embedded"])
            .contains("embedded")
    );
    assert_eq!(user.list().1["chosen"], "embedded");
    let output = user.nigh(&["prompt", place]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("using"));
}

#[test]
fn what_cannot_be_used_is_not_chosen() {
    let user = User::new();
    user.output(&["model", "use", OLLAMA]);
    for (name, why) in [
        (UNABLE, "no completion: this model has neither"),
        ("ollama:phi:3", "nigh model pull ollama:phi:3"),
        ("/nowhere/x.gguf", "no file or folder"),
    ] {
        let error = user.refused(&["model", "use", name]);
        assert!(error.contains(why), "{error}");
        assert!(error.contains(name), "{error}");
        assert_eq!(user.list().1["chosen"], OLLAMA);
        let error = user.refused(&["complete", "--model", name, "x.py:1:1"]);
        assert!(!error.is_empty());
    }
}

#[test]
fn a_chosen_model_that_is_gone_is_said_and_editors_go_on() {
    let user = User::new();
    user.output(&["model", "use", OLLAMA]);
    fs::remove_dir_all(user.path(".ollama")).unwrap();
    let text = user.output(&["model", "list"]);
    assert!(
        text.contains("the embedded model answers") && text.contains("* embedded"),
        "{text}"
    );
    let error = user.refused(&["doctor"]);
    assert!(error.is_empty(), "the doctor prints it: {error}");
    let output = user.nigh(&["serve"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!log.contains("panicked"), "{log}");
    let error = user.refused(&["bench", "--rounds", "1"]);
    assert!(error.contains("the choice of `nigh model use`"), "{error}");
    assert!(error.contains("`nigh model use NAME` chooses"), "{error}");
    assert_eq!(error.matches(&format!("`{OLLAMA}`")).count(), 1, "{error}");
    let file = user.write("mine.gguf", &fs::read(TINY).unwrap());
    let file = file.to_str().unwrap();
    user.output(&["model", "use", file]);
    fs::remove_file(file).unwrap();
    let chosen = user.refused(&["bench", "--rounds", "1"]);
    assert!(
        chosen.contains("the choice of `nigh model use`"),
        "{chosen}"
    );
    let named = user.refused(&["bench", "--rounds", "1", "--model", file]);
    assert!(
        named.contains("the setting model.path names it: name another"),
        "{named}"
    );
    for error in [chosen, named] {
        let gone = format!("there is no file or folder {file}. ");
        assert!(error.contains(&gone), "{error}");
        assert_eq!(error.matches(file).count(), 1, "{error}");
    }
    assert!(user.output(&["model", "rm"]).contains("forgotten"));
    assert!(
        user.output(&["model", "rm"])
            .contains("no model was chosen")
    );
}

#[test]
fn information_is_a_page_about_one_model() {
    let user = User::new();
    let page = user.output(&["model", "info", HUGGING_FACE]);
    assert!(
        page.contains("It completes code") && page.contains("architecture  llama"),
        "{page}"
    );
    assert!(
        user.output(&["model", "info", "embedded"])
            .contains("inside the program")
    );
    assert!(
        user.output(&["model", "info", CHAT])
            .contains("It is a chat model: it fills in through the turns of ChatML.")
    );
    assert!(
        user.refused(&["model", "info", UNABLE])
            .contains("no completion")
    );
    assert!(
        user.refused(&["model", "info", "nonsense"])
            .contains("or model `nonsense`")
    );
}

#[test]
fn files_are_deleted_only_after_an_answer_and_never_ollamas() {
    let user = User::new();
    let error = user.refused(&["model", "rm", OLLAMA, "--yes"]);
    assert!(
        error.contains("ollama rm qwen2.5-coder:1.5b-base"),
        "{error}"
    );
    let error = user.refused(&["model", "rm", HUGGING_FACE]);
    assert!(error.contains("--yes"), "{error}");
    user.output(&["model", "use", HUGGING_FACE]);
    let output = user.output(&["model", "rm", HUGGING_FACE, "--yes"]);
    assert!(
        output.contains("is deleted, and the choice is forgotten"),
        "{output}"
    );
    let (models, list) = user.list();
    assert_eq!(list["chosen"], "embedded");
    assert!(models.iter().all(|model| model["name"] != HUGGING_FACE));
    named(&models, OLLAMA);
}

#[test]
fn without_a_tool_the_command_to_run_is_printed() {
    let user = User::new();
    let error = user.refused(&["model", "pull", "hf:u/r:Q8_0", "--yes"]);
    assert!(error.contains("hf download u/r"), "{error}");
    assert!(
        user.refused(&["model", "pull", "x"])
            .contains("hf:USER/REPO:TYPE")
    );
}

/// A tool that does what `script` says.
#[cfg(unix)]
fn tool(user: &User, name: &str, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let script = format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n");
    let path = user.write(&format!("tools/{name}"), script.as_bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_tool_fetches_and_the_model_is_there() {
    let user = User::new();
    let place = "$HOME/cache/huggingface/hub/models--u--r/snapshots/1";
    let fetch =
        format!("echo \"$@\" > $HOME/called; mkdir -p {place}; cp {TINY} {place}/r-q8_0.gguf");
    tool(&user, "hf", &fetch);
    let error = user.refused(&["model", "pull", "hf:u/r:Q8_0"]);
    assert!(
        error.contains("--yes") && error.contains("hf download u/r"),
        "{error}"
    );
    assert!(
        !user.path("called").exists(),
        "it was run without an answer"
    );
    let output = user.output(&["model", "pull", "hf:u/r:Q8_0", "--yes"]);
    assert!(output.contains("nigh model use hf:u/r:Q8_0"), "{output}");
    let called = fs::read_to_string(user.path("called")).unwrap();
    assert_eq!(called.trim(), "download u/r --include *[Qq]8_0*.gguf");
}

#[cfg(unix)]
#[test]
fn a_tool_that_fails_or_fetches_nothing_of_use_is_said() {
    let user = User::new();
    for (script, why) in [
        ("exit 3", "hf failed"),
        ("true", "or model `hf:u/r:Q8_0`"),
        (
            "d=$HOME/cache/huggingface/hub/models--u--r/snapshots/1; mkdir -p $d; echo '<html>' > $d/r-q8_0.gguf",
            "it is a web page",
        ),
    ] {
        tool(&user, "hf", script);
        let error = user.refused(&["model", "pull", "hf:u/r:Q8_0", "--yes"]);
        assert!(error.contains(why), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn curl_keeps_the_file_in_nighs_own_folder() {
    let user = User::new();
    // Writes to the argument after --output.
    tool(
        &user,
        "curl",
        &format!(
            "while [ \"$1\" != --output ]; do shift; done\nmkdir -p \"${{2%/*}}\"\ncp {TINY} \"$2\""
        ),
    );
    let output = user.output(&["model", "pull", "hf:u/r:r-q8_0.gguf", "--yes"]);
    assert!(output.contains("nigh model use nigh:r-q8_0"), "{output}");
    assert_eq!(named(&user.list().0, "nigh:r-q8_0")["usable"], true);
    user.output(&["model", "use", "r-q8_0"]);
    assert!(
        user.output(&["model", "rm", "nigh:r-q8_0", "--yes"])
            .contains("is deleted")
    );
    let error = user.refused(&["model", "pull", "hf:u/r:Q8_0", "--yes"]);
    assert!(error.contains("curl needs the name"), "{error}");
}

#[test]
fn a_recommendation_is_made_from_what_is_measured() {
    let user = User::new();
    let text = user.output(&["model", "recommend", "--threads", "1"]);
    assert!(
        text.contains(" GB/s from memory") && text.contains("embedded: "),
        "{text}"
    );
    let json = user.output(&["model", "recommend", "--threads", "1", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let models = json["models"].as_array().unwrap();
    let rate = |name: &str| named(models, name)["tokensPerSecond"].as_f64().unwrap();
    assert!(rate("embedded") > rate("Qwen2.5-Coder 7B, Q8_0") * 20.0);
    assert!(Path::new(TINY).exists() && rate(OLLAMA) > rate("embedded"));
}

#[test]
fn an_adapter_is_named_or_comes_with_its_model() {
    let user = User::new();
    let source = user.write("a.py", b"def add(a, b):\n    return \n");
    let place = format!("{}:2:12", source.display());
    let complete = |more: &[&str]| user.refused(&[&["complete", &place], more].concat());
    let modelless = complete(&["--adapter", "a.gguf"]);
    assert!(
        modelless.contains("an adapter needs the model that it was made for"),
        "{modelless}"
    );
    let gone = complete(&["--model", OLLAMA, "--adapter", "gone.gguf"]);
    assert!(
        gone.contains(OLLAMA) && gone.contains("there is no file or folder gone.gguf"),
        "{gone}"
    );
    // What Ollama calls an adapter here is a whole model.
    let blob = "b".repeat(64);
    let at = ".ollama/models/manifests/registry.ollama.ai/library/qwen2.5-coder/1.5b-base";
    let manifest: Value = serde_json::from_slice(&fs::read(user.path(at)).unwrap()).unwrap();
    let mut layers = manifest["layers"].as_array().unwrap().clone();
    let kind = "application/vnd.ollama.image.adapter";
    layers.push(json!({"mediaType": kind, "digest": format!("sha256:{blob}"), "size": 1}));
    user.write(at, json!({"layers": layers}).to_string().as_bytes());
    let wrong = complete(&["--model", OLLAMA]);
    assert!(
        wrong.contains(&blob) && wrong.contains("is not a LoRA adapter"),
        "{wrong}"
    );
    // What comes with it is a part of the check, wherever a model is checked.
    let reason = named(&user.list().0, OLLAMA)["reason"].clone();
    let not_one = "is not a LoRA adapter";
    assert!(reason.as_str().unwrap().contains(not_one), "{reason}");
    for check in [
        &["model", "use", OLLAMA][..],
        &["model", "info", OLLAMA],
        &["check-model", OLLAMA],
        &["check-model", TINY, "--adapter", TINY],
    ] {
        let error = user.refused(check);
        assert!(error.contains(not_one), "{check:?}: {error}");
    }
    let recommended = user.output(&["model", "recommend", "--threads", "1"]);
    assert!(!recommended.contains(OLLAMA), "{recommended}");
}

/// A repository of the Hugging Face cache whose newest revision has the model, and an older one
/// another model; both are links.
#[cfg(unix)]
fn linked_model(user: &User) -> (PathBuf, &'static str) {
    let repository = user.path("cache/huggingface/hub/models--u--r");
    let tiny = fs::read(TINY).unwrap();
    for (revision, file, blob) in [("new", "a-q8_0.gguf", "abc"), ("old", "b-q4_0.gguf", "def")] {
        let blob = user.write(
            &format!("cache/huggingface/hub/models--u--r/blobs/{blob}"),
            &tiny,
        );
        let snapshot = repository.join("snapshots").join(revision);
        fs::create_dir_all(&snapshot).unwrap();
        std::os::unix::fs::symlink(blob, snapshot.join(file)).unwrap();
    }
    user.write("cache/huggingface/hub/models--u--r/refs/main", b"new");
    (repository, "hf:u/r:Q8_0")
}

#[cfg(unix)]
#[test]
fn a_linked_model_is_deleted_with_its_folder_and_its_real_size_is_shown() {
    let user = User::new();
    let (repository, name) = linked_model(&user);
    let output = user.nigh(&["model", "rm", name, "--yes"]);
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("a-q8_0.gguf (a link)"), "{shown}");
    let freed = fs::metadata(TINY).unwrap().len().div_ceil(1000);
    let freed = format!("is deleted; this freed {freed} kB");
    assert!(output.contains(&freed), "{output}");
    let left = |path: &str| repository.join(path).exists();
    assert!(!left("snapshots/new") && !left("refs/main") && !left("blobs/abc"));
    assert!(left("snapshots/old/b-q4_0.gguf") && left("blobs/def"));
    // Another revision has the same file, so that stays.
    let link = repository.join("snapshots/old/c-q5_0.gguf");
    std::os::unix::fs::symlink(repository.join("blobs/def"), link).unwrap();
    let output = user.nigh(&["model", "rm", "hf:u/r:Q4_0", "--yes"]);
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("The file itself stays"), "{shown}");
    assert!(left("snapshots/old/c-q5_0.gguf") && left("blobs/def"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_for_the_packed_copy_is_reported() {
    let user = User::new();
    let doctor = |caches: &Path| {
        let mut command = Command::new(program());
        let output = user.run_with_caches(command.args(["doctor", "--threads", "1"]), caches);
        String::from_utf8(output.stdout).unwrap()
    };
    // Nothing is free there.
    let text = doctor(Path::new("/proc"));
    assert!(text.contains("missing packed models: "), "{text}");
    assert!(text.contains("free some, or set XDG_CACHE_HOME"), "{text}");
    let text = doctor(&user.path("cache"));
    assert!(text.contains("ok      packed models: "), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn measurements_are_shown_one_by_one_at_a_terminal_only() {
    let user = User::new();
    let bench = ["bench", "--rounds", "1", "--threads", "1", "--model", TINY];
    let quiet = user.nigh(&bench);
    assert!(quiet.status.success());
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    // A program that runs others at a terminal of their own.
    let script = Path::new("/usr/bin/script");
    if !script.exists() {
        return tests::skip("there is no /usr/bin/script");
    }
    let mut command = Command::new(script);
    let line = format!("{} {} > /dev/null", program().display(), bench.join(" "));
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let output = user.run(command.env("SHELL", "/bin/sh"));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "threads: 1, round 1 of 1",
        "  load: ",
        "  prompt of 32 tokens: ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
