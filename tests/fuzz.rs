//! Random documents, edits and positions against the whole server: every edit it answers with must
//! lie in the document, apply, and leave no more syntax errors; nothing may panic. `NIGH_FUZZ=N`
//! tries N documents instead of a few hundred.
//!
//! Documents are the texts of the patterns' cases, cut and joined, with characters that are counted
//! differently in UTF-16, in bytes and in lines. A failure names its seed:
//! `NIGH_FUZZ_SEED=S NIGH_FUZZ=1` runs only that one.

use grammars::Grammar;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use syntax::{Rope, Syntax};
use tests::Editor;

/// How many documents are tried by default.
const DOCUMENTS: u64 = 300;
/// What is put in at random.
const STRANGE: &[&str] = &[
    "é", "😀", "\u{2028}", "\t", "}", "(", "\"", "'''", "\r\n", "\r", "if ", "x", "\u{feff}",
    " + 1",
];
/// What the model says.
const ANSWERS: &[&str] = &[
    "x)",
    "return x\n",
    "\"",
    "foo(bar, 1)",
    "if x:\n        y = 1\n",
    "😀",
    "}",
    "len(users)",
    "",
];

/// What other tools report.
const REPORTED: &[&str] = &[
    "expected ';'",
    "expected ':'",
    "missing ')'",
    "`os` is not defined",
    "unused import: `a`",
    "\"b\" is never used",
];

/// What the model of another test panics with.
const MEANT: &str = "a script that fails";

/// Panics on threads that are no test's own.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Numbers that look random, from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A place in a text that is no part of a character, and no part of `\r\n`.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        let whole = |at: &usize| {
            text.is_char_boundary(*at)
                && !(text[..*at].ends_with('\r') && text[*at..].starts_with('\n'))
        };
        (0..=at).rev().find(whole).unwrap_or(0)
    }
}

/// The texts of all cases, with the endings of their files.
fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/bugs/cases");
    let mut texts = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for case in format!("\n{source}").split("\n== ").skip(1) {
            let (title, text) = case.split_once('\n').unwrap();
            let ending = title.split(':').next().unwrap().rsplit('.').next().unwrap();
            texts.push((
                ending.to_owned(),
                text.split("-- fixed").next().unwrap().to_owned(),
            ));
        }
    }
    texts.sort();
    texts
}

/// A document and the ending of its file.
fn document(random: &mut Random, texts: &[(String, String)]) -> (String, String) {
    let (ending, mut text) = random.of(texts).clone();
    let alike: Vec<&String> = texts
        .iter()
        .filter(|(other, _)| *other == ending)
        .map(|(_, text)| text)
        .collect();
    for _ in 0..random.below(3) {
        let (at, other) = (random.place(&text), *random.of(&alike));
        let whole = random.below(2) == 0;
        text.insert_str(if whole { text.len() } else { at }, other);
    }
    for _ in 0..random.below(4) {
        change(random, &mut text);
    }
    if random.below(4) == 0 {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    (ending, text)
}

/// Replaces a few characters by something strange; gives the range in bytes and the new text.
fn change(random: &mut Random, text: &mut String) -> (std::ops::Range<usize>, String) {
    let start = random.place(text);
    let length = random.below(6);
    let mut end = (start + length).min(text.len());
    while !text.is_char_boundary(end)
        || (text[..end].ends_with('\r') && text[end..].starts_with('\n'))
    {
        end += 1;
    }
    let new = if random.below(3) == 0 {
        String::new()
    } else {
        (*random.of(STRANGE)).to_owned()
    };
    text.replace_range(start..end, &new);
    (start..end, new)
}

/// Where each line begins, and where its break does, as the protocol counts lines.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let (mut lines, mut start, bytes) = (Vec::new(), 0, text.as_bytes());
    for at in 0..bytes.len() {
        let breaks = bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        if breaks {
            let two = bytes[at] == b'\n' && at > start && bytes[at - 1] == b'\r';
            lines.push((start, at - usize::from(two)));
            start = at + 1;
        }
    }
    lines.push((start, text.len()));
    lines
}

/// A place as the protocol says it, in UTF-16.
fn position(text: &str, offset: usize) -> Value {
    let lines = lines(text);
    let line = lines.partition_point(|(start, _)| *start <= offset) - 1;
    let end = offset.min(lines[line].1);
    json!({"line": line, "character": text[lines[line].0..end].encode_utf16().count()})
}

/// The byte that a position names; `None` if the document has no such position.
fn offset(text: &str, position: &Value) -> Option<usize> {
    let (start, end) = *lines(text).get(position["line"].as_u64()? as usize)?;
    let mut left = position["character"].as_u64()? as usize;
    for (at, c) in text[start..end].char_indices() {
        if left == 0 {
            return Some(start + at);
        }
        left = left.checked_sub(c.len_utf16())?;
    }
    (left == 0).then_some(end)
}

/// A text after edits of the protocol, which must lie in it and apart from each other.
fn edited(text: &str, edits: &[Value]) -> Option<String> {
    let place = |edit: &Value| {
        let (start, end) = (
            offset(text, &edit["range"]["start"])?,
            offset(text, &edit["range"]["end"])?,
        );
        (start <= end).then(|| {
            (
                start..end,
                edit["newText"].as_str().unwrap_or_default().to_owned(),
            )
        })
    };
    let mut edits = edits.iter().map(place).collect::<Option<Vec<_>>>()?;
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    if edits.windows(2).any(|pair| pair[0].0.end > pair[1].0.start) {
        return None;
    }
    let mut new = text.to_owned();
    for (range, inserted) in edits.into_iter().rev() {
        new.replace_range(range, &inserted);
    }
    Some(new)
}

fn errors(grammar: &'static Grammar, text: &str) -> usize {
    let tree = Syntax::parse(grammar, &Rope::from_str(text), None, &mut || false);
    tree.map_or(0, |tree| tree.errors().len())
}

async fn editor(seed: u64) -> Editor {
    let mut answers = Random(seed | 1);
    let mut editor = Editor::start(Box::new(move |_, _| Ok((*answers.of(ANSWERS)).into())));
    let support = json!({"properties": ["edit"]});
    let kinds = json!({"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}});
    let actions =
        json!({"codeActionLiteralSupport": kinds, "dataSupport": true, "resolveSupport": support});
    let document = json!({"codeAction": actions, "inlineCompletion": {}, "diagnostic": {}});
    let workspace = json!({"workspaceEdit": {"documentChanges": true}});
    editor
        .initialize(json!({"capabilities": {"textDocument": document, "workspace": workspace}}))
        .await;
    editor
}

/// One document's life; gives what is wrong with it, and how many edits were looked at.
async fn live(editor: &mut Editor, seed: u64, texts: &[(String, String)]) -> Result<usize, String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (ending, mut text) = document(&mut random, texts);
    let uri = format!("file:///w/fuzz{seed}.{ending}");
    let grammar = grammars::by_path(Path::new(&format!("a.{ending}"))).unwrap();
    editor.open(&uri, grammar.id, &text).await;
    for version in 1..=random.below(4) as i32 {
        let old = text.clone();
        let (range, new) = change(&mut random, &mut text);
        let range = json!({"start": position(&old, range.start), "end": position(&old, range.end)});
        editor
            .change(&uri, version, json!({"range": range, "text": new}))
            .await;
    }
    if editor.text(&uri).await.as_ref() != Some(&text) {
        return Err("the server's copy differs".into());
    }
    let mut looked = 0;
    for _ in 0..2 {
        let at = position(&text, random.place(&text));
        let id = editor
            .ask_completion(
                &uri,
                at["line"].as_u64().unwrap() as u32,
                at["character"].as_u64().unwrap() as u32,
            )
            .await;
        for item in editor.answer(id).await["result"]["items"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let range = if item["range"].is_null() {
                json!({"start": at, "end": at})
            } else {
                item["range"].clone()
            };
            let edit = json!({"range": range, "newText": item["insertText"]});
            edited(&text, &[edit]).ok_or_else(|| format!("a completion does not apply: {item}"))?;
            looked += 1;
        }
    }
    let all = json!({"start": position(&text, 0), "end": position(&text, text.len())});
    let at = position(&text, random.place(&text));
    for range in [all, json!({"start": at, "end": at})] {
        let message = *random.of(REPORTED);
        let (from, to) = (
            position(&text, random.place(&text)),
            position(&text, random.place(&text)),
        );
        let reported =
            json!([{"range": {"start": from, "end": to}, "message": message, "source": "other"}]);
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": reported}});
        let answer = editor.request("textDocument/codeAction", params).await;
        let actions = answer["result"]
            .as_array()
            .ok_or_else(|| format!("no actions: {answer}"))?;
        for action in actions.iter().filter(|action| action["command"].is_null()) {
            let resolved = match action["edit"].is_null() {
                true => editor.request("codeAction/resolve", action.clone()).await,
                false => json!({"result": action}),
            };
            let documents = resolved["result"]["edit"]["documentChanges"].as_array();
            let [document] = documents
                .ok_or_else(|| format!("not resolved: {resolved}"))?
                .as_slice()
            else {
                return Err(format!("an edit of another document: {resolved}"));
            };
            if document["textDocument"]["uri"] != uri.as_str() {
                return Err(format!("an edit of another document: {resolved}"));
            }
            let new = edited(&text, document["edits"].as_array().unwrap());
            let new = new.ok_or_else(|| format!("an action does not apply: {resolved}"))?;
            if action["kind"] != "refactor.rewrite"
                && (new == text || errors(grammar, &new) > errors(grammar, &text))
            {
                return Err(format!(
                    "an action breaks the text or does nothing: {resolved}\n{new}"
                ));
            }
            looked += 1;
        }
    }
    editor
        .notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        )
        .await;
    match PANICS.load(Ordering::Relaxed) {
        0 => Ok(looked),
        panics => Err(format!("{panics} panics")),
    }
    .map_err(|why| format!("{why}\n{text:?}"))
}

#[tokio::test]
async fn no_document_makes_an_edit_that_does_not_apply_or_breaks_it() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let meant = panic.payload().downcast_ref::<&str>() == Some(&MEANT);
        if !meant
            && std::thread::current()
                .name()
                .is_none_or(|name| !name.contains("::"))
        {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        usual(panic);
    }));
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<u64>().expect("a number"))
    };
    let (count, first) = (
        number("NIGH_FUZZ").unwrap_or(DOCUMENTS),
        number("NIGH_FUZZ_SEED").unwrap_or(1),
    );
    let texts = texts();
    let mut editor = editor(first).await;
    let mut looked = 0;
    for seed in first..first + count {
        match live(&mut editor, seed, &texts).await {
            Ok(edits) => looked += edits,
            Err(why) => panic!("NIGH_FUZZ_SEED={seed}: {why}"),
        }
    }
    assert!(
        count < 100 || looked as u64 > count / 2,
        "only {looked} edits in {count} documents"
    );
    eprintln!("{looked} edits of {count} documents");
}

#[test]
fn positions_are_counted_as_the_protocol_says() {
    let text = "a\r\n😀b\rc\n";
    assert_eq!(lines(text), [(0, 1), (3, 8), (9, 10), (11, 11)]);
    assert_eq!(position(text, 7), json!({"line": 1, "character": 2}));
    assert_eq!(offset(text, &json!({"line": 1, "character": 2})), Some(7));
    for wrong in [
        json!({"line": 1, "character": 1}),
        json!({"line": 0, "character": 2}),
        json!({"line": 4, "character": 0}),
    ] {
        assert_eq!(offset(text, &wrong), None, "{wrong}");
    }
}
