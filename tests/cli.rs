//! The example programs as a user meets them.

mod support;

use llama::gguf::{GgufWriter, TensorType};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FRANCE: &str = "What is the capital of France?";

/// An example program. Cargo builds them for `cargo test`, next to the folder of this test program.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("the test program has a path");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let program = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing: run `cargo build --examples` first", program.display());
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// The chat program on one thread: the tests themselves run side by side.
fn chat_example() -> Command {
    let mut command = example("chat");
    command.args(["--threads", "1"]);
    command
}

fn chat(args: &[&str]) -> Output {
    chat_example().args(args).output().expect("the program starts")
}

/// Runs the chat program with text on its standard input.
fn chat_with_input(args: &[&str], input: &str) -> Output {
    let mut child = chat_example()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("the program reads");
    child.wait_with_output().expect("the program ends")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("UTF-8")
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{:?}: {}", output.status, stderr(output));
}

/// The program said in one line what is wrong, and nothing else.
#[track_caller]
fn refused(output: &Output, expected: &[&str]) {
    let error = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(stdout(output), "");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("error: "), "{error}");
    for words in expected {
        assert!(error.contains(words), "\"{words}\" is not in: {error}");
    }
}

#[test]
fn a_question_is_answered_once() {
    let output = example("chat").args(["--prompt", FRANCE]).output().expect("the program starts");
    succeeded(&output);
    assert!(stdout(&output).contains("Paris"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn piped_lines_are_answered_one_by_one() {
    let output = chat_with_input(&["--temperature", "0"], &format!("{FRANCE}\n\nAnd of Italy?\n"));
    succeeded(&output);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("Paris"), "{lines:?}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn commands_are_no_messages() {
    let output =
        chat_with_input(&[], &format!("/stats\n/help\n{FRANCE}\n/stats\n/clear\n/exit\nnever answered\n"));
    succeeded(&output);
    assert_eq!(stdout(&output).lines().count(), 1, "{}", stdout(&output));
    let said = stderr(&output);
    for words in ["no answer yet", "/clear", "tokens", "per second", "end of text"] {
        assert!(said.contains(words), "\"{words}\" is not in: {said}");
    }
}

#[test]
fn speed_on_request() {
    let output = chat(&["--stats", "-p", FRANCE, "--context", "256"]);
    succeeded(&output);
    assert!(stderr(&output).contains("per second"), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn a_cut_answer_is_marked() {
    let output = chat(&["-p", "Tell me a story.", "--max-tokens", "3"]);
    succeeded(&output);
    assert_eq!(stderr(&output), "[token limit]\n");
}

#[test]
fn seeds_repeat() {
    let story = |seed: &str| chat(&["-p", "Tell me a story.", "--temperature", "1.5", "--seed", seed]).stdout;
    assert_eq!(story("5"), story("5"));
    assert!((6..12).any(|seed| story(&seed.to_string()) != story("5")));
}

#[test]
fn instructions_are_part_of_the_conversation() {
    let output = chat(&["-s", "You are a helpful assistant.", "-p", FRANCE]);
    succeeded(&output);
    assert!(!stdout(&output).trim().is_empty());
}

/// Each example, with a word of its help.
const EXAMPLES: &[(&str, &str)] = &[
    ("batch", "--answers"),
    ("chat", "--temperature"),
    ("embeddings", "--top"),
    ("infill", "--gap-only"),
    ("info", "CPU"),
    #[cfg(feature = "multimodal")]
    ("look", "--projector"),
    #[cfg(feature = "rpc")]
    ("rpc-server", "--listen"),
    ("simple", "--model"),
    #[cfg(feature = "structured")]
    ("structured", "--seed"),
    #[cfg(feature = "tools")]
    ("tools", "--ask"),
];

#[test]
fn help_explains_itself() {
    for (name, word) in EXAMPLES {
        for option in ["--help", "-h"] {
            let output = run(name, &[option]);
            succeeded(&output);
            for words in [*word, &format!("Usage: {name}"), "-h, --help"] {
                assert!(stdout(&output).contains(words), "{name}: {}", stdout(&output));
            }
        }
    }
}

#[test]
fn options_and_texts_that_no_example_knows() {
    for (name, _) in EXAMPLES {
        refused(&run(name, &["--nonsense"]), &["--nonsense", "--help"]);
        refused(&run(name, &["a", "b", "superfluous"]), &["unexpected argument", "--help"]);
    }
    refused(&run("batch", &["--seed", "1", "--seed", "2"]), &["unexpected option --seed"]);
}

#[cfg(feature = "structured")]
#[test]
fn answers_are_values() {
    let output = run("structured", &["Lima", "--seed=7"]);
    succeeded(&output);
    for words in ["capital: ", "inhabitants: ", "Yes", "No"] {
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
    }
    refused(&run("structured", &["--model", "/no/such.gguf"]), &["no such file"]);
}

#[test]
fn wrong_options_are_refused() {
    refused(&chat(&["--seed"]), &["--seed needs a value"]);
    refused(&chat(&["--seed", "many"]), &["--seed needs a number", "many"]);
    refused(&chat(&["--temperature", "-1", "-p", "x"]), &["temperature"]);
    refused(&chat(&["--threads", "0", "-p", "x"]), &["threads"]);
    refused(&chat(&["--context", "256", "-p", &"word ".repeat(500)]), &["context is full", "256"]);
}

fn with_model(path: &Path) -> Output {
    chat(&["--model", path.to_str().expect("UTF-8"), "--prompt", FRANCE])
}

fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = support::scratch().join(name);
    std::fs::write(&path, bytes).expect("the target folder can be written");
    path
}

#[test]
fn files_that_are_no_models() {
    refused(&with_model(Path::new("/no/such/file.gguf")), &["no/such/file.gguf", "no such file"]);
    refused(&with_model(&support::scratch()), &["directory"]);
    refused(&with_model(&write("empty.gguf", b"")), &["empty"]);
    refused(&with_model(&write("text.gguf", b"# Not a model\nat all\n")), &["not a GGUF file", "text file"]);
    refused(&with_model(&write("noise.gguf", &[0x9c; 4096])), &["not a GGUF file"]);
    refused(&with_model(&write("magic.gguf", b"GGUF")), &["cut off"]);
}

#[test]
fn truncated_models() {
    let whole = RandomModel::new(Shape::tiny(Arch::Llama)).cached(support::scratch()).expect("written");
    let bytes = std::fs::read(whole).expect("just written");
    for (n, len) in [20, 100, 5000, bytes.len() / 2, bytes.len() - 1].into_iter().enumerate() {
        refused(&with_model(&write(&format!("cut-{n}.gguf"), &bytes[..len])), &["cut off"]);
    }
}

#[test]
fn models_of_an_unknown_kind() {
    let mut writer = GgufWriter::new();
    writer.set("general.architecture", "nonesuch").expect("new key");
    writer.tensor("token_embd.weight", &[4], TensorType::F32, vec![0; 16]).expect("sound");
    let path = support::scratch().join("nonesuch.gguf");
    writer.save(&path).expect("the target folder can be written");
    refused(&with_model(&path), &["unknown model architecture", "nonesuch", "update"]);

    let mut writer = GgufWriter::new();
    writer.set("general.architecture", "llama").expect("new key");
    writer.tensor("token_embd.weight", &[4], TensorType::F32, vec![0; 16]).expect("sound");
    let path = support::scratch().join("hollow.gguf");
    writer.save(&path).expect("the target folder can be written");
    refused(&with_model(&path), &["hollow.gguf"]);
}

#[test]
fn models_that_cannot_chat() {
    for arch in [Arch::Bert, Arch::T5] {
        let path = RandomModel::new(Shape::tiny(arch)).cached(support::scratch()).expect("written");
        refused(&with_model(&path), &[]);
    }
}

#[test]
fn other_models_speak_their_own_template() {
    for arch in [Arch::Qwen3, Arch::Mamba] {
        let path = RandomModel::new(Shape::tiny(arch)).cached(support::scratch()).expect("written");
        let output = chat(&["-m", path.to_str().expect("UTF-8"), "-p", "Hi", "--max-tokens", "5"]);
        succeeded(&output);
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = chat_example()
        .args(["--temperature", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("piped");
    let mut reader = child.stdout.take().expect("piped");
    input.write_all(format!("{FRANCE}\n").as_bytes()).expect("the program reads");
    reader.read_exact(&mut [0; 1]).expect("an answer begins");
    drop(reader);
    // The program may be gone already when this arrives.
    let _ = input.write_all(format!("{FRANCE}\n").repeat(5).as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    succeeded(&output);
    assert_eq!(stderr(&output), "");
}

#[cfg(unix)]
mod interrupt {
    use super::{FRANCE, chat_example, stderr};
    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};

    fn start(args: &[&str]) -> Child {
        let mut command = chat_example();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    fn press_ctrl_c(child: &Child) {
        let sent = Command::new("sh").args(["-c", "kill -INT \"$0\"", &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Waits until the answer begins.
    fn answering(child: &mut Child) {
        child.stdout.as_mut().expect("piped").read_exact(&mut [0; 1]).expect("an answer begins");
    }

    /// Writes a line to the program.
    fn enter(child: &mut Child, line: &str) {
        child.stdin.as_mut().expect("piped").write_all(line.as_bytes()).expect("the program reads");
    }

    /// Waits until the program has said `words` on standard error.
    fn wait_for(child: &mut Child, words: &str) {
        let mut said = String::new();
        let mut byte = [0; 1];
        while !said.contains(words) {
            let read = child.stderr.as_mut().expect("piped").read_exact(&mut byte);
            assert!(read.is_ok(), "\"{words}\" is not in: {said}");
            said.push(char::from(byte[0]));
        }
    }

    /// A model that rambles on for a long time.
    fn rambling() -> String {
        super::support::slow_model_path().to_str().expect("UTF-8").to_owned()
    }

    #[test]
    fn the_first_stops_the_answer_and_the_second_leaves() {
        let mut child = start(&["--model", &rambling(), "--temperature", "2"]);
        enter(&mut child, "Hi\n");
        answering(&mut child);
        press_ctrl_c(&child);
        wait_for(&mut child, "[cancelled]");
        // The program still listens, with nothing left to stop.
        enter(&mut child, "/stats\n");
        wait_for(&mut child, "per second");
        press_ctrl_c(&child);
        // Waiting closes what the child still holds, and the end of its input would end the program, too.
        let input = child.stdin.take();
        let status = child.wait().expect("the program ends");
        assert_eq!(status.code(), Some(130));
        drop(input);
    }

    #[test]
    fn stopping_the_only_answer_is_success() {
        let mut child = start(&["--model", &rambling(), "--temperature", "2", "--prompt", FRANCE]);
        answering(&mut child);
        press_ctrl_c(&child);
        let output = child.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{:?}", output.status);
        assert_eq!(stderr(&output), "[cancelled]\n");
    }
}

#[test]
fn info_names_what_was_built() {
    let output = example("info").output().expect("the program starts");
    succeeded(&output);
    assert_eq!(stderr(&output), "");
    for words in
        [llama::backend::llama_cpp_version(), "CPU variant", "runs on this machine", "device", "compiler"]
    {
        assert!(stdout(&output).contains(words), "\"{words}\" is not in: {}", stdout(&output));
    }
}

#[test]
fn the_loop_by_hand_answers() {
    let output = example("simple").arg(FRANCE).output().expect("the program starts");
    succeeded(&output);
    assert!(stdout(&output).contains("Paris"), "{}", stdout(&output));
    let output =
        example("simple").args(["x", "--model", "/no/such.gguf"]).output().expect("the program starts");
    refused(&output, &["no such file"]);
}

#[cfg(feature = "multimodal")]
#[test]
fn look_answers_and_says_what_is_wrong() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/model/llama-tiny-chat.gguf");
    let width = llama::Model::load(&model).expect("loaded").n_embd_input();
    let projector = folder.join("look-mmproj.gguf");
    llama_test_kit::RandomProjector::new(u32::try_from(width).expect("a width"))
        .write(&projector)
        .expect("written");
    let image = folder.join("look.ppm");
    std::fs::write(&image, [b"P6\n4 4\n255\n".to_vec(), vec![90; 48]].concat()).expect("written");
    let look = |image: &Path| {
        let mut look = example("look");
        look.arg(image).arg(FRANCE).arg("--projector").arg(&projector).output().expect("the program starts")
    };
    let output = look(&image);
    succeeded(&output);
    assert!(stdout(&output).ends_with('\n'));
    // Further questions, and another picture; a file that is none does not end the conversation.
    let lines = format!("And now?\n\n/look {}\n/look /no/such.ppm\nWhich one?\n", image.display());
    let mut child = example("look")
        .arg(&image)
        .arg("--projector")
        .arg(&projector)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("the program ends");
    succeeded(&output);
    assert!(stdout(&output).lines().count() >= 3, "{}", stdout(&output));
    assert!(stderr(&output).contains("/no/such.ppm"), "{}", stderr(&output));
    refused(&look(&model), &["cannot decode the image"]);
    refused(&run("look", &[image.to_str().expect("UTF-8")]), &["a picture or a recording and a projector"]);
}

fn run(name: &str, args: &[&str]) -> Output {
    example(name).args(args).output().expect("the program starts")
}

/// A folder of one test with two text files and one that is no text.
fn library(name: &str) -> String {
    let folder = support::scratch().join(name);
    std::fs::create_dir_all(folder.join("more")).expect("the target folder can be written");
    let capitals = "The capital of France is Paris.\nThe capital of Italy is Rome.\n";
    let questions = "How are you?\n\n\nWhat is 7 plus 5?\nIt is 12.\nWhat is 2 plus 2?\nIt is 4.\n";
    std::fs::write(folder.join("capitals.txt"), capitals).expect("written");
    std::fs::write(folder.join("more/questions.txt"), questions).expect("written");
    std::fs::write(folder.join("noise.bin"), [0xff; 100]).expect("written");
    folder.to_str().expect("UTF-8").to_owned()
}

#[test]
fn passages_are_found_and_cited() {
    let folder = library("found");
    let cited = |args: &[&str]| {
        let output = run("embeddings", args);
        succeeded(&output);
        let places = stdout(&output).lines().filter(|line| !line.starts_with(' '));
        places.map(|line| line.replace('\\', "/")).collect::<Vec<_>>()
    };
    let found =
        cited(&["The capital of France is Paris. The capital of Italy is Rome.", &folder, "--top", "1"]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("capitals.txt:1-2 "), "{found:?}");
    let all = cited(&["What is 2 plus 2?", &folder, "--lines", "2", "--top", "9"]);
    for place in ["capitals.txt:1-2 ", "questions.txt:1-1 ", "questions.txt:4-5 ", "questions.txt:6-7 "] {
        assert!(all.iter().any(|found| found.contains(place)), "{place} is not in {all:?}");
    }
    assert_eq!(all.len(), 4);
    let bert = RandomModel::new(Shape::tiny(Arch::Bert)).cached(support::scratch()).expect("written");
    let bert = bert.to_str().expect("UTF-8");
    let prefixes = ["--query-prefix", "question ", "--document-prefix", "answer "];
    let mut args = vec!["red", &folder, "-m", bert];
    args.extend(prefixes);
    assert_eq!(cited(&args).len(), 3);
    let cut = "word ".repeat(400);
    std::fs::write(Path::new(&folder).join("long.txt"), cut).expect("written");
    let output = run("embeddings", &args);
    assert!(stderr(&output).starts_with("1 passages are longer"), "{}", stderr(&output));
    std::fs::remove_file(Path::new(&folder).join("long.txt")).expect("removed");
}

#[test]
fn searches_that_cannot_be() {
    refused(&run("embeddings", &[]), &["a query and a folder"]);
    refused(&run("embeddings", &["x", "/no/such/folder"]), &["/no/such/folder"]);
    let library = library("refused");
    refused(&run("embeddings", &["x", &library, "--model", "/no/such.gguf"]), &["no such file"]);
    refused(&run("embeddings", &["x", &library, "--top", "many"]), &["--top", "many"]);
    refused(&run("embeddings", &["x", &library, "--nonsense"]), &["--nonsense", "--help"]);
    let empty = support::scratch().join("nothing");
    std::fs::create_dir_all(&empty).expect("the target folder can be written");
    refused(&run("embeddings", &["x", empty.to_str().expect("UTF-8")]), &["no text files"]);
    let rank = RandomModel::new(Shape::tiny_reranker()).cached(support::scratch()).expect("written");
    refused(&run("embeddings", &["x", &library, "-m", rank.to_str().expect("UTF-8")]), &["pooling"]);
}

#[test]
fn answers_side_by_side() {
    let output = run("batch", &[FRANCE, "--answers", "3"]);
    succeeded(&output);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().filter(|line| line.contains("Paris")).count() >= 2, "{lines:?}");
    assert!(stderr(&output).contains("tokens in"), "{}", stderr(&output));
    // Each answer is what its seed gives, whatever is computed beside it.
    let stories = |answers: &str, seed: &str| {
        let output =
            run("batch", &["Tell me a story.", "--answers", answers, "--seed", seed, "--max-tokens", "20"]);
        succeeded(&output);
        stdout(&output)
            .lines()
            .map(|line| line.split_once(". ").expect("numbered").1.to_owned())
            .collect::<Vec<_>>()
    };
    let (together, alone) = (stories("4", "7"), stories("1", "8"));
    assert_eq!(together[1], alone[0]);
    refused(&run("batch", &["--answers", "0"]), &["n_seq_max"]);
    refused(&run("batch", &["--answers", "1000"]), &["n_seq_max", "256"]);
    refused(&run("batch", &["--answers"]), &["--answers needs a value"]);
    refused(&run("batch", &["x", "--model", "/no/such.gguf"]), &["no such file"]);
}

#[test]
fn gaps_are_filled() {
    let output = run("infill", &["The capital of France is ", ".\\n", "--max-tokens", "5"]);
    succeeded(&output);
    let shown = stdout(&output);
    assert!(shown.starts_with("The capital of France is ") && shown.ends_with(".\n\n"), "{shown:?}");
    assert_eq!(stderr(&output), "");
    let output = run("infill", &[&"word ".repeat(3000), "", "--gap-only", "--max-tokens", "3"]);
    succeeded(&output);
    assert!(stderr(&output).contains("of the prefix"), "{}", stderr(&output));
    refused(&run("infill", &["only one"]), &["a prefix and a suffix"]);
    refused(&run("infill", &["a", "b", "--file", "/no/such.rs"]), &["/no/such.rs"]);
    refused(&run("infill", &["a", "b", "--max-tokens", "x"]), &["--max-tokens", "x"]);
    refused(&run("infill", &["a", "b", "--max-tokens", "9999"]), &["budget"]);
    let plain = RandomModel::new(Shape::tiny(Arch::Llama)).cached(support::scratch()).expect("written");
    refused(
        &run("infill", &["a", "b", "-m", plain.to_str().expect("UTF-8")]),
        &["cannot fill in the middle"],
    );
}

#[cfg(feature = "tools")]
#[test]
fn tools_are_called_and_their_results_told() {
    for (question, calls, told) in [
        ("What is the weather in Lima?", "weather", "18 degrees"),
        ("What is 37 times 12?", "37 * 12", "444"),
        ("What is the capital of France?", "", "Paris"),
        ("How is the weather in Oslo?", "Oslo", "error"),
    ] {
        let output = example("tools").arg(question).output().expect("the program starts");
        succeeded(&output);
        assert!(stderr(&output).contains(calls), "{question}: {}", stderr(&output));
        assert_eq!(calls.is_empty(), stderr(&output).is_empty(), "{question}: {}", stderr(&output));
        assert!(stdout(&output).contains(told), "{question}: {}", stdout(&output));
    }
    refused(&run("tools", &["a", "--model", "/no/such.gguf"]), &["no such file"]);
}
