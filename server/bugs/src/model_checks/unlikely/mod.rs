//! Code that the model finds far less likely than the same code with one small change: a source of
//! bugs that needs a model.
//!
//! [`suspicions`] weighs all small changes of a function (`mutations.rs`), those of one place in
//! one batch on the text before it. A language model finds code likely, not right: who shows a
//! suspicion asks for a large margin, and for edits that are verified as those of patterns are
//! ([`bugs`]). `nigh eval unlikely` measures which margin a model deserves.

mod mutations;

use super::prompt::prompt_before;
use super::variables::variable_uses;
use crate::bug::Bug;
use crate::finding::Finding;
use crate::patterns::UNLIKELY;
use crate::search;
use crate::suppressions::Suppressions;
use crate::view::View;
use context::{Generate, GenerateError, Segment, Snapshot};
use mutations::Mutation;
use std::ops::Range;
use syntax::{Code, Node};
use text::Edit;

/// So many lines after the change are scored with it.
const LINES_AHEAD: usize = 2;

/// A change that the model finds likelier than what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// The change.
    pub edit: Edit,
    /// What it does: `Write <= instead of <`.
    pub title: String,
    /// By how much the changed text is likelier, as a natural logarithm; above 0.
    pub margin: f32,
}

/// What the model suspects in one function, the strongest first; one suspicion for each place.
pub fn suspicions(
    snapshot: &Snapshot,
    function: &Range<usize>,
    model: &mut dyn Generate,
) -> Result<Vec<Suspicion>, GenerateError> {
    let Some(syntax) = &snapshot.syntax else {
        return Ok(Vec::new());
    };
    let code = Code::new(syntax, snapshot.rope());
    let (uses, names) = variable_uses(snapshot, function.clone());
    let mutations = mutations::all(&code, function, &uses, &names);
    let mut found = Vec::new();
    for group in mutations.chunk_by(|a, b| a.edit.range.start == b.edit.range.start) {
        let margins = margins(snapshot, &code.text, function.start, group, model)?;
        let best = group.iter().zip(margins).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mutation, margin)) = best.filter(|(_, margin)| *margin > 0.0) {
            found.push(Suspicion {
                edit: mutation.edit.clone(),
                title: mutation.title.clone(),
                margin,
            });
        }
    }
    found.sort_by(|a, b| b.margin.total_cmp(&a.margin));
    Ok(found)
}

/// The strongest suspicion of a function as a bug, if its margin is above `margin` and its edit is
/// verified.
pub fn bugs(
    snapshot: &Snapshot,
    function: &Range<usize>,
    margin: f32,
    model: &mut dyn Generate,
) -> Result<Vec<Bug>, GenerateError> {
    let strongest = suspicions(snapshot, function, model)?;
    let strongest = strongest.get(..1).unwrap_or_default();
    let meant = strongest
        .first()
        .is_some_and(|suspicion| suspicion.margin > margin);
    Ok(if meant {
        suspected(snapshot, strongest)
    } else {
        Vec::new()
    })
}

/// The bugs of all functions of a file, in the order of the text.
pub fn bugs_of_file(
    snapshot: &Snapshot,
    margin: f32,
    model: &mut dyn Generate,
) -> Result<Vec<Bug>, GenerateError> {
    let functions = snapshot
        .syntax
        .as_ref()
        .map(|syntax| syntax.functions(snapshot.rope()))
        .unwrap_or_default();
    let mut found = Vec::new();
    for function in functions {
        found.extend(bugs(snapshot, &function, margin, model)?);
    }
    Ok(found)
}

/// What the model finds unlikely, as bugs: those of `suspicions` that are verified, not
/// suppressed, and in no broken place.
pub fn suspected(snapshot: &Snapshot, suspicions: &[Suspicion]) -> Vec<Bug> {
    let Some(syntax) = &snapshot.syntax else {
        return Vec::new();
    };
    let code = Code::new(syntax, snapshot.rope());
    let finding = |suspicion: &Suspicion| {
        let message = format!("this is probably a mistake: {}", suspicion.title);
        let range = code.nodes().rfind(|node| {
            node.start() <= suspicion.edit.range.start && suspicion.edit.range.end <= node.end()
        });
        let range = range.map_or(suspicion.edit.range.clone(), Node::range);
        Finding {
            code: UNLIKELY,
            ..Finding::new(
                range,
                message,
                suspicion.title.clone(),
                vec![suspicion.edit.clone()],
            )
        }
    };
    let view = View::new(&code, &snapshot.path);
    search::verified(
        syntax,
        snapshot.rope(),
        &view,
        &Suppressions::of(&view),
        suspicions.iter().map(finding).collect(),
    )
}

/// By how much each mutation of one place is likelier than what is there.
fn margins(
    snapshot: &Snapshot,
    text: &str,
    function: usize,
    group: &[Mutation],
    model: &mut dyn Generate,
) -> Result<Vec<f32>, GenerateError> {
    let (Some(start), Some(last)) = (
        group.first().map(|change| change.edit.range.start),
        group.iter().map(|change| change.edit.range.end).max(),
    ) else {
        return Ok(Vec::new());
    };
    let (prompt, healed) = prompt_before(snapshot, function, start, &*model);
    let end = last
        + text[last..]
            .split_inclusive('\n')
            .take(LINES_AHEAD + 1)
            .map(str::len)
            .sum::<usize>();
    let changed = |change: &Mutation| {
        format!(
            "{healed}{}{}",
            change.edit.text,
            &text[change.edit.range.end..end]
        )
    };
    let present = format!("{healed}{}", &text[start..end]);
    let all = std::iter::once(present).chain(group.iter().map(changed));
    let continuations: Vec<Vec<Segment>> = all.map(|text| vec![Segment::Text(text)]).collect();
    let scores: Vec<f32> = model
        .score(&prompt, &continuations)?
        .iter()
        .map(|logprobs| logprobs.iter().sum())
        .collect();
    let present = scores.first().copied().unwrap_or_default();
    Ok(scores[1..].iter().map(|score| score - present).collect())
}
