//! The tables and names of one SELECT of a masked query, as far as it has been written.
//!
//! Columns come before the tables that have them, so those of a list wait until FROM has named
//! the tables. Nothing here knows tokens.

use super::super::super::index::QuestionSchema;

/// A table of FROM, or a query in its place.
#[derive(Clone, Debug)]
pub(super) struct MaskSource {
    /// How its columns are qualified.
    pub name: String,
    /// The table; `None` for a query.
    pub table: Option<usize>,
    /// The columns of a query.
    pub columns: Vec<String>,
}

impl MaskSource {
    fn has(&self, schema: &QuestionSchema, fits: &dyn Fn(&str) -> bool) -> bool {
        let own = self.columns.iter().any(|column| fits(column));
        own || self.table.is_some_and(|table| {
            let columns = schema.tables[table].columns.clone();
            schema.columns[columns].iter().any(|of| fits(&of.name))
        })
    }
}

/// A column that was written before its table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PendingColumn {
    qualifier: Option<String>,
    name: String,
}

/// One SELECT.
#[derive(Clone, Debug, Default)]
pub(super) struct MaskScope {
    /// Its tables.
    pub sources: Vec<MaskSource>,
    /// The names of its columns, for who selects from it.
    pub outputs: Vec<String>,
    /// Those that AS gave, which ORDER BY may name.
    pub aliases: Vec<String>,
    pending: Vec<PendingColumn>,
    /// Whether FROM has begun.
    pub has_from: bool,
}

/// How a word may be a name: wholly, or as its begin.
pub(super) type Fits<'f> = &'f dyn Fn(&str) -> bool;

/// Whether a column may be written here, whose table may follow. The last scope is the innermost.
pub(super) fn has_column(
    schema: &QuestionSchema,
    tables: &[usize],
    scopes: &[MaskScope],
    qualifier: Option<&str>,
    fits: Fits,
) -> bool {
    for scope in scopes.iter().rev() {
        let mut sources = scope.sources.iter();
        let found = match qualifier {
            Some(name) => sources
                .find(|of| of.name.eq_ignore_ascii_case(name))
                .map(|of| of.has(schema, fits)),
            None => sources
                .any(|of| of.has(schema, fits))
                .then_some(true)
                .or_else(|| scope.aliases.iter().any(|of| fits(of)).then_some(true)),
        };
        if let Some(found) = found {
            return found;
        }
        if !scope.has_from {
            return tables.iter().any(|table| {
                let columns = schema.tables[*table].columns.clone();
                schema.columns[columns].iter().any(|of| fits(&of.name))
            });
        }
    }
    false
}

impl MaskScope {
    /// Another SELECT comes, joined by UNION: only the names of the columns stay.
    pub fn begin_again(&mut self) {
        *self = Self {
            outputs: std::mem::take(&mut self.outputs),
            ..Self::default()
        };
    }

    /// Keeps a column until the tables are known, if they are not.
    pub fn note(&mut self, qualifier: Option<&str>, name: &str) {
        if !self.has_from {
            self.pending.push(PendingColumn {
                qualifier: qualifier.map(str::to_owned),
                name: name.to_owned(),
            });
        }
    }

    /// Whether all columns that were written before FROM have tables now. `outer` are the scopes
    /// around this one.
    pub fn is_settled(&self, schema: &QuestionSchema, outer: &[MaskScope]) -> bool {
        let has = |column: &PendingColumn| {
            let fits = |name: &str| name.eq_ignore_ascii_case(&column.name);
            let scopes = [outer, std::slice::from_ref(self)].concat();
            has_column(schema, &[], &scopes, column.qualifier.as_deref(), &fits)
        };
        self.has_from && self.pending.iter().all(has)
    }

    /// Whether no column that waits for the new source lacks there.
    pub fn agrees(&self, schema: &QuestionSchema, source: &MaskSource) -> bool {
        let mut own = self.pending.iter().filter(|column| {
            let qualifier = column.qualifier.as_deref();
            qualifier.is_some_and(|name| name.eq_ignore_ascii_case(&source.name))
        });
        own.all(|column| source.has(schema, &|name| name.eq_ignore_ascii_case(&column.name)))
    }

    /// The qualifiers of columns whose table has not come yet.
    pub fn awaited(&self) -> Vec<String> {
        let others = self
            .sources
            .split_last()
            .map_or(&[][..], |(_, others)| others);
        let declared = |name: &str| others.iter().any(|of| of.name.eq_ignore_ascii_case(name));
        let names = self.pending.iter().filter_map(|of| of.qualifier.clone());
        names.filter(|name| !declared(name)).collect()
    }
}
