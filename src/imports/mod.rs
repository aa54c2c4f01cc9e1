//! Bulk import: clients with their contacts, and what clients still owe from the time before. A file (CSV or XLSX, UTF-8 or GBK) is read row by row, every
//! row is judged before anything is written, and either all of it is taken or nothing; a dry run only tells. For the manager. It does not change what is
//! there already: a row that is there is a duplicate.

pub mod api;
mod cells;
mod clients;
mod receivables;
mod report;
mod sheet;
