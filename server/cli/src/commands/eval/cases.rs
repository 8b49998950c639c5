//! What all evaluations share: which cases they take, where results go, and how numbers are
//! printed.
//!
//! Cases are JSON objects, one per line. Unknown fields are ignored, so that sets from elsewhere
//! can be read as they are.

use crate::commands::progress::bar;
use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Which cases are run, and where each one's result goes.
#[derive(clap::Args)]
pub struct Selection {
    /// Cases, one JSON object per line
    cases: PathBuf,
    /// Use only the first N cases
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Use only every Nth case
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    every: u32,
    /// Write one JSON object per case
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

impl Selection {
    /// The chosen cases.
    pub fn read<T: DeserializeOwned>(&self) -> anyhow::Result<Vec<T>> {
        let name = self.cases.display();
        let mut cases = Vec::new();
        for (number, line) in lines(&self.cases)?.step_by(self.every as usize) {
            if self.limit.is_some_and(|limit| cases.len() >= limit) {
                break;
            }
            let line = line.with_context(|| format!("cannot read {name}"))?;
            cases.push(
                serde_json::from_str(&line).with_context(|| format!("{name}, line {number}"))?,
            );
        }
        if cases.is_empty() {
            bail!("{name} holds no cases");
        }
        Ok(cases)
    }

    /// Measures each case and writes the account that `measure` returns for it; shows the progress.
    /// `id` names a case in errors.
    pub fn each<C, M, A: Serialize>(
        &self,
        cases: &[C],
        id: impl Fn(&C) -> &serde_json::Value,
        mut measure: impl FnMut(&C) -> anyhow::Result<(M, A)>,
    ) -> anyhow::Result<Vec<M>> {
        let mut out = self.out()?;
        let bar = bar(cases.len())?;
        let mut measured = Vec::with_capacity(cases.len());
        for case in cases {
            let (result, account) = measure(case).with_context(|| format!("case {}", id(case)))?;
            out.write(&account)?;
            measured.push(result);
            bar.inc(1);
        }
        bar.finish_and_clear();
        out.finish()?;
        Ok(measured)
    }

    /// Where results go.
    pub fn out(&self) -> anyhow::Result<Out> {
        let create = |path: &PathBuf| {
            let file =
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok::<_, anyhow::Error>(BufWriter::new(file))
        };
        Ok(Out(self.out.as_ref().map(create).transpose()?))
    }
}

/// The lines of a file that are not blank, each with its number from 1.
pub fn lines(
    path: &Path,
) -> anyhow::Result<impl Iterator<Item = (usize, std::io::Result<String>)>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = BufReader::new(file)
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line));
    Ok(lines.filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty())))
}

/// A file with one result per line, or nothing.
pub struct Out(Option<BufWriter<File>>);

impl Out {
    /// Adds a result.
    pub fn write(&mut self, result: &impl Serialize) -> anyhow::Result<()> {
        if let Some(file) = &mut self.0 {
            writeln!(file, "{}", serde_json::to_string(result)?)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self) -> anyhow::Result<()> {
        self.0.map_or(Ok(()), |mut file| file.flush())?;
        Ok(())
    }
}

/// The file's path, or one that its language would give it.
pub fn path_for(path: &str, language: &str) -> String {
    if !path.is_empty() {
        return path.to_owned();
    }
    let grammar = grammars::by_language_id(language).or_else(|| grammars::by_id(language));
    let extension = grammar
        .and_then(|grammar| grammar.facts.extensions.first())
        .map_or("txt", String::as_str);
    format!("main.{extension}")
}

/// A share in percent, to two places.
pub fn percent(part: usize, whole: usize) -> f64 {
    rounded(100.0 * part as f64 / whole.max(1) as f64)
}

/// To two places.
pub fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(cases: &Path, limit: Option<usize>, every: u32) -> Selection {
        Selection {
            cases: cases.to_owned(),
            limit,
            every,
            out: None,
        }
    }

    #[test]
    fn cases_are_chosen_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.jsonl");
        std::fs::write(&path, "0\n\n1\n2\n3\n4\n").unwrap();
        assert_eq!(
            selection(&path, None, 1).read::<u32>().unwrap(),
            [0, 1, 2, 3, 4]
        );
        assert_eq!(selection(&path, Some(2), 2).read::<u32>().unwrap(), [0, 2]);
        std::fs::write(&path, "0\nx\n").unwrap();
        let error = format!("{:#}", selection(&path, None, 1).read::<u32>().unwrap_err());
        assert!(error.contains("cases.jsonl, line 2"), "{error}");
        std::fs::write(&path, "\n").unwrap();
        assert!(
            selection(&path, None, 1)
                .read::<u32>()
                .unwrap_err()
                .to_string()
                .contains("no cases")
        );
    }

    #[test]
    fn a_case_without_a_path_gets_one_from_its_language() {
        assert_eq!(path_for("a/b.py", "rust"), "a/b.py");
        assert_eq!(path_for("", "python"), "main.py");
        assert_eq!(path_for("", "klingon"), "main.txt");
        assert_eq!((percent(1, 3), percent(0, 0)), (33.33, 0.0));
    }
}
