//! Typed metadata values.

use std::fmt;

/// Makes the types, the values and the lists of one table, in the order of the numbers in the file.
macro_rules! kinds {
    ($($variant:ident: $plain:ty, $doc:literal;)*) => {
        /// The types a metadata value can have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ValueType {
            $(#[doc = $doc] $variant,)*
        }

        impl ValueType {
            /// Every type, each at the place that is its number in the file.
            pub const ALL: [Self; 13] = [$(Self::$variant),*];
        }

        /// A metadata value.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Value {
            $(#[doc = $doc] $variant($plain),)*
        }

        impl Value {
            /// The value's type.
            #[must_use]
            pub const fn value_type(&self) -> ValueType {
                match self {
                    $(Self::$variant(_) => ValueType::$variant,)*
                }
            }
        }

        /// Numbers and texts as they are; lists with at most three elements and a count.
        impl fmt::Display for Value {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(value) => value.fmt(f),)*
                }
            }
        }

        /// A list of values of one type.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Array {
            $(#[doc = $doc] $variant(Vec<$plain>),)*
        }

        impl Array {
            /// The type of the elements.
            #[must_use]
            pub const fn element_type(&self) -> ValueType {
                match self {
                    $(Self::$variant(_) => ValueType::$variant,)*
                }
            }
        }

        $(
            impl From<$plain> for Value {
                fn from(value: $plain) -> Self {
                    Self::$variant(value)
                }
            }

            impl From<Vec<$plain>> for Array {
                fn from(items: Vec<$plain>) -> Self {
                    Self::$variant(items)
                }
            }

            impl From<Vec<$plain>> for Value {
                fn from(items: Vec<$plain>) -> Self {
                    Self::Array(Array::$variant(items))
                }
            }
        )*
    };
}

kinds! {
    U8: u8, "Unsigned, 8 bits.";
    I8: i8, "Signed, 8 bits.";
    U16: u16, "Unsigned, 16 bits.";
    I16: i16, "Signed, 16 bits.";
    U32: u32, "Unsigned, 32 bits.";
    I32: i32, "Signed, 32 bits.";
    F32: f32, "Floating point, 32 bits.";
    Bool: bool, "True or false.";
    String: String, "UTF-8 text.";
    Array: Array, "A list of values of one type.";
    U64: u64, "Unsigned, 64 bits.";
    I64: i64, "Signed, 64 bits.";
    F64: f64, "Floating point, 64 bits.";
}

impl ValueType {
    /// The type with this number in the file.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The number of the type in the file.
    #[must_use]
    pub const fn number(self) -> u32 {
        // The variants are declared in the order of their numbers; a test checks it.
        self as u32
    }

    /// The fewest bytes a value of this type takes in the file.
    pub(super) const fn least_bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::String => 8,
            Self::Array => 12,
        }
    }
}

impl Value {
    /// The text, if the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The truth value, if the value is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The value as `u64`, if it is an integer of any size and not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::U8(n) => Some(n.into()),
            Self::U16(n) => Some(n.into()),
            Self::U32(n) => Some(n.into()),
            Self::U64(n) => Some(n),
            _ => self.as_i64().and_then(|n| n.try_into().ok()),
        }
    }

    /// The value as `i64`, if it is an integer of any size that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::U8(n) => Some(n.into()),
            Self::I8(n) => Some(n.into()),
            Self::U16(n) => Some(n.into()),
            Self::I16(n) => Some(n.into()),
            Self::U32(n) => Some(n.into()),
            Self::I32(n) => Some(n.into()),
            Self::U64(n) => n.try_into().ok(),
            Self::I64(n) => Some(n),
            _ => None,
        }
    }

    /// The value as `f64`, if it is a floating point number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::F32(n) => Some(n.into()),
            Self::F64(n) => Some(n),
            _ => None,
        }
    }

    /// The list, if the value is one.
    #[must_use]
    pub const fn as_array(&self) -> Option<&Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }
}

/// Does the same with the vector of whichever variant `$array` is.
macro_rules! each_kind {
    ($array:expr, $items:ident => $result:expr) => {
        match $array {
            Array::U8($items) => $result,
            Array::I8($items) => $result,
            Array::U16($items) => $result,
            Array::I16($items) => $result,
            Array::U32($items) => $result,
            Array::I32($items) => $result,
            Array::F32($items) => $result,
            Array::Bool($items) => $result,
            Array::String($items) => $result,
            Array::Array($items) => $result,
            Array::U64($items) => $result,
            Array::I64($items) => $result,
            Array::F64($items) => $result,
        }
    };
}
pub(super) use each_kind;

impl Array {
    /// The number of elements.
    #[must_use]
    pub const fn len(&self) -> usize {
        each_kind!(self, items => items.len())
    }

    /// Whether there are no elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The texts, if the elements are texts.
    #[must_use]
    pub fn as_strings(&self) -> Option<&[String]> {
        if let Self::String(items) = self { Some(items) } else { None }
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        each_kind!(self, items => for (at, item) in items.iter().take(3).enumerate() {
            write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
        });
        if self.len() > 3 {
            write!(f, ", ... {} in all", self.len())?;
        }
        f.write_str("]")
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (number, kind) in (0..).zip(ValueType::ALL) {
            assert_eq!(kind.number(), number);
            assert_eq!(ValueType::from_number(number), Some(kind));
        }
        assert_eq!(ValueType::from_number(13), None);
        assert_eq!(ValueType::from_number(u32::MAX), None);
    }

    #[test]
    fn integers_convert_when_they_fit() {
        assert_eq!(Value::I8(-1).as_u64(), None);
        assert_eq!(Value::I8(7).as_u64(), Some(7));
        assert_eq!(Value::U64(u64::MAX).as_i64(), None);
        assert_eq!(Value::F32(1.0).as_i64(), None);
        assert_eq!(Value::F32(0.5).as_f64(), Some(0.5));
    }

    #[test]
    fn long_lists_are_shown_short() {
        assert_eq!(Value::from(vec![1_u8, 2, 3, 4]).to_string(), "[1, 2, 3, ... 4 in all]");
        assert_eq!(Value::from(vec!["a".to_owned()]).to_string(), "[a]");
        assert_eq!(Value::from(vec![Array::from(vec![true])]).to_string(), "[[true]]");
    }
}
