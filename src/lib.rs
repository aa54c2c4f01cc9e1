//! Fitout: the back end of a fit-out and staging company's client department, a JSON REST API over SQLite or PostgreSQL.
//!
//! Read the modules in this order; knowledge flows from later ones to earlier ones, never back:
//! `stages → records → workflow → events, access → http, db`. The invariants:
//! - A project moves only along [`workflow::STEPS`]; only `workflow::advance` writes its stage.
//! - Every write leaves one event per record whose version moves, in the same transaction.
//! - A handler reaches the database only through [`access::Access`] (or [`access::Public`] to sign in).
//! - Money is whole fen; receivables always add up; business time comes from one [`clock`].

pub mod db;
pub mod http;

pub mod access;
pub mod clock;
pub mod events;
pub mod meta;
pub mod settings;

pub mod workflow;

pub mod adjustments;
pub mod clients;
pub mod complaints;
pub mod contracts;
pub mod documents;
pub mod feed;
pub mod instructions;
pub mod interactions;
pub mod memos;
pub mod payments;
pub mod projects;
pub mod receivables;
pub mod records;

pub mod exports;
pub mod imports;
pub mod stages;
pub mod worklist;

pub mod api;
pub mod app;
pub mod backup;
pub mod commands;
pub mod config;
pub mod demo;
pub mod sandbox;
pub mod signing_key;
pub mod verify;
