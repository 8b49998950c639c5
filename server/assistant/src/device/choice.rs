//! The setting `engine.device` and the option `--device`: a word, or a part of a GPU's name.

use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Which device is to compute the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DeviceChoice {
    /// A GPU if it was measured to be faster, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU whose name contains this, if its answers are right.
    Named(String),
}

impl From<String> for DeviceChoice {
    fn from(text: String) -> Self {
        // A name is one line, as it is shown in messages.
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match name.to_lowercase().as_str() {
            "" | "auto" => Self::Auto,
            "cpu" => Self::Cpu,
            _ => Self::Named(name),
        }
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_mean_something_and_others_are_names() {
        let choice = |text: &str| text.parse::<DeviceChoice>().unwrap();
        assert_eq!(choice("auto"), DeviceChoice::Auto);
        assert_eq!(choice(" "), DeviceChoice::Auto);
        assert_eq!(choice("CPU"), DeviceChoice::Cpu);
        let named = choice(" RTX\n 4060");
        assert_eq!(named, DeviceChoice::Named("RTX 4060".into()));
        assert_eq!(serde_json::to_value(&named).unwrap(), "RTX 4060");
    }
}
