//! Extracts the definitions and chunks of one file from its tree, when a segment is built.
//!
//! `segment` calls it for each file and stores the results as ranges of its text. A definition
//! belongs to the innermost named scope around it, such as a class or an `impl`; else to what
//! precedes its name, such as Go's receiver or `A::` in C++.

use grammars::{BlockStyle, Facts, Grammar};
use std::ops::Range;
use syntax::{Definition, Rope, Scope, Syntax};

/// Fewest lines of a chunk that ends before a definition.
const MIN_CHUNK_LINES: usize = 12;
/// Most lines of a chunk.
const MAX_CHUNK_LINES: usize = 40;

/// One definition as ranges of the file's text.
pub(crate) struct ExtractedSymbol {
    pub kind: &'static str,
    pub name: Range<usize>,
    /// Up to the body.
    pub header: Range<usize>,
    /// The first line of its comment or docstring, without comment marks; empty if there is none.
    pub note: Range<usize>,
    /// The name of what it is a member of; empty at the top level.
    pub container: Range<usize>,
    /// Counted from 0.
    pub line: usize,
    pub lines: usize,
}

/// The definitions of a file and the offsets where its chunks begin, both in order.
pub(crate) fn extract(
    text: &str,
    grammar: Option<&'static Grammar>,
) -> (Vec<ExtractedSymbol>, Vec<usize>) {
    let rope = Rope::from_str(text);
    let syntax = grammar.and_then(|grammar| Syntax::parse(grammar, &rope, None, &mut || false));
    let Some(syntax) = syntax else {
        return (Vec::new(), chunks(text, &[]));
    };
    let definitions = syntax.definitions(&rope);
    let starts: Vec<usize> = definitions
        .iter()
        .map(|definition| definition.range.start)
        .collect();
    let containers = containers(text, &definitions, &syntax.all_scopes(&rope));
    let (mut line, mut counted) = (0, 0);
    let rows = definitions
        .iter()
        .zip(containers)
        .filter_map(|(definition, container)| {
            let start = definition.range.start;
            line += memchr::memchr_iter(b'\n', text.as_bytes().get(counted..start)?).count();
            counted = start;
            let name = name_range(text, definition)?;
            let inside = text.as_bytes().get(definition.range.clone())?;
            let lines = inside.trim_ascii_end().split(|byte| *byte == b'\n').count();
            let container = if container.is_empty() {
                receiver(text, definition.header.start..name.start)
            } else {
                container
            };
            let note = note(text, definition, &syntax.grammar.facts);
            Some(ExtractedSymbol {
                kind: definition.kind,
                name,
                header: definition.header.clone(),
                note,
                container,
                line,
                lines,
            })
        });
    (rows.collect(), chunks(text, &starts))
}

/// The range of a definition's name without its path: in its header, or else anywhere in it.
fn name_range(text: &str, definition: &Definition) -> Option<Range<usize>> {
    if definition.name.is_empty() {
        return None;
    }
    let within = |range: &Range<usize>| word_in(text, range.clone(), &definition.name);
    let name = within(&definition.header).or_else(|| within(&definition.range))?;
    let path = definition.name.rfind("::").map_or(0, |at| at + 2);
    (path < definition.name.len()).then_some(name.start + path..name.end)
}

/// The first occurrence of `word` in `range`, preferably as a whole word.
fn word_in(text: &str, range: Range<usize>, word: &str) -> Option<Range<usize>> {
    let part = text.get(range.clone())?;
    let edge = |byte: Option<&u8>| byte.is_none_or(|byte| !crate::lexemes::is_word(*byte));
    let whole = |at: &usize| {
        edge(part.as_bytes()[..*at].last()) && edge(part.as_bytes().get(at + word.len()))
    };
    let at = part
        .match_indices(word)
        .map(|(at, _)| at)
        .find(whole)
        .or_else(|| part.find(word))?;
    Some(range.start + at..range.start + at + word.len())
}

/// For each definition, the name of the innermost named scope around it; an empty range if there is
/// none. Both lists are in order.
fn containers(text: &str, definitions: &[Definition], scopes: &[Scope]) -> Vec<Range<usize>> {
    let (mut open, mut next): (Vec<&Scope>, _) = (Vec::new(), scopes.iter().peekable());
    let mut container = |definition: &Definition| {
        let range = &definition.range;
        while let Some(scope) = next.next_if(|scope| scope.range.start <= range.start) {
            open.retain(|around| around.range.end > scope.range.start);
            open.push(scope);
        }
        open.retain(|around| around.range.end > range.start);
        let around = |scope: &&&Scope| {
            let inside = scope.range.start < range.start && range.end <= scope.range.end;
            inside && scope.name.as_ref().is_some_and(|name| !name.is_empty())
        };
        let scope = open.iter().rev().find(around)?;
        let name = type_name(scope.name.as_deref()?);
        let header = scope.header.clone();
        word_in(text, type_start(text, scope)..header.end, name)
            .or_else(|| word_in(text, header, name))
    };
    definitions
        .iter()
        .map(|definition| container(definition).unwrap_or_default())
        .collect()
}

/// Where the type begins in a scope's header: after `for` in `impl Trait for Type`, else at the
/// start.
fn type_start(text: &str, scope: &Scope) -> usize {
    let header = text.get(scope.header.clone()).unwrap_or_default();
    let offset = if scope.kind == "impl" {
        header.find(" for ")
    } else {
        None
    };
    scope.header.start + offset.unwrap_or(0)
}

/// A type's name without path, references and parameters: `List` of `&a::List<T>`.
fn type_name(name: &str) -> &str {
    let head = name.split(['<', '[', '(']).next().unwrap_or(name).trim();
    head.rsplit([':', '.', '&', '*', ' '])
        .next()
        .unwrap_or(head)
}

/// The type in the text before a name: `A` of `func (a *A[T]) ` and of `void A::`. Empty if there
/// is none.
fn receiver(text: &str, before: Range<usize>) -> Range<usize> {
    let before_text = text.get(before.clone()).unwrap_or_default();
    let head = match before_text.strip_suffix("::") {
        Some(head) => head,
        None => {
            let Some(inside) = before_text.trim_end().strip_suffix(')') else {
                return 0..0;
            };
            inside.rsplit('(').next().unwrap_or(inside)
        }
    };
    let name = type_name(head);
    let at = name.as_ptr() as usize - before_text.as_ptr() as usize;
    if name.is_empty() {
        0..0
    } else {
        before.start + at..before.start + at + name.len()
    }
}

/// The first line of the docstring after a header or of the comment above it, without comment
/// marks.
fn note(text: &str, definition: &Definition, facts: &Facts) -> Range<usize> {
    let docstring = (facts.block == BlockStyle::Colon)
        .then(|| docstring(text, definition, facts))
        .flatten();
    let line = docstring
        .or_else(|| comment_above(text, definition.range.start, facts))
        .unwrap_or_default();
    let part = text.get(line.clone()).unwrap_or_default();
    let body = part.trim_start_matches(['/', '*', '#', '!', '-', '"', '\'', ' ', '\t']);
    let start = line.start + part.len() - body.len();
    start
        ..start
            + body
                .trim_end_matches(['/', '*', '"', '\'', ' ', '\t', '\r', '\n'])
                .len()
}

/// The first line that is not blank of a string that is the first statement of a body.
fn docstring(text: &str, definition: &Definition, facts: &Facts) -> Option<Range<usize>> {
    let after = text.get(definition.header.end..definition.range.end)?;
    let body = after.trim_start_matches([':', ' ', '\t', '\r', '\n']);
    let quote = facts
        .quotes
        .iter()
        .find(|quote| body.starts_with(quote.as_str()))?;
    let inside = body[quote.len()..].trim_start();
    let start = definition.range.end - inside.len();
    let end = inside.find(['\n']).unwrap_or(inside.len());
    Some(start..start + inside[..end].find(quote.as_str()).unwrap_or(end))
}

/// The first line of the comment that ends on the line above, or above decorators and attributes.
fn comment_above(text: &str, start: usize, facts: &Facts) -> Option<Range<usize>> {
    let line_start = |end: usize| text[..end].rfind('\n').map_or(0, |at| at + 1);
    let (mut end, mut found) = (line_start(text.get(..start)?.len()), None);
    let mut in_block = false;
    while end > 0 {
        let start = line_start(end - 1);
        let line = text[start..end].trim();
        let [open, close] = facts
            .block_comment
            .as_ref()
            .map_or(["\0", "\0"], |[open, close]| [open.as_str(), close]);
        let line_comment = facts
            .line_comment
            .as_ref()
            .is_some_and(|mark| line.starts_with(mark.as_str()));
        in_block |= line.ends_with(close);
        if line_comment && !line.starts_with("#[") || in_block {
            let has_words = line.bytes().any(crate::lexemes::is_word);
            found = if has_words || found.is_none() {
                Some(start..end)
            } else {
                found
            };
        } else if found.is_some() || !line.starts_with(['@', '#']) {
            break;
        }
        if in_block && line.starts_with(open) {
            break;
        }
        end = start;
    }
    found
}

/// The offsets where chunks begin: at definitions after enough lines, or after the most lines
/// allowed.
fn chunks(text: &str, definitions: &[usize]) -> Vec<usize> {
    let (mut starts, mut lines, mut at) = (Vec::new(), 0, 0);
    let mut next = definitions.iter().peekable();
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..])
            .map_or(text.len(), |length| at + length + 1);
        let mut defines = false;
        while next.next_if(|start| **start < end).is_some() {
            defines = true;
        }
        if starts.is_empty() || defines && lines >= MIN_CHUNK_LINES || lines >= MAX_CHUNK_LINES {
            starts.push(at);
            lines = 0;
        }
        lines += 1;
        at = end;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: &str, text: &str) -> Vec<String> {
        let rows = extract(text, grammars::by_id(id)).0.into_iter();
        let show = |row: ExtractedSymbol| {
            format!(
                "{}:{} {} {} | {}",
                row.line, row.kind, &text[row.container], &text[row.name], &text[row.note]
            )
        };
        rows.map(show).collect()
    }

    #[test]
    fn members_know_their_type() {
        let rust = "/// A list.\n#[derive(Clone)]\nstruct List<T>(T);\n\nimpl<T> List<T> {\n    // Length.\n    // In items.\n    fn len(&self) {}\n}\nimpl Drop for List<u8> {\n    fn drop(&mut self) {}\n}\n";
        assert_eq!(
            found("rust", rust),
            [
                "2:struct  List | A list.",
                "7:method List len | Length.",
                "10:method List drop | "
            ]
        );
        let go = "// F does.\nfunc (a *A[T]) F() {}\n\nfunc G() {}\n";
        assert_eq!(
            found("go", go),
            ["1:method A F | F does.", "3:function  G | "]
        );
        let cpp = "/* Adds. */\nint List<T>::add(int x) {\n    return x;\n}\n";
        assert_eq!(found("cpp", cpp), ["1:method List add | Adds."]);
        let python = "class A:\n    '''Keeps.\n\n    More.'''\n\n    @property\n    def f(self):\n        \"\"\"\n        Gives.\n        \"\"\"\n        return 1\n";
        assert_eq!(
            found("python", python),
            ["0:class  A | Keeps.", "6:method A f | Gives."]
        );
        let java = "class A {\n    /**\n     * Runs.\n     */\n    void run() {}\n}\n";
        assert_eq!(
            found("java", java),
            ["0:class  A | ", "4:method A run | Runs."]
        );
    }

    #[test]
    fn chunks_begin_at_definitions() {
        let function = |name: &str| format!("def {name}():\n{}", "    x = 1\n".repeat(14));
        let text = function("a") + &function("b");
        assert_eq!(
            extract(&text, grammars::by_id("python")).1,
            [0, text.len() / 2]
        );
        let plain = "line\n".repeat(100);
        assert_eq!(extract(&plain, None).1, [0, 200, 400]);
        assert_eq!(extract("", None).1, [0; 0]);
    }
}
