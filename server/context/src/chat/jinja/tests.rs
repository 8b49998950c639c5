//! What the language gives, and what a hostile template may not do.

use super::{Value, render};
use std::time::{Duration, Instant};

fn messages() -> Value {
    let message = |role: &str, content: &str| {
        let entries = [
            ("role", Value::text(role)),
            ("content", Value::text(content)),
        ];
        Value::named(&entries).unwrap()
    };
    Value::list(vec![message("system", " S "), message("user", "U")]).unwrap()
}

fn rendered(source: &str) -> Result<String, String> {
    render(
        source,
        &[("messages", messages()), ("flag", Value::Bool(false))],
    )
}

#[test]
fn expressions_give_what_jinja_gives() {
    for (expression, expected) in [
        ("1 + 2 * 3 - 4 // 3", "6"),
        ("'a' ~ 1 ~ 'b' + 'c'", "a1bc"),
        ("7 % 3 == 1 and not flag", "True"),
        ("'x' if flag else 'y'", "y"),
        ("'x' if flag", ""),
        ("messages[0].content|trim", "S"),
        ("messages[-1]['role']", "user"),
        ("messages[1:]|length", "1"),
        ("messages[::-1][0].role", "user"),
        ("'abc'[1:]", "bc"),
        ("messages|map(attribute='role')|join(', ')", "system, user"),
        (
            "messages|selectattr('role', 'equalto', 'user')|list|length",
            "1",
        ),
        (
            "messages|rejectattr('role', 'eq', 'user')|first|tojson",
            r#"{"role": "system", "content": " S "}"#,
        ),
        ("nothing is defined or nothing", ""),
        ("nothing is not defined", "True"),
        ("none is none and messages is sequence", "True"),
        ("'user' in messages[1].role", "True"),
        ("'tools' not in messages[1]", "True"),
        ("not 'a' is string", "False"),
        ("' a,b '.strip().split(',')[-1].upper()", "B"),
        ("'a</think>b'.split('</think>')[-1].lstrip('\\n')", "b"),
        (
            "messages[0].get('x', 'd') + messages[0].get('role')",
            "dsystem",
        ),
        ("nothing|default('d')", "d"),
        ("''|default('d', true)", "d"),
        ("'abc'.startswith(('x', 'a'))", "True"),
        (
            "{'a': [1, 'b', none, true]}|tojson",
            r#"{"a": [1, "b", null, true]}"#,
        ),
        ("strftime_now('%d %B %Y, %-d')", "26 July 2024, 26"),
        ("-3 // 2", "-2"),
        ("1.5 + 1", "2.5"),
        ("range(1, 4)|list|tojson", "[1, 2, 3]"),
        ("'a' 'b'", "ab"),
    ] {
        let source = format!("{{{{ {expression} }}}}");
        assert_eq!(rendered(&source).as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn statements_do_what_jinja_does() {
    for (source, expected) in [
        (
            "{% for m in messages %}{{ loop.index }}{{ m.role }}{% if not loop.last %},{% endif %}{% endfor %}",
            "1system,2user",
        ),
        (
            "{% for m in messages if m.role == 'user' %}{{ loop.index0 }}{{ m.role }}{% endfor %}",
            "0user",
        ),
        ("{% for x in [] %}a{% else %}b{% endfor %}", "b"),
        (
            "{% for k, v in messages[1].items() %}{{ k }}={{ v }};{% endfor %}",
            "role=user;content=U;",
        ),
        (
            "{% set x = 1 %}{% for m in messages %}{% set x = 2 %}{% endfor %}{{ x }}",
            "1",
        ),
        (
            "{% set ns = namespace(x=1) %}{% for m in messages %}{% set ns.x = ns.x + 1 %}{% endfor %}{{ ns.x }}",
            "3",
        ),
        (
            "{% if flag %}a{% elif messages %}b{% else %}c{% endif %}",
            "b",
        ),
        (
            "{% macro f(a, b='d') %}<{{ a }}{{ b }}>{% endmacro %}{{ f('x') }}{{ f(b='y', a='z') }}",
            "<xd><zy>",
        ),
        (
            "{% set x %}a{{ 1 }}{% endset %}{{ x }}{{ x|length }}",
            "a12",
        ),
        (
            "{% for m in messages %}{% if m.role == 'user' %}{% break %}{% endif %}{{ m.role }}{% endfor %}",
            "system",
        ),
        (
            "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ loop.previtem.role }}{% endfor %}",
            "system",
        ),
        ("{% generation %}a{% endgeneration %}", "a"),
        ("{# note #}\n{%- if true %}\n  a\n{%- endif %}\n", "  a"),
    ] {
        assert_eq!(rendered(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_not_known_or_wrong_is_an_error() {
    for source in [
        "{{ raise_exception('no') }}",
        "{{ unknown() }}",
        "{{ 1|unknown }}",
        "{{ 1 is unknown }}",
        "{{ 'a'.unknown() }}",
        "{% unknown %}",
        "{% if true %}",
        "{% endif %}",
        "{{ messages }}",
        "{{ nothing.attribute }}",
        "{{ 1 / 0 }}",
        "{{ 'a' * 3 }}",
        "{{ ) }}",
        "{{ a b }}",
        "{% set x = %}",
        "{% include 'x' %}",
        "{{ 9223372036854775807 + 'a' }}",
        "{{ [1, 2](3) }}",
    ] {
        assert!(rendered(source).is_err(), "{source}");
    }
}

/// Templates that would take for ever, all memory or all of the stack.
fn hostile() -> Vec<String> {
    let doubling = |set: &str| {
        format!(
            "{{% set ns = namespace(x=['a'], y='ab') %}}{{% for i in range(900) %}}{{% set {set} %}}{{% endfor %}}{{{{ ns.x|length }}}}"
        )
    };
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(50_000), close.repeat(50_000))
    };
    let mut all: Vec<String> = [
        "ns.x = ns.x + ns.x",
        "ns.x = [ns.x, ns.x]",
        "ns.x = [ns.x]",
        "ns.x = {'a': ns.x, 'b': ns.x}",
        "ns.y = ns.y ~ ns.y",
        "ns.y = ns.y + ns.y",
        "ns.y = ns.y.replace('a', 'aa')",
        "ns.y = ns.y|join(ns.y)",
        "ns.y = ns.y.join([ns.y, ns.y, ns.y])",
        "ns.x = ns.y|list + ns.x",
    ]
    .iter()
    .map(|set| doubling(set))
    .collect();
    let two = "{% set x = x ~ x %}".repeat(60);
    all.push(format!("{{% set x = 'aaaa' %}}{two}"));
    let two = "{% set x = x + x %}".repeat(60);
    all.push(format!("{{% set x = [1] %}}{two}"));
    all.push(nested("{% if true %}", "a", "{% endif %}"));
    all.push(format!("{{{{ {} }}}}", nested("(", "1", ")")));
    all.push(format!("{{{{ {} }}}}", nested("[", "1", "]")));
    all.push(format!("{{{{ {}1 }}}}", "not ".repeat(50_000)));
    all.push(format!("{{{{ {}1 }}}}", "1 + ".repeat(50_000)));
    all.push(format!("{{{{ {}1 }}}}", "1 if 1 else ".repeat(50_000)));
    all.push(format!("{{{{ a{} }}}}", "|trim".repeat(50_000)));
    all.push("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}".into());
    let loops = "{% for a in range(999) %}".repeat(20) + &"{% endfor %}".repeat(20);
    all.push(loops);
    all.push("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}{{ ns|tojson }}".into());
    all.push("{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns.a|tojson }}".into());
    all.push("{% for i in range(100000000) %}{% endfor %}".into());
    all.push("{{ 'a'|indent(1000000000) }}{{ [1]|map('map', 'map')|list }}{{ ns.ns }}".into());
    all.push("{{".repeat(50_000));
    all
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long a template runs is what is tested"
)]
fn a_hostile_template_neither_hangs_nor_takes_memory_or_stack() {
    for source in hostile() {
        let start = Instant::now();
        let given = rendered(&source);
        let shown: String = source.chars().take(80).collect();
        assert!(given.is_err(), "{shown}: {}", given.unwrap().len());
        assert!(start.elapsed() < Duration::from_secs(3), "{shown}");
    }
}

#[test]
fn many_branches_are_no_deep_ones() {
    let branches = "{% elif flag %}x".repeat(10_000);
    let source = format!("{{% if flag %}}{branches}{{% else %}}end{{% endif %}}");
    assert_eq!(rendered(&source).as_deref(), Ok("end"));
}
