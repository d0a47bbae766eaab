//! llama.cpp logs from any thread.
use std::cell::RefCell;
use std::rc::Rc;

fn main() {
    let lines = Rc::new(RefCell::new(Vec::new()));
    llama::log::set_sink(move |_, text| lines.borrow_mut().push(text.to_owned())); //~ E0277
}
