//! The schema of one folder, with what is made of it once: names, words and the database that
//! proves queries.

use crate::model::Model;
use crate::written_queries::{WrittenQuery, write_query};
use context::GenerateError;
use data::{Schema, SqlDialect};
use sql::names::SchemaNames;
use sql::query::dates::CalendarDay;
use sql::question::{Answer, QuestionSchema, answer, task};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_OF_DAY: u64 = 24 * 3600;
/// The largest file of code that is read for changes of tables, and all together, in bytes.
const MAX_FILE: u64 = 1 << 20;
const MAX_CODE: usize = 64 << 20;
/// A word that statements which change tables have.
const TABLE: &str = "table";

/// Names the next schema that is read.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What the sources of a folder describe.
pub struct ProjectSchema {
    /// The tables.
    pub schema: Arc<Schema>,
    /// Their names, to be looked up.
    pub names: SchemaNames,
    /// Names this reading of the sources.
    pub generation: u64,
    /// Made when the first question is asked; its database is of one thread at a time.
    questions: Mutex<Option<QuestionSchema>>,
    /// The same for a model that writes, so that no question waits for it.
    writing: Mutex<Option<QuestionSchema>>,
}

impl ProjectSchema {
    /// Reads all sources of a folder that no rule leaves out.
    pub fn read(root: &Path) -> Self {
        let mut project = Self::of(data::find::in_folder(root));
        if !project.schema.tables.is_empty() {
            doubt_what_code_changes(&mut project.names, root);
        }
        project
    }

    /// With what is made of a schema.
    pub fn of(schema: Schema) -> Self {
        let schema = Arc::new(schema);
        Self {
            names: SchemaNames::new(Arc::clone(&schema)),
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
            schema,
            questions: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// The dialect to write in: that of the settings, else the one that the project speaks, else
    /// SQLite's, which uses little that others do not know.
    pub fn dialect(&self, chosen: Option<SqlDialect>) -> SqlDialect {
        chosen.or(self.schema.dialect).unwrap_or(SqlDialect::Sqlite)
    }

    /// The queries that a question may mean. Blocks.
    pub fn answer(&self, question: &str, chosen: Option<SqlDialect>) -> Answer {
        let dialect = self.dialect(chosen);
        self.asked(&self.questions, |schema| {
            answer(schema, question, dialect, today())
        })
    }

    /// The query that a model writes for a question. Blocks as long as the model takes.
    ///
    /// # Errors
    /// If the model fails, or the query is no longer wanted.
    pub fn written_by(
        &self,
        model: &mut dyn Model,
        question: &str,
        chosen: Option<SqlDialect>,
    ) -> Result<WrittenQuery, GenerateError> {
        let dialect = self.dialect(chosen);
        self.asked(&self.writing, |schema| {
            write_query(model, &task(schema, question, dialect))
        })
    }

    fn asked<T>(
        &self,
        prepared: &Mutex<Option<QuestionSchema>>,
        ask: impl FnOnce(&QuestionSchema) -> T,
    ) -> T {
        let mut prepared = prepared.lock().unwrap_or_else(PoisonError::into_inner);
        ask(prepared.get_or_insert_with(|| QuestionSchema::new(&self.schema)))
    }
}

/// Reads the code of a folder: statements in it may add tables and columns to the schema.
pub fn doubt_what_code_changes(names: &mut SchemaNames, root: &Path) {
    let is_code = |path: &Path| grammars::by_path(path).is_some();
    let mut left = MAX_CODE;
    for found in workspace::files_where(root, &is_code, MAX_FILE) {
        let bytes = workspace::bytes_of(&found.path, MAX_FILE).unwrap_or_default();
        left = left.saturating_sub(bytes.len());
        if left == 0 {
            tracing::warn!("more code than is read for changes of tables");
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.to_ascii_lowercase().contains(TABLE) {
            names.doubt(&text);
        }
    }
}

/// The day in universal time.
pub fn today() -> CalendarDay {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    CalendarDay::since_epoch(since.unwrap_or_default().as_secs() / SECONDS_OF_DAY)
}
