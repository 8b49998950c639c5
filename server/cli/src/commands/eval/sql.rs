//! Queries for questions, against known ones: by their parts as Spider counts, and by the rows that
//! both give on made databases.
//!
//! No model is asked, but with `--rank`. The schema of a case is read as the product reads one.

use crate::commands::{open_model, print};
use crate::model_choice::ModelChoice;
use anyhow::{Context, anyhow};
use assistant::model::EngineModel;
use assistant::written_queries::{freely_here, within_mask};
use context::{Generate, Prompt, Segment};
use data::SqlDialect;
use sql::measure::{AnswerTimes, SqlCase, SqlPrediction, read_cases, score};
use sql::query::dates::CalendarDay;
use sql::question::{QuestionSchema, Reading, answer, prompt, task};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// The day that questions are asked on, for months without a year.
const TODAY: (i32, u8, u8) = (2026, 6, 15);

/// Arguments of `nigh eval sql`.
#[derive(clap::Args)]
pub struct SqlEval {
    /// Files of cases
    #[arg(value_name = "CASES", required = true)]
    cases: Vec<PathBuf>,
    /// Only cases of this split
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// Print the questions that were answered wrong, with both queries, at most this many
    #[arg(long, value_name = "N", default_value_t = 0)]
    wrong: usize,
    /// Let the model rank the readings of each question: one line for each of these weights of its
    /// mean log-likelihood of a token, which counts with the place in the parser's order
    #[arg(long, value_name = "WEIGHT", value_delimiter = ',')]
    rank: Vec<f64>,
    /// Let the model write each query, within the names of the schema
    #[arg(long, conflicts_with = "rank")]
    write: bool,
    /// The same without a mask: what it writes is only judged
    #[arg(long, requires = "write")]
    free: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: ModelChoice,
}

impl SqlEval {
    /// Answers all questions and prints the score.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut cases = Vec::new();
        for path in &self.cases {
            let shown = path.display();
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            cases.extend(read_cases(&text).map_err(|why| anyhow!("{shown}: {why}"))?);
        }
        if let Some(split) = &self.split {
            cases.retain(|case| case.split == *split);
        }
        if !self.rank.is_empty() {
            return self.print_ranked(&cases);
        }
        let mut answers = Answers::default();
        let mut writer = match self.write {
            true => Some(open_model(&self.choice)?),
            false => None,
        };
        let mut found = score(&cases, &mut |case| match &mut writer {
            Some(model) => answers.written(case, model, self.free),
            None => answers.of(case),
        });
        found.times = AnswerTimes::of(&answers.seconds);
        if self.json {
            print(&format!("{:#}\n", serde_json::to_value(&found)?))?;
        } else {
            print(&found.text())?;
        }
        let is_wrong = |case: &&SqlCase| {
            let mut judged = found.cases.iter();
            judged.any(|judged| judged.id == case.id && !judged.is_right())
        };
        for case in cases.iter().filter(is_wrong).take(self.wrong) {
            let first = answers.of(case).into_iter().next().unwrap_or_default().sql;
            let known = case.sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
            print(&format!(
                "\n{}: {}\n  known: {known}\n  found: {first}\n",
                case.id, case.question
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl SqlEval {
    /// How the answers fare where the model has its say in their order.
    fn print_ranked(&self, cases: &[SqlCase]) -> anyhow::Result<ExitCode> {
        let mut model = open_model(&self.choice)?;
        let mut answers = Answers::default();
        let mut judged = Vec::new();
        for case in cases {
            let found = answers.of(case);
            let nats = answers.likelihoods(case, &found, &mut model)?;
            judged.push((found, nats));
        }
        for weight in &self.rank {
            let mut ordered = judged.iter();
            let found = score(cases, &mut |_| match ordered.next() {
                Some((found, nats)) => reordered(found, nats, *weight),
                None => Vec::new(),
            });
            let total = &found.total;
            let count = total.cases.max(1) as f64;
            let share = |part: usize| 100.0 * part as f64 / count;
            print(&format!(
                "weight {weight}: exact {:.1} %, right {:.1} % of {} questions\n",
                share(total.exact),
                share(total.right),
                total.cases
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Predictions in another order: each place in the parser's order counts 1, against the weighted
/// likelihoods of the model.
fn reordered(found: &[SqlPrediction], nats: &[f64], weight: f64) -> Vec<SqlPrediction> {
    let score = |at: &usize| weight * nats[*at] - *at as f64;
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    order.into_iter().map(|at| found[at].clone()).collect()
}

/// Answers questions, one schema after another.
#[derive(Default)]
struct Answers {
    schemas: HashMap<String, QuestionSchema>,
    seconds: Vec<f64>,
}

impl Answers {
    fn of(&mut self, case: &SqlCase) -> Vec<SqlPrediction> {
        let (year, month, day) = TODAY;
        let today = CalendarDay::new(year, month, day).unwrap_or_else(|| CalendarDay::year(year));
        let schema = schema(&mut self.schemas, case);
        let start = Instant::now();
        let found = answer(schema, &case.question, SqlDialect::Sqlite, today);
        self.seconds.push(start.elapsed().as_secs_f64());
        found.readings.into_iter().map(prediction).collect()
    }

    /// What a model writes; nothing if it fails.
    fn written(
        &mut self,
        case: &SqlCase,
        model: &mut EngineModel,
        is_free: bool,
    ) -> Vec<SqlPrediction> {
        let schema = schema(&mut self.schemas, case);
        let start = Instant::now();
        let task = task(schema, &case.question, SqlDialect::Sqlite);
        let written = match is_free {
            true => freely_here(model, &task),
            false => within_mask(model, &task),
        };
        self.seconds.push(start.elapsed().as_secs_f64());
        let reading = written.unwrap_or_else(|error| Err(error.to_string()));
        reading.ok().map(prediction).into_iter().collect()
    }

    /// The mean log-likelihood of a token of each prediction, in nats, after the schema and the
    /// question.
    fn likelihoods(
        &self,
        case: &SqlCase,
        found: &[SqlPrediction],
        model: &mut EngineModel,
    ) -> anyhow::Result<Vec<f64>> {
        let Some(schema) = self.schemas.get(&case.schema).filter(|_| found.len() > 1) else {
            return Ok(vec![0.0; found.len()]);
        };
        let prompt = Prompt {
            segments: vec![Segment::Text(prompt(schema, &case.question))],
            ..Prompt::default()
        };
        let continuation = |found: &SqlPrediction| {
            let text = found.sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = text.strip_prefix("SELECT").unwrap_or(&text).to_owned();
            vec![Segment::Text(text)]
        };
        let continuations: Vec<_> = found.iter().map(continuation).collect();
        let scores = model.score(&prompt, &continuations)?;
        let mean = |scores: &Vec<f32>| {
            let sum: f64 = scores.iter().map(|score| f64::from(*score)).sum();
            sum / scores.len().max(1) as f64
        };
        Ok(scores.iter().map(mean).collect())
    }
}

/// The schema of a case, prepared once.
fn schema<'s>(
    schemas: &'s mut HashMap<String, QuestionSchema>,
    case: &SqlCase,
) -> &'s QuestionSchema {
    schemas.entry(case.schema.clone()).or_insert_with(|| {
        let file = ("schema.sql".to_owned(), case.schema.clone().into_bytes());
        QuestionSchema::new(&data::find::in_files(vec![file]))
    })
}

fn prediction(reading: Reading) -> SqlPrediction {
    SqlPrediction {
        is_shown: reading.is_sure(),
        confidence: f64::from(reading.confidence),
        sql: reading.sql,
    }
}
