//! Functions in FROM that say which columns their rows have: JSON_TABLE and XMLTABLE.

use super::resolver::Resolver;
use super::scope::Listed;
use std::ops::Range;

/// Functions with COLUMNS in their brackets.
pub(super) const ROW_FUNCTIONS: &[&str] = &["json_table", "xmltable"];

impl Resolver<'_> {
    /// Reads what is between the brackets of such a function. What it returns are the columns of
    /// its rows.
    pub(super) fn rows_of(&mut self, inner: Range<usize>, scope: usize) -> Option<Listed> {
        let columns = self.find(inner.clone(), |at| self.is(at, "columns"));
        self.expression(inner.start..columns, scope, false);
        if columns >= inner.end {
            return None;
        }
        let list = self.group(columns + 1, inner.end);
        let mut listed = Listed {
            names: Vec::new(),
            is_complete: true,
        };
        self.columns_of_rows(list.unwrap_or(columns + 1..inner.end), &mut listed);
        Some(listed)
    }

    /// `a int PATH '$.a', NESTED PATH '$.b' COLUMNS (c int)`.
    fn columns_of_rows(&mut self, list: Range<usize>, listed: &mut Listed) {
        for item in self.split(list) {
            if self.is(item.start, "nested") {
                let columns = self.find(item.clone(), |at| self.is(at, "columns"));
                match self.group(columns + 1, item.end) {
                    Some(inner) => self.deeper(|own| own.columns_of_rows(inner, listed)),
                    None => listed.is_complete = false,
                }
                continue;
            }
            match self.name(item.start) {
                Some(name) => listed.names.push(name.text),
                None => listed.is_complete = false,
            }
        }
    }
}
