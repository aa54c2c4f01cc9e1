//! Handlers as their types tell them: what to extract, in which order, and what to document.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder};

use super::describe::{Describe, OperationDraft};
use super::payload::read_nothing;
use super::query::Documented;

/// The future of an answer.
pub type Answering = Pin<Box<dyn Future<Output = HttpResponse>>>;

/// An async function of up to seven extractors. The first one is the gate (`Access<P>`): it decides
/// 401 and 403 before the query is looked at and before a byte of the body is read. The others
/// follow in the order of the signature.
pub trait HandlerSignature<Args>: Clone + Send + Sync + 'static {
    /// Lets every argument and the answer describe the operation.
    fn describe(op: &mut OperationDraft);

    /// Extracts, calls, answers, within what the operation documents.
    fn answer(&self, req: HttpRequest, payload: Payload, asked: Arc<Documented>) -> Answering;
}

macro_rules! signature {
    ($first:ident $(, $rest:ident)*) => {
        #[expect(non_snake_case, reason = "each argument is named after its type")]
        impl<H, $first $(, $rest)*> HandlerSignature<($first, $($rest,)*)> for H
        where
            H: Handler<($first, $($rest,)*)> + Send + Sync,
            H::Output: Responder + Describe,
            $first: FromRequest + Describe + 'static,
            $($rest: FromRequest + Describe + 'static,)*
        {
            fn describe(op: &mut OperationDraft) {
                $first::describe(op);
                $($rest::describe(op);)*
                H::Output::describe(op);
            }

            fn answer(&self, req: HttpRequest, payload: Payload, asked: Arc<Documented>) -> Answering {
                let (handler, mut payload) = (self.clone(), payload);
                Box::pin(async move {
                    let $first = match $first::from_request(&req, &mut payload).await {
                        Ok(extracted) => extracted,
                        Err(refusal) => return HttpResponse::from_error(refusal),
                    };
                    if let Err(problem) = asked.check(req.query_string()) {
                        return HttpResponse::from_error(problem);
                    }
                    if asked.no_body
                        && let Err(problem) = read_nothing(req.clone(), payload.take()).await
                    {
                        return HttpResponse::from_error(problem);
                    }
                    $(let $rest = match $rest::from_request(&req, &mut payload).await {
                        Ok(extracted) => extracted,
                        Err(refusal) => return HttpResponse::from_error(refusal),
                    };)*
                    finish(&req, handler.call(($first, $($rest,)*)).await)
                })
            }
        }
    };
}

signature!(A);
signature!(A, B);
signature!(A, B, C);
signature!(A, B, C, D);
signature!(A, B, C, D, E);
signature!(A, B, C, D, E, F);
signature!(A, B, C, D, E, F, G);

impl<H> HandlerSignature<()> for H
where
    H: Handler<()> + Send + Sync,
    H::Output: Responder + Describe,
{
    fn describe(op: &mut OperationDraft) {
        H::Output::describe(op);
    }

    fn answer(&self, req: HttpRequest, _: Payload, asked: Arc<Documented>) -> Answering {
        let handler = self.clone();
        Box::pin(async move {
            match asked.check(req.query_string()) {
                Ok(()) => finish(&req, handler.call(()).await),
                Err(problem) => HttpResponse::from_error(problem),
            }
        })
    }
}

fn finish(req: &HttpRequest, output: impl Responder<Body: 'static>) -> HttpResponse {
    output.respond_to(req).map_into_boxed_body()
}
