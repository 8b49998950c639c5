//! JSON, as far as rows need it: the members of an object, and where a value ends.
//!
//! Objects and arrays inside a value are passed over by their brackets and kept as text, so depth
//! costs a counter and no recursion. Strings lose their escapes. Nothing is looked up.

/// The deepest brackets that are followed.
const DEPTH: u32 = 128;

/// Why no value was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// The bytes end in the middle of the value.
    Unfinished,
    /// The bytes are no JSON from this place on.
    Invalid(usize),
}

/// A value of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonValue {
    Null,
    /// A string: the bytes between its quotes.
    Text(usize, usize),
    /// Anything else, as it is written.
    Raw(usize, usize),
}

/// The place after white space.
pub(crate) fn after_space(data: &[u8], at: usize) -> usize {
    let rest = data.get(at..).unwrap_or_default();
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    at + rest.iter().take_while(is_space).count()
}

/// Whether the whole text is one object or array.
pub(crate) fn is_nested(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'{' | b'[')) && nested_end(text, 0) == Ok(text.len())
}

/// Where the object or array that starts at `at` ends.
fn nested_end(data: &[u8], mut at: usize) -> Result<usize, JsonError> {
    // One bit for each open bracket: 1 for an object.
    let (mut open, mut depth) = (0_u128, 0);
    loop {
        let rest = data.get(at..).unwrap_or_default();
        let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
        at += rest.iter().position(is_mark).ok_or(JsonError::Unfinished)?;
        match data[at] {
            b'"' => {
                at = string_end(data, at)?;
                continue;
            }
            byte @ (b'{' | b'[') => {
                if depth == DEPTH {
                    return Err(JsonError::Invalid(at));
                }
                open = open << 1 | u128::from(byte == b'{');
                depth += 1;
            }
            byte => {
                if open & 1 != u128::from(byte == b'}') {
                    return Err(JsonError::Invalid(at));
                }
                open >>= 1;
                depth -= 1;
            }
        }
        at += 1;
        if depth == 0 {
            return Ok(at);
        }
    }
}

/// The place after the string that starts at `at`.
fn string_end(data: &[u8], at: usize) -> Result<usize, JsonError> {
    let mut at = at + 1;
    loop {
        let rest = data.get(at..).unwrap_or_default();
        at += memchr::memchr3(b'"', b'\\', b'\n', rest).ok_or(JsonError::Unfinished)?;
        match data[at] {
            b'"' => return Ok(at + 1),
            b'\\' => at += 2,
            _ => return Err(JsonError::Invalid(at)),
        }
    }
}

/// The value that starts at `at`, and the place after it.
fn value(data: &[u8], at: usize) -> Result<(JsonValue, usize), JsonError> {
    match data.get(at) {
        None => Err(JsonError::Unfinished),
        Some(b'"') => {
            let end = string_end(data, at)?;
            Ok((JsonValue::Text(at + 1, end - 1), end))
        }
        Some(b'{' | b'[') => {
            let end = nested_end(data, at)?;
            Ok((JsonValue::Raw(at, end), end))
        }
        Some(_) => {
            let rest = &data[at..];
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let length = rest.iter().take_while(is_part).count();
            if length == rest.len() {
                return Err(JsonError::Unfinished);
            }
            let word = &rest[..length];
            let is_number = word
                .first()
                .is_some_and(|b| b.is_ascii_digit() || *b == b'-');
            match word {
                b"null" | b"NaN" => Ok((JsonValue::Null, at + length)),
                b"true" | b"false" | b"Infinity" | b"-Infinity" => {
                    Ok((JsonValue::Raw(at, at + length), at + length))
                }
                _ if is_number => Ok((JsonValue::Raw(at, at + length), at + length)),
                _ => Err(JsonError::Invalid(at)),
            }
        }
    }
}

/// Reads the object that starts at `at`: calls `each` with the place of each member's name between
/// its quotes, and its value. The place after the object.
pub(crate) fn object(
    data: &[u8],
    at: usize,
    each: &mut dyn FnMut((usize, usize), JsonValue),
) -> Result<usize, JsonError> {
    let expect = |at: usize, wanted: u8| match data.get(at) {
        None => Err(JsonError::Unfinished),
        Some(byte) if *byte == wanted => Ok(at + 1),
        Some(_) => Err(JsonError::Invalid(at)),
    };
    let mut at = after_space(data, expect(at, b'{')?);
    if data.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        expect(at, b'"')?;
        let end = string_end(data, at)?;
        let name = (at + 1, end - 1);
        at = after_space(data, expect(after_space(data, end), b':')?);
        let (found, end) = value(data, at)?;
        each(name, found);
        at = after_space(data, end);
        match data.get(at) {
            None => return Err(JsonError::Unfinished),
            Some(b'}') => return Ok(at + 1),
            Some(b',') => at = after_space(data, at + 1),
            Some(_) => return Err(JsonError::Invalid(at)),
        }
    }
}

/// Appends a string without its escapes; one that is not an escape stays as it is.
pub(crate) fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\\', &text[at..]) {
        out.extend_from_slice(&text[at..at + length]);
        at += length + 1;
        let plain = match text.get(at) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'u') => {
                let (c, length) = unicode(&text[at + 1..]);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += 1 + length;
                continue;
            }
            Some(byte) => *byte,
            None => b'\\',
        };
        out.push(plain);
        at = (at + 1).min(text.len());
    }
    out.extend_from_slice(&text[at..]);
}

/// The character of four hexadecimal digits, or of two such escapes, and how many bytes they are.
fn unicode(text: &[u8]) -> (char, usize) {
    let unit = |part: Option<&[u8]>| {
        let digits = str::from_utf8(part?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(text.get(..4)) else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    if let 0xd800..=0xdbff = first
        && text.get(4..6) == Some(b"\\u")
        && let Some(second @ 0xdc00..=0xdfff) = unit(text.get(6..10))
    {
        let whole = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (
            char::from_u32(whole).unwrap_or(char::REPLACEMENT_CHARACTER),
            10,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        4,
    )
}
