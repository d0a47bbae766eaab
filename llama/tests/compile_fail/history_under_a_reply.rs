//! The history does not change under a running reply.
use llama::{Chat, Error};

fn run(chat: &mut Chat) -> Result<(), Error> {
    let reply = chat.send("Hello!")?;
    chat.clear(); //~ E0499
    reply.finish()?;
    Ok(())
}

fn main() {
    let _ = run;
}
