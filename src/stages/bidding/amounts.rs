//! The arithmetic of a quotation, in whole fen and thousandths of a unit; no floating point takes part in it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Number;
use std::str::FromStr;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Thousandths in one unit.
const UNIT: i64 = 1_000;
/// The largest quantity, in units.
const MOST: i64 = 1_000_000;

/// A quantity with at most three decimal places, from 0.001 to 1,000,000: thousandths inside, a JSON number outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(i64);

/// The text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a number from 0.001 to 1000000 with at most three decimal places")]
pub struct BadQuantity;

impl Quantity {
    /// In thousandths of a unit.
    pub fn thousandths(self) -> i64 {
        self.0
    }
}

impl FromStr for Quantity {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let rest = rest.trim_end_matches('0');
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 7 || !digits(whole) || rest.len() > 3 || !digits(rest) {
            return Err(BadQuantity);
        }
        let units: i64 = whole.parse().map_err(|_| BadQuantity)?;
        let part: i64 = format!("{rest:0<3}").parse().map_err(|_| BadQuantity)?;
        let thousandths = units * UNIT + part;
        if (1..=MOST * UNIT).contains(&thousandths) { Ok(Self(thousandths)) } else { Err(BadQuantity) }
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / UNIT, self.0 % UNIT);
        if part == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{}", format!("{whole}.{part:03}").trim_end_matches('0'))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The shortest text of a JSON number is the one that was written, for as few digits as these.
        Number::deserialize(deserializer)?.to_string().parse().map_err(de::Error::custom)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Number::from_str(&self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(0.001))
            .maximum(Some(1_000_000))
            .multiple_of(Some(0.001))
            .description(Some("How many, with at most three decimal places."))
            .examples([serde_json::json!(2.5)])
            .into()
    }
}

impl ToSchema for Quantity {}

/// What a quotation comes to, in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Per line: quantity × unit price, rounded half up.
    pub lines: Vec<i64>,
    /// Their sum less the discount.
    pub net: i64,
    /// The tax on the net, rounded half up.
    pub tax: i64,
    /// Net and tax.
    pub total: i64,
}

/// Why a quotation has no figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadFigures {
    /// The discount is more than the lines come to.
    DiscountTooHigh,
    /// More than a sum of money may be.
    TooMuch,
}

/// The largest sum of money, in fen.
const MOST_FEN: i128 = 1_000_000_000_000_000;

/// Works a quotation out from its lines (quantity, unit price in fen), the discount in fen and the tax rate in basis points.
pub fn figures(lines: &[(Quantity, i64)], discount: i64, tax_rate_bp: i64) -> Result<Figures, BadFigures> {
    let each: Vec<i128> = lines
        .iter()
        .map(|(quantity, price)| half_up(i128::from(quantity.0) * i128::from(*price), i128::from(UNIT)))
        .collect();
    let net = each.iter().sum::<i128>() - i128::from(discount);
    if net < 0 {
        return Err(BadFigures::DiscountTooHigh);
    }
    let tax = half_up(net * i128::from(tax_rate_bp), 10_000);
    let fen = |amount: i128| {
        if amount <= MOST_FEN {
            i64::try_from(amount).map_err(|_| BadFigures::TooMuch)
        } else {
            Err(BadFigures::TooMuch)
        }
    };
    Ok(Figures {
        lines: each.into_iter().map(fen).collect::<Result<_, _>>()?,
        net: fen(net)?,
        tax: fen(tax)?,
        total: fen(net + tax)?,
    })
}

/// Divides what is not negative, rounding half up.
fn half_up(amount: i128, by: i128) -> i128 {
    (amount + by / 2) / by
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn quantities_have_three_places_and_no_more() {
        for (text, thousandths) in
            [("1", 1_000), ("2.5", 2_500), ("0.001", 1), ("1000000", 1_000_000_000), ("12.340", 12_340), ("3.0", 3_000)]
        {
            assert_eq!(q(text).thousandths(), thousandths, "{text}");
        }
        for text in ["0", "-1", "0.0001", "1000000.001", "1e3", ".5", "", "1.2.3", "99999999"] {
            assert_eq!(text.parse::<Quantity>(), Err(BadQuantity), "{text}");
        }
    }

    #[test]
    fn quantities_are_json_numbers() {
        for text in ["1", "2.5", "0.001", "2.505", "999999.999", "1000000"] {
            let quantity: Quantity = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&quantity).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Quantity>("2.50").unwrap(), q("2.5"));
        assert!(serde_json::from_str::<Quantity>("\"1\"").is_err());
        assert!(serde_json::from_str::<Quantity>("1.0005").is_err());
    }

    #[test]
    fn lines_and_tax_are_rounded_half_up_to_a_fen() {
        let one = figures(&[(q("0.5"), 1), (q("0.499"), 1)], 0, 0).unwrap();
        assert_eq!((one.lines, one.net), (vec![1, 0], 1));
        let story = figures(&[(q("1"), 22_650_000), (q("1"), 20_285_337)], 0, 900).unwrap();
        assert_eq!((story.net, story.tax, story.total), (42_935_337, 3_864_180, 46_799_517));
        let discounted = figures(&[(q("1.5"), 333)], 50, 1_300).unwrap();
        assert_eq!((discounted.net, discounted.tax, discounted.total), (450, 59, 509), "58.5 goes up");
    }

    #[test]
    fn a_discount_takes_no_more_than_there_is() {
        assert_eq!(figures(&[(q("1"), 100)], 100, 900).map(|f| f.total), Ok(0));
        assert_eq!(figures(&[(q("1"), 100)], 101, 900), Err(BadFigures::DiscountTooHigh));
        assert_eq!(figures(&[(q("1000000"), 1_000_000_000_000_000)], 0, 0), Err(BadFigures::TooMuch));
    }
}
