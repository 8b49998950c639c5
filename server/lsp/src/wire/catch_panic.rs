//! Keeps a panic in one handler from ending the session: its request is answered with an internal
//! error, the others go on.
//!
//! Handlers begin in the task that reads messages, which a panic would end. The panic hook logs
//! what it was about (`log.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

/// A service whose handlers may panic.
pub struct CatchPanic<S>(pub S);

/// The answer of one handler.
pub struct CatchPanicFuture<F> {
    handler: Option<Pin<Box<F>>>,
    method: String,
    id: Option<Id>,
}

impl<S> Service<Request> for CatchPanic<S>
where
    S: Service<Request, Response = Option<Response>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (method, id) = (request.method().to_owned(), request.id().cloned());
        let handler = catch_unwind(AssertUnwindSafe(|| Box::pin(self.0.call(request)))).ok();
        CatchPanicFuture {
            handler,
            method,
            id,
        }
    }
}

impl<F, E> Future for CatchPanicFuture<F>
where
    F: Future<Output = Result<Option<Response>, E>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(handler) = &mut self.handler {
            match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
                Ok(polled) => return Poll::Ready(ready!(polled)),
                Err(_) => self.handler = None,
            }
        }
        tracing::error!(method = self.method, "a handler failed");
        Poll::Ready(Ok(self
            .id
            .take()
            .map(|id| Response::from_error(id, Error::internal_error()))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Panics when it is called, or when it is waited for.
    struct Fragile;

    impl Service<Request> for Fragile {
        type Response = Option<Response>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, Infallible>>>>;

        fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request) -> Self::Future {
            assert!(request.method() != "at once", "on purpose");
            Box::pin(async move {
                assert!(request.method() != "later", "on purpose");
                Ok(request
                    .id()
                    .cloned()
                    .map(|id| Response::from_ok(id, true.into())))
            })
        }
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_with_an_error() {
        let mut service = CatchPanic(Fragile);
        for (method, is_ok) in [("at once", false), ("later", false), ("sound", true)] {
            let answer = service
                .call(Request::build(method).id(1).finish())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                (answer.is_ok(), answer.id()),
                (is_ok, &Id::Number(1)),
                "{method}"
            );
            let none = service.call(Request::build(method).finish()).await.unwrap();
            assert!(none.is_none(), "{method}");
        }
    }
}
