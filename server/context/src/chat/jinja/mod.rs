//! The part of Jinja that chat templates use, with a bound on everything a template can do.
//!
//! A model file is not trusted, and its template is a program. minijinja 3.1 limits its steps and
//! most of its memory, but overflows the stack at a namespace that holds itself or at twenty
//! thousand `elif`, and does not end with a list that is added to itself. Here every step and every
//! byte is paid from one budget (`budget.rs`), no value is larger or deeper than `value.rs` allows,
//! and none can hold itself. What a template must not do is an error.
//!
//! `lexer.rs` splits a template into text and tags, `parser.rs` and `tokens.rs` make a tree of it,
//! `statements.rs` and `expressions.rs` run that, and `filters.rs`, `methods.rs` and `functions.rs`
//! have what templates call. Line breaks after tags and blanks before them are left out, as
//! transformers does.

mod ast;
mod budget;
mod expressions;
mod filters;
mod functions;
mod lexer;
mod methods;
mod parser;
mod statements;
#[cfg(test)]
mod tests;
mod tokens;
mod value;

use statements::Interpreter;
pub use value::Value;

/// Bytes of the longest template that is read; the longest in use have 40,000.
const MAX_SOURCE: usize = 256 << 10;

/// What a template makes of these variables; an error if it fails, asks for what is not known here,
/// or does too much.
pub fn render(source: &str, variables: &[(&str, Value)]) -> Result<String, String> {
    if source.len() > MAX_SOURCE {
        return Err("the template is too long".into());
    }
    let nodes = parser::parse(lexer::pieces(source)?)?;
    Interpreter::new(variables).run(&nodes)
}
