//! `where`: the definitions, callers and imports of a name.

use super::places::{QuotedFile, add_quote};
use super::retrieve::UNREAD;
use crate::arguments::Arguments;
use crate::project::Project;
use crate::reply::Reply;
use crate::stop::Stop;
use ask::{Answer, AnswerLevel};
use index::{Index, Symbol};
use workspace::dependencies;

/// The longest symbol, in bytes.
const MAX_SYMBOL: usize = 200;
/// The most definitions that are looked at.
const MAX_DEFINITIONS: usize = 50;

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let symbol = arguments.text("symbol")?;
    let (container, name) = parts(symbol);
    if name.is_empty() || symbol.len() > MAX_SYMBOL {
        return Err("`symbol` must be a name, such as parse_header or Parser.parse".into());
    }
    let lists = ["definitions", "callers", "imports"];
    let mut reply = Reply::new(arguments.budget()?, &lists);
    let questions = [
        format!("who calls `{name}`?"),
        format!("what imports `{name}`?"),
        format!("where is `{name}` defined?"),
    ];
    let asked = project.asked.ask(&questions, &mut || stop.goes_on());
    if !asked.is_complete {
        reply.incomplete(UNREAD);
    }
    let found = definitions(&asked.index, container, name);
    let at_level = |at: usize, level: AnswerLevel| {
        let answer = asked.answers.get(at);
        answer.filter(|answer| answer.level == level)
    };
    let exact = |at: usize| at_level(at, AnswerLevel::Exact);
    let (callers, imports) = (exact(0), exact(1));
    let count = |answer: Option<&Answer>| answer.map_or(0, |a| a.quotes.len() + a.left_out);
    reply.summary(&match found.len() {
        0 => {
            let hint =
                at_level(2, AnswerLevel::NotFound).map_or("", |answer| answer.summary.as_str());
            let times = asked.index.word_count(name);
            format!(
                "`{symbol}` is not defined in this project; the word is in it {times} times. {hint}"
            )
        }
        all => format!(
            "{all} definitions, {} calls, {} imports.",
            count(callers),
            count(imports)
        ),
    });
    for definition in &found {
        add_definition(&mut reply, project, &asked.index, definition);
    }
    for (list, answer) in [("callers", callers), ("imports", imports)] {
        let Some(answer) = answer else { continue };
        reply.line(&format!("{list}:"));
        reply.leave_out(answer.left_out);
        for quote in &answer.quotes {
            add_quote(&mut reply, list, project, &asked.index, quote);
        }
    }
    Ok(reply)
}

/// What a name is a member of, if that is said, and the name: of `Type.method`, `Type::method`,
/// `Type#method` or `path/Type.method`.
fn parts(symbol: &str) -> (Option<&str>, &str) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut words = symbol
        .trim_end_matches("()")
        .rsplit(|c| !is_part(c))
        .filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    (words.next(), name)
}

/// The definitions of a name in the project; those in the container, if any is.
fn definitions(index: &Index, container: Option<&str>, name: &str) -> Vec<Symbol> {
    let mut found = index.definitions(name, MAX_DEFINITIONS);
    found.retain(|symbol| !symbol.path.starts_with(dependencies::PREFIX));
    let is_in = |symbol: &Symbol| container == Some(symbol.container.as_str());
    if found.iter().any(is_in) {
        found.retain(is_in);
    }
    found
}

fn add_definition(reply: &mut Reply, project: &Project, index: &Index, symbol: &Symbol) {
    let Some(file) = QuotedFile::read(project, index, &symbol.path) else {
        reply.incomplete(format!("{} changed while it was read", symbol.path));
        return;
    };
    let note = match symbol.container.is_empty() {
        true => symbol.kind.clone(),
        false => format!("{} of {}", symbol.kind, symbol.container),
    };
    reply.add("definitions", file.line_item(symbol.line, &note));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_may_name_what_it_is_a_member_of() {
        assert_eq!(parts("parse"), (None, "parse"));
        assert_eq!(parts("Parser.parse()"), (Some("Parser"), "parse"));
        assert_eq!(parts("a::b::Parser::parse"), (Some("Parser"), "parse"));
        assert_eq!(parts("Foo#bar"), (Some("Foo"), "bar"));
        assert_eq!(parts("..."), (None, ""));
    }
}
