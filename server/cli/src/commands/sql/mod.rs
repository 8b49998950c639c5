//! `nigh sql`: a question becomes up to three queries, each proven to prepare; `--check` looks for
//! wrong names; `--run` shows the rows of the first query.
//!
//! Exit status: 0 there is a query, 1 there is none, 2 an error; for `--check` see `check.rs`.

mod check;
mod run;

use super::{open_model, print, schema::schema_of};
use crate::engine_choice::EngineChoice;
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::schemas::ProjectSchema;
use assistant::{RemoteLimits, RemoteWriter, paired};
use clap::builder::{PossibleValuesParser, RangedI64ValueParser};
use data::SqlDialect;
use serde_json::{Value, json};
use sql::question::{Answer, Reading};
use std::path::PathBuf;
use std::process::ExitCode;

/// The most readings that a question can have.
const MAX_READINGS: usize = 3;

/// Arguments of `nigh sql`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    nigh sql \"top 3 categories by amount per quarter in 2023\"\n  \
    nigh sql \"customers without orders\" --run shop.db\n  \
    nigh sql --check src queries.sql")]
pub struct Sql {
    /// What you want to know, in English or Chinese
    #[arg(value_name = "QUESTION", required_unless_present = "check")]
    question: Option<String>,
    /// Folders and files that describe the tables; by default the current folder, or the database
    /// of --run
    #[arg(long, value_name = "PATH")]
    schema: Vec<PathBuf>,
    /// Dialect to write in; by default that of the project
    #[arg(long, value_name = "DIALECT", value_parser = dialects())]
    dialect: Option<String>,
    /// How many readings of the question to print
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = one_to_three())]
    top: u8,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Run the query on this SQLite database, which is opened read-only, and print its rows
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    run: Option<PathBuf>,
    /// Which reading to run
    #[arg(long, value_name = "N", default_value_t = 1, requires = "run",
        value_parser = one_to_three())]
    reading: u8,
    /// The most rows to print
    #[arg(long, value_name = "N", default_value_t = 50, requires = "run")]
    rows: usize,
    /// Have the model write a query if none is sure; it needs 400 million parameters, or --engine,
    /// whose server is sent the schema and the question
    #[arg(long, conflicts_with = "check")]
    write: bool,
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    engine: EngineChoice,
    /// Look for tables and columns that do not exist in these files and folders
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "question")]
    check: Vec<PathBuf>,
}

fn one_to_three() -> RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(1..=3)
}

fn dialects() -> PossibleValuesParser {
    PossibleValuesParser::new(SqlDialect::ALL.map(|(name, _)| name))
}

impl Sql {
    /// Answers the question, or checks the files.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let schema = match schema_of(&self.paths()) {
            Ok(schema) => schema,
            Err(error) => {
                eprintln!("nigh: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let dialect = self.dialect.as_deref().and_then(SqlDialect::named);
        if !self.check.is_empty() {
            let roots: Vec<PathBuf> = self
                .paths()
                .into_iter()
                .filter(|path| path.is_dir())
                .collect();
            return check::check(&self.check, &roots, schema, dialect, self.json);
        }
        // A query that is run is one of SQLite.
        let dialect = match &self.run {
            Some(_) => Some(SqlDialect::Sqlite),
            None => dialect,
        };
        let question = self.question.as_deref().unwrap_or_default();
        let project = ProjectSchema::of(schema);
        let mut answer = project.answer(question, dialect);
        if self.write && !answer.readings.iter().any(Reading::is_sure) {
            self.add_written(&project, question, dialect, &mut answer)?;
        }
        match &self.run {
            Some(file) if answer.refusal.is_none() => match self.run_reading(file, &answer) {
                Ok(()) => Ok(ExitCode::SUCCESS),
                Err(error) => {
                    eprintln!("nigh: {error:#}");
                    Ok(ExitCode::from(2))
                }
            },
            _ => self.print_answer(question, &answer),
        }
    }

    /// What describes the tables: the paths that were named, else the database to run on, else the
    /// current folder.
    fn paths(&self) -> Vec<PathBuf> {
        match (&self.schema[..], &self.run) {
            ([], Some(file)) => vec![file.clone()],
            ([], None) => vec![PathBuf::from(".")],
            (named, _) => named.to_vec(),
        }
    }

    /// Puts the query of the model first.
    fn add_written(
        &self,
        project: &ProjectSchema,
        question: &str,
        dialect: Option<SqlDialect>,
        answer: &mut Answer,
    ) -> anyhow::Result<()> {
        let writer = RemoteWriter::open(&self.engine.settings(), RemoteLimits::default());
        let writer = writer.map_err(anyhow::Error::msg)?;
        let model = open_model(&self.choice)?;
        if let Some(writer) = &writer {
            writer.wait(RemoteLimits::default().first_token);
        }
        let mut model = paired(Box::new(model), writer);
        match project.written_by(&mut *model, question, dialect)? {
            Ok(reading) => {
                answer.readings.insert(0, reading);
                answer.readings.truncate(MAX_READINGS);
                answer.refusal = None;
            }
            Err(why) => eprintln!("nigh: no query of the model: {why}"),
        }
        Ok(())
    }

    fn print_answer(&self, question: &str, answer: &Answer) -> anyhow::Result<ExitCode> {
        let shown = &answer.readings[..answer.readings.len().min(usize::from(self.top))];
        if self.json {
            let readings: Vec<Value> = shown.iter().map(reading_json).collect();
            let whole = json!({
                "question": question, "readings": readings, "refusal": answer.refusal,
            });
            print(&format!("{whole:#}\n"))?;
        } else if let Some(why) = &answer.refusal {
            eprintln!("nigh: {why}");
        } else {
            let texts: Vec<String> = shown.iter().map(reading_text).collect();
            print(&texts.join("\n"))?;
            let more = answer.readings.len() - shown.len();
            if more > 0 {
                eprintln!("nigh: the question can be read in other ways: --top {MAX_READINGS}");
            }
        }
        Ok(ExitCode::from(u8::from(answer.readings.is_empty())))
    }

    fn run_reading(&self, file: &std::path::Path, answer: &Answer) -> anyhow::Result<()> {
        let chosen = answer.readings.get(usize::from(self.reading) - 1);
        let count = answer.readings.len();
        let reading = chosen
            .with_context(|| format!("--reading {}: there are only {count}", self.reading))?;
        let mut connection = run::open(file)?;
        let rows = run::rows(&mut connection, &reading.sql, self.rows)?;
        if self.json {
            let whole = json!({
                "reading": reading_json(reading), "rows": rows.json(), "more": rows.has_more,
            });
            return print(&format!("{whole:#}\n"));
        }
        print(&format!("{}\n{}", reading_text(reading), rows.text()))
    }
}

/// A reading as a script with comments.
fn reading_text(reading: &Reading) -> String {
    let unknown = if reading.unknown_words.is_empty() {
        String::new()
    } else {
        format!("-- not understood: {}\n", reading.unknown_words.join(", "))
    };
    format!("-- {}\n{unknown}{};\n", reading.title, reading.sql)
}

fn reading_json(reading: &Reading) -> Value {
    json!({
        "sql": reading.sql,
        "title": reading.title,
        "confidence": reading.confidence,
        "isSure": reading.is_sure(),
        "unknownWords": reading.unknown_words,
    })
}
