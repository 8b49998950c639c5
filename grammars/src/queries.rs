//! The three queries of a language and how their captures are named.
//!
//! `tags.scm`: `@definition.KIND` on the whole definition, `@name` on its name, `@body` where its
//! body starts, if it has one. `scopes.scm`: `@scope.KIND`, `@name` and `@body` in the same way,
//! for what can enclose the cursor. `imports.scm`: `@import` on the whole statement, `@path` on
//! what is imported from, `@name` on each imported or local name. Where two patterns capture the
//! same node, the pattern that is first in the file wins; so specific patterns stand first.
//! Where two matches share a body, the outer node has it and the inner match is dropped (`const f =
//! () => {}` is one scope). With `inherits` in `language.toml` the other language's patterns come
//! after its own. `roles.scm` and `locals.scm` are read by `patterns.rs`.

use tree_sitter::{Language, Query, QueryError};

/// The compiled queries of one language.
pub struct Queries {
    /// Definitions: functions, methods, classes, types, constants.
    pub tags: Query,
    /// What can enclose a place: functions, classes, modules.
    pub scopes: Query,
    /// Import statements.
    pub imports: Query,
}

impl Queries {
    /// Compiles the three texts. The error names the row and the node or field that the grammar
    /// does not have.
    pub(crate) fn compile(language: &Language, sources: &Sources) -> Result<Self, QueryError> {
        Ok(Self {
            tags: Query::new(language, &sources.tags)?,
            scopes: Query::new(language, &sources.scopes)?,
            imports: Query::new(language, &sources.imports)?,
        })
    }
}

/// The texts of the queries as they stand in one folder.
pub(crate) struct Embedded {
    pub tags: &'static str,
    pub scopes: &'static str,
    pub imports: &'static str,
    pub roles: &'static str,
    pub locals: &'static str,
}

/// The texts of the queries with what they inherit.
#[derive(Default)]
pub(crate) struct Sources {
    pub tags: String,
    pub scopes: String,
    pub imports: String,
    /// Those that are read into tables: the language's own, then what it inherits.
    pub roles: Vec<&'static str>,
    pub locals: Vec<&'static str>,
}

impl Sources {
    /// Adds the patterns of a folder after those that are already there.
    pub(crate) fn push(&mut self, folder: &Embedded) {
        for (text, more) in [
            (&mut self.tags, folder.tags),
            (&mut self.scopes, folder.scopes),
            (&mut self.imports, folder.imports),
        ] {
            text.push_str(more);
            text.push('\n');
        }
    }
}
