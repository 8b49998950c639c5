//! Tests on texts that mark the cursor by `$0` and on the examples of `grammars/`; one file per
//! question.

mod blocks;
mod insertions;
mod names;
mod outline;
mod places;
mod variables;

use crate::{Place, Rope, Syntax, adds_error, slice};

/// The text without `$0`, its tree, and where the mark stood.
fn at_cursor(id: &str, text: &str) -> (Rope, Syntax, usize) {
    let offset = text.find("$0").unwrap();
    let (rope, syntax) = parsed(id, &text.replacen("$0", "", 1));
    (rope, syntax, offset)
}

fn parsed(id: &str, text: &str) -> (Rope, Syntax) {
    let rope = Rope::from_str(text);
    let syntax = Syntax::parse(grammars::by_id(id).unwrap(), &rope, None, &mut || false).unwrap();
    (rope, syntax)
}

#[test]
fn an_edit_moves_the_tree_before_it_is_parsed_again() {
    let mut document = text::Document::new("def f():\n    return 1  # one\n", 0).unwrap();
    let mut syntax = Syntax::parse(
        grammars::by_id("python").unwrap(),
        document.rope(),
        None,
        &mut || false,
    )
    .unwrap();
    let start = Some((text::Position::new(0, 0), text::Position::new(0, 0)));
    let change = text::ContentChange {
        range: start,
        text: "import os\r\n😀 = 1\n".into(),
    };
    for change in document.apply(&[change], 1, text::Encoding::Utf16).unwrap() {
        syntax.edit(&change);
    }
    let rope = document.rope();
    let inside = rope.to_string().find("# one").unwrap() + 3;
    assert!(!syntax.is_settled());
    assert_eq!(syntax.place(rope, inside), Place::Comment);
    assert_eq!(
        syntax
            .scopes(rope, inside)
            .iter()
            .map(|s| slice(rope, s.header.clone()))
            .collect::<Vec<_>>(),
        ["def f():"]
    );
}

#[test]
fn a_parse_can_be_stopped_and_is_refused_for_what_is_too_large() {
    let grammar = grammars::by_id("python").unwrap();
    let parse = |text: String, stop: bool| {
        Syntax::parse(grammar, &Rope::from_str(&text), None, &mut || stop)
    };
    assert!(parse("x = 1\n".repeat(5_000), false).is_some());
    assert!(parse("x = 1\n".repeat(5_000), true).is_none());
    assert!(parse("x = 1\n".repeat(crate::MAX_TREE_BYTES / 6 + 1), false).is_none());
}

#[test]
fn a_large_text_is_reparsed_and_settled_later() {
    let grammar = grammars::by_id("python").unwrap();
    let mut rope = Rope::from_str(&"def f(x):\n    return [x]\n".repeat(2_000));
    let mut syntax = Syntax::parse(grammar, &rope, None, &mut || false).unwrap();
    syntax.edit(&text::replace(&mut rope, 6..6, "("));
    let reparsed = Syntax::parse(grammar, &rope, Some(&syntax), &mut || false).unwrap();
    assert!(!reparsed.is_settled() && !reparsed.errors().is_empty());
    assert!(reparsed.settle(&rope, &mut || true).is_none());
    assert!(reparsed.settle(&rope, &mut || false).unwrap().is_settled());
}

#[test]
fn an_offset_inside_a_character_or_past_the_end_is_harmless() {
    let (rope, syntax, _) = at_cursor("python", "x = '😀'  # 😀\n$0");
    for offset in 0..rope.len_bytes() + 5 {
        let _ = syntax.place(&rope, offset);
        let _ = syntax.scopes(&rope, offset);
        let _ = syntax.expects_block(&rope, offset);
        let _ = adds_error(
            &syntax,
            &rope,
            &text::Edit::replace(offset..offset + 1, "y"),
        );
    }
}

/// The whole example of each language.
fn whole_examples() -> Vec<(&'static str, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars");
    let whole = |id: &'static str| {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(id).join("examples"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        (id, std::fs::read_to_string(&paths[0]).unwrap())
    };
    grammars::all()
        .iter()
        .map(|grammar| whole(grammar.id))
        .collect()
}

/// The rope, tree and text of an example without `gap`.
fn without(id: &str, text: &str, gap: std::ops::Range<usize>) -> (Rope, Syntax) {
    let rope = Rope::from_str(&format!("{}{}", &text[..gap.start], &text[gap.end..]));
    let syntax = Syntax::parse(grammars::by_id(id).unwrap(), &rope, None, &mut || false).unwrap();
    (rope, syntax)
}

/// Every line of a text, as a range without its line break.
fn lines(text: &str) -> Vec<std::ops::Range<usize>> {
    let start_of = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    text.lines()
        .map(|line| start_of(line)..start_of(line) + line.len())
        .collect()
}
