//! Who may ask: checked for every request before its body is read.
//!
//! A page in a browser can send requests to this machine. It is recognised by its `Origin`, or, if
//! its name was made to point here (DNS rebinding), by a `Host` that is no loopback name. A server
//! that others can reach requires a token instead of checking `Host`.

use super::answer::ApiError;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// The shortest token that is taken, in bytes: what a few days cannot guess.
const SHORTEST_TOKEN: usize = 16;

/// Who may ask.
#[derive(Clone, Default)]
pub struct Access {
    remote: bool,
    origins: Vec<String>,
    token: Option<String>,
}

impl Access {
    /// Access from this machine; from others too if `remote`, which needs a token. `origins` are
    /// pages that may ask, such as `https://editor.example`. The error says what to do.
    pub fn new(
        address: SocketAddr,
        remote: bool,
        origins: Vec<String>,
        token: Option<String>,
    ) -> Result<Self, String> {
        if !address.ip().is_loopback() && !remote {
            return Err(format!(
                "other machines can reach {address}; use 127.0.0.1:{}, or pass --http-allow-remote and a token",
                address.port()
            ));
        }
        if remote && token.is_none() {
            return Err(
                "--http-allow-remote needs a token: set NIGH_HTTP_TOKEN, or give --http-token-file"
                    .into(),
            );
        }
        if token.as_ref().is_some_and(|token| {
            token.len() < SHORTEST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic())
        }) {
            return Err(format!(
                "the token must be {SHORTEST_TOKEN} or more ASCII characters without spaces, such as `openssl rand -hex 32` gives"
            ));
        }
        if let Some(wrong) = origins.iter().find(|origin| !is_origin(origin)) {
            return Err(format!(
                "`{wrong}` is not an origin; write it as a browser sends it, such as https://editor.example"
            ));
        }
        Ok(Self {
            remote,
            origins,
            token,
        })
    }

    /// Gives back the page's origin where a page asks that may.
    pub(super) fn check(&self, request: &Parts) -> Result<Option<HeaderValue>, ApiError> {
        let forbidden = |code, message: &str| ApiError::new(StatusCode::FORBIDDEN, code, message);
        if !self.remote && !is_here(request) {
            let message =
                "the Host header names another machine; use 127.0.0.1, [::1] or localhost";
            return Err(forbidden("host_not_allowed", message));
        }
        let Some(origin) = request.headers.get(ORIGIN) else {
            return Ok(None);
        };
        if !self
            .origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes())
        {
            let message = "web pages are not allowed; to allow this one, start nigh with --http-origin and its origin";
            return Err(forbidden("origin_not_allowed", message));
        }
        Ok(Some(origin.clone()))
    }

    /// Whether the request brings the token, if there is one.
    pub(super) fn check_token(&self, request: &Parts) -> Result<(), ApiError> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let given = request
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.as_bytes().split_at_checked(7));
        let given = given
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "))
            .map(|(_, given)| given);
        if given.is_some_and(|given| bool::from(given.trim_ascii().ct_eq(token.as_bytes()))) {
            return Ok(());
        }
        let message = "send the token that nigh was started with: `Authorization: Bearer TOKEN`, in most editors the API key";
        Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            message,
        ))
    }
}

/// Whether a request names this machine, in its line and in its `Host`.
fn is_here(request: &Parts) -> bool {
    let mut hosts = request.headers.get_all(HOST).iter();
    let host = hosts
        .next()
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Uri>().ok());
    let in_header =
        host.as_ref().and_then(Uri::host).is_some_and(is_loopback) && hosts.next().is_none();
    in_header && request.uri.host().is_none_or(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn is_origin(origin: &str) -> bool {
    let host = origin.split_once("://").map(|(_, host)| host);
    let plain = |c: char| c.is_ascii_graphic() && c != '/' && c != '*';
    host.is_some_and(|host| !host.is_empty() && host.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn asked(access: &Access, headers: &[(&str, &str)]) -> Result<(), &'static str> {
        let request = headers
            .iter()
            .fold(Request::get("/health"), |request, (name, value)| {
                request.header(*name, *value)
            });
        let (parts, ()) = request.body(()).unwrap().into_parts();
        access
            .check(&parts)
            .and_then(|_| access.check_token(&parts))
            .map_err(|refusal| refusal.code)
    }

    fn local(origins: &[&str], token: Option<&str>) -> Access {
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        Access::new(
            "127.0.0.1:0".parse().unwrap(),
            false,
            origins,
            token.map(str::to_owned),
        )
        .unwrap()
    }

    #[test]
    fn names_of_this_machine_are_let_in_and_others_are_not() {
        let access = local(&[], None);
        for host in [
            "localhost",
            "LOCALHOST:8012",
            "127.0.0.1:8012",
            "127.1.2.3",
            "[::1]:8012",
        ] {
            assert_eq!(asked(&access, &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "10.0.0.1",
            "",
            "a b",
        ] {
            assert_eq!(
                asked(&access, &[("host", host)]),
                Err("host_not_allowed"),
                "{host}"
            );
        }
        assert_eq!(asked(&access, &[]), Err("host_not_allowed"));
        assert_eq!(
            asked(&access, &[("host", "localhost"), ("host", "evil.example")]),
            Err("host_not_allowed")
        );
    }

    #[test]
    fn pages_are_refused_unless_named() {
        let access = local(&["https://editor.example"], None);
        let from = |origin| asked(&access, &[("host", "localhost"), ("origin", origin)]);
        assert_eq!(from("https://editor.example"), Ok(()));
        for origin in [
            "null",
            "https://evil.example",
            "https://editor.example.evil.example",
            "http://localhost:3000",
        ] {
            assert_eq!(from(origin), Err("origin_not_allowed"), "{origin}");
        }
    }

    #[test]
    fn the_token_must_be_the_one() {
        let access = local(&[], Some("0123456789abcdef"));
        let with = |value| asked(&access, &[("host", "localhost"), ("authorization", value)]);
        assert_eq!(with("Bearer 0123456789abcdef"), Ok(()));
        assert_eq!(with("bearer  0123456789abcdef"), Ok(()));
        for value in [
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcde",
            "Bearer ",
            "Basic 0123456789abcdef",
            "x",
        ] {
            assert_eq!(with(value), Err("invalid_api_key"), "{value}");
        }
        assert_eq!(
            asked(&access, &[("host", "localhost")]),
            Err("invalid_api_key")
        );
    }

    #[test]
    fn a_start_that_would_open_the_door_is_refused() {
        let (here, all) = (
            "127.0.0.1:80".parse().unwrap(),
            "0.0.0.0:80".parse().unwrap(),
        );
        let token = Some("0123456789abcdef".to_owned());
        let error_of = |address, remote, origins: &[&str], token| {
            let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
            Access::new(address, remote, origins, token)
                .map(|_| ())
                .unwrap_err()
        };
        assert!(error_of(all, false, &[], token.clone()).contains("--http-allow-remote"));
        assert!(error_of(all, true, &[], None).contains("NIGH_HTTP_TOKEN"));
        assert!(error_of(here, false, &[], Some("short".into())).contains("16"));
        for origin in ["*", "editor.example", "https://editor.example/", "https://"] {
            assert!(
                error_of(here, false, &[origin], None).contains("is not an origin"),
                "{origin}"
            );
        }
        assert!(Access::new(all, true, Vec::new(), token).is_ok());
    }
}
