//! Questions that the structure of a project answers exactly.
//!
//! The wording says what is asked (`wording`). What is asked about is looked up under every kind of
//! thing that it may be: a symbol, a flag, a variable, a setting, a message. If the wording leaves
//! no doubt and there is no such thing, the answer says that; else the question is left to
//! passages.

mod commands;
mod config;
mod declared;
mod facts;
mod imports;
mod lex;
mod messages;
mod places;
mod read;
mod search;
mod subject;
mod symbols;
#[cfg(test)]
mod tests;
mod wording;

pub(crate) use facts::Facts;

use crate::{Answer, AnswerLevel, AskIndex};
use declared::Declared;
use facts::FactKind;
use index::Index;
use subject::Name;
use symbols::Symbols;
use wording::Subject;

/// Longest question that is looked at.
const MAX_QUESTION: usize = 4_000;
/// How much of a message must be in the code, in percent: where the question says that it is one,
/// and where it is the whole question.
const NEEDED: usize = 30;
const NEEDED_UNASKED: usize = 45;

/// The answer, if it is such a question.
pub(crate) fn answer(library: &AskIndex, index: &Index, question: &str) -> Option<Answer> {
    if question.len() > MAX_QUESTION {
        return None;
    }
    let tidy = wording::tidy(question);
    let router = Router {
        symbols: Symbols { library, index },
        declared: Declared { library, index },
    };
    if let Some(answer) = commands::answer(index, &tidy) {
        return Some(answer);
    }
    match wording::asked(&tidy) {
        Some((asked, about)) if subject::name(about).is_some() || asked.is_about_text() => {
            router.asked(asked, about)
        }
        _ => router.nothing_asked(question.trim()),
    }
}

struct Router<'a> {
    symbols: Symbols<'a>,
    declared: Declared<'a>,
}

impl Router<'_> {
    fn asked(&self, asked: Subject, about: &str) -> Option<Answer> {
        match asked {
            Subject::FlagFor => return self.declared.about(FactKind::Flag, about),
            Subject::VariableFor => return self.declared.about(FactKind::Variable, about),
            Subject::Message => return self.message(about),
            _ => {}
        }
        let Some(name) = subject::name(about) else {
            return self.declared.message(subject::unquoted(about), NEEDED);
        };
        if name.whole.starts_with('-') {
            return self.flag(&name);
        }
        let symbols = &self.symbols;
        let says_so = ["environment variable", "env var", "环境变量"]
            .iter()
            .any(|words| about.to_lowercase().contains(words));
        let may_be =
            asked == Subject::Uses && is_upper(name.whole) && symbols.definitions(&name).is_empty();
        if (says_so || may_be)
            && let Some(answer) = self.variable(&name)
        {
            return Some(answer);
        }
        let known = match asked {
            Subject::Callers => symbols.callers(&name),
            Subject::Uses => symbols.uses(&name).or_else(|| symbols.imported(&name)),
            Subject::ImportedBy => symbols.imported(&name),
            Subject::ImportsOf => symbols.imports_of(&name),
            Subject::Throws => symbols.thrown(&name).or_else(|| self.message(about)),
            Subject::Meaning => return self.meaning(&name),
            Subject::Readers => self.variable(&name).or_else(|| symbols.uses(&name)),
            Subject::Default => self.setting(&name),
            Subject::Route => self.declared.named(FactKind::Route, name.whole),
            _ => self.place(&name, asked),
        };
        known.or_else(|| self.none(asked, &name))
    }

    /// Where something is, whatever it is.
    fn place(&self, name: &Name, asked: Subject) -> Option<Answer> {
        if name.whole.starts_with('/')
            && let Some(answer) = self.declared.named(FactKind::Route, name.whole)
        {
            return Some(answer);
        }
        let is_file = name.whole.contains('.') && name.file.is_none();
        let file = || is_file.then(|| self.symbols.file(name)).flatten();
        let has_variable = name.is_code && self.declared.knows(FactKind::Variable, name.whole);
        let defined = !self.symbols.definitions(name).is_empty();
        if has_variable {
            let variable = self.variable(name);
            return if defined {
                joined(self.symbols.defined(name), variable)
            } else {
                variable
            };
        }
        let plain = asked == Subject::Place && !name.is_code && !defined;
        let found = if plain {
            None
        } else {
            self.symbols.defined(name)
        };
        found.or_else(file).or_else(|| {
            if plain {
                None
            } else {
                self.declared.named(FactKind::Setting, name.whole)
            }
        })
    }

    fn flag(&self, name: &Name) -> Option<Answer> {
        let flag = name.whole.split('=').next().unwrap_or(name.whole);
        let found = self
            .declared
            .named(FactKind::Flag, flag)
            .or_else(|| self.declared.mentioned(flag));
        found.or_else(|| Some(nothing(format!("no flag `{flag}`"))))
    }

    fn variable(&self, name: &Name) -> Option<Answer> {
        self.declared.named(FactKind::Variable, name.whole)
    }

    /// A setting, in files of configuration or as a variable or field with a value.
    fn setting(&self, name: &Name) -> Option<Answer> {
        let in_code = self.symbols.defined(name);
        let in_files = || self.declared.named(FactKind::Setting, name.whole);
        let last = || self.declared.named(FactKind::Setting, name.name);
        let variable = || self.variable(name);
        let option = || {
            self.declared.named(
                FactKind::Flag,
                &format!("--{}", name.whole.replace('_', "-")),
            )
        };
        in_files()
            .or(in_code)
            .or_else(last)
            .or_else(variable)
            .or_else(option)
    }

    /// What flags and variables do; of other things, passages say it better.
    fn meaning(&self, name: &Name) -> Option<Answer> {
        let is_variable = self.declared.knows(FactKind::Variable, name.whole);
        is_variable.then(|| self.variable(name)).flatten()
    }

    fn message(&self, about: &str) -> Option<Answer> {
        let (text, quoted) = subject::bare(about);
        let found = self.declared.message(subject::unquoted(about), NEEDED);
        found
            .or_else(|| self.declared.message(text, NEEDED))
            .or_else(|| {
                let name = subject::name(about).filter(|name| name.is_code)?;
                if quoted {
                    None
                } else {
                    self.symbols
                        .thrown(&name)
                        .or_else(|| self.symbols.defined(&name))
                }
            })
    }

    /// A symbol, flag, variable or message without any question.
    fn nothing_asked(&self, question: &str) -> Option<Answer> {
        let (text, quoted) = subject::bare(question);
        if !text.contains(char::is_whitespace) {
            let name = subject::name(question)?;
            if name.whole.starts_with('-') && name.whole.len() > 1 {
                return self.flag(&name);
            }
            let is_variable = self.declared.knows(FactKind::Variable, name.whole);
            if is_variable && self.symbols.definitions(&name).is_empty() {
                return self.variable(&name);
            }
            let is_known = name.is_code || !self.symbols.definitions(&name).is_empty();
            return is_known
                .then(|| self.place(&name, Subject::Place))
                .flatten();
        }
        let enough = messages::words(text).count() >= 3 || quoted;
        enough
            .then(|| {
                self.declared
                    .message(subject::unquoted(question), NEEDED_UNASKED)
            })
            .flatten()
    }

    /// That there is nothing, where the wording leaves no doubt about what was asked.
    fn none(&self, asked: Subject, name: &Name) -> Option<Answer> {
        let what = match asked {
            Subject::Definition => "definition",
            Subject::Callers => "call",
            Subject::ImportedBy => "import",
            Subject::Uses if name.is_code => "use",
            Subject::Place if name.is_code => "definition",
            _ => return None,
        };
        let nearest = self.symbols.nearest(name.name);
        let shown = name.whole;
        let is_name = name
            .name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        let is_defined = asked != Subject::Definition && !self.symbols.definitions(name).is_empty();
        // Of a plain word that occurs in the project, a passage may say more.
        let may_be_topic = || !search::files_with(self.symbols.index, name.name).is_empty();
        if !is_name || !name.is_code && nearest.is_empty() && !is_defined && may_be_topic() {
            return None;
        }
        let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
        let hint = if names.is_empty() {
            String::new()
        } else {
            format!("; nearest names: {}", names.join(", "))
        };
        Some(nothing(format!("no {what} of `{shown}`{hint}")))
    }
}

/// Two answers as one.
fn joined(first: Option<Answer>, second: Option<Answer>) -> Option<Answer> {
    let (Some(mut first), Some(second)) = (first.clone(), second.clone()) else {
        return first.or(second);
    };
    first.summary = format!("{}; {}", first.summary, second.summary);
    let others = second
        .quotes
        .into_iter()
        .filter(|quote| !first.quotes.contains(quote));
    let others: Vec<_> = others.collect();
    first.quotes.extend(others);
    first.left_out += second.left_out + first.quotes.len().saturating_sub(places::MAX_QUOTES);
    first.quotes.truncate(places::MAX_QUOTES);
    Some(first)
}

fn nothing(summary: String) -> Answer {
    Answer {
        level: AnswerLevel::NotFound,
        summary,
        ..Answer::default()
    }
}

fn is_upper(name: &str) -> bool {
    name.len() > 1 && name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}
