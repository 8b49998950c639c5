//! What a question is about, cleaned: without quotes, brackets and words such as "the function",
//! and narrowed by a class, a module or a file where the question names one.

/// Words before or after a name that say what it is.
const NOUNS: &[&str] = &[
    "the",
    "a",
    "an",
    "function",
    "functions",
    "method",
    "methods",
    "class",
    "struct",
    "type",
    "constant",
    "const",
    "variable",
    "module",
    "package",
    "symbol",
    "macro",
    "trait",
    "interface",
    "enum",
    "setting",
    "settings",
    "option",
    "flag",
    "environment variable",
    "env variable",
    "env var",
    "key",
    "configuration",
    "config",
    "command line",
    "field",
    "error",
    "exception",
    "message",
    "route",
    "endpoint",
    "path",
    "url",
    "file",
    "component",
    "hook",
    "library",
    "crate",
    "text",
    "warning",
    "argument",
    "parameter",
    "switch",
];
const WIDE_NOUNS: &[&str] = &[
    "函数",
    "方法",
    "类",
    "结构体",
    "变量",
    "常量",
    "模块",
    "接口",
    "环境变量",
    "设置",
    "选项",
    "参数",
    "消息",
    "错误",
    "文件",
    "宏",
    "异常",
    "配置项",
    "包",
    "信息",
    "标志",
    "错误信息",
    "字段",
];
const QUOTES: &[char] = &[
    '`', '"', '\'', '“', '”', '‘', '’', '«', '»', '「', '」', '《', '》',
];

/// A name that a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// All of it, as written.
    pub whole: &'a str,
    /// Its last part.
    pub name: &'a str,
    /// The part before: a class or a module.
    pub container: Option<&'a str>,
    /// The end of the path of the file that it must be in.
    pub file: Option<&'a str>,
    /// It is spelt or marked as code, so that it is certainly a name.
    pub is_code: bool,
}

/// A text without the quotes around it.
pub(crate) fn unquoted(text: &str) -> &str {
    let inside = text.trim().trim_start_matches(':').trim();
    let inner = inside
        .strip_prefix(QUOTES)
        .and_then(|rest| rest.strip_suffix(QUOTES));
    let paired = |inner: &&str| inner.matches(QUOTES).count().is_multiple_of(2);
    inner.filter(paired).unwrap_or(inside)
}

/// A subject without quotes around it and without words that say what it is; whether it was quoted.
pub(crate) fn bare(subject: &str) -> (&str, bool) {
    let (mut rest, mut quoted) = (subject.trim(), false);
    loop {
        let before = rest;
        let lower = rest.to_ascii_lowercase();
        if lower.len() == rest.len() && !quoted {
            for noun in NOUNS {
                let head = lower
                    .strip_prefix(noun)
                    .is_some_and(|rest| rest.starts_with(' '));
                let tail = lower
                    .strip_suffix(noun)
                    .is_some_and(|rest| rest.ends_with(' '))
                    && rest == before;
                if head && rest == before {
                    rest = rest[noun.len()..].trim_start();
                } else if tail {
                    rest = rest[..rest.len() - noun.len()].trim_end();
                }
            }
            for noun in WIDE_NOUNS {
                rest = rest.strip_prefix(noun).unwrap_or(rest);
                rest = rest.strip_suffix(noun).unwrap_or(rest).trim();
            }
        }
        let first = rest.chars().next().unwrap_or(' ');
        let last = rest.chars().last().unwrap_or(' ');
        if QUOTES.contains(&first) && QUOTES.contains(&last) && rest.chars().count() > 2 {
            rest = &rest[first.len_utf8()..rest.len() - last.len_utf8()];
            quoted = true;
        }
        if rest == before || rest.is_empty() {
            return (if rest.is_empty() { before } else { rest }, quoted);
        }
    }
}

/// The name that a subject is, if it is one.
pub(crate) fn name(subject: &str) -> Option<Name<'_>> {
    let (inside, quoted) = bare(subject);
    for word in [" in ", " of ", " from ", " on ", " within "] {
        if let Some((first, second)) = inside.split_once(word) {
            let (inner, outer) = (name(first)?, name(second)?);
            let is_file =
                outer.whole.contains('/') || outer.whole.contains('.') && outer.container.is_some();
            return Some(Name {
                container: if is_file {
                    inner.container
                } else {
                    Some(outer.name)
                },
                file: is_file.then_some(outer.whole),
                ..inner
            });
        }
    }
    let called = inside.find('(').filter(|_| inside.ends_with(')'));
    let whole = called
        .map_or(inside, |at| &inside[..at])
        .trim_end_matches('!');
    if whole.is_empty() || whole.contains(char::is_whitespace) {
        return None;
    }
    let mut parts = whole
        .rsplit(['.', ':', '#', '\\'])
        .filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or(whole);
    let container = parts
        .next()
        .map(|part| part.rsplit("->").next().unwrap_or(part));
    let last = last.rsplit("->").next().unwrap_or(last);
    let has_mark = whole.contains(['_', '.', ':', '#', '/']) || whole.starts_with('-');
    let has_capital = whole.chars().skip(1).any(char::is_uppercase);
    let has_digit = whole.chars().any(|c| c.is_ascii_digit());
    Some(Name {
        whole,
        name: last,
        container,
        file: None,
        is_code: quoted || called.is_some() || has_mark || has_capital || has_digit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_what_is_around_them() {
        let parts = |subject| {
            let found: Name = name(subject).unwrap();
            (found.name, found.container, found.file)
        };
        assert_eq!(parts("the function `parse()`"), ("parse", None, None));
        assert_eq!(parts("Parser::parse"), ("parse", Some("Parser"), None));
        assert_eq!(
            parts("method parse of class Parser"),
            ("parse", Some("Parser"), None)
        );
        assert_eq!(
            parts("parse in src/parser.rs"),
            ("parse", None, Some("src/parser.rs"))
        );
        assert_eq!(parts("类Parser"), ("Parser", None, None));
        assert_eq!(name("retries on failure and time"), None);
    }
}
