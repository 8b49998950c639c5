//! Finds the model that a user means by a name or a path.
//!
//! A name is one of [`crate::list`], with or without its store's prefix. What follows the last
//! colon, a tag or a type, may be left out where it is clear.

use crate::environment::UserFolders;
use crate::list::list_of;
use crate::listing::{FoundModel, StoreListing};
use crate::names::{is_gguf, printable, strip_gguf};
use crate::stores::STORES;
use std::path::PathBuf;

/// The name of the model inside the program.
pub const EMBEDDED: &str = "embedded";
/// What is meant where a name leaves its tag or type out: as Ollama and llama.cpp have it.
const USUAL: &[&str] = &["latest", "Q4_K_M"];
/// The most names that a message lists.
const MAX_LISTED: usize = 8;
/// Names that are this much alike may be meant: 1 is the same name.
const LIKE: f64 = 0.7;
/// The most names that are proposed.
const MAX_NEAR: usize = 3;

/// A model that a name or a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedModel {
    /// Its whole name, or its absolute path: what to keep to find it again.
    pub name: String,
    /// Its file or folder; none for the embedded model.
    pub path: Option<PathBuf>,
    /// The LoRA adapter that its program applies to it.
    pub adapter: Option<PathBuf>,
}

impl LocatedModel {
    /// The same, unless it is a path of nothing: the error says so.
    pub fn existing(self) -> Result<Self, String> {
        match &self.path {
            Some(path) if matches!(path.try_exists(), Ok(false)) => {
                Err(format!("there is no file or folder {}", path.display()))
            }
            _ => Ok(self),
        }
    }
}

/// The model that `wanted` means. A path need not exist. The error says what to do instead.
pub fn find(folders: &UserFolders, wanted: &str) -> Result<LocatedModel, String> {
    if wanted.eq_ignore_ascii_case(EMBEDDED) {
        return Ok(LocatedModel {
            name: EMBEDDED.into(),
            path: None,
            adapter: None,
        });
    }
    if let Some(advice) = advice_on_address(wanted) {
        return Err(advice);
    }
    let prefix = prefix_of(wanted);
    let path = as_path(folders, wanted).filter(|_| prefix.is_none());
    if let Some(path) = path {
        return Ok(LocatedModel {
            name: path.display().to_string(),
            path: Some(path),
            adapter: None,
        });
    }
    let listing = list_of(folders, |store| prefix.is_none_or(|wanted| wanted == store));
    let model = matching(&listing.models, wanted, prefix.is_some())
        .map_err(|ambiguous| ambiguous.unwrap_or_else(|| unknown(wanted, prefix, &listing)))?;
    match &model.path {
        Ok(path) => Ok(LocatedModel {
            name: model.name.clone(),
            path: Some(path.clone()),
            adapter: model.adapter.clone(),
        }),
        Err(why) => Err(format!("{}: {why}", model.name)),
    }
}

/// What to do instead of naming an address: the page of a model, or a server.
fn advice_on_address(wanted: &str) -> Option<String> {
    let address = wanted
        .strip_prefix("https://")
        .or_else(|| wanted.strip_prefix("http://"))?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = match (host.trim_start_matches("www."), &parts[..]) {
        ("huggingface.co" | "hf.co", [user, repository, ..]) => format!("hf:{user}/{repository}"),
        ("ollama.com", ["library", model, ..]) => format!("ollama:{model}"),
        ("ollama.com", [user, model, ..]) => format!("ollama:{user}/{model}"),
        _ => {
            return Some(format!(
                "{wanted} is the address of a server, not a model on this machine; to use the \
                 server, name it with `--engine {wanted}`, or in an editor with the setting \
                 engine.url"
            ));
        }
    };
    Some(format!(
        "{wanted} is the web page of a model; fetch the model with `nigh model pull {name}`, or \
         name it `{name}` if it is on this machine already"
    ))
}

/// The prefix of a store that a name begins with.
fn prefix_of(wanted: &str) -> Option<&'static str> {
    let (prefix, _) = wanted.split_once(':')?;
    let store = STORES
        .iter()
        .find(|store| store.prefix.eq_ignore_ascii_case(prefix));
    store.map(|store| store.prefix)
}

/// The path that this is: it exists, or is spelt as no name of a model is.
fn as_path(folders: &UserFolders, wanted: &str) -> Option<PathBuf> {
    let home = wanted
        .strip_prefix("~/")
        .and_then(|rest| folders.in_home(rest));
    let is_spelt_so = home.is_some()
        || wanted.starts_with(['/', '\\', '.'])
        || wanted.contains('\\')
        || is_gguf(wanted);
    let path = home.unwrap_or_else(|| wanted.into());
    (is_spelt_so || path.exists()).then(|| std::path::absolute(&path).unwrap_or(path))
}

/// The model of this name; the error says between which ones the name does not choose, if any.
fn matching<'a>(
    models: &'a [FoundModel],
    wanted: &str,
    has_prefix: bool,
) -> Result<&'a FoundModel, Option<String>> {
    let is_whole = |model: &&FoundModel| {
        let name = name_of(model, has_prefix);
        name.eq_ignore_ascii_case(wanted) || strip_gguf(name).eq_ignore_ascii_case(wanted)
    };
    let whole: Vec<&FoundModel> = models.iter().filter(is_whole).collect();
    if !whole.is_empty() {
        return one_of(whole, wanted);
    }
    let starts = |model: &&FoundModel| {
        let name = name_of(model, has_prefix);
        let head = name.get(..wanted.len());
        let rest = name.get(wanted.len()..);
        head.is_some_and(|head| head.eq_ignore_ascii_case(wanted))
            && rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let begun: Vec<&FoundModel> = models.iter().filter(starts).collect();
    let is_usual = |model: &&&FoundModel| {
        let last = model.name.rsplit(':').next().unwrap_or_default();
        USUAL.iter().any(|usual| usual.eq_ignore_ascii_case(last))
    };
    let usual: Vec<&FoundModel> = begun.iter().filter(is_usual).copied().collect();
    one_of(if usual.is_empty() { begun } else { usual }, wanted)
}

/// A model's name, with or without its store's prefix.
fn name_of(model: &FoundModel, has_prefix: bool) -> &str {
    if has_prefix {
        return &model.name;
    }
    model.name.split_once(':').map_or("", |(_, name)| name)
}

fn one_of<'a>(models: Vec<&'a FoundModel>, wanted: &str) -> Result<&'a FoundModel, Option<String>> {
    match &models[..] {
        [] => Err(None),
        [model] => Ok(model),
        several => {
            let names: Vec<&str> = several.iter().map(|model| &*model.name).collect();
            Err(Some(format!(
                "several models have the name `{wanted}`; name one: {}",
                some(&names)
            )))
        }
    }
}

/// What is reported about a name that no model has.
fn unknown(wanted: &str, prefix: Option<&str>, listing: &StoreListing) -> String {
    let names: Vec<&str> = listing.models.iter().map(|model| &*model.name).collect();
    let known: Vec<&str> = names.iter().copied().chain([EMBEDDED]).collect();
    let near = near(&known, wanted);
    let here = match (prefix, names.is_empty()) {
        _ if !near.is_empty() => format!("; similar names: {}", near.join(", ")),
        (_, false) => format!("; these are here: {}", some(&names)),
        (Some(prefix), true) => format!("; no model with the prefix `{prefix}:` was found"),
        (None, true) => String::new(),
    };
    let fetch = match prefix {
        Some("ollama" | "hf") => format!(". To fetch it: nigh model pull {wanted}"),
        _ => String::new(),
    };
    let problems: String = listing
        .problems
        .iter()
        .map(|problem| format!(" ({problem})"))
        .collect();
    format!("there is no file, folder or model `{wanted}` on this machine{here}{fetch}{problems}")
}

/// The names that are spelt much like `wanted`, with or without their prefixes; the nearest first.
fn near(names: &[&str], wanted: &str) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let short = name.split_once(':').map_or(&*name, |(_, short)| short);
        let of = |name: &str| match name.starts_with(&*wanted) {
            true => 1.0,
            false => strsim::normalized_damerau_levenshtein(name, &wanted),
        };
        let without_tag = |name: &str| name.rsplit_once(':').map_or(0.0, |(name, _)| of(name));
        let near = of(&name).max(of(short));
        near.max(without_tag(&name)).max(without_tag(short))
    };
    let mut found: Vec<(f64, &str)> = names.iter().map(|name| (likeness(name), *name)).collect();
    found.retain(|(likeness, _)| *likeness >= LIKE);
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let nearest = found.into_iter().take(MAX_NEAR);
    nearest.map(|(_, name)| printable(name)).collect()
}

fn some(names: &[&str]) -> String {
    let more = if names.len() > MAX_LISTED {
        ", ..."
    } else {
        ""
    };
    let names = names.iter().take(MAX_LISTED);
    let shown: Vec<String> = names.map(|name| printable(name)).collect();
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;
    use std::fs;

    /// A home folder with models of two stores.
    fn home() -> (tempfile::TempDir, UserFolders) {
        let home = tempfile::tempdir().unwrap();
        let add = |path: &str, text: &str| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let hex = "a".repeat(64);
        let manifest = format!(
            "{{\"layers\": [{{\"mediaType\": \"application/vnd.ollama.image.model\", \
             \"digest\": \"sha256:{hex}\"}}]}}"
        );
        add(&format!(".ollama/models/blobs/sha256-{hex}"), "weights");
        for tag in [
            "qwen2.5-coder/1.5b-base",
            "qwen2.5-coder/7b",
            "llama3/latest",
            "llama3/8b",
        ] {
            add(
                &format!(".ollama/models/manifests/registry.ollama.ai/library/{tag}"),
                &manifest,
            );
        }
        add(
            ".ollama/models/manifests/registry.ollama.ai/library/cloud/1t",
            "{}",
        );
        let snapshot = ".cache/huggingface/hub/models--Qwen--Coder-GGUF/snapshots/1";
        for file in ["coder-q8_0.gguf", "coder-q4_k_m.gguf"] {
            add(&format!("{snapshot}/{file}"), "weights");
        }
        add(
            ".cache/huggingface/hub/models--u--one/snapshots/1/one-q6_k.gguf",
            "weights",
        );
        let folders = UserFolders::at(System::Unix, home.path());
        (home, folders)
    }

    #[test]
    fn names_may_leave_out_what_is_clear() {
        let (_home, folders) = home();
        for (wanted, name) in [
            (
                "ollama:qwen2.5-coder:1.5b-base",
                "ollama:qwen2.5-coder:1.5b-base",
            ),
            ("qwen2.5-coder:7b", "ollama:qwen2.5-coder:7b"),
            ("ollama:llama3", "ollama:llama3:latest"),
            ("llama3", "ollama:llama3:latest"),
            ("hf:qwen/coder-gguf:q8_0", "hf:Qwen/Coder-GGUF:Q8_0"),
            ("hf:Qwen/Coder-GGUF", "hf:Qwen/Coder-GGUF:Q4_K_M"),
            ("hf:u/one", "hf:u/one:Q6_K"),
            ("u/one", "hf:u/one:Q6_K"),
        ] {
            let found = find(&folders, wanted).unwrap();
            assert_eq!(found.name, name, "{wanted}");
            assert!(found.path.unwrap().is_file());
        }
    }

    #[test]
    fn what_is_not_clear_or_not_here_is_said() {
        let (_home, folders) = home();
        for (wanted, reported) in [
            (
                "qwen2.5-coder",
                "name one: ollama:qwen2.5-coder:1.5b-base, ollama:qwen2.5-coder:7b",
            ),
            ("ollama:phi:3", "nigh model pull ollama:phi:3"),
            ("hf:a/b:Q8_0", "these are here: hf:Qwen/Coder-GGUF:Q4_K_M"),
            (
                "ollama:qwen2.5-coder:1.5b",
                "similar names: ollama:qwen2.5-coder:1.5b-base, ollama:qwen2.5-coder:7b",
            ),
            ("qwen2.5coder:7b", "similar names: ollama:qwen2.5-coder:7b"),
            ("http://localhost:8080", "--engine http://localhost:8080"),
            (
                "https://huggingface.co/u/r/tree/main",
                "nigh model pull hf:u/r",
            ),
            (
                "https://ollama.com/library/phi3",
                "nigh model pull ollama:phi3",
            ),
            ("ollama:qwen2.5-codr", "similar names: ollama:qwen2.5-coder"),
            ("embeded", "similar names: embedded"),
            ("lmstudio:a/b", "no model with the prefix `lmstudio:`"),
            ("nonsense", "or model `nonsense`"),
            ("cloud:1t", "Ollama's cloud"),
            ("", "or model ``"),
        ] {
            let error = find(&folders, wanted).unwrap_err();
            assert!(error.contains(reported), "{wanted}: {error}");
        }
    }

    #[test]
    fn paths_and_the_embedded_model_need_no_store() {
        let (home, folders) = home();
        assert_eq!(find(&folders, "embedded").unwrap().path, None);
        let absolute = home.path().join("gone.gguf").display().to_string();
        let found = find(&folders, &absolute).unwrap();
        assert_eq!(found.path, Some(PathBuf::from(&absolute)));
        assert_eq!(find(&folders, "~/gone.gguf").unwrap(), found);
        for relative in ["x.gguf", "./ollama:x", "..", "models\\x"] {
            let found = find(&folders, relative).unwrap();
            assert!(found.path.unwrap().is_absolute(), "{relative}");
        }
    }
}
