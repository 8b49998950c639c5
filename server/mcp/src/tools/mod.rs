//! The tools: one file and one row for each, in a fixed order.
//!
//! An agent reads all descriptions and schemas at each start, so they are short: a test counts
//! their tokens. Each description says when to use the tool instead of a search for text.

mod diagnose;
mod fix;
mod places;
mod report;
mod retrieve;
mod sql;
mod where_is;

use crate::AllowedActions;
use crate::arguments::Arguments;
use crate::project::Project;
use crate::reply::Reply;
use crate::stop::Stop;
use serde_json::{Map, Value, json};

/// A tool.
pub(crate) struct ToolRow {
    pub name: &'static str,
    about: &'static str,
    arguments: &'static [Argument],
    /// What its answer has besides the state of files: name and type.
    answer: &'static [(&'static str, &'static str)],
    /// Answers, or says in a sentence why not.
    pub run: fn(&Project, &Arguments, &Stop) -> Result<Reply, String>,
}

/// An argument of a tool.
struct Argument {
    name: &'static str,
    /// Its schema as JSON.
    schema: &'static str,
    is_needed: bool,
}

impl Argument {
    const fn needed(name: &'static str, schema: &'static str) -> Self {
        Self {
            name,
            schema,
            is_needed: true,
        }
    }

    const fn optional(name: &'static str, schema: &'static str) -> Self {
        Self {
            name,
            schema,
            is_needed: false,
        }
    }
}

const TEXT: &str = r#"{"type":"string"}"#;
const PATHS: &str = r#"{"type":"array","items":{"type":"string"}}"#;
const FLAG: &str = r#"{"type":"boolean"}"#;

/// All tools, in the order in which they are listed.
pub(crate) const TOOLS: &[ToolRow] = &[
    ToolRow {
        name: "diagnose",
        about: "Likely bugs in files or folders, each with its line and a checked fix. Use it on \
                what you edited, before you call it done. It runs no compiler.",
        arguments: &[Argument::needed("paths", PATHS)],
        answer: &[("summary", "string"), ("bugs", "array")],
        run: diagnose::run,
    },
    ToolRow {
        name: "fix",
        about: "A unified diff that fixes the bugs of files, and which fixes were dropped and why. \
                level: 1 parses, 2 names exist (default), 3 a model prefers it, 4 the checker of \
                the language passes, 5 tests pass; 4 and 5 must be allowed at start, like `apply`, \
                which writes.",
        arguments: &[
            Argument::needed("paths", PATHS),
            Argument::optional("level", r#"{"type":"integer","minimum":1,"maximum":5}"#),
            Argument::optional("apply", FLAG),
        ],
        answer: &[
            ("summary", "string"),
            ("diffs", "array"),
            ("dropped", "array"),
        ],
        run: fix::run,
    },
    ToolRow {
        name: "retrieve",
        about: "Answers a question about this project with quoted lines and their places. Use it \
                instead of grep if you do not know the words in the code. level: exact, answer, \
                related (only near it) or notFound.",
        arguments: &[Argument::needed("question", TEXT)],
        answer: &[
            ("level", "string"),
            ("summary", "string"),
            ("quotes", "array"),
        ],
        run: retrieve::run,
    },
    ToolRow {
        name: "where",
        about: "Where a name is defined, called and imported. Use it instead of grep for functions, \
                types and methods (`Type.method` works).",
        arguments: &[Argument::needed("symbol", TEXT)],
        answer: &[
            ("summary", "string"),
            ("definitions", "array"),
            ("callers", "array"),
            ("imports", "array"),
        ],
        run: where_is::run,
    },
    ToolRow {
        name: "sql",
        about: "A query for a question, proven to prepare on this project's tables; or, with \
                `check`, wrong names of tables and columns in files of SQL and code. Runs nothing.",
        arguments: &[
            Argument::optional("question", TEXT),
            Argument::optional("check", PATHS),
            Argument::optional("dialect", TEXT),
        ],
        answer: &[
            ("summary", "string"),
            ("queries", "array"),
            ("problems", "array"),
        ],
        run: sql::run,
    },
    ToolRow {
        name: "report",
        about: "What a data file (CSV, TSV, JSON lines, Parquet, SQLite) says: trends, changes, \
                outliers, quality. Use it instead of reading rows: all rows are counted.",
        arguments: &[
            Argument::needed("path", TEXT),
            Argument::optional("question", TEXT),
            Argument::optional("table", TEXT),
        ],
        answer: &[("summary", "string"), ("lines", "array")],
        run: report::run,
    },
];

const BUDGET: &str = r#"{"type":"integer","description":"most tokens of the answer; 1500"}"#;
/// What every answer has.
const FRAME: &[(&str, &str)] = &[
    ("complete", "boolean"),
    ("leftOut", "integer"),
    ("files", "object"),
];

/// Whether there is a tool of this name.
pub(crate) fn is_known(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.name == name)
}

/// The answer of a tool, or in a sentence why there is none.
pub(crate) fn call(
    name: &str,
    project: &Project,
    arguments: &Arguments,
    stop: &Stop,
) -> Result<Reply, String> {
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| format!("there is no tool `{name}`"))?;
    arguments.only(&tool.argument_names())?;
    (tool.run)(project, arguments, stop)
}

/// The tools as they are listed.
pub(crate) fn list(allowed: &AllowedActions) -> Vec<Value> {
    TOOLS.iter().map(|row| row.listed(allowed)).collect()
}

impl ToolRow {
    /// The names of its arguments.
    fn argument_names(&self) -> Vec<&'static str> {
        let own = self.arguments.iter().map(|argument| argument.name);
        own.chain(["budget"]).collect()
    }

    fn listed(&self, allowed: &AllowedActions) -> Value {
        let answer = || self.answer.iter().chain(FRAME);
        let properties = answer().map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind })));
        let output = object(properties.collect(), answer().map(|(name, _)| *name));
        let writes = self.name == "fix" && allowed.apply;
        json!({
            "name": self.name,
            "description": self.about,
            "inputSchema": self.input(),
            "outputSchema": output,
            "annotations": {"readOnlyHint": !writes},
        })
    }

    fn input(&self) -> Value {
        let schema = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut properties: Map<String, Value> = self
            .arguments
            .iter()
            .map(|argument| (argument.name.to_owned(), schema(argument.schema)))
            .collect();
        properties.insert("budget".into(), schema(BUDGET));
        let needed = self.arguments.iter().filter(|argument| argument.is_needed);
        object(properties, needed.map(|argument| argument.name))
    }
}

/// A schema of objects.
fn object(properties: Map<String, Value>, needed: impl Iterator<Item = &'static str>) -> Value {
    let mut object = Map::new();
    object.insert("type".into(), json!("object"));
    object.insert("properties".into(), Value::Object(properties));
    let needed: Vec<&str> = needed.collect();
    if !needed.is_empty() {
        object.insert("required".into(), json!(needed));
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::BYTES_OF_TOKEN;

    /// The most tokens of all tools as they are listed.
    const MAX_LIST: usize = 1_500;

    #[test]
    fn the_list_of_tools_is_short_and_its_schemas_can_be_read() {
        let listed = list(&AllowedActions::default());
        let bytes = serde_json::to_string(&listed).unwrap().len();
        assert!(bytes <= MAX_LIST * BYTES_OF_TOKEN, "{bytes} bytes");
        for (tool, row) in listed.iter().zip(TOOLS) {
            for argument in row.arguments {
                let schema = &tool["inputSchema"]["properties"][argument.name];
                assert!(schema["type"].is_string(), "{}.{}", row.name, argument.name);
            }
        }
    }

    #[test]
    fn only_a_tool_that_may_write_says_so() {
        let writing = |allowed: &AllowedActions| -> Vec<String> {
            let tools = list(allowed).into_iter();
            let writes = |tool: &Value| tool["annotations"]["readOnlyHint"] != true;
            let names = tools
                .filter(writes)
                .map(|tool| tool["name"].as_str().unwrap().to_owned());
            names.collect()
        };
        assert!(writing(&AllowedActions::default()).is_empty());
        let allowed = AllowedActions {
            apply: true,
            ..AllowedActions::default()
        };
        assert_eq!(writing(&allowed), ["fix"]);
    }
}
