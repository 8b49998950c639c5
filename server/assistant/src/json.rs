//! JSON as clients write it, where it is clear what they mean: half a surrogate pair in a string, a
//! whole number with a decimal point.

use serde_json::{Value, json};

/// The body with U+FFFD for every `\uD800`-like escape that has no partner, or `None` if there is
/// none. Editors whose strings are UTF-16 can hold half a character; U+FFFD is one unit long too,
/// so that all columns stay true.
pub fn replace_lone_surrogates(body: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| {
        let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut replaced, mut at, mut changed) = (Vec::with_capacity(body.len()), 0, false);
    while at < body.len() {
        let length = match unit(at) {
            Some(0xD800..0xDC00) if matches!(unit(at + 6), Some(0xDC00..0xE000)) => 12,
            Some(0xD800..0xE000) => {
                replaced.extend_from_slice(b"\\ufffd");
                changed = true;
                at += 6;
                continue;
            }
            _ if body[at] == b'\\' => 2,
            _ => 1,
        };
        let end = (at + length).min(body.len());
        replaced.extend_from_slice(&body[at..end]);
        at = end;
    }
    changed.then_some(replaced)
}

/// Takes the point out of whole numbers. Values are nested 128 deep at most.
pub fn whole_numbers(value: &mut Value) {
    const LARGEST: f64 = (1u64 << 53) as f64;
    match value {
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(members) => members.values_mut().for_each(whole_numbers),
        Value::Number(number) if number.is_f64() => {
            let whole = number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() <= LARGEST);
            if let Some(whole) = whole {
                *value = json!(whole as i64);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_without_a_fraction_become_whole() {
        let mut value = json!([3.0, {"a": -2.0}, 0.5, 1e300, "3.0"]);
        whole_numbers(&mut value);
        assert_eq!(value, json!([3, {"a": -2}, 0.5, 1e300, "3.0"]));
    }
}
