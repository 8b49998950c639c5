//! What a hover shows of a data file: its columns with their types.

use crate::assignments::DataFrame;
use crate::complete::file_name;
use crate::frame_code::FrameCode;
use crate::{FrameColumn, FrameColumns};
use data::CodeTokenKind;
use std::fmt::Write;
use std::ops::Range;

/// What a hover shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnHover {
    /// What it is about, in bytes.
    pub range: Range<usize>,
    /// The path of the data file, as the code names it.
    pub path: String,
    /// The column that is meant; none for the whole file.
    pub column: Option<String>,
}

/// The most columns that are shown.
const MAX_SHOWN: usize = 40;

impl FrameCode<'_> {
    /// What there is to say at an offset: of a path, a frame, or a column of one.
    pub fn hover(&self, offset: usize) -> Option<ColumnHover> {
        let is_here = |range: &Range<usize>| range.start <= offset && offset < range.end;
        let at = self
            .code
            .tokens
            .iter()
            .position(|token| is_here(&token.range))?;
        let path = self.paths.iter().find(|path| path.token == at);
        if let Some(path) = path {
            return Some(ColumnHover {
                range: path.range.clone(),
                path: path.path.clone(),
                column: None,
            });
        }
        let about = |frame: &DataFrame, range: Range<usize>, column| ColumnHover {
            range,
            path: frame.path.clone(),
            column,
        };
        match self.code.kind(at)? {
            CodeTokenKind::Text => {
                let frame = &self.frames[self.frame_of_text(at)?];
                Some(about(frame, self.code.inside(at).0, self.code.content(at)))
            }
            CodeTokenKind::Word if at == 0 || !self.code.is_mark(at - 1, b'.') => {
                let frame = &self.frames[self.frame_named(self.code.at(at), at + 1)?];
                Some(about(frame, self.code.tokens[at].range.clone(), None))
            }
            _ => None,
        }
    }
}

impl ColumnHover {
    /// The text in Markdown; `None` if the file or the column is not there.
    pub fn markdown(&self, files: &dyn FrameColumns) -> Option<String> {
        let columns = files.columns(&self.path)?;
        let file = file_name(&self.path);
        if let Some(name) = &self.column {
            let column = columns.iter().find(|column| column.name == *name)?;
            return Some(format!("`{name}`: {} in `{file}`", column.kind));
        }
        let mut text = format!("`{file}`: {} columns\n\n", columns.len());
        text.push_str("| column | type |\n|---|---|\n");
        for FrameColumn { name, kind, .. } in columns.iter().take(MAX_SHOWN) {
            let name = name.replace('|', "\\|").replace(['\n', '\r'], " ");
            let _ = writeln!(text, "| `{name}` | {kind} |");
        }
        if columns.len() > MAX_SHOWN {
            let _ = writeln!(text, "\nand {} more", columns.len() - MAX_SHOWN);
        }
        Some(text)
    }
}
