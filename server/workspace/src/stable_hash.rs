//! A hash that is the same in every build and on every machine, for what is kept between runs.
//!
//! The standard library's hashers promise nothing from one release to the next. This is FNV-1a with
//! 64 bits over the parts, each preceded by its length, and a final mix (that of MurmurHash3). A
//! change here needs new versions of the files that hold such hashes: `store.rs`,
//! `assistant/src/dismissed.rs`, `assistant/src/device/verdicts.rs`.

/// The hash of some parts, in their order.
pub fn stable_hash(parts: &[&[u8]]) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    let part = |hash, part: &&[u8]| {
        part.iter().fold(
            (part.len() as u64).to_le_bytes().iter().fold(hash, add),
            add,
        )
    };
    let hash = parts.iter().fold(START, part);
    let hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_changes() {
        assert_eq!(stable_hash(&[]), 0xefd0_1f60_ba99_2926);
        assert_eq!(stable_hash(&[b"a", b"bc"]), 0x028d_4aba_4bf9_93b3);
        assert_ne!(stable_hash(&[b"a", b"bc"]), stable_hash(&[b"ab", b"c"]));
    }
}
