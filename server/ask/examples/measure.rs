//! Measures answers: `measure CASES DOCUMENTS [--without SWITCH] [--outcomes FILE] [--recall]`.
//!
//! CASES is a file of `tests/ask/build.py`, DOCUMENTS the folder with a folder for each project.
//! With `--recall` the questions are asked of their own project only.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ask::measure::{Case, CaseOutcome, MeasuredProject, Scores, Switches, feature_names};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;
use std::{env, fs};

type Files = Vec<(String, String)>;

fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|one| one == name)?;
        arguments.get(at + 1).cloned()
    };
    let [cases, documents, ..] = arguments.as_slice() else {
        return Err(
            "usage: measure CASES DOCUMENTS [--without SWITCH] [--outcomes FILE] [--recall]".into(),
        );
    };
    let switches = switches(option("--without").as_deref())?;
    let recall = arguments.iter().any(|one| one == "--recall");
    let lines = fs::read_to_string(cases)?;
    let cases: Vec<Case> = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let outcomes = measure(&cases, Path::new(documents), switches, recall)?;
    if let Some(file) = option("--outcomes") {
        let rows = outcomes.iter().map(serde_json::to_string);
        let rows: Vec<String> = rows.collect::<Result<_, _>>()?;
        let names = serde_json::to_string(feature_names())?;
        fs::write(file, format!("{names}\n{}\n", rows.join("\n")))?;
    }
    let mut groups: BTreeMap<String, Vec<&CaseOutcome>> = BTreeMap::new();
    for one in &outcomes {
        groups.entry(one.kind.clone()).or_default().push(one);
        groups
            .entry(format!("{} {}", one.kind, one.language))
            .or_default()
            .push(one);
    }
    for (name, group) in groups {
        println!("{name}: {}", serde_json::to_string(&Scores::of(&group))?);
    }
    Ok(())
}

fn switches(without: Option<&str>) -> Result<Switches, String> {
    let mut switches = Switches::default();
    for name in without
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty())
    {
        let switch = match name {
            "fields" => &mut switches.fields,
            "parents" => &mut switches.parents,
            "sub_words" => &mut switches.sub_words,
            "stems" => &mut switches.stems,
            "synonyms" => &mut switches.synonyms,
            "rescoring" => &mut switches.rescoring,
            "paths" => &mut switches.paths,
            "neighbours" => &mut switches.neighbours,
            "twins" => &mut switches.twins,
            _ => return Err(format!("no such switch: {name}")),
        };
        *switch = false;
    }
    Ok(switches)
}

/// Asks every question of its own project, of the next one, and with its places cut out.
fn measure(
    cases: &[Case],
    documents: &Path,
    switches: Switches,
    recall: bool,
) -> Result<Vec<CaseOutcome>, Box<dyn Error>> {
    let mut by_project: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_project.entry(&case.project).or_default().push(case);
    }
    let names: Vec<&str> = by_project.keys().copied().collect();
    let next: HashMap<&str, &str> = (0..names.len())
        .map(|at| (names[(at + 1) % names.len()], names[at]))
        .collect();
    let mut outcomes = Vec::new();
    for (name, own) in &by_project {
        let files = read(&documents.join(name))?;
        let mut project = MeasuredProject::new(&files, switches, clock);
        outcomes.extend(own.iter().map(|case| project.ask(case, "own")));
        if !recall {
            let foreign = by_project.get(next[name]).into_iter().flatten();
            outcomes.extend(foreign.map(|case| project.ask(case, "foreign")));
            outcomes.extend(own.iter().filter_map(|case| project.ask_without(case)));
        }
        let (passages, bytes) = project.size();
        eprintln!(
            "{name}: {} files, {passages} passages, {bytes} bytes",
            files.len()
        );
    }
    Ok(outcomes)
}

fn read(folder: &Path) -> Result<Files, Box<dyn Error>> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                let is_long = text.len() > 1 << 20 || text.lines().any(|line| line.len() > 5_000);
                files.extend((!is_long).then_some((name, text)));
            }
        }
    }
    files.sort();
    Ok(files)
}
