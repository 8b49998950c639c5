//! Brackets, quotes, separators and conditions of the preprocessor: none is written twice, and none
//! is closed that was not opened.
//!
//! Editors close brackets as one types, models close them again. Where the completion closes a
//! bracket it did not open, and the same bracket comes right after the cursor, the completion ends
//! there; so it does where no such bracket is open before the cursor.

use crate::completion_context::CompletionContext;
use syntax::unclosed;

/// How much text before the cursor is searched for open brackets, in bytes; in longer texts nothing
/// is known.
const MAX_SEARCHED: usize = 1 << 16;

/// Cuts the completion at what the rest of the line already has, and at what closes nothing.
pub fn apply(context: &CompletionContext<'_>, mut text: String) -> Option<String> {
    if leaves_string_open(context, &text) || ends_no_condition(context, &text) {
        return None;
    }
    if let Some(at) = wrongly_closed(context, &text) {
        text.truncate(at);
    }
    if let Some(at) = wrongly_opened(context, &text) {
        text.truncate(at);
    }
    match context.after.trim_start().chars().next() {
        Some(next @ (')' | ']' | '}')) => {
            let doubled = unopened(&text).next().filter(|(_, closer)| *closer == next);
            text.truncate(doubled.map_or(text.len(), |(at, _)| at));
        }
        Some(next @ ('"' | '\'' | '`')) => {
            let open = context.before.matches(next).count() % 2 == 1;
            if open && text.matches(next).count() % 2 == 1 {
                text.truncate(text.find(next).unwrap_or(text.len()));
            }
        }
        Some(next @ (';' | ',')) => {
            let kept = text.trim_end().trim_end_matches(next).len();
            text.truncate(kept);
        }
        _ => {}
    }
    (!text.trim().is_empty()).then_some(text)
}

/// Whether the completed line opens a string that ends neither in the text nor after it, though it
/// must end with the line.
fn leaves_string_open(context: &CompletionContext<'_>, text: &str) -> bool {
    let Some(facts) = context.facts().filter(|_| context.in_code()) else {
        return false;
    };
    let line = text.rsplit('\n').next().unwrap_or_default();
    let (long, short): (Vec<_>, Vec<_>) = facts.quotes.iter().partition(|quote| quote.len() > 1);
    if long.iter().any(|quote| line.contains(*quote)) {
        return false;
    }
    let open = open_quote(line, |c| short.iter().any(|quote| quote.starts_with(c)));
    let may_go_on = |c| {
        facts
            .multiline_quotes
            .iter()
            .any(|quote| quote.len() == 1 && quote.starts_with(c))
    };
    open.is_some_and(|c| !may_go_on(c) && !context.after.contains(c))
}

/// Whether the completed line is an `#endif`, `#else` or `#elif` of C or C++ without its `#if`.
fn ends_no_condition(context: &CompletionContext<'_>, text: &str) -> bool {
    let syntax = context.snapshot.syntax.as_ref();
    let is_preprocessed = syntax.is_some_and(|syntax| ["c", "cpp"].contains(&syntax.grammar.id));
    if !is_preprocessed || context.offset > MAX_SEARCHED {
        return false;
    }
    let ends = ["endif", "else", "elif"];
    let first = context.first_line(text);
    if !directive(&first).is_some_and(|first| ends.iter().any(|name| first.starts_with(name))) {
        return false;
    }
    let (mut opened, mut closed) = (0, 0);
    for line in context.snapshot.lines_above(context.offset) {
        let directive = directive(&line).unwrap_or_default();
        opened += usize::from(directive.starts_with("if"));
        closed += usize::from(directive.starts_with("endif"));
    }
    opened <= closed
}

/// What follows the `#` of a line of the preprocessor.
fn directive(line: &str) -> Option<&str> {
    Some(line.trim_start().strip_prefix('#')?.trim_start())
}

/// The quote of the string in which a line of code ends; `is_quote` knows the language's.
fn open_quote(line: &str, is_quote: impl Fn(char) -> bool) -> Option<char> {
    let (mut quote, mut escaped) = (None, false);
    for c in line.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if is_quote(c) => quote = Some(c),
            None => {}
        }
    }
    quote
}

/// Where the text closes a bracket other than the innermost one that is open before the cursor.
fn wrongly_closed(context: &CompletionContext<'_>, text: &str) -> Option<usize> {
    let facts = context.facts()?;
    let mut closers = unopened(text).peekable();
    closers.peek()?;
    if context.offset > MAX_SEARCHED || !context.in_code() {
        return None;
    }
    let before = context.snapshot.slice(0, context.offset);
    let mut open = unclosed(facts, &before).into_iter().rev();
    closers
        .find(|(_, closer)| open.next().is_none_or(|open| !open.starts_with(*closer)))
        .map(|(at, _)| at)
}

/// Where the completed line opens a brace though a word closes what it opens: `def f(x) {` of Ruby.
fn wrongly_opened(context: &CompletionContext<'_>, text: &str) -> Option<usize> {
    let facts = context.facts().filter(|_| context.in_code())?;
    let line = context.first_line(text);
    let word = line.split_whitespace().next().unwrap_or_default();
    let is_head = facts.block_line_words.iter().any(|known| known == word);
    let first = text.split('\n').next().unwrap_or_default();
    let head = first.trim_end().strip_suffix('{').filter(|_| is_head)?;
    Some(head.trim_end().len())
}

/// The brackets that the text closes without having opened them; those in its strings do not count.
fn unopened(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    text.char_indices().filter(move |&(_, c)| {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (Some(_), '\n') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => return true,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
        false
    })
}
