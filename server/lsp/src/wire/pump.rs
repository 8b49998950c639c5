//! Moves messages between the editor's pipes and the library's, and says when it is over.
//!
//! Everything that goes out passes one lock, so that answers of ours and of the library never mix.
//! The library reads from and writes to in-memory pipes and sees only well-formed frames.

use super::frames::{Frame, FrameReader};
use super::screen::{Verdict, error, screen};
use super::uris;
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

const PIPE: usize = 1 << 16;

/// How a server's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `exit`, or the input closed, after `shutdown`: exit code 0.
    Orderly,
    /// The same without `shutdown`: exit code 1.
    Abrupt,
}

impl Ended {
    /// The exit code the protocol asks for.
    pub fn code(self) -> i32 {
        match self {
            Self::Orderly => 0,
            Self::Abrupt => 1,
        }
    }
}

/// The library's ends of the in-memory pipes.
pub struct Pipes {
    /// Well-formed messages from the editor.
    pub input: DuplexStream,
    /// Messages to the editor.
    pub output: DuplexStream,
    /// Done when the library has dropped `output` and all that it wrote has left.
    pub sent: JoinHandle<()>,
}

/// Connects the editor's pipes with new ones for the library; the future is done when the server's
/// life has ended.
pub fn connect<R, W>(input: R, output: W) -> (Pipes, impl Future<Output = Ended>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (to_library, library_input) = duplex(PIPE);
    let (library_output, from_library) = duplex(PIPE);
    let output = Arc::new(Mutex::new(output));
    let answers = Arc::clone(&output);
    let sent = tokio::spawn(forward(from_library, output));
    let pipes = Pipes {
        input: library_input,
        output: library_output,
        sent,
    };
    (pipes, read(input, to_library, answers))
}

/// Reads until `exit`, the end of the input, or the end of the library.
async fn read<R, W>(mut input: R, mut library: DuplexStream, output: Arc<Mutex<W>>) -> Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut reader, mut frames, mut buffer) = (FrameReader::default(), Vec::new(), vec![0; PIPE]);
    let mut ended = Ended::Abrupt;
    loop {
        let length = match input.read(&mut buffer).await {
            Ok(0) | Err(_) => return ended,
            Ok(length) => length,
        };
        reader.push(&buffer[..length], &mut frames);
        for frame in frames.drain(..) {
            let verdict = match frame {
                Frame::Body(body) => screen(&body),
                Frame::Bad(why) => Verdict::Answer(error(Value::Null, -32700, why)),
            };
            let (answer, message) = match verdict {
                Verdict::Drop => (None, None),
                Verdict::Answer(answer) => (Some(answer), None),
                Verdict::Pass(message) => (None, Some(message)),
                Verdict::AnswerAndPass(answer, message) => (Some(answer), Some(message)),
            };
            if let Some(answer) = answer {
                let sent =
                    write_frame(&mut *output.lock().await, answer.to_string().as_bytes()).await;
                if sent.is_err() {
                    return ended;
                }
            }
            let Some(message) = message else { continue };
            match message.get("method").and_then(Value::as_str) {
                Some("exit") => return ended,
                Some("shutdown") if message.get("id").is_some() => ended = Ended::Orderly,
                _ => {}
            }
            if write_frame(&mut library, message.to_string().as_bytes())
                .await
                .is_err()
            {
                return ended;
            }
        }
    }
}

/// Copies whole frames from the library to the editor.
async fn forward<W: AsyncWrite + Unpin>(mut library: DuplexStream, output: Arc<Mutex<W>>) {
    let (mut reader, mut frames, mut buffer) = (FrameReader::default(), Vec::new(), vec![0; PIPE]);
    while let Ok(length @ 1..) = library.read(&mut buffer).await {
        reader.push(&buffer[..length], &mut frames);
        for frame in frames.drain(..) {
            let Frame::Body(body) = frame else { continue };
            if write_frame(&mut *output.lock().await, &as_the_editor_knows(body))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// The message with URIs in the editor's spelling. The library writes `"params":null` for messages
/// without parameters, where the protocol wants them left out.
fn as_the_editor_knows(body: Vec<u8>) -> Vec<u8> {
    let is_null = memchr::memmem::find(&body, br#""params":null"#).is_some();
    if !is_null && !uris::are_in(&body) {
        return body;
    }
    let Ok(mut message) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    if let Value::Object(members) = &mut message
        && members.get("params").is_some_and(Value::is_null)
    {
        members.remove("params");
    }
    uris::restore(&mut message);
    message.to_string().into_bytes()
}

async fn write_frame(output: &mut (impl AsyncWrite + Unpin), body: &[u8]) -> std::io::Result<()> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    output.write_all(&frame).await?;
    output.flush().await
}

#[cfg(test)]
mod tests {
    use super::as_the_editor_knows;

    #[test]
    fn null_parameters_are_left_out_and_nothing_else_is() {
        let cases = [
            (
                r#"{"id":1,"method":"m","params":null}"#,
                r#"{"id":1,"method":"m"}"#,
            ),
            (
                r#"{"method":"m","params":{"params":null}}"#,
                r#"{"method":"m","params":{"params":null}}"#,
            ),
            (r#"{"id":1,"result":null}"#, r#"{"id":1,"result":null}"#),
            (r#"{"a":"\"params\":null"}"#, r#"{"a":"\"params\":null"}"#),
        ];
        for (before, after) in cases {
            assert_eq!(
                String::from_utf8(as_the_editor_knows(before.into())).unwrap(),
                after
            );
        }
    }
}
