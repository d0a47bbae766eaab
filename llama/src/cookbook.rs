//! Whole programs, one for each thing that people do.
//!
//! There is no code here: every program is a test that runs on the default model of the repository. To use one,
//! put your model's path in place of `examples/model/llama-tiny-chat.gguf`.
//!
//! - [One answer](#one-answer)
//! - [A streamed conversation](#a-streamed-conversation)
//! - [The loop by hand: one sequence](#the-loop-by-hand-one-sequence)
//! - [Many sequences in one batch](#many-sequences-in-one-batch)
//! - [Many threads, one model](#many-threads-one-model)
//! - [Stop from another thread](#stop-from-another-thread)
//! - [Embeddings and similarity](#embeddings-and-similarity)
//! - [Probabilities instead of text](#probabilities-instead-of-text)
//! - [An answer that follows a grammar](#an-answer-that-follows-a-grammar)
//! - [Pictures in a conversation](#pictures-in-a-conversation)
//! - [A sampler of your own](#a-sampler-of-your-own)
//! - [A prompt computed once](#a-prompt-computed-once)
//! - [A LoRA adapter](#a-lora-adapter)
//! - [What a model file holds](#what-a-model-file-holds)
//! - [A smaller model](#a-smaller-model)
//! - [Errors that can be handled](#errors-that-can-be-handled)
//!
//! # One answer
//! ```
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = llama::Model::load(MODEL)?;
//!     let answer = model.chat("")?.ask("What is the capital of France?")?;
//!     println!("{answer}");
//! #   assert!(answer.contains("Paris"), "{answer}");
//!     Ok(())
//! }
//! ```
//!
//! # A streamed conversation
//! [`Reply`](crate::Reply) is an iterator of pieces, each of whole characters. Dropping it ends the reply.
//! ```
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = llama::Model::load(MODEL)?;
//!     let mut chat = model.chat_builder().context(1024).temperature(0.0).build()?;
//!     for question in ["What is the opposite of hot?", "And of big?"] {
//!         let mut reply = chat.send(question)?;
//!         for piece in &mut reply {
//!             print!("{}", piece?);
//!         }
//!         let done = reply.finish()?;
//!         println!("\n{} tokens, stopped by {:?}", done.usage.generated, done.stop);
//! #       assert!(done.usage.generated > 0);
//!     }
//! #   assert_eq!(chat.messages().len(), 4);
//!     Ok(())
//! }
//! ```
//!
//! # The loop by hand: one sequence
//! A context remembers what was decoded, so each step hands over only the newest token.
//! ```
//! use llama::{Batch, Model, Sampler, SeqId, Special};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let vocab = model.vocab();
//!     let mut ctx = model.context_builder().n_ctx(512).build()?;
//!     let mut sampler = Sampler::builder().top_k(40).temperature(0.8).seed(42).build()?;
//!
//!     let prompt = vocab.tokenize("The capital of", Special::AsText)?;
//!     let mut batch = Batch::new();
//!     batch.extend(SeqId(0), 0, &prompt).logits_for_last();
//!     let mut text = vocab.decoder(Special::AsText);
//!     for pos in (0..).skip(prompt.len()).take(32) {
//!         let token = sampler.sample(ctx.decode(&batch)?.logits_last()?)?;
//!         if vocab.is_eog(token)? {
//!             break;
//!         }
//!         print!("{}", text.push(token)?);
//!         batch.clear().add(token, pos, &[SeqId(0)], true);
//!     }
//!     println!("{}", text.finish());
//! #   assert!(ctx.memory().pos_max(SeqId(0))?.is_some());
//!     Ok(())
//! }
//! ```
//!
//! # Many sequences in one batch
//! Several texts share each computation: the weights are read once for all of them.
//! ```
//! use llama::{Batch, Model, Sampler, SeqId, Special};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let vocab = model.vocab();
//!     let prompts = ["The capital of", "Two and two", "Llamas are"];
//!     let mut ctx = model.context_builder().n_ctx(3 * 256).n_seq_max(3).build()?;
//!     let mut sampler = Sampler::greedy()?;
//!
//!     let mut batch = Batch::new();
//!     // Of each sequence: its batch entry with output, its next position, its text.
//!     let mut running = Vec::new();
//!     for (prompt, seq) in prompts.iter().zip((0..).map(SeqId)) {
//!         let tokens = vocab.tokenize(prompt, Special::AsText)?;
//!         batch.extend(seq, 0, &tokens).logits_for_last();
//!         let pos = i32::try_from(tokens.len()).expect("a short prompt");
//!         running.push((batch.len() - 1, pos, vocab.decoder(Special::AsText), prompt.to_string()));
//!     }
//!     for _ in 0..8 {
//!         let output = ctx.decode(&batch)?;
//!         let mut next = Batch::new();
//!         for ((entry, pos, decoder, text), seq) in running.iter_mut().zip((0..).map(SeqId)) {
//!             let token = sampler.sample(output.logits(*entry)?)?;
//!             text.push_str(decoder.push(token)?);
//!             *entry = next.len();
//!             next.add(token, *pos, &[seq], true);
//!             *pos += 1;
//!         }
//!         batch = next;
//!     }
//!     for (.., text) in &running {
//!         println!("{text}");
//!     }
//! #   assert!(running.iter().zip(prompts).all(|(r, prompt)| r.3.len() > prompt.len()));
//!     Ok(())
//! }
//! ```
//!
//! # Many threads, one model
//! A clone of a [`Model`](crate::Model) is a handle. Each thread has a context of its own.
//! ```
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = llama::Model::load(MODEL)?;
//!     let questions = ["What is the capital of Japan?", "What comes after Monday?"];
//!     let workers = questions.map(|question| {
//!         let model = model.clone();
//!         std::thread::spawn(move || model.chat_builder().context(512).n_threads(1).build()?.ask(question))
//!     });
//!     for worker in workers {
//!         let answer = worker.join().expect("no panic")?;
//!         println!("{answer}");
//! #       assert!(!answer.is_empty());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Stop from another thread
//! A [`CancelToken`](crate::CancelToken) stops a computation, inside a long prompt too.
//! ```
//! use llama::{Batch, CancelToken, Model, SeqId, Token};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let token = CancelToken::new();
//!     let mut ctx = model.context_builder().n_ctx(512).cancel(token.clone()).build()?;
//!     let stopper = std::thread::spawn({
//!         let token = token.clone();
//!         move || token.cancel()
//!     });
//! #   stopper.join().unwrap();
//! #   let stopper = std::thread::spawn(|| ());
//!     let mut batch = Batch::new();
//!     batch.extend(SeqId(0), 0, &[Token(5); 500]);
//!     match ctx.decode(&batch) {
//!         Err(error) if error.is_cancelled() => println!("stopped; memory: {:?}", error.memory),
//!         other => drop(other?),
//!     }
//! #   assert!(token.is_cancelled());
//!     stopper.join().expect("no panic");
//!     token.reset();
//!     batch.clear().extend(SeqId(0), 0, &[Token(5)]).logits_for_last();
//!     ctx.memory().clear(false)?;
//!     ctx.decode(&batch)?;
//!     Ok(())
//! }
//! ```
//!
//! # Embeddings and similarity
//! With [`Pooling`](crate::Pooling) each sequence gives one vector. Models made for embeddings choose theirs; any
//! model can be averaged.
//! ```
//! use llama::{Batch, Model, Pooling, SeqId, Special};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let texts = ["What is the capital of France?", "What is the capital of Spain?", "Tell me a story."];
//!     let mut ctx = model
//!         .context_builder()
//!         .n_ctx(512)
//!         .n_seq_max(3)
//!         .embeddings(true)
//!         .pooling(Pooling::Mean)
//!         .build()?;
//!     let mut batch = Batch::new();
//!     for (text, seq) in texts.iter().zip((0..).map(SeqId)) {
//!         batch.extend(seq, 0, &model.vocab().tokenize(text, Special::AsText)?).logits_for_last();
//!     }
//!     let output = ctx.decode(&batch)?;
//!     let cosine = |a: &[f32], b: &[f32]| {
//!         let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
//!         dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
//!     };
//!     let first = output.pooled(SeqId(0))?;
//!     let (near, far) = (cosine(first, output.pooled(SeqId(1))?), cosine(first, output.pooled(SeqId(2))?));
//!     println!("{near:.3} {far:.3}");
//! #   assert!(near > far);
//!     Ok(())
//! }
//! ```
//!
//! # Probabilities instead of text
//! ```
//! use llama::{Batch, Model, SeqId, Special};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let mut ctx = model.context_builder().n_ctx(256).build()?;
//!     let prompt = "<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n";
//!     let mut batch = Batch::new();
//!     batch.extend(SeqId(0), 0, &model.vocab().tokenize(prompt, Special::Parse)?).logits_for_last();
//!     let logits = ctx.decode(&batch)?.logits_last()?;
//!     for candidate in logits.top(3)? {
//!         let text = model.vocab().text(candidate.token)?;
//!         println!("{text:?} {:.1}%", 100.0 * candidate.probability());
//!     }
//! #   assert!(logits.top(1)?[0].probability() > 0.1);
//!     Ok(())
//! }
//! ```
//!
//! # An answer that follows a grammar
//! ```
//! use llama::{Grammar, Model, Sampler, Session, Special};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let vocab = model.vocab();
//!     let grammar = Grammar::new(&vocab, r#"root ::= "yes" | "no""#)?;
//!     let sampler = Sampler::builder().grammar(grammar).greedy().build()?;
//!     let prompt = "<|im_start|>user\nIs Paris in France?<|im_end|>\n<|im_start|>assistant\n";
//!     let mut session = Session::new(model.context_builder().n_ctx(256).build()?)?;
//!     let prompt = vocab.tokenize(prompt, Special::Parse)?;
//!     let answer = session.generate(&prompt).sampler(sampler).start()?.finish()?.text;
//!     println!("{answer}");
//! #   assert!(["yes", "no"].contains(&answer.as_str()), "{answer}");
//!     Ok(())
//! }
//! ```
//!
//! # Pictures in a conversation
//! With feature `multimodal`. What was seen stays in memory: the second question costs no more than any other.
//! ```
//! # #[cfg(not(feature = "multimodal"))] fn main() {}
//! # #[cfg(feature = "multimodal")]
//! fn main() -> Result<(), llama::Error> {
//!     use llama::multimodal::{Image, Projector};
//!     use llama::{Message, Model};
//!
//! #   const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! #   let mmproj = std::env::temp_dir().join(format!("cookbook-mmproj-{}.gguf", std::process::id()));
//!     let model = Model::load(MODEL)?;
//! #   let width = u32::try_from(model.n_embd_input()).unwrap();
//! #   llama_test_kit::RandomProjector::new(width).write(&mmproj).unwrap();
//!     let projector = Projector::load(&model, &mmproj)?;
//!     let mut chat = model.chat_builder().projector(&projector).max_tokens(40).build()?;
//!     // `Image::decode` reads JPEG, PNG and other files.
//!     let image = Image::from_rgb(2, 2, vec![200; 12])?;
//!     let seen = chat.send(Message::user("What is this? ").with_media(image))?.finish()?;
//!     println!("{}", seen.text);
//!     let more = chat.send("And what else?")?.finish()?;
//!     println!("{}\n{} tokens were in memory", more.text, more.usage.reused);
//! #   assert_eq!((seen.usage.encoded, more.usage.encoded), (1, 0));
//! #   std::fs::remove_file(mmproj).unwrap();
//!     Ok(())
//! }
//! ```
//!
//! # A sampler of your own
//! ```
//! use llama::{Candidates, CustomSampler, Sampler, Token};
//!
//! /// Never the same token twice in a row.
//! #[derive(Clone, Default)]
//! struct NoEcho {
//!     last: Option<Token>,
//! }
//!
//! impl CustomSampler for NoEcho {
//!     fn name(&self) -> &str {
//!         "no-echo"
//!     }
//!
//!     fn apply(&mut self, candidates: &mut Candidates<'_>) {
//!         candidates.retain(|token, _| Some(token) != self.last);
//!     }
//!
//!     fn accept(&mut self, token: Token) {
//!         self.last = Some(token);
//!     }
//!
//!     fn reset(&mut self) {
//!         self.last = None;
//!     }
//!
//!     fn clone_box(&self) -> Box<dyn CustomSampler> {
//!         Box::new(self.clone())
//!     }
//! }
//!
//! fn main() -> Result<(), llama::Error> {
//!     let mut sampler = Sampler::builder().custom(NoEcho::default()).greedy().build()?;
//!     let logits = [0.0, 3.0, 2.0];
//!     let tokens = [sampler.sample(&logits[..])?, sampler.sample(&logits[..])?, sampler.sample(&logits[..])?];
//!     assert_eq!(tokens, [Token(1), Token(2), Token(1)]);
//!     Ok(())
//! }
//! ```
//!
//! # A prompt computed once
//! A saved [`State`](crate::State) spares computing a long beginning again, in another process too. It only fits
//! the model that it was saved with; anything else is an error.
//! ```
//! use llama::{Batch, Model, SeqId, Special, State};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let path = std::env::temp_dir().join(format!("cookbook-{}.state", std::process::id()));
//!     let prompt = model.vocab().tokenize("A long text about llamas.", Special::AsText)?;
//!     let mut ctx = model.context_builder().n_ctx(256).build()?;
//!     let mut batch = Batch::new();
//!     batch.extend(SeqId(0), 0, &prompt).logits_for_last();
//!     ctx.decode(&batch)?;
//!     ctx.save_sequence(SeqId(0), &prompt)?.save(&path)?;
//!
//!     let state = State::load(&path)?;
//!     let mut other = model.context_builder().n_ctx(256).build()?;
//!     other.restore_sequence(&state, SeqId(0))?;
//!     println!("{} tokens are there", state.tokens().len());
//! #   assert_eq!(other.memory().pos_max(SeqId(0))?, ctx.memory().pos_max(SeqId(0))?);
//! #   std::fs::remove_file(path).unwrap();
//!     Ok(())
//! }
//! ```
//!
//! # A LoRA adapter
//! Several can be in use at once, each with a scale; they are swapped without loading the model again.
//! ```
//! use llama::{Batch, LoraAdapter, Model, SeqId, Token};
//! # use llama::gguf::{GgufWriter, TensorType};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), llama::Error> {
//!     let model = Model::load(MODEL)?;
//!     let path = std::env::temp_dir().join(format!("cookbook-{}.gguf", std::process::id()));
//! #   let mut writer = GgufWriter::new();
//! #   writer.set("general.architecture", model.architecture())?;
//! #   writer.set("general.type", "adapter")?;
//! #   writer.set("adapter.type", "lora")?;
//! #   let width = model.n_embd() as u64;
//! #   let data: Vec<u8> = (0..width).flat_map(|_| 0.5_f32.to_le_bytes()).collect();
//! #   writer.tensor("blk.0.attn_q.weight.lora_a", &[width, 1], TensorType::F32, data.clone())?;
//! #   writer.tensor("blk.0.attn_q.weight.lora_b", &[1, width], TensorType::F32, data)?;
//! #   writer.save(&path)?;
//!     let adapter = LoraAdapter::load(&model, &path)?;
//!     let mut ctx = model.context_builder().n_ctx(256).build()?;
//!     let mut batch = Batch::new();
//!     batch.extend(SeqId(0), 0, &[Token(5), Token(6), Token(7)]).logits_for_last();
//!     let plain = ctx.decode(&batch)?.logits_last()?.to_vec();
//!
//!     ctx.set_adapters(&[(adapter, 0.8)])?;
//!     ctx.memory().clear(false)?;
//!     let adapted = ctx.decode(&batch)?.logits_last()?.to_vec();
//!     println!("the adapter changes something: {}", plain != adapted);
//! #   assert_ne!(plain, adapted);
//! #   std::fs::remove_file(path).unwrap();
//!     Ok(())
//! }
//! ```
//!
//! # What a model file holds
//! [`gguf`](crate::gguf) reads files without llama.cpp, also those that nobody vouches for.
//! ```
//! use llama::gguf::{Gguf, GgufError, Value};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), GgufError> {
//!     let file = Gguf::open(MODEL)?;
//!     let architecture = file.get("general.architecture").and_then(Value::as_str);
//!     println!("{architecture:?}, {} tensors", file.tensors().len());
//!     for tensor in file.tensors().iter().take(3) {
//!         println!("{} {:?} {}", tensor.name(), tensor.dims(), tensor.tensor_type());
//!     }
//! #   assert_eq!(architecture, Some("llama"));
//!     Ok(())
//! }
//! ```
//!
//! # A smaller model
//! ```
//! use llama::{Error, FileType, Quantize};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), Error> {
//!     let output = std::env::temp_dir().join(format!("cookbook-{}-q4.gguf", std::process::id()));
//!     // From full precision, unless the loss of a second conversion is acceptable.
//!     let done = Quantize::new(MODEL, &output).file_type(FileType::Q4_0).allow_requantize(true).run()?;
//!     println!("{} bytes instead of {}", done.size_after, done.size_before);
//! #   assert!(done.size_after < done.size_before);
//! #   std::fs::remove_file(output).unwrap();
//!     Ok(())
//! }
//! ```
//!
//! # Errors that can be handled
//! Each variant of [`Error`](crate::Error) carries the values concerned.
//! ```
//! use llama::{Error, Model};
//!
//! # const MODEL: &str = "../examples/model/llama-tiny-chat.gguf";
//! fn main() -> Result<(), Error> {
//!     let mut chat = Model::load(MODEL)?.chat_builder().context(256).build()?;
//!     match chat.ask("word ".repeat(1000)) {
//!         Err(Error::ContextFull { needed, available }) => println!("{needed} tokens, {available} fit"),
//! #       Ok(answer) => panic!("{answer}"),
//!         other => println!("{}", other?),
//!     }
//!     // The chat goes on.
//!     println!("{}", chat.ask("Hello!")?);
//!     Ok(())
//! }
//! ```
