//! `nigh schema`: the tables and columns that a project's sources describe.
//!
//! Exit status: 0 tables were found, 1 none was, 2 an error.

use super::print;
use anyhow::Context;
use clap::builder::PossibleValuesParser;
use data::find::SchemaSources;
use data::print::{account, statements, text};
use data::{Schema, SqlDialect};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nigh schema`.
#[derive(clap::Args)]
pub struct PrintSchema {
    /// Folders (all their sources that no ignore file names), and files; the current folder if
    /// none is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print CREATE TABLE statements in this dialect
    #[arg(long, value_name = "DIALECT", conflicts_with = "json", value_parser = dialects())]
    dialect: Option<String>,
    /// Print neither sources nor notes
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
}

fn dialects() -> PossibleValuesParser {
    PossibleValuesParser::new(SqlDialect::ALL.map(|(name, _)| name))
}

impl PrintSchema {
    /// Prints the schema of all paths. What cannot be read is reported on standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let here = vec![PathBuf::from(".")];
        let paths = if self.paths.is_empty() {
            &here
        } else {
            &self.paths
        };
        let (mut sources, mut failed) = (SchemaSources::default(), false);
        for path in paths {
            if let Err(error) = add(&mut sources, path) {
                eprintln!("nigh: {error:#}");
                failed = true;
            }
        }
        let schema = sources.schema();
        self.print(&schema)?;
        let is_empty = schema.tables.is_empty();
        if is_empty && !failed {
            let named: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            eprintln!(
                "nigh: no table is described in {}: it has no SQL, migrations, models or SQLite \
                 file; name another path",
                named.join(", ")
            );
        }
        Ok(ExitCode::from(if failed { 2 } else { u8::from(is_empty) }))
    }

    fn print(&self, schema: &Schema) -> anyhow::Result<()> {
        if self.json {
            return print(&format!("{:#}\n", serde_json::to_value(schema)?));
        }
        let dialect = self.dialect.as_deref().and_then(SqlDialect::named);
        let mut whole = match dialect {
            Some(dialect) => statements(schema, dialect),
            None => text(schema),
        };
        if !self.quiet {
            whole.push_str(&account(schema));
        }
        print(&whole)
    }
}

/// The schema of folders and files.
///
/// # Errors
///
/// If one cannot be read or describes no table.
pub fn schema_of(paths: &[PathBuf]) -> anyhow::Result<Schema> {
    let mut sources = SchemaSources::default();
    for path in paths {
        add(&mut sources, path)?;
    }
    Ok(sources.schema())
}

/// Adds a folder, or a file.
fn add(sources: &mut SchemaSources, path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let whole = std::fs::canonicalize(path).with_context(|| format!("cannot read {shown}"))?;
    if whole.is_dir() {
        anyhow::ensure!(
            workspace::is_project(&whole),
            "{shown} is a whole disk, a home folder or a folder for temporary files: name a folder \
             in it"
        );
        let prefix = path.to_string_lossy().replace('\\', "/");
        let prefix = prefix.trim_end_matches('/').trim_start_matches("./");
        let prefix = if matches!(prefix, "." | "") {
            String::new()
        } else {
            format!("{prefix}/")
        };
        sources.add_folder(path, &prefix);
        return Ok(());
    }
    anyhow::ensure!(
        whole.is_file(),
        "{shown} is no file that can be read as a whole"
    );
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let name = path.to_string_lossy().replace('\\', "/");
    anyhow::ensure!(
        sources.add(&name, bytes),
        "{shown} describes no table in a way that nigh reads; docs/commands.md lists the sources"
    );
    sources.note_log(&name, path);
    Ok(())
}
