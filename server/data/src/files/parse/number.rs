//! Numbers as people write them: with a decimal point or a decimal comma, in groups of thousands.
//!
//! Two styles exist. In point style the fraction follows `.` and groups are cut by `,`; in comma
//! style it is the other way round. In both, groups may also be cut by a space or `'`. A value that
//! both styles read alike belongs to no style. Which style a column has is decided from all of its
//! values, not here.

/// A number, exact: `mantissa` divided by 10 to the power of `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub mantissa: i64,
    pub scale: u8,
    /// The nearest binary number.
    pub value: f64,
    /// Whether `mantissa` and `scale` are the whole truth.
    pub is_exact: bool,
}

impl Number {
    /// Whether it is written without a fraction and fits 64 bits.
    pub(crate) fn is_integer(&self) -> bool {
        self.scale == 0 && self.is_exact
    }

    /// The number as text, the shortest that means it.
    pub(crate) fn text(&self) -> String {
        if self.is_integer() {
            self.mantissa.to_string()
        } else {
            decimal_text(self.value)
        }
    }

    fn exact(mantissa: i64, scale: u8) -> Self {
        Self {
            mantissa,
            scale,
            value: scaled(mantissa, scale),
            is_exact: true,
        }
    }
}

/// What a value is as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberReading {
    /// Read alike in both styles.
    Plain(Number),
    /// Read in point style, in comma style, or differently in both.
    Styled(Option<Number>, Option<Number>),
    /// Digits with a leading zero, or more digits than 64 bits hold.
    Digits,
    /// No number.
    No,
}

const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The binary number nearest to a decimal one.
pub(crate) fn scaled(mantissa: i64, scale: u8) -> f64 {
    // Both are exact in binary, so the one division rounds once, correctly.
    if mantissa.unsigned_abs() <= 1 << 53 && usize::from(scale) < TENS.len() {
        return mantissa as f64 / TENS[usize::from(scale)];
    }
    format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// A binary number as text, the shortest that means it.
pub(crate) fn decimal_text(value: f64) -> String {
    if value.abs() >= 1e17 {
        format!("{value:e}")
    } else {
        format!("{}", value + 0.0)
    }
}

/// Appends a whole number of ten to the power of minus `scale`, as text.
pub(crate) fn write_scaled(whole: i128, scale: i32, out: &mut Vec<u8>) {
    let digits = whole.unsigned_abs().to_string();
    if whole < 0 {
        out.push(b'-');
    }
    let scale = usize::try_from(scale).unwrap_or(0).min(64);
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (before, after) = padded.split_at(padded.len() - scale);
    out.extend_from_slice(before.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(after.as_bytes());
    }
}

/// The signs of currencies, and of percent, that may be before or after a number.
const SIGNS: [&str; 6] = ["$", "€", "£", "¥", "￥", "%"];

/// Reads a value, whose bytes have no spaces around: a number, perhaps with the sign of a currency
/// or of percent, or in the parentheses that accountants write for a minus.
#[inline]
pub(crate) fn read(value: &[u8]) -> NumberReading {
    match (value.first(), value.last()) {
        (Some(b'0'..=b'9' | b'.' | b','), Some(b'0'..=b'9' | b'.' | b',')) => plain(value),
        _ => match without_signs(value) {
            Some((rest, true)) => plain(rest).negated(),
            Some((rest, false)) => plain(rest),
            None => plain(value),
        },
    }
    .bounded()
}

/// A larger number is no quantity, and its square or a sum of many would be no number at all.
const LARGEST: f64 = 1e100;

/// The number without signs, and whether they make it negative; `None` if it has none.
fn without_signs(value: &[u8]) -> Option<(&[u8], bool)> {
    let inner = value
        .strip_prefix(b"(")
        .and_then(|rest| rest.strip_suffix(b")"));
    let (rest, is_minus) = match (inner, value) {
        (Some(inner), _) => (inner, true),
        (None, [b'-', rest @ ..]) => (rest, true),
        (None, rest) => (rest, false),
    };
    let before = SIGNS
        .iter()
        .find_map(|sign| rest.strip_prefix(sign.as_bytes()));
    let after = SIGNS
        .iter()
        .find_map(|sign| rest.strip_suffix(sign.as_bytes()));
    let bare = match (before, after) {
        (Some(rest), None) | (None, Some(rest)) => rest.trim_ascii(),
        (None, None) if inner.is_some() => rest,
        _ => return None,
    };
    let (bare, is_minus) = match bare {
        [b'-', rest @ ..] if !is_minus => (rest, true),
        rest => (rest, is_minus),
    };
    let is_number = bare.first().is_some_and(u8::is_ascii_digit);
    is_number.then_some((bare, is_minus))
}

impl NumberReading {
    /// The reading, which is none if the number is larger than [`LARGEST`].
    #[inline]
    fn bounded(self) -> Self {
        let is_large = |number: &Number| number.value.abs() > LARGEST;
        match &self {
            Self::Plain(number) if is_large(number) => Self::No,
            Self::Styled(point, comma) if point.iter().chain(comma).any(is_large) => Self::No,
            _ => self,
        }
    }

    fn negated(self) -> Self {
        let negated = |number: Number| Number {
            mantissa: number.mantissa.wrapping_neg(),
            value: -number.value,
            ..number
        };
        match self {
            Self::Plain(number) => Self::Plain(negated(number)),
            Self::Styled(point, comma) => Self::Styled(point.map(negated), comma.map(negated)),
            Self::Digits | Self::No => self,
        }
    }
}

#[inline]
fn plain(value: &[u8]) -> NumberReading {
    let (is_negative, digits) = match value {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let Some(first) = digits.first() else {
        return NumberReading::No;
    };
    if !first.is_ascii_digit() && !matches!(first, b'.' | b',') {
        return NumberReading::No;
    }
    let (mut mantissa, mut at) = (0_i64, 0);
    while at < digits.len() && at < 18 && digits[at].is_ascii_digit() {
        mantissa = mantissa * 10 + i64::from(digits[at] - b'0');
        at += 1;
    }
    if at == digits.len() {
        if *first == b'0' && at > 1 {
            return NumberReading::Digits;
        }
        let signed = if is_negative { -mantissa } else { mantissa };
        return NumberReading::Plain(Number {
            mantissa: signed,
            scale: 0,
            value: signed as f64,
            is_exact: true,
        });
    }
    let is_simple = at > 0 && digits[at] == b'.' && (*first != b'0' || at == 1);
    if is_simple && let Some(number) = simple_fraction(mantissa, &digits[at + 1..], at, is_negative)
    {
        let is_group = digits.len() - at == 4 && at <= 3 && *first != b'0';
        let as_group = is_group.then(|| Number::exact(number.mantissa, 0));
        return NumberReading::Styled(Some(number), as_group);
    }
    let is_possible = match digits[at] {
        b'.' | b',' | b'\'' | b'e' | b'E' => true,
        b' ' => digits.get(at + 1).is_some_and(u8::is_ascii_digit),
        byte => byte.is_ascii_digit(),
    };
    if !is_possible {
        return NumberReading::No;
    }
    general(digits, is_negative)
}

/// A number of at most 18 digits after whose mark only digits follow.
#[inline]
fn simple_fraction(whole: i64, rest: &[u8], before: usize, is_negative: bool) -> Option<Number> {
    if rest.is_empty() || before + rest.len() > 18 {
        return None;
    }
    let mut mantissa = whole;
    for byte in rest {
        if !byte.is_ascii_digit() {
            return None;
        }
        mantissa = mantissa * 10 + i64::from(byte - b'0');
    }
    let signed = if is_negative { -mantissa } else { mantissa };
    Some(Number::exact(signed, rest.len() as u8))
}

/// Everything that is not digits with at most one point.
#[cold]
fn general(digits: &[u8], is_negative: bool) -> NumberReading {
    let is_possible = |byte: &u8| byte.is_ascii_digit() || b".,' eE+-".contains(byte);
    if digits.len() > 64 || !digits.iter().all(is_possible) {
        return NumberReading::No;
    }
    if digits.iter().all(u8::is_ascii_digit) {
        return long_integer(digits, is_negative);
    }
    let point = styled(digits, is_negative, b'.', b',');
    let comma = styled(digits, is_negative, b',', b'.');
    match (point, comma) {
        (None, None) => NumberReading::No,
        (Some(a), Some(b)) if a == b => NumberReading::Plain(a),
        (point, comma) => NumberReading::Styled(point, comma),
    }
}

fn long_integer(digits: &[u8], is_negative: bool) -> NumberReading {
    let text = str::from_utf8(digits).unwrap_or_default();
    let value = text.parse::<i64>().ok();
    match value {
        Some(value) if digits[0] != b'0' => {
            let signed = if is_negative { -value } else { value };
            NumberReading::Plain(Number::exact(signed, 0))
        }
        _ => NumberReading::Digits,
    }
}

/// A number in one style. Groups have three digits, but for the first.
fn styled(digits: &[u8], is_negative: bool, mark: u8, group: u8) -> Option<Number> {
    let (digits, exponent) = match digits.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == mark) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let mut plain = ungrouped(whole, group)?;
    let is_padded = plain.len() > 1 && plain[0] == b'0';
    if is_padded || fraction.is_some_and(|part| !part.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    if fraction.is_some_and(<[u8]>::is_empty) || plain.is_empty() && fraction.is_none() {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    plain.extend_from_slice(fraction);
    let text = str::from_utf8(&plain).ok()?;
    let exponent = match exponent {
        None => None,
        Some(bytes) => Some(str::from_utf8(bytes).ok()?.parse::<i32>().ok()?),
    };
    if let (Ok(mantissa), None, ..=18) = (text.parse::<i64>(), exponent, fraction.len()) {
        let signed = if is_negative { -mantissa } else { mantissa };
        return Some(Number::exact(signed, fraction.len() as u8));
    }
    let power = i64::from(exponent.unwrap_or(0)) - fraction.len() as i64;
    let value: f64 = format!("{text}e{power}").parse().ok()?;
    value.is_finite().then_some(Number {
        mantissa: 0,
        scale: 0,
        value: if is_negative { -value } else { value },
        is_exact: false,
    })
}

/// The digits before the mark without what cuts them into groups.
fn ungrouped(whole: &[u8], group: u8) -> Option<Vec<u8>> {
    if whole.iter().all(u8::is_ascii_digit) {
        return Some(whole.to_vec());
    }
    let cut = *whole.iter().find(|byte| !byte.is_ascii_digit())?;
    if ![group, b' ', b'\''].contains(&cut) {
        return None;
    }
    let mut plain = Vec::with_capacity(whole.len());
    for (at, part) in whole.split(|byte| *byte == cut).enumerate() {
        let is_fit = if at == 0 {
            (1..=3).contains(&part.len())
        } else {
            part.len() == 3
        };
        if !is_fit || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        plain.extend_from_slice(part);
    }
    Some(plain)
}
