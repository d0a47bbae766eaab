//! Tools, how they are described, and what they report.

/// How people may define a tool.
#[derive(Debug, Clone, Copy)]
pub struct Definitions {
    /// Names of the tool, the usual one first.
    pub names: &'static [&'static str],
    /// Names of its parameter, the usual one first; none where it takes none.
    pub parameters: &'static [&'static str],
    /// What it is said to do.
    pub descriptions: &'static [&'static str],
}

/// The weather.
pub const WEATHER: Definitions = Definitions {
    names: &["weather", "get_weather"],
    parameters: &["city", "location"],
    descriptions: &[
        "Current weather of a city",
        "Current weather in a city.",
        "Get the weather in a city.",
        "Weather report for a city",
        "Get the current weather",
        "Tells the weather.",
        "The weather of a city",
        "Look up the weather in a city",
        "Returns the current weather for a given city.",
        "Weather and temperature",
        "",
    ],
};

/// The calculator.
pub const CALCULATOR: Definitions = Definitions {
    names: &["calculator"],
    parameters: &["expression"],
    descriptions: &[
        "Calculates an expression",
        "Evaluate an expression.",
        "Computes sums.",
        "Evaluates an arithmetic expression",
        "Calculate something.",
        "Do arithmetic",
        "Work out a calculation.",
        "Returns the value of an expression.",
        "Adds, subtracts, multiplies and divides numbers.",
        "",
    ],
};

/// The clock.
pub const CLOCK: Definitions = Definitions {
    names: &["clock", "get_time"],
    parameters: &[],
    descriptions: &[
        "Current time",
        "Get the current time.",
        "Tells the time.",
        "The time of day",
        "Returns the current time.",
        "What time it is now",
        "Look at the clock",
        "",
    ],
};

/// Other tools, which no question here is for: name, parameters in alphabetical order, description.
pub const OTHERS: &[(&str, &[&str], &str)] = &[
    ("search", &["query"], "Search the web."),
    ("send_mail", &["text", "to"], "Send an e-mail."),
    ("play", &["song"], "Play a song"),
    ("lamp", &["state"], "Turn the lamp on or off."),
    ("read_file", &["path"], "Read a file."),
    ("translate", &["language", "text"], "Translate a text."),
    ("dice", &[], "Roll a dice"),
    ("stock", &["symbol"], "The price of a stock"),
];

/// How the sky can be.
pub const SKIES: &[&str] = &[
    "sunny",
    "cloudy",
    "rainy",
    "windy",
    "foggy",
    "snowy",
    "stormy",
    "clear",
    "dry",
    "wet",
    "hot",
    "cold",
    "partly cloudy",
    "very windy",
    "warm and sunny",
    "cold and wet",
];

/// How a sky is that only the held-out dialogues have.
pub const SKIES_HELD_OUT: &[&str] = &["humid", "mostly cloudy", "very hot", "calm"];

/// Cities that are no capital.
pub const CITIES: &[&str] = &[
    "New York",
    "Sydney",
    "Milan",
    "Barcelona",
    "Munich",
    "Toronto",
    "Istanbul",
    "Mumbai",
    "Hamburg",
    "Lyon",
    "Geneva",
    "Chicago",
    "Boston",
    "Naples",
    "Porto",
    "Zurich",
    "Osaka",
    "Shanghai",
    "Los Angeles",
    "Seattle",
    "Miami",
    "Glasgow",
    "Oxford",
    "Venice",
    "Marseille",
    "Krakow",
    "Antwerp",
    "Cologne",
    "Dubai",
    "San Francisco",
];

/// What goes wrong in tools. `{m}` is a made-up word, `{M}` a made-up name, `{x}` a number.
pub const ERRORS: &[&str] = &[
    "city not found",
    "unknown city",
    "timeout",
    "no connection",
    "not available",
    "division by zero",
    "invalid expression",
    "the service is down",
    "service unavailable",
    "network error",
    "no network",
    "too many requests",
    "access denied",
    "no permission",
    "bad request",
    "missing argument",
    "invalid argument",
    "internal error",
    "internal server error",
    "out of memory",
    "not allowed",
    "the {m} does not answer",
    "no {m}",
    "no data for {M}",
    "no station in {M}",
    "there is no weather station in {M}",
    "there is no tool {m}",
    "{m} not found",
    "unknown {m}",
    "the {m} is broken",
    "{m} failed",
    "code {x}",
    "status {x}",
    "HTTP {x}",
    "file {m} is missing",
    "the server does not answer",
    "connection refused",
    "connection lost",
    "try again later",
];

/// What goes wrong only in the held-out dialogues.
pub const ERRORS_HELD_OUT: &[&str] = &[
    "request timed out",
    "unknown place",
    "server is busy",
    "no such {m}",
    "cannot reach the {m}",
    "error {x}",
    "clock not set",
];
