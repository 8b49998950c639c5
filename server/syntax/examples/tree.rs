//! Prints the tree of a file, for whoever writes queries: `cargo run -p syntax --example tree
//! FILE`.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::io::{Error, Result};
use std::path::PathBuf;
use syntax::{Rope, Syntax};
use tree_sitter::Node;

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .map(PathBuf::from)
        .ok_or_else(|| Error::other("usage: tree FILE"))?;
    let rope = Rope::from_str(&std::fs::read_to_string(&path)?);
    let grammar =
        grammars::by_path(&path).ok_or_else(|| Error::other("no language for this file"))?;
    let syntax = Syntax::parse(grammar, &rope, None, &mut || false)
        .ok_or_else(|| Error::other("too large for a tree"))?;
    print(syntax.tree.root_node(), None, 0);
    Ok(())
}

fn print(node: Node, field: Option<&str>, depth: usize) {
    let field = field.map(|name| format!("{name}: ")).unwrap_or_default();
    let mark = if node.is_missing() { " MISSING" } else { "" };
    println!(
        "{:depth$}{field}{}{mark} {}-{}",
        "",
        node.kind(),
        node.start_position(),
        node.end_position(),
        depth = depth * 2
    );
    for at in 0..node.child_count() {
        if let Some(child) = node
            .child(at)
            .filter(|child| child.is_named() || child.is_error() || child.is_missing())
        {
            print(child, node.field_name_for_child(at), depth + 1);
        }
    }
}
