//! How many different values there are: HyperLogLog with 4,096 registers of one byte.
//!
//! The standard error is 1.04 / 64, which is 1.6 %. The estimate is that of Ertl, "New cardinality
//! estimation algorithms for HyperLogLog sketches" (2017), which needs no correction tables.

/// Bits of a hash that choose the register.
const BITS: u32 = 12;
const REGISTERS: usize = 1 << BITS;

/// A count of different hashes.
#[derive(Clone)]
pub(crate) struct DistinctSketch {
    registers: Box<[u8]>,
}

impl DistinctSketch {
    pub(crate) fn new() -> Self {
        Self {
            registers: vec![0; REGISTERS].into_boxed_slice(),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        let at = (hash >> (64 - BITS)) as usize;
        // The lowest bit ends the run of zeros.
        let rank = ((hash << BITS) | 1 << (BITS - 1)).leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut(at)
            && *register < rank
        {
            *register = rank;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (a, b) in self.registers.iter_mut().zip(&other.registers) {
            *a = (*a).max(*b);
        }
    }

    /// The estimate.
    pub(crate) fn count(&self) -> u64 {
        let (m, most) = (REGISTERS as f64, 64 - BITS as usize);
        let mut counts = vec![0_u32; most + 2];
        for register in &self.registers {
            counts[usize::from(*register).min(most + 1)] += 1;
        }
        let mut z = m * tau(1.0 - f64::from(counts[most + 1]) / m);
        for k in (1..=most).rev() {
            z = 0.5 * (z + f64::from(counts[k]));
        }
        z += m * sigma(f64::from(counts[0]) / m);
        let alpha = 0.5 / std::f64::consts::LN_2;
        (alpha * m * m / z).round() as u64
    }
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
