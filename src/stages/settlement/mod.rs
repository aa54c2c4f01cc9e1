//! Settlement (結算): final account, invoices, collection (催收), disputes and write-offs. The back owner settles once every receivable is paid or
//! written off; money acts themselves are bound to no stage. Payments are records of their own: they are the client's.

mod collection;
mod disputes;
pub mod final_accounts;
mod invoices;
mod invoicing;
pub mod money_api;
mod write_offs;

pub use collection::{Collect, CollectionEntry, Level, collect};
pub use disputes::{Dispute, DisputeState, EndDispute, OpenDispute, end as end_dispute, open as open_dispute};
pub use invoices::{
    Invoice, InvoiceState, IssueInvoice, RequestInvoice, issue as issue_invoice, request as request_invoice,
};
pub use write_offs::{
    ApproveWriteOff, ProposeWriteOff, WriteOff, WriteOffState, approve as approve_write_off,
    propose as propose_write_off,
};
