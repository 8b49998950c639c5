//! Whether several lines are natural at the cursor: right after what opens a block, or in a body
//! that is still empty.
//!
//! The completion asks this to choose between one line and a block, and passes the answer to
//! `block_end` to know where to stop. Most of the time the tree is broken exactly here (a body is
//! missing), so the text decides and the tree only says what is comment, string or code, and what
//! kind of brace this is. What opens a block is read from the language's facts.

use crate::ends::{Side, side};
use crate::lex::{Lexer, Region};
use crate::lines::{indent, indent_unit, line_at, line_range, next_nonblank, slice, width};
use crate::parse::Syntax;
use crate::place::Place;
use grammars::{BlockStyle, Facts};
use ropey::Rope;
use text::is_word;
use tree_sitter::Node;

/// A block is expected at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockExpectation {
    /// The blanks that every line of the body starts with.
    pub indent: String,
    /// How the block ends: `Brace` by its closing brace, otherwise by indentation.
    pub style: BlockStyle,
    /// The cursor is after the opener on the same line, so that a line break comes first.
    pub after_opener: bool,
}

/// How far back an opener is looked for, in bytes.
const MAX_BACK: usize = 8 << 10;

impl Syntax {
    /// Whether several lines are natural at `offset`, and how deep they must stand.
    ///
    /// So it is after a block opener at the end of a line (closing brackets may follow), on a
    /// blank line after an opener whose body is empty, and on a blank line after the docstring or
    /// comment that is all of a body so far.
    pub fn expects_block(&self, rope: &Rope, offset: usize) -> Option<BlockExpectation> {
        let offset = offset.min(rope.len_bytes());
        if self.place(rope, offset) != Place::Code {
            return None;
        }
        let line = line_range(rope, offset);
        let rest = slice(rope, offset..line.end);
        if !rest
            .trim_matches([' ', '\t', ')', ']', '}', ';', ','])
            .is_empty()
        {
            return None;
        }
        let text_end = skip_text(
            self,
            rope,
            offset,
            slice(rope, line.start..offset).trim().is_empty(),
        )?;
        let after_opener = text_end > line.start;
        let opener = opener(self, rope, text_end, !after_opener)?;
        let unit = indent_unit(rope, &self.grammar.facts);
        let here = slice(rope, line.start..offset);
        let deeper = !after_opener && width(&here) > width(&opener.indent);
        let body = if deeper {
            here
        } else {
            opener.indent.clone() + &unit
        };
        body_is_empty(rope, offset, &opener).then_some(BlockExpectation {
            indent: body,
            style: opener.style,
            after_opener,
        })
    }
}

/// What opens the block.
struct Opener {
    indent: String,
    style: BlockStyle,
}

/// Walks back from the cursor over blanks and comments, and on a blank line over one docstring: the
/// end of the code before.
fn skip_text(syntax: &Syntax, rope: &Rope, offset: usize, on_blank_line: bool) -> Option<usize> {
    let mut at = trim_end(rope, offset);
    let mut strings = 0;
    while at > 0 {
        let Some((start, place)) = text_node(syntax, at) else {
            return Some(at);
        };
        strings += usize::from(place == Place::String);
        if strings > usize::from(on_blank_line) {
            return None;
        }
        at = trim_end(rope, start);
    }
    None
}

/// The comment or string that ends at `end`, if one does: its start and what it is.
fn text_node(syntax: &Syntax, end: usize) -> Option<(usize, Place)> {
    let facts = &syntax.grammar.facts;
    let is = |node: &Node, kinds: &[String]| kinds.iter().any(|kind| kind == node.kind());
    syntax
        .around(end - 1..end)
        .iter()
        .find_map(|node| match node {
            node if is(node, &facts.string_nodes) => Some((node.start_byte(), Place::String)),
            node if is(node, &facts.comment_nodes) => Some((node.start_byte(), Place::Comment)),
            _ => None,
        })
}

fn trim_end(rope: &Rope, offset: usize) -> usize {
    let mut bytes = rope.bytes_at(offset);
    offset
        - std::iter::from_fn(|| bytes.prev())
            .take_while(u8::is_ascii_whitespace)
            .count()
}

/// The opener that ends at `end`, if one does. `is_whole`: its line is finished.
fn opener(syntax: &Syntax, rope: &Rope, end: usize, is_whole: bool) -> Option<Opener> {
    let facts = &syntax.grammar.facts;
    let line = line_range(rope, end);
    let text = slice(rope, line.start..end);
    let own = |style| {
        Some(Opener {
            indent: indent(&text).to_string(),
            style,
        })
    };
    let word = text
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or("");
    let last = if word.is_empty() {
        text.chars().next_back().map(String::from)?
    } else {
        word.to_lowercase()
    };
    if facts.block_words.contains(&last) {
        return own(BlockStyle::None);
    }
    // Without a bracket at its end, the line may be half typed.
    let may_end = is_whole || text.ends_with([')', '|']);
    if facts.block == BlockStyle::None && may_end && opens_by_words(facts, &text, &last) {
        return own(BlockStyle::None);
    }
    match facts.block {
        BlockStyle::Brace if last == "{" => opens_body(syntax, &text, end)
            .then(|| own(BlockStyle::Brace))
            .flatten(),
        BlockStyle::Colon if last == ":" => {
            let header = logical_line(syntax, rope, end)?;
            let first: String = header
                .trim_start()
                .chars()
                .take_while(|c| is_word(*c))
                .collect();
            facts.colon_words.contains(&first).then(|| Opener {
                indent: indent(&header).to_string(),
                style: BlockStyle::Colon,
            })
        }
        _ => None,
    }
}

/// Whether a line opens a block that a word closes: by its first word, as `def f(x)` does, or by a
/// word and parameters at its end, as `each do |x|` does.
fn opens_by_words(facts: &Facts, line: &str, last: &str) -> bool {
    let is_word_of = |words: &[String], word: &str| words.iter().any(|known| known == word);
    if let Some((before, _)) = line
        .strip_suffix('|')
        .and_then(|line| line.rsplit_once('|'))
    {
        let word = before.trim_end().rsplit(' ').next().unwrap_or_default();
        return is_word_of(&facts.block_words, word);
    }
    let first = line.split_whitespace().next().unwrap_or_default();
    let closes = facts.word_pairs.iter().any(|[_, close]| close == last);
    let goes_on = line.ends_with([',', '.', '(', '[', '{', '=', '+', '&', '|', '\\']);
    is_word_of(&facts.block_line_words, first) && !has_value(line) && !closes && !goes_on
}

/// Whether a line gives something a value outside of brackets, as `def f(x) = x` does.
fn has_value(line: &str) -> bool {
    let mut depth = 0;
    line.split(' ').any(|word| {
        let outside = depth == 0;
        depth += word.matches(['(', '[', '{']).count();
        depth = depth.saturating_sub(word.matches([')', ']', '}']).count());
        outside && word == "="
    })
}

/// Whether the `{` that ends at `end` opens statements or members: by its parent, or where that is
/// broken by what comes before it.
fn opens_body(syntax: &Syntax, line: &str, end: usize) -> bool {
    let facts = &syntax.grammar.facts;
    let parent = syntax
        .tree
        .root_node()
        .descendant_for_byte_range(end - 1, end)
        .and_then(|brace| brace.parent());
    match parent.filter(|node| !node.has_error()) {
        Some(node) => facts.block_nodes.iter().any(|kind| kind == node.kind()),
        None => {
            let before = line[..line.len() - 1].trim_end();
            let first = line.split_whitespace().next().unwrap_or("");
            !before.ends_with(['$', '{'])
                && !before.ends_with("::")
                && !facts.inline_brace_words.iter().any(|word| word == first)
        }
    }
}

/// The text up to `end` of the statement that ends there: from the first line before it at which no
/// bracket is open.
fn logical_line(syntax: &Syntax, rope: &Rope, end: usize) -> Option<String> {
    let facts = &syntax.grammar.facts;
    let from = rope.byte_to_line(end.saturating_sub(MAX_BACK));
    for line in (from..=rope.byte_to_line(end)).rev() {
        let text = slice(rope, line_at(rope, line).start..end);
        let code = Lexer::new(facts, &text).filter(|(_, _, region)| *region == Region::Code);
        let (mut depth, mut lowest) = (0i32, 0i32);
        for (_, piece, _) in code {
            depth += match side(facts, piece) {
                Some(Side::Opens) => 1,
                Some(Side::Closes) => -1,
                None => 0,
            };
            lowest = lowest.min(depth);
        }
        if depth > 0 {
            return None;
        }
        if depth == 0 && lowest == 0 {
            return Some(text);
        }
    }
    None
}

/// Whether nothing is in the body yet: what follows is the end of the text, a closing bracket,
/// or not deeper than the opener.
fn body_is_empty(rope: &Rope, offset: usize, opener: &Opener) -> bool {
    let line = rope.byte_to_line(offset);
    let rest = slice(rope, offset..line_range(rope, offset).end);
    if opener.style == BlockStyle::Brace && rest.trim_start().starts_with('}') {
        return true;
    }
    match next_nonblank(rope, line + 1..rope.len_lines()) {
        Some((_, next)) => width(indent(&next)) <= width(&opener.indent),
        None => true,
    }
}
