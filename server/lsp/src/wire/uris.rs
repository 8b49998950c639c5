//! URIs in the editor's own spelling. To the server a URI is a name for a document that the editor
//! chose, and nothing else.
//!
//! The library refuses URIs that RFC 3986 does not know, and many editors write such: browsers'
//! rules (the WHATWG's) leave `[ ] | ^` as they are, others do not escape blanks or letters. So
//! each such URI becomes one of a scheme of our own that holds its spelling, on its way in, and
//! becomes itself again on its way out. No two spellings become one.

use assistant::uri::{SCHEME, original};
use serde_json::Value;
use tower_lsp::ls_types::Uri;

/// Makes all URIs of a message such that the library takes them.
pub fn admit(message: &mut Value) {
    each(message, &|uri| {
        let is_known = !uri.starts_with(SCHEME) && uri.parse::<Uri>().is_ok();
        (!is_known).then(|| format!("{SCHEME}{}", escaped(uri)))
    });
}

/// Gives all URIs of a message the spelling that the editor knows.
pub fn restore(message: &mut Value) {
    each(message, &|uri| original(uri));
}

/// Whether a body may hold URIs to restore.
pub fn are_in(body: &[u8]) -> bool {
    memchr::memmem::find(body, SCHEME.as_bytes()).is_some()
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escape = |byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(escape).collect()
}

/// Replaces URIs: members that are called so, the documents of cells, and those that edits are for.
/// Bodies are nested 128 deep at most.
fn each(value: &mut Value, replace: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, replace)),
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
                    other => each(other, replace),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
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
        answer["edit"]["changes"][format!("{SCHEME}{}", escaped("file:///a b.py"))] =
            json!([{"newText": "x"}]);
        restore(&mut answer);
        assert_eq!(answer, edits);
    }

    #[test]
    fn texts_are_left_alone() {
        let text = json!({"params": {"text": "nigh-uri:x", "contentChanges": [{"text": "file:///a b"}], "version": 1}});
        let mut message = text.clone();
        admit(&mut message);
        restore(&mut message);
        assert_eq!(message, text);
    }
}
