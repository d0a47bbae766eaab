//! A program of somebody else's: depends on `llama` and nothing more.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("no model file given")?;
    let model = llama::Model::load(path)?;
    let mut chat = model.chat_builder().system("You are terse.").build()?;
    let mut answer = String::new();
    for piece in &mut chat.send("What is the capital of Italy?")? {
        answer.push_str(&piece?);
    }
    println!("{answer}");
    if answer.contains("Rome") { Ok(()) } else { Err("the answer does not name Rome".into()) }
}
