//! `nigh model list`: every model of this machine's stores, what it takes and whether nigh can use
//! it.

use super::size;
use super::verdict::ModelVerdict;
use crate::commands::print;
use assistant::model::EMBEDDED as EMBEDDED_MODEL;
use model_store::{EMBEDDED, FoundModel, UserFolders, choice, judge, list, printable};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// The columns of the table after the name.
const HEADS: [&str; 5] = ["NAME", "SIZE", "MEMORY", "COMPLETION", "LICENCE"];
/// How long a licence may be in the table.
const MAX_LICENCE: usize = 24;

/// Arguments of `nigh model list`.
#[derive(clap::Args)]
pub struct List {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A model and what is said of it.
pub struct ListedModel {
    /// Its name.
    pub name: String,
    /// The program whose store it is in.
    pub store: &'static str,
    /// Its file or folder; none for the embedded model, or where it is missing.
    pub path: Option<PathBuf>,
    /// Bytes on the disk.
    pub bytes: Option<u64>,
    /// Whether nigh can use it.
    pub verdict: ModelVerdict,
}

impl List {
    /// Prints the models that can be used, then the others with their reasons.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folders = UserFolders::of_process();
        let (models, mut problems) = models(&folders);
        let chosen = match chosen_name(&folders) {
            Ok(name) => name,
            Err(problem) => {
                problems.push(problem);
                EMBEDDED.to_owned()
            }
        };
        if self.json {
            let models: Vec<Value> = models.iter().map(|model| object(model, &chosen)).collect();
            let object = json!({"chosen": chosen, "models": models, "problems": problems});
            print(&format!("{object}\n"))?;
        } else {
            print(&table(&models, &chosen, &problems))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// All models, those that can be used first; and what could not be read.
pub fn models(folders: &UserFolders) -> (Vec<ListedModel>, Vec<String>) {
    let listing = list(folders);
    let judged = judge(&listing.models, ModelVerdict::of);
    let mut models = vec![ListedModel {
        name: EMBEDDED.to_owned(),
        store: "nigh",
        path: None,
        bytes: Some(EMBEDDED_MODEL.len() as u64),
        verdict: ModelVerdict::of_embedded(),
    }];
    models.extend(listing.models.into_iter().zip(judged).map(listed));
    models.sort_by_key(|model| !model.verdict.usable);
    (models, listing.problems)
}

fn listed((found, verdict): (FoundModel, Option<ModelVerdict>)) -> ListedModel {
    let missing = || match &found.path {
        Err(reason) => ModelVerdict::missing(reason),
        Ok(_) => ModelVerdict::missing("reading it failed unexpectedly; please report this"),
    };
    ListedModel {
        verdict: verdict.unwrap_or_else(missing),
        name: found.name,
        store: found.store,
        path: found.path.ok(),
        bytes: found.bytes,
    }
}

/// The name of the model that editors use, if nothing else is set there.
fn chosen_name(folders: &UserFolders) -> Result<String, String> {
    match choice::located(folders) {
        Ok(found) => Ok(found.map_or_else(|| EMBEDDED.to_owned(), |model| model.name)),
        Err(why) => Err(format!("the embedded model answers instead: {why}")),
    }
}

fn object(model: &ListedModel, chosen: &str) -> Value {
    let ListedModel { name, verdict, .. } = model;
    let needs = verdict.needs.as_ref();
    json!({
        "name": name,
        "store": model.store,
        "path": model.path.as_ref().map(|path| path.display().to_string()),
        "bytes": model.bytes,
        "memoryBytes": needs.map(|needs| needs.memory),
        "parameters": needs.map(|needs| needs.weights),
        "architecture": needs.map(|needs| &needs.architecture),
        "markers": verdict.markers,
        "licence": needs.and_then(|needs| needs.licence.as_ref()),
        "usable": verdict.usable,
        "reason": Some(&verdict.reason).filter(|reason| !reason.is_empty()),
        "chosen": name == chosen,
    })
}

fn cells(model: &ListedModel) -> [String; 5] {
    let ListedModel { name, verdict, .. } = model;
    let needs = verdict.needs.as_ref();
    let licence = needs
        .and_then(|needs| needs.licence.as_deref())
        .unwrap_or("-");
    let short: String = printable(licence).chars().take(MAX_LICENCE).collect();
    [
        printable(name),
        model.bytes.map_or("-".into(), size),
        needs.map_or("-".into(), |needs| size(needs.memory)),
        match (&verdict.markers, verdict.usable) {
            (Some(markers), true) => format!("yes, {markers}"),
            _ => "no".into(),
        },
        short,
    ]
}

fn table(models: &[ListedModel], chosen: &str, problems: &[String]) -> String {
    let rows: Vec<[String; 5]> = models.iter().map(cells).collect();
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([HEADS[at].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let line = |mark: char, cells: [&str; 5]| {
        let [name, bytes, memory, completion, licence] = cells;
        let [a, b, c, d] = [widths[0], widths[1], widths[2], widths[3]];
        let line =
            format!("{mark} {name:<a$}  {bytes:>b$}  {memory:>c$}  {completion:<d$}  {licence}");
        format!("{}\n", line.trim_end())
    };
    let mut text = line(' ', HEADS);
    for (model, row) in models.iter().zip(&rows) {
        let mark = if model.name == chosen { '*' } else { ' ' };
        text.push_str(&line(mark, row.each_ref().map(String::as_str)));
        if !model.verdict.usable {
            text.push_str(&format!("      {}\n", printable(&model.verdict.reason)));
        }
    }
    for problem in problems {
        text.push_str(&format!("\n{}\n", printable(problem)));
    }
    text.push_str(match models {
        [_] => "\nNo other model was found. `nigh model recommend` says which to fetch.\n",
        _ => "\n`nigh model use NAME` chooses one for all editors; * marks the one they use now.\n",
    });
    text
}
