//! For the tests of the products: a model that knows a few answers and their probabilities,
//! snapshots of short texts, and texts with very deep constructs.
//!
//! Only with the feature `testing`; nothing that runs for a user depends on it.

use crate::fim::{FORMATS, FimFormat};
use crate::generate::{Alternative, Answer, Effort, Generate, GenerateError};
use crate::{Budget, CountTokens, Prompt, Segment, Snapshot};
use std::ops::ControlFlow;
use std::path::Path;
use text::Document;

/// Knows what may follow a prompt: texts with markers spelt out, each with its probability. It
/// looks only at what the prompt has after its last `answer_marker`.
pub struct Finite {
    answer_marker: &'static str,
    knows: &'static [&'static str],
    answers: Vec<(String, f32)>,
    /// The prompts it got, markers spelt out.
    pub prompts: Vec<String>,
    /// What it is called.
    pub names: Vec<String>,
}

impl Finite {
    /// A model that knows these `answers` and these special tokens.
    pub fn new(
        answer_marker: &'static str,
        knows: &'static [&'static str],
        answers: &[(&str, f32)],
    ) -> Self {
        let answers = answers
            .iter()
            .map(|(text, chance)| ((*text).to_owned(), *chance))
            .collect();
        Self {
            answer_marker,
            knows,
            answers,
            prompts: Vec::new(),
            names: Vec::new(),
        }
    }

    /// What was answered in the prompt already.
    fn begun(&mut self, prompt: &Prompt) -> String {
        let text = prompt.display();
        self.prompts.push(text.clone());
        text.rsplit_once(self.answer_marker)
            .map_or(String::new(), |(_, begun)| begun.to_owned())
    }

    /// The probability that an answer begins so.
    fn chance(&self, head: &str) -> f32 {
        self.answers
            .iter()
            .filter(|(text, _)| text.starts_with(head))
            .map(|(_, chance)| chance)
            .sum()
    }
}

impl CountTokens for Finite {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

impl Generate for Finite {
    fn fim_format(&self) -> Option<FimFormat> {
        FORMATS.first().cloned()
    }

    fn budget(&self) -> Budget {
        Budget::window_only(1000)
    }

    fn spare_tokens(&self) -> usize {
        1000
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        _effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        let head = format!("{}{}", self.begun(prompt), prompt.required);
        let fitting = self
            .answers
            .iter()
            .filter(|(text, _)| text.starts_with(&head));
        let likeliest = fitting.max_by(|a, b| a.1.total_cmp(&b.1));
        let mut answer = Answer::default();
        for c in likeliest
            .map_or("", |(text, _)| &text[head.len()..])
            .chars()
        {
            answer.text.push(c);
            if on_text(&answer.text).is_break() {
                break;
            }
        }
        Ok(answer)
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn knows(&self, marker: &str) -> bool {
        self.knows.contains(&marker)
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let begun = self.begun(prompt);
        let whole = self.chance(&begun);
        let spelt = |segments: &Vec<Segment>| {
            Prompt {
                segments: segments.clone(),
                ..Prompt::default()
            }
            .display()
        };
        let logprob = |segments| (self.chance(&format!("{begun}{}", spelt(segments))) / whole).ln();
        Ok(continuations
            .iter()
            .map(|segments| vec![logprob(segments)])
            .collect())
    }

    fn begin(
        &mut self,
        _prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        Ok(vec![0.0; continuations.len()])
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        _max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        if !goes_on() {
            return Ok(Vec::new());
        }
        let begun = self.begun(prompt);
        let whole = self.chance(&begun);
        let rest = |(text, chance): &(String, f32)| {
            let text = text.strip_prefix(&begun)?.to_owned();
            Some(Alternative {
                text,
                logprob: (chance / whole).ln(),
                ended: true,
            })
        };
        let mut found: Vec<Alternative> = self.answers.iter().filter_map(rest).collect();
        found.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        found.truncate(count);
        Ok(found)
    }
}

/// A snapshot of a text with its tree, where the path's grammar is known.
///
/// # Panics
///
/// Where the text is too long for a document.
#[allow(clippy::unwrap_used)]
pub fn snapshot(path: &str, text: &str) -> Snapshot {
    let document = Document::new(text, 0).unwrap();
    let grammar = grammars::by_path(Path::new(path));
    let syntax = grammar
        .and_then(|grammar| syntax::Syntax::parse(grammar, document.rope(), None, &mut || false));
    Snapshot {
        path: path.into(),
        language: "".into(),
        document,
        syntax,
        index: index::Index::default(),
        recent: std::sync::Arc::default(),
    }
}

/// Texts with one construct of `count` links or levels, in the forms that programs write.
pub fn deep_texts(count: usize) -> Vec<(&'static str, String)> {
    let mut texts = conditional_chains(count);
    texts.extend(nested_expressions(count));
    texts.extend(nested_blocks(count));
    texts
}

/// Texts with a chain of `count` branches or conditions.
fn conditional_chains(count: usize) -> Vec<(&'static str, String)> {
    let branches = joined(
        count,
        |n| format!("if (x === {n}) {{\n    return 'name {n}';\n  }}"),
        " else ",
    );
    let c_branches = joined(count, |n| format!("if(x=={n}){{return {n};}}"), "else ");
    let elifs = joined(count, |n| format!("    elif a == {n}:\n        pass\n"), "");
    let disjunction = joined(count, |n| format!("a == {n}"), " or ");
    let strict_disjunction = joined(count, |n| format!("a === {n}"), " || ");
    vec![
        (
            "a.js",
            format!("export function f(x) {{\n  {branches} else {{\n    return '';\n  }}\n}}\n"),
        ),
        (
            "b.c",
            format!("int f(int x){{{c_branches}else{{return 0;}}}}\n"),
        ),
        (
            "c.py",
            format!("def f(a):\n    if {disjunction}:\n        pass\n"),
        ),
        ("d.ts", format!("const f = (a) => {strict_disjunction};\n")),
        (
            "e.py",
            format!("def f(a):\n    if a:\n        pass\n{elifs}"),
        ),
    ]
}

/// Texts with an expression of `count` levels.
fn nested_expressions(count: usize) -> Vec<(&'static str, String)> {
    let objects = nested(count, "{a: ", "1", "}");
    let lists = nested(count, "[a, ", "1", "]");
    let parentheses = nested(count, "(", "a", ")");
    let conditionals = nested(count, "x > 0 ? x : (", "0", ")");
    let calls = ".then(b => b)".repeat(count);
    vec![
        ("f.js", format!("x = {objects};\n")),
        ("g.py", format!("x = {lists}\n")),
        ("h.js", format!("const v = {parentheses};\n")),
        (
            "i.java",
            format!("class A {{ int f(int x) {{ return {conditionals}; }} }}\n"),
        ),
        ("j.js", format!("a{calls};\n")),
    ]
}

/// Texts with blocks in `count` levels, those of the last one left open.
fn nested_blocks(count: usize) -> Vec<(&'static str, String)> {
    let blocks = nested(count, "{ let a = ", "", "1 };");
    let branches = nested(count, "if a {\n", "", "}\n");
    let functions = "f(function () {\n".repeat(count);
    vec![
        ("k.rs", format!("fn f() {{ {blocks} }}\n")),
        ("l.go", format!("package a\n\nfunc f() {{\n{branches}}}\n")),
        ("m.js", format!("x = {functions}")),
    ]
}

/// The first `count` links of a chain, with `between` from one to the next.
fn joined(count: usize, link: fn(usize) -> String, between: &str) -> String {
    (0..count).map(link).collect::<Vec<_>>().join(between)
}

/// `inner` with `count` pairs of `open` and `close` around it.
fn nested(count: usize, open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(count), close.repeat(count))
}

/// Does `work` on the stack of a small thread.
///
/// # Panics
///
/// Where `work` does.
#[allow(clippy::unwrap_used, clippy::disallowed_types)]
pub fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(work)
        .unwrap();
    assert!(thread.join().is_ok());
}
