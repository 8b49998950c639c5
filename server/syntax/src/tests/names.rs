//! What names do at their places, and the argument lists after them.

use super::parsed;
use crate::slice;

/// Each word of `text` that is a name of the language, with what it does there.
fn uses(id: &str, text: &str) -> String {
    let (rope, syntax) = parsed(id, text);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (start, _) in text
        .match_indices(word)
        .filter(|(at, _)| !text[..*at].ends_with(word))
    {
        let end = start
            + text[start..]
                .find(|c| !word(c))
                .unwrap_or(text.len() - start);
        if let Some(does) = syntax.name_use(&rope, start..end) {
            found.push(format!("{}:{does:?}", &text[start..end]));
        }
    }
    found.join(" ")
}

#[test]
fn a_name_defines_binds_belongs_or_is_used() {
    assert_eq!(
        uses(
            "python",
            "from m import a\ndef f(x, y=a):\n    x.b = y\n    return f(k=x)\n"
        ),
        "m:Use a:Binding f:Definition x:Binding y:Binding a:Use x:Use b:Member y:Use f:Use k:Key x:Use"
    );
    assert_eq!(
        uses(
            "rust",
            "struct A { b: u8 }\nfn f(a: &A) -> u8 { let c = a.b; g(c) }\n"
        ),
        "A:Definition b:Definition f:Definition a:Binding A:Use c:Binding a:Use b:Member g:Use c:Use"
    );
    assert_eq!(
        uses(
            "javascript",
            "import { a } from 'x';\nfunction f(b) { const c = a.d(b); return { e: c }; }\n"
        ),
        "a:Binding f:Definition b:Binding c:Binding a:Use d:Member b:Use e:Key c:Use"
    );
    assert_eq!(
        uses(
            "java",
            "class A { int b() { int c = d(); return this.b() + c; } }"
        ),
        "A:Definition b:Definition c:Binding d:Use b:Member c:Use"
    );
}

/// The arguments of the list around `$0`, and the name before it.
fn around(id: &str, text: &str) -> Option<(String, Vec<String>, bool)> {
    let offset = text.find("$0").unwrap();
    let (rope, syntax) = parsed(id, &text.replacen("$0", "", 1));
    let call = syntax.call_around(offset..offset)?;
    let arguments = call
        .arguments
        .iter()
        .map(|range| slice(&rope, range.clone()))
        .collect();
    assert_eq!(syntax.call_of(call.name.clone()).as_ref(), Some(&call));
    Some((slice(&rope, call.name), arguments, call.defines))
}

#[test]
fn the_list_around_a_place() {
    let list = |name: &str, arguments: &[&str], defines: bool| {
        Some((
            name.to_owned(),
            arguments
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
            defines,
        ))
    };
    assert_eq!(
        around("python", "a.f(x, g(1), # c\n  k=2$0)\n"),
        list("f", &["x", "g(1)", "k=2"], false)
    );
    assert_eq!(
        around("python", "def f(x$0, y=1): pass\n"),
        list("f", &["x", "y=1"], true)
    );
    assert_eq!(
        around("rust", "fn a() { b::c::<u8>(1, $02); }\n"),
        list("c", &["1", "2"], false)
    );
    assert_eq!(around("javascript", "new A.B($0)\n"), list("B", &[], false));
    assert_eq!(
        around("go", "package a\nfunc f(a int$0, b int) {}\n"),
        list("f", &["a int", "b int"], true)
    );
    assert_eq!(
        around("java", "class A { int b() { return c(1, d($02)); } }"),
        list("d", &["2"], false)
    );
    assert_eq!(
        around("c", "int f(int a) { return g(a$0, 1); }\n"),
        list("g", &["a", "1"], false)
    );
    assert_eq!(around("python", "x = (1, $02)\n"), None);
}

#[test]
fn functions_around_a_place_come_innermost_first() {
    let text = "def f():\n    def g():\n        return 1\n";
    let (_, syntax) = parsed("python", text);
    let starts: Vec<usize> = syntax
        .functions_around(text.find('1').unwrap())
        .iter()
        .map(|range| range.start)
        .collect();
    assert_eq!(starts, [13, 0]);
}
