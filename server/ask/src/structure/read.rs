//! The facts of a file of code: calls, imports, flags, variables, messages and routes.
//!
//! Works on tokens, one language like another: a name before a bracket is called unless it is
//! defined there; a text that looks like a flag in a call that declares options is a flag.

use super::facts::{Fact, FactKind, key};
use super::lex::{Kind, Token, tokens};
use super::{imports, messages};
use grammars::{BlockStyle, Grammar};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Words of code, by what they do: see `words.txt`.
#[derive(Default)]
struct Words {
    defining: HashSet<&'static str>,
    no_calls: HashSet<&'static str>,
    before_calls: HashSet<&'static str>,
    declaring: HashSet<&'static str>,
    go_flags: HashSet<&'static str>,
    routing: HashSet<&'static str>,
}

fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        let mut words = Words::default();
        let mut section = "";
        for line in include_str!("words.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
                continue;
            }
            let list = match section {
                "defining" => &mut words.defining,
                "no-calls" => &mut words.no_calls,
                "before-calls" => &mut words.before_calls,
                "declaring" => &mut words.declaring,
                "go-flags" => &mut words.go_flags,
                "routing" => &mut words.routing,
                _ => continue,
            };
            list.extend(line.split_whitespace());
        }
        words
    });
    &WORDS
}

/// Reads a file of code.
pub(crate) fn read(grammar: &'static Grammar, text: &str, facts: &mut Vec<Fact>) {
    let found = tokens(grammar, text, 0..text.len(), 0);
    let mut code = Reader {
        grammar,
        text,
        all: &found.all,
        facts,
        in_text: false,
    };
    code.read();
    imports::read(text, &found.all, facts);
    messages::read(text, &found.all, facts);
    // Code in strings may itself hold strings with code: two levels are enough.
    let mut open = found.code_in_texts;
    for _ in 0..2 {
        let mut inner = Vec::new();
        for (part, line) in open {
            let found = tokens(grammar, text, part, line);
            Reader {
                grammar,
                text,
                all: &found.all,
                facts,
                in_text: true,
            }
            .read();
            inner.extend(found.code_in_texts);
        }
        open = inner;
    }
}

struct Reader<'a> {
    grammar: &'static Grammar,
    text: &'a str,
    all: &'a [Token],
    facts: &'a mut Vec<Fact>,
    /// The tokens are those of code in a string.
    in_text: bool,
}

impl<'a> Reader<'a> {
    fn spelt(&self, at: usize) -> &'a str {
        self.all.get(at).map_or("", |token| token.text(self.text))
    }

    fn is(&self, at: usize, mark: u8) -> bool {
        self.all.get(at).is_some_and(|token| token.is(mark))
    }

    fn is_kind(&self, at: usize, kind: Kind) -> bool {
        self.all.get(at).is_some_and(|token| token.kind == kind)
    }

    fn add(&mut self, kind: FactKind, name: &str, line: u32) {
        self.facts.push((key(kind, name), line));
    }

    fn read(&mut self) {
        // The names of what is called at each open bracket.
        let mut open: Vec<usize> = Vec::new();
        for at in 0..self.all.len() {
            let token = self.all[at];
            match token.kind {
                Kind::Word => self.word(at),
                Kind::Mark(b'(' | b'[' | b'{') if open.len() < 256 => open.push(at),
                Kind::Mark(b')' | b']' | b'}') => drop(open.pop()),
                Kind::Mark(b'#') if self.is(at + 1, b'[') => self.derived_flag(at + 2),
                Kind::Text => self.string(at, open.last().copied()),
                Kind::Mark(_) => {}
            }
        }
    }

    fn word(&mut self, at: usize) {
        let (word, token) = (self.spelt(at), self.all[at]);
        if !text::words::is_name(word.trim_start_matches('$')) {
            return;
        }
        if let Some(bracket) = self.called(at)
            && !self.is_defined(at, bracket)
        {
            self.add(FactKind::Call, word, token.line);
        }
        // process.env.NAME
        let is_member = at >= 2 && self.is(at - 1, b'.') && self.spelt(at - 2) == "env";
        let of_process = at >= 4 && self.is(at - 3, b'.') && self.spelt(at - 4) == "process";
        if is_member && self.is_kind(at - 2, Kind::Word) && (of_process || is_variable(word)) {
            self.add(FactKind::Variable, word, token.line);
        }
    }

    /// The bracket that calls the name here, if one does.
    fn called(&self, at: usize) -> Option<usize> {
        let line = self.all[at].line;
        let mut next = at + 1;
        if self.is(next, b'!')
            && self.all.get(next + 1).is_some_and(|token| {
                matches!(token.kind, Kind::Mark(b'(' | b'[' | b'{'))
                    && token.start == self.all[next].end
            })
        {
            return (self.all[next].start == self.all[at].end).then_some(next + 1);
        }
        // Optional call in JavaScript: name?.(
        if self.is(next, b'?') && self.is(next + 1, b'.') && self.is(next + 2, b'(') {
            return Some(next + 2);
        }
        if self.is(next, b':') && self.is(next + 1, b':') && self.is(next + 2, b'<') {
            next += 2;
        }
        if self.is(next, b'<') && self.all[next].start == self.all[next - 1].end {
            next = self.after_types(next)?;
        }
        let bracket = self.all.get(next)?;
        let follows = bracket.is(b'(') && bracket.line == line;
        // Any word may name a member.
        let is_member = at > 0
            && (self.is(at - 1, b'.') || self.is(at - 1, b':') && at > 1 && self.is(at - 2, b':'));
        let word = self.spelt(at);
        let is_keyword = words().no_calls.contains(word) && self.grammar.facts.is_keyword(word);
        (follows && (is_member || !is_keyword)).then_some(next)
    }

    /// The token after a list of types in angle brackets.
    fn after_types(&self, from: usize) -> Option<usize> {
        let mut depth = 0;
        for at in from..self.all.len().min(from + 40) {
            match self.all[at].kind {
                Kind::Mark(b'<') => depth += 1,
                Kind::Mark(b'>') if !self.is(at - 1, b'-') && !self.is(at - 1, b'=') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                Kind::Mark(b';' | b'+') => return None,
                Kind::Mark(b'&' | b'|') if self.all[at].kind == self.all[at - 1].kind => {
                    return None;
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the name before a bracket is defined there.
    fn is_defined(&self, at: usize, bracket: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        let colon = self.grammar.facts.block == BlockStyle::Colon;
        let before = if self.is(before, b'*') && before > 0 && self.spelt(before - 1) == "function"
        {
            before - 1
        } else {
            before
        };
        let word = if self.is_kind(before, Kind::Word) {
            self.spelt(before)
        } else {
            ""
        };
        if words().defining.contains(word) || word == "!" {
            return true;
        }
        // func (a *A) name(
        if self.is(before, b')')
            && self
                .opening(before)
                .is_some_and(|open| open > 0 && self.spelt(open - 1) == "func")
        {
            return true;
        }
        if colon || self.grammar.facts.block != BlockStyle::Brace || self.in_text {
            return false;
        }
        let (token, earlier) = (self.all[at], self.all[before]);
        let same_line = earlier.line == token.line;
        let typed = same_line && text::words::is_name(word) && !words().before_calls.contains(word);
        let after_type = same_line
            && matches!(earlier.kind, Kind::Mark(b'*' | b'&' | b'>' | b']'))
            && self.first_on_line(before)
            && !self.is(at + 1, b'!');
        let first = !same_line || matches!(word, "async" | "static" | "get" | "set");
        let first =
            first || (self.is(before, b'*') || self.is(before, b'#')) && self.first_on_line(before);
        let Some(after) = self.closing(bracket).map(|close| close + 1) else {
            return false;
        };
        let body = self.is(after, b'{') && self.all[after].line == self.all[after - 1].line;
        let result = self.is(after, b':') && !self.is(after + 1, b':');
        let is_macro = self.is(at + 1, b'!');
        !is_macro
            && (typed && !self.is(before, b'.')
                || after_type && body
                || first && (body || result && !self.is(at - 1, b'?')))
    }

    /// Whether only names and marks of types come before this token on its line.
    fn first_on_line(&self, at: usize) -> bool {
        let line = self.all[at].line;
        let before = (0..=at)
            .rev()
            .map(|at| self.all[at])
            .take_while(|token| token.line == line);
        let mut names = 0;
        for token in before {
            match token.kind {
                Kind::Word => names += 1,
                Kind::Mark(b'*' | b'&' | b'<' | b'>' | b'[' | b']' | b',' | b'#') => {}
                _ => return false,
            }
        }
        names < 6
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        (open..self.all.len().min(open + 2_000)).find(|at| {
            match self.all[*at].kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        (close.saturating_sub(50)..=close).rev().find(|at| {
            match self.all[*at].kind {
                Kind::Mark(b')') => depth += 1,
                Kind::Mark(b'(') => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    /// A string in the innermost open bracket.
    fn string(&mut self, at: usize, bracket: Option<usize>) {
        let (content, line) = (self.spelt(at), self.all[at].line);
        if content.is_empty() || content.len() > 200 || content.contains('\n') {
            return;
        }
        let called = bracket
            .filter(|at| *at > 0 && self.is(*at, b'('))
            .map_or("", |at| self.spelt(at - 1));
        let go = called.trim_end_matches('P').trim_end_matches("Var");
        let is_option =
            ["option", "long"].contains(&called) && bracket.is_some_and(|open| open + 1 == at);
        let is_go_flag = || words().go_flags.contains(go) && self.is_go_flag(at, bracket);
        if content.starts_with('-') {
            if words().declaring.contains(called) {
                for name in flags(content) {
                    self.add(FactKind::Flag, name, line);
                }
            }
        } else if is_flag_name(content) && (is_option || is_go_flag()) {
            self.add(FactKind::Flag, &format!("--{content}"), line);
        } else if content.starts_with('/')
            && words().routing.contains(called)
            && !content.contains(' ')
        {
            self.add(FactKind::Route, content, line);
        }
        if is_variable_name(content) && self.reads_environment(at, content) {
            self.add(FactKind::Variable, content, line);
        }
    }

    /// Whether a bracket belongs to a method of a set of flags and this is its first text.
    fn is_go_flag(&self, at: usize, bracket: Option<usize>) -> bool {
        let Some(open) = bracket.filter(|open| *open >= 3) else {
            return false;
        };
        let first = (open + 1..at).all(|at| !self.is_kind(at, Kind::Text));
        let line = self.all[open].line;
        let before = (0..open)
            .rev()
            .take_while(|at| self.all[*at].line == line)
            .take(8);
        first
            && before.into_iter().any(|at| {
                self.spelt(at).to_ascii_lowercase().contains("flag") || self.spelt(at) == "fs"
            })
    }

    /// Whether a string names a variable of the environment.
    fn reads_environment(&self, at: usize, content: &str) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if self.is(before, b'=') || self.is(before, b':') {
            let name = before.checked_sub(1).map_or("", |at| self.spelt(at));
            return matches!(name, "env" | "envvar" | "env_var" | "auto_envvar_prefix");
        }
        if self.is(before, b'(') || self.is(before, b'[') {
            let chain = (0..before).rev().map_while(|at| {
                let token = self.all[at];
                let joins = matches!(
                    token.kind,
                    Kind::Mark(b'.' | b':' | b'!' | b'?' | b'>' | b'-' | b'$')
                );
                (token.kind == Kind::Word || joins).then(|| self.spelt(at))
            });
            let chain: Vec<&str> = chain.take(6).collect();
            let called = self.is(before, b'(');
            return is_environment(&chain, content, called);
        }
        // "NAME" in os.environ
        let (first, second) = (self.spelt(at + 1), self.spelt(at + 2));
        let negated = usize::from(first == "not" && second == "in");
        (first == "in" || negated == 1)
            && self.spelt(at + 2 + negated) == "os"
            && self.spelt(at + 4 + negated) == "environ"
    }

    /// The flag of a field in an attribute such as `#[arg(long)]`.
    fn derived_flag(&mut self, at: usize) {
        if !matches!(
            self.spelt(at),
            "arg" | "clap" | "structopt" | "argh" | "options"
        ) {
            return;
        }
        let Some(end) = self.closing(at - 1) else {
            return;
        };
        let (mut named, mut bare) = (None, false);
        for inside in at..end {
            if self.spelt(inside) == "long" {
                let value = inside + 2;
                named =
                    (self.is(inside + 1, b'=') && self.is_kind(value, Kind::Text)).then_some(value);
                bare = named.is_none();
            }
        }
        if let Some(value) = named {
            let name = format!("--{}", self.spelt(value));
            self.add(FactKind::Flag, &name, self.all[value].line);
        }
        if !bare {
            return;
        }
        // More attributes may come before the field.
        let field = (end + 1..self.all.len().min(end + 80)).find(|at| {
            self.is_kind(*at, Kind::Word) && self.is(*at + 1, b':') && !self.is(*at + 2, b':')
        });
        if let Some(field) = field {
            let name = format!("--{}", self.spelt(field).replace('_', "-"));
            self.add(FactKind::Flag, &name, self.all[field].line);
        }
    }
}

/// Whether a chain of names, the last one first, reads variables of the environment.
fn is_environment(chain: &[&str], name: &str, called: bool) -> bool {
    let words: Vec<&str> = chain
        .iter()
        .copied()
        .filter(|word| text::words::is_name(word))
        .collect();
    let Some(last) = words.first() else {
        return false;
    };
    let lower = last.to_ascii_lowercase();
    let owner = words.get(1).copied().unwrap_or_default();
    let is_reader = matches!(
        lower.as_str(),
        "getenv"
            | "lookupenv"
            | "putenv"
            | "setenv"
            | "unsetenv"
            | "getenvironmentvariable"
            | "setenvironmentvariable"
            | "delenv"
    );
    let may_be_reader = called && matches!(lower.as_str(), "env" | "option_env");
    let of_variables = ["env", "ENV"].contains(&owner)
        && matches!(
            *last,
            "var"
                | "var_os"
                | "set_var"
                | "remove_var"
                | "fetch"
                | "get"
                | "str"
                | "bool"
                | "int"
                | "key"
        );
    let of_object = *last == "environ" && owner == "os"
        || owner == "environ"
            && words.get(2) == Some(&"os")
            && matches!(*last, "get" | "pop" | "setdefault");
    let is_member = chain.first() == Some(&"env") && owner == "process" || *last == "ENV";
    let looks_like = is_variable(name);
    of_object || is_member || is_reader || (may_be_reader || of_variables) && looks_like
}

/// Whether a name is spelt as variables of the environment are.
fn is_variable(name: &str) -> bool {
    name.len() > 1
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && name.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_variable_name(content: &str) -> bool {
    text::words::is_name(content)
        && content
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_flag_name(content: &str) -> bool {
    content.len() > 1
        && content
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The flags that a declaration names: `-p, --port <n>`, `--shout/--no-shout`.
pub(crate) fn flags(content: &str) -> Vec<&str> {
    let names = content.split([' ', ',', '/', '|', '=', '<', '[', '\t']);
    names
        .take_while(|name| name.is_empty() || name.starts_with('-'))
        .filter(|name| {
            name.trim_start_matches('-')
                .starts_with(|c: char| c.is_alphanumeric())
        })
        .collect()
}
