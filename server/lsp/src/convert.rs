//! The protocol's types to ours and back, in one place.

use text::{ContentChange, Encoding, Position};
use tower_lsp::ls_types::{
    ClientCapabilities, Position as LspPosition, PositionEncodingKind, Range, TextDocumentContentChangeEvent,
};

/// The encoding to use with a client: UTF-8 if it offers that, then UTF-32, else the protocol's own UTF-16.
pub fn negotiate(capabilities: &ClientCapabilities) -> Encoding {
    let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let offers = |kind: PositionEncodingKind| offered.is_some_and(|kinds| kinds.contains(&kind));
    if offers(PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if offers(PositionEncodingKind::UTF32) && !offers(PositionEncodingKind::UTF16) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    }
}

/// An encoding by its protocol name.
pub fn encoding_kind(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
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
    let range = event.range.map(|range| (position(range.start), position(range.end)));
    ContentChange { range, text: event.text }
}
