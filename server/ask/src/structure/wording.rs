//! How questions are worded, in English and Chinese: a list of sentences (`wording.txt`) with a gap
//! for what is asked about.
//!
//! Only wordings with one meaning are listed. A question that fits none is no question about the
//! structure, and passages answer it.

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Where it is defined; the wording says so.
    Definition,
    /// Where it is.
    Place,
    /// Who calls it.
    Callers,
    /// Who uses it.
    Uses,
    /// Who imports it.
    ImportedBy,
    /// What it imports.
    ImportsOf,
    /// What it does, for flags and variables.
    Meaning,
    /// Which flag does this.
    FlagFor,
    /// Which environment variable does this.
    VariableFor,
    /// Who reads or sets it.
    Readers,
    /// Its default, or where it is set.
    Default,
    /// What writes this message.
    Message,
    /// What throws it.
    Throws,
    /// What handles requests of this path.
    Route,
}

impl Subject {
    /// Whether it may be about any text, not just a name.
    pub(crate) fn is_about_text(self) -> bool {
        matches!(self, Message | FlagFor | VariableFor)
    }
}

use Subject::*;
use std::sync::LazyLock;

/// The sentences and what they ask, in their order; what may come before and after.
struct Wording {
    sentences: Vec<(Subject, &'static str)>,
    before: Vec<&'static str>,
    after: Vec<&'static str>,
}

/// The names of the sections of the list.
const SECTIONS: &[(&str, Subject)] = &[
    ("message", Message),
    ("throws", Throws),
    ("callers", Callers),
    ("imported-by", ImportedBy),
    ("imports-of", ImportsOf),
    ("variable-for", VariableFor),
    ("flag-for", FlagFor),
    ("default", Default),
    ("readers", Readers),
    ("uses", Uses),
    ("route", Route),
    ("meaning", Meaning),
    ("definition", Definition),
    ("place", Place),
];

fn wording() -> &'static Wording {
    static WORDING: LazyLock<Wording> = LazyLock::new(|| {
        let mut read = Wording {
            sentences: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut section = "";
        let lines = include_str!("wording.txt").lines();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
                continue;
            }
            match section {
                "before" => read.before.push(line),
                "after" => read.after.push(line),
                _ => {
                    let subject = SECTIONS.iter().find(|(name, _)| *name == section);
                    read.sentences
                        .extend(subject.map(|(_, subject)| (*subject, line)));
                }
            }
        }
        read
    });
    &WORDING
}

/// A question without what adds nothing: single blanks, none next to Chinese characters.
pub(crate) fn tidy(question: &str) -> String {
    let mut tidy = String::with_capacity(question.len());
    for word in question.split_whitespace() {
        let is_wide = |c: Option<char>| c.is_some_and(|c| ('\u{3000}'..='\u{9fff}').contains(&c));
        if !tidy.is_empty() && !is_wide(tidy.chars().last()) && !is_wide(word.chars().next()) {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    for (short, long) in [
        ("here's ", "here is "),
        ("hat's ", "hat is "),
        ("ho's ", "ho is "),
    ] {
        if let Some(at) = tidy.find(short).filter(|at| *at == 1) {
            tidy.replace_range(at..at + short.len(), long);
        }
    }
    let mut rest = tidy.as_str();
    loop {
        let before = rest;
        rest = rest.trim();
        for word in &wording().before {
            let head = rest.get(..word.len());
            let is_it = head.is_some_and(|head| head.eq_ignore_ascii_case(word));
            if is_it && (!word.is_ascii() || rest[word.len()..].starts_with([' ', ','])) {
                rest = rest[word.len()..].trim_start_matches([' ', ',']);
            }
        }
        for word in &wording().after {
            let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic());
            let head = rest.strip_suffix(word);
            rest = head
                .filter(|head| !is_word || head.ends_with(' '))
                .unwrap_or(rest);
        }
        if rest == before {
            return rest.to_owned();
        }
    }
}

/// What a [tidy] question asks, and about what.
pub(crate) fn asked(question: &str) -> Option<(Subject, &str)> {
    let lower = question.to_ascii_lowercase();
    wording().sentences.iter().find_map(|(subject, sentence)| {
        let (before, after) = sentence.split_once("{}").unwrap_or((sentence, ""));
        let gap = lower.strip_prefix(before)?.strip_suffix(after)?;
        let inside = question[before.len()..before.len() + gap.len()].trim();
        (!inside.is_empty()).then_some((*subject, inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_in_both_languages_are_understood() {
        let cases = [
            ("Where is `parse` defined?", Definition, "`parse`"),
            (
                "please show me the definition of Parser.parse",
                Definition,
                "Parser.parse",
            ),
            ("Parser 在哪里定义？", Definition, "Parser"),
            ("Who calls parse()?", Callers, "parse()"),
            ("哪些函数调用了 parse_date", Callers, "parse_date"),
            ("What imports numpy?", ImportedBy, "numpy"),
            ("where's  main.rs", Place, "main.rs"),
            ("Which flag sets the port?", FlagFor, "sets the port"),
            ("HTTP_PROXY 在哪里读取", Readers, "HTTP_PROXY"),
            (
                "Where does the message \"no such file: a.txt\" come from?",
                Message,
                "\"no such file: a.txt\"",
            ),
        ];
        for (question, subject, about) in cases {
            let question = tidy(question);
            assert_eq!(asked(&question), Some((subject, about)), "{question}");
        }
        assert_eq!(
            asked(&tidy("How does the cache decide what to drop?")),
            None
        );
    }
}
