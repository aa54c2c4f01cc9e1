//! Exports: a whole list in one answer, as CSV for spreadsheets or as a JSON object a line for programs. The same rows, filters and sight as the list of the API;
//! read part by part while the reader takes them, so that neither memory nor a connection is held by what is still to come.

pub mod api;
mod columns;
mod walk_api;
mod writing;
