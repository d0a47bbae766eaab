"""Renders chat templates as Hugging Face's transformers does, as a reference for the test suite.

Reads a JSON list of {"template": text, "variables": object} and writes a JSON list of
{"text": rendered} or {"error": message}. Needs the package jinja2.
"""

import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """`{% generation %}` marks the model's own text for training; it renders as what is inside."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.Scope(body).set_lineno(line)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def render(job):
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
    try:
        return {"text": environment.from_string(job["template"]).render(**job["variables"])}
    except Exception as error:  # whatever a template does
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([render(job) for job in json.load(sys.stdin)], sys.stdout)
