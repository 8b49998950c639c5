//! A chat model may write about the code, or begin its answer again, rather than continue it.
//!
//! Only what a model generated as a reply in a conversation comes here, before all other filters.

use crate::completion_context::CompletionContext;
use context::{BegunReply, HOLE};

/// Letters and digits of a text before the cursor from which on its repetition is no accident.
const MIN_REPEATED: usize = 4;
/// The same for the first line of the code that the reply began with.
const MIN_LINE: usize = 8;
/// Markers of thoughts and of the hole, which are text in some vocabularies.
const MARKERS: [&str; 3] = ["<think>", "</think>", HOLE];
/// How markers of turns begin that are text in some vocabularies.
const TURNS: [&str; 2] = ["<|", "[INST]"];
/// How sentences about code begin, in lower case.
const OPENINGS: &[&str] = &[
    "here is",
    "here's",
    "here are",
    "sure",
    "certainly",
    "of course",
    "okay",
    "ok,",
    "absolutely",
    "the missing",
    "the code",
    "the following",
    "the function",
    "the answer",
    "this code",
    "this function",
    "this is",
    "this will",
    "below is",
    "i'll",
    "i will",
    "i have",
    "to complete",
    "to fill",
    "you can",
    "note that",
    "explanation",
    "in this",
    "let me",
    "let's",
    "we need",
    "we can",
    "as an ai",
    "i'm sorry",
    "sorry",
];

/// Drops an answer that repeats the code it should continue, or begins with a sentence, a marker or
/// a code block; cuts it before the first later line that is one.
pub fn apply(
    context: &CompletionContext<'_>,
    reply: &BegunReply,
    mut text: String,
) -> Option<String> {
    if repeats(context, reply, &text) {
        return None;
    }
    let is_code = context.in_code() && context.facts().is_some();
    let is_foreign = |line: &str| {
        let line = line.trim_start();
        line.starts_with(&*reply.fence)
            || MARKERS
                .iter()
                .chain(&TURNS)
                .any(|marker| line.starts_with(marker))
            || is_code && (line.starts_with("```") || is_prose(line))
    };
    let mut start = 0;
    let foreign = text.split('\n').find_map(|line| {
        let begins = start;
        start += line.len() + 1;
        is_foreign(line).then_some(begins)
    });
    if let Some(begins) = foreign {
        text.truncate(begins.checked_sub(1)?);
    }
    if let Some(at) = MARKERS.iter().filter_map(|marker| text.find(marker)).min()
        && is_code
    {
        text.truncate(at);
    }
    (!text.trim().is_empty()).then_some(text)
}

/// Whether an answer begins with what comes before the cursor on its line, or with the line that
/// the reply began with.
fn repeats(context: &CompletionContext<'_>, reply: &BegunReply, text: &str) -> bool {
    let (begun, text) = (context.before.trim(), text.trim_start());
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters(begun) >= MIN_REPEATED && text.starts_with(begun) {
        return true;
    }
    let mut lines = reply.code.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim_end();
    first.len() >= MIN_LINE && context.begins_line() && line == first
}

/// Whether a line is a sentence about the code.
fn is_prose(line: &str) -> bool {
    let line = line.trim_start_matches(['*', ' ']).to_lowercase();
    let line = line.replace('\u{2019}', "'");
    OPENINGS.iter().any(|opening| {
        let rest = line.strip_prefix(opening);
        rest.is_some_and(|rest| {
            let ends = rest.is_empty() || rest == ":";
            ends || rest.starts_with([' ', '!', ',', '.']) && !is_assignment(rest)
        })
    })
}

/// Whether what follows a word makes it a name in code, as in `sure = true` or `explanation: str`.
fn is_assignment(rest: &str) -> bool {
    let rest = rest.trim_start();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let is_member = rest
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(is_name));
    is_member || rest.starts_with(['=', '(', '+', '-', '*', '/', '<', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use context::testing::snapshot;

    fn left(text: &str, answer: &str) -> Option<String> {
        let offset = text.find("$0").unwrap();
        let snapshot = snapshot("a.py", &text.replacen("$0", "", 1));
        let context = CompletionContext::new(&snapshot, offset, false);
        let reply = BegunReply {
            fence: "```".into(),
            language: "python".into(),
            code: text[..offset].to_owned(),
        };
        apply(&context, &reply, answer.to_owned())
    }

    #[test]
    fn code_is_left_as_it_is() {
        let text = "def add(a, b):\n    return $0\n";
        for answer in [
            "a + b",
            "a + b\n\nprint(1)",
            "sure.value",
            "explanation = 1",
            "f\"<{a}\"",
        ] {
            assert_eq!(left(text, answer).as_deref(), Some(answer));
        }
    }

    #[test]
    fn prose_fences_and_repetitions_are_dropped() {
        for (text, answer) in [
            ("def add(a, b):\n    $0\n", "Here is the code:"),
            ("def add(a, b):\n    $0\n", "Sure! I can help."),
            ("def add(a, b):\n    return $0\n", "```python\nreturn a"),
            ("def add(a, b):\n    return $0\n", "    return a + b"),
            ("def add(a, b):\n    return $0\n", "return a + b"),
            ("def add(a, b):\n    $0\n", "def add(a, b):\n    return a"),
            ("def add(a, b):\n    $0\n", "<think>\nThe"),
            ("def add(a, b):\n    $0\n", "<FILL_HERE>"),
        ] {
            assert_eq!(left(text, answer), None, "{answer}");
        }
    }

    #[test]
    fn code_is_cut_before_what_is_none() {
        let text = "def add(a, b):\n    $0\n";
        for answer in [
            "return a\n```\nThis adds.",
            "return a\nThis function adds two numbers.",
            "return a\n</think>",
        ] {
            assert_eq!(left(text, answer).as_deref(), Some("return a"), "{answer}");
        }
    }
}
