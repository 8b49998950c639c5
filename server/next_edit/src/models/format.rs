//! The formats of next-edit models, and what differs between them: which lines a model may rewrite,
//! the prompt, and how an answer is read. Each has a file of its own; `names.rs` finds a model's.

use super::rewrite::{self, Rewritten};
use super::window::EditWindow;
use super::{regions, sweep, zeta, zeta2};
use context::{Generate, Prompt, Snapshot};

/// How a family of next-edit models is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditFormat {
    /// Sweep Next-Edit 0.5B and 1.5B.
    Sweep,
    /// Zed's first Zeta.
    Zeta,
    /// Zeta 2.
    Zeta2,
    /// Zeta 2.1.
    Zeta21,
}

impl EditFormat {
    /// The special tokens of all formats.
    pub fn all_markers() -> Vec<String> {
        let of_formats = [sweep::MARKERS, zeta::MARKERS, zeta2::MARKERS];
        of_formats.concat().into_iter().map(str::to_owned).collect()
    }

    /// The family that its models were trained from, which says how they fill in the middle.
    pub fn family(self) -> &'static str {
        match self {
            Self::Sweep | Self::Zeta => "Qwen-Coder",
            Self::Zeta2 | Self::Zeta21 => "Seed-Coder",
        }
    }

    /// Whose format it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "Sweep",
            Self::Zeta => "Zeta",
            Self::Zeta2 => "Zeta 2",
            Self::Zeta21 => "Zeta 2.1",
        }
    }

    /// This format, or the one of its family that the vocabulary is made for.
    pub(super) fn with_vocabulary(self, knows: &dyn Fn(&str) -> bool) -> Option<Self> {
        match self {
            Self::Sweep => knows(sweep::FILE).then_some(self),
            Self::Zeta if knows(zeta2::MIDDLE) => Some(Self::Zeta2),
            Self::Zeta => knows(zeta::KNOWN).then_some(self),
            Self::Zeta2 | Self::Zeta21 => knows(zeta2::MIDDLE).then_some(self),
        }
    }

    /// The lines that the model may rewrite.
    pub(super) fn window(self, snapshot: &Snapshot, offset: usize, room: usize) -> EditWindow<'_> {
        match self {
            Self::Sweep => sweep::window(snapshot, offset, room),
            Self::Zeta | Self::Zeta2 | Self::Zeta21 => zeta::window(snapshot, offset, room),
        }
    }

    /// What the model is asked, and what it answers if it changes nothing.
    pub(super) fn prompt(self, window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
        match self {
            Self::Sweep => sweep::prompt(window, model),
            Self::Zeta => zeta::prompt(window, model),
            Self::Zeta2 => zeta2::prompt(window, model),
            Self::Zeta21 => regions::prompt(window, model),
        }
    }

    /// Texts that have a meaning in the prompt and are no special tokens, whole lines with their
    /// break. About code that holds one the model is not asked.
    pub(super) fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Sweep => &[],
            Self::Zeta => zeta::RESERVED,
            Self::Zeta2 => zeta2::RESERVED,
            Self::Zeta21 => regions::RESERVED,
        }
    }

    /// What ends the answer within its text; empty where only a special token does.
    pub(super) fn end(self) -> &'static str {
        match self {
            Self::Sweep | Self::Zeta21 => "",
            Self::Zeta => zeta::END,
            Self::Zeta2 => zeta2::END,
        }
    }

    /// The window as an answer rewrites it, once the answer has come to its end.
    pub(super) fn read(self, window: &EditWindow, answer: &str) -> Option<Rewritten> {
        match self {
            Self::Sweep => Some(Rewritten::whole(answer)),
            Self::Zeta => zeta::read(answer),
            Self::Zeta2 => zeta2::read(window, answer),
            Self::Zeta21 => regions::read(window, answer),
        }
    }

    /// The same for an answer that has changed something and has come back to the lines of the
    /// window: the rest is taken from there, so that the model need not write it.
    pub(super) fn settled(self, window: &EditWindow, answer: &str) -> Option<Rewritten> {
        match self {
            Self::Zeta21 => None,
            Self::Sweep | Self::Zeta | Self::Zeta2 => rewrite::settled(&window.text, answer),
        }
    }
}
