//! Texts that differ from copy to copy, taken apart once: what stays, and what is written anew each time.

use crate::fill::Share;
use std::collections::HashMap;
use std::fmt::Write;

/// A copy as it is being written.
pub struct Copy<'a> {
    /// Its number; 0 is the original.
    pub number: u32,
    /// The hash before the event that is being written.
    pub prev: &'a str,
    /// Its own.
    pub hash: &'a str,
    /// The hashes of sealings that stand in copies for those of the original.
    pub heads: &'a HashMap<(u32, String), String>,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum Piece {
    /// The same in every copy.
    Fixed(String),
    /// An id, which begins with its time: a copy's was made a minute before the last one's, for nobody records the same thing a thousand times in a row.
    Id { was: String, millis: u64, middle: String, share: Share, bytes: bool },
    /// A business number such as `P-2026-0042`.
    Number { series: String, number: String, share: Share },
    /// A text that nobody else may have.
    Name { text: String, share: Share },
    /// The hash of the event before.
    Prev,
    /// The hash of the event itself.
    Hash,
    /// What stands for this hash of a sealing.
    Head(String),
}

impl Piece {
    /// An id in its usual form; `bytes`: written without hyphens.
    pub fn id(text: &str, share: Share, bytes: bool) -> Self {
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let millis = u64::from_str_radix(&format!("{}{}", part(0..8), part(9..13)), 16).unwrap_or_default();
        let bare = |text: &str| if bytes { text.replace('-', "") } else { text.to_owned() };
        Self::Id { was: bare(text), millis, middle: bare(part(13..28)), share, bytes }
    }

    fn write(&self, out: &mut String, copy: &Copy<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(text) => out.push_str(text),
            Self::Id { was, millis, middle, share, bytes } => match share.number(copy.number) {
                0 => out.push_str(was),
                number => {
                    let millis = millis.saturating_sub(u64::from(number) * 60_000);
                    let hyphen = if *bytes { "" } else { "-" };
                    write!(out, "{:08x}{hyphen}{:04x}{middle}{number:08x}", millis >> 16, millis & 0xffff)?;
                }
            },
            Self::Number { series, number, share } => match share.number(copy.number) {
                0 => write!(out, "{series}-{number}")?,
                n => write!(out, "{series}-{n}{number}")?,
            },
            Self::Name { text, share } => match share.number(copy.number) {
                0 => out.push_str(text),
                n => write!(out, "{text}-{n}")?,
            },
            Self::Prev => out.push_str(copy.prev),
            Self::Hash => out.push_str(copy.hash),
            Self::Head(was) => {
                let known = copy.heads.get(&(copy.number, was.clone()));
                out.push_str(known.map_or(was.as_str(), String::as_str));
            }
        }
        Ok(())
    }
}

/// A text in parts.
#[derive(Debug, Default)]
pub struct Text(Vec<Piece>);

impl Text {
    /// Adds what stays.
    pub fn fixed(&mut self, text: &str) {
        if let Some(Piece::Fixed(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Piece::Fixed(text.to_owned()));
        }
    }

    /// Adds a part.
    pub fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Fixed(text) => self.fixed(&text),
            piece => self.0.push(piece),
        }
    }

    /// Writes it as it stands in a copy. (Writing to a `String` cannot fail.)
    pub fn write(&self, out: &mut String, copy: &Copy<'_>) {
        for piece in &self.0 {
            let _ = piece.write(out, copy);
        }
    }
}

/// Between what stays and the numbers of what does not, in a text that is being taken apart.
const MARK: char = '\u{1f}';

/// What is put in the place of a part: it goes through JSON's canonical form, whose order is of names alone.
pub fn marked(n: usize) -> String {
    format!("{MARK}{n}{MARK}")
}

/// Takes the canonical form of a marked JSON value apart.
pub fn apart(canonical: &str, pieces: &[Piece], escape: fn(&str) -> String, text: &mut Text) {
    for (n, part) in canonical.split("\\u001f").enumerate() {
        match part.parse::<usize>().ok().filter(|_| n % 2 == 1).and_then(|n| pieces.get(n)) {
            Some(piece) => text.push(piece.clone()),
            None => text.fixed(&escape(part)),
        }
    }
}
