//! `sql`: a query for a question, or wrong names in files. Nothing is run.

use super::places::bug_item;
use crate::arguments::Arguments;
use crate::project::Project;
use crate::reply::{Reply, ReplyItem};
use crate::stop::Stop;
use assistant::names::sql_bugs;
use assistant::schemas::ProjectSchema;
use data::{Schema, SqlDialect};
use serde_json::json;
use sql::question::Reading;

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let question = arguments.optional_text("question")?;
    let files = arguments.paths("check")?;
    let dialect = dialect(arguments.optional_text("dialect")?)?;
    let mut reply = Reply::new(arguments.budget()?, &["queries", "problems"]);
    match (question, files.is_empty()) {
        (Some(question), true) => answer(project, question, dialect, &mut reply)?,
        (None, false) => check(project, &files, dialect, stop, &mut reply)?,
        _ => return Err("give either `question` or `check`".into()),
    }
    Ok(reply)
}

fn dialect(name: Option<&str>) -> Result<Option<SqlDialect>, String> {
    let Some(name) = name else { return Ok(None) };
    let names = SqlDialect::ALL.map(|(name, _)| name).join(", ");
    let dialect = SqlDialect::named(name);
    match dialect {
        Some(dialect) => Ok(Some(dialect)),
        None => Err(format!("`dialect` must be one of {names}")),
    }
}

fn answer(
    project: &Project,
    question: &str,
    dialect: Option<SqlDialect>,
    reply: &mut Reply,
) -> Result<(), String> {
    let schema = ProjectSchema::of(data::find::in_folder(&project.root));
    must_have_tables(&schema.schema)?;
    let answer = schema.answer(question, dialect);
    let summary = match (&answer.refusal, answer.readings.len()) {
        (Some(why), _) => why.clone(),
        (None, 1) => "One query; it prepares on the project's tables.".to_owned(),
        (None, count) => format!("{count} readings of the question; each prepares."),
    };
    reply.summary(&summary);
    for reading in &answer.readings {
        reply.add("queries", query_item(reading));
    }
    read_sources(project, &schema.schema, reply);
    Ok(())
}

fn query_item(reading: &Reading) -> ReplyItem {
    let (sql, title, unknown) = (&reading.sql, &reading.title, &reading.unknown_words);
    let unclear = match unknown.is_empty() {
        true => String::new(),
        false => format!("-- not understood: {}\n", unknown.join(", ")),
    };
    ReplyItem {
        file: None,
        json: json!({
            "sql": sql, "title": title, "isSure": reading.is_sure(), "unknownWords": unknown,
        }),
        text: format!("-- {title}\n{unclear}{sql};"),
    }
}

fn check(
    project: &Project,
    paths: &[String],
    dialect: Option<SqlDialect>,
    stop: &Stop,
    reply: &mut Reply,
) -> Result<(), String> {
    let named = project.code_files(paths)?;
    let schema = ProjectSchema::read(&project.root);
    must_have_tables(&schema.schema)?;
    let dialect = dialect.or(schema.schema.dialect);
    let (mut items, mut unsure) = (Vec::new(), 0);
    for (at, file) in named.files.iter().enumerate() {
        if !stop.goes_on() {
            let left = named.files.len() - at;
            reply.incomplete(format!("time is up: {left} files were not read"));
            break;
        }
        let file = match project.read(file) {
            Ok(file) => file,
            Err(why) if named.are_named => return Err(why),
            Err(why) => {
                reply.incomplete(why);
                continue;
            }
        };
        reply.read(&file.name, &file.hash);
        let snapshot = file.file.snapshot();
        let checked = sql_bugs(snapshot, &snapshot.language, &schema.names, dialect);
        unsure += checked.incomplete;
        items.extend(checked.bugs.iter().map(|bug| bug_item(&file, bug)));
    }
    let files = named.files.len();
    if !schema.schema.is_complete() {
        reply.incomplete("parts of the schema were not understood, so fewer names are checked");
    }
    if unsure > 0 {
        reply.incomplete(format!(
            "{unsure} statements use tables of which not all columns are known"
        ));
    }
    let summary = match (items.len(), reply.is_complete()) {
        (0, true) => format!("All names of tables and columns in {files} files exist."),
        (0, false) => format!("No wrong name found so far, in {files} files."),
        (count, _) => format!("{count} problems in {files} files."),
    };
    reply.summary(&summary);
    for item in items {
        reply.add("problems", item);
    }
    read_sources(project, &schema.schema, reply);
    Ok(())
}

fn must_have_tables(schema: &Schema) -> Result<(), String> {
    match schema.tables.is_empty() {
        true => Err(
            "no table is described in this project: it has no SQL, migrations, models or \
                     SQLite file"
                .into(),
        ),
        false => Ok(()),
    }
}

/// Names the files that describe the tables.
fn read_sources(project: &Project, schema: &Schema, reply: &mut Reply) {
    let paths = schema.sources.iter().flat_map(|source| &source.paths);
    for path in paths {
        if let Some((hash, _)) = project.state(path) {
            reply.read(path, &hash);
        }
    }
}
