"""Links to the glossary: the words that count as a term's first use, and those that do not."""

from pathlib import Path

import pytest
from docutils import nodes
from sphinx.application import Sphinx

from hetsnn_book.building.sphinx_terms import pattern, term_of

TERMS = ["read-out", "leaky read-out", "Adam", "seed", "bias", "property"]
GLOSSARY = """\
# Glossary

```{glossary}
seed
  A number.

leaky read-out
  One that keeps a seed.

read-out
  A layer.

Holm's correction
  A bar.
```
"""
PAGE = """\
# A seed of a title

A `seed` in code and a [seed](https://example.org) in a link. Seeds, *read-outs* and a seed again; a leaky read-out.
By Holm's correction.

| seed |
| --- |
| seed |
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Seeds differ", "Seeds"),
        ("a leaky read-out", "leaky read-out"),
        ("a leaky\nread-out", "leaky\nread-out"),
        ("two biases", "biases"),
        ("Adam walks", "Adam"),
        ("four properties", "properties"),
        ("adamant, seedling, biased, a seed-bed, SEED", None),
    ],
)
def test_forms_of_a_term(text: str, found: str | None) -> None:
    match = pattern(TERMS).search(text)
    assert (match and match[0]) == found


@pytest.mark.parametrize(
    ("found", "term"),
    [("Seeds", "seed"), ("leaky\nread-out", "leaky read-out"), ("biases", "bias"), ("properties", "property")],
)
def test_a_form_leads_to_its_term(found: str, term: str) -> None:
    assert term_of(found, TERMS) == term


def test_only_first_uses_in_prose_are_linked(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text(f"{PAGE}\n```{{toctree}}\nglossary\n```\n", encoding="utf-8")
    (tmp_path / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    (tmp_path / "conf.py").write_text("extensions = ['myst_parser', 'hetsnn_book.building.sphinx_terms']\n")
    app = Sphinx(tmp_path, tmp_path, tmp_path / "out", tmp_path / "trees", "html", status=None, warning=None)
    app.build()
    page = app.env.get_and_resolve_doctree("index", app.builder)
    links = [
        link
        for link in page.findall(nodes.reference)
        if "glossary" in link.get("refuri", "") and "#term" in link["refuri"]
    ]
    assert [link.astext() for link in links] == [
        "Seeds",
        "read-outs",
        "leaky read-out",
        "Holm\N{RIGHT SINGLE QUOTATION MARK}s correction",
    ]
    own = app.env.get_and_resolve_doctree("glossary", app.builder)
    assert not [link for link in own.findall(nodes.reference) if "#term" in link.get("refuri", "")]
