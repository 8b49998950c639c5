//! `nigh eval prompts`: the prompts of places in workspaces, as the server lays them out, and the
//! text that was there. `training/prompts.py` trains a model on them.
//!
//! A workspace is `{files: [{path, text}], places: [{id, path, start, end, ...}]}`; the fields of a
//! place are those of [`Place`]. Each place yields one line `{id, segments, required, answer,
//! pieces}`: a segment is `{marker}` or `{text}`, the answer begins with `required`, and `pieces`
//! says how many tokens of the prompt each source contributed. The bytes from `start` to `end` are
//! missing from the document and from what the index knows of its file, as if they had not been
//! written yet; other files are whole. A place in a file whose name suggests secrets yields
//! nothing, as the server completes nothing there.

use super::cases::lines;
use crate::commands::Vocabulary;
use anyhow::{Context, bail};
use assistant::documents::file_snapshot;
use context::GenerateError;
use context::{
    Budget, CountTokens, FimFormat, OpenFile, Prompt, Recent, Segment, Snapshot, SourceWeights,
    fill_in,
};
use engine::Tokenizer;
use index::Index;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use text::Rope;
use workspace::{self, secrets};

/// Arguments of `nigh eval prompts`.
#[derive(clap::Args)]
pub struct Prompts {
    /// Workspaces, one JSON object per line
    workspaces: PathBuf,
    /// Model whose tokens and markers are used: a name that `nigh model list` shows, `embedded`, a
    /// .gguf file, or a folder with tokenizer.json [default: the choice of `nigh model use`, else
    /// the embedded model]
    #[arg(long, value_name = "MODEL", env = "NIGH_MODEL")]
    model: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Workspace {
    files: Vec<File>,
    places: Vec<Place>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    text: String,
}

/// Where a text is missing, and what a prompt for it may have.
#[derive(Deserialize)]
struct Place {
    /// Comes back with the prompt.
    #[serde(default)]
    id: Value,
    /// One of the workspace's files.
    path: String,
    /// Where the missing text begins and ends, in bytes.
    start: usize,
    end: usize,
    /// Tokens of the prompt at most.
    tokens: usize,
    /// The sources of context that are used, by name.
    #[serde(default)]
    sources: Vec<String>,
    /// Their share of the prompt, where the document leaves less.
    #[serde(default)]
    percent: usize,
    /// Other files that are open in the editor, the one looked at last first.
    #[serde(default)]
    open: Vec<String>,
}

#[derive(Serialize)]
struct LaidOut<'a> {
    id: &'a Value,
    segments: Vec<Value>,
    required: &'a str,
    answer: String,
    pieces: BTreeMap<&'a str, usize>,
}

/// Counts with a vocabulary that has no model.
struct Counted<'a>(&'a Tokenizer);

impl CountTokens for Counted<'_> {
    fn count(&self, text: &str) -> usize {
        self.0.encode(text).len()
    }
}

impl Prompts {
    /// Prints one line per place, in the order of the workspaces and their places.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let vocabulary = Vocabulary::open(self.model.as_deref())?;
        let tokenizer = vocabulary.tokenizer();
        let format = FimFormat::detect(|marker| tokenizer.special(marker).is_some());
        let format = format.context(GenerateError::NoFillIn)?;
        let tokens = Counted(tokenizer);
        let mut out = BufWriter::new(std::io::stdout().lock());
        let name = self.workspaces.display();
        for (number, line) in lines(&self.workspaces)? {
            let line = line.with_context(|| format!("cannot read {name}"))?;
            let here = || format!("{name}, line {number}");
            let workspace: Workspace = serde_json::from_str(&line).with_context(here)?;
            match workspace
                .lay_out(format, &tokens, &mut out)
                .with_context(here)
            {
                Err(error) if is_closed(&error) => return Ok(ExitCode::SUCCESS),
                result => result?,
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the reader has closed the pipe (`nigh ... | head`).
fn is_closed(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

impl Workspace {
    fn lay_out(
        &self,
        format: &FimFormat,
        tokens: &dyn CountTokens,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let texts: HashMap<&str, &str> = self
            .files
            .iter()
            .map(|file| (&*file.path, &*file.text))
            .collect();
        let mut index = Index::default();
        workspace::put(&mut index, texts.iter().map(|(path, text)| (*path, *text)));
        for place in self
            .places
            .iter()
            .filter(|place| !secrets::in_path(&place.path))
        {
            let laid_out = place.lay_out(&texts, index.clone(), format, tokens);
            let line = laid_out.with_context(|| format!("place {} in {}", place.id, place.path))?;
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

impl Place {
    /// The line to print. `index` knows all of `texts`.
    fn lay_out(
        &self,
        texts: &HashMap<&str, &str>,
        index: Index,
        format: &FimFormat,
        tokens: &dyn CountTokens,
    ) -> anyhow::Result<String> {
        let (before, missing, after) = self.split(texts)?;
        let snapshot = self.open(texts, &format!("{before}{after}"), index)?;
        let budget = Budget {
            tokens: self.tokens,
            weights: self.weights()?,
        };
        let prompt = fill_in(&snapshot, self.start, format, budget, tokens);
        let laid_out = LaidOut {
            id: &self.id,
            segments: prompt.segments.iter().map(segment_json).collect(),
            required: &prompt.required,
            answer: format!("{}{}", prompt.required, missing.replace("\r\n", "\n")),
            pieces: pieces(&prompt),
        };
        Ok(serde_json::to_string(&laid_out)?)
    }

    /// The text of the file before the place, at it and after it.
    fn split<'a>(
        &self,
        texts: &HashMap<&str, &'a str>,
    ) -> anyhow::Result<(&'a str, &'a str, &'a str)> {
        let text = texts
            .get(&*self.path)
            .context("the workspace has no such file")?;
        let parts = || {
            Some((
                text.get(..self.start)?,
                text.get(self.start..self.end)?,
                text.get(self.end..)?,
            ))
        };
        parts().with_context(|| format!("no text from byte {} to {}", self.start, self.end))
    }

    /// The document as the editor has it.
    fn open(
        &self,
        texts: &HashMap<&str, &str>,
        text: &str,
        mut index: Index,
    ) -> anyhow::Result<Snapshot> {
        index.remove(&[&self.path]);
        workspace::put(&mut index, [(&*self.path, text)].into_iter());
        let mut files = Vec::new();
        for path in self.open.iter().filter(|path| **path != self.path) {
            let Some(text) = texts.get(&**path) else {
                bail!("the workspace has no file {path} to be open")
            };
            files.push(OpenFile {
                path: path.as_str().into(),
                rope: Rope::from_str(text),
            });
        }
        let recent = Arc::new(Recent {
            files,
            edits: Vec::new(),
        });
        Ok(Snapshot {
            index,
            recent,
            ..file_snapshot(&self.path, text)?
        })
    }

    /// The named sources, weighed as for a large model, which has them all.
    fn weights(&self) -> anyhow::Result<SourceWeights> {
        let unknown = |name| anyhow::anyhow!("unknown source of context `{name}`");
        if let Some(name) = self
            .sources
            .iter()
            .find(|name| SourceWeights::names().all(|known| known != **name))
        {
            return Err(unknown(name.clone()));
        }
        let others =
            SourceWeights::names().filter(|name| self.sources.iter().all(|chosen| chosen != name));
        let others: Vec<String> = others.map(str::to_owned).collect();
        let weights = SourceWeights::of(u64::MAX, usize::MAX).at(self.percent);
        weights.without(&others).map_err(unknown)
    }
}

fn segment_json(segment: &Segment) -> Value {
    match segment {
        Segment::Marker(marker) => json!({ "marker": marker }),
        Segment::Text(text) | Segment::Inner(text) => json!({ "text": text }),
    }
}

/// The tokens of what each source gave.
fn pieces(prompt: &Prompt) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    for piece in prompt
        .pieces
        .iter()
        .filter(|piece| piece.score.is_some() && piece.left_out.is_empty())
    {
        *found.entry(piece.what).or_default() += piece.tokens;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use context::FORMATS;

    struct Bytes;
    impl CountTokens for Bytes {
        fn count(&self, text: &str) -> usize {
            text.len().div_ceil(4)
        }
    }

    const STORE: &str =
        "class Store:\n    def put(self, key, value):\n        self.items[key] = value\n";
    const MAIN: &str = "from store import Store\n\ndef keep(store: Store):\n    store.put('a', 1)\n    return store\n";

    /// The lines for the place of `missing` in main.py, with store.py in the workspace.
    fn laid_out(missing: &str, sources: &[&str]) -> anyhow::Result<Value> {
        let start = MAIN.find(missing).unwrap();
        let place = json!({"id": 7, "path": "main.py", "start": start, "end": start + missing.len(),
            "tokens": 300, "percent": 40, "sources": sources, "open": ["store.py"]});
        let files = json!([{"path": "main.py", "text": MAIN}, {"path": "store.py", "text": STORE}]);
        let workspace: Workspace =
            serde_json::from_value(json!({"files": files, "places": [place]}))?;
        let mut out = Vec::new();
        workspace.lay_out(&FORMATS[0], &Bytes, &mut out)?;
        Ok(serde_json::from_slice(&out)?)
    }

    fn shown(line: &Value) -> String {
        let parts = line["segments"].as_array().unwrap().iter();
        parts
            .map(|part| part["marker"].as_str().or(part["text"].as_str()).unwrap())
            .collect()
    }

    #[test]
    fn the_window_has_everything_but_what_is_missing() {
        let line = laid_out("put('a', 1)", &[]).unwrap();
        let (before, after) = MAIN.split_once("put('a', 1)").unwrap();
        let wanted = format!(
            "<|file_sep|>main.py\n<|fim_prefix|><|fim_suffix|>{after}<|fim_middle|>{before}"
        );
        assert_eq!(
            (shown(&line), &line["answer"], &line["id"]),
            (wanted, &json!("put('a', 1)"), &json!(7))
        );
        let line = laid_out("t('a', 1)", &[]).unwrap();
        assert_eq!(
            (&line["required"], &line["answer"]),
            (&json!("pu"), &json!("put('a', 1)"))
        );
    }

    #[test]
    fn what_is_missing_is_in_no_index_but_other_files_are() {
        let all: Vec<&str> = SourceWeights::names().collect();
        for missing in [
            "put('a', 1)",
            "def keep(store: Store):\n    store.put('a', 1)\n",
        ] {
            let line = laid_out(missing, &all).unwrap();
            assert!(shown(&line).contains("<|file_sep|>store.py\n"), "{line}");
            assert!(!shown(&line).contains("'a'"), "{line}");
        }
        let line = laid_out("put('a', 1)", &["members"]).unwrap();
        assert!(shown(&line).contains("def put(self, key, value)"), "{line}");
        assert_eq!(
            line["pieces"]
                .as_object()
                .unwrap()
                .keys()
                .collect::<Vec<_>>(),
            ["members"]
        );
    }

    #[test]
    fn unknown_sources_are_refused() {
        let error = laid_out("put", &["gossip"]).unwrap_err();
        assert!(
            format!("{error:#}").contains("unknown source of context `gossip`"),
            "{error:#}"
        );
    }
}
