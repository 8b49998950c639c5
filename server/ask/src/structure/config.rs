//! Settings and variables in files of configuration, line by line: TOML, YAML, JSON, INI,
//! properties, `.env` and container files.
//!
//! A key counts with its last name and as it is written. Data files would fill the table, so only
//! small files and a bounded number of keys are read.

use super::facts::{Fact, FactKind, key};

/// Larger files hold data.
const MAX_BYTES: usize = 256 << 10;
/// Most keys of a file.
const MAX_KEYS: usize = 2_000;

/// Adds what a file of configuration declares.
pub(crate) fn read(path: &str, text: &str, facts: &mut Vec<Fact>) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit('.').next().unwrap_or_default();
    let is_container = name.contains("Dockerfile") || name.contains("Containerfile");
    let is_environment = name.starts_with(".env") || ending == "env";
    let is_setting = matches!(
        ending,
        "toml" | "yaml" | "yml" | "json" | "ini" | "cfg" | "conf" | "properties"
    );
    if text.len() > MAX_BYTES || !(is_container || is_environment || is_setting) {
        return;
    }
    let before = facts.len();
    // The indentation of the list of variables that is open.
    let mut variables: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        if facts.len() - before > MAX_KEYS {
            break;
        }
        let number = number as u32;
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';', '/']) {
            continue;
        }
        let body = line.trim_start_matches("- ");
        if is_container {
            in_container(body, number, facts);
            continue;
        }
        let Some(name) = declared(body) else {
            continue;
        };
        variables = variables.filter(|open| indent > *open);
        if is_environment || variables.is_some() {
            facts.push((
                key(FactKind::Variable, name.trim_start_matches("export ")),
                number,
            ));
        }
        if matches!(name, "environment" | "env") {
            variables = Some(indent);
        }
        facts.push((key(FactKind::Setting, name), number));
        if let Some((_, last)) = name.rsplit_once('.') {
            facts.push((key(FactKind::Setting, last), number));
        }
    }
}

/// Adds the variables that a line of a container file sets.
fn in_container(line: &str, number: u32, facts: &mut Vec<Fact>) {
    let rest = line
        .strip_prefix("ENV ")
        .or_else(|| line.strip_prefix("ARG "));
    for (at, word) in rest.into_iter().flat_map(str::split_whitespace).enumerate() {
        let name = word.split('=').next().unwrap_or(word);
        if is_key(name) && (at == 0 || word.contains('=')) {
            facts.push((key(FactKind::Variable, name), number));
        }
    }
}

/// The key that a line of configuration declares.
pub(crate) fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (name, rest) = if let Some(inside) = line.strip_prefix(['"', '\'']) {
        let (name, rest) = inside.split_once(['"', '\''])?;
        (name, rest.trim_start())
    } else {
        let end = line.find(['=', ':'])?;
        (line[..end].trim_end(), &line[end..])
    };
    let is_name = is_key(name.trim_start_matches("export ")) && name.len() <= 100;
    (is_name && rest.starts_with(['=', ':'])).then_some(name)
}

fn is_key(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_-.$@/".contains(c);
    name.chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
        && name.chars().all(inside)
}
