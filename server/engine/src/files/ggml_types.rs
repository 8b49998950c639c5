//! The names of all storage types of a GGUF, including those that cannot be read, for helpful
//! messages.
//!
//! Numbers and names are those of `ggml_type` in ggml's `ggml.h`. What can be read is in `dtype`.

use super::dtype::FORMATS;

/// ggml's numbers of the types that cannot be read, with their names.
const UNREAD: &[(u32, &str)] = &[
    (4, "Q4_2"),
    (5, "Q4_3"),
    (9, "Q8_1"),
    (15, "Q8_K"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
];

/// The name of the type with ggml's number `ggml`.
fn name(ggml: u32) -> String {
    let unread = UNREAD.iter().find(|(number, _)| *number == ggml);
    unread.map_or_else(
        || format!("a type that is not known ({ggml})"),
        |(_, name)| (*name).to_owned(),
    )
}

/// Says which types cannot be read, with an example, and which file to use instead.
pub fn refusal(types: &[u32], example: &str) -> String {
    let names: Vec<String> = types.iter().map(|ggml| name(*ggml)).collect();
    let in_gguf = FORMATS.iter().filter(|format| format.is_in_gguf());
    let read: Vec<&str> = in_gguf.map(|format| format.name).collect();
    format!(
        "its weights are stored as {} (the tensor {example}), which nigh does not read; use the Q4_K_M or the Q8_0 file \
         of the same model, or make one from the original weights with llama-quantize. Types that are read: {}",
        names.join(", "),
        read.join(", ")
    )
}
