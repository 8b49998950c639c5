//! Where generated code leaves the statement or the block it was asked for: pure functions of the
//! text generated so far.
//!
//! The stop rule of a completion calls them after every token and cuts at what they return. Once
//! they answer, more text does not change the answer (a tested invariant), so stopping early gives
//! the same cut as generating on.

use crate::lex::{Lexer, Region};
use crate::lines::{indent, width};
use grammars::{BlockStyle, Facts};

/// Where a block ends in the generated text, as byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockEnd {
    /// After the last character of the block's content: cut here where the closing brace is
    /// after the cursor already.
    pub content: usize,
    /// After the closing brace; the same as `content` where a block has none.
    pub closed: usize,
}

/// Where `generated` leaves the block that the cursor is in; `None` while it is still inside.
///
/// Brace style: at the first closing bracket that was not opened in the text. Otherwise, by
/// indentation: before the first line that is indented less than `indent_of_body`, lines inside
/// brackets and strings aside. The first line is the cursor's own and never ends a block by
/// indentation.
pub fn block_end(
    facts: &Facts,
    style: BlockStyle,
    indent_of_body: &str,
    generated: &str,
) -> Option<BlockEnd> {
    let (mut depth, mut content, mut line_start) = (0usize, 0, None);
    for (at, piece, region) in Lexer::partial(facts, generated) {
        let blank = piece.trim().is_empty();
        if !blank
            && depth == 0
            && style != BlockStyle::Brace
            && line_start.is_some_and(|start: usize| {
                width(indent(&generated[start..])) < width(indent_of_body)
                    && start + indent(&generated[start..]).len() == at
            })
        {
            return Some(BlockEnd {
                content,
                closed: content,
            });
        }
        if region == Region::Code {
            match side(facts, piece) {
                Some(Side::Opens) => depth += 1,
                Some(Side::Closes) if depth > 0 => depth -= 1,
                Some(Side::Closes) => {
                    return Some(BlockEnd {
                        content,
                        closed: if style == BlockStyle::Brace {
                            at + piece.len()
                        } else {
                            content
                        },
                    });
                }
                None => {}
            }
            if piece == "\n" || piece == "\r" {
                line_start = Some(at + 1);
            }
        }
        if !blank {
            content = at + piece.len();
        }
    }
    None
}

/// Where the statement that the generated text begins with ends: before the first line break
/// outside brackets, strings and comments over several lines; `None` while there is none. A closing
/// bracket too many ends it as well, before the bracket. A brace on the next line still belongs to
/// it where it ends with a parenthesis, as functions of C are often written.
pub fn statement_end(facts: &Facts, generated: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, piece, region) in Lexer::partial(facts, generated) {
        if region != Region::Code {
            continue;
        }
        match side(facts, piece) {
            Some(Side::Opens) => depth += 1,
            Some(Side::Closes) if depth == 0 => return Some(at),
            Some(Side::Closes) => depth -= 1,
            None if depth == 0
                && (piece == "\n" || piece == "\r")
                && !generated[..at].trim().is_empty() =>
            {
                if facts.block != BlockStyle::Brace || !generated[..at].trim_end().ends_with(')') {
                    return Some(at);
                }
                match generated[at..].trim_start().chars().next() {
                    Some('{') => {}
                    Some(_) => return Some(at),
                    None => return None,
                }
            }
            None => {}
        }
    }
    None
}

/// What `text` leaves open, innermost last, as the texts that close it: brackets, pairs of words,
/// and a string or comment over several lines.
pub fn unclosed(facts: &Facts, text: &str) -> Vec<String> {
    let (mut open, mut word): (Vec<String>, String) = Default::default();
    let mut line = LineWords::default();
    for (_, piece, region) in Lexer::new(facts, text).chain([(text.len(), "\n", Region::Code)]) {
        if region == Region::Code
            && piece
                .chars()
                .all(|c| c.is_alphanumeric() || "_-$".contains(c))
        {
            word.push_str(piece);
            continue;
        }
        let word = std::mem::take(&mut word).to_lowercase();
        if let Some(close) = line.opened(facts, &word, piece) {
            open.push(close.to_owned());
        } else if !word.is_empty() && open.last() == Some(&word) {
            open.pop();
        }
        match side(facts, piece).filter(|_| region == Region::Code) {
            Some(Side::Opens) => {
                let pair = facts.brackets.iter().find(|pair| pair.starts_with(piece));
                open.extend(pair.map(|pair| pair[piece.len()..].to_string()));
            }
            Some(Side::Closes) if open.last().is_some_and(|close| close == piece) => {
                open.pop();
            }
            _ => {}
        }
    }
    match Lexer::new(facts, text).region_at_end() {
        Region::String(quote) if facts.multiline_quotes.iter().any(|multi| multi == quote) => {
            open.push(quote.to_string())
        }
        Region::BlockComment => {
            open.extend(facts.block_comment.iter().map(|[_, close]| close.clone()))
        }
        _ => {}
    }
    open
}

/// The words of a line so far, as far as they say what opens a block.
#[derive(Default)]
struct LineWords {
    /// A word came before.
    started: bool,
    /// What came before the word belongs to it: `a.class` opens no class.
    joined: bool,
    /// The first word of the line has opened a block.
    opened: bool,
}

impl LineWords {
    /// What closes the block that a word opens. `next` is what follows the word.
    fn opened<'f>(&mut self, facts: &'f Facts, word: &str, next: &str) -> Option<&'f str> {
        let first = !self.started;
        let is_key = next == ":" && !facts.line_pairs.is_empty();
        let is_name = self.joined || is_key;
        let closes = |pairs: &'f [[String; 2]]| {
            let pair = pairs.iter().find(|[opens, _]| opens == word);
            pair.map(|[_, close]| close.as_str())
        };
        let at_start = closes(&facts.line_pairs).filter(|_| first);
        let found = at_start.or_else(|| closes(&facts.word_pairs).filter(|_| !self.opened));
        if !word.is_empty() {
            self.opened |= at_start.is_some();
            self.started = true;
        }
        self.joined = matches!(next, "." | ":") && !facts.line_pairs.is_empty();
        if matches!(next, "\n" | ";") {
            *self = Self::default();
        }
        found.filter(|_| !is_name)
    }
}

/// Which side of a pair of brackets a piece of code is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Opens,
    Closes,
}

pub(crate) fn side(facts: &Facts, piece: &str) -> Option<Side> {
    let opens = facts.brackets.iter().any(|pair| pair.starts_with(piece));
    let closes = facts.brackets.iter().any(|pair| pair.ends_with(piece));
    if opens {
        Some(Side::Opens)
    } else {
        closes.then_some(Side::Closes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(id: &str) -> &'static Facts {
        &grammars::by_id(id).unwrap().facts
    }

    fn content<'a>(id: &str, indent: &str, text: &'a str) -> Option<&'a str> {
        block_end(facts(id), facts(id).block, indent, text).map(|end| &text[..end.content])
    }

    #[test]
    fn python_leaves_a_block_by_indentation() {
        assert_eq!(
            content("python", "    ", "a = 1\n    b = 2\n\ndef g():"),
            Some("a = 1\n    b = 2")
        );
        assert_eq!(
            content("python", "    ", "\n    a = 1\n\n    b = (\n1)\n    "),
            None
        );
        assert_eq!(
            content(
                "python",
                "    ",
                "\n    a = '''\nx\n'''\n    return a\nelse:"
            ),
            Some("\n    a = '''\nx\n'''\n    return a")
        );
        assert_eq!(
            content("python", "\t", "\n\ta\n\t\tb\n# c"),
            Some("\n\ta\n\t\tb")
        );
        assert_eq!(content("python", "    ", "x)"), Some("x"));
    }

    #[test]
    fn braces_leave_a_block_by_balance() {
        assert_eq!(
            content(
                "rust",
                "    ",
                "\n    if a { b('}') }\n    // }\n    c\n}\n\nfn d() {"
            ),
            Some("\n    if a { b('}') }\n    // }\n    c")
        );
        let end = block_end(facts("rust"), BlockStyle::Brace, "", " a }\n").unwrap();
        assert_eq!((end.content, end.closed), (2, 4));
        assert_eq!(
            content("javascript", "  ", "\n  f(`${x}`, {\n    a: 1 })"),
            None
        );
    }

    #[test]
    fn words_leave_a_block_by_indentation() {
        let text = "\n  echo a\n  if b; then\n    c\n  fi\ndone\n";
        let end = block_end(facts("bash"), BlockStyle::None, "  ", text).unwrap();
        assert_eq!(
            &text[..end.content],
            "\n  echo a\n  if b; then\n    c\n  fi"
        );
    }

    #[test]
    fn a_statement_ends_with_its_line_unless_something_is_open() {
        let end = |id, text| statement_end(facts(id), text);
        assert_eq!(end("python", "foo(a,\n  b)\nbar"), Some(11));
        assert_eq!(end("python", "\n    x = 1\n"), Some(10));
        assert_eq!(end("python", "foo(a,\n  b"), None);
        assert_eq!(end("python", "a, b)"), Some(4));
        assert_eq!(end("go", "if x {\n\ty()\n}\nz"), Some(13));
        assert_eq!(end("c", "int f(int x)\n{\n    return x;\n}\nint"), Some(30));
        assert_eq!(end("c", "int f(int x)\n"), None);
        assert_eq!(end("c", "f(x)\n\ng(x)"), Some(4));
    }

    #[test]
    fn what_is_left_open_is_listed_innermost_last() {
        assert_eq!(unclosed(facts("rust"), "f(|a| { g['}'] // )\n"), [")", "}"]);
        assert_eq!(
            unclosed(facts("python"), "x = [f(1), \"(\", \"\"\"a"),
            ["]", "\"\"\""]
        );
        assert_eq!(unclosed(facts("java"), "f(); } /* {"), ["*/"]);
        let bash = "f() {\n  if a; then\n    b\n  elif c; then\n    for x in $(y); do";
        assert_eq!(unclosed(facts("bash"), bash), ["}", "fi", "done"]);
        assert_eq!(
            unclosed(facts("bash"), &format!("{bash}\n done\n fi\n}}\n")),
            [""; 0]
        );
    }

    #[test]
    fn words_open_blocks_where_they_begin_a_line() {
        let open = |text| unclosed(facts("ruby"), text);
        assert_eq!(open("def f\n  if a\n    b if c\n"), ["end", "end"]);
        assert_eq!(open("while a do\n  b = self.class\n"), ["end"]);
        assert_eq!(open("for x in y do\n  z.each do |w|\n"), ["end", "end"]);
        assert_eq!(open("def f\n  g(if: 1, class: 2)\nend\n"), [""; 0]);
        assert_eq!(open("unless a\n  b\nend\nx = 1 unless c\n"), [""; 0]);
    }

    #[test]
    fn an_answer_stays_when_more_text_comes() {
        let cases = [
            ("python", "    ", "a = 1\n    b = [\n  2]\n\n\n  c\nd"),
            ("rust", "    ", "\n    a { b } \"}\" '}' /* } */\n  }\n }"),
            ("javascript", "  ", "`a${b}\n` // c\n}\n}"),
        ];
        for (id, indent, text) in cases {
            let mut answers = Vec::new();
            for at in 0..=text.len() {
                answers.push((
                    block_end(facts(id), facts(id).block, indent, &text[..at]),
                    statement_end(facts(id), &text[..at]),
                ));
            }
            for pair in answers.windows(2) {
                assert!(
                    pair[0].0.is_none() || pair[0].0 == pair[1].0,
                    "{id}: {pair:?}"
                );
                assert!(
                    pair[0].1.is_none() || pair[0].1 == pair[1].1,
                    "{id}: {pair:?}"
                );
            }
            assert!(answers.iter().any(|(block, _)| block.is_some()));
        }
    }
}
