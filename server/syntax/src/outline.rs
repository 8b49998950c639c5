//! What a file defines and imports, and what encloses a place: the answers of a grammar's three
//! queries, as plain data.
//!
//! `context` shows the model the headers of enclosing scopes and of definitions, and follows
//! imports. `grammars::queries` explains the captures. The functions also run on broken trees: they
//! return what is left.

use crate::heal::heal;
use crate::lines::{indent, line_range, slice, width};
use crate::parse::Syntax;
use crate::tree_roles::is;
use grammars::{BlockStyle, Role};
use ropey::{Rope, RopeSlice};
use std::collections::HashSet;
use std::ops::Range;
use tree_sitter::{Node, Query, QueryCursor, QueryMatch, StreamingIterator};

/// Something that encloses a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The word after `@scope.`, such as `function`.
    pub kind: &'static str,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// All of it, in bytes.
    pub range: Range<usize>,
    /// From its start to its body, without blanks at the end; the first line where there is no
    /// body.
    pub header: Range<usize>,
    /// Its body, with the braces.
    pub body: Option<Range<usize>>,
}

/// Something a file defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The word after `@definition.`, such as `class`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// All of it, in bytes.
    pub range: Range<usize>,
    /// From its start to its body, without blanks at the end; the first line where there is no
    /// body.
    pub header: Range<usize>,
}

/// An import statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// All of it, in bytes.
    pub range: Range<usize>,
    /// What is imported from, as written, without quotes.
    pub paths: Vec<String>,
    /// The names it brings in, as far as it says them.
    pub names: Vec<String>,
}

/// One match of a query: the node it is about, with the name and body captured next to it.
struct Found<'tree> {
    kind: &'static str,
    node: Node<'tree>,
    name: Option<Node<'tree>>,
    body: Option<Node<'tree>>,
    pattern: usize,
}

impl Syntax {
    /// What encloses a place, outermost first.
    ///
    /// A place on a blank line after an indented body belongs to it when it is indented deeper
    /// than the header. In a broken text the scopes are those that are open before the cursor's
    /// line; such a scope's `range` and `body` end at the cursor.
    pub fn scopes(&self, rope: &Rope, offset: usize) -> Vec<Scope> {
        let offset = offset.min(rope.len_bytes());
        let Some(healed) = heal(self, rope, offset) else {
            return self.scopes_in_tree(rope, offset);
        };
        let place = |at: usize| (healed.base + at).min(offset);
        let cut = |range: Range<usize>| place(range.start)..place(range.end);
        let scopes = healed
            .syntax
            .scopes_in_tree(&healed.rope, healed.offset)
            .into_iter();
        scopes
            .map(|s| Scope {
                range: cut(s.range),
                header: cut(s.header),
                body: s.body.map(cut),
                ..s
            })
            .collect()
    }

    fn scopes_in_tree(&self, rope: &Rope, offset: usize) -> Vec<Scope> {
        let Some(queries) = self.grammar.queries() else {
            return Vec::new();
        };
        let last = last_nonblank(rope, offset);
        let found = self.run(&queries.scopes, rope, Some(last..offset + 1), "scope.");
        let enclosing = found
            .into_iter()
            .filter(|found| self.encloses(rope, found, offset));
        enclosing.map(|found| self.scope(rope, &found)).collect()
    }

    /// All scopes of the file, in the order of the text, outer first. Of a broken text, those the
    /// tree still has.
    pub fn all_scopes(&self, rope: &Rope) -> Vec<Scope> {
        let Some(queries) = self.grammar.queries() else {
            return Vec::new();
        };
        self.run(&queries.scopes, rope, None, "scope.")
            .into_iter()
            .map(|found| self.scope(rope, &found))
            .collect()
    }

    /// What the file defines, in the order of the text. Where the text breaks off at its end, as
    /// while someone types there, so do the definitions that are open then.
    pub fn definitions(&self, rope: &Rope) -> Vec<Definition> {
        let mut own = self.definitions_in_tree(rope);
        let end = rope.len_bytes();
        let healed = self.breaks_off().then(|| heal(self, rope, end));
        let Some(healed) = healed.flatten() else {
            return own;
        };
        let place = |at: usize| (healed.base + at).min(end);
        let cut = |range: Range<usize>| place(range.start)..place(range.end);
        let whole = healed.syntax.definitions_in_tree(&healed.rope);
        for found in whole {
            let (range, header) = (cut(found.range), cut(found.header));
            let known =
                |one: &Definition| one.name == found.name && one.header.start == header.start;
            if !own.iter().any(known) {
                own.push(Definition {
                    range,
                    header,
                    ..found
                });
            }
        }
        own.sort_by_key(|one| (one.range.start, std::cmp::Reverse(one.range.end)));
        own
    }

    /// Whether the parser gave up before the end of the text.
    fn breaks_off(&self) -> bool {
        let root = self.tree.root_node();
        let last = root.child_count().checked_sub(1);
        let last = last.and_then(|at| root.child(at));
        root.is_error() || last.is_some_and(|last| last.is_error())
    }

    fn definitions_in_tree(&self, rope: &Rope) -> Vec<Definition> {
        let Some(queries) = self.grammar.queries() else {
            return Vec::new();
        };
        let found = self.run(&queries.tags, rope, None, "definition.");
        let definition = |found: Found| {
            let name = slice(rope, found.name?.byte_range()).trim().to_string();
            Some(Definition {
                kind: found.kind,
                name,
                range: found.node.byte_range(),
                header: self.header(rope, &found),
            })
        };
        found.into_iter().filter_map(definition).collect()
    }

    /// The import statements, in the order of the text.
    pub fn imports(&self, rope: &Rope) -> Vec<Import> {
        let Some(queries) = self.grammar.queries() else {
            return Vec::new();
        };
        let query = &queries.imports;
        let (mut imports, mut parts): (Vec<Import>, Vec<(&str, Range<usize>)>) =
            (Vec::new(), Vec::new());
        self.matches(query, rope, None, |found| {
            for capture in found.captures() {
                let range = capture.node.byte_range();
                match query.capture_names()[capture.index as usize] {
                    "import" if !imports.iter().any(|import| import.range == range) => {
                        imports.push(Import {
                            range,
                            paths: Vec::new(),
                            names: Vec::new(),
                        });
                    }
                    kind @ ("path" | "name") => parts.push((kind, range)),
                    _ => {}
                }
            }
        });
        imports.sort_by_key(|import| import.range.start);
        parts.sort_by_key(|(_, range)| range.start);
        parts.dedup();
        for (kind, range) in parts {
            let after = imports.partition_point(|import| import.range.start <= range.start);
            let Some(import) = imports[..after]
                .last_mut()
                .filter(|import| range.end <= import.range.end)
            else {
                continue;
            };
            let text = slice(rope, range)
                .trim_matches(['"', '\'', '`', '<', '>'])
                .to_string();
            if kind == "path" {
                import.paths.push(text)
            } else {
                import.names.push(text)
            }
        }
        imports
    }

    /// Runs a query over the tree, or over what touches `range`.
    fn matches<'tree>(
        &'tree self,
        query: &'static Query,
        rope: &Rope,
        range: Option<Range<usize>>,
        mut each: impl FnMut(&QueryMatch<'_, 'tree>),
    ) {
        let mut cursor = QueryCursor::new();
        if let Some(range) = range {
            cursor.set_byte_range(range);
        }
        let text = |node: Node| chunks(rope.byte_slice(clip(rope, node.byte_range())));
        let mut matches = cursor.matches(query, self.tree.root_node(), text);
        while let Some(found) = matches.next() {
            each(found);
        }
    }

    /// The nodes whose capture starts with `prefix`, each once and with a body of its own, in the
    /// order of the text, outer first.
    fn run(
        &self,
        query: &'static Query,
        rope: &Rope,
        range: Option<Range<usize>>,
        prefix: &str,
    ) -> Vec<Found<'_>> {
        let names = query.capture_names();
        let mut all: Vec<Found> = Vec::new();
        self.matches(query, rope, range, |found| {
            let node = |wanted: &str| {
                found
                    .captures()
                    .iter()
                    .find(|c| names[c.index as usize] == wanted)
                    .map(|c| c.node)
            };
            let main = found
                .captures()
                .iter()
                .find_map(|c| Some((names[c.index as usize].strip_prefix(prefix)?, c.node)));
            if let Some((kind, main)) = main {
                all.push(Found {
                    kind,
                    node: main,
                    name: node("name"),
                    body: node("body"),
                    pattern: found.pattern_index,
                });
            }
        });
        all.sort_by_key(|f| {
            (
                f.node.start_byte(),
                std::cmp::Reverse(f.node.end_byte()),
                f.node.id(),
                f.pattern,
            )
        });
        all.dedup_by_key(|f| f.node.id());
        let mut bodies = HashSet::new();
        all.retain(|f| f.body.is_none_or(|body| bodies.insert(body.id())));
        all
    }

    /// Whether a place is inside: before the end, or after an end that is open or only indented.
    fn encloses(&self, rope: &Rope, found: &Found, offset: usize) -> bool {
        let range = found.node.byte_range();
        if offset <= range.start {
            return false;
        }
        if offset < range.end {
            return true;
        }
        if self.grammar.facts.block != BlockStyle::Colon {
            return offset == range.end && !slice(rope, range).ends_with(['}', ')', ']', ';']);
        }
        let here = line_range(rope, offset);
        let blanks = slice(rope, here.start..offset);
        let head = slice(rope, line_range(rope, range.start));
        let gap = slice(rope, range.end..offset);
        let same_line = !gap.contains(['\n', '\r']);
        gap.trim().is_empty()
            && (same_line || blanks.trim().is_empty() && width(&blanks) > width(indent(&head)))
    }
}

/// The byte after the last character before `offset` that is not blank, less one: a place inside
/// what was written last.
fn last_nonblank(rope: &Rope, offset: usize) -> usize {
    let mut bytes = rope.bytes_at(offset);
    let blanks = std::iter::from_fn(|| bytes.prev())
        .take_while(u8::is_ascii_whitespace)
        .count();
    offset.saturating_sub(blanks + 1)
}

impl Syntax {
    fn scope(&self, rope: &Rope, found: &Found) -> Scope {
        Scope {
            kind: found.kind,
            name: found.name.map(|node| slice(rope, node.byte_range())),
            range: found.node.byte_range(),
            header: self.header(rope, found),
            body: found.body.map(|node| node.byte_range()),
        }
    }

    fn header(&self, rope: &Rope, found: &Found) -> Range<usize> {
        let start = self.without_attributes(found.node);
        let end = match found.body {
            Some(body) => body.start_byte(),
            None => line_range(rope, start).end.min(found.node.end_byte()),
        };
        let text = slice(rope, start..end.max(start));
        start..start + text.trim_end().len()
    }

    /// Where a definition begins after the attributes and annotations that are parts of it.
    fn without_attributes(&self, definition: Node) -> usize {
        let is_attribute = |node: &Node| is(self.grammar, *node, Role::Attribute);
        let mut start = definition.start_byte();
        let mut at = definition.child(0);
        while let Some(node) = at {
            if is_attribute(&node) {
                at = node.next_sibling();
            } else if node.child(0).as_ref().is_some_and(is_attribute) {
                // What wraps the attributes may hold other words as well.
                let mut cursor = node.walk();
                let other = node.children(&mut cursor).find(|part| !is_attribute(part));
                if let Some(other) = other {
                    return other.start_byte();
                }
                at = node.next_sibling();
            } else {
                start = node.start_byte();
                break;
            }
        }
        start
    }
}

fn clip(rope: &Rope, range: Range<usize>) -> Range<usize> {
    let floor = |offset: usize| rope.char_to_byte(rope.byte_to_char(offset.min(rope.len_bytes())));
    floor(range.start)..floor(range.end).max(floor(range.start))
}

fn chunks(slice: RopeSlice<'_>) -> impl Iterator<Item = &[u8]> {
    slice.chunks().map(str::as_bytes)
}
