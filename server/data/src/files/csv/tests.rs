//! Records, delimiters and headers.

use super::head::{self, CsvLayout};
use super::split::{self, Fields, Step};

/// All records of a text.
fn split(text: &str) -> Vec<Vec<String>> {
    let (mut at, mut found) = (0, Vec::new());
    let mut fields = Fields::default();
    while at < text.len() {
        let data = &text.as_bytes()[at..];
        let Step::Record { next, .. } = split::record(data, b',', true, &mut fields) else {
            panic!("unfinished: {text}");
        };
        let texts = (0..fields.len()).map(|field| fields.get(data, field));
        let texts = texts.map(|field| String::from_utf8(field.to_vec()).unwrap());
        found.push(texts.collect());
        at += next;
    }
    found
}

#[test]
fn records() {
    let rows: [(&str, &[&[&str]]); 11] = [
        ("a,b\nc,d\n", &[&["a", "b"], &["c", "d"]]),
        ("a,b\r\nc,d", &[&["a", "b"], &["c", "d"]]),
        ("a,,\n", &[&["a", "", ""]]),
        ("\"a,b\",c\n", &[&["a,b", "c"]]),
        ("\"a\nb\",c\n", &[&["a\nb", "c"]]),
        ("\"a \"\"b\"\" c\",d\n", &[&["a \"b\" c", "d"]]),
        ("\"\",x\n", &[&["", "x"]]),
        ("a\"b,c\n", &[&["a\"b", "c"]]),
        ("\"a\"b,c\n", &[&["ab", "c"]]),
        ("a,\"b\"\r\nc,d\r\n", &[&["a", "b"], &["c", "d"]]),
        ("a,\"b\"", &[&["a", "b"]]),
    ];
    for (text, wanted) in rows {
        assert_eq!(split(text), wanted, "{text:?}");
    }
}

#[test]
fn records_that_do_not_end() {
    let mut fields = Fields::default();
    let mut step = |text: &str, is_end| split::record(text.as_bytes(), b',', is_end, &mut fields);
    assert_eq!(step("a,b", false), Step::Unfinished { in_quotes: false });
    assert_eq!(step("\"a,b\n", false), Step::Unfinished { in_quotes: true });
    assert_eq!(step("\"a,b\n", true), Step::Unfinished { in_quotes: true });
    // The quote at the end may be the first of two.
    assert_eq!(step("\"a\"", false), Step::Unfinished { in_quotes: true });
    assert_eq!(step("\"a\"", true), Step::Record { next: 3, lines: 1 });
    assert_eq!(
        step("\"a\nb\"\nc", true),
        Step::Record { next: 6, lines: 2 }
    );
}

fn layout(text: &str) -> CsvLayout {
    head::detect(text.as_bytes(), 0, true, None, None).unwrap()
}

#[test]
fn delimiters() {
    let rows = [
        ("a,b,c\n1,2,3\n", b',', 3),
        ("a;b\n1,5;2,5\n", b';', 2),
        ("a\tb\n1, 2\tx, y\n", b'\t', 2),
        ("a|b|c\n1|2|3\n", b'|', 3),
        ("name\nx\ny\n", b',', 1),
        ("a;b\n\"x;y\";1\n", b';', 2),
    ];
    for (text, delimiter, width) in rows {
        let found = layout(text);
        assert_eq!(
            (found.delimiter, found.width),
            (delimiter, width),
            "{text:?}"
        );
    }
}

#[test]
fn headers() {
    let rows = [
        ("id,name\n1,x\n2,y\n", true, true),
        ("1,x\n2,y\n3,z\n", false, true),
        ("name,town\nAnn,Rome\nBob,Oslo\n", true, false),
        ("2024-01-01,5\n2024-01-02,6\n", false, true),
        ("2019,2020\n1.5,x\n2.5,y\n", false, true),
        ("red,green\nred,green\nred,blue\n", false, false),
    ];
    for (text, has_header, is_sure) in rows {
        let found = layout(text);
        let found = (found.has_header, found.is_header_sure);
        assert_eq!(found, (has_header, is_sure), "{text:?}");
    }
}

#[test]
fn lines_before_the_header() {
    let found = layout("Sales report\n\nid,price\n1,2\n3,4\n5,6\n");
    assert_eq!((found.first_lines, found.lines, found.width), (2, 3, 2));
    assert_eq!(found.names(10).0, ["id", "price"]);
}

#[test]
fn names_are_made_different() {
    let found = layout("a,a,,a 2\n1,2,3,4\n");
    let (names, repeated) = found.names(10);
    assert_eq!(names, ["a", "a 2", "column 3", "a 2 2"]);
    assert_eq!(repeated, ["a", "a 2"]);
    assert_eq!(layout("1,2\n3,4\n").names(10).0, ["column 1", "column 2"]);
}

#[test]
fn delimiters_at_the_end_of_rows() {
    let found = layout("a,b\n1,2,\n3,4,\n");
    assert_eq!((found.width, found.first_lines), (2, 0));
    assert_eq!(found.names(10).0, ["a", "b"]);
    assert_eq!(layout("a,b,c\n1,2,\n3,4,\n").width, 3);
}

#[test]
fn fields_of_any_length() {
    let mut state = 5_u64;
    for length in 0..200 {
        let line: String = (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                [',', 'a', '-', '\u{ac}', 'x', '+'][(state >> 33) as usize % 6]
            })
            .collect();
        let wanted: Vec<&str> = line.split(',').collect();
        assert_eq!(split(&format!("{line}\n")), [wanted], "{line}");
    }
}
