//! Runs the golden cases of `cases/<filter>.txt`: the text with `$0` at the cursor, what the model
//! said, what is left.

use super::FILTERS;
use crate::completion_context::CompletionContext;
use crate::extent::Extent;
use context::testing::snapshot;
use grammars::BlockStyle;
use std::path::Path;

struct Case<'a> {
    name: &'a str,
    before: &'a str,
    generated: &'a str,
    left: Option<&'a str>,
}

/// A case is `== name`, the text, `-- said`, the answer, `-- left`, what is left or `(nothing)`. A
/// first line `path: x.py` names the file; `extent: block <indent width>` asks for a block.
fn cases(source: &str) -> Vec<Case<'_>> {
    let case = |part| {
        let (name, rest) = str::split_once(part, '\n').unwrap();
        let (before, rest) = rest.split_once("\n-- said\n").unwrap();
        let (generated, left) = rest.split_once("\n-- left\n").unwrap();
        let left = left.trim_end_matches('\n');
        Case {
            name,
            before,
            generated,
            left: (left != "(nothing)").then_some(left),
        }
    };
    source.split("== ").skip(1).map(case).collect()
}

fn run(name: &str, case: &Case<'_>) -> Option<String> {
    let (path, text) = match case.before.strip_prefix("path: ") {
        Some(rest) => rest.split_once('\n').unwrap(),
        None => ("a.txt", case.before),
    };
    let (extent, text) = match text.strip_prefix("extent: block ") {
        Some(rest) => {
            let (width, text) = rest.split_once('\n').unwrap();
            (
                Extent::Block {
                    indent: " ".repeat(width.parse().unwrap()),
                    style: BlockStyle::Colon,
                    closed: false,
                },
                text,
            )
        }
        None if text.starts_with("extent: whole line\n") => {
            (Extent::WholeLine, &text["extent: whole line\n".len()..])
        }
        None => (Extent::Line, text),
    };
    let offset = text.find("$0").unwrap();
    let snapshot = snapshot(path, &text.replacen("$0", "", 1));
    let context = CompletionContext::with_extent(&snapshot, offset, extent);
    let filter = FILTERS
        .iter()
        .find(|(filter, _)| *filter == name)
        .unwrap()
        .1;
    filter(&context, case.generated.replace("\\t", "\t"))
}

#[test]
fn golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for (name, _) in FILTERS {
        let source = std::fs::read_to_string(folder.join(name).with_extension("txt")).unwrap();
        let cases = cases(&source);
        assert!(cases.len() >= 3, "{name} has too few cases");
        for case in &cases {
            let left = case.left.map(|left| left.replace("\\t", "\t"));
            assert_eq!(run(name, case), left, "{name}: {}", case.name);
        }
    }
    let files = std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(
        files.count(),
        FILTERS.len(),
        "a file in cases/ without a filter"
    );
}
