//! Names of tables and columns in documents: completed, shown, and marked where they are wrong.
//!
//! Two products know them: `sql` for statements, with the schema of the workspace folder
//! (`schemas/`), and `frames` for code that reads data files (`data_files.rs`). Both run on threads
//! for blocking work. What is wrong becomes a [`bugs::Bug`], so that it is shown, fixed, silenced
//! and dismissed like all others.

mod ghost;
mod problems;
mod queries;
mod sql_texts;

use crate::assistant::Assistant;
use crate::blocking::{WorkFailed, blocking};
use crate::data_files::DataFiles;
use crate::documents::{DocumentSnapshot, Documents};
use crate::schemas::{ProjectSchema, Schemas};
use crate::settings::{SharedSettings, SqlSettings};
use crate::uri::file_path;
use data::{Origin, SqlDialect};
use frames::FrameCode;
pub(crate) use ghost::KnownCompletion;
pub use problems::{SqlBugs, sql_bugs};
pub use queries::{QueryChoice, QueryOffer};
use sql::names::{CompletionKind, NameCompletion};
use sql_texts::SqlText;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Larger documents are not looked at, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// What a name in the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameItemKind {
    /// A table, a view or a common table expression.
    Table,
    /// A column.
    Column,
    /// A join with its condition.
    Join,
    /// An alias of a table.
    Alias,
    /// A value that a column may have.
    Value,
}

/// A name to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameItem {
    /// What the list shows.
    pub label: String,
    /// What replaces `range`.
    pub text: String,
    /// What is replaced, in bytes.
    pub range: Range<usize>,
    /// What is typed to find it.
    pub filter: String,
    /// What it is.
    pub kind: NameItemKind,
    /// Its type, and where it belongs; may be empty.
    pub detail: String,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// Its place in the list, from 0.
    pub rank: usize,
}

/// What a hover shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameHoverText {
    /// What it is about, in bytes.
    pub range: Range<usize>,
    /// The text.
    pub markdown: String,
}

/// Where a table or a column is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionPlace {
    /// The file.
    pub file: PathBuf,
    /// The line, from 0.
    pub line: u32,
}

/// The names that the documents of a workspace can use.
pub struct WorkspaceNames {
    documents: Arc<Documents>,
    settings: Arc<SharedSettings>,
    /// The schemas of the workspace's folders.
    pub(crate) schemas: Arc<Schemas>,
    files: DataFiles,
}

/// What one document can see.
pub(crate) struct Surroundings {
    pub document: DocumentSnapshot,
    pub root: Option<PathBuf>,
    pub schema: Option<Arc<ProjectSchema>>,
    /// The dialect that statements are checked in, if it is known.
    pub dialect: Option<SqlDialect>,
}

impl WorkspaceNames {
    /// Reads nothing before it is asked.
    pub fn new(documents: Arc<Documents>, settings: Arc<SharedSettings>) -> Self {
        Self {
            documents,
            settings,
            schemas: Arc::default(),
            files: DataFiles::default(),
        }
    }

    /// The workspace folder of a document; without one, the folder that its file is in.
    fn root_of(&self, uri: &str) -> Option<PathBuf> {
        self.documents.root_of(uri).or_else(|| {
            let folder = file_path(uri)?.parent()?.to_owned();
            (!workspace::is_broad(&folder)).then_some(folder)
        })
    }

    fn sql_settings(&self) -> SqlSettings {
        self.settings.get().sql
    }

    /// What a document can see; `None` if names are off, or it is not looked at. Has the schema
    /// read where the document holds SQL.
    pub(crate) fn around(&self, document: DocumentSnapshot) -> Option<Surroundings> {
        let settings = self.sql_settings();
        let size = document.snapshot.rope().len_bytes();
        if !settings.enabled || size > MAX_BYTES || document.is_secret {
            return None;
        }
        let root = self.root_of(&document.uri);
        let schema = root
            .as_deref()
            .filter(|_| sql_texts::may_hold_sql(&document))
            .and_then(|root| self.schemas.of(root));
        let of_project = schema.as_ref().and_then(|schema| schema.schema.dialect);
        Some(Surroundings {
            dialect: settings.dialect.dialect().or(of_project),
            document,
            root,
            schema,
        })
    }

    /// Names the state of all that a document's names depend on besides its text.
    pub(crate) fn state(&self, document: &DocumentSnapshot) -> u64 {
        let around = self.around(document.clone());
        let schema = around.and_then(|around| around.schema);
        schema.map_or(0, |schema| schema.generation)
    }

    /// What a closure makes of the code and the data files near it; `None` where code reads none.
    fn with_frames<T>(
        &self,
        around: &Surroundings,
        of: impl FnOnce(&FrameCode<'_>, &dyn frames::FrameColumns) -> Option<T>,
    ) -> Option<T> {
        let (file, root) = (file_path(&around.document.uri)?, around.root.as_deref()?);
        let language = around.document.grammar?.id;
        let text = around.document.snapshot.rope().to_string();
        let code = FrameCode::of(&text, language)?;
        let near = self.files.near(file.parent()?, root);
        of(&code, &near)
    }

    fn items(&self, around: &Surroundings, offset: usize) -> Vec<NameItem> {
        let columns = self.with_frames(around, |code, files| {
            let found = code.complete(offset, files);
            Some(found.into_iter().map(column_item).collect::<Vec<_>>())
        });
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            return columns;
        }
        let Some((text, schema)) = sql_at(around, offset) else {
            return Vec::new();
        };
        let Some(inner) = text.to_sql(offset) else {
            return Vec::new();
        };
        let found = sql::names::complete(&schema.names, text.sql(), inner, around.dialect);
        let items = found.into_iter().filter_map(|found| sql_item(&text, found));
        items.collect()
    }

    fn hover(&self, around: &Surroundings, offset: usize) -> Option<NameHoverText> {
        let of_frame = self.with_frames(around, |code, files| {
            let found = code.hover(offset)?;
            let markdown = found.markdown(files)?;
            Some(NameHoverText {
                range: found.range,
                markdown,
            })
        });
        of_frame.or_else(|| {
            let (text, schema) = sql_at(around, offset)?;
            let found = sql::names::hover(
                &schema.names,
                text.sql(),
                text.to_sql(offset)?,
                around.dialect,
            )?;
            Some(NameHoverText {
                range: text.to_document(&found.range)?,
                markdown: found.markdown,
            })
        })
    }

    /// The file that a document names by this path.
    pub(crate) fn data_file(&self, document: &DocumentSnapshot, path: &str) -> Option<PathBuf> {
        let (file, root) = (file_path(&document.uri)?, self.root_of(&document.uri)?);
        self.files.near(file.parent()?, &root).resolve(path)
    }

    /// The path of the data file that is named at an offset, if there is such a file.
    fn data_path(&self, around: &Surroundings, offset: usize) -> Option<String> {
        let named = self.with_frames(around, |code, _| {
            let is_here =
                |path: &&frames::DataPath| path.range.start <= offset && offset <= path.range.end;
            code.paths
                .iter()
                .find(is_here)
                .map(|path| path.path.clone())
        })?;
        self.data_file(&around.document, &named).map(|_| named)
    }

    fn definition(&self, around: &Surroundings, offset: usize) -> Option<DefinitionPlace> {
        let (text, schema) = sql_at(around, offset)?;
        let origin = sql::names::definition(
            &schema.names,
            text.sql(),
            text.to_sql(offset)?,
            around.dialect,
        )?;
        let Origin { path, line, .. } = origin;
        Some(DefinitionPlace {
            file: around.root.as_deref()?.join(Path::new(&*path)),
            line: line.checked_sub(1)?,
        })
    }
}

impl Assistant {
    /// The tables and columns that can be named at a place of a document.
    pub async fn names(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<Vec<NameItem>, WorkFailed> {
        let Some(around) = self.names.around(document) else {
            return Ok(Vec::new());
        };
        let names = Arc::clone(&self.names);
        blocking(move || names.items(&around, offset)).await
    }

    /// What there is to say of a name at a place of a document.
    pub async fn name_hover(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<Option<NameHoverText>, WorkFailed> {
        let Some(around) = self.names.around(document) else {
            return Ok(None);
        };
        let names = Arc::clone(&self.names);
        blocking(move || names.hover(&around, offset)).await
    }

    /// The path of a data file that a document names at a place; `None` if there is no such file.
    pub async fn data_path(&self, document: DocumentSnapshot, offset: usize) -> Option<String> {
        let around = self.names.around(document)?;
        let names = Arc::clone(&self.names);
        blocking(move || names.data_path(&around, offset))
            .await
            .ok()?
    }

    /// Where the table or the column at a place of a document is defined.
    pub async fn name_definition(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<Option<DefinitionPlace>, WorkFailed> {
        let Some(around) = self.names.around(document) else {
            return Ok(None);
        };
        let names = Arc::clone(&self.names);
        blocking(move || names.definition(&around, offset)).await
    }
}

/// The statement at a place, and the schema that its names are looked up in.
fn sql_at(around: &Surroundings, offset: usize) -> Option<(SqlText, &ProjectSchema)> {
    let schema = around.schema.as_deref()?;
    let mut texts = sql_texts::of(&around.document).into_iter();
    let text = texts.find(|text| text.to_sql(offset).is_some())?;
    Some((text.around(offset), schema))
}

fn column_item(found: frames::ColumnCompletion) -> NameItem {
    NameItem {
        label: found.name.clone(),
        filter: found.name,
        text: found.text,
        range: found.range,
        kind: NameItemKind::Column,
        detail: found.detail,
        documentation: None,
        rank: found.rank,
    }
}

/// The name as it is written in the document; `None` where its string cannot hold it.
fn sql_item(text: &SqlText, found: NameCompletion) -> Option<NameItem> {
    let kind = match found.kind {
        CompletionKind::Table | CompletionKind::View => NameItemKind::Table,
        CompletionKind::Column => NameItemKind::Column,
        CompletionKind::Join => NameItemKind::Join,
        CompletionKind::Alias => NameItemKind::Alias,
        CompletionKind::Value => NameItemKind::Value,
    };
    Some(NameItem {
        range: text.to_document(&found.range)?,
        text: text.written(&found.insert)?,
        filter: found.label.clone(),
        label: found.label,
        kind,
        detail: found.detail.unwrap_or_default(),
        documentation: found.documentation,
        rank: found.rank as usize,
    })
}
