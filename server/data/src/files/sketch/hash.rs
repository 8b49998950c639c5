//! A fast hash of a value's bytes, or of its number.
//!
//! Two multiplications mix at most 16 bytes, which most values have. Made for sketches inside one
//! run: nothing stored depends on it, and it does not resist someone who looks for collisions, who
//! could spoil no more than counts.

const KEYS: [u64; 4] = [
    0x9e37_79b9_7f4a_7c15,
    0xd1b5_4a32_d192_ed03,
    0x8cb9_2ba7_2f3d_8dd7,
    0xa24b_aed4_963e_e407,
];

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The first sixteen bytes of a value as a number that sorts as they do; zeros where it ends.
#[inline]
pub(crate) fn start(value: &[u8]) -> u128 {
    let length = value.len();
    let bits = |missing: usize| 8 * missing as u32;
    if let (Some(first), Some(last)) = (value.first_chunk::<8>(), value.last_chunk::<8>()) {
        let high = u128::from(u64::from_be_bytes(*first)) << 64;
        let low = match value.get(8..).and_then(<[u8]>::first_chunk::<8>) {
            Some(second) => u64::from_be_bytes(*second),
            None if length == 8 => 0,
            None => u64::from_be_bytes(*last) << bits(16 - length),
        };
        return high | u128::from(low);
    }
    let short = match (value.first_chunk::<4>(), value.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_be_bytes(*last)) << bits(8 - length);
            u64::from(u32::from_be_bytes(*first)) << 32 | last
        }
        _ => {
            let bytes = value
                .iter()
                .fold(0, |bytes, byte| bytes << 8 | u64::from(*byte));
            bytes << (bits(8 - length) & 63)
        }
    };
    u128::from(short) << 64
}

/// The hash of bytes whose [`start`] is known.
#[inline]
pub(crate) fn bytes(value: &[u8], start: u128) -> u64 {
    let length = value.len() as u64;
    let (a, b) = ((start >> 64) as u64, start as u64);
    let rest = if length > 16 { long(value) } else { 0 };
    let mixed = mix(a ^ KEYS[0], b ^ KEYS[1] ^ rest);
    mix(mixed ^ KEYS[2], KEYS[3] ^ length)
}

/// The hash of what follows the first sixteen bytes.
fn long(value: &[u8]) -> u64 {
    let eight = |at: usize| {
        let part = value.get(at..).and_then(<[u8]>::first_chunk::<8>);
        part.map_or(0, |part| u64::from_le_bytes(*part))
    };
    let last = value.len() - 16;
    let mut hash = KEYS[2];
    for at in (16..last).step_by(16) {
        hash = mix(eight(at) ^ KEYS[0] ^ hash, eight(at + 8) ^ KEYS[1]);
    }
    mix(hash ^ eight(last), eight(last + 8) ^ KEYS[3])
}

/// The hash of a number's bits; another than that of any bytes, as good as certainly.
#[inline]
pub(crate) fn number(bits: u64) -> u64 {
    mix(mix(bits ^ KEYS[3], KEYS[0]) ^ KEYS[1], KEYS[2])
}
