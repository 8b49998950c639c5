//! Where a name is declared or given something, in all languages.

use crate::view::{FUNCTIONS, View, is_name, own};
use syntax::Node;

/// A name that is declared or given something: the name, its type, its value.
pub struct Declared<'a> {
    /// The name itself.
    pub name: Node<'a>,
    /// The type that is written beside it.
    pub kind: Option<Node<'a>>,
    /// What it is given; none for several names at once.
    pub value: Option<Node<'a>>,
}

const DECLARING: &[&str] = &[
    "parameter_declaration",
    "optional_parameter_declaration",
    "variadic_parameter_declaration",
    "formal_parameter",
    "spread_parameter",
    "required_parameter",
    "optional_parameter",
    "parameter",
    "typed_parameter",
    "typed_default_parameter",
    "default_parameter",
    "list_splat_pattern",
    "dictionary_splat_pattern",
    "declaration",
    "field_declaration",
    "public_field_definition",
    "field_definition",
    "init_declarator",
    "variable_declarator",
    "let_declaration",
    "const_item",
    "static_item",
    "var_spec",
    "const_spec",
    "short_var_declaration",
    "assignment",
    "assignment_expression",
    "assignment_statement",
    "named_expression",
    "for_statement",
    "for_in_clause",
    "for_in_statement",
    "for_range_loop",
    "for_expression",
    "enhanced_for_statement",
    "range_clause",
    "as_pattern",
];

/// What stands close around the name of a field where a class or a struct declares it.
const CLASS_LEVEL: &[&str] = &[
    "field_declaration",
    "public_field_definition",
    "field_definition",
    "class_definition",
];

/// Where a name, or the last name of a member, is declared or given something: in the innermost
/// function that does, or outside of functions.
pub fn declarations<'a>(view: &View<'a>, node: Node<'a>) -> Vec<Declared<'a>> {
    let names = |part: Node<'a>| {
        declared(part)
            .into_iter()
            .filter(|one| is_meant(one.name, node))
    };
    if is_name(node) {
        for function in node.ancestors().filter(|up| up.is(FUNCTIONS)) {
            let here: Vec<Declared> = own(function)
                .filter(|part| part.is(DECLARING))
                .flat_map(names)
                .collect();
            if !here.is_empty() {
                return here;
            }
        }
    }
    let outside = |part: &Node| !is_name(node) || !part.ancestors().any(|up| up.is(FUNCTIONS));
    view.code
        .of_kind(DECLARING)
        .filter(outside)
        .flat_map(names)
        .collect()
}

/// Whether a declared name is that of a node: spelt alike, or the field that a member reads.
fn is_meant(name: Node, node: Node) -> bool {
    let field = || {
        ["attribute", "property", "field"]
            .iter()
            .find_map(|field| node.child(field))
    };
    let is_field = name.ancestors().take(4).any(|up| up.is(CLASS_LEVEL));
    name.text() == node.text()
        || is_field && !is_name(node) && field().is_some_and(|own| own.text() == name.text())
}

/// The names that a node declares or gives something.
fn declared<'a>(node: Node<'a>) -> Vec<Declared<'a>> {
    let loops = node.kind().starts_with("for_")
        || node.is(&["enhanced_for_statement", "range_clause", "as_pattern"]);
    let kind = node.child("type").or_else(|| {
        node.parent()
            .filter(|_| node.is(&["init_declarator", "variable_declarator"]))
            .and_then(|up| up.child("type"))
    });
    let value = node
        .child("value")
        .or_else(|| node.child("right"))
        .filter(|_| !loops);
    let targets = node.tokens().filter(|part| {
        ["name", "pattern", "left", "declarator", "alias", "property"]
            .contains(&part.field().unwrap_or_default())
            && !part.is(&["init_declarator", "variable_declarator"])
    });
    let mut targets: Vec<Node> = targets.flat_map(listed).collect();
    if targets.is_empty()
        && node.is(&[
            "typed_parameter",
            "list_splat_pattern",
            "dictionary_splat_pattern",
        ])
    {
        targets.extend(node.children().next());
    }
    let values: Vec<Node> = value.into_iter().flat_map(listed).collect();
    let paired = values.len() == targets.len();
    let give = |(at, target): (usize, Node<'a>)| {
        let whole = value.filter(|_| targets.len() == 1);
        Declared {
            name: innermost(target),
            kind,
            value: if paired { Some(values[at]) } else { whole },
        }
    };
    targets.iter().copied().enumerate().map(give).collect()
}

/// The parts of a list of targets or values.
fn listed<'a>(node: Node<'a>) -> Vec<Node<'a>> {
    match node.is(&["pattern_list", "tuple_pattern", "expression_list"]) {
        true => node.children().collect(),
        false => vec![node],
    }
}

/// The name in a declarator.
fn innermost(declarator: Node<'_>) -> Node<'_> {
    let inner = declarator
        .child("declarator")
        .or_else(|| declarator.child("name"));
    let wraps = declarator.is(&[
        "reference_declarator",
        "rest_pattern",
        "mut_pattern",
        "as_pattern_target",
    ]);
    match inner.or_else(|| declarator.children().last().filter(|_| wraps)) {
        Some(inner) => innermost(inner),
        None => declarator,
    }
}
