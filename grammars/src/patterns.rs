//! Reads `roles.scm` and `locals.scm` into tables by the numbers of kinds and fields.
//!
//! The files are tree-sitter queries of few forms, so that one look-up per node answers what a run
//! of a query would: `(kind) @role`, `[(kind) (other) "token"] @role`, and for the children `(kind
//! field: (_) @part)`, `(kind . (_) @part)` for the first named child, `(kind (_) @part .)` for the
//! last one, `(kind (other) @part)` for a child of one kind, `(kind "else" . (_) @part)` for the
//! child right after a token. `(_ field: (_) @part)` holds for all kinds. A child without a capture
//! is a condition: `(kind "++") @role`. Of several patterns that fit a child the first one counts,
//! and a language's own file before what it inherits; inherited patterns over kinds that the
//! grammar does not have are passed over.

use std::iter::Peekable;
use std::str::Chars;
use tree_sitter::Language;

/// One pattern: what is captured of a node of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// The node itself: kind, what its children must be, capture.
    Node(Kind, Vec<Condition>, String),
    /// A child of it.
    Child(Kind, Selector<String, Kind>, String),
}

/// What one child of a node must be: any of these.
pub(crate) type Condition = Vec<Selector<String, Kind>>;

/// A kind as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `_`.
    Any,
    /// `name`.
    Named(String),
    /// `"text"`.
    Token(String),
}

/// Which child is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector<F, K> {
    /// The field it is in.
    pub field: Option<F>,
    /// Its kind.
    pub kind: K,
    /// The kind of what comes right before it.
    pub after: Option<K>,
    /// It is the first named child.
    pub first: bool,
    /// It is the last named child.
    pub last: bool,
}

/// Reads the patterns of a file. The error is a sentence with the line.
pub(crate) fn patterns(text: &str) -> Result<Vec<Pattern>, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        found: Vec::new(),
    };
    while reader.at < tokens.len() {
        reader.pattern()?;
    }
    Ok(reader.found)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Mark(char),
    Word(String),
    Text(String),
}

/// The tokens with their lines.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, String> {
    let (mut found, mut line) = (Vec::new(), 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() => {}
            ';' => while chars.next_if(|c| *c != '\n').is_some() {},
            '(' | ')' | '[' | ']' | '@' | ':' => found.push((line, Token::Mark(c))),
            '.' => found.push((line, Token::Mark(c))),
            '"' => found.push((line, Token::Text(quoted(&mut chars)))),
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| is_word(*c) || *c == '.') {
                    word.push(c);
                }
                found.push((line, Token::Word(word)));
            }
            other => return Err(format!("line {line}: `{other}` is not read here")),
        }
    }
    Ok(found)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn quoted(chars: &mut Peekable<Chars>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

struct Reader<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    found: Vec<Pattern>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn takes(&mut self, mark: char) -> bool {
        let is = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(is);
        is
    }

    fn error<T>(&self, wanted: &str) -> Result<T, String> {
        let place = self.tokens.get(self.at).or(self.tokens.last());
        let line = place.map_or(0, |(line, _)| *line);
        Err(format!(
            "line {line}: {wanted} is expected, found {:?}",
            self.peek()
        ))
    }

    fn word(&mut self) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            _ => self.error("a word"),
        }
    }

    /// A pattern with the captures after it.
    fn pattern(&mut self) -> Result<(), String> {
        let nodes = self.nodes(true)?;
        for capture in self.captures()? {
            for (kind, conditions) in &nodes {
                let (kind, conditions) = (kind.clone(), conditions.clone());
                self.found
                    .push(Pattern::Node(kind, conditions, capture.clone()));
            }
        }
        Ok(())
    }

    /// One node or alternatives with their conditions; the outermost node may have children.
    fn nodes(&mut self, outer: bool) -> Result<Vec<(Kind, Vec<Condition>)>, String> {
        if let Some(Token::Text(text)) = self.peek().cloned() {
            self.at += 1;
            return Ok(vec![(Kind::Token(text), Vec::new())]);
        }
        if self.takes('[') {
            let mut all = Vec::new();
            while !self.takes(']') {
                all.extend(self.nodes(outer)?);
            }
            return Ok(all);
        }
        if !self.takes('(') {
            return self.error("a node");
        }
        let word = self.word()?;
        let kind = if word == "_" {
            Kind::Any
        } else {
            Kind::Named(word)
        };
        let mut before = None;
        let mut conditions = Vec::new();
        while !self.takes(')') {
            if !outer {
                return self.error("`)`");
            }
            conditions.extend(self.child(&kind, &mut before)?);
        }
        Ok(vec![(kind, conditions)])
    }

    /// A child: what it is where it is captured, else what it must be. `before` is the token that
    /// comes before it, if an anchor says so.
    fn child(
        &mut self,
        parent: &Kind,
        before: &mut Option<Kind>,
    ) -> Result<Option<Condition>, String> {
        let anchored = self.takes('.');
        let after = before.take().filter(|_| anchored);
        let first = anchored && after.is_none();
        let mut field = None;
        if let Some(Token::Word(word)) = self.peek().cloned() {
            self.at += 1;
            if !self.takes(':') {
                return self.error("`:`");
            }
            field = Some(word);
        }
        let nodes = self.nodes(false)?;
        let captures = self.captures()?;
        // The anchor before the next child is not the end of this one.
        let closes = self.tokens.get(self.at + 1).map(|(_, token)| token);
        let last = self.peek() == Some(&Token::Mark('.')) && closes == Some(&Token::Mark(')'));
        self.at += usize::from(last);
        if let [(kind @ Kind::Token(_), _)] = nodes.as_slice() {
            *before = Some(kind.clone());
        }
        let selector = |(kind, _)| {
            let (field, after) = (field.clone(), after.clone());
            Selector {
                field,
                kind,
                after,
                first,
                last,
            }
        };
        let selectors: Condition = nodes.into_iter().map(selector).collect();
        for capture in &captures {
            for selector in &selectors {
                let (parent, selector) = (parent.clone(), selector.clone());
                self.found
                    .push(Pattern::Child(parent, selector, capture.clone()));
            }
        }
        Ok(captures.is_empty().then_some(selectors))
    }

    fn captures(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        while self.takes('@') {
            names.push(self.word()?);
        }
        Ok(names)
    }
}

/// The number of a kind; `None` in the middle for any kind, an error where there is no such kind.
pub(crate) fn kind_id(language: &Language, kind: &Kind) -> Result<Option<u16>, String> {
    let (name, named) = match kind {
        Kind::Any => return Ok(None),
        Kind::Named(name) => (name, true),
        Kind::Token(text) => (text, false),
    };
    match language.id_for_node_kind(name, named) {
        0 => Err(format!("there is no node `{name}`")),
        id => Ok(Some(id)),
    }
}

/// A selector by numbers.
pub(crate) fn resolved(
    language: &Language,
    selector: &Selector<String, Kind>,
) -> Result<ChildSelector, String> {
    let field = match &selector.field {
        Some(name) => match language.field_id_for_name(name) {
            Some(id) => Some(id.get()),
            None => return Err(format!("there is no field `{name}`")),
        },
        None => None,
    };
    let kind = kind_id(language, &selector.kind)?;
    let after = match &selector.after {
        Some(kind) => Some(kind_id(language, kind)?),
        None => None,
    };
    let (first, last) = (selector.first, selector.last);
    Ok(Selector {
        field,
        kind,
        after,
        first,
        last,
    })
}

/// A selector by the numbers of field and kind.
pub(crate) type ChildSelector = Selector<u16, Option<u16>>;

impl ChildSelector {
    /// Whether a child is meant.
    pub fn fits(&self, child: Child) -> bool {
        self.field.is_none_or(|field| field == child.field)
            && self.kind.is_none_or(|kind| kind == child.kind)
            && self.after.is_none_or(|after| after == Some(child.after))
            && (child.first || !self.first)
            && (child.last || !self.last)
    }
}

/// What the children of nodes are to their parents.
#[derive(Debug)]
pub struct ChildTable<T> {
    /// By the number of the field, for all kinds.
    fields: Vec<Option<T>>,
    /// By the number of the parent's kind; the first that fits counts.
    rules: Vec<Vec<Rule<T>>>,
}

#[derive(Debug)]
struct Rule<T> {
    selector: ChildSelector,
    means: T,
}

/// A child as its parent has it.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// The number of its kind.
    pub kind: u16,
    /// The number of its field; 0 for none.
    pub field: u16,
    /// The number of the kind of what comes right before it, comments aside; 0 for nothing.
    pub after: u16,
    /// Whether it is the first named child, comments aside.
    pub first: bool,
    /// Whether it is the last named child, comments aside.
    pub last: bool,
}

impl<T> Default for ChildTable<T> {
    fn default() -> Self {
        Self {
            fields: Vec::new(),
            rules: Vec::new(),
        }
    }
}

impl<T: Copy> ChildTable<T> {
    /// A table in which fields mean what `by_name` says.
    pub(crate) fn new(language: &Language, by_name: impl Fn(&str) -> Option<T>) -> Self {
        let field = |id: usize| by_name(language.field_name_for_id(id as u16)?);
        Self {
            fields: (0..=language.field_count()).map(field).collect(),
            rules: (0..language.node_kind_count())
                .map(|_| Vec::new())
                .collect(),
        }
    }

    /// Adds what a pattern says of a child.
    pub(crate) fn add(
        &mut self,
        language: &Language,
        parent: &Kind,
        selector: &Selector<String, Kind>,
        means: T,
    ) -> Result<(), String> {
        let selector = resolved(language, selector)?;
        let Some(parent) = kind_id(language, parent)? else {
            let plain = selector.kind.is_none() && !is_placed(&selector);
            let Some(field) = selector.field.filter(|_| plain) else {
                return Err("a pattern over all nodes names a field and nothing else".to_owned());
            };
            self.fields[usize::from(field)] = Some(means);
            return Ok(());
        };
        self.rules[usize::from(parent)].push(Rule { selector, means });
        Ok(())
    }

    /// What a child is to a parent of this kind.
    pub fn get(&self, parent: u16, child: Child) -> Option<T> {
        let rules = self
            .rules
            .get(usize::from(parent))
            .map_or(&[][..], Vec::as_slice);
        match rules.iter().find(|rule| rule.selector.fits(child)) {
            Some(rule) => Some(rule.means),
            None => self.fields.get(usize::from(child.field)).copied().flatten(),
        }
    }

    /// Whether it matters for children of this kind of parent where among its children they stand.
    pub fn asks_for_position(&self, parent: u16) -> bool {
        let rules = self
            .rules
            .get(usize::from(parent))
            .map_or(&[][..], Vec::as_slice);
        rules.iter().any(|rule| is_placed(&rule.selector))
    }
}

/// Whether a selector asks where among the children a child is.
fn is_placed(selector: &ChildSelector) -> bool {
    selector.first || selector.last || selector.after.is_some()
}
