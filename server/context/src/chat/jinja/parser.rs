//! Makes a tree of the parts of a template. Depth and length are bounded, so that neither reading
//! the tree nor dropping it takes much of the stack.

use super::ast::{ForLoop, MacroDefinition, SetTarget, TemplateNode, TemplateTree};
use super::lexer::Piece;
use super::tokens::Tokens;
use std::collections::VecDeque;

/// The most levels of tags.
const MAX_DEPTH: usize = 40;

/// The tree of a template.
pub fn parse(pieces: Vec<Piece>) -> Result<TemplateTree, String> {
    let mut parser = Parser {
        pieces: pieces.into(),
        macros: Vec::new(),
        depth: 0,
    };
    let (nodes, end) = parser.body(&[])?;
    match end {
        None => Ok(TemplateTree {
            nodes,
            macros: parser.macros,
        }),
        Some(_) => Err("a tag ends what has not begun".into()),
    }
}

struct Parser {
    pieces: VecDeque<Piece>,
    macros: Vec<MacroDefinition>,
    depth: usize,
}

impl Parser {
    /// The nodes up to a tag with one of these words, and that tag.
    fn body(&mut self, ends: &[&str]) -> Result<(Vec<TemplateNode>, Option<Tokens>), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the template is nested too deeply".into());
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.pop_front() {
            let node = match piece {
                Piece::Text(text) => TemplateNode::Text(text),
                Piece::Expression(tokens) => {
                    let mut tokens = Tokens::new(tokens);
                    let expression = tokens.expression()?;
                    tokens.end()?;
                    TemplateNode::Emit(expression)
                }
                Piece::Tag(tokens) => {
                    let mut tokens = Tokens::new(tokens);
                    let word = tokens.name()?;
                    if ends.contains(&word.as_str()) {
                        self.depth -= 1;
                        tokens.tag = word;
                        return Ok((nodes, Some(tokens)));
                    }
                    self.tag(&word, tokens)?
                }
            };
            nodes.push(node);
        }
        self.depth -= 1;
        Ok((nodes, None))
    }

    /// The nodes up to the tag with this word, which must be there.
    fn body_up_to(&mut self, end: &str) -> Result<Vec<TemplateNode>, String> {
        let (nodes, tag) = self.body(&[end])?;
        match tag {
            Some(tag) => tag.end().map(|()| nodes),
            None => Err(format!("`{end}` is missing")),
        }
    }

    fn tag(&mut self, word: &str, mut tokens: Tokens) -> Result<TemplateNode, String> {
        match word {
            "if" => self.condition(tokens),
            "for" => self.for_loop(tokens),
            "set" => self.set(tokens),
            "macro" => self.definition(tokens),
            "generation" => {
                tokens.end()?;
                self.body_up_to("endgeneration").map(TemplateNode::Group)
            }
            "break" => tokens.end().map(|()| TemplateNode::Break),
            "continue" => tokens.end().map(|()| TemplateNode::Continue),
            other => {
                tokens.rest.clear();
                Err(format!("the tag `{other}` is not known here"))
            }
        }
    }

    fn condition(&mut self, mut tokens: Tokens) -> Result<TemplateNode, String> {
        let mut branches = Vec::new();
        loop {
            let condition = tokens.expression()?;
            tokens.end()?;
            let (body, end) = self.body(&["elif", "else", "endif"])?;
            branches.push((condition, body));
            let end = end.ok_or("`endif` is missing")?;
            match end.tag.as_str() {
                "elif" => tokens = end,
                "else" => {
                    end.end()?;
                    let otherwise = self.body_up_to("endif")?;
                    return Ok(TemplateNode::If(branches, otherwise));
                }
                _ => return end.end().map(|()| TemplateNode::If(branches, Vec::new())),
            }
        }
    }

    fn for_loop(&mut self, mut tokens: Tokens) -> Result<TemplateNode, String> {
        let mut targets = vec![tokens.name()?];
        while tokens.takes(",") {
            targets.push(tokens.name()?);
        }
        tokens.word("in")?;
        // A condition that follows belongs to the loop.
        let items = tokens.binary(0)?;
        let condition = match tokens.takes_word("if") {
            true => Some(tokens.expression()?),
            false => None,
        };
        tokens.end()?;
        let (body, end) = self.body(&["else", "endfor"])?;
        let end = end.ok_or("`endfor` is missing")?;
        let has_else = end.tag == "else";
        end.end()?;
        let otherwise = match has_else {
            true => self.body_up_to("endfor")?,
            false => Vec::new(),
        };
        Ok(TemplateNode::For(Box::new(ForLoop {
            targets,
            items,
            condition,
            body,
            otherwise,
        })))
    }

    fn set(&mut self, mut tokens: Tokens) -> Result<TemplateNode, String> {
        let name = tokens.name()?;
        let target = match tokens.takes(".") {
            true => SetTarget::Attribute(name, tokens.name()?),
            false => SetTarget::Name(name),
        };
        if tokens.takes("=") {
            let value = tokens.expression()?;
            return tokens.end().map(|()| TemplateNode::Set(target, value));
        }
        tokens.end()?;
        match target {
            SetTarget::Name(name) => Ok(TemplateNode::Capture(name, self.body_up_to("endset")?)),
            SetTarget::Attribute(..) => Err("a namespace cannot be set so".into()),
        }
    }

    fn definition(&mut self, mut tokens: Tokens) -> Result<TemplateNode, String> {
        let name = tokens.name()?;
        tokens.sign("(")?;
        let mut parameters = Vec::new();
        while !tokens.takes(")") {
            let parameter = tokens.name()?;
            let default = match tokens.takes("=") {
                true => Some(tokens.expression()?),
                false => None,
            };
            parameters.push((parameter, default));
            if !tokens.takes(",") {
                tokens.sign(")")?;
                break;
            }
        }
        tokens.end()?;
        let body = self.body_up_to("endmacro")?;
        self.macros.push(MacroDefinition {
            name,
            parameters,
            body,
        });
        Ok(TemplateNode::Macro(self.macros.len() - 1))
    }
}
