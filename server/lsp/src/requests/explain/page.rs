//! The explanation of a suggestion as a Markdown page: what a person wants to know first. What was
//! suggested, whether it is shown and why, where it came from, how long it took, what the model
//! saw.
//!
//! `nigh/explain` gathers the facts; editors show the page and put the prompt below it. Nothing
//! here asks the model.

use assistant::counters::{Cost, milliseconds};
use assistant::{EnginePhase, EngineStatus, Explanation};
use completion::{Candidate, Outcome, Proximity, ScoredCandidate, Written};
use context::{Piece, Prompt, Stats};
use std::fmt::Write;

/// Other candidates that are listed.
const MAX_OTHERS: usize = 5;
/// Characters of a candidate in the list of others.
const MAX_CHARACTERS: usize = 60;

/// The page; it has no title, as the editor knows the place better.
pub fn page(explanation: &Explanation, language: &str) -> String {
    let outcome = &explanation.outcome;
    let mut page = suggestion(outcome, explanation.threshold, language);
    if let Some(best) = outcome.likeliest() {
        page += "\n## Where it came from\n\n";
        for origin in origins(&best.candidate) {
            let _ = writeln!(page, "- {origin}");
        }
        page += &others(&outcome.candidates);
    }
    if let Some(status) = &explanation.engine {
        page += &engine(status, outcome.written);
    }
    page += &time(outcome);
    page + &pieces(&explanation.prompt)
}

/// The text, and whether it is shown.
fn suggestion(outcome: &Outcome, threshold: f32, language: &str) -> String {
    let best = outcome
        .likeliest()
        .map(|scored| scored.candidate.text.as_str());
    let shown = outcome.completion.as_ref();
    let text = shown.map(|completion| completion.text.as_str()).or(best);
    let mut page = "## Suggestion\n\n".to_owned();
    page += &text.map_or("None.\n".to_owned(), |text| fenced(language, text));
    let confidence = shown
        .map(|completion| completion.confidence)
        .or(outcome.likeliest().map(|scored| scored.confidence));
    let verdict = match (shown, confidence) {
        (Some(_), Some(_))
            if outcome.candidates.is_empty() && outcome.stats == Stats::default() =>
        {
            "Shown: it repeats your last edits. The model was not asked.".to_owned()
        }
        (Some(_), Some(confidence)) if outcome.candidates.is_empty() => format!(
            "Shown: the model predicts it from your last edits, with a confidence of {}.",
            percent(confidence)
        ),
        (Some(_), Some(confidence)) => format!(
            "Shown while you type: its confidence is {}, and {} is enough.",
            percent(confidence),
            percent(threshold)
        ),
        (None, Some(confidence)) => format!(
            "Not shown while you type: its confidence is {}, and {} is needed. It appears when you ask \
             for a suggestion.",
            percent(confidence),
            percent(threshold)
        ),
        _ => format!("Nothing can be shown: {}.", reason(outcome.suppressed_by)),
    };
    let _ = writeln!(page, "\n{verdict}");
    if text.is_none() && !outcome.generated.trim().is_empty() {
        let _ = write!(
            page,
            "\nThe model generated:\n\n{}",
            fenced(language, &outcome.generated)
        );
    }
    page
}

/// Which engine answered, and why.
fn engine(status: &EngineStatus, written: Written) -> String {
    let EngineStatus { url, phase, .. } = status;
    let why = status.why.as_deref().unwrap_or_default();
    let model = status.model.as_deref().unwrap_or("a model");
    let sentence = match (written, phase) {
        (Written::Kept, _) => format!("The answer of `{model}` at {url} is a candidate."),
        (Written::Dropped(filter), _) => format!(
            "`{model}` at {url} answered, but its answer was dropped: {}. So the embedded model \
             answered.",
            reason(filter)
        ),
        (Written::Nothing, _) => {
            format!("The embedded model answered, as the engine at {url} gave no answer: {why}.")
        }
        (Written::NotAsked, EnginePhase::Connecting) => {
            format!("The embedded model answered, as the engine at {url} is not yet connected.")
        }
        (Written::NotAsked, EnginePhase::Ready) => format!(
            "The engine at {url} was not asked: the last edits repeat, or the document holds a \
             secret."
        ),
        (Written::NotAsked, _) => {
            format!("The embedded model answered, as the engine at {url} cannot be used: {why}.")
        }
    };
    format!("\n## Engine\n\n{sentence}\n")
}

/// Why nothing is shown, as the end of a sentence.
fn reason(suppressed_by: &str) -> &str {
    match suppressed_by {
        "uncertain" => "the model is too uncertain",
        "indentation" => "the text does not continue the indentation",
        "suffix" => "it repeats the text after the cursor, or would run into it",
        "brackets" => "the brackets of the text do not match",
        "repetition" => "the text repeats itself",
        "reply" => "the model wrote about the code, or began again, rather than to continue it",
        "comment" => "the text is only a comment",
        "blank" | "nothing" => "the model generated nothing but white space",
        "layout" => "the text does not fit the layout of the lines around it",
        "characters" => "the text has characters that no source has",
        "syntax_error" => "the text would add a syntax error",
        "schema" => "the text names tables or columns that the schema does not have",
        "question" => "a question is asked here, and no query is sure to answer it",
        other => other,
    }
}

/// Where a candidate came from, one sentence for each source that gave it.
pub fn origins(candidate: &Candidate) -> Vec<String> {
    let mut all = Vec::new();
    if candidate.written.is_some() {
        all.push("The engine's model generated it.".to_owned());
    } else if candidate.generated {
        all.push("The model generated it.".to_owned());
    }
    if let Some(copied) = candidate.copied {
        let place = match copied.proximity {
            Proximity::SameFile => "in this file",
            Proximity::SameFolder => "in a file of this folder",
            Proximity::Workspace => "elsewhere in the workspace",
        };
        all.push(format!(
            "It follows the same {} {place} ({}).",
            count(copied.lexemes, "token"),
            count(copied.places, "place")
        ));
    }
    if let Some((_, names)) = candidate.adapted {
        all.push(format!(
            "A similar line reads the same, with {} replaced.",
            count(names, "name")
        ));
    }
    if candidate.identifier {
        all.push("It is a name in scope, chosen by the model.".to_owned());
    }
    if all.is_empty() {
        all.push(
            "It is the beginning of other candidates, or another answer of the model.".to_owned(),
        );
    }
    all
}

fn others(candidates: &[ScoredCandidate]) -> String {
    let others = candidates.iter().skip(1).take(MAX_OTHERS);
    let rows: String = others
        .map(|scored| {
            let text = short(&scored.candidate.text);
            let origin = origins(&scored.candidate).join(" ");
            format!("| {} | {text} | {origin} |\n", percent(scored.confidence))
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\n## Other candidates\n\n| confidence | text | source |\n|---:|---|---|\n{rows}")
}

/// How long it took, step by step.
fn time(outcome: &Outcome) -> String {
    let cost = Cost::of(&outcome.timings, &outcome.stats);
    let stats = &outcome.stats;
    let total = milliseconds(outcome.timings.total);
    format!(
        "\n## Time\n\n{total:.0} ms when this page was made. A prompt that was read before is not read \
         again.\n\n| step | ms | tokens |\n|---|---:|---:|\n\
         | find context and copies | {:.1} | |\n\
         | read the prompt | {:.1} | {} of {}, the rest was cached |\n\
         | generate | {:.1} | {}, of these {} drafted |\n\
         | choose names | {:.1} | |\n\
         | score the candidates | {:.1} | |\n\
         | wait for the engine | {:.1} | |\n\
         | filters and the rest | {:.1} | |\n",
        cost.gathering_ms,
        cost.reading_ms,
        cost.tokens_read,
        stats.prompt_tokens,
        cost.saying_ms,
        cost.tokens_said,
        cost.tokens_drafted,
        cost.naming_ms,
        cost.judging_ms,
        cost.waiting_ms,
        cost.rest_ms,
    )
}

/// What the model saw, and what was left out.
fn pieces(prompt: &Prompt) -> String {
    let (seen, left_out): (Vec<&Piece>, Vec<&Piece>) = prompt
        .pieces
        .iter()
        .partition(|piece| piece.left_out.is_empty());
    let mut page = "\n## What the model saw\n\n| piece | file | part | score | tokens |\n\
                    |---|---|---|---:|---:|\n"
        .to_owned();
    for piece in seen {
        let score = piece
            .score
            .map_or(String::new(), |score| format!("{score:.2}"));
        let Piece {
            what,
            path,
            detail,
            tokens,
            ..
        } = piece;
        let _ = writeln!(page, "| {what} | {path} | {detail} | {score} | {tokens} |");
    }
    if !prompt.required.is_empty() {
        let _ = writeln!(
            page,
            "\nThe answer must begin with `{}` (token healing).",
            prompt.required
        );
    }
    if !left_out.is_empty() {
        page += "\n## What was left out\n\n| piece | file | part | reason | tokens |\n\
                 |---|---|---|---|---:|\n";
    }
    for piece in left_out {
        let Piece {
            what,
            path,
            detail,
            left_out,
            tokens,
            ..
        } = piece;
        let _ = writeln!(
            page,
            "| {what} | {path} | {detail} | {left_out} | {tokens} |"
        );
    }
    page
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A block of code, in a fence that the text does not end.
fn fenced(language: &str, text: &str) -> String {
    let longest = text
        .split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        text.trim_end_matches('\n')
    )
}

/// The beginning of a text as code in a cell of a table.
fn short(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or_default();
    let mut short: String = line.chars().take(MAX_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", short.replace('|', "\\|").replace('`', "'"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use completion::CopyMatch;

    #[test]
    fn every_source_of_a_candidate_is_named() {
        let copied = CopyMatch {
            lexemes: 7,
            bytes: 30,
            agreement: 1.0,
            places: 1,
            proximity: Proximity::SameFolder,
        };
        let candidate = Candidate {
            text: "value".into(),
            generated: true,
            copied: Some(copied),
            adapted: Some((3, 2)),
            identifier: true,
            ..Candidate::default()
        };
        let origins = origins(&candidate);
        assert_eq!(origins.len(), 4, "{origins:?}");
        assert!(origins[1].contains("the same 7 tokens in a file of this folder (1 place)"));
        assert!(origins[2].contains("2 names replaced"));
    }

    #[test]
    fn the_page_says_which_engine_answered_and_why() {
        let status = |phase| EngineStatus {
            url: "http://gpu:8080".into(),
            phase,
            model: Some("qwen".into()),
            why: Some("it is slow".into()),
            ..EngineStatus::default()
        };
        for (written, phase, expected) in [
            (
                Written::Kept,
                EnginePhase::Ready,
                "`qwen` at http://gpu:8080 is a candidate",
            ),
            (
                Written::Dropped("suffix"),
                EnginePhase::Ready,
                "repeats the text after the cursor",
            ),
            (
                Written::Nothing,
                EnginePhase::Paused,
                "gave no answer: it is slow",
            ),
            (
                Written::NotAsked,
                EnginePhase::Connecting,
                "not yet connected",
            ),
            (
                Written::NotAsked,
                EnginePhase::Unusable,
                "cannot be used: it is slow",
            ),
            (Written::NotAsked, EnginePhase::Ready, "holds a secret"),
        ] {
            let page = engine(&status(phase), written);
            assert!(page.contains(expected), "{page}");
        }
        let candidate = Candidate {
            generated: true,
            written: Some(Vec::new()),
            ..Candidate::default()
        };
        assert_eq!(origins(&candidate), ["The engine's model generated it."]);
    }

    #[test]
    fn code_cannot_end_its_fence() {
        assert_eq!(fenced("python", "a\n"), "```python\na\n```\n");
        assert_eq!(fenced("", "```x```"), "````\n```x```\n````\n");
    }

    #[test]
    fn a_long_text_is_cut_in_a_table() {
        assert_eq!(short("a | b"), "`a \\| b`");
        assert_eq!(short("first\nsecond"), "`first…`");
    }
}
