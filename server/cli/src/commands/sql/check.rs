//! `nigh sql --check`: names of tables and columns that do not exist, in SQL and in the strings of
//! code.
//!
//! Exit status: 0 nothing found, 1 something found, 2 an error.

use crate::commands::diagnose::{as_json, as_text};
use crate::commands::print;
use crate::commands::source::read_all;
use assistant::names::sql_bugs;
use assistant::schemas::doubt_what_code_changes;
use data::{Schema, SqlDialect};
use sql::names::SchemaNames;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Prints what is wrong in these files and folders. The code in `roots` may change the schema.
pub fn check(
    files: &[PathBuf],
    roots: &[PathBuf],
    schema: Schema,
    dialect: Option<SqlDialect>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let dialect = dialect.or(schema.dialect);
    if !schema.is_complete() {
        eprintln!(
            "nigh: parts of the schema were not understood, so fewer names are checked; `nigh \
             schema` lists them"
        );
    }
    let mut names = SchemaNames::new(Arc::new(schema));
    for root in roots {
        doubt_what_code_changes(&mut names, root);
    }
    let (mut found, mut failed) = (false, false);
    let (mut statements, mut incomplete) = (0, 0);
    for source in read_all(files) {
        let source = match source {
            Ok(source) => source,
            Err(error) => {
                eprintln!("nigh: {error:#}");
                failed = true;
                continue;
            }
        };
        let snapshot = source.snapshot();
        let checked = sql_bugs(snapshot, &snapshot.language, &names, dialect);
        statements += checked.statements;
        incomplete += checked.incomplete;
        let bugs = checked.bugs;
        found |= !bugs.is_empty();
        let show = if json { as_json } else { as_text };
        let lines: String = bugs.iter().map(|bug| show(&source, bug)).collect();
        print(&lines)?;
    }
    if incomplete > 0 {
        eprintln!(
            "nigh: {incomplete} of {statements} statements use tables or views of which not all \
             columns are known, so not all of their names were checked"
        );
    }
    Ok(ExitCode::from(if failed { 2 } else { u8::from(found) }))
}
