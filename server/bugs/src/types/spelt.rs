//! The types that annotations and declarations spell: the well-known names of all languages, and
//! those that the file itself defines.

use super::Type;
use crate::view::View;

const LISTS: &[&str] = &[
    "list",
    "List",
    "Sequence",
    "MutableSequence",
    "deque",
    "Deque",
    "array",
    "vector",
    "span",
    "valarray",
    "ArrayList",
    "LinkedList",
    "CopyOnWriteArrayList",
    "ImmutableList",
    "Vector",
    "Array",
    "ReadonlyArray",
    "Vec",
    "VecDeque",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
];
const TEXTS: &[&str] = &[
    "str",
    "string",
    "String",
    "StringBuilder",
    "StringBuffer",
    "CharSequence",
    "bytes",
    "bytearray",
    "basic_string",
    "wstring",
    "string_view",
    "u8string",
];
const MAPS: &[&str] = &[
    "dict",
    "Dict",
    "Mapping",
    "MutableMapping",
    "OrderedDict",
    "defaultdict",
    "DefaultDict",
    "Counter",
    "ChainMap",
    "map",
    "multimap",
    "unordered_map",
    "flat_map",
    "Map",
    "HashMap",
    "LinkedHashMap",
    "TreeMap",
    "SortedMap",
    "NavigableMap",
    "ConcurrentMap",
    "ConcurrentHashMap",
    "EnumMap",
    "Hashtable",
    "BTreeMap",
    "Record",
    "WeakMap",
    "ReadonlyMap",
    "Partial",
];
const SETS: &[&str] = &[
    "set",
    "Set",
    "frozenset",
    "FrozenSet",
    "multiset",
    "unordered_set",
    "HashSet",
    "LinkedHashSet",
    "TreeSet",
    "SortedSet",
    "BTreeSet",
    "ReadonlySet",
    "Collection",
    "Queue",
    "PriorityQueue",
    "Stack",
];
const TRUTHS: &[&str] = &["bool", "boolean", "Boolean", "_Bool"];
const NUMBERS: &[&str] = &[
    "int", "long", "short", "float", "double", "number", "Integer", "Long", "Double", "size_t",
    "unsigned", "usize", "isize", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "uint8_t",
    "uint16_t", "uint32_t", "uint64_t", "int32_t", "int64_t", "uint", "int64", "int32", "float64",
    "Decimal", "complex", "bigint",
];

/// The type that an annotation or a declared type says.
pub fn spelt(view: &View, text: &str, depth: usize) -> Type {
    let mut text = text.trim_matches([':', ' ', '"', '\'', '?']);
    if let Some((lifetime, rest)) = text.trim_start_matches('&').split_once(' ') {
        text = if lifetime.starts_with('\'') {
            rest
        } else {
            text
        };
    }
    for word in [
        "&",
        "mut ",
        "const ",
        "readonly ",
        "final ",
        "Optional[",
        "typing.Optional[",
    ] {
        text = text.strip_prefix(word).unwrap_or(text).trim_start();
    }
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let said: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !["None", "null", "undefined"].contains(part))
        .collect();
    if let [first, rest @ ..] = said.as_slice()
        && parts.len() > 1
        && !text.contains(['<', '['])
    {
        let first = spelt(view, first, depth);
        return if rest.iter().all(|part| spelt(view, part, depth) == first) {
            first
        } else {
            Type::Other
        };
    }
    if text.starts_with("map[") {
        return Type::Map;
    }
    if text.starts_with('[') || text.ends_with("[]") {
        return Type::List;
    }
    let head = text
        .split(['<', '[', '(', ' ', '{'])
        .next()
        .unwrap_or_default();
    let head = head.rsplit(['.', ':']).next().unwrap_or_default();
    if let Some(own) = own_type(view, head, depth) {
        return own;
    }
    let tables = [
        (LISTS, Type::List),
        (TEXTS, Type::Text),
        (MAPS, Type::Map),
        (SETS, Type::Set),
        (TRUTHS, Type::Truth),
        (NUMBERS, Type::Number),
        (&["tuple", "Tuple", "NamedTuple"], Type::Tuple),
    ];
    tables
        .iter()
        .find(|(names, _)| names.contains(&head))
        .map_or(Type::Other, |(_, one)| *one)
}

/// What a type is that the file defines: what it stands for, or something of its own.
fn own_type(view: &View, name: &str, depth: usize) -> Option<Type> {
    const DEFINING: &[&str] = &[
        "class_definition",
        "class_declaration",
        "interface_declaration",
        "class_specifier",
        "struct_specifier",
        "struct_item",
        "type_spec",
        "type_alias",
        "type_alias_declaration",
        "alias_declaration",
        "type_item",
    ];
    let definition = view.code.of_kind(DEFINING).find(|node| {
        node.child("name").is_some_and(|own| own.text() == name)
            && (node.child("body").is_some()
                || node.child("type").is_some()
                || node.child("value").is_some())
    })?;
    let stands_for = definition
        .child("type")
        .or_else(|| definition.child("value"))
        .filter(|_| depth < 3);
    Some(stands_for.map_or(Type::Other, |other| spelt(view, other.text(), depth + 1)))
}
