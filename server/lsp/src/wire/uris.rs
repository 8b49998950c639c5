//! URIs in the editor's own spelling. To the server a URI is a name for a document that the editor
//! chose, and nothing else.
//!
//! The protocol library refuses URIs that RFC 3986 does not allow, and many editors write such:
//! browsers' rules (the WHATWG's) leave `[ ] | ^` as they are, others do not escape blanks or
//! letters. So each such URI becomes one of a scheme of our own that holds its spelling, on its way
//! in, and becomes itself again on its way out. No two spellings become one.

use assistant::uri::{SCHEME, original};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tower_lsp::ls_types::Uri;

/// The bytes that are escaped in such a URI: all that a path cannot hold.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Makes all URIs of a message such that the library accepts them.
pub fn admit(message: &mut Value) {
    for_each_uri(message, &|uri| {
        let is_accepted = !uri.starts_with(SCHEME) && uri.parse::<Uri>().is_ok();
        (!is_accepted).then(|| format!("{SCHEME}{}", utf8_percent_encode(uri, ESCAPED)))
    });
}

/// Gives all URIs of a message the client's spelling.
pub fn restore(message: &mut Value) {
    for_each_uri(message, &original);
}

/// Replaces URIs: members that are called so, the documents of cells, and those that edits are for.
/// Messages are nested 128 deep at most.
fn for_each_uri(value: &mut Value, replace: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| for_each_uri(item, replace)),
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::String(uri)
                        if key == "uri" || key == "document" || key.ends_with("Uri") =>
                    {
                        if let Some(new) = replace(uri) {
                            *uri = new;
                        }
                    }
                    Value::Object(changes) if key == "changes" => {
                        let renamed = std::mem::take(changes).into_iter();
                        *changes = renamed
                            .map(|(uri, edits)| (replace(&uri).unwrap_or(uri), edits))
                            .collect();
                    }
                    other => for_each_uri(other, replace),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_comes_back_and_no_two_become_one() {
        let spellings = [
            "file:///w/[slug].ts",
            "file:///w/a|b^c.py",
            "file:///w/a b.py",
            "file:///w/größe.py",
            "file:///w/100%.py",
            "file:///w/a%20b.py",
            "file:/w/a.py",
            "FILE:///w/../a.py",
            "untitled:Untitled-1",
            "vscode-notebook-cell:/w/a.ipynb#W2s%3D",
            "nigh-uri:x",
            "C:\\w\\a.py",
            "{}",
            "",
        ];
        let mut seen = std::collections::HashSet::new();
        for spelling in spellings {
            let mut message = json!({"params": {"textDocument": {"uri": spelling}}});
            admit(&mut message);
            let inside = message["params"]["textDocument"]["uri"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(inside.parse::<Uri>().is_ok(), "{spelling}: {inside}");
            assert!(seen.insert(inside), "{spelling}");
            restore(&mut message);
            assert_eq!(message["params"]["textDocument"]["uri"], spelling);
        }
    }

    #[test]
    fn edits_name_documents_by_their_spelling() {
        let edits = json!({"edit": {"changes": {"file:///a b.py": [{"newText": "x"}], "file:///c.py": []}}});
        let mut answer = json!({"edit": {"changes": {"file:///c.py": []}}});
        let wrapped = format!("{SCHEME}{}", utf8_percent_encode("file:///a b.py", ESCAPED));
        answer["edit"]["changes"][wrapped] = json!([{"newText": "x"}]);
        restore(&mut answer);
        assert_eq!(answer, edits);
    }

    #[test]
    fn texts_are_not_changed() {
        let text = json!({"params": {"text": "nigh-uri:x", "contentChanges": [{"text": "file:///a b"}], "version": 1}});
        let mut message = text.clone();
        admit(&mut message);
        restore(&mut message);
        assert_eq!(message, text);
    }
}
