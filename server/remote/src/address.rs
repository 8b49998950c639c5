//! The address of a server, as the user writes it: `http://gpu:8080` or `https://host/path`.
//!
//! A password in an address would end up in logs and on the screen, so such an address is refused.

use hyper::Uri;
use std::fmt;

/// Where a server is. Displayed without secrets, as it can hold none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineAddress {
    /// Whether the connection is encrypted.
    pub(crate) is_https: bool,
    /// A name or an IP address, without brackets.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// What comes before the paths of the endpoints; empty or `/path`.
    pub(crate) base: String,
}

impl EngineAddress {
    /// Reads an address. The error says what is wrong, and never repeats a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let example = "write it as http://HOST:PORT or https://HOST";
        if text.contains('@') {
            return Err(
                "the address of the engine must not contain a name or a password; put the token \
                 into a file and set `engine.tokenFile`"
                    .into(),
            );
        }
        let uri: Uri = text
            .parse()
            .map_err(|_| format!("`{text}` is not the address of an engine; {example}"))?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => {
                return Err(format!(
                    "`{text}` is not the address of an engine; {example}"
                ));
            }
        };
        if uri.query().is_some() {
            return Err(format!(
                "`{text}` has a query, which no engine needs; {example}"
            ));
        }
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(format!("`{text}` names no host; {example}"));
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let after_host = authority.rsplit(']').next().unwrap_or_default();
        if after_host.contains(':') && uri.port_u16().is_none() {
            return Err(format!(
                "`{text}` has a port that is no number from 1 to 65535; {example}"
            ));
        }
        // People copy the address that OpenAI's clients take, which ends with the version.
        let path = uri.path().trim_end_matches('/');
        let base = path.strip_suffix("/v1").unwrap_or(path);
        Ok(Self {
            is_https,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if is_https { 443 } else { 80 }),
            base: base.to_owned(),
        })
    }

    /// The value of the `Host` header.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.is_https, self.port) {
            (false, 80) | (true, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::EngineAddress;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, shown) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://gpu/", "http://gpu"),
            ("http://localhost:8000/v1", "http://localhost:8000"),
            ("https://example.org/llm/v1/", "https://example.org/llm"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://example.org:443", "https://example.org"),
        ] {
            assert_eq!(EngineAddress::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_addresses_are_refused_without_repeating_a_password() {
        for text in [
            "gpu:8080",
            "ftp://gpu",
            "/v1",
            "",
            "http://",
            "http://gpu/?key=1",
            "http://gpu:99999",
            "http://[::1]:abc",
        ] {
            assert!(EngineAddress::parse(text).is_err(), "{text}");
        }
        let error = EngineAddress::parse("http://me:hunter2@gpu:8080").unwrap_err();
        assert!(error.contains("engine.tokenFile") && !error.contains("hunter2"));
    }
}
