//! A template as a tree.

use super::value::Value;

/// A piece of a template that does something.
pub enum TemplateNode {
    /// Text as it is.
    Text(String),
    /// `{{ .. }}`
    Emit(Expression),
    /// The conditions of `if` and `elif` with their bodies, and that of `else`.
    If(Vec<(Expression, Vec<TemplateNode>)>, Vec<TemplateNode>),
    /// `for`
    For(Box<ForLoop>),
    /// `set` with a value.
    Set(SetTarget, Expression),
    /// `set` with a body.
    Capture(String, Vec<TemplateNode>),
    /// `macro`, by its place in the list of all macros.
    Macro(usize),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// A tag that only marks its body, such as `generation`.
    Group(Vec<TemplateNode>),
}

/// A loop.
pub struct ForLoop {
    /// The names that each item gets.
    pub targets: Vec<String>,
    /// What is looped over.
    pub items: Expression,
    /// Which items count.
    pub condition: Option<Expression>,
    /// What is done for each.
    pub body: Vec<TemplateNode>,
    /// What is done where there is none.
    pub otherwise: Vec<TemplateNode>,
}

/// What `set` changes.
pub enum SetTarget {
    /// A variable.
    Name(String),
    /// An attribute of a namespace.
    Attribute(String, String),
}

/// A macro.
pub struct MacroDefinition {
    /// Its name.
    pub name: String,
    /// Its parameters with their defaults.
    pub parameters: Vec<(String, Option<Expression>)>,
    /// What it gives.
    pub body: Vec<TemplateNode>,
}

/// The tree of a template.
pub struct TemplateTree {
    /// What is done.
    pub nodes: Vec<TemplateNode>,
    /// All macros.
    pub macros: Vec<MacroDefinition>,
}

/// An argument of a call, with its name where it has one.
pub type Argument = (Option<String>, Expression);

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// Both must hold; the second is not looked at where the first does not.
    And,
    /// One must hold.
    Or,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    DivideWhole,
    /// `%`
    Remainder,
    /// `~`
    Join,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// An expression.
pub enum Expression {
    /// A value as it is written.
    Literal(Value),
    /// A variable.
    Name(String),
    /// `[a, b]`, and `(a, b)`
    List(Vec<Expression>),
    /// `{a: b}`
    Map(Vec<(Expression, Expression)>),
    /// `a.b`
    Attribute(Box<Expression>, String),
    /// `a[b]`
    Item(Box<Expression>, Box<Expression>),
    /// `a[b:c:d]`
    Slice(Box<Expression>, [Option<Box<Expression>>; 3]),
    /// `a(b)`
    Call(Box<Expression>, Vec<Argument>),
    /// `a|b(c)`
    Filter(Box<Expression>, String, Vec<Argument>),
    /// `a is b(c)`, and whether it is `is not`.
    Test(Box<Expression>, String, Vec<Argument>, bool),
    /// `not a`
    Not(Box<Expression>),
    /// `-a`
    Negative(Box<Expression>),
    /// `a + b`
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `a if b else c`
    Conditional(Box<Expression>, Box<Expression>, Option<Box<Expression>>),
}
