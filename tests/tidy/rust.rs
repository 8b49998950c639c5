//! Splits Rust source into code, comments and texts between quotes, line by line.

/// One line of a file. The contents of texts are in neither part, only their quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The code, with empty texts.
    pub code: String,
    /// The comment with its marks.
    pub comment: String,
}

#[derive(Clone, Copy)]
enum State {
    Code,
    LineComment,
    BlockComment(usize),
    Text,
    RawText(usize),
}

/// The number of `#` after which a raw text begins here; `rest` is what comes after `r`.
fn raw_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

/// How many characters the character literal has that begins here; 0 for a lifetime.
fn char_literal(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => {
            let close = rest.iter().skip(3).position(|c| *c == '\'');
            close.map_or(0, |at| at + 4)
        }
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

struct Splitter<'a> {
    rest: &'a [char],
    lines: Vec<Line>,
    state: State,
}

impl Splitter<'_> {
    /// Takes characters into the code or the comment of the last line.
    fn take(&mut self, count: usize, is_comment: bool) {
        let line = self.lines.last_mut().unwrap();
        let part = if is_comment {
            &mut line.comment
        } else {
            &mut line.code
        };
        part.extend(&self.rest[..count]);
        self.rest = &self.rest[count..];
    }

    fn skip(&mut self, count: usize) {
        self.rest = &self.rest[count.min(self.rest.len())..];
    }

    fn new_line(&mut self) {
        if matches!(self.state, State::LineComment) {
            self.state = State::Code;
        }
        self.lines.push(Line::default());
        self.skip(1);
    }

    fn code(&mut self) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let before = self.lines.last().unwrap().code.chars().last();
        match self.rest {
            ['/', '/', ..] => self.state = State::LineComment,
            ['/', '*', ..] => self.state = State::BlockComment(0),
            ['"', ..] => {
                self.state = State::Text;
                self.take(1, false);
            }
            ['r', after @ ..] if !before.is_some_and(|c| is_word(c) && c != 'b' && c != 'c') => {
                if let Some(hashes) = raw_hashes(after) {
                    self.state = State::RawText(hashes);
                    self.take(hashes + 2, false);
                } else {
                    self.take(1, false);
                }
            }
            ['\'', ..] => match char_literal(self.rest) {
                0 => self.take(1, false),
                length => self.skip(length),
            },
            _ => self.take(1, false),
        }
    }

    fn block_comment(&mut self, depth: usize) {
        match self.rest {
            ['/', '*', ..] => {
                self.state = State::BlockComment(depth + 1);
                self.take(2, true);
            }
            ['*', '/', ..] => {
                self.state = match depth {
                    0 | 1 => State::Code,
                    _ => State::BlockComment(depth - 1),
                };
                self.take(2, true);
            }
            _ => self.take(1, true),
        }
    }

    fn text(&mut self) {
        match self.rest {
            // A break after a backslash still begins a line.
            ['\\', '\n', ..] => self.skip(1),
            ['\\', ..] => self.skip(2),
            ['"', ..] => {
                self.state = State::Code;
                self.take(1, false);
            }
            _ => self.skip(1),
        }
    }

    fn raw_text(&mut self, hashes: usize) {
        let closes = self.rest[0] == '"'
            && self.rest.len() > hashes
            && self.rest[1..=hashes].iter().all(|c| *c == '#');
        if closes {
            self.state = State::Code;
            self.take(1 + hashes, false);
        } else {
            self.skip(1);
        }
    }
}

/// The lines of a file.
pub fn lines(text: &str) -> Vec<Line> {
    let chars: Vec<char> = text.chars().collect();
    let mut splitter = Splitter {
        rest: &chars,
        lines: vec![Line::default()],
        state: State::Code,
    };
    while let [first, ..] = splitter.rest {
        match splitter.state {
            _ if *first == '\n' => splitter.new_line(),
            State::Code => splitter.code(),
            State::LineComment => splitter.take(1, true),
            State::BlockComment(depth) => splitter.block_comment(depth),
            State::Text => splitter.text(),
            State::RawText(hashes) => splitter.raw_text(hashes),
        }
    }
    splitter.lines
}

#[test]
fn code_comments_and_texts_are_separated() {
    let split = |text: &str| -> Vec<(String, String)> {
        let parts = lines(text).into_iter();
        parts.map(|line| (line.code, line.comment)).collect()
    };
    let line = |code: &str, comment: &str| (code.to_owned(), comment.to_owned());
    assert_eq!(split("a // \"b"), [line("a ", "// \"b")]);
    assert_eq!(
        split("f(\"// \\\" c\", '\"', b)"),
        [line("f(\"\", , b)", "")]
    );
    assert_eq!(split("&'a str"), [line("&'a str", "")]);
    assert_eq!(
        split("r#\"a \" b\n//\"# c"),
        [line("r#\"", ""), line("\"# c", "")]
    );
    assert_eq!(
        split("/* a /* b */\n */ c"),
        [line("", "/* a /* b */"), line(" c", " */")]
    );
    assert_eq!(split("\"a \\\n  b\" c"), [line("\"", ""), line("\" c", "")]);
    assert_eq!(
        split("for b in br\"x\" {}"),
        [line("for b in br\"\" {}", "")]
    );
}
