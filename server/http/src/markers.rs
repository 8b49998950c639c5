//! Takes apart a prompt that a client itself has laid out for a model, with markers in the text.
//!
//! Some clients (Zed, Continue) know only such prompts. What they mean is read back here, so that
//! the product completes, with its own layout for its own model; the text between the markers is
//! plain text from then on. The spellings are those of the families in `context`, and those that
//! clients write for other models. If a file contains such markers itself, the split is a guess;
//! for clients that send `suffix` separately nothing is guessed.

use super::service::OtherFile;
use context::FORMATS;
use std::path::Path;

/// What precedes the text before the cursor, what precedes the text after it, and what is at the
/// end.
type Spelling<'a> = (&'a str, &'a str, &'a str);

/// Spellings that no family of ours has: CodeLlama's as text, GLM's.
const OTHERS: &[Spelling] = &[
    ("<PRE> ", " <SUF>", " <MID>"),
    ("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
];
/// Precede a path and the text of a file.
const FILES: &[&str] = &["<|file_sep|>", "<file_sep>", "<|file_separator|>"];
/// Precede a repository's name, at the start.
const REPOSITORIES: &[&str] = &["<|repo_name|>", "<repo_name>", "<reponame>"];
/// The longest line that is taken for a path, in bytes.
const LONGEST_PATH: usize = 256;

/// What a prompt means.
#[derive(Debug, Default, PartialEq)]
pub struct Parts {
    /// The path of the file, if the prompt names it.
    pub path: Option<String>,
    /// The text before the cursor.
    pub prefix: String,
    /// The text after the cursor.
    pub suffix: String,
    /// Other files that were shown.
    pub others: Vec<OtherFile>,
}

/// Takes a prompt apart; without markers, all of it is before the cursor.
pub fn read(prompt: &str) -> Parts {
    let known = FORMATS
        .iter()
        .map(|format| (&*format.prefix, &*format.suffix, &*format.middle));
    let split = known
        .chain(OTHERS.iter().copied())
        .find_map(|spelling| split(prompt, spelling));
    let Some((head, prefix, suffix)) = split else {
        return Parts {
            prefix: prompt.to_owned(),
            ..Parts::default()
        };
    };
    let (path, others) = files(head);
    Parts {
        path,
        prefix: prefix.to_owned(),
        suffix: suffix.to_owned(),
        others,
    }
}

/// The text before the markers, the text before the cursor, and the text after it.
fn split<'a>(
    prompt: &'a str,
    (prefix, suffix, middle): Spelling,
) -> Option<(&'a str, &'a str, &'a str)> {
    if middle.is_empty() {
        let (after, before) = prompt.strip_prefix(suffix)?.rsplit_once(prefix)?;
        return Some(("", before, after));
    }
    let Some(inside) = prompt.strip_suffix(middle) else {
        // The suffix first, then the prefix, which the answer goes on with.
        let (head, rest) = prompt.split_once(&format!("{prefix}{suffix}"))?;
        let (after, before) = rest.rsplit_once(middle)?;
        return Some((head, before, after));
    };
    let prefix_first = inside.split_once(prefix).and_then(|(head, rest)| {
        let (before, after) = rest.rsplit_once(suffix)?;
        Some((head, before, after))
    });
    prefix_first.or_else(|| {
        let (head, rest) = inside.split_once(suffix)?;
        let (after, before) = rest.rsplit_once(prefix)?;
        Some((head, before, after))
    })
}

/// The files before the markers: the path of the completed file, which has no text there, and the
/// other files.
fn files(head: &str) -> (Option<String>, Vec<OtherFile>) {
    let repository = REPOSITORIES
        .iter()
        .find_map(|marker| head.strip_prefix(marker));
    let head = repository.map_or(head, |rest| {
        rest.find('\n').map_or("", |end| &rest[end + 1..])
    });
    let Some(marker) = FILES.iter().find(|marker| head.contains(**marker)) else {
        return (None, other(String::new(), head).into_iter().collect());
    };
    let (mut own, mut others) = (None, Vec::new());
    for (number, section) in head.split(marker).enumerate() {
        own = None;
        let (line, text) = section.split_once('\n').unwrap_or((section, ""));
        if number > 0 && is_path(line) {
            match other(line.to_owned(), text) {
                Some(file) => others.push(file),
                None => own = Some(line.to_owned()),
            }
        } else {
            others.extend(other(String::new(), section));
        }
    }
    (own, others)
}

fn other(path: String, text: &str) -> Option<OtherFile> {
    (!text.trim().is_empty()).then(|| OtherFile {
        path,
        text: text.to_owned(),
    })
}

fn is_path(line: &str) -> bool {
    let plain = line.contains(['.', '/']) && !line.contains(char::is_whitespace);
    let known =
        || grammars::by_path(Path::new(line)).is_some() && !line.contains(['=', '"', '\'', ';']);
    !line.is_empty() && line.len() <= LONGEST_PATH && (plain || known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_of_clients_are_understood() {
        for prompt in [
            "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
            "<|fim_prefix|><|fim_suffix|>S<|fim_middle|>P",
            "<fim_prefix>P<fim_suffix>S<fim_middle>",
            "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
            "<PRE> P <SUF>S <MID>",
            "[SUFFIX]S[PREFIX]P",
            "<|code_prefix|>P<|code_suffix|>S<|code_middle|>",
            "<|code_suffix|>S<|code_prefix|>P<|code_middle|>",
        ] {
            let parts = read(prompt);
            assert_eq!((&*parts.prefix, &*parts.suffix), ("P", "S"), "{prompt}");
            assert!(parts.path.is_none() && parts.others.is_empty(), "{prompt}");
        }
    }

    #[test]
    fn files_before_the_prefix_are_separated() {
        let parts = read(
            "<|repo_name|>r\n<|file_sep|>a b.py\nx = 1\n<|file_sep|>src/c.py\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        );
        assert_eq!(parts.path.as_deref(), Some("src/c.py"));
        assert_eq!(
            parts.others,
            [OtherFile {
                path: "a b.py".into(),
                text: "x = 1\n".into()
            }]
        );
        let parts = read("<file_sep>x = 1\ny = 2<file_sep><fim_prefix>P<fim_suffix><fim_middle>");
        assert_eq!(parts.path, None);
        assert_eq!(
            parts.others,
            [OtherFile {
                path: String::new(),
                text: "x = 1\ny = 2".into()
            }]
        );
        let parts = read("Context:\n\nx = 1\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>");
        assert_eq!((parts.others.len(), &*parts.prefix), (1, "P"));
    }

    #[test]
    fn what_is_no_such_prompt_is_text() {
        for prompt in [
            "",
            "def f():",
            "<|fim_prefix|>",
            "a <|fim_middle|>",
            "x = '[SUFFIX]' + '[PREFIX]'",
            "[SUFFIX]",
        ] {
            assert_eq!(
                read(prompt),
                Parts {
                    prefix: prompt.into(),
                    ..Parts::default()
                }
            );
        }
    }

    #[test]
    fn empty_sides_are_empty() {
        assert_eq!(
            read("<|fim_prefix|><|fim_suffix|>S<|fim_middle|>").suffix,
            "S"
        );
        assert_eq!(
            read("<|fim_prefix|>P<|fim_suffix|><|fim_middle|>").prefix,
            "P"
        );
        assert_eq!(read("[SUFFIX][PREFIX]").prefix, "");
    }
}
