//! Builds the grammars from their embedded folders, once, and finds one by id, LSP language id,
//! path or first line.
//!
//! The server asks `by_language_id` first and `by_path` where an editor sends an id no one knows. A
//! folder that cannot be read is left out of `all` instead of ending the server; the tests fail on
//! it, so this does not reach a user.

use crate::queries::{Embedded, Queries, Sources};
use crate::{FOLDERS, Facts, Grammar, NodeTables};
use std::path::Path;
use std::sync::{LazyLock, OnceLock};
use tree_sitter::Language;

/// What the list in `lib.rs` embeds of one language folder.
pub(crate) struct Folder {
    pub id: &'static str,
    pub language: fn() -> Language,
    pub facts: &'static str,
    pub sources: Embedded,
}

/// How many languages may inherit from each other in a row; more is a circle.
const MAX_INHERITED: usize = 4;

/// All languages, sorted by id.
pub fn all() -> &'static [Grammar] {
    static ALL: LazyLock<Vec<Grammar>> =
        LazyLock::new(|| FOLDERS.iter().filter_map(|f| build(f).ok()).collect());
    &ALL
}

/// The language of a folder name such as `cpp`.
pub fn by_id(id: &str) -> Option<&'static Grammar> {
    all().iter().find(|g| g.id == id)
}

/// The language of an LSP language id such as `typescriptreact`.
pub fn by_language_id(id: &str) -> Option<&'static Grammar> {
    all()
        .iter()
        .find(|g| g.facts.language_ids.iter().any(|l| l == id))
}

/// The language of a file, by its whole name or its extension (in any case).
pub fn by_path(path: &Path) -> Option<&'static Grammar> {
    let name = path.file_name()?.to_str()?;
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_ascii_lowercase);
    let named = all()
        .iter()
        .find(|g| g.facts.file_names.iter().any(|n| n == name));
    named.or_else(|| {
        all().iter().find(|g| {
            g.facts
                .extensions
                .iter()
                .any(|e| Some(e) == extension.as_ref())
        })
    })
}

/// The language of a script, by the program in its first line: `#!/usr/bin/env python3` and
/// `#!/bin/bash -e` alike.
pub fn by_shebang(first_line: &str) -> Option<&'static Grammar> {
    let words = first_line.strip_prefix("#!")?.split_whitespace();
    let program = words
        .map(|w| w.rsplit('/').next().unwrap_or(w))
        .find(|w| *w != "env" && !w.starts_with('-') && !w.contains('='))?;
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    all()
        .iter()
        .find(|g| g.facts.interpreters.iter().any(|i| i == program))
}

impl Grammar {
    /// The parser of the language.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// The compiled queries; they are compiled once, some milliseconds, when first asked for.
    pub fn queries(&self) -> Option<&Queries> {
        self.queries
            .get_or_init(|| Queries::compile(&self.language, &self.sources).ok())
            .as_ref()
    }

    /// The numbers of the kinds that are comments.
    pub fn comment_kinds(&self) -> &[u16] {
        &self.tables().comments
    }

    /// The numbers of the kinds that are string or character literals.
    pub fn string_kinds(&self) -> &[u16] {
        &self.tables().strings
    }

    /// What the nodes of its trees are; made when first asked for, some microseconds.
    pub fn tables(&self) -> &NodeTables {
        self.tables.get_or_init(|| {
            let (roles, locals) = (&self.sources.roles, &self.sources.locals);
            let mut tables = NodeTables::build(&self.language, roles, locals).unwrap_or_default();
            let ids = |kinds: &[String]| {
                let id = |kind: &String| self.language.id_for_node_kind(kind, true);
                kinds.iter().map(id).filter(|id| *id != 0).collect()
            };
            tables.comments = ids(&self.facts.comment_nodes);
            tables.strings = ids(&self.facts.string_nodes);
            tables
        })
    }
}

/// The keywords of a text: those of its language, or those of all languages where it has none.
#[derive(Clone, Copy, Default)]
pub struct Keywords {
    facts: Option<&'static Facts>,
}

impl Keywords {
    /// The keywords of a language.
    pub fn of(grammar: Option<&'static Grammar>) -> Self {
        Self {
            facts: grammar.map(|grammar| &grammar.facts),
        }
    }

    /// Whether a word is a keyword here.
    pub fn contains(self, word: &str) -> bool {
        match self.facts {
            Some(facts) => facts.is_keyword(word),
            None => all().iter().any(|grammar| grammar.facts.is_keyword(word)),
        }
    }

    /// The words for the object that a method is called on, the usual one first; those of all
    /// languages where the language is not known.
    pub fn receivers(self) -> Vec<&'static str> {
        let languages = match self.facts {
            Some(facts) => vec![facts],
            None => all().iter().map(|grammar| &grammar.facts).collect(),
        };
        let mut words: Vec<&str> = Vec::new();
        for word in languages
            .iter()
            .flat_map(|facts| &facts.semantics.receivers)
        {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        words
    }
}

/// Reads the facts of a folder and joins its queries with the inherited ones. The error is a
/// sentence for whoever edits the folder.
fn build(folder: &Folder) -> Result<Grammar, String> {
    let mut facts = facts_of(folder)?;
    if let Some(id) = facts.resembles.clone() {
        facts.take_over(facts_of(listed(&id)?)?);
    }
    let mut sources = Sources {
        roles: with_inherited(folder.sources.roles, |own| own.roles)?,
        locals: with_inherited(folder.sources.locals, |own| own.locals)?,
        ..Sources::default()
    };
    sources.push(&folder.sources);
    let mut parent = facts.inherits.clone();
    for _ in 0..MAX_INHERITED {
        let Some(id) = parent else { break };
        let from = listed(&id)?;
        sources.push(&from.sources);
        let inherited = facts_of(from)?;
        if facts.keywords.is_empty() {
            facts.keywords = inherited.keywords;
        }
        parent = inherited.inherits;
    }
    Ok(Grammar {
        id: folder.id,
        facts,
        language: (folder.language)(),
        sources,
        queries: OnceLock::new(),
        tables: OnceLock::new(),
    })
}

/// What the folder's `language.toml` says.
fn facts_of(folder: &Folder) -> Result<Facts, String> {
    Facts::from_toml(folder.facts).map_err(|e| format!("{}/language.toml: {e}", folder.id))
}

/// The folder of a language that another one refers to.
fn listed(id: &str) -> Result<&'static Folder, String> {
    let folder = FOLDERS.iter().find(|folder| folder.id == id);
    folder.ok_or_else(|| format!("no language `{id}` to inherit from"))
}

/// A file and those that it inherits by a first line such as `; inherits: javascript`, its own
/// first.
fn with_inherited(
    text: &'static str,
    file: fn(&Embedded) -> &'static str,
) -> Result<Vec<&'static str>, String> {
    let mut texts = vec![text];
    for _ in 0..MAX_INHERITED {
        let last = texts[texts.len() - 1].lines().next().unwrap_or_default();
        let Some(id) = last.strip_prefix("; inherits: ") else {
            break;
        };
        texts.push(file(&listed(id)?.sources));
    }
    Ok(texts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use tree_sitter::Query;

    #[test]
    fn every_folder_is_readable_and_its_queries_compile() {
        for folder in FOLDERS {
            let grammar = build(folder).unwrap_or_else(|e| panic!("{e}"));
            Queries::compile(&grammar.language, &grammar.sources)
                .unwrap_or_else(|e| panic!("{}: {e}", folder.id));
            let (roles, locals) = (&grammar.sources.roles, &grammar.sources.locals);
            NodeTables::build(&grammar.language, roles, locals)
                .unwrap_or_else(|e| panic!("{}/{e}", folder.id));
            for own in [folder.sources.roles, folder.sources.locals] {
                Query::new(&grammar.language, own).unwrap_or_else(|e| panic!("{}: {e}", folder.id));
            }
        }
        assert!(
            FOLDERS.is_sorted_by_key(|f| f.id),
            "the list in lib.rs is not sorted"
        );
    }

    #[test]
    fn keywords_are_sorted_and_those_of_a_text_without_a_language_are_all() {
        for grammar in all() {
            let keywords = &grammar.facts.keywords;
            assert!(keywords.is_sorted(), "{}", grammar.id);
        }
        let (rust, none) = (Keywords::of(by_id("rust")), Keywords::default());
        assert!(rust.contains("match") && !rust.contains("def"));
        assert!(Keywords::of(by_id("tsx")).contains("typeof"));
        assert!(none.contains("match") && none.contains("def") && !none.contains("total"));
    }

    #[test]
    fn no_two_languages_claim_the_same_id_extension_name_or_interpreter() {
        let claims = |of: fn(&Facts) -> &[String]| {
            let mut names: Vec<&String> = all().iter().flat_map(|g| of(&g.facts)).collect();
            names.sort();
            let twice = names.windows(2).find(|w| w[0] == w[1]).map(|w| w[0]);
            assert_eq!(twice, None);
        };
        claims(|f| &f.language_ids);
        claims(|f| &f.extensions);
        claims(|f| &f.file_names);
        claims(|f| &f.interpreters);
    }

    #[test]
    fn a_language_is_found_by_id_path_and_first_line() {
        let id = |g: Option<&'static Grammar>| g.map(|g| g.id);
        assert_eq!(id(by_language_id("typescriptreact")), Some("tsx"));
        assert_eq!(id(by_language_id("javascriptreact")), Some("javascript"));
        assert_eq!(id(by_language_id("shellscript")), Some("bash"));
        assert_eq!(id(by_language_id("fortran")), None);
        assert_eq!(id(by_path(Path::new("a/b/main.PY"))), Some("python"));
        assert_eq!(id(by_path(Path::new("/home/x/.bashrc"))), Some("bash"));
        assert_eq!(id(by_path(Path::new("Makefile"))), None);
        assert_eq!(id(by_path(Path::new("/"))), None);
        assert_eq!(
            id(by_shebang("#!/usr/bin/env -S FOO=1 python3.12 -u\n")),
            Some("python")
        );
        assert_eq!(id(by_shebang("#!/bin/bash -e")), Some("bash"));
        assert_eq!(id(by_shebang("import os")), None);
        assert_eq!(id(by_shebang("#!")), None);
    }
}
