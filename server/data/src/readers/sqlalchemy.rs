//! SQLAlchemy: classes with `Column`, `mapped_column` and `Mapped`, tables made by `Table(...)`,
//! SQLModel, and Flask-SQLAlchemy's `db.Column`.

use super::naming::snake;
use super::python::{
    self, Assignment, Call, PythonClass, PythonFile, assignment, call, classes, dotted, items,
    lines, literal, text, texts,
};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SchemaChange, Table, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, Kind};
use std::collections::{HashMap, HashSet};

pub(crate) const READER: Reader = Reader {
    name: "SQLAlchemy",
    rank: 5,
    may_be: |path| path.ends_with(".py"),
    is: |path, text| {
        // Migrations may repeat models as they were.
        if path.contains("/migrations/") || path.contains("/versions/") {
            return false;
        }
        let has_library = ["sqlalchemy", "SQLAlchemy", "sqlmodel"]
            .iter()
            .any(|word| text.contains(word));
        let has_columns = [
            "Column(",
            "mapped_column(",
            "Mapped[",
            "SQLModel",
            "Table(",
            "declarative_base(",
        ]
        .iter()
        .any(|word| text.contains(word));
        // Alembic's migrations lead to what the models say.
        has_library
            && has_columns
            && !text.contains("op.create_table")
            && !text.contains("down_revision")
    },
    read,
};

/// How many classes may inherit from each other in a row.
const MAX_BASES: usize = 16;

/// Types of SQLAlchemy and of Python, and what they mean.
const TYPES: &[(&str, &str)] = &[
    ("str", "varchar"),
    ("int", "integer"),
    ("bool", "boolean"),
    ("float", "float"),
    ("bytes", "blob"),
    ("datetime", "datetime"),
    ("date", "date"),
    ("time", "time"),
    ("timedelta", "interval"),
    ("Decimal", "numeric"),
    ("UUID", "uuid"),
    ("Unicode", "varchar"),
    ("UnicodeText", "text"),
    ("LargeBinary", "blob"),
    ("PickleType", "blob"),
    ("BigInteger", "bigint"),
    ("SmallInteger", "smallint"),
    ("Uuid", "uuid"),
    ("LONGTEXT", "longtext"),
];

/// A class with its file.
struct Found<'a> {
    class: PythonClass<'a>,
    file: usize,
    /// Whether a class that it extends is a base of models.
    is_model: bool,
}

struct Models<'a> {
    files: &'a [PythonFile<'a>],
    classes: Vec<Found<'a>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Classes of enumerations and their values.
    enums: HashMap<&'a str, Vec<String>>,
    /// Names that a call or another name makes a base of models.
    bases: HashSet<&'a str>,
}

/// Bases of models that libraries have.
const BASES: &[&str] = &[
    "Base",
    "DeclarativeBase",
    "SQLModel",
    "Model",
    "MappedAsDataclass",
];

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<PythonFile<'_>> = files.iter().map(|file| PythonFile::of(file)).collect();
    let mut models = Models {
        files: &lexed,
        classes: Vec::new(),
        by_name: HashMap::new(),
        enums: HashMap::new(),
        bases: BASES.iter().copied().collect(),
    };
    for (at, file) in lexed.iter().enumerate() {
        let lines = lines(&file.tokens);
        models
            .bases
            .extend(lines.iter().filter_map(|line| made_base(*line)));
        for class in classes(&lines) {
            models
                .by_name
                .entry(class.name)
                .or_default()
                .push(models.classes.len());
            if class.bases.iter().any(|(base, _)| base.ends_with("Enum")) {
                models.enums.insert(class.name, enum_values(&class));
            }
            models.classes.push(Found {
                class,
                file: at,
                is_model: false,
            });
        }
    }
    models.find_models();
    for at in 0..models.classes.len() {
        models.describe(at, &mut builder);
    }
    for file in &lexed {
        models.made_tables(file, &mut builder);
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

/// The names of an enumeration, which SQLAlchemy stores.
fn enum_values(class: &PythonClass<'_>) -> Vec<String> {
    let members = class
        .assignments()
        .filter(|found| found.annotation.is_none());
    members
        .map(|found| found.name.to_owned())
        .filter(|name| !name.starts_with('_'))
        .collect()
}

impl<'a> Models<'a> {
    fn class_of(&self, name: &str, file: usize) -> Option<usize> {
        let all = self.by_name.get(name)?;
        let same = all.iter().find(|at| self.classes[**at].file == file);
        same.or_else(|| all.first()).copied()
    }

    /// A class is a model if it has a table's name or columns, or extends one that does.
    fn find_models(&mut self) {
        for at in 0..self.classes.len() {
            let own = &self.classes[at].class;
            let has_name = own.value("__tablename__").is_some() || own.value("__table__").is_some();
            let has_key = own.assignments().any(|found| is_column(&found));
            let is_table = has_table_argument(own);
            let has_base = own.bases.iter().any(|(base, _)| self.bases.contains(base));
            self.classes[at].is_model = has_name || has_key || is_table || has_base;
        }
    }

    /// The classes that one extends, the farthest first; whether all are known.
    fn bases(&self, at: usize, found: &mut Vec<usize>, depth: usize) {
        if depth >= MAX_BASES || found.len() > 256 {
            return;
        }
        let own = &self.classes[at];
        for (base, _) in own.class.bases.iter().rev() {
            if let Some(known) = self.class_of(base, own.file).filter(|known| *known != at) {
                self.bases(known, found, depth + 1);
                if !found.contains(&known) {
                    found.push(known);
                }
            }
        }
    }

    /// The name of the table of a class; none if it has none.
    fn table_name(&self, at: usize) -> Option<TableName> {
        let own = &self.classes[at];
        let class = &own.class;
        if class
            .value("__abstract__")
            .is_some_and(|value| value.peek_text() == "True")
        {
            return None;
        }
        let args = class.value("__table_args__");
        let namespace = args.and_then(schema_of);
        if let Some(value) = class.value("__tablename__") {
            return Some(TableName::within(namespace, text(&value)?));
        }
        let is_sqlmodel = has_table_argument(class);
        if is_sqlmodel {
            return Some(TableName::plain(class.name.to_lowercase()));
        }
        let has_columns = class.assignments().any(|found| is_column(&found));
        if let Some(name) = self.name_by_base(at).filter(|_| has_columns) {
            return Some(TableName::within(namespace, name));
        }
        // Flask-SQLAlchemy makes the name from that of the class if there is a key.
        let is_flask = class
            .bases
            .iter()
            .any(|(_, base)| base.written() == "db.Model");
        let has_key = class.assignments().any(|found| {
            found
                .value
                .and_then(call)
                .is_some_and(|call| call.is_true("primary_key"))
        });
        (is_flask && has_key).then(|| TableName::plain(snake(class.name)))
    }

    /// The name that a method of a base makes, for a class that no other extends.
    fn name_by_base(&self, at: usize) -> Option<String> {
        let class = &self.classes[at].class;
        let mut bases = Vec::new();
        self.bases(at, &mut bases, 0);
        let is_mixin = class.name.ends_with("Mixin") || class.name.starts_with("Base");
        let mut made = bases
            .iter()
            .rev()
            .filter_map(|base| made_name(&self.classes[*base].class, class.name));
        made.next()
            .filter(|_| !is_mixin && class.value("__abstract__").is_none())
    }

    fn describe(&self, at: usize, builder: &mut Builder) {
        let own = &self.classes[at];
        let file = &self.files[own.file];
        if !own.is_model
            || own
                .class
                .bases
                .iter()
                .any(|(base, _)| base.ends_with("Enum"))
        {
            return;
        }
        let origin = file.file.origin(&own.class.head);
        let mut bases = Vec::new();
        self.bases(at, &mut bases, 0);
        let Some(name) = self.table_name(at) else {
            self.describe_single(at, &bases, builder);
            return;
        };
        let mut table = Table::named(name);
        table.comment = own.class.description();
        let mut keys = Vec::new();
        // Columns of bases that have tables of their own are there.
        let shared = bases
            .iter()
            .filter(|base| self.table_name(**base).is_none());
        for known in shared.copied().chain([at]) {
            let found = &self.classes[known];
            self.add_columns(&found.class, &self.files[found.file], &mut table, &mut keys);
        }
        let unknown = own.class.bases.iter().find(|(base, whole)| {
            self.class_of(base, own.file).is_none()
                && !self.bases.contains(base)
                && !is_plain_base(base, &whole.written())
        });
        if let Some((base, _)) = unknown {
            table.is_complete = false;
            let message = format!("`{}` extends `{base}`, which is not known", own.class.name);
            builder.note(&origin, message, true);
        }
        let arguments = own.class.value("__table_args__");
        for argument in arguments.and_then(items).unwrap_or_default() {
            keys.extend(table_argument(argument, &mut table, &own.class));
        }
        builder.define(table, keys, &origin);
    }

    /// A class without a table adds its columns to that of the class it extends.
    fn describe_single(&self, at: usize, bases: &[usize], builder: &mut Builder) {
        let own = &self.classes[at];
        let file = &self.files[own.file];
        let Some(there) = bases.iter().rev().find_map(|base| self.table_name(*base)) else {
            let has_key = own.class.assignments().any(|found| {
                found
                    .value
                    .and_then(call)
                    .is_some_and(|call| call.is_true("primary_key"))
            });
            let is_base = self.classes.iter().any(|other| {
                other
                    .class
                    .bases
                    .iter()
                    .any(|(base, _)| *base == own.class.name)
            });
            if has_key && !is_base && own.class.value("__abstract__").is_none() {
                let at = file.file.origin(&own.class.head);
                let message = format!(
                    "the table of `{}` has no name that can be read",
                    own.class.name
                );
                builder.note(&at, message, true);
            }
            return;
        };
        let (mut table, mut keys) = (Table::named(there.clone()), Vec::new());
        self.add_columns(&own.class, file, &mut table, &mut keys);
        for mut column in table.columns {
            column.nullable = true;
            let at = column.defined.clone();
            let change = SchemaChange::AddColumn {
                table: there.clone(),
                column: Box::new(column),
                or_keep: true,
            };
            builder.apply(change, &at);
        }
    }

    fn add_columns(
        &self,
        class: &PythonClass<'a>,
        file: &PythonFile<'a>,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
    ) {
        let is_sqlmodel =
            class.bases.iter().any(|(base, _)| *base == "SQLModel") || has_table_argument(class);
        let assigned = class
            .assignments()
            .filter(|found| is_column(found) || is_sqlmodel && is_field(found));
        for found in assigned {
            self.add_column(found, file, table, keys);
        }
        self.add_declared(class, file, table, keys);
    }

    /// Columns that a method under `@declared_attr` makes.
    fn add_declared(
        &self,
        class: &PythonClass<'a>,
        file: &PythonFile<'a>,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
    ) {
        let (mut is_declared, mut name) = (false, None);
        for line in &class.body {
            let mut rest = *line;
            if rest.mark(b'@') {
                is_declared = rest.word() == Some("declared_attr");
            } else if rest.word() == Some("def") {
                name = rest.word().filter(|_| is_declared);
                is_declared = false;
            } else if let Some(column) = name
                && line.peek_text() == "return"
            {
                let mut value = *line;
                value.next();
                let found = Assignment {
                    name: column,
                    annotation: None,
                    value: Some(value),
                    whole: *line,
                };
                if is_column(&found) {
                    self.add_column(found, file, table, keys);
                }
                name = None;
            }
        }
    }

    fn add_column(
        &self,
        found: Assignment<'a>,
        file: &PythonFile<'a>,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
    ) {
        let mut column = Column::named(found.name);
        column.defined = file.file.origin(&found.whole);
        column.comment = file.comment_after(&found.whole);
        let mut is_optional = None;
        if let Some(annotation) = found.annotation {
            let (data_type, optional) = self.annotated(annotation);
            column.data_type = data_type;
            self.set_values(&mut column, annotation);
            is_optional = Some(optional);
        }
        if let Some(optional) = is_optional {
            column.nullable = optional;
        }
        if let Some(call) = found.value.and_then(call) {
            self.set_from_call(&mut column, &call, keys, is_optional);
        } else if let Some(value) = found.value {
            column.default = literal(&value);
        }
        table.columns.retain(|known| known.name != column.name);
        table.columns.push(column);
    }

    /// What `Column("name", Type, ForeignKey("a.b"), nullable=False)` says.
    fn set_from_call(
        &self,
        column: &mut Column,
        call: &Call<'a>,
        keys: &mut Vec<TableKey>,
        is_optional: Option<bool>,
    ) {
        // SQLModel: Field(sa_column=Column(...)).
        if let Some(inner) = call.named("sa_column").and_then(python::call) {
            self.set_from_call(column, &inner, keys, is_optional);
            return;
        }
        let named = call
            .named("name")
            .or_else(|| call.plain().next().filter(|first| text(first).is_some()));
        if let Some(name) = named.and_then(|name| text(&name)) {
            column.name = name;
        }
        for argument in call
            .plain()
            .chain(call.named("type_"))
            .chain(call.named("sa_type"))
        {
            self.set_from_argument(column, argument, keys);
        }
        let only = vec![column.name.clone()];
        if let Some(there) = call.named("foreign_key").and_then(|value| text(&value)) {
            keys.extend(reference(&there, only.clone(), None));
        }
        if call.is_true("primary_key") {
            add_to_primary(keys, &column.name);
            column.nullable = false;
            let is_number = column.data_type.as_ref().is_some_and(|found| {
                matches!(
                    found.kind,
                    TypeKind::Integer | TypeKind::BigInt | TypeKind::SmallInt
                )
            });
            column.is_identity = is_number && !call.is_false("autoincrement");
        } else if call.is_false("nullable") {
            column.nullable = false;
        } else if call.is_true("nullable") || is_optional.is_none() && call.name != "Field" {
            column.nullable = true;
        }
        if call.is_true("unique") {
            keys.push(TableKey::Unique(UniqueKey {
                name: None,
                columns: only,
            }));
        } else if call.is_true("index") {
            keys.push(TableKey::Index(TableIndex {
                columns: only,
                ..TableIndex::default()
            }));
        }
        let server = call.named("server_default").and_then(server_default);
        column.default = server.or_else(|| call.named("default").and_then(|value| literal(&value)));
        let comment = call.named("comment").or_else(|| call.named("doc"));
        column.comment = comment
            .and_then(|value| text(&value))
            .or_else(|| column.comment.take());
    }

    fn set_from_argument(
        &self,
        column: &mut Column,
        argument: Cursor<'a>,
        keys: &mut Vec<TableKey>,
    ) {
        if text(&argument).is_some() {
            return;
        }
        let called = call(argument);
        match called.as_ref().map(|call| call.name) {
            Some("ForeignKey") => {
                let Some(call) = called else { return };
                let there = call.plain().next();
                let there = there.and_then(|value| text(&value).or_else(|| self.attribute(value)));
                let on_delete = call.named("ondelete").and_then(|value| text(&value));
                let columns = vec![column.name.clone()];
                keys.extend(there.and_then(|there| reference(&there, columns, on_delete)));
            }
            Some("Identity" | "Sequence") => column.is_identity = true,
            Some("Computed") => {
                let inner = called.and_then(|call| call.plain().next());
                column.generated = inner.and_then(|value| text(&value));
            }
            Some("CheckConstraint" | "FetchedValue") => {}
            Some(_) | None => {
                if let Some(data_type) = written_type(argument) {
                    column.data_type = Some(data_type);
                }
                self.set_values(column, argument);
            }
        }
    }

    /// `Model.column` as `table.column`.
    fn attribute(&self, value: Cursor<'a>) -> Option<String> {
        let mut rest = value;
        let class = rest.word()?;
        rest.mark(b'.');
        let column = rest.word()?;
        let at = self.by_name.get(class)?.first()?;
        Some(format!("{}.{column}", self.table_name(*at)?))
    }

    /// Gives a column the values of the enumeration that a type names.
    fn set_values(&self, column: &mut Column, written: Cursor<'a>) {
        let called = call(written).filter(|call| call.name.to_lowercase().ends_with("enum"));
        if let Some(call) = called {
            let values: Vec<String> = call.plain().filter_map(|value| text(&value)).collect();
            if !values.is_empty() {
                column.values = values;
            }
        }
        let words = written
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word);
        if let Some(values) = words
            .filter_map(|token| self.enums.get(written.of(*token)))
            .next()
            && column.values.is_empty()
        {
            column.values.clone_from(values);
            column.data_type = Some(DataType::meaning(TypeKind::Enum, "enum"));
        }
    }

    /// The type in `Mapped[Optional[str]]`, and whether it may be none.
    fn annotated(&self, annotation: Cursor<'a>) -> (Option<DataType>, bool) {
        let words: Vec<&str> = annotation
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| annotation.of(*token))
            .collect();
        let optional = words
            .iter()
            .any(|word| matches!(*word, "Optional" | "None"));
        let known = words
            .iter()
            .find_map(|word| TYPES.iter().find(|(name, _)| name == word));
        (known.map(|(_, written)| DataType::of(written)), optional)
    }

    /// Tables that a call makes: `users = Table("users", metadata, Column(...), ...)`.
    fn made_tables(&self, file: &PythonFile<'a>, builder: &mut Builder) {
        let text_lines: Vec<Cursor<'_>> = lines(&file.tokens);
        for line in text_lines {
            let value = assignment(line)
                .and_then(|found| found.value)
                .unwrap_or(line);
            let Some(call) = call(value).filter(|call| call.name == "Table") else {
                continue;
            };
            let mut plain = call.plain();
            let Some(name) = plain.next().and_then(|name| text(&name)) else {
                continue;
            };
            let namespace = call.named("schema").and_then(|value| text(&value));
            let mut table = Table::named(TableName::within(namespace, name));
            table.comment = call.named("comment").and_then(|value| text(&value));
            let mut keys = Vec::new();
            for argument in plain.skip(1) {
                self.table_item(argument, file, &mut table, &mut keys);
            }
            if !table.columns.is_empty() {
                builder.define(table, keys, &file.file.origin(&line));
            }
        }
    }

    fn table_item(
        &self,
        argument: Cursor<'_>,
        file: &PythonFile<'a>,
        table: &mut Table,
        keys: &mut Vec<TableKey>,
    ) {
        let Some(inner) = call(argument) else { return };
        if inner.name != "Column" {
            keys.extend(key_of(&inner));
            return;
        }
        let Some(name) = inner.argument("name", 0).and_then(|name| text(&name)) else {
            table.is_complete = false;
            return;
        };
        let mut column = Column::named(name);
        column.defined = file.file.origin(&argument);
        column.comment = file.comment_after(&argument);
        let lent: Models<'_> = Models {
            files: &[],
            classes: Vec::new(),
            by_name: HashMap::new(),
            bases: HashSet::new(),
            enums: self
                .enums
                .iter()
                .map(|(name, values)| (*name, values.clone()))
                .collect(),
        };
        lent.set_from_call(&mut column, &inner, keys, None);
        table.columns.push(column);
    }
}

/// Whether a class is `class A(SQLModel, table=True)`.
fn has_table_argument(class: &PythonClass<'_>) -> bool {
    let written = class.head.written().replace(' ', "");
    written.contains("table=True")
}

/// The name of a base that a line makes: `Base = declarative_base()`, `BaseModel = db.Model`.
fn made_base<'a>(line: Cursor<'a>) -> Option<&'a str> {
    let found = assignment(line)?;
    let value = found.value?;
    let is_call = call(value).is_some_and(|call| {
        matches!(
            call.name,
            "declarative_base" | "automap_base" | "generate_base"
        )
    });
    (is_call || dotted(&value) == Some("Model")).then_some(found.name)
}

/// Whether a base of another package has no columns.
fn is_plain_base(base: &str, whole: &str) -> bool {
    matches!(base, "object" | "Generic" | "ABC" | "Protocol")
        || whole.ends_with(".Model")
        || base.ends_with("Base")
}

/// The name that a method of a base makes for the table of a class, as far as its words say.
fn made_name(class: &PythonClass<'_>, of: &str) -> Option<String> {
    let mut body = class.body.iter().skip_while(|line| {
        let mut rest = **line;
        !(rest.word() == Some("def") && rest.word() == Some("__tablename__"))
    });
    body.next()?;
    let returned = body
        .find(|line| line.peek_word() == Some("return"))?
        .written();
    let is_snake = ["snake", "sub(", "underscore"]
        .iter()
        .any(|word| returned.contains(word));
    let is_plural =
        returned.contains("\"s\"") || returned.contains("'s'") || returned.contains("}s");
    let name = match (is_snake, returned.contains("lower()")) {
        (true, _) => snake(of),
        (false, true) => of.to_lowercase(),
        (false, false) if returned.ends_with("__name__") => of.to_owned(),
        (false, false) => return None,
    };
    Some(if is_plural { format!("{name}s") } else { name })
}

/// Whether an assignment makes a column.
fn is_column(found: &Assignment<'_>) -> bool {
    let called = found.value.and_then(call);
    let is_call = called.as_ref().is_some_and(|call| {
        matches!(
            call.name.trim_start_matches('_'),
            "Column" | "mapped_column"
        )
    });
    let is_other = called.as_ref().is_some_and(|call| {
        matches!(
            call.name,
            "relationship"
                | "column_property"
                | "synonym"
                | "association_proxy"
                | "composite"
                | "hybrid_property"
                | "query_expression"
        )
    });
    let is_mapped = found.annotation.is_some_and(|mut annotation| {
        let is = dotted_head(&mut annotation) == Some("Mapped");
        let inner = annotation.group(b'[');
        // A class of the project is a relationship; a list too.
        is && inner.is_some_and(|inner| !is_relation(&inner))
    });
    is_call || is_mapped && !is_other
}

fn dotted_head<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let mut name = cursor.word()?;
    while cursor.mark(b'.') {
        name = cursor.word()?;
    }
    Some(name)
}

fn is_relation(inner: &Cursor<'_>) -> bool {
    let first = inner.peek_text();
    matches!(
        first,
        "list" | "List" | "Set" | "set" | "Sequence" | "WriteOnlyMapped" | "DynamicMapped"
    ) || first.starts_with(['"', '\''])
}

/// Whether an annotated name of an SQLModel is a column.
fn is_field(found: &Assignment<'_>) -> bool {
    let is_relationship = found
        .value
        .and_then(call)
        .is_some_and(|call| call.name == "Relationship");
    let is_other = found
        .annotation
        .is_none_or(|annotation| is_relation(&annotation) || annotation.is("ClassVar"));
    !is_relationship
        && !is_other
        && !found.name.starts_with("model_config")
        && !found.name.starts_with("__")
}

/// The type that an argument names: `String(20)`, `postgresql.UUID(as_uuid=True)`.
fn written_type(argument: Cursor<'_>) -> Option<DataType> {
    let called = call(argument);
    let name = called
        .as_ref()
        .map(|call| call.name)
        .or_else(|| dotted(&argument))?;
    if !name.starts_with(char::is_uppercase) {
        return None;
    }
    let known = TYPES.iter().find(|(known, _)| *known == name);
    let base = known.map_or(name, |(_, written)| *written);
    let mut size = Vec::new();
    if let Some(call) = &called {
        let numbers = call
            .plain()
            .chain(call.named("length"))
            .map(|value| value.written());
        size = numbers
            .filter(|value| value.parse::<u32>().is_ok())
            .collect();
    }
    if name == "ARRAY" {
        let inner = called
            .and_then(|call| call.plain().next())
            .and_then(written_type);
        let mut list = inner.unwrap_or_default();
        list.is_list = true;
        return Some(list);
    }
    let written = match size.is_empty() {
        true => base.to_owned(),
        false => format!("{base}({})", size.join(", ")),
    };
    Some(DataType::of(&written))
}

fn server_default(value: Cursor<'_>) -> Option<String> {
    match call(value) {
        Some(inner) if inner.name == "text" => inner.plain().next().and_then(|value| text(&value)),
        Some(inner) if inner.path.contains("func.") => match inner.name {
            "now" | "current_timestamp" => Some("CURRENT_TIMESTAMP".into()),
            name => Some(format!("{name}()")),
        },
        Some(_) => None,
        None => literal(&value),
    }
}

/// The reference that `"schema.table.column"` makes.
fn reference(there: &str, columns: Vec<String>, on_delete: Option<String>) -> Option<TableKey> {
    let mut parts: Vec<&str> = there.split('.').collect();
    let column = parts.pop()?;
    let table = parts.pop()?;
    let namespace = parts.pop().map(str::to_owned);
    Some(TableKey::Foreign(ForeignKey {
        columns,
        table: TableName::within(namespace, table.to_owned()),
        references: vec![column.to_owned()],
        on_delete: on_delete.map(|action| action.to_uppercase()),
        ..ForeignKey::default()
    }))
}

/// The constraint or index that a call makes in a table.
fn key_of(call: &Call<'_>) -> Option<TableKey> {
    let name = call.named("name").and_then(|name| text(&name));
    let plain = || -> Vec<String> {
        let column = |value: Cursor<'_>| text(&value).or_else(|| dotted(&value).map(str::to_owned));
        call.plain().filter_map(column).collect()
    };
    match call.name {
        "PrimaryKeyConstraint" => Some(TableKey::Primary(name, plain())),
        "UniqueConstraint" => Some(TableKey::Unique(UniqueKey {
            name,
            columns: plain(),
        })),
        "ForeignKeyConstraint" => {
            let columns = call.argument("columns", 0).and_then(texts)?;
            let there = call.argument("refcolumns", 1).and_then(texts)?;
            let on_delete = call.named("ondelete").and_then(|value| text(&value));
            let first = reference(there.first()?, columns, on_delete)?;
            let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_owned();
            match first {
                TableKey::Foreign(key) => Some(TableKey::Foreign(ForeignKey {
                    references: there.iter().map(last).collect(),
                    name,
                    ..key
                })),
                _ => None,
            }
        }
        "Index" => {
            let mut columns = plain();
            let own = (!columns.is_empty()).then(|| columns.remove(0));
            Some(TableKey::Index(TableIndex {
                name: own,
                columns,
                is_unique: call.is_true("unique"),
                condition: None,
            }))
        }
        _ => None,
    }
}

/// An entry of `__table_args__`; names of attributes are names of columns there.
fn table_argument(
    argument: Cursor<'_>,
    table: &mut Table,
    class: &PythonClass<'_>,
) -> Option<TableKey> {
    if argument.is_mark(b'{') {
        let entries = items(argument)?;
        for mut entry in entries {
            let key = entry
                .next()
                .map(|token| crate::tokens::content(entry.of(token)));
            entry.mark(b':');
            if key.as_deref() == Some("comment") {
                table.comment = text(&entry);
            }
        }
        return None;
    }
    let _ = class;
    key_of(&call(argument)?)
}

/// The `schema` in `__table_args__`.
fn schema_of(value: Cursor<'_>) -> Option<String> {
    let entries = items(value)?;
    let nested = entries
        .iter()
        .filter(|entry| entry.is_mark(b'{'))
        .filter_map(|entry| items(*entry));
    let all: Vec<Cursor<'_>> = nested.flatten().chain(entries.iter().copied()).collect();
    all.into_iter().find_map(|mut entry| {
        let key = entry
            .next()
            .map(|token| crate::tokens::content(entry.of(token)))?;
        (key == "schema" && entry.mark(b':'))
            .then(|| text(&entry))
            .flatten()
    })
}
