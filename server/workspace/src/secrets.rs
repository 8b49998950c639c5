//! What must never leave its file: the names of files that hold secrets, and the marks of secrets
//! in texts.
//!
//! The walk leaves such files out of the index, and completion is off in files with such names. A
//! text with a secret in it is completed only from itself and never shown with another. To add a
//! name or a mark, add a line to its list.

use memchr::memmem;

/// Names of files and folders, in lower case; a `*` at either end matches anything. A folder counts
/// with everything in it.
const NAMES: &[&str] = &[
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "*.pem",
    "*.key",
    "*.ppk",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.gpg",
    "*.asc",
    "*.age",
    "*.ovpn",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "credentials*",
    "secret.*",
    "secrets.*",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".dockercfg",
    ".docker",
    ".git-credentials",
    ".vault-token",
    ".aws",
    ".azure",
    ".gcloud",
    ".kube",
    "kubeconfig",
    ".ssh",
    ".gnupg",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.*",
    "service-account*.json",
    "service_account*.json",
    "local.settings.json",
    "wp-config.php",
    "master.key",
];

/// Names that look like those above and are made to be read by everyone.
const EXAMPLES: &[&str] = &[".env.example", ".env.sample", ".env.template", ".env.dist"];

/// How a secret begins, and how many characters of a secret follow at least.
const MARKS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("AIza", 30),
    ("npm_", 36),
    ("pypi-AgEI", 20),
    ("hf_", 30),
    ("dop_v1_", 30),
    ("SG.", 40),
    ("AGE-SECRET-KEY-1", 20),
];

/// The opening line of a private key, between its dashes.
const KEY_BLOCK: (&str, &str) = ("-----BEGIN ", "PRIVATE KEY");
/// The longest opening line of a key that is looked at, in bytes.
const KEY_LINE: usize = 80;

/// Whether a path names a file that holds secrets, or lies in a folder that does; `/` or `\`
/// between its parts.
pub fn in_path(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| {
        let part = part.to_lowercase();
        NAMES.iter().any(|name| matches(name, &part)) && !EXAMPLES.contains(&&*part)
    })
}

/// Whether a text holds a private key or a token of a known shape.
pub fn in_text(text: &str) -> bool {
    has_key(text)
        || MARKS
            .iter()
            .any(|(mark, least)| has_token(text, mark, *least))
}

/// Whether `name` fits a pattern in which each `*` matches any run of characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    rest.is_empty()
        || name
            .char_indices()
            .any(|(at, _)| matches(rest, &name[at..]))
}

fn has_key(text: &str) -> bool {
    let (open, kind) = KEY_BLOCK;
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, open).any(|at| {
        let rest = &bytes[at..bytes.len().min(at + KEY_LINE)];
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        memmem::find(line, kind.as_bytes()).is_some()
    })
}

/// Whether `mark` begins a word, with at least `least` characters of a token after it.
fn has_token(text: &str, mark: &str, least: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, mark).any(|at| {
        let begins = at == 0 || !is_word(&bytes[at - 1]);
        let token = bytes[at + mark.len()..]
            .iter()
            .take_while(|byte| is_word(byte) || **byte == b'.');
        let (mut length, mut digits) = (0, 0);
        token.for_each(|byte| {
            (length, digits) = (length + 1, digits + usize::from(byte.is_ascii_digit()))
        });
        // Names made of words, such as those of CSS classes, have no digits.
        begins && length >= least && (digits > 0 || mark.starts_with('A'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_any_folder_and_case() {
        for path in [
            ".env",
            "app/.ENV.production",
            "prod.env",
            "keys/server.pem",
            "id_rsa",
            "id_ed25519.pub",
            "config/secrets.yml",
            "credentials.json",
            "home/.aws/config",
            "main.tfvars",
            "terraform.tfstate.backup",
            "C:\\x\\.ssh\\config",
        ] {
            assert!(in_path(path), "{path}");
        }
        for path in [
            "src/main.rs",
            "environment.py",
            "keyboard.rs",
            "secretsanta.py",
            "monkey.py",
            ".env.example",
        ] {
            assert!(!in_path(path), "{path}");
        }
    }

    #[test]
    fn tokens_and_keys_are_known_by_their_shape() {
        let token = |mark: &str, length: usize| {
            format!(
                "key = \"{mark}{}\"",
                "a1B2".repeat(length).split_at(length).0
            )
        };
        for text in [
            token("AKIA", 16),
            token("ghp_", 36),
            token("xoxb-", 24),
            token("sk-", 40),
            token("sk-proj-", 40),
            format!("x\n{}OPENSSH {}-----\n", KEY_BLOCK.0, KEY_BLOCK.1),
            format!("{}{}-----", KEY_BLOCK.0, KEY_BLOCK.1),
        ] {
            assert!(in_text(&text), "{text}");
        }
        for text in [
            "risk-assessment-of-the-whole-thing-1",
            "<div class=\"sk-loading-indicator-wrapper\">",
            "AKIA is a prefix",
            "-----BEGIN CERTIFICATE-----\nPRIVATE KEY",
            "-----BEGIN PUBLIC KEY-----",
            "",
        ] {
            assert!(!in_text(text), "{text}");
        }
    }
}
