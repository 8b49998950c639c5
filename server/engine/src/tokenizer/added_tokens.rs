//! Added tokens of a GGUF, which are found in the text as they are spelled before it is split, the
//! longest first.

/// Spellings and ids, the longest spelling first.
pub struct AddedTokens(Vec<(String, u32)>);

/// A stretch of text, or an added token in it.
#[derive(Clone, Copy)]
pub enum TextOrToken<'t> {
    Text(&'t str),
    Token(u32),
}

impl AddedTokens {
    /// Takes spellings and ids in any order.
    pub fn new<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> AddedTokens {
        let mut tokens: Vec<(String, u32)> =
            tokens.map(|(token, id)| (token.to_owned(), id)).collect();
        tokens.sort_by_key(|(token, _)| std::cmp::Reverse(token.len()));
        AddedTokens(tokens)
    }

    /// Splits the text at added tokens.
    pub fn split<'t>(&self, text: &'t str) -> Vec<TextOrToken<'t>> {
        let mut parts = if text.is_empty() {
            vec![]
        } else {
            vec![TextOrToken::Text(text)]
        };
        for (token, id) in &self.0 {
            if !text.contains(token.as_str()) {
                continue;
            }
            let mut split = Vec::new();
            for part in parts {
                let TextOrToken::Text(mut rest) = part else {
                    split.push(part);
                    continue;
                };
                while let Some(at) = rest.find(token.as_str()) {
                    if at > 0 {
                        split.push(TextOrToken::Text(&rest[..at]));
                    }
                    split.push(TextOrToken::Token(*id));
                    rest = &rest[at + token.len()..];
                }
                if !rest.is_empty() {
                    split.push(TextOrToken::Text(rest));
                }
            }
            parts = split;
        }
        parts
    }
}
