//! What a place in code asks for: the column of which frame.

use crate::assignments::DataFrame;
use crate::frame_code::FrameCode;
use data::CodeTokenKind;
use std::ops::Range;

/// Methods whose texts are columns of what they are called on.
const COLUMN_METHODS: &[&str] = &[
    "groupby",
    "group_by",
    "groupBy",
    "sort_values",
    "sort",
    "sort_by",
    "orderBy",
    "drop",
    "drop_duplicates",
    "dropna",
    "select",
    "set_index",
    "pivot",
    "pivot_table",
    "melt",
    "unpivot",
    "merge",
    "join",
    "agg",
    "aggregate",
    "filter",
    "rename",
    "astype",
    "cast",
    "nlargest",
    "nsmallest",
    "value_counts",
    "explode",
    "unique",
    "n_unique",
    "get_column",
    "column",
    "get",
    "pop",
    "insert",
    "plot",
    "line",
    "bar",
    "barh",
    "scatter",
    "hist",
    "box",
    "boxplot",
    "corr",
    "partition_by",
    "top_k",
    "bottom_k",
    "with_columns",
    "fillna",
    "fill_null",
    "quantile",
    "duplicated",
];

/// Functions that make an expression of a column's name.
const COLUMN_FUNCTIONS: &[&str] = &["col", "column", "desc", "asc", "c", "cols"];

/// Arguments whose texts are something else than columns.
const OTHER_ARGUMENTS: &[&str] = &[
    "how",
    "kind",
    "method",
    "on_bad_lines",
    "suffixes",
    "title",
    "label",
    "color",
    "aggfunc",
    "keep",
    "orient",
    "axis",
    "marker",
    "style",
    "cmap",
    "palette",
    "errors",
    "validate",
    "func",
    "var_name",
    "value_name",
    "strategy",
    "fmt",
];

/// A column that is named, or about to be, at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnPlace {
    /// What a name replaces, in bytes.
    pub range: Range<usize>,
    /// What is written before the cursor, or of a whole name.
    pub written: String,
    /// The place of its frame in the list.
    pub frame: usize,
    /// Whether it is an attribute, so that only plain names fit.
    pub is_attribute: bool,
    /// The text's token.
    pub token: usize,
}

impl FrameCode<'_> {
    /// The column that is typed at an offset.
    pub(crate) fn typed_at(&self, offset: usize) -> Option<ColumnPlace> {
        let token = self.token_before(offset)?;
        match self.code.kind(token)? {
            CodeTokenKind::Text => self.typed_in_text(token, offset),
            CodeTokenKind::Mark(b'.') => self.attribute(token, offset..offset),
            CodeTokenKind::Word if token > 0 && self.code.is_mark(token - 1, b'.') => {
                let start = self.code.tokens[token].range.start;
                self.attribute(token - 1, start..offset)
            }
            _ => None,
        }
    }

    /// The last token that begins before an offset and does not end before it.
    fn token_before(&self, offset: usize) -> Option<usize> {
        let next = self
            .code
            .tokens
            .partition_point(|token| token.range.start < offset);
        let token = next.checked_sub(1)?;
        (offset <= self.code.tokens[token].range.end).then_some(token)
    }

    fn typed_in_text(&self, token: usize, offset: usize) -> Option<ColumnPlace> {
        let (inside, is_closed) = self.code.inside(token);
        if offset < inside.start || offset > inside.end {
            return None;
        }
        let frame = self.frame_of_text(token)?;
        // A text that is not closed goes on to the end of its line.
        let end = if is_closed { inside.end } else { offset };
        Some(ColumnPlace {
            written: self.code.text[inside.start..offset].to_owned(),
            range: inside.start..end,
            frame,
            is_attribute: false,
            token,
        })
    }

    fn attribute(&self, dot: usize, range: Range<usize>) -> Option<ColumnPlace> {
        let name = dot.checked_sub(1)?;
        let is_chain = name > 0 && self.code.is_mark(name - 1, b'.');
        let frame = self
            .frame_named(self.code.word(name)?, name)
            .filter(|frame| !is_chain && !self.frames[*frame].is_row)?;
        Some(ColumnPlace {
            written: self.code.text[range.clone()].to_owned(),
            range,
            frame,
            is_attribute: true,
            token: name,
        })
    }

    /// The frame that a variable is at a token: the last one assigned before it.
    pub(crate) fn frame_named(&self, name: &str, token: usize) -> Option<usize> {
        let is_it = |frame: &DataFrame| frame.name == name && frame.token < token;
        self.frames.iter().rposition(is_it)
    }

    /// The frame of which a text token names a column.
    pub(crate) fn frame_of_text(&self, token: usize) -> Option<usize> {
        let mut at = token;
        // A list in a list in a call is as deep as it gets.
        for _ in 0..4 {
            let open = self.code.enclosing(at)?;
            let before = open.checked_sub(1);
            match (
                self.code.at(open),
                before.and_then(|before| self.code.kind(before)),
            ) {
                ("[", Some(CodeTokenKind::Word | CodeTokenKind::Mark(b')' | b']'))) => {
                    return self.frame_of_subscript(open, token);
                }
                ("(", Some(CodeTokenKind::Word)) => return self.frame_of_call(open, at, token),
                ("{", _) if self.code.is_mark(at.checked_sub(1)?, b':') => return None,
                _ => at = open,
            }
        }
        None
    }

    fn frame_of_subscript(&self, open: usize, token: usize) -> Option<usize> {
        let (root, name) = self.code.chain_start(open - 1)?;
        let frame = self.frame_named(name, root)?;
        let is_own = root == open - 1 || self.is_accessor(open - 1) || self.is_call(open - 1);
        (is_own && token > open).then_some(frame)
    }

    /// `df.loc[` and the like.
    fn is_accessor(&self, word: usize) -> bool {
        matches!(self.code.at(word), "loc" | "at" | "columns")
    }

    /// `df.groupby("a")[`: a call in a chain whose result has the columns of the frame.
    fn is_call(&self, close: usize) -> bool {
        self.code.is_mark(close, b')')
    }

    fn frame_of_call(&self, open: usize, argument: usize, token: usize) -> Option<usize> {
        let function = open - 1;
        let argument = self.argument_name(open, argument);
        if argument.is_some_and(|name| OTHER_ARGUMENTS.contains(&name)) {
            return None;
        }
        if COLUMN_FUNCTIONS.contains(&self.code.at(function)) {
            return self.frame_around(function, token);
        }
        if let Some(frame) = self.data_argument(open, token) {
            return argument.is_some().then_some(frame);
        }
        let dot = function
            .checked_sub(1)
            .filter(|dot| self.code.is_mark(*dot, b'.'))?;
        let (root, name) = self.code.chain_start(dot.checked_sub(1)?)?;
        let frame = self.frame_named(name, root)?;
        COLUMN_METHODS
            .contains(&self.code.at(function))
            .then_some(frame)
    }

    /// The name of the argument that a token is in.
    fn argument_name(&self, open: usize, token: usize) -> Option<&str> {
        let mut at = token;
        while at > open + 1 {
            at -= 1;
            if self.code.is_mark(at, b',') {
                return None;
            }
            if self.code.is_mark(at, b'=') {
                return self.code.word(at - 1);
            }
        }
        None
    }

    /// The frame of `col("` in a chain: that of the calls around it, else the last one read.
    fn frame_around(&self, function: usize, token: usize) -> Option<usize> {
        let mut at = function;
        while let Some(open) = self.code.enclosing(at) {
            let root = open
                .checked_sub(1)
                .and_then(|end| self.code.chain_start(end));
            if let Some(frame) = root.and_then(|(at, name)| self.frame_named(name, at)) {
                return Some(frame);
            }
            at = open;
        }
        let start = self.code.statement_start(token);
        let named = (start..token).find_map(|at| self.frame_named(self.code.word(at)?, at));
        named.or_else(|| self.frames.iter().rposition(|frame| frame.token < token))
    }

    /// The frame in `data=df` of a call, or its first argument, for arguments such as `x="`.
    fn data_argument(&self, open: usize, token: usize) -> Option<usize> {
        let end = self.code.tokens[open]
            .close
            .map_or(self.code.tokens.len(), |close| open + close);
        let named = (open + 1..end.min(open + 64))
            .find(|at| self.code.at(*at) == "data" && self.code.is_mark(at + 1, b'='))
            .map(|data| data + 2);
        let first = Some(open + 1).filter(|first| self.code.is_mark(first + 1, b','));
        let at = named.or(first)?;
        self.frame_named(self.code.word(at)?, token.max(at))
    }
}
