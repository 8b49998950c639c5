//! What `roles.scm` and `locals.scm` say of a language, as tables that are made once.

use crate::parts::Part;
use crate::patterns::{Child, ChildSelector, ChildTable, Condition, Kind, Pattern};
use crate::patterns::{kind_id, patterns, resolved};
use crate::roles::{Role, Roles};
use tree_sitter::Language;

/// What a name is bound by, seen from one node on the way from the name to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// All plain names in this child are bound: given a value, declared, taken as parameters.
    Definition,
    /// They are used.
    Reference,
    /// The child is a member, a label or what is defined; names deeper in it are used.
    Member,
    /// Names in the child are no variables at all.
    NoVariable,
    /// The nodes around decide.
    Outer,
}

/// What a name does that is this very child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// It names a function, a type or a field that is defined here.
    Definition,
    /// It is the key of an entry or the name of an argument.
    Key,
}

/// A role of nodes with certain children.
#[derive(Debug)]
struct ConditionalRole {
    role: Role,
    /// For each of these any of its selectors fits a child.
    conditions: Vec<Vec<ChildSelector>>,
}

/// The tables of one language.
#[derive(Debug, Default)]
pub struct NodeTables {
    roles: Vec<Roles>,
    /// Roles that depend on the children, by the number of the kind.
    conditional: Vec<Vec<ConditionalRole>>,
    /// The roles that any kind of the language has.
    known: Roles,
    parts: ChildTable<Part>,
    locals: ChildTable<Local>,
    names: ChildTable<NameKind>,
    sources: ChildTable<()>,
    /// Kinds outside of which nothing binds a name that is used in them.
    scopes: Vec<bool>,
    /// Kinds that are comments, and that are text: from the facts.
    pub(crate) comments: Vec<u16>,
    pub(crate) strings: Vec<u16>,
}

impl NodeTables {
    /// Reads the files: of each language the own one, then those that are inherited. The error is a
    /// sentence.
    pub(crate) fn build(
        language: &Language,
        roles: &[&str],
        locals: &[&str],
    ) -> Result<Self, String> {
        let kinds = language.node_kind_count();
        let mut tables = Self {
            roles: vec![Roles::NONE; kinds],
            conditional: (0..kinds).map(|_| Vec::new()).collect(),
            known: Roles::NONE,
            parts: ChildTable::new(language, Part::from_name),
            locals: ChildTable::new(language, |_| Some(Local::Reference)),
            names: ChildTable::new(language, |_| None),
            sources: ChildTable::new(language, |_| None),
            scopes: vec![false; kinds],
            comments: Vec::new(),
            strings: Vec::new(),
        };
        for (file, texts) in [("roles.scm", roles), ("locals.scm", locals)] {
            tables
                .read(language, texts, file == "roles.scm")
                .map_err(|error| format!("{file}: {error}"))?;
        }
        Ok(tables)
    }

    fn read(&mut self, language: &Language, texts: &[&str], has_parts: bool) -> Result<(), String> {
        let mut all = Vec::new();
        for (depth, text) in texts.iter().enumerate() {
            all.extend(
                patterns(text)?
                    .into_iter()
                    .map(|pattern| (depth > 0, pattern)),
            );
        }
        // Of patterns over all kinds the first one counts, and the last one that is added.
        let (wide, narrow): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, pattern)| matches!(pattern, Pattern::Child(Kind::Any, ..)));
        for (inherited, pattern) in wide.into_iter().rev().chain(narrow) {
            match self.add(language, &pattern, has_parts) {
                Err(error) if !inherited => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds a pattern. Where a capture is called like a part and like what a name does, it is the
    /// part in a file that `has_parts`.
    fn add(
        &mut self,
        language: &Language,
        pattern: &Pattern,
        has_parts: bool,
    ) -> Result<(), String> {
        match pattern {
            Pattern::Node(kind, conditions, capture) => {
                self.add_node(language, kind, conditions, capture)
            }
            Pattern::Child(parent, selector, capture) => {
                if let Some(part) = Part::from_name(capture).filter(|_| has_parts) {
                    return self.parts.add(language, parent, selector, part);
                }
                let mut local = |local| self.locals.add(language, parent, selector, local);
                match capture.as_str() {
                    "local.definition" => local(Local::Definition),
                    "local.reference" => local(Local::Reference),
                    "local.member" => local(Local::Member),
                    "local.none" => local(Local::NoVariable),
                    "local.outer" => local(Local::Outer),
                    "definition" => {
                        self.names
                            .add(language, parent, selector, NameKind::Definition)
                    }
                    "key" => self.names.add(language, parent, selector, NameKind::Key),
                    "import.source" => self.sources.add(language, parent, selector, ()),
                    name => Err(format!("there is no part `@{name}`")),
                }
            }
        }
    }

    fn add_node(
        &mut self,
        language: &Language,
        kind: &Kind,
        conditions: &[Condition],
        capture: &str,
    ) -> Result<(), String> {
        let Some(id) = kind_id(language, kind)?.map(usize::from) else {
            return Err(format!("`_` cannot be `@{capture}`"));
        };
        if capture == "local.scope" {
            self.scopes[id] = true;
            return Ok(());
        }
        let role = Role::from_name(capture).ok_or(format!("there is no role `@{capture}`"))?;
        self.known = self.known.or(role.into());
        if conditions.is_empty() {
            self.roles[id] = self.roles[id].or(role.into());
            return Ok(());
        }
        let any = |condition: &Condition| {
            condition
                .iter()
                .map(|one| resolved(language, one))
                .collect()
        };
        let conditions = conditions.iter().map(any).collect::<Result<_, String>>()?;
        self.conditional[id].push(ConditionalRole { role, conditions });
        Ok(())
    }

    /// Whether what a node of this kind is depends on its children.
    pub fn is_conditional(&self, kind: u16) -> bool {
        self.conditional
            .get(usize::from(kind))
            .is_some_and(|all| !all.is_empty())
    }

    /// What a node of this kind is with these children.
    pub fn roles_with(&self, kind: u16, children: &[Child]) -> Roles {
        let conditional = self
            .conditional
            .get(usize::from(kind))
            .map_or(&[][..], Vec::as_slice);
        let met = |any: &Vec<ChildSelector>| {
            any.iter()
                .any(|one| children.iter().any(|child| one.fits(*child)))
        };
        let fitting = conditional
            .iter()
            .filter(|one| one.conditions.iter().all(met));
        fitting.fold(self.roles(kind), |roles, one| roles.or(one.role.into()))
    }

    /// What any node of this kind is, whatever its children.
    pub fn roles(&self, kind: u16) -> Roles {
        self.roles
            .get(usize::from(kind))
            .copied()
            .unwrap_or_default()
    }

    /// Whether nodes of the language have this role.
    pub fn has(&self, role: Role) -> bool {
        self.known.meets(role.into())
    }

    /// What children are to their parents.
    pub fn parts(&self) -> &ChildTable<Part> {
        &self.parts
    }

    /// Whether it matters to any rule where among the children of such a node a child is.
    pub fn asks_for_position(&self, parent: u16) -> bool {
        self.parts.asks_for_position(parent)
            || self.locals.asks_for_position(parent)
            || self.names.asks_for_position(parent)
            || self.sources.asks_for_position(parent)
    }

    /// What a child says of the names in it.
    pub fn local(&self, parent: u16, child: Child) -> Option<Local> {
        self.locals.get(parent, child)
    }

    /// What the name does that is a child.
    pub fn name_kind(&self, parent: u16, child: Child) -> Option<NameKind> {
        self.names.get(parent, child)
    }

    /// Whether a child of an import says where from, rather than which names.
    pub fn is_source(&self, parent: u16, child: Child) -> bool {
        self.sources.get(parent, child).is_some()
    }

    /// Whether nothing outside of a node of this kind binds a name that is used in it.
    pub fn is_scope(&self, kind: u16) -> bool {
        self.scopes
            .get(usize::from(kind))
            .copied()
            .unwrap_or_default()
    }
}
