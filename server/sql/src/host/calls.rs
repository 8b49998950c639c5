//! What is around a literal: the call whose argument it is, its tag, its comment, its variable.

use syntax::{Code, Node, Role};

/// Functions, methods and macros whose argument is SQL, in lower case without underscores.
const CALLS: &[&str] = &[
    "execute",
    "executemany",
    "executescript",
    "executequery",
    "executeupdate",
    "executesql",
    "executeasync",
    "executescalar",
    "executereader",
    "executenonquery",
    "executeraw",
    "query",
    "queryas",
    "queryscalar",
    "queryfileas",
    "queryunchecked",
    "queryasunchecked",
    "queryscalarunchecked",
    "queryrow",
    "queryrowcontext",
    "querycontext",
    "queryrowx",
    "queryx",
    "queryone",
    "queryraw",
    "queryrawunsafe",
    "queryforobject",
    "queryforlist",
    "queryformap",
    "queryfirst",
    "querysingle",
    "queryasync",
    "querymultiple",
    "querysql",
    "querymap",
    "executerawunsafe",
    "exec",
    "execcontext",
    "execsql",
    "execquery",
    "mustexec",
    "namedexec",
    "namedquery",
    "execraw",
    "prepare",
    "preparecontext",
    "preparestatement",
    "preparecall",
    "preparex",
    "preparecached",
    "raw",
    "rawquery",
    "rawsql",
    "sqlquery",
    "text",
    "readsql",
    "readsqlquery",
    "createnativequery",
    "createsqlquery",
    "findbysql",
    "selectall",
    "selectone",
    "selectvalue",
    "selectvalues",
    "selectrows",
    "execquery",
    "fetch",
    "fetchall",
    "fetchone",
    "fetchrow",
    "fetchval",
    "fetchassoc",
    "fetchpairs",
    "fetchcol",
    "fetchassociative",
    "fetchallassociative",
    "getresults",
    "getrow",
    "getvar",
    "getcol",
    "getone",
    "getall",
    "getarray",
    "sqlcommand",
    "mysqlcommand",
    "npgsqlcommand",
    "sqlitecommand",
    "oledbcommand",
    "fromsqlraw",
    "fromsqlinterpolated",
    "executesqlraw",
    "executesqlinterpolated",
    "unsafe",
    "mysqliquery",
    "pgquery",
    "sqlite3exec",
    "sqlite3preparev2",
    "mysqlquery",
    "pqexec",
    "simplequery",
    "dbexecute",
    "dbfetchall",
    "dbfetchrow",
    "dbquery",
    "many",
    "any",
    "none",
    "oneornone",
    "manyornone",
    "one",
    "sqlselect",
    "nativequery",
    "runsql",
    "sql",
    "runquery",
    "selectfirst",
    "execsql",
    "statement",
];
/// Calls whose argument looks like SQL and is another language, or prose.
const NOT_SQL: &[&str] = &[
    "createquery",
    "createnamedquery",
    "namedquery",
    "createdql",
    "hql",
    "gettext",
    "log",
    "print",
    "println",
    "printf",
    "info",
    "debug",
    "warn",
    "warning",
    "error",
    "trigger",
    "raise",
    "throw",
    "exception",
    "assert",
    "assertequal",
    "assertequals",
    "expect",
    "tobe",
    "toequal",
    "assertin",
    "assertsql",
    "compile",
    "regexp",
    "match",
    "gql",
    "soql",
    "cypher",
    "describe",
    "it",
    "test",
];

/// How far after a text its variable is looked for, in bytes.
const LOOKED_AT: usize = 20_000;

/// What a literal is used for.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Whether SQL is expected: the argument of a call, a tag, a comment before it.
    pub expects_sql: bool,
    /// Whether it is another language for sure.
    pub is_other: bool,
    /// Whether it is one of several pieces, or may become longer.
    pub is_piece: bool,
}

fn key(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

/// The last word of a text, and what is before it.
fn last_word(text: &str) -> (&str, &str) {
    let text = text.trim_end();
    let start = text
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    (&text[start..], &text[..start])
}

/// What an outermost literal expression is used for.
pub(super) fn usage(code: &Code, node: Node<'_>) -> Usage {
    let mut usage = Usage::default();
    let floor = node.start().saturating_sub(200);
    let floor = (floor..=node.start())
        .find(|at| code.text.is_char_boundary(*at))
        .unwrap_or(0);
    let before = code.text[floor..node.start()].trim_end();
    // A tag or comment: sql`...`, /* sql */ "...".
    let (tag, _) = last_word(&code.text[floor..node.start()]);
    let touches = !code.text[..node.start()].ends_with(char::is_whitespace);
    let is_tag = node.text().starts_with('`') && touches && !tag.is_empty();
    if is_tag {
        usage.expects_sql |=
            key(tag).ends_with("sql") || CALLS.contains(&&*key(tag)) && key(tag) != "text";
        usage.is_other |= !usage.expects_sql;
    }
    let comment = before
        .strip_suffix("*/")
        .and_then(|inner| inner.rfind("/*").map(|at| &inner[at + 2..]));
    let line = before.rsplit('\n').next().unwrap_or_default();
    usage.expects_sql |= comment.is_some_and(|inner| key(inner).ends_with("sql"));
    usage.expects_sql |=
        line.trim_start().starts_with(['#', '/']) && key(line).ends_with("languagesql");
    if let Some(name) = callee(code, node).or_else(|| called_before(before)) {
        let key = key(&name);
        usage.is_other |= NOT_SQL.contains(&key.as_str())
            || key == "query" && is_entity_query(code, node, before);
        usage.expects_sql |= CALLS.contains(&key.as_str());
    }
    usage.is_piece = is_piece(code, node, before);
    usage
}

/// The name of the call whose argument a node is.
fn callee(code: &Code, node: Node<'_>) -> Option<String> {
    let mut inner = node;
    for around in node.ancestors().take(5) {
        if around.is(Role::Call) || around.is(Role::New) || around.is(Role::Macro) {
            let arguments = around.tokens().find(|part| part.holds(inner))?;
            let before = code.text.get(around.start()..arguments.start())?;
            let before = before.trim_end().trim_end_matches(['!', '?', '(']);
            let before = before.split_once('<').map_or(before, |(name, _)| name);
            return Some(last_word(before).0.to_owned()).filter(|name| !name.is_empty());
        }
        let is_list = around.is(Role::Arguments)
            || around.is(Role::Argument)
            || around.is(Role::KeywordArgument)
            || around.is(Role::MacroTokens)
            || around.is(Role::Parenthesized);
        if !is_list {
            return None;
        }
        inner = around;
    }
    None
}

/// The name before the bracket that opens before a text, by the letters only: annotations, and
/// code that is half typed.
fn called_before(before: &str) -> Option<String> {
    let mut rest = before;
    if let Some(named) = rest.strip_suffix(['=', ':']) {
        rest = last_word(named.trim_end()).1.trim_end();
    }
    let rest = rest.strip_suffix('(')?.trim_end_matches(['!', ' ']);
    Some(last_word(rest).0.to_owned()).filter(|name| !name.is_empty())
}

/// `@Query("...")` without `nativeQuery = true`: a query over classes.
fn is_entity_query(code: &Code, node: Node<'_>, before: &str) -> bool {
    let (_, rest) = last_word(before.trim_end_matches(['(', ' ', '\n']));
    let is_annotation = rest.ends_with('@') || before.contains("@Query");
    let after = start_of(&code.text[node.end()..], 200);
    is_annotation && !before.contains("nativeQuery") && !after.contains("nativeQuery")
}

/// Whether a text may be a part of a statement only.
fn is_piece(code: &Code, node: Node<'_>, before: &str) -> bool {
    let parent = node.parent();
    let is_item = parent.is_some_and(|parent| {
        parent.is(Role::List) || parent.is(Role::Tuple) || parent.is(Role::CompoundAssignment)
    });
    let assigned = before
        .strip_suffix('=')
        .map(|left| left.trim_end_matches([':', '+', '.', '|']));
    let grows = before.ends_with("+=") || before.ends_with(".=") || before.ends_with("||=");
    let name = assigned
        .map(|left| last_word(without_type(left)).0)
        .filter(|name| !name.is_empty());
    is_item || grows || name.is_some_and(|name| is_extended(&code.text, name, node.start()))
}

/// `sql: str`, `const sql: string`.
fn without_type(left: &str) -> &str {
    let line = left.rsplit('\n').next().unwrap_or(left);
    line.split_once(": ").map_or(line, |(name, _)| name)
}

/// The first bytes of a text.
fn start_of(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Whether a variable's text is put together with others anywhere near.
fn is_extended(text: &str, name: &str, from: usize) -> bool {
    let after = start_of(&text[from..], LOOKED_AT);
    let mut at = 0;
    while let Some(found) = after[at..].find(name) {
        let start = at + found;
        let end = start + name.len();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let is_word = !after[..start].ends_with(is_part) && !after[end..].starts_with(is_part);
        let next = after[end..].trim_start();
        let previous = after[..start].trim_end().trim_end_matches('$').trim_end();
        let grows = [
            "+", ".=", "<<", "||", ". ", "% ", ".push", ".append", ".concat", ".replace",
            ".format", ".write",
        ];
        let joins = previous.ends_with(['+', '{', '.']) || previous.ends_with("<<");
        if is_word && (joins || grows.iter().any(|mark| next.starts_with(mark))) {
            return true;
        }
        at = end;
    }
    false
}
