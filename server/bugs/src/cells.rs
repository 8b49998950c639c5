//! Scripts made of cells, and cells of notebooks: what each shows is its last expression, which so
//! is not lost.
//!
//! A cell begins with a line such as `# %%` (editors, Spyder, jupytext), `# In[2]:` (nbconvert) or
//! `# COMMAND ----------` (Databricks). In marimo a cell is a function below `@app.cell`. A
//! notebook comes whole, as such a script, or cell by cell, each as a text of its own; its path
//! says which.

use super::view::View;
use syntax::{Node, Role};

const MARKS: &[&str] = &[
    "# %%",
    "#%%",
    "# COMMAND ----------",
    "# In[",
    "#In[",
    "# <codecell>",
    "# <cell>",
];
/// What a script says that is made of cells by lines of `# +` and `# -`.
const LIGHT: &[&str] = &[
    "format_name: light",
    "formats: py:light",
    "format_name: sphinx",
];

/// Whether a line begins a cell.
fn is_mark(line: &str, light: bool) -> bool {
    MARKS.iter().any(|mark| line.starts_with(mark))
        || light && ["# +", "# -"].iter().any(|mark| line.starts_with(mark))
}

/// Whether the text is a notebook, or a cell of one.
fn is_of_notebook(path: &str) -> bool {
    path.contains(".ipynb")
}

/// Whether the text is one cell of a notebook, whose other cells are not known.
pub fn is_lone(path: &str) -> bool {
    is_of_notebook(path) && !path.ends_with(".ipynb")
}

/// How a line of a notebook comes that is no Python: as a comment that begins so.
const HIDDEN: &str = "#!";
/// What IPython binds: results, by number too, and what was typed.
const SHELL: &[&str] = &[
    "In",
    "Out",
    "_",
    "__",
    "___",
    "exit",
    "quit",
    "display",
    "get_ipython",
];

/// Whether lines that are no Python bring unknown names from elsewhere: `%run`,
/// `%pylab`.
pub fn brings_names(view: &View) -> bool {
    let brings = |line: &str| {
        let magic = |name: &str| {
            line.split_whitespace()
                .any(|word| word.trim_start_matches(['#', '!']) == name)
        };
        ["%run", "%pylab", "%load"].into_iter().any(magic) || line.contains("run_line_magic")
    };
    let text = &view.code.text;
    (text.contains('%') || text.contains("run_line_magic")) && text.lines().any(brings)
}

/// Whether a notebook may bind this name by what is no Python: `%time x = 1`, `%%capture x`,
/// `%store -r x`.
pub fn may_bring(view: &View, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let says =
        |line: &str| line.contains(HIDDEN) && line.split(|c| !is_word(c)).any(|word| word == name);
    let digits = name.trim_start_matches('_').trim_start_matches('i');
    let numbered = name.starts_with('_') && digits.chars().all(|c| c.is_ascii_digit());
    is_of_notebook(view.path)
        && (SHELL.contains(&name) || numbered || view.code.text.lines().any(says))
}

/// Whether a statement is the last expression of a cell.
pub fn is_shown(view: &View, statement: Node) -> bool {
    if !view.semantics().notebooks || !statement.is(Role::ExpressionStatement) {
        return false;
    }
    let text = &view.code.text;
    match statement.parent() {
        Some(up) if up.is(Role::Module) => {
            let light = LIGHT.iter().any(|sign| text.contains(sign));
            let mut lines = text.lines().map(str::trim_end);
            let cells = is_of_notebook(view.path) || lines.any(|line| is_mark(line, light));
            let end = next_code(statement).map_or(text.len(), Node::start);
            let next = text
                .get(statement.end()..end)
                .unwrap_or_default()
                .lines()
                .any(|line| is_mark(line, light));
            cells && (next || end == text.len())
        }
        Some(up) => {
            is_in_marimo(up) && next_code(statement).is_none_or(|next| next.is(Role::Return))
        }
        None => false,
    }
}

/// The statement after another one; what is no Python, such as `%matplotlib inline`, is none.
fn next_code(statement: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(statement.next(), |node| node.next()).find(|node| node.text() != "ERROR")
}

/// Whether a block is that of a cell of marimo.
fn is_in_marimo(block: Node) -> bool {
    let decorated = block
        .parent()
        .and_then(Node::parent)
        .filter(|up| up.is(Role::Decorated));
    let is_cell = |part: Node| part.is(Role::Decorator) && part.text().starts_with("@app.cell");
    decorated.is_some_and(|up| up.children().any(is_cell))
}
