//! A session cannot give its context away while it generates.
use llama::{Error, Session, Token};

fn run(mut session: Session) -> Result<(), Error> {
    let generation = session.generate(&[Token(5)]).start()?;
    let _context = session.into_context(); //~ E0505
    generation.finish()?;
    Ok(())
}

fn main() {
    let _ = run;
}
