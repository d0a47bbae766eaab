//! Replies of a given form.

use crate::common::{model, question};
use llama::{Error, Format, Sampler, Session, StopReason};

fn session() -> Session {
    Session::new(model().context_builder().n_ctx(512).n_threads(1).build().unwrap()).unwrap()
}

#[test]
fn a_generation_ends_where_its_form_does() {
    let mut session = session();
    let prompt = question("What is the capital of France?");
    let done = session.generate(&prompt).choice(&["Lima", "Paris"]).start().unwrap().finish().unwrap();
    assert!(["Lima", "Paris"].contains(&done.text.as_str()), "{done:?}");
    assert_eq!((done.stop.clone(), done.stop.is_complete()), (StopReason::GrammarEnd, true));
    let gbnf = "root ::= [a-z]{3} \" \" [0-9]{4}";
    let done = session.generate(&prompt).grammar(gbnf).start().unwrap().finish().unwrap();
    assert_eq!(done.text.len(), 8, "{done:?}");
    let exact = session.generate(&prompt).grammar(gbnf).max_tokens(done.tokens.len());
    assert_eq!(exact.start().unwrap().finish().unwrap().stop, StopReason::GrammarEnd);
}

#[test]
fn what_a_limit_cuts_is_an_error_with_the_text() {
    let mut session = session();
    let prompt = question("Tell me a story.");
    let cut =
        session.generate(&prompt).grammar("root ::= [a-z]{100}").max_tokens(3).start().unwrap().finish();
    let Err(Error::Incomplete { text, stop: StopReason::TokenLimit }) = cut else { panic!("{cut:?}") };
    assert!(!text.is_empty() && text.len() < 100);
    let full = session.generate(&prompt).grammar("root ::= [a-z]{2000,}").start().unwrap().finish();
    assert!(matches!(full, Err(Error::Incomplete { stop: StopReason::ContextFull, .. })), "{full:?}");
    let stopped =
        session.generate(&prompt).grammar("root ::= \"abc\" \"def\"").stop("d").start().unwrap().finish();
    assert!(matches!(stopped, Err(Error::Incomplete { stop: StopReason::StopString(_), .. })), "{stopped:?}");
    let ended = session.generate(&prompt).grammar("root ::= \"abc\"").start().unwrap().cancel().unwrap();
    assert_eq!(ended.stop, StopReason::Cancelled);
}

#[test]
fn a_form_replaces_the_grammar_of_the_sampler() {
    let mut session = session();
    let prompt = question("Hi");
    let grammar = |gbnf: &str| llama::Grammar::new(&model().vocab(), gbnf).unwrap();
    let sampler = || Sampler::builder().grammar(grammar("root ::= \"x\"")).seed(1).build().unwrap();
    let run = |builder: llama::GenerationBuilder<'_>| builder.start().unwrap().finish().unwrap().text;
    assert_eq!(run(session.generate(&prompt).sampler(sampler())), "x");
    assert_eq!(run(session.generate(&prompt).sampler(sampler()).grammar("root ::= \"y\"")), "y");
}

#[test]
fn in_a_chat_the_form_holds_for_one_reply() {
    let mut chat = model().chat_builder().context(512).seed(1).build().unwrap();
    let free = chat.ask("What is the capital of France?").unwrap();
    chat.clear();
    let formed = chat.ask_as("What is the capital of France?", &Format::choice(&["x1", "y2"])).unwrap();
    assert!(formed == "x1" || formed == "y2");
    assert_eq!(chat.messages().last().unwrap().content, formed);
    chat.clear();
    assert_eq!(chat.ask("What is the capital of France?").unwrap(), free);
    let before = chat.messages().to_vec();
    assert!(matches!(chat.ask_as("Hi", &Format::grammar("root")), Err(Error::Grammar { .. })));
    let none: [&str; 0] = [];
    assert!(matches!(chat.ask_as("Hi", &Format::choice(&none)), Err(Error::InvalidParameter { .. })));
    assert_eq!(chat.messages(), before);
    let mut pieces = String::new();
    for piece in chat.send_as("Hi", &Format::grammar("root ::= \"a\" \"b\" \"c\"")).unwrap() {
        pieces += &piece.unwrap();
    }
    assert_eq!(pieces, "abc");
}

#[test]
fn the_grammar_of_a_chats_sampler_holds_for_every_reply() {
    let grammar = llama::Grammar::new(&model().vocab(), "root ::= \"ok\"").unwrap();
    let sampler = Sampler::builder().grammar(grammar).seed(1).build().unwrap();
    let mut chat = model().chat_builder().context(512).sampler(sampler).build().unwrap();
    assert_eq!(chat.ask("Hi").unwrap(), "ok");
    assert_eq!(chat.ask_as("Hi", &Format::choice(&["other"])).unwrap(), "other");
    assert_eq!(chat.ask("Hi").unwrap(), "ok");
}

#[cfg(feature = "llguidance")]
mod guided {
    use super::*;
    use llama::Grammar;

    #[test]
    fn regular_expressions_and_lark() {
        let mut session = session();
        let prompt = question("Hi");
        let run = |session: &mut Session, format: Format| {
            session.generate(&prompt).format(format).max_tokens(50).start().unwrap().finish().unwrap()
        };
        let done = run(&mut session, Format::regex("[a-c]{2}-[0-9]{3}"));
        assert_eq!((done.text.len(), done.stop.is_complete()), (6, true), "{done:?}");
        let done = run(&mut session, Format::lark("start: \"yes\" | \"no\" \"!\""));
        assert!(["yes", "no!"].contains(&done.text.as_str()), "{done:?}");
    }

    #[test]
    fn bad_sources_are_errors() {
        let vocab = model().vocab();
        for result in [
            Grammar::guided_json(&vocab, "{"),
            Grammar::guided_json(&vocab, r#"{"type":"colour"}"#),
            Grammar::guided_lark(&vocab, "start: nowhere"),
            Grammar::guided_lark(&vocab, ""),
            Grammar::guided_regex(&vocab, "("),
            Grammar::guided_regex(&vocab, &"(a|b)*c".repeat(1 << 20)),
        ] {
            let error = result.unwrap_err();
            assert!(
                matches!(error, Error::Grammar { .. } | Error::Schema { .. } | Error::TooLong { .. }),
                "{error:?}"
            );
        }
        // Too much to compute is found at the latest while sampling.
        let logits = vec![0.0; vocab.len()];
        let huge = Grammar::guided_regex(&vocab, "((a{1000}){1000}){1000}").and_then(|grammar| {
            let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
            (0..5).try_for_each(|_| sampler.sample(&logits).map(drop))
        });
        assert!(matches!(huge, Ok(()) | Err(Error::Grammar { .. })), "{huge:?}");
    }

    #[test]
    fn states_are_copied_and_reset() {
        let vocab = model().vocab();
        let logits = vec![0.0; vocab.len()];
        let grammar = Grammar::guided_regex(&vocab, "abc").unwrap();
        let mut sampler = Sampler::builder().grammar(grammar).greedy().build().unwrap();
        assert_eq!(sampler.names().unwrap(), ["llguidance", "greedy"]);
        let first = sampler.sample(&logits).unwrap();
        let mut copy = sampler.try_clone().unwrap();
        assert_eq!(copy.sample(&logits).unwrap(), sampler.sample(&logits).unwrap());
        sampler.reset().unwrap();
        assert_eq!(sampler.sample(&logits).unwrap(), first);
    }
}
