//! Fitout: the back end for the client department of a fit-out company.

pub mod http;
