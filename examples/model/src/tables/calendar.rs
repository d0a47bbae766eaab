//! Days, months and how many of what make up something larger.

/// The days of the week.
pub const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The months with their number of days in a common year.
pub const MONTHS: &[(&str, u32)] = &[
    ("January", 31),
    ("February", 28),
    ("March", 31),
    ("April", 30),
    ("May", 31),
    ("June", 30),
    ("July", 31),
    ("August", 31),
    ("September", 30),
    ("October", 31),
    ("November", 30),
    ("December", 31),
];

/// Ordinals for months and days.
pub const ORDINALS: &[&str] = &[
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];

/// How many of the first are in the second, with the answer's number.
pub const UNITS: &[(&str, &str, u32)] = &[
    ("days", "week", 7),
    ("months", "year", 12),
    ("weeks", "year", 52),
    ("days", "year", 365),
    ("hours", "day", 24),
    ("minutes", "hour", 60),
    ("seconds", "minute", 60),
    ("years", "decade", 10),
    ("years", "century", 100),
    ("seasons", "year", 4),
    ("weekdays", "week", 5),
];
