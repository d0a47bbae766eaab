//! A piece of text is a view of the decoder's buffer.
use llama::{Error, Token, TokenDecoder};

fn run(decoder: &mut TokenDecoder) -> Result<String, Error> {
    let first = decoder.push(Token(5))?;
    let second = decoder.push(Token(6))?; //~ E0499
    Ok(format!("{first}{second}"))
}

fn main() {
    let _ = run;
}
