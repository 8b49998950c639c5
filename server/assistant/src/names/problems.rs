//! What is wrong with the names of a document, as bugs.

use super::sql_texts::{self, SqlText};
use super::{Surroundings, WorkspaceNames};
use bugs::{Bug, Finding, Level, is_silenced};
use context::Snapshot;
use data::SqlDialect;
use sql::names::{SchemaNames, resolve_all};
use text::Edit;

/// The check that a replacement has passed: it is a name that the schema or the file has.
const SCHEMA_CHECK: &str = "schema";
/// The code of a column that a data file does not have.
const UNKNOWN_FILE_COLUMN: &str = "unknown-file-column";

impl WorkspaceNames {
    /// What is wrong with the names of a document, in the order of the text. Blocks.
    pub(crate) fn bugs(&self, around: &Surroundings) -> Vec<Bug> {
        let mut bugs = Vec::new();
        let columns = self.with_frames(around, |code, files| Some(code.check(files)));
        for problem in columns.unwrap_or_default() {
            let edit = Edit::replace(problem.range.clone(), problem.replacement.clone());
            let title = format!("Change to `{}`", problem.replacement);
            let finding = Finding {
                code: UNKNOWN_FILE_COLUMN,
                ..Finding::new(problem.range, problem.message, title, vec![edit])
            };
            bugs.push(bug(finding));
        }
        let path = &around.document.snapshot.path;
        let schema = around.schema.as_ref();
        if let Some(schema) = schema.filter(|schema| schema.names.applies_to(path)) {
            let texts = sql_texts::of(&around.document);
            bugs.extend(of_texts(&texts, &schema.names, around.dialect).bugs);
        }
        if !bugs.is_empty() {
            unsilenced(&mut bugs, &around.document.snapshot.rope().to_string());
        }
        bugs.sort_by_key(|bug| bug.finding.range.start);
        bugs
    }
}

/// What a check of the SQL in a file found.
#[derive(Default)]
pub struct SqlBugs {
    /// What is wrong.
    pub bugs: Vec<Bug>,
    /// How many statements name a table that the schema has.
    pub statements: usize,
    /// Those on tables of which not all columns are known.
    pub incomplete: usize,
}

/// What is wrong with the names in the SQL of a file, in a language by the id of its grammar, whose
/// tree is up to date. Nothing in migrations and tests, which have schemas of their own.
pub fn sql_bugs(
    snapshot: &Snapshot,
    language: &str,
    names: &SchemaNames,
    dialect: Option<SqlDialect>,
) -> SqlBugs {
    if !names.applies_to(&snapshot.path) {
        return SqlBugs::default();
    }
    let mut found = of_texts(&sql_texts::in_snapshot(snapshot, language), names, dialect);
    unsilenced(&mut found.bugs, &snapshot.rope().to_string());
    found
}

/// Leaves out what comments silence.
fn unsilenced(bugs: &mut Vec<Bug>, text: &str) {
    bugs.retain(|bug| !is_silenced(text, bug.finding.range.start, bug.finding.code));
}

/// What is wrong with the names in the texts of a file.
fn of_texts(texts: &[SqlText], names: &SchemaNames, dialect: Option<SqlDialect>) -> SqlBugs {
    let texts: Vec<&SqlText> = texts.iter().filter(|text| text.is_certain()).collect();
    let statements: Vec<&str> = texts.iter().map(|text| text.sql()).collect();
    let mut found = SqlBugs::default();
    for (text, resolved) in texts.iter().zip(resolve_all(names, &statements, dialect)) {
        found.statements += resolved.understood.len();
        found.incomplete += resolved.incomplete;
        for problem in resolved.problems {
            let Some(range) = text.to_document(&problem.range) else {
                continue;
            };
            let replacement = problem.replacements.first();
            let written = replacement.and_then(|name| text.written(name));
            let edits = written.map(|written| Edit::replace(range.clone(), written));
            let title = replacement.map(|name| format!("Change to `{name}`"));
            let finding = Finding {
                code: problem.kind.id(),
                ..Finding::new(
                    range,
                    problem.message,
                    title.unwrap_or_default(),
                    edits.into_iter().collect(),
                )
            };
            found.bugs.push(bug(finding));
        }
    }
    found
}

fn bug(finding: Finding) -> Bug {
    Bug {
        finding,
        level: Level::Names,
        passed_checks: vec![SCHEMA_CHECK.to_owned()],
        function: None,
        function_start: 0,
    }
}

#[cfg(test)]
mod tests {
    use sql::names::NameProblemKind;

    #[test]
    fn every_kind_has_its_code_in_the_list() {
        for kind in [
            NameProblemKind::UnknownTable,
            NameProblemKind::UnknownColumn,
            NameProblemKind::UnknownAlias,
            NameProblemKind::AmbiguousColumn,
            NameProblemKind::EqualsNull,
            NameProblemKind::NotGrouped,
            NameProblemKind::ValueCount,
        ] {
            assert!(bugs::SCHEMA_CODES.contains(&kind.id()), "{kind:?}");
        }
    }
}
