//! Holds the pin of llama.cpp in its manifest and lockfile; there is no code.
