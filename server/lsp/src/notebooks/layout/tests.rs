//! Edits, places and titles of a script, translated to the lines of three cells.

#![allow(clippy::unwrap_used)]

use super::*;

/// The script `# %%`, `a`, `bb`, `# %%`, `# text`, `# %%`, `%magic`, `cc`.
fn layouts() -> Layouts {
    let span = |uri: &str, first, end: (u32, u32), hidden: &[u32], is_code| {
        let (uri, hidden) = (uri.to_owned(), hidden.to_vec());
        let line_break = if uri == "cell:2" { "\r\n" } else { "\n" };
        Span {
            uri,
            version: 3,
            first,
            end: Position::new(end.0, end.1),
            hidden,
            is_code,
            line_break,
        }
    };
    let spans = vec![
        span("cell:0", 1, (1, 2), &[], true),
        span("cell:1", 4, (0, 6), &[], false),
        span("cell:2", 6, (1, 2), &[0], true),
    ];
    Layouts(vec![Arc::new(Layout {
        uri: "book".into(),
        spans,
    })])
}

fn range(start: (u64, u64), end: (u64, u64)) -> Value {
    json!({"start": position(start), "end": position(end)})
}

/// The edits of cells that an edit of the script is.
fn changes(start: (u64, u64), end: (u64, u64), text: &str) -> Option<Value> {
    let mut edit = json!({"changes": {"book": [{"range": range(start, end), "newText": text}]}});
    layouts()
        .leave(&mut edit, None)
        .then(|| edit["changes"].take())
}

fn change(cell: &str, start: (u64, u64), end: (u64, u64), text: &str) -> Option<Value> {
    Some(json!({cell: [{"range": range(start, end), "newText": text}]}))
}

#[test]
fn an_edit_belongs_to_its_cell() {
    assert_eq!(
        changes((2, 0), (2, 1), "x"),
        change("cell:0", (1, 0), (1, 1), "x")
    );
    // After the last line, where the script has a break and the cell has none.
    assert_eq!(
        changes((3, 0), (3, 0), "c\n"),
        change("cell:0", (1, 2), (1, 2), "\nc")
    );
    assert_eq!(
        changes((2, 0), (3, 0), "c\n"),
        change("cell:0", (1, 0), (1, 2), "c")
    );
    assert_eq!(
        changes((2, 0), (3, 0), ""),
        change("cell:0", (1, 0), (1, 2), "")
    );
    assert_eq!(
        changes((0, 0), (0, 0), "import x\n"),
        change("cell:0", (0, 0), (0, 0), "import x\n")
    );
    assert_eq!(
        changes((7, 0), (7, 1), "d\ne"),
        change("cell:2", (1, 0), (1, 1), "d\r\ne")
    );
}

#[test]
fn what_no_cell_can_hold_is_left_out() {
    // A bound, a line that is hidden, what is no code.
    assert_eq!(changes((2, 0), (3, 2), "x"), None);
    assert_eq!(changes((2, 0), (7, 0), "x"), None);
    assert_eq!(changes((3, 0), (3, 0), "x"), None);
    assert_eq!(changes((6, 1), (6, 2), "x"), None);
    assert_eq!(changes((4, 0), (4, 1), "x"), None);
    let edit = json!({"changes": {"book": [{"range": range((2, 0), (3, 2)), "newText": ""}]}});
    let mut actions = json!([{"title": "one", "edit": edit}, {"title": "other"}]);
    assert!(layouts().leave(&mut actions, None));
    assert_eq!(actions, json!([{"title": "other"}]));
}

#[test]
fn edits_of_versions_are_shared_out() {
    let edits = json!([
        {"range": range((1, 0), (1, 1)), "newText": "x"},
        {"range": range((7, 0), (7, 0)), "newText": "y"},
    ]);
    let other = json!({"textDocument": {"uri": "file:///a", "version": 1}, "edits": []});
    let document = json!({"textDocument": {"uri": "book", "version": 9}, "edits": edits});
    let mut edit = json!({"documentChanges": [other, document]});
    assert!(layouts().leave(&mut edit, None));
    let documents: Vec<_> = edit["documentChanges"].as_array().unwrap().iter().collect();
    let named: Vec<_> = documents
        .iter()
        .map(|change| change["textDocument"].clone())
        .collect();
    let cell = |number| json!({"uri": format!("cell:{number}"), "version": 3});
    assert_eq!(
        named,
        [json!({"uri": "file:///a", "version": 1}), cell(0), cell(2)]
    );
    assert_eq!(documents[2]["edits"][0]["range"], range((1, 0), (1, 0)));
}

#[test]
fn an_answer_is_translated_to_the_lines_of_the_cell_that_was_asked_about() {
    let layouts = layouts();
    let cell = layouts.cell("cell:2").unwrap();
    let mut params = json!({"textDocument": {"uri": "cell:2"}, "position": position((1, 2)),
        "range": range((0, 0), (9, 0)), "data": position((1, 2))});
    cell.enter(&mut params);
    assert_eq!(
        params,
        json!({"textDocument": {"uri": "book"}, "position": position((7, 2)),
        "range": range((6, 0), (8, 0)), "data": position((1, 2))})
    );
    let location = |line| json!({"uri": "book", "range": range((line, 0), (line, 1))});
    let mut answer = json!([
        {"title": "Here (line 8): x", "range": range((7, 0), (8, 0)), "data": 1, "related": [{"location": location(1)}]},
        {"range": range((1, 0), (1, 1))},
        {"range": range((7, 0), (7, 1)), "related": [{"location": location(5)}]},
    ]);
    assert!(layouts.leave(&mut answer, Some(&cell)));
    let location_in_cell = json!({"uri": "cell:0", "range": range((0, 0), (0, 1))});
    assert_eq!(
        answer,
        json!([
            {"title": "Here: x", "range": range((1, 0), (1, 2)), "data": 1, "related": [{"location": location_in_cell}]},
            {"range": range((1, 0), (1, 1)), "related": []},
        ])
    );
}

#[test]
fn a_completion_ends_where_the_next_cell_would_begin() {
    for (text, kept) in [
        ("x\n# %%\ny", "x"),
        ("x\n#!%time y", "x"),
        ("// %%", ""),
        ("a %%", "a %%"),
        ("x\ny", "x\ny"),
    ] {
        let mut items = json!({"items": [{"insertText": text}]});
        let layouts = layouts();
        assert!(layouts.leave(&mut items, layouts.cell("cell:0").as_ref()));
        let left = items["items"][0]["insertText"].as_str().unwrap_or_default();
        assert_eq!(left, kept, "{text:?}");
    }
}
