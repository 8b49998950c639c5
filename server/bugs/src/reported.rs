//! Errors that another tool reported, fixed where the tree and the workspace show how: a name
//! without its import, an import without a use, a mark that is missing.
//!
//! `lsp` asks [`fix_reported`] with what the editor sends along with a request for code actions.
//! Tools word their messages differently, so only a few words and the quoted name are read; what is
//! done is decided by the text, and judged as the edits of patterns are. To add a kind: a function,
//! and a line in [`fix_reported`].

use super::bug::Bug;
use super::finding::Finding;
use super::search::function_at;
use super::unbound::import_edit;
use super::verify::{FixVerifier, Level};
use super::view::View;
use context::Snapshot;
use std::collections::HashMap;
use std::ops::Range;
use syntax::{Code, Node, Part, Reuse, Role, Rope, Syntax, errors_after};
use text::Edit;
use text::is_word;

/// Words that say that a name is unknown.
const UNKNOWN: &[&str] = &[
    "is not defined",
    "undefined name",
    "undefined variable",
    "unresolved reference",
];
/// Words that say that an import is of no use.
const UNUSED: &[&str] = &[
    "imported but unused",
    "unused import",
    "is never used",
    "is not accessed",
    "never read",
    "imported and not used",
];
/// Marks that may be missing.
const MARKS: &[&str] = &[";", ":", ")", "]", "}", ","];
/// The most files of the workspace that are asked how they import a name.
const FILES: usize = 5000;

/// An error that another tool reported.
#[derive(Clone, Copy, Debug)]
pub struct ReportedError<'a> {
    /// Where, in bytes; it need not lie in the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What the tool says.
    pub message: &'a str,
}

/// A fix for a reported error; `None` where none is known or its edits do not hold.
pub fn fix_reported(snapshot: &Snapshot, reported: &ReportedError) -> Option<Bug> {
    let syntax = snapshot.syntax.as_ref()?;
    let code = Code::new(syntax, snapshot.rope());
    let range = reported.start..reported.end.max(reported.start);
    code.text.get(range.clone())?;
    let view = View::new(&code, &snapshot.path);
    let lowercase = reported.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lowercase.contains(word));
    let finding = if says(UNKNOWN) {
        unknown_name(&view, snapshot, &range, reported.message)
    } else if says(UNUSED) {
        unused_import(&view, &range, reported.message)
    } else if lowercase.contains("expected") || lowercase.contains("missing") {
        missing_mark(syntax, snapshot.rope(), &code, &range, reported.message)
    } else {
        None
    }?;
    let level = FixVerifier::new(syntax, snapshot.rope(), &code)
        .level(&finding.edits)
        .filter(|level| *level >= Level::Names)?;
    let (function, function_start) = function_at(&code, finding.range.start).unzip();
    let finding = Finding {
        code: "reported",
        ..finding
    };
    Some(Bug {
        finding,
        level,
        passed_checks: Vec::new(),
        function,
        function_start: function_start.unwrap_or_default(),
    })
}

/// The name that is meant: what is at the place if it is a name, else the one in quotes.
fn name<'a>(text: &'a str, range: &Range<usize>, message: &'a str) -> Option<&'a str> {
    let is_name = |word: &str| !word.is_empty() && word.chars().all(is_word);
    let here = text.get(range.clone()).filter(|word| is_name(word));
    here.or_else(|| {
        quoted(message)
            .into_iter()
            .find_map(|word| word.rsplit('.').next())
            .filter(|word| is_name(word))
    })
}

/// What is in quotes of any kind.
fn quoted(message: &str) -> Vec<&str> {
    let is_quote = |c: char| {
        [
            '"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}',
        ]
        .contains(&c)
    };
    message.split(is_quote).skip(1).step_by(2).collect()
}

/// Imports a Python name as the standard library or the workspace's other files do.
fn unknown_name(
    view: &View,
    snapshot: &Snapshot,
    range: &Range<usize>,
    message: &str,
) -> Option<Finding> {
    let name = name(&view.code.text, range, message).filter(|_| view.has_closed_scopes())?;
    let used = view
        .code
        .of(Role::Identifier)
        .find(|node| node.text() == name && super::scopes::is_use(*node))?;
    if view.scopes().resolves(used, name) {
        return None;
    }
    let line = match super::unbound::is_module(view, name) {
        true => format!("import {name}"),
        false => format!("from {} import {name}", source(snapshot, name)?),
    };
    let edit = import_edit(view, used, &line)?;
    Some(Finding::new(
        range.clone(),
        message,
        format!("Add `{line}`"),
        vec![edit],
    ))
}

/// The module from which the workspace imports a name, or the only one that defines it.
fn source(snapshot: &Snapshot, name: &str) -> Option<String> {
    let mut modules: HashMap<&str, usize> = HashMap::new();
    let paths = snapshot
        .index
        .files()
        .map(|(path, _)| path)
        .filter(|path| path.ends_with(".py"));
    for text in paths
        .take(FILES)
        .filter_map(|path| snapshot.index.text(path))
    {
        for line in text
            .lines()
            .filter(|line| line.starts_with("from ") && line.contains(name))
        {
            let Some((module, names)) = line["from ".len()..].split_once(" import ") else {
                continue;
            };
            if !module.starts_with('.') && names.split(',').any(|other| other.trim() == name) {
                *modules.entry(module.trim()).or_default() += 1;
            }
        }
    }
    let all: usize = modules.values().sum();
    if let Some((module, count)) = modules
        .into_iter()
        .max_by_key(|(module, count)| (*count, std::cmp::Reverse(*module)))
    {
        return (2 * count > all).then(|| module.to_owned());
    }
    let defined = snapshot.index.definitions(name, 4);
    let outer = defined
        .iter()
        .filter(|symbol| symbol.container.is_empty() && symbol.path.ends_with(".py"));
    let mut paths: Vec<&str> = outer
        .map(|symbol| symbol.path.as_str())
        .filter(|path| *path != &*snapshot.path)
        .collect();
    paths.dedup();
    let [path] = paths.as_slice() else {
        return None;
    };
    let module = path
        .strip_prefix("src/")
        .unwrap_or(path)
        .strip_suffix(".py")?;
    let module = module.strip_suffix("/__init__").unwrap_or(module);
    let is_plain = |part: &str| !part.is_empty() && part.chars().all(is_word);
    module
        .split('/')
        .all(is_plain)
        .then(|| module.replace('/', "."))
}

/// Removes an import whose name is nowhere else.
fn unused_import(view: &View, range: &Range<usize>, message: &str) -> Option<Finding> {
    let statement = view
        .code
        .of(Role::Import)
        .find(|node| node.start() <= range.start && range.start <= node.end())?;
    let is_only_statement = statement
        .parent()
        .is_some_and(|up| up.is(Role::Block) && up.children().count() == 1);
    let items: Vec<Node> = items(statement);
    let quoted = quoted(message)
        .into_iter()
        .find_map(|word| word.rsplit(['.', '/', ' ']).next());
    let is_named = |name: &&str| message.split(|c| !is_word(c)).any(|word| word == *name);
    let name = quoted
        .or_else(|| items.iter().filter_map(|item| bound(*item)).find(is_named))
        .filter(|_| !is_only_statement)?;
    let elsewhere = |node: Node| {
        node.text() == name && !statement.holds(node) && node.children().next().is_none()
    };
    let spelt = format!("\"{name}\"");
    if view.code.nodes().any(elsewhere)
        || view.code.text.contains("__all__") && view.code.text.contains(&spelt)
    {
        return None;
    }
    let at = items.iter().position(|item| bound(*item) == Some(name))?;
    let range = match (items.len(), at) {
        (1, _) => view.whole_lines(statement.range()),
        (_, 0) => items[0].start()..items[1].start(),
        (_, at) => items[at - 1].end()..items[at].end(),
    };
    let title = format!("Remove the import of `{name}`");
    Some(Finding::new(
        items[at].range(),
        message,
        title,
        vec![Edit::delete(range)],
    ))
}

/// What an import statement brings in, one node each.
fn items(statement: Node<'_>) -> Vec<Node<'_>> {
    let specifiers: Vec<Node> = statement
        .inside()
        .filter(|node| node.is(Role::ImportItem))
        .collect();
    let clause = statement
        .children()
        .find(|node| node.is(Role::ImportClause));
    if let Some(clause) = clause {
        // A default next to braces is left as it is.
        let parts: Vec<Node> = clause.children().collect();
        return if parts.len() == 1 && specifiers.is_empty() {
            parts
        } else {
            specifiers
        };
    }
    if !specifiers.is_empty() {
        return specifiers;
    }
    let named: Vec<Node> = statement
        .children()
        .filter(|node| node.part() == Some(Part::Name))
        .collect();
    if named.is_empty() {
        vec![statement]
    } else {
        named
    }
}

/// The name that an item binds.
fn bound<'a>(item: Node<'a>) -> Option<&'a str> {
    let named = item
        .child(Part::Alias)
        .or_else(|| item.child(Part::Name))
        .unwrap_or(item);
    let last = std::iter::once(named)
        .chain(named.inside())
        .rfind(|node| node.is(Role::Name));
    let path = item
        .child(Part::Path)
        .map(|path| path.text().trim_matches('"'));
    let word = last.map(Node::text).or(path)?;
    word.rsplit('/').next()
}

/// Puts the mark that is said to be missing where fewer errors are left.
fn missing_mark(
    syntax: &Syntax,
    rope: &Rope,
    code: &Code,
    range: &Range<usize>,
    message: &str,
) -> Option<Finding> {
    let mark = quoted(message)
        .into_iter()
        .find(|word| MARKS.contains(word))
        .or_else(|| {
            let named = [("semicolon", ";"), ("colon", ":")];
            named
                .iter()
                .find(|(word, _)| message.to_ascii_lowercase().contains(word))
                .map(|(_, mark)| *mark)
        })?;
    let left = |edits: &[Edit]| {
        let errors = errors_after(syntax, rope, edits, Reuse::Never)?;
        Some(errors.len())
    };
    let now = left(&[])?;
    let before = code.text[..range.start].trim_end().len();
    let line_end = range.end
        + code.text[range.end..]
            .find(['\n', '\r'])
            .unwrap_or(code.text.len() - range.end);
    let line_end = code.text[..line_end].trim_end().len().max(range.start);
    let places = [before, range.end, line_end, range.start];
    let heals = |at: &usize| left(&[Edit::insert(*at, mark)]).is_some_and(|left| left < now);
    let at = *places.iter().find(|at| heals(at))?;
    Some(Finding::new(
        range.clone(),
        message,
        format!("Add the missing `{mark}`"),
        vec![Edit::insert(at, mark)],
    ))
}
