//! The tables of values that codes of four bits stand for.

/// A table of 16 values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codebook {
    /// Closer together near zero: IQ4_NL, IQ4_XS.
    Uneven,
    /// Twice the floats of one sign bit, two of exponent and one of mantissa: MXFP4, NVFP4. What
    /// has no more than the whole numbers from -4 to 4 uses it too: Q3_K, TQ1_0, TQ2_0.
    E2m1,
    /// Odd numbers up to 15: IQ3_S. Eighths of what IQ1_S and IQ1_M have are among them.
    Odd,
    /// Numbers some 8 apart: IQ3_XXS.
    Eights,
    /// Three sizes: IQ2_S, IQ2_XS, IQ2_XXS.
    Three,
}

/// Sizes for the codes below 8, their negatives for those above.
const fn signed(sizes: [i8; 8]) -> [i8; 16] {
    let mut values = [0; 16];
    let mut code = 0;
    while code < 8 {
        values[code] = sizes[code];
        values[code + 8] = -sizes[code];
        code += 1;
    }
    values
}

const UNEVEN: [i8; 16] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];
const E2M1: [i8; 16] = signed([0, 1, 2, 3, 4, 6, 8, 12]);
const ODD: [i8; 16] = signed([1, 3, 5, 7, 9, 11, 13, 15]);
const EIGHTS: [i8; 16] = signed([4, 12, 20, 28, 36, 44, 52, 62]);
const THREE: [i8; 16] = signed([8, 25, 43, 0, 0, 0, 0, 0]);

impl Codebook {
    /// The values by code.
    pub const fn values(self) -> &'static [i8; 16] {
        match self {
            Codebook::Uneven => &UNEVEN,
            Codebook::E2m1 => &E2M1,
            Codebook::Odd => &ODD,
            Codebook::Eights => &EIGHTS,
            Codebook::Three => &THREE,
        }
    }

    /// What is added to a value to make it an unsigned byte: as little as possible where that keeps
    /// all below 32, else 128.
    pub const fn zero_point(self) -> u8 {
        match self {
            Codebook::E2m1 => 12,
            Codebook::Odd => 15,
            Codebook::Uneven | Codebook::Eights | Codebook::Three => 128,
        }
    }

    /// Whether every unsigned byte is below 32.
    pub const fn is_narrow(self) -> bool {
        self.zero_point() < 16
    }

    /// The unsigned bytes by code.
    pub const fn stored(self) -> &'static [u8; 16] {
        match self {
            Codebook::Uneven => &const { stored(Codebook::Uneven) },
            Codebook::E2m1 => &const { stored(Codebook::E2m1) },
            Codebook::Odd => &const { stored(Codebook::Odd) },
            Codebook::Eights => &const { stored(Codebook::Eights) },
            Codebook::Three => &const { stored(Codebook::Three) },
        }
    }
}

const fn stored(codebook: Codebook) -> [u8; 16] {
    let mut bytes = [0; 16];
    let mut code = 0;
    while code < 16 {
        bytes[code] = (codebook.values()[code] as i16 + codebook.zero_point() as i16) as u8;
        code += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bytes_are_the_values_and_the_zero_point() {
        use Codebook::{E2m1, Eights, Odd, Three, Uneven};
        for codebook in [Uneven, E2m1, Odd, Eights, Three] {
            for (byte, value) in codebook.stored().iter().zip(codebook.values()) {
                let shifted = i16::from(*byte) - i16::from(codebook.zero_point());
                assert_eq!(shifted, i16::from(*value), "{codebook:?}");
                assert!(!codebook.is_narrow() || *byte < 32, "{codebook:?}");
            }
        }
    }
}
