//! Templates that try to crash the process, to hang it or to take all of its memory.
#![cfg(feature = "chat")]

use llama_sys::build_info::SYMBOLS_LOCAL;
use llama_sys::chat::Format;
use llama_sys::jinja;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const REQUEST: &str = r#"{"messages": [{"role": "user", "content": "Hi"}]}"#;

/// What one template takes is not to be counted as another's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How a template ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// With this text.
    Text(&'static str),
    /// With an error that contains this.
    Error(&'static str),
    /// In any way but a crash.
    Any,
}

/// Does everything with a template, on an ordinary thread, whose stack is small.
fn run(source: String) -> Result<String, String> {
    let work = move || {
        let _ = jinja::wants_parts(&source);
        let rendered = jinja::render(&source, REQUEST);
        let _ = Format::new(&source, "", "").and_then(|format| format.apply(REQUEST));
        rendered.map(|parts| parts.into_iter().map(|part| part.text).collect())
    };
    let result = std::thread::spawn(work).join().expect("no panic");
    result.map_err(|fault| fault.message().to_owned())
}

#[allow(clippy::needless_pass_by_value, reason = "tables of templates")]
fn check(what: &str, source: String, end: End) {
    let _lock = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Instant::now();
    let result = run(source);
    let took = start.elapsed();
    println!("{took:?} {}", what.chars().take(100).collect::<String>());
    match (end, &result) {
        (End::Text(expected), Ok(text)) => assert_eq!(text, expected, "{what}"),
        (End::Error(part), Err(message)) => assert!(message.contains(part), "{what}: {message}"),
        (End::Any, _) => (),
        _ => panic!("{what}: {:?}", result.map(|text| text.chars().take(200).collect::<String>())),
    }
    assert!(took < Duration::from_secs(300), "{what}: {took:?}");
}

/// `inner` between many beginnings and ends.
fn around(open: &str, inner: &str, close: &str) -> String {
    const MANY: usize = 100_000;
    [&open.repeat(MANY), inner, &close.repeat(MANY)].concat()
}

#[test]
fn nesting_is_an_error() {
    const DEEP: End = End::Error("nested too deeply");
    for (open, inner, close) in [
        ("{{ x", "", "()"),
        ("{{ x", "", "[0]"),
        ("{{ x", "", "[0]()"),
        ("{{ x", "", " != x"),
        ("{{ x", "", " < x"),
        ("{{ x", "", " is defined"),
        ("{{ x", "", " * x"),
    ] {
        check(close, [open, &around("", inner, close), " }}"].concat(), DEEP);
    }
    check("minus", format!("{{{{ {} }}}}", around("- ", "x", "")), DEEP);
    check("set", around("{% set x %}", "", "{% endset %}"), DEEP);
    check("endings of nothing", around("{% if x %}{% endgeneration %}", "", "{% endif %}"), DEEP);
    check("calls", around("{% call x() %}", "", "{% endcall %}"), DEEP);
    check("filters", around("{% filter trim %}", "", "{% endfilter %}"), DEEP);
}

#[test]
fn odd_values_do_not_crash() {
    const NESTED: End = End::Error("nested too deeply");
    for (source, end) in [
        ("{{ 1 is divisibleby(0) }}", End::Error("division by zero")),
        ("{{ (-9223372036854775807 - 1) is divisibleby(-1) }}", End::Any),
        ("{{ [1]|select('divisibleby', 0)|list }}", End::Error("division by zero")),
        ("{% set a = [] %}{% set _ = a.append(a) %}{{ a }}", End::Any),
        ("{% set a = [] %}{% set _ = a.append(a) %}{{ a|tojson }}", NESTED),
        ("{% set a = [] %}{% set _ = a.append(a) %}{{ a|string }}", NESTED),
        ("{% set a = [] %}{% set _ = a.append(a) %}{{ 'x' ~ a }}", NESTED),
        ("{% set a = namespace() %}{% set a.a = a %}{{ a|tojson }}", NESTED),
        ("{% set a = namespace() %}{% set a.a = a %}{{ 'x' ~ a }}", NESTED),
        ("{% set a = [] %}{% set _ = a.append(a.append) %}{{ a|tojson }}", End::Text("[null]")),
        (
            "{% set a = [] %}{% set _ = a.append(k=a) %}{{ {'x': 1}[a[0]] }}",
            End::Error("not allowed as object key"),
        ),
        (
            "{% set n = namespace(x=[]) %}{% for i in range(20000) %}{% set n.x = [[[[[[[[[[n.x]]]]]]]]]] %}{% endfor %}ok",
            End::Any,
        ),
        (
            "{% set n = namespace(x=[]) %}{% for i in range(2000) %}{% set n.x = [[[[[[[[[[n.x]]]]]]]]]] %}{% endfor %}ok",
            End::Text("ok"),
        ),
        (
            "{% set n = namespace(x=[]) %}{% for i in range(2000) %}{% set n.x = {1: {1: {1: {1: n.x}}}} %}{% endfor %}\
             {{ n.x|tojson }}",
            NESTED,
        ),
        (
            "{% set n = namespace(x=1) %}{% for i in range(2000) %}{% set n.x = (((((n.x, 1), 1), 1), 1), 1) %}{% endfor %}\
             {{ n.x == n.x }}{{ {n.x: 1} }}",
            NESTED,
        ),
        (
            "{% set n = namespace(x=1) %}{% for i in range(60) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ n.x == n.x }}",
            NESTED,
        ),
        (
            "{% macro m() %}{% set n.f = caller %}{% endmacro %}{% set n = namespace() %}\
             {% for i in range(10000) %}{% set f = n.f %}{% call m() %}{% endcall %}{% endfor %}",
            End::Any,
        ),
        ("{{ [3, '2', 10, none, '1', 2.5, 'x', true]|sort }}", End::Any),
        ("{{ 'abcdef'[::-9223372036854775807] }}", End::Text("f")),
        ("{{ 'abc'[1:2:0] }}", End::Error("step")),
        ("{{ 99999999999999999999999 }}", End::Any),
        ("{{ 1 / 0 }}{{ 1 % 0 }}", End::Any),
        ("{{ range(0, 9223372036854775807, 9223372036854775807)|length }}", End::Any),
        ("{% for i in range(3) %}{% break %}{% endfor %}{% continue %}", End::Any),
    ] {
        check(source, source.to_owned(), end);
    }
}

#[test]
fn time_and_memory_are_bounded() {
    const WORK: End = End::Error("too much work");
    if !SYMBOLS_LOCAL {
        println!("skipped in part: objects are not merged here, so allocations are not counted");
    }
    for (source, end) in [
        ("{{ (' '|trim) * 9000000000000000000 }}", WORK),
        ("{% set x %}{% endset %}{{ x * 9000000000000000000 }}", WORK),
        ("{{ 'x'|indent(9000000000000) }}", End::Any),
        ("{{ ('a\n' * 100000)|indent(100000, true)|length }}", End::Any),
        ("{{ range(100000)|join('a' * 1000000)|length }}", WORK),
        ("{{ [range(100000)]|tojson(indent=1000000)|length }}", End::Any),
        ("{{ range(100000)|tojson(separators=('a' * 1000000, 'x'))|length }}", End::Any),
        ("{% set x = ('a' * 100000)|string %}{{ x|replace('a', x)|length }}", WORK),
        (
            "{% set n = namespace(x=['a' * 1000000]|join) %}{% for i in range(20) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            WORK,
        ),
        ("{{ ('a' * 1000000)|replace('a', 'bb')|length }}", End::Text("2000000")),
        ("{{ ('a ' * 300000).split(' ')|length }}", End::Text("300001")),
        ("{{ (' ' * 1000000)|trim|length }}", End::Text("0")),
        (
            "{% set n = namespace(x=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson }}",
            WORK,
        ),
    ] {
        check(source, source.to_owned(), if SYMBOLS_LOCAL { end } else { End::Any });
    }
    let start = Instant::now();
    check("line ends", "\r\n".repeat(1 << 20), End::Any);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn filters_work_as_before() {
    for (source, text) in [
        (
            "{{ ' a b '|trim }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xaxx'.strip('x') }}",
            "a b|a | a|a",
        ),
        ("{{ (' ' ~ messages[0].content ~ ' ')|trim }}", "Hi"),
        ("{{ 'a.b.c'.split('.') }}{{ 'a.b.c'.split('.', 1) }}{{ 'a b'.split() }}", "abcab.cab"),
        ("{{ 'a.b.c'.split('.')|tojson }}{{ ''.split('.')|tojson }}", r#"["a", "b", "c"][""]"#),
        (
            "{{ 'aXbX'|replace('X', 'yy') }}{{ 'aa'|replace('a', '') }}{{ 'ab'|replace('', '-') }}",
            "ayybyy-a-b-",
        ),
        ("{{ [3, 1, 2]|sort|join(',') }}{{ {'b': 1, 'a': 2}|dictsort|tojson }}", r#"1,2,3{"a": 2, "b": 1}"#),
        ("{{ {(1, 2): 3}[(1, 2)] }}{{ (1, (2, 3)) == (1, (2, 3)) }}", "3True"),
        ("{{ 6 is divisibleby(3) }}{{ 7 is divisibleby 3 }}", "TrueFalse"),
        (
            "{{ {'a': [1, {'b': none}]}|tojson(indent=1) }}",
            "{\n \"a\": [\n  1,\n  {\n   \"b\": null\n  }\n ]\n}",
        ),
    ] {
        check(source, source.to_owned(), End::Text(text));
    }
}

/// Bytes of this process in memory.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("statm");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("pages") * 4096
}

#[test]
#[cfg(target_os = "linux")]
fn values_that_refer_to_each_other_are_freed() {
    let _lock = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let source = "{% set n = namespace(t=['a' * 10000]|join) %}{% set a = [n.t] %}{% set n.a = a %}{% set _ = a.append(n) %}\
                  {% macro m() %}{% set n.f = caller %}{% endmacro %}{% call m() %}{% endcall %}ok";
    let render = || assert_eq!(jinja::render(source, "{}").expect("text")[0].text, "ok");
    render();
    let before = resident();
    (0..10000).for_each(|_| render());
    let more = resident().saturating_sub(before);
    assert!(more < 50 << 20, "{more}");
}
