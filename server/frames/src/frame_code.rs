//! Code with the variables that data files were read into: what the other files of this crate are
//! asked about.

use crate::assignments::{self, DataFrame, DataPath};
use crate::changes;
use crate::code::TokenCode;
use crate::rows;

/// Longer code is not looked at, in bytes.
const MAX_BYTES: usize = 512 << 10;

/// Code with the variables that data files were read into.
pub struct FrameCode<'a> {
    pub(crate) code: TokenCode<'a>,
    pub(crate) is_python: bool,
    /// The data files that texts name, in the order of the code.
    pub paths: Vec<DataPath>,
    /// The variables that hold their tables, in the order of the code.
    pub frames: Vec<DataFrame>,
}

impl<'a> FrameCode<'a> {
    /// Reads code of a language, by its id; `None` if it has no grammar, is very long, or names no
    /// data file.
    pub fn of(text: &'a str, language: &str) -> Option<Self> {
        if text.len() > MAX_BYTES || !assignments::may_name_data(text) {
            return None;
        }
        let code = TokenCode::of(text, language)?;
        let is_python = language == "python";
        let paths = assignments::paths(&code);
        if paths.is_empty() {
            return None;
        }
        let mut frames = assignments::frames(&code, &paths, is_python);
        for at in 0..frames.len() {
            let is_exact = frames[at].is_exact && !changes::is_changed(&code, &frames[at], &frames);
            frames[at].added = changes::added(&code, &frames[at]);
            frames[at].is_exact = is_exact;
        }
        if is_python && text.contains("DictReader") {
            frames.extend(rows::rows(&code, &paths));
            frames.sort_by_key(|frame| frame.token);
        }
        Some(Self {
            code,
            is_python,
            paths,
            frames,
        })
    }
}
