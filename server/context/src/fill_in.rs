//! The fill-in-the-middle prompt: pieces of other files, path header, text after the cursor, text
//! before the cursor.
//!
//! Pieces of other files come first, as training put them: each after its path. Pieces of the
//! document itself that the window leaves out come right before the window, in the order of the
//! text.

use crate::chat::{BegunReply, Question};
use crate::cursor_context::CursorContext;
use crate::fim::{FimFormat, PathHeader};
use crate::heal::heal_start;
use crate::prompt::{CountTokens, Piece, Prompt, Segment};
use crate::rank::{RankedSnippet, rank};
use crate::snapshot::Snapshot;
use crate::source_weights::SourceWeights;
use crate::window;
use std::ops::Range;

/// How many tokens a prompt may take, markers included, and what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Tokens of the whole prompt.
    pub tokens: usize,
    /// What it has besides the window.
    pub weights: SourceWeights,
}

impl Budget {
    /// The share of the text after the cursor in that of the window. What one side leaves free, the
    /// other may use.
    const SUFFIX_SHARE: (usize, usize) = (1, 4);
    /// Tokens kept for markers.
    const MARKERS: usize = 8;
    /// What a short file leaves free is given to the sources in steps of this many tokens, so that
    /// it changes rarely.
    const STEP: usize = 64;

    /// A prompt with the window only.
    pub fn window_only(tokens: usize) -> Self {
        Self {
            tokens,
            weights: SourceWeights::NONE,
        }
    }
}

/// The part of the document that is shown: before the cursor and after it, and the tokens of each.
struct Window {
    head: Range<usize>,
    head_tokens: usize,
    tail: Range<usize>,
    tail_tokens: usize,
}

/// The part of the prompt that the document's path may take: one in so many tokens.
const PATH_SHARE: usize = 8;

/// The prompt that asks for the text at byte `offset` of the snapshot's document.
pub fn fill_in(
    snapshot: &Snapshot,
    offset: usize,
    format: &FimFormat,
    budget: Budget,
    tokens: &dyn CountTokens,
) -> Prompt {
    let shown_path = last_pieces(&snapshot.path, budget.tokens / PATH_SHARE, tokens);
    let (header, comment) = path_header(snapshot, shown_path, format);
    let header_tokens = tokens.count(&header) + tokens.count(&comment);
    let turns = format.chat.as_ref().map_or(0, |turns| turns.count(tokens));
    let around = turns + Budget::MARKERS;
    let room = budget.tokens.saturating_sub(header_tokens + around);
    let mark = comment_mark(snapshot);
    let laid_out = |text: &str| match format.path {
        PathHeader::Marker(_) | PathHeader::Line(_) => tokens.count(text),
        PathHeader::Comment => tokens.count(&commented(mark, text)),
    };
    let (window, ranked) = share_out(snapshot, offset, room, &budget.weights, tokens, &laid_out);

    // Models were trained on line feeds only.
    let read = |range: &Range<usize>| snapshot.slice(range.start, range.end).replace("\r\n", "\n");
    let before = read(&window.head);
    let healed = heal_start(&before);
    let required = before[healed..].to_owned();
    let (own, others): (Vec<&RankedSnippet>, Vec<&RankedSnippet>) =
        shown(&ranked).partition(|one| one.candidate.path == *snapshot.path);
    let mut segments = Vec::new();
    let mut front = String::new();
    match format.path {
        PathHeader::Marker(marker) => {
            segments.extend(in_front(&others, marker));
            segments.push(Segment::Marker(marker.to_owned()));
            segments.push(Segment::Text(header));
        }
        PathHeader::Line(before) => front = below_lines(&others, before),
        PathHeader::Comment => front = in_comments(&others, mark),
    }
    front.push_str(&comment);
    front.push_str(&in_order(own));
    let (before, after) = (&before[..healed], read(&window.tail));
    let (laid_out, reply) = lay_out(
        format,
        Question {
            front,
            before,
            after,
            language: language(snapshot),
        },
    );
    segments.extend(laid_out);
    let pieces = account(snapshot, &window, ranked, header_tokens, &budget.weights);
    Prompt {
        segments,
        required,
        reply,
        stops: format.stops.iter().map(|stop| (*stop).to_owned()).collect(),
        pieces,
    }
}

/// The code in the order of the family; with the beginning of the answer where it is a reply.
fn lay_out(format: &FimFormat, code: Question) -> (Vec<Segment>, Option<BegunReply>) {
    match &format.chat {
        Some(turns) => {
            let (segments, reply) = turns.lay_out(&code);
            (segments, Some(reply))
        }
        None => (format.lay_out(code.front + code.before, code.after), None),
    }
}

/// The language of the document, as code blocks name it.
fn language(snapshot: &Snapshot) -> &str {
    let grammar = snapshot.syntax.as_ref().map(|syntax| syntax.grammar.id);
    grammar.unwrap_or(&snapshot.language)
}

/// Divides the room between the window and the sources.
fn share_out(
    snapshot: &Snapshot,
    offset: usize,
    room: usize,
    weights: &SourceWeights,
    tokens: &dyn CountTokens,
    laid_out: &dyn Fn(&str) -> usize,
) -> (Window, Vec<RankedSnippet>) {
    if weights.is_none() {
        return (window(snapshot, offset, room, tokens), Vec::new());
    }
    let share = room * weights.percent / 100;
    let first = window(snapshot, offset, room - share, tokens);
    let free = (room - share).saturating_sub(first.head_tokens + first.tail_tokens) / Budget::STEP
        * Budget::STEP;
    let near = CursorContext::new(snapshot, offset, first.head.start..first.tail.end);
    let mut ranked = rank(&near, weights, share + free, laid_out);
    let taken: usize = shown(&ranked).map(|one| one.tokens).sum();
    let window = window(snapshot, offset, room - taken, tokens);
    let near = near.showing(window.head.start..window.tail.end);
    let line_shown = |one: &RankedSnippet| {
        near.is_own(&one.candidate.path) && near.shows_line(one.candidate.line)
    };
    for one in ranked
        .iter_mut()
        .filter(|one| one.left_out.is_empty() && line_shown(one))
    {
        one.left_out = "shown anyway";
    }
    (window, ranked)
}

/// The part of the document that fits into `room` tokens.
fn window(snapshot: &Snapshot, offset: usize, room: usize, tokens: &dyn CountTokens) -> Window {
    let rope = snapshot.rope();
    let (share, of) = Budget::SUFFIX_SHARE;
    let (mut tail, mut tail_tokens) = window::after(rope, offset, room * share / of, tokens);
    let (head, head_tokens) = window::before(rope, offset, room - tail_tokens, tokens);
    if head.start == 0 && tail.end < rope.len_bytes() {
        (tail, tail_tokens) = window::after(rope, offset, room - head_tokens, tokens);
    }
    Window {
        head,
        head_tokens,
        tail,
        tail_tokens,
    }
}

fn shown(ranked: &[RankedSnippet]) -> impl Iterator<Item = &RankedSnippet> {
    ranked.iter().filter(|one| one.left_out.is_empty())
}

/// The pieces in the order of the prompt, those of one file together: its path and its text.
fn by_file<'a>(pieces: &[&'a RankedSnippet]) -> Vec<(&'a str, String)> {
    let mut files: Vec<(&str, Vec<&RankedSnippet>)> = Vec::new();
    for one in pieces {
        match files
            .iter_mut()
            .find(|(path, _)| *path == one.candidate.path)
        {
            Some((_, known)) => known.push(one),
            None => files.push((&one.candidate.path, vec![one])),
        }
    }
    files
        .into_iter()
        .map(|(path, pieces)| (path, in_order(pieces)))
        .collect()
}

/// The texts of pieces of one file in its order.
fn in_order(mut pieces: Vec<&RankedSnippet>) -> String {
    pieces.sort_by_key(|one| one.candidate.line);
    pieces
        .iter()
        .map(|one| one.candidate.text.as_str())
        .collect()
}

/// Pieces of other files, each file after the marker for paths.
fn in_front(pieces: &[&RankedSnippet], marker: &str) -> Vec<Segment> {
    let file = |(path, text)| {
        [
            Segment::Marker(marker.to_owned()),
            Segment::Text(format!("{path}\n{text}")),
        ]
    };
    by_file(pieces).into_iter().flat_map(file).collect()
}

/// Pieces of other files, each file below a line with its path.
fn below_lines(pieces: &[&RankedSnippet], before: &str) -> String {
    by_file(pieces)
        .into_iter()
        .map(|(path, text)| format!("{before}{path}\n{text}\n"))
        .collect()
}

/// Pieces of other files as comments, for families that know no marker for paths.
fn in_comments(pieces: &[&RankedSnippet], mark: &str) -> String {
    by_file(pieces)
        .into_iter()
        .map(|(path, text)| commented(mark, &format!("{path}\n{text}")))
        .collect()
}

fn commented(mark: &str, text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| format!("{mark} {line}"))
        .collect()
}

/// What begins a comment in the document's language.
fn comment_mark(snapshot: &Snapshot) -> &str {
    let comment = snapshot
        .syntax
        .as_ref()
        .and_then(|syntax| syntax.grammar.facts.line_comment.as_deref());
    comment.unwrap_or("#")
}

/// As many of the last pieces of a path as fit into so many tokens; of a name that does not fit,
/// its end.
fn last_pieces<'p>(path: &'p str, most: usize, tokens: &dyn CountTokens) -> &'p str {
    // Counting is dear, and no token is this long.
    let fits = |part: &&str| part.len() <= most * 16 && tokens.count(part) <= most;
    let suffixes = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    if let Some(whole) = std::iter::once(path).chain(suffixes).find(fits) {
        return whole;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let halves = std::iter::successors(Some(name), |part| {
        let half = (part.len().div_ceil(2)..part.len()).find(|at| part.is_char_boundary(*at))?;
        Some(&part[half..])
    });
    halves.into_iter().find(fits).unwrap_or_default()
}

/// The path as the family wants it: after its marker, or as a line before the code.
fn path_header(snapshot: &Snapshot, path: &str, format: &FimFormat) -> (String, String) {
    let line = format!("{path}\n");
    match format.path {
        PathHeader::Marker(_) => (line, String::new()),
        PathHeader::Line(before) => (String::new(), format!("{before}{line}")),
        PathHeader::Comment => (String::new(), commented(comment_mark(snapshot), &line)),
    }
}

/// What is in the prompt, then what is left out, then the sources that are switched off.
fn account(
    snapshot: &Snapshot,
    window: &Window,
    ranked: Vec<RankedSnippet>,
    header_tokens: usize,
    weights: &SourceWeights,
) -> Vec<Piece> {
    let path = || snapshot.path.to_string();
    let own = |what, detail, tokens| Piece {
        what,
        path: path(),
        detail,
        tokens,
        ..Piece::default()
    };
    let piece = |one: RankedSnippet| {
        let (first, lines) = (one.candidate.line + 1, one.candidate.text.lines().count());
        let detail = if lines > 1 {
            format!("lines {first} to {}", first + lines - 1)
        } else {
            format!("line {first}")
        };
        Piece {
            what: one.source,
            path: one.candidate.path,
            detail,
            score: Some(one.value),
            tokens: one.tokens,
            left_out: one.left_out,
        }
    };
    let (shown, left_out): (Vec<Piece>, Vec<Piece>) = ranked
        .into_iter()
        .map(piece)
        .partition(|piece| piece.left_out.is_empty());
    let mut pieces = shown;
    pieces.push(own("path", String::new(), header_tokens));
    pieces.push(own(
        "text after the cursor",
        lines(snapshot, &window.tail),
        window.tail_tokens,
    ));
    pieces.push(own(
        "text before the cursor",
        lines(snapshot, &window.head),
        window.head_tokens,
    ));
    pieces.extend(left_out);
    pieces.extend(weights.off().map(|what| Piece {
        what,
        left_out: "off for a model of this size",
        ..Piece::default()
    }));
    pieces
}

fn lines(snapshot: &Snapshot, range: &Range<usize>) -> String {
    let rope = snapshot.rope();
    if range.is_empty() {
        return "nothing".to_owned();
    }
    let (first, last) = (
        rope.byte_to_line(range.start),
        rope.byte_to_line(range.end.saturating_sub(1)),
    );
    format!(
        "lines {} to {} of {}",
        first + 1,
        last + 1,
        rope.len_lines()
    )
}
