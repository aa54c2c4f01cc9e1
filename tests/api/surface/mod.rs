//! What is true of the whole surface: the document, who may call what, the workflow table, the two schemas, the layout of the code.

mod conventions;
mod document;
mod examples;
mod exceptions;
mod layout;
mod lists;
mod many;
mod matrix;
mod nulls;
mod order;
mod pages;
mod schemas;
mod statements;
mod steps;
mod trials;
mod world;
