//! Runs the tree of a template.

use super::ast::{ForLoop, MacroDefinition, SetTarget, TemplateNode, TemplateTree};
use super::budget::Budget;
use super::value::Value;
use std::collections::HashMap;

/// The most levels of tags, operators and calls that are run within each other.
const MAX_DEPTH: usize = 120;
/// The most namespaces.
const MAX_NAMESPACES: usize = 64;

/// A run of a template.
pub struct Interpreter<'t> {
    /// What is left of its work.
    pub budget: Budget,
    /// Variables, the innermost last.
    scopes: Vec<HashMap<String, Value>>,
    /// What the namespaces hold.
    namespaces: Vec<HashMap<String, Value>>,
    /// All macros of the template.
    pub macros: &'t [MacroDefinition],
    depth: usize,
}

/// What comes after a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

impl<'t> Interpreter<'t> {
    /// A run with these variables.
    pub fn new(variables: &[(&str, Value)]) -> Self {
        let variables = variables.iter();
        let globals = variables.map(|(name, value)| ((*name).to_owned(), value.clone()));
        Self {
            budget: Budget::default(),
            scopes: vec![globals.collect()],
            namespaces: Vec::new(),
            macros: &[],
            depth: 0,
        }
    }

    /// What a template makes.
    pub fn run(mut self, tree: &'t TemplateTree) -> Result<String, String> {
        self.macros = &tree.macros;
        let mut text = String::new();
        self.nodes(&tree.nodes, &mut text)?;
        Ok(text)
    }

    /// Goes a level deeper, which is a step; [`Self::leave`] comes back. An error ends the run.
    pub fn enter(&mut self) -> Result<(), String> {
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => Err("the template is nested too deeply".into()),
            false => self.budget.step(),
        }
    }

    /// Comes back from a level.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Value {
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        found.cloned().unwrap_or(Value::Undefined)
    }

    fn set_variable(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// A namespace that holds this.
    pub fn add_namespace(&mut self, values: HashMap<String, Value>) -> Result<Value, String> {
        if self.namespaces.len() == MAX_NAMESPACES {
            return Err("the template has too many namespaces".into());
        }
        self.namespaces.push(values);
        Ok(Value::Namespace(self.namespaces.len() - 1))
    }

    /// What a namespace holds under this name.
    pub fn in_namespace(&self, number: usize, name: &str) -> Value {
        let found = self.namespaces.get(number).and_then(|all| all.get(name));
        found.cloned().unwrap_or(Value::Undefined)
    }

    fn nodes(&mut self, nodes: &'t [TemplateNode], out: &mut String) -> Result<Flow, String> {
        self.enter()?;
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.node(node, out)?;
            if flow != Flow::On {
                break;
            }
        }
        self.leave();
        Ok(flow)
    }

    fn node(&mut self, node: &'t TemplateNode, out: &mut String) -> Result<Flow, String> {
        self.budget.step()?;
        match node {
            TemplateNode::Text(text) => {
                self.budget.text(text.len())?;
                out.push_str(text);
            }
            TemplateNode::Emit(expression) => {
                let text = self.value(expression)?.written()?;
                self.budget.text(text.len())?;
                out.push_str(&text);
            }
            TemplateNode::If(branches, otherwise) => {
                for (condition, body) in branches {
                    if self.value(condition)?.is_true() {
                        return self.nodes(body, out);
                    }
                }
                return self.nodes(otherwise, out);
            }
            TemplateNode::For(for_loop) => self.for_loop(for_loop, out)?,
            TemplateNode::Set(target, value) => {
                let value = self.value(value)?;
                self.set(target, value)?;
            }
            TemplateNode::Capture(name, body) => {
                let mut text = String::new();
                self.nodes(body, &mut text)?;
                self.set_variable(name, Value::text(&text));
            }
            TemplateNode::Macro(number) => {
                let name = self.macros[*number].name.clone();
                self.set_variable(&name, Value::Macro(*number));
            }
            TemplateNode::Break => return Ok(Flow::Break),
            TemplateNode::Continue => return Ok(Flow::Continue),
            TemplateNode::Group(body) => return self.nodes(body, out),
        }
        Ok(Flow::On)
    }

    fn set(&mut self, target: &SetTarget, value: Value) -> Result<(), String> {
        match target {
            SetTarget::Name(name) => self.set_variable(name, value),
            SetTarget::Attribute(name, attribute) => {
                let Value::Namespace(number) = self.variable(name) else {
                    return Err(format!("`{name}` is no namespace"));
                };
                if let Some(values) = self.namespaces.get_mut(number) {
                    values.insert(attribute.clone(), value);
                }
            }
        }
        Ok(())
    }

    fn for_loop(&mut self, for_loop: &'t ForLoop, out: &mut String) -> Result<(), String> {
        let items = self.value(&for_loop.items)?;
        let items = self.items(&items)?;
        self.scopes.push(HashMap::new());
        let items = self.wanted(for_loop, items)?;
        for (at, item) in items.iter().enumerate() {
            self.assign(&for_loop.targets, item)?;
            let state = loop_state(&items, at)?;
            self.set_variable("loop", state);
            if self.nodes(&for_loop.body, out)? == Flow::Break {
                break;
            }
            // What is set within one round is not seen in the next.
            if let Some(scope) = self.scopes.last_mut() {
                scope.clear();
            }
        }
        self.scopes.pop();
        if items.is_empty() {
            self.nodes(&for_loop.otherwise, out)?;
        }
        Ok(())
    }

    /// The items of a loop that fulfil its condition.
    fn wanted(&mut self, for_loop: &'t ForLoop, all: Vec<Value>) -> Result<Vec<Value>, String> {
        let Some(condition) = &for_loop.condition else {
            return Ok(all);
        };
        let mut wanted = Vec::new();
        for item in all {
            self.assign(&for_loop.targets, &item)?;
            if self.value(condition)?.is_true() {
                wanted.push(item);
            }
        }
        Ok(wanted)
    }

    /// Gives an item to the names of a loop.
    fn assign(&mut self, targets: &[String], item: &Value) -> Result<(), String> {
        if let [target] = targets {
            self.set_variable(target, item.clone());
            return Ok(());
        }
        let parts = item.as_list().unwrap_or_default();
        if parts.len() != targets.len() {
            return Err("an item does not have a part for each name".into());
        }
        for (target, part) in targets.iter().zip(parts) {
            self.set_variable(target, part.clone());
        }
        Ok(())
    }

    /// What a value is when it is looped over.
    pub fn items(&mut self, value: &Value) -> Result<Vec<Value>, String> {
        match value {
            Value::List(_) => {
                let items = value.as_list().unwrap_or_default();
                self.budget.steps(items.len())?;
                Ok(items.to_vec())
            }
            Value::Map(_) => {
                let entries = value.as_map().unwrap_or_default();
                self.budget.steps(entries.len())?;
                let name = |(name, _): &(std::rc::Rc<str>, Value)| Value::Text(name.clone());
                Ok(entries.iter().map(name).collect())
            }
            Value::Text(text) => {
                self.budget.steps(text.len())?;
                let chars = text.chars();
                Ok(chars
                    .map(|c| Value::text(c.encode_utf8(&mut [0; 4])))
                    .collect())
            }
            Value::Undefined => Ok(Vec::new()),
            _ => Err("this cannot be looped over".into()),
        }
    }

    /// What a macro gives for these arguments.
    pub fn call_macro(
        &mut self,
        number: usize,
        arguments: Vec<(Option<String>, Value)>,
    ) -> Result<Value, String> {
        let all: &'t [MacroDefinition] = self.macros;
        let definition = &all[number];
        let mut scope = HashMap::new();
        let (named, placed): (Vec<_>, Vec<_>) =
            arguments.into_iter().partition(|(name, _)| name.is_some());
        if placed.len() > definition.parameters.len() {
            return Err("a macro has too many arguments".into());
        }
        let mut placed = placed.into_iter();
        for (parameter, default) in &definition.parameters {
            let given = named
                .iter()
                .find(|(name, _)| name.as_ref() == Some(parameter));
            let value = match (placed.next(), given, default) {
                (Some((_, value)), _, _) => value,
                (None, Some((_, value)), _) => value.clone(),
                (None, None, Some(default)) => self.value(default)?,
                (None, None, None) => Value::Undefined,
            };
            scope.insert(parameter.clone(), value);
        }
        self.scopes.push(scope);
        let mut text = String::new();
        self.nodes(&definition.body, &mut text)?;
        self.scopes.pop();
        Ok(Value::text(&text))
    }
}

/// The variable `loop` at an item.
fn loop_state(items: &[Value], at: usize) -> Result<Value, String> {
    let number = at as i64;
    let count = items.len() as i64;
    let item = |at: Option<usize>| at.and_then(|at| items.get(at)).cloned();
    let item = |at: Option<usize>| item(at).unwrap_or(Value::Undefined);
    Value::named(&[
        ("index", Value::Int(number + 1)),
        ("index0", Value::Int(number)),
        ("revindex", Value::Int(count - number)),
        ("revindex0", Value::Int(count - number - 1)),
        ("first", Value::Bool(at == 0)),
        ("last", Value::Bool(number + 1 == count)),
        ("length", Value::Int(count)),
        ("previtem", item(at.checked_sub(1))),
        ("nextitem", item(Some(at + 1))),
    ])
}
