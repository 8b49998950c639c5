//! A request as a document for the worker, as if it were open in an editor, with the other files
//! that may be shown.
//!
//! The language is the one the client states, else that of the path, of a `#!` line, or of the
//! other files. The other files are both open files, from which prompts take pieces, and part of
//! the index, from which completions are copied.

use super::service::{ApiRequest, OtherFile};
use assistant::documents::DocumentSnapshot;
use context::{OpenFile, Recent, Snapshot};
use grammars::Grammar;
use index::{Index, SourceFile};
use std::path::Path;
use std::sync::Arc;
use text::{Document, EditError, Rope};
use workspace::{Roots, secrets};

/// The most other files that are used, and the most bytes of all together.
const OTHER_FILES: (usize, usize) = (16, 256 << 10);

/// The document. One with a secret in it comes without anything of other files.
pub fn document(
    request: ApiRequest,
    number: u64,
    roots: &Roots,
    index: Index,
) -> Result<DocumentSnapshot, EditError> {
    let has_secret_path = request.path.as_deref().is_some_and(secrets::in_path);
    let text = request.prefix + &request.suffix;
    let document = Document::new(&text, 0)?;
    let path = request.path.map(|path| shown(&path, roots));
    let is_secret = secrets::in_text(&text);
    let others = if is_secret {
        Vec::new()
    } else {
        allowed(request.others, roots)
    };
    let index = if is_secret {
        Index::default()
    } else {
        with_others(index, &others)
    };
    let by_id = request
        .language
        .as_deref()
        .and_then(grammars::by_language_id);
    let by_path = || {
        path.as_deref()
            .and_then(|path| grammars::by_path(Path::new(path)))
    };
    let by_line = || text.lines().next().and_then(grammars::by_shebang);
    let grammar = by_id
        .or_else(by_path)
        .or_else(by_line)
        .or_else(|| shared_grammar(&others));
    let language = request
        .language
        .unwrap_or_else(|| grammar.map_or(String::new(), |grammar| grammar.id.to_owned()));
    let snapshot = Snapshot {
        path: path.as_deref().unwrap_or_default().into(),
        language: language.into(),
        document,
        syntax: None,
        index,
        recent: Arc::new(recent(others)),
    };
    let uri = path.map_or_else(|| format!("http:{number}"), |path| format!("http:/{path}"));
    Ok(DocumentSnapshot {
        uri,
        snapshot,
        grammar,
        parsed: grammar.is_none(),
        is_secret: has_secret_path,
        revision: number,
    })
}

/// The path as the model sees it: inside the workspace relative to it, else without what leads to
/// the file.
fn shown(path: &str, roots: &Roots) -> String {
    let path = path
        .strip_prefix("file://")
        .unwrap_or(path)
        .replace('\\', "/");
    if !Path::new(&path).has_root() {
        return path.trim_start_matches("./").to_owned();
    }
    roots
        .name(Path::new(&path))
        .unwrap_or_else(|| path.rsplit('/').next().unwrap_or_default().to_owned())
}

/// The other files that may be shown, pieces of one file put together.
fn allowed(others: Vec<OtherFile>, roots: &Roots) -> Vec<OtherFile> {
    let (most, longest) = OTHER_FILES;
    let may = |file: &OtherFile| {
        file.text.len() <= longest && !secrets::in_path(&file.path) && !secrets::in_text(&file.text)
    };
    let mut kept: Vec<OtherFile> = Vec::new();
    for mut file in others.into_iter().filter(|file| may(file)).take(most) {
        file.path = shown(&file.path, roots);
        match kept
            .iter_mut()
            .find(|known| known.path == file.path && !file.path.is_empty())
        {
            Some(known) => known.text.push_str(&file.text),
            None => kept.push(file),
        }
    }
    kept
}

/// The language of all files whose language is known, if they agree.
fn shared_grammar(others: &[OtherFile]) -> Option<&'static Grammar> {
    let mut known = others
        .iter()
        .filter_map(|file| grammars::by_path(Path::new(&file.path)));
    let first = known.next()?;
    known.all(|grammar| grammar.id == first.id).then_some(first)
}

/// The index with these files in it, as far as it does not have them. They are pieces more often
/// than not, and new with every request: definitions are not looked for.
fn with_others(mut index: Index, others: &[OtherFile]) -> Index {
    let named = others.iter().enumerate().map(|(number, file)| {
        let path = if file.path.is_empty() {
            format!("http:{number}")
        } else {
            file.path.clone()
        };
        (path, file)
    });
    let new: Vec<(String, &OtherFile)> = named
        .filter(|(path, _)| index.text(path).is_none())
        .collect();
    let source = |path, text| SourceFile {
        path,
        text,
        grammar: None,
        stamp: 0,
        signatures_only: false,
    };
    let sources: Vec<SourceFile> = new
        .iter()
        .map(|(path, file)| source(path, &file.text))
        .collect();
    if !sources.is_empty() {
        index.put(&sources);
    }
    index
}

fn recent(others: Vec<OtherFile>) -> Recent {
    let file = |file: OtherFile| OpenFile {
        path: file.path.into(),
        rope: Rope::from_str(&file.text),
    };
    Recent {
        edits: Vec::new(),
        files: others.into_iter().map(file).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> OtherFile {
        OtherFile {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn paths_are_shown_relative_to_the_workspace() {
        let roots = Roots::single("/home/x/app");
        for (path, name) in [
            ("/home/x/app/src/a.rs", "src/a.rs"),
            ("file:///home/x/app/a.rs", "a.rs"),
            ("/etc/passwd.py", "passwd.py"),
            ("./src/a.rs", "src/a.rs"),
            ("src\\a.rs", "src/a.rs"),
        ] {
            assert_eq!(shown(path, &roots), name);
        }
    }

    #[test]
    fn pieces_of_one_file_are_put_together_and_secrets_left_out() {
        let others = vec![
            file("a.py", "one\n"),
            file(".env", "x"),
            file("./a.py", "two\n"),
            file("", "three"),
            file("", "four"),
        ];
        let kept = allowed(others, &Roots::default());
        assert_eq!(
            kept,
            [
                file("a.py", "one\ntwo\n"),
                file("", "three"),
                file("", "four")
            ]
        );
    }

    #[test]
    fn the_language_is_that_of_all_other_files() {
        let language = |files: &[OtherFile]| shared_grammar(files).map(|grammar| grammar.id);
        assert_eq!(
            language(&[file("a.py", ""), file("x", ""), file("b.py", "")]),
            Some("python")
        );
        assert_eq!(language(&[file("a.py", ""), file("b.rs", "")]), None);
        assert_eq!(language(&[]), None);
    }
}
