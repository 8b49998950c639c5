//! Added tokens that stand in the text as they are spelt: found before anything else, the longest
//! first.

/// Spellings and ids, the longest spelling first.
pub struct Additions(Vec<(String, u32)>);

/// A stretch of text, or an added token in it.
#[derive(Clone, Copy)]
pub enum Part<'t> {
    Text(&'t str),
    Token(u32),
}

impl Additions {
    /// Takes spellings and ids in any order.
    pub fn new<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> Additions {
        let mut tokens: Vec<(String, u32)> =
            tokens.map(|(token, id)| (token.to_owned(), id)).collect();
        tokens.sort_by_key(|(token, _)| std::cmp::Reverse(token.len()));
        Additions(tokens)
    }

    /// Cuts the added tokens out of the text.
    pub fn cut<'t>(&self, text: &'t str) -> Vec<Part<'t>> {
        let mut parts = if text.is_empty() {
            vec![]
        } else {
            vec![Part::Text(text)]
        };
        for (token, id) in &self.0 {
            if !text.contains(token.as_str()) {
                continue;
            }
            let mut cut = Vec::new();
            for part in parts {
                let Part::Text(mut rest) = part else {
                    cut.push(part);
                    continue;
                };
                while let Some(at) = rest.find(token.as_str()) {
                    if at > 0 {
                        cut.push(Part::Text(&rest[..at]));
                    }
                    cut.push(Part::Token(*id));
                    rest = &rest[at + token.len()..];
                }
                if !rest.is_empty() {
                    cut.push(Part::Text(rest));
                }
            }
            parts = cut;
        }
        parts
    }
}
