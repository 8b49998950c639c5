//! Constructs of thousands of links or levels: every feature comes back, on a small stack and in a
//! time that grows with the text.

use super::{Finite, snapshot};
use crate::bugs::{Choice, search};
use crate::gate::Gate;
use crate::{Limits, inline_completion};
use std::sync::Arc;
use std::time::Instant;

/// Texts with one construct of `count` links or levels, in the forms that programs write.
pub fn texts(count: usize) -> Vec<(&'static str, String)> {
    let joined = |link: fn(usize) -> String, between: &str| {
        (0..count).map(link).collect::<Vec<_>>().join(between)
    };
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    let branches = joined(
        |n| format!("if (x === {n}) {{\n    return 'name {n}';\n  }}"),
        " else ",
    );
    let c_branches = joined(|n| format!("if(x=={n}){{return {n};}}"), "else ");
    let elifs = joined(|n| format!("    elif a == {n}:\n        pass\n"), "");
    vec![
        (
            "a.js",
            format!("export function f(x) {{\n  {branches} else {{\n    return '';\n  }}\n}}\n"),
        ),
        (
            "b.c",
            format!("int f(int x){{{c_branches}else{{return 0;}}}}\n"),
        ),
        (
            "c.py",
            format!(
                "def f(a):\n    if {}:\n        pass\n",
                joined(|n| format!("a == {n}"), " or ")
            ),
        ),
        (
            "d.ts",
            format!(
                "const f = (a) => {};\n",
                joined(|n| format!("a === {n}"), " || ")
            ),
        ),
        (
            "e.py",
            format!("def f(a):\n    if a:\n        pass\n{elifs}"),
        ),
        ("f.js", format!("x = {};\n", nested("{a: ", "1", "}"))),
        ("g.py", format!("x = {}\n", nested("[a, ", "1", "]"))),
        ("h.js", format!("const v = {};\n", nested("(", "a", ")"))),
        (
            "i.java",
            format!(
                "class A {{ int f(int x) {{ return {}; }} }}\n",
                nested("x > 0 ? x : (", "0", ")")
            ),
        ),
        ("j.js", format!("a{};\n", ".then(b => b)".repeat(count))),
        (
            "k.rs",
            format!("fn f() {{ {} }}\n", nested("{ let a = ", "", "1 };")),
        ),
        (
            "l.go",
            format!(
                "package a\n\nfunc f() {{\n{}}}\n",
                nested("if a {\n", "", "}\n")
            ),
        ),
        ("m.js", format!("x = {}", "f(function () {\n".repeat(count))),
    ]
}

/// Does `work` on the stack of a small thread.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(work)
        .unwrap();
    assert!(thread.join().is_ok());
}

#[test]
fn no_construct_is_too_long_for_the_patterns() {
    on_small_stack(|| {
        for (path, text) in texts(4000) {
            let _ = search(&snapshot(path, &text), Choice::ALL);
        }
    });
}

#[test]
fn no_construct_is_too_long_for_a_completion() {
    on_small_stack(|| {
        let gate = Arc::new(Gate::default());
        for (path, text) in texts(4000) {
            let snapshot = snapshot(path, &text);
            let mut model = Finite::new("", &[], &[("value", 0.5)]);
            let middle = (text.len() / 2..)
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(text.len());
            for offset in [middle, text.len()] {
                let limits = Limits {
                    line_tokens: 20,
                    block_tokens: 40,
                    min_confidence: 0.0,
                    gate: Arc::clone(&gate),
                    taste: None,
                    by_hand: false,
                };
                let start = Instant::now();
                let _ = inline_completion(&snapshot, offset, &mut model, &limits).unwrap();
                eprintln!("{path} at {offset}: {:?}", start.elapsed());
            }
        }
    });
}
