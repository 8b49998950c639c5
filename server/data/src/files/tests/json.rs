//! JSON lines and arrays of objects.

use super::super::{FileFormat, FileNoteKind, ValueKind};
use super::{kinds, notes, read, rows, verify};

#[test]
fn lines_of_objects() {
    let text = "{\"id\": 1, \"name\": \"A\\u00e9\", \"tags\": [1, 2]}\n\
                {\"name\": \"B\", \"id\": 2, \"price\": 2.5}\n\n\
                {\"id\": null, \"price\": 3, \"tags\": {\"a\": \"}\"}}\n";
    let (_folder, file) = read("a.jsonl", text.as_bytes());
    assert_eq!((file.format(), file.rows()), (FileFormat::JsonLines, 3));
    let wanted = [
        ("id", ValueKind::Integer),
        ("name", ValueKind::Text),
        ("tags", ValueKind::Json),
        ("price", ValueKind::Decimal),
    ];
    assert_eq!(kinds(&file), wanted);
    let wanted = [
        "Integer(1) Text(\"Aé\") Text(\"[1, 2]\") Missing",
        "Integer(2) Text(\"B\") Missing Decimal(2.5)",
        "Missing Missing Text(\"{\\\"a\\\": \\\"}\\\"}\") Decimal(3.0)",
    ];
    assert_eq!(rows(&file), wanted);
    assert_eq!(file.columns()[3].missing, 1);
    verify(&file);
}

#[test]
fn an_array_of_objects() {
    let text = "[\n  {\"a\": 1,\n   \"b\": \"x\"},\n  {\"a\": 2, \"b\": \"y\"}\n]\n";
    let (_folder, file) = read("a.json", text.as_bytes());
    let wanted = ["Integer(1) Text(\"x\")", "Integer(2) Text(\"y\")"];
    assert_eq!(rows(&file), wanted);
    assert!(file.notes().is_empty(), "{:?}", file.notes());
}

#[test]
fn lines_that_are_no_objects() {
    let text = "{\"a\": 1}\nnot json\n{\"a\": 2}\n{\"a\": \n{\"a\": 3}\n";
    let (_folder, file) = read("a.jsonl", text.as_bytes());
    assert_eq!(file.rows(), 3);
    let wanted = ["2 lines are left out, without an object of JSON: lines 2, 4."];
    assert_eq!(notes(&file, FileNoteKind::Rejected), wanted);
}
