//! The options in the query string of a request, for clients that can set an address and nothing
//! else.

use super::answer::ApiError;
use completion::gate::{Eagerness, Gate};
use hyper::StatusCode;

/// How likely a completion must be to be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Showing {
    /// Whatever there is: the client asked for it.
    #[default]
    Always,
    /// Only what is very likely right.
    Quiet,
    /// What is more likely right than not, as an editor's ghost text.
    Balanced,
    /// What is worth a look.
    Eager,
}

impl Showing {
    /// The least confidence, from 0 to 1.
    pub fn least(self, gate: &Gate) -> f32 {
        match self {
            Self::Always => 0.0,
            Self::Quiet => gate.threshold(Eagerness::Quiet),
            Self::Balanced => gate.threshold(Eagerness::Balanced),
            Self::Eager => gate.threshold(Eagerness::Eager),
        }
    }
}

/// The options of one request.
#[derive(Debug, Default, PartialEq)]
pub struct Query {
    /// How likely a completion must be.
    pub show: Option<Showing>,
    /// The file's language id.
    pub language: Option<String>,
    /// The file's path.
    pub path: Option<String>,
}

impl Query {
    /// Reads the query string. An unknown option is an error, as a misspelt one would go unnoticed.
    pub fn read(query: Option<&str>) -> Result<Self, ApiError> {
        let wrong =
            |message: String| ApiError::new(StatusCode::BAD_REQUEST, "invalid_query", message);
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "show" => {
                    let show = <Showing as clap::ValueEnum>::from_str(&value, true);
                    let message = |_| {
                        wrong(format!(
                            "show={value}: must be always, quiet, balanced or eager"
                        ))
                    };
                    read.show = Some(show.map_err(message)?);
                }
                "language" => read.language = Some(value.into_owned()),
                "path" => read.path = Some(value.into_owned()),
                _ => {
                    return Err(wrong(format!(
                        "unknown option `{name}`; the options are show, language and path"
                    )));
                }
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let query = Query::read(Some("show=Balanced&language=python&path=a%20b.py")).unwrap();
        assert_eq!(query.show, Some(Showing::Balanced));
        assert_eq!(
            (query.language.as_deref(), query.path.as_deref()),
            (Some("python"), Some("a b.py"))
        );
        assert_eq!(Query::read(None).unwrap(), Query::default());
        assert!(
            Query::read(Some("show=loud"))
                .unwrap_err()
                .message
                .contains("balanced")
        );
        assert!(
            Query::read(Some("shwo=quiet"))
                .unwrap_err()
                .message
                .contains("`shwo`")
        );
    }
}
