//! Bidding (參與投標), quotation and the valid schemes: a tender with its security or a direct commission, design schemes and item lists in
//! revisions of which one is valid, quotations in revisions of which one is accepted. Contracts have a module of their own.

mod amounts;
pub mod api;
mod commissions;
mod quotations;
mod schemes;
mod securities;
mod tenders;

pub use amounts::{Figures, Quantity, figures};
pub use commissions::{Commission, DirectCommission, commission};
pub use quotations::{IssueQuotation, NewLine, Quotation, QuotationState, accept, issue};
pub use schemes::{CommentScheme, Scheme, SchemeKind, SchemeState, SubmitScheme, comment, confirm, submit};
pub use securities::{
    ForfeitSecurity, PaySecurity, ReturnSecurity, Security, SecurityForm, SecurityPurpose, SecurityState, forfeit,
    give_back, pay,
};
pub use tenders::{
    Bid, CorrectTender, RecordOpening, RecordResult, RegisterTender, SubmitBid, Tender, TenderResult, TenderState,
    correct, open, register, result, submit_bid,
};
