//! Enums that are one word of text in the database, in JSON and in the OpenAPI document.

/// The text is none of an enum's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not one of: {words}")]
pub struct UnknownText {
    /// What was read.
    pub text: String,
    /// The words of the enum, with commas.
    pub words: String,
}

impl UnknownText {
    /// For the macro.
    pub fn new(text: &str, words: &[&str]) -> Self {
        Self { text: text.to_owned(), words: words.join(", ") }
    }
}

/// Declares an enum whose variants are words: `ALL`, `as_str`, `parse`, `Display`, `FromStr`, serde, OpenAPI schema, and a
/// TEXT column on both databases. Comments and attributes on the enum and its variants are kept.
///
/// ```
/// fitout::db::text_enum! {
///     /// How a client reached us.
///     pub enum Channel {
///         /// By telephone.
///         Phone = "phone",
///         /// Came to the showroom.
///         WalkIn = "walk_in",
///     }
/// }
/// assert_eq!(Channel::WalkIn.as_str(), "walk_in");
/// assert_eq!(Channel::parse("phone"), Some(Channel::Phone));
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $word:tt),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            ::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow,
            ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema,
        )]
        #[diesel(sql_type = ::diesel::sql_types::Text)]
        $vis enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The variant of a word.
            pub fn parse(text: &str) -> ::std::option::Option<Self> {
                match text {
                    $($word => ::std::option::Option::Some(Self::$variant),)+
                    _ => ::std::option::Option::None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::db::UnknownText;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::parse(text).ok_or_else(|| $crate::db::UnknownText::new(text, &[$($word),+]))
            }
        }

        impl<DB> ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB> for $name
        where
            DB: ::diesel::backend::Backend,
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                ::diesel::serialize::ToSql::<::diesel::sql_types::Text, DB>::to_sql(self.as_str(), out)
            }
        }

        impl<DB> ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB> for $name
        where
            DB: ::diesel::backend::Backend,
            ::std::string::String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <::std::string::String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(value)?;
                ::std::result::Result::Ok(text.parse::<Self>()?)
            }
        }
    };
    ($(#[$meta:meta])* $name:ident { $($body:tt)+ }) => {
        $crate::text_enum! { $(#[$meta])* pub enum $name { $($body)+ } }
    };
}

#[cfg(test)]
mod tests {
    crate::text_enum! {
        /// What a thing is.
        #[derive(Default)]
        enum Sort {
            /// A plain one.
            #[default]
            Plain = "plain",
            /// Two words.
            WalkIn = "walk_in",
        }
    }

    #[test]
    fn words_and_variants_agree() {
        for sort in Sort::ALL {
            assert_eq!(Sort::parse(sort.as_str()), Some(*sort));
            assert_eq!(sort.to_string().parse(), Ok(*sort));
            assert_eq!(serde_json::json!(sort), serde_json::json!(sort.as_str()));
            assert_eq!(serde_json::from_value::<Sort>(sort.as_str().into()).unwrap(), *sort);
        }
        assert_eq!(Sort::default(), Sort::Plain);
        let refused = "x".parse::<Sort>().unwrap_err().to_string();
        assert_eq!(refused, "`x` is not one of: plain, walk_in");
    }

    #[test]
    fn the_schema_lists_the_words() {
        let schema = serde_json::to_value(<Sort as utoipa::PartialSchema>::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::json!(["plain", "walk_in"]));
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["description"], "What a thing is.");
    }
}
