//! One reply at a time.
use llama::{Chat, Error};

fn run(chat: &mut Chat) -> Result<(), Error> {
    let first = chat.send("One?")?;
    let second = chat.send("Two?")?; //~ E0499
    first.finish()?;
    second.finish()?;
    Ok(())
}

fn main() {
    let _ = run;
}
