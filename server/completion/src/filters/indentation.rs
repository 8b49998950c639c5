//! The first line continues the indentation that is there, and all lines use the file's tabs or
//! blanks.

use crate::completion_context::CompletionContext;
use crate::extent::Extent;

/// Lines above the cursor that are asked whether the file indents with tabs.
const MAX_LINES: usize = 200;

/// Takes away indentation that the cursor's line has already, and writes the rest as the file does.
pub fn apply(context: &CompletionContext<'_>, text: String) -> Option<String> {
    let mut lines = text.split('\n');
    let mut first = lines.next().unwrap_or_default();
    if !context.before.is_empty() && context.begins_line() {
        first = continued(context, first);
    }
    let with_tabs = uses_tabs(context);
    let own = context.facts().map_or("", |facts| facts.indent.as_str());
    let mut corrected = first.to_owned();
    for line in lines {
        corrected.push('\n');
        corrected.push_str(&rewritten(line, with_tabs, own));
    }
    Some(corrected)
}

/// The first line without the blanks by which it would be deeper than the block expected here,
/// or than the cursor.
fn continued<'t>(context: &CompletionContext<'_>, first: &'t str) -> &'t str {
    let deepest = match &context.extent {
        Extent::Block { indent, .. } => indent.len().saturating_sub(context.before.len()),
        Extent::Line | Extent::WholeLine | Extent::Statement { .. } => 0,
    };
    let blanks = first.len() - first.trim_start_matches([' ', '\t']).len();
    &first[blanks.saturating_sub(deepest)..]
}

/// Whether the nearest indented line above begins with a tab; `None` where no line is indented.
fn uses_tabs(context: &CompletionContext<'_>) -> Option<bool> {
    let own = std::iter::once(context.before.clone());
    own.chain(context.snapshot.lines_above(context.offset).take(MAX_LINES))
        .find_map(|line| match line.chars().next() {
            Some('\t') => Some(true),
            Some(' ') if line.starts_with("  ") => Some(false),
            _ => None,
        })
}

/// The line with its indentation in tabs or blanks: one tab is four blanks, or one `own` step of
/// the language where no line of the file says anything.
fn rewritten(line: &str, with_tabs: Option<bool>, own: &str) -> String {
    let content = line.trim_start_matches([' ', '\t']);
    let indent = &line[..line.len() - content.len()];
    match with_tabs {
        Some(true) if indent.contains(' ') => format!("{}{content}", indent.replace("    ", "\t")),
        Some(false) if indent.contains('\t') => {
            format!("{}{content}", indent.replace('\t', "    "))
        }
        None if indent.contains('\t') && own.starts_with(' ') => {
            format!("{}{content}", indent.replace('\t', own))
        }
        _ => line.to_owned(),
    }
}
