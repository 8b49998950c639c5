//! Writes a prompt for a next-edit model, segment by segment.

use context::{Generate, Segment};

/// Bytes per token, for estimates of how much text fits.
pub(super) const BYTES_PER_TOKEN: usize = 3;

/// Segments as they are written: texts that follow each other become one, as the tokenizer must
/// see them.
pub(super) struct PromptWriter<'m> {
    pub(super) model: &'m dyn Generate,
    pub(super) segments: Vec<Segment>,
}

impl<'m> PromptWriter<'m> {
    pub(super) fn new(model: &'m dyn Generate) -> Self {
        Self {
            model,
            segments: Vec::new(),
        }
    }

    /// A special token, or its spelling where the vocabulary has none.
    pub(super) fn marker(&mut self, marker: &str) {
        if self.model.knows(marker) {
            self.segments.push(Segment::Marker(marker.to_owned()));
        } else {
            self.text(marker);
        }
    }

    pub(super) fn text(&mut self, more: &str) {
        match self.segments.last_mut() {
            _ if more.is_empty() => {}
            Some(Segment::Text(text)) => text.push_str(more),
            _ => self.segments.push(Segment::Text(more.to_owned())),
        }
    }

    /// All that another one has.
    pub(super) fn extend(&mut self, other: Self) {
        for segment in other.segments {
            match segment {
                Segment::Text(text) | Segment::Inner(text) => self.text(&text),
                marker => self.segments.push(marker),
            }
        }
    }

    /// A text that ends its line.
    pub(super) fn lines(&mut self, text: &str) {
        self.text(text);
        if !text.ends_with('\n') {
            self.text("\n");
        }
    }

    /// The number of tokens so far.
    pub(super) fn tokens(&self) -> usize {
        let count = |segment: &Segment| match segment {
            Segment::Marker(_) => 1,
            Segment::Text(text) | Segment::Inner(text) => self.model.count(text),
        };
        self.segments.iter().map(count).sum()
    }
}
