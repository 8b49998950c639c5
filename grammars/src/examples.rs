//! The test that walks the language folders: each is in the list, each example gives the captures
//! written in its `.expect` file.
//!
//! An `.expect` file has one line per match, in the order of the text: lines, capture, name, and
//! the text up to the body. After a change of a query run `UPDATE_EXPECT=1 cargo test -p grammars`,
//! then read the diff: what is written there is what is promised.

use crate::{Child, Grammar, Local, Part, Role, all, by_path};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use tree_sitter::{Node, Parser, Query, QueryCursor, StreamingIterator, Tree};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn the_list_and_the_folders_are_the_same() {
    let is_language = |path: &PathBuf| path.is_dir() && !path.ends_with("src");
    let folders: BTreeSet<String> = entries(root())
        .iter()
        .filter(|path| is_language(path))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_string())
        .collect();
    let listed: BTreeSet<String> = all().iter().map(|grammar| grammar.id.to_string()).collect();
    assert_eq!(
        folders, listed,
        "left: the folders of grammars/, right: the list in src/lib.rs"
    );
}

#[test]
fn every_example_has_the_captures_that_it_is_expected_to_have() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for grammar in all() {
        let (mut whole, mut broken) = (0, 0);
        for path in entries(&root().join(grammar.id).join("examples")) {
            if path
                .extension()
                .is_some_and(|extension| extension == "expect")
            {
                continue;
            }
            assert_eq!(
                by_path(&path).map(|found| found.id),
                Some(grammar.id),
                "{}",
                path.display()
            );
            let text = fs::read_to_string(&path).unwrap();
            let tree = parse(grammar, &text);
            if tree.root_node().has_error() {
                broken += 1
            } else {
                whole += 1
            }
            let (found, expect) = (
                describe(grammar, &tree, &text),
                PathBuf::from(format!("{}.expect", path.display())),
            );
            if update {
                fs::write(&expect, found).unwrap();
            } else if fs::read_to_string(&expect).unwrap_or_default() != found {
                wrong.push(format!("{}, found:\n{found}", expect.display()));
            }
        }
        assert!(
            whole > 0 && (broken > 0 || grammar.id == "markdown"),
            "{}: {whole} whole and {broken} broken examples",
            grammar.id
        );
    }
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE_EXPECT=1 writes what was found",
        wrong.join("\n")
    );
}

#[test]
fn every_node_kind_in_the_facts_exists_and_is_met_in_an_example() {
    for grammar in all() {
        let texts = entries(&root().join(grammar.id).join("examples"))
            .into_iter()
            .map(|path| fs::read_to_string(path).unwrap());
        let trees: Vec<Tree> = texts.map(|text| parse(grammar, &text)).collect();
        let mut met = BTreeSet::new();
        for tree in &trees {
            let mut nodes = Vec::new();
            collect(tree.root_node(), &mut nodes);
            met.extend(nodes.into_iter().map(|node| node.kind()));
        }
        let facts = &grammar.facts;
        for kind in facts
            .comment_nodes
            .iter()
            .chain(&facts.string_nodes)
            .chain(&facts.code_in_string_nodes)
            .chain(&facts.block_nodes)
        {
            assert!(
                grammar.language().id_for_node_kind(kind, true) != 0,
                "{}: there is no node `{kind}`",
                grammar.id
            );
        }
        for kind in facts
            .string_nodes
            .iter()
            .take(1)
            .chain(facts.block_nodes.iter().take(1))
        {
            assert!(
                met.contains(kind.as_str()),
                "{}: no example has a `{kind}`",
                grammar.id
            );
        }
    }
}

fn parse(grammar: &Grammar, text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(grammar.language()).unwrap();
    parser.parse(text, None).unwrap()
}

/// What the queries find in a text, as an `.expect` file has it.
fn describe(grammar: &Grammar, tree: &Tree, text: &str) -> String {
    let queries = grammar.queries().unwrap();
    let mut out = String::new();
    for (title, query) in [
        ("definitions", &queries.tags),
        ("scopes", &queries.scopes),
        ("imports", &queries.imports),
    ] {
        writeln!(out, "{title}").unwrap();
        for line in captures(query, tree, text) {
            writeln!(out, "  {line}").unwrap();
        }
    }
    if tree.root_node().has_error() {
        return out;
    }
    for (title, lines) in [
        ("roles", roles(grammar, tree, text)),
        ("locals", locals(grammar, tree, text)),
    ] {
        writeln!(out, "{title}").unwrap();
        lines
            .iter()
            .for_each(|line| writeln!(out, "  {line}").unwrap());
    }
    out
}

/// The first node of each role with what its children are to it.
fn roles(grammar: &Grammar, tree: &Tree, text: &str) -> Vec<String> {
    let tables = grammar.tables();
    let mut nodes = Vec::new();
    collect(tree.root_node(), &mut nodes);
    let mut lines = Vec::new();
    for role in Role::ALL {
        let first = nodes.iter().find(|node| {
            let children: Vec<Child> = children(**node).into_iter().map(|(_, c)| c).collect();
            tables
                .roles_with(node.kind_id(), &children)
                .meets((*role).into())
        });
        let Some(node) = first else { continue };
        let part = |(_, child)| tables.parts().get(node.kind_id(), child);
        let parts: Vec<&str> = children(*node)
            .into_iter()
            .filter_map(part)
            .map(Part::name)
            .collect();
        let head = text[node.byte_range()].lines().next().unwrap_or_default();
        let row = node.start_position().row + 1;
        lines.push(format!(
            "{row} {} ({}) | {head}",
            role.name(),
            parts.join(" ")
        ));
    }
    lines
}

/// For each line the plain names that are bound on it, and those that are used.
fn locals(grammar: &Grammar, tree: &Tree, text: &str) -> Vec<String> {
    let mut nodes = Vec::new();
    collect(tree.root_node(), &mut nodes);
    let mut lines: BTreeMap<usize, [Vec<&str>; 2]> = BTreeMap::new();
    for node in nodes {
        let is_plain = grammar
            .tables()
            .roles(node.kind_id())
            .meets(Role::Identifier.into());
        if let Some(bound) = is_bound(grammar, node).filter(|_| is_plain) {
            let row = lines.entry(node.start_position().row + 1).or_default();
            row[usize::from(!bound)].push(&text[node.byte_range()]);
        }
    }
    let line = |(row, [bound, used]): (usize, [Vec<&str>; 2])| {
        format!("{row} {} | {}", bound.join(" "), used.join(" "))
    };
    lines.into_iter().map(line).collect()
}

/// Whether a name is bound where it is; `None` where it is no variable.
fn is_bound(grammar: &Grammar, name: Node) -> Option<bool> {
    let tables = grammar.tables();
    let mut node = name;
    while let Some(parent) = node.parent().filter(|up| !tables.is_scope(up.kind_id())) {
        let (_, child) = children(parent)
            .into_iter()
            .find(|(child, _)| *child == node)?;
        match tables.local(parent.kind_id(), child) {
            None | Some(Local::Outer) => node = parent,
            Some(Local::NoVariable) => return None,
            Some(Local::Member) if node == name => return None,
            Some(local) => return Some(local == Local::Definition),
        }
    }
    Some(false)
}

fn collect<'tree>(node: Node<'tree>, nodes: &mut Vec<Node<'tree>>) {
    nodes.push(node);
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        collect(child, nodes);
    }
}

/// The children of a node as it has them.
fn children<'tree>(parent: Node<'tree>) -> Vec<(Node<'tree>, Child)> {
    let mut cursor = parent.walk();
    let (mut found, mut after) = (Vec::new(), 0);
    let mut more = cursor.goto_first_child();
    while more {
        let node = cursor.node();
        let child = Child {
            kind: node.kind_id(),
            field: cursor.field_id().map_or(0, std::num::NonZero::get),
            after,
            first: false,
            last: false,
        };
        found.push((node, child));
        after = if node.is_extra() {
            after
        } else {
            node.kind_id()
        };
        more = cursor.goto_next_sibling();
    }
    let is_named = |(node, _): &&mut (Node, Child)| node.is_named() && !node.is_extra();
    if let Some((_, child)) = found.iter_mut().find(is_named) {
        child.first = true;
    }
    if let Some((_, child)) = found.iter_mut().rev().find(is_named) {
        child.last = true;
    }
    found
}

/// One line per node that is captured first by a match: of several patterns that capture it, the
/// first speaks.
fn captures(query: &Query, tree: &Tree, text: &str) -> Vec<String> {
    let names = query.capture_names();
    let mut found = Vec::new();
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
    while let Some(matched) = matches.next() {
        let of = |wanted: &str| {
            matched
                .captures()
                .iter()
                .find(|c| names[c.index as usize] == wanted)
                .map(|c| c.node)
        };
        let main = matched
            .captures()
            .iter()
            .find(|c| names[c.index as usize].contains('.') || names[c.index as usize] == "import");
        for capture in matched.captures().iter().filter(|c| {
            main.is_none_or(|main| main.node == c.node || names[main.index as usize] == "import")
        }) {
            let (kind, node) = (names[capture.index as usize], capture.node);
            if !kind.starts_with('_') {
                let line = describe_node(
                    kind,
                    node,
                    of("name").filter(|name| *name != node),
                    of("body"),
                    text,
                );
                let group = kind.split('.').next().unwrap_or(kind);
                let body = of("body")
                    .filter(|_| kind.contains('.'))
                    .map(|body| body.id());
                found.push((
                    node.start_byte(),
                    usize::MAX - node.end_byte(),
                    node.kind(),
                    node.id(),
                    group,
                    matched.pattern_index,
                    body,
                    line,
                ));
            }
        }
    }
    found.sort();
    found.dedup_by_key(|(_, _, _, id, group, ..)| (*id, *group));
    let mut bodies = BTreeSet::new();
    found.retain(|(.., body, _)| body.is_none_or(|body| bodies.insert(body)));
    found.into_iter().map(|(.., line)| line).collect()
}

fn describe_node(
    kind: &str,
    node: Node,
    name: Option<Node>,
    body: Option<Node>,
    text: &str,
) -> String {
    let (first, last) = (node.start_position().row + 1, node.end_position().row + 1);
    let part = |node: Node| text[node.byte_range()].trim().to_string();
    let end = body.map_or(node.end_byte(), |body| body.start_byte());
    let head = text[node.start_byte()..end]
        .trim_end()
        .lines()
        .next()
        .unwrap_or("")
        .to_string();
    match kind.split_once('.') {
        Some((_, kind)) => format!(
            "{first}-{last} {kind} {} | {head}",
            name.map(part).unwrap_or_default()
        ),
        None => format!("{first}-{last} {kind} | {head}"),
    }
}
