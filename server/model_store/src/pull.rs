//! Which command fetches a model, and where the model is afterwards.
//!
//! Nothing is run here, and nigh itself opens no connection: a tool that is installed does, after
//! its user has seen the command. To add a tool: a row in [`TOOLS`].

use crate::catalogue::CATALOGUE;
use crate::environment::UserFolders;
use crate::names::{is_gguf, is_type, type_in, weights_in};
use crate::stores::own_folder;
use std::path::PathBuf;

/// Where `curl` fetches from, unless the variable of the Hugging Face tools says otherwise.
const HUGGING_FACE: &str = "https://huggingface.co";
const ENDPOINT: &str = "HF_ENDPOINT";
/// What is said of a name that cannot be pulled.
const FORMS: &str = "write hf:USER/REPO:TYPE, such as hf:ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF:Q8_0, \
                     or ollama:NAME:TAG, such as ollama:qwen2.5-coder:1.5b-base";

/// A command that fetches a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCommand {
    /// The tool.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The model's name once it is here.
    pub name: String,
    /// The file that the tool writes and what to call it when it is whole, where nigh keeps it.
    pub finish: Option<(PathBuf, PathBuf)>,
}

impl PullCommand {
    /// As one would type it.
    pub fn shown(&self) -> String {
        let quoted = |word: &String| match word.contains(|c: char| " *[]'\"?&".contains(c)) {
            true => format!("'{}'", word.replace('\'', "'\\''")),
            false => word.clone(),
        };
        let words: Vec<String> = self.arguments.iter().map(quoted).collect();
        format!("{} {}", self.program, words.join(" "))
    }
}

/// What is to be fetched.
struct Wanted<'a> {
    /// `NAME:TAG` of Ollama, or `USER/REPO`.
    name: &'a str,
    /// A type or a file of a repository.
    file: &'a str,
    folders: &'a UserFolders,
}

/// A tool that fetches models.
struct PullTool {
    program: &'static str,
    /// The prefix of the names that it can fetch.
    prefix: &'static str,
    command: fn(&Wanted) -> Option<PullCommand>,
}

/// The tools, the best first.
const TOOLS: &[PullTool] = &[
    PullTool {
        program: "ollama",
        prefix: "ollama",
        command: |wanted| Some(ollama(wanted.name.to_owned())),
    },
    PullTool {
        program: "hf",
        prefix: "hf",
        command: |wanted| Some(hugging_face("hf", wanted)),
    },
    PullTool {
        program: "huggingface-cli",
        prefix: "hf",
        command: |wanted| Some(hugging_face("huggingface-cli", wanted)),
    },
    PullTool {
        program: "llama",
        prefix: "hf",
        command: llama_cpp,
    },
    PullTool {
        program: "curl",
        prefix: "hf",
        command: curl,
    },
    PullTool {
        program: "ollama",
        prefix: "hf",
        command: |wanted| Some(ollama(format!("hf.co/{}:{}", wanted.name, wanted.file))),
    },
];

/// The command that fetches `wanted`, by the first tool that is installed. The error says what to
/// write or to install, and the line to run.
pub fn command(
    folders: &UserFolders,
    wanted: &str,
    is_installed: impl Fn(&str) -> bool,
) -> Result<PullCommand, String> {
    let (prefix, rest) = wanted.split_once(':').unwrap_or_default();
    let (name, file) = match prefix {
        "ollama" => (rest, ""),
        "hf" => rest.split_once(':').unwrap_or((rest, "")),
        _ => return Err(format!("no tool can fetch `{wanted}`; {FORMS}")),
    };
    if !is_plain(name) || prefix == "hf" && !is_repository(name) {
        return Err(format!("`{wanted}` is not the name of a model; {FORMS}"));
    }
    if prefix == "hf" && !(is_plain(file) && (is_gguf(file) || is_type(file))) {
        return Err(format!(
            "name the file of {name} to fetch by its type or its file name: hf:{name}:Q8_0, \
             hf:{name}:Q4_K_M or hf:{name}:FILE.gguf"
        ));
    }
    let wanted = Wanted {
        name,
        file,
        folders,
    };
    let able = || TOOLS.iter().filter(|tool| tool.prefix == prefix);
    let found = able()
        .filter(|tool| is_installed(tool.program))
        .find_map(|tool| (tool.command)(&wanted));
    found.ok_or_else(|| without_tool(able(), &wanted, &is_installed))
}

/// What is said where no tool can fetch it.
fn without_tool<'a>(
    tools: impl Iterator<Item = &'a PullTool>,
    wanted: &Wanted,
    is_installed: impl Fn(&str) -> bool,
) -> String {
    let commands = tools.filter_map(|tool| (tool.command)(wanted));
    let lines: String = commands
        .map(|command| format!("\n  {}", command.shown()))
        .collect();
    let named = match is_installed("curl") && !wanted.file.is_empty() {
        true => " (curl needs the name of the file instead of its type)",
        false => "",
    };
    format!(
        "no installed tool can fetch it{named}; install a tool, and run one of these \
         commands:{lines}"
    )
}

fn ollama(name: String) -> PullCommand {
    PullCommand {
        program: "ollama",
        name: format!("ollama:{name}"),
        arguments: vec!["pull".into(), name],
        finish: None,
    }
}

/// `hf download`, and the older program of the same arguments.
fn hugging_face(program: &'static str, wanted: &Wanted) -> PullCommand {
    let mut arguments = vec!["download".to_owned(), wanted.name.to_owned()];
    if let Some((stem, count)) = crate::names::shared_by_parts(wanted.file) {
        arguments.extend(["--include".to_owned(), format!("{stem}-*-of-{count}.gguf")]);
    } else if is_gguf(wanted.file) {
        arguments.push(wanted.file.to_owned());
    } else {
        arguments.extend(["--include".to_owned(), pattern(wanted.file)]);
    }
    PullCommand {
        program,
        arguments,
        name: hugging_face_name(wanted),
        finish: None,
    }
}

/// The name in the list of a file of a repository.
fn hugging_face_name(wanted: &Wanted) -> String {
    let label = type_in(wanted.file).unwrap_or_else(|| wanted.file.to_owned());
    format!("hf:{}:{label}", wanted.name)
}

/// Files of a type, in whichever case: `*[Qq]8_0*.gguf`.
fn pattern(kind: &str) -> String {
    let either = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        false => c.to_string(),
    };
    let letters: String = kind.chars().map(either).collect();
    format!("*{letters}*.gguf")
}

fn llama_cpp(wanted: &Wanted) -> Option<PullCommand> {
    (!is_gguf(wanted.file)).then(|| PullCommand {
        program: "llama",
        arguments: vec![
            "download".into(),
            "-hf".into(),
            format!("{}:{}", wanted.name, wanted.file),
        ],
        name: hugging_face_name(wanted),
        finish: None,
    })
}

/// `curl` into nigh's own folder. It needs the name of a file.
fn curl(wanted: &Wanted) -> Option<PullCommand> {
    let pulled = format!("hf:{}:{}", wanted.name, wanted.file);
    let known = CATALOGUE
        .iter()
        .find(|known| known.pull.eq_ignore_ascii_case(&pulled));
    let file = match known {
        Some(known) => known.file,
        None => Some(wanted.file).filter(|file| is_gguf(file))?,
    };
    let endpoint = wanted
        .folders
        .variable(ENDPOINT)
        .and_then(|endpoint| endpoint.to_str());
    let endpoint = endpoint.unwrap_or(HUGGING_FACE).trim_end_matches('/');
    if crate::names::part(file).is_some() {
        return None; // It would fetch one part of several.
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let folder = own_folder(wanted.folders)?;
    let whole = folder.join(name);
    // A file of the same name in another repository is another model.
    let repository = wanted.name.replace('/', ".");
    let part = folder.join(format!("{repository}.{}.part", file.replace('/', ".")));
    Some(PullCommand {
        program: "curl",
        arguments: vec![
            "--fail".into(),
            "--location".into(),
            "--create-dirs".into(),
            "--continue-at".into(),
            "-".into(),
            "--output".into(),
            part.display().to_string(),
            format!("{endpoint}/{}/resolve/main/{file}", wanted.name),
        ],
        name: format!("nigh:{}", crate::names::strip_gguf(name)),
        finish: Some((part, whole)),
    })
}

/// Whether a text is one word of an argument that begins no option and leads out of no folder.
fn is_plain(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(is_fine)
        && !text.contains("..")
}

fn is_repository(name: &str) -> bool {
    let mut parts = name.split('/');
    let mut is_next = || parts.next().is_some_and(|part| !part.is_empty());
    is_next() && is_next() && parts.next().is_none()
}

/// Bytes of a download as far as names say it, and whether they are a guess.
pub fn bytes(wanted: &str) -> Option<(u64, bool)> {
    let known = CATALOGUE
        .iter()
        .find(|known| known.pull.eq_ignore_ascii_case(wanted));
    if let Some(known) = known {
        return Some((known.bytes, false));
    }
    let weights = weights_in(wanted)?;
    let last = wanted.rsplit(':').next().unwrap_or_default();
    let kind = type_in(last).or_else(|| type_in(wanted.split(':').nth(1)?));
    let bits = kind.map_or(4.9, |kind| bits_of(&kind));
    Some(((weights * bits / 8.0) as u64, true))
}

/// About how many bits a weight of a type has, in the mixtures that are published.
fn bits_of(kind: &str) -> f64 {
    let kind = kind
        .trim_start_matches("UD-")
        .trim_start_matches(['I', 'T']);
    match kind {
        "F32" => 32.0,
        "F16" | "BF16" | "FP16" => 16.0,
        _ if kind.starts_with("Q8") => 8.5,
        _ if kind.starts_with("Q6") => 6.6,
        _ if kind.starts_with("Q5") => 5.7,
        _ if kind.starts_with("Q3") => 3.9,
        _ if kind.starts_with("Q2") => 3.2,
        _ => 4.9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;
    use std::path::Path;

    fn with(tools: &[&str], wanted: &str) -> Result<PullCommand, String> {
        let home = Path::new(if cfg!(windows) { "C:\\u" } else { "/u" });
        let folders = UserFolders::at(System::Unix, home);
        command(&folders, wanted, |tool| tools.contains(&tool))
    }

    #[test]
    fn the_first_tool_that_is_installed_fetches() {
        const CODER: &str = "hf:u/coder:Q4_K_M";
        for (tools, wanted, shown, name) in [
            (
                &["ollama"][..],
                "ollama:a:1b",
                "ollama pull a:1b",
                "ollama:a:1b",
            ),
            (
                &["hf", "curl"],
                CODER,
                "hf download u/coder --include '*[Qq]4_[Kk]_[Mm]*.gguf'",
                CODER,
            ),
            (
                &["huggingface-cli"],
                "hf:u/r:a-q8_0.gguf",
                "huggingface-cli download u/r a-q8_0.gguf",
                "hf:u/r:Q8_0",
            ),
            (
                &["llama", "ollama"],
                CODER,
                "llama download -hf u/coder:Q4_K_M",
                CODER,
            ),
            (
                &["ollama", "curl"],
                CODER,
                "ollama pull hf.co/u/coder:Q4_K_M",
                "ollama:hf.co/u/coder:Q4_K_M",
            ),
        ] {
            let command = with(tools, wanted).unwrap();
            assert_eq!(
                (command.shown().as_str(), command.name.as_str()),
                (shown, name)
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn curl_writes_to_nighs_own_folder_and_follows_the_mirror() {
        let command = with(&["curl"], "hf:u/r:a-q8_0.gguf").unwrap();
        let own = Path::new("/u/.local/share/nigh/models");
        let (part, whole) = command.finish.clone().unwrap();
        assert_eq!(
            (part, whole),
            (own.join("u.r.a-q8_0.gguf.part"), own.join("a-q8_0.gguf"))
        );
        let shown = command.shown();
        assert!(
            shown.ends_with("https://huggingface.co/u/r/resolve/main/a-q8_0.gguf"),
            "{shown}"
        );
        assert_eq!(command.name, "nigh:a-q8_0");
        let inner = with(&["curl"], "hf:u/r:sub/a-q8_0.gguf").unwrap();
        assert!(inner.shown().ends_with("/resolve/main/sub/a-q8_0.gguf"));
        assert_eq!(
            inner.finish.unwrap(),
            (
                own.join("u.r.sub.a-q8_0.gguf.part"),
                own.join("a-q8_0.gguf")
            )
        );
        let split = "hf:u/r:big-00001-of-00002.gguf";
        assert!(with(&["curl"], split).is_err(), "one part of two");
        let all = with(&["hf"], split).unwrap().shown();
        assert!(all.ends_with("--include 'big-*-of-00002.gguf'"), "{all}");
        let known = with(&["curl"], "hf:ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF:Q8_0").unwrap();
        assert_eq!(
            known.name, "nigh:qwen2.5-coder-1.5b-q8_0",
            "the file of a known type"
        );
        let mirror = UserFolders::at(System::Unix, Path::new("/u"))
            .with(ENDPOINT, "https://mirror.example/");
        let mirrored = super::command(&mirror, "hf:u/r:a.gguf", |_| true);
        assert!(
            mirrored.is_ok_and(|command| command.program == "ollama" || command.program == "hf")
        );
        let mirrored = super::command(&mirror, "hf:u/r:a.gguf", |tool| tool == "curl").unwrap();
        assert!(
            mirrored
                .shown()
                .contains("https://mirror.example/u/r/resolve")
        );
    }

    #[test]
    fn without_a_tool_the_lines_to_run_are_said() {
        let error = with(&[], "hf:u/r:Q8_0").unwrap_err();
        assert!(
            error.contains("\n  hf download u/r") && error.contains("llama download"),
            "{error}"
        );
        let error = with(&["curl"], "hf:u/r:Q8_0").unwrap_err();
        assert!(error.contains("curl needs the name"), "{error}");
        let error = with(&["hf"], "ollama:a").unwrap_err();
        assert!(error.contains("ollama pull a"), "{error}");
    }

    #[test]
    fn what_names_no_model_is_refused() {
        for wanted in [
            "",
            "a",
            "https://x",
            "hf:",
            "hf:r:Q8_0",
            "hf:u/r/s:Q8_0",
            "hf:u/r",
            "hf:u/r:what",
            "hf:u/r:../a.gguf",
            "hf:--u/r:Q8_0",
            "ollama:",
            "ollama:--help",
            "ollama:a b",
            "hf:/r:Q8_0",
        ] {
            let error = with(&["hf", "ollama", "curl"], wanted).unwrap_err();
            assert!(error.contains("hf:"), "{wanted}: {error}");
        }
    }

    #[test]
    fn sizes_are_known_or_guessed_from_names() {
        let known = bytes("hf:ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF:Q8_0");
        assert_eq!(known, Some((1_646_573_056, false)));
        let (guess, is_guess) = bytes("hf:bartowski/Qwen2.5-Coder-7B-GGUF:Q4_K_M").unwrap();
        assert!(
            is_guess && (4_000_000_000..5_000_000_000).contains(&guess),
            "{guess}"
        );
        let (full, _) = bytes("hf:u/m-2b:F16").unwrap();
        assert_eq!(full, 4_000_000_000);
        assert_eq!(bytes("ollama:codestral"), None);
    }
}
