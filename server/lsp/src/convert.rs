//! The protocol's types to ours and back, in one place.

use text::{ContentChange, Encoding, Position};
use tower_lsp::ls_types::{
    ClientCapabilities, Position as LspPosition, PositionEncodingKind, Range,
    TextDocumentContentChangeEvent,
};

/// The encoding to use with a client: the first it offers that is not the protocol's own UTF-16,
/// which is for want of a better. Clients name the one they count in first, and some know the
/// others badly.
pub fn negotiate(capabilities: &ClientCapabilities) -> Encoding {
    let offered = capabilities
        .general
        .as_ref()
        .and_then(|general| general.position_encodings.as_deref());
    let mut known = offered
        .unwrap_or_default()
        .iter()
        .filter_map(|kind| encoding_named(kind.as_str()).ok());
    known
        .find(|encoding| *encoding != Encoding::Utf16)
        .unwrap_or_default()
}

/// An encoding by its protocol name.
pub fn encoding_kind(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

/// The encoding of a protocol name.
pub fn encoding_named(name: &str) -> Result<Encoding, String> {
    let mut all = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].into_iter();
    let found = all.find(|encoding| encoding_kind(*encoding).as_str() == name);
    found.ok_or_else(|| "must be utf-8, utf-16 or utf-32".into())
}

/// A position from the client.
pub fn position(position: LspPosition) -> Position {
    Position::new(position.line, position.character)
}

/// A position for the client.
pub fn lsp_position(position: Position) -> LspPosition {
    LspPosition::new(position.line, position.character)
}

/// The empty range at a position.
pub fn at(position: LspPosition) -> Range {
    Range::new(position, position)
}

/// One entry of `contentChanges`.
pub fn content_change(event: TextDocumentContentChangeEvent) -> ContentChange {
    let range = event
        .range
        .map(|range| (position(range.start), position(range.end)));
    ContentChange {
        range,
        text: event.text,
    }
}
