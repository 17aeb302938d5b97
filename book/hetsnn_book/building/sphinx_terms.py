"""Sphinx extension: the first use of each term of the glossary on a page links to the glossary.

Authors write plain prose; no page lists its terms. A term counts where a sentence uses it: in a paragraph, outside
links, code, formulas, titles, tables, captions and docstrings. A term in lower case also stands at the head of a
sentence and in the plural; a term with capitals is found as it is written.
"""

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

PASSED_OVER = (
    *(nodes.title, nodes.rubric, nodes.reference, nodes.literal, nodes.math, nodes.table, nodes.raw),
    *(nodes.caption, nodes.legend, addnodes.pending_xref, addnodes.download_reference, addnodes.desc, nodes.citation),
)


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Return the pattern of all terms; at one place the longest of them wins. Sphinx may have rounded apostrophes."""
    forms = []
    for term in sorted(terms, key=len, reverse=True):
        words = r"\s+".join(map(re.escape, term.split())).replace("'", "['\N{RIGHT SINGLE QUOTATION MARK}]")
        first = f"[{term[0]}{term[0].upper()}]" if term[0].islower() else re.escape(term[0])
        rest = words[len(re.escape(term[0])) :]
        forms.append(f"{first}{rest[:-1]}(?:y|ies)" if rest.endswith("y") else f"{first}{rest}(?:e?s)?")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?![\w-])")


def term_of(found: str, terms: list[str]) -> str:
    """Return the term that a found form stands for."""
    return next(term for term in sorted(terms, key=len, reverse=True) if pattern([term]).fullmatch(found))


class LinkTerms(SphinxPostTransform):
    """Replacement of first uses by references, which Sphinx then resolves as it does `{term}`."""

    default_priority = 5  # before Sphinx resolves references

    def run(self, **_: Any) -> None:
        """Link the first use of each term of this page."""
        defined = [entry for entry in self.env.get_domain("std").get_objects() if entry[2] == "term"]
        left = [name for name, _, _, page, _, _ in defined if page != self.env.docname]
        for text in list(self.document.findall(nodes.Text)):
            if left and _in_prose(text):
                pieces, left = self._linked(str(text), left)
                text.parent.replace(text, pieces)

    def _linked(self, text: str, left: list[str]) -> tuple[list[nodes.Node], list[str]]:
        """Return a text as nodes, with links, and the terms that are left for later."""
        pieces: list[nodes.Node] = []
        while left and (found := pattern(left).search(text)):
            term = term_of(found[0], left)
            left = [other for other in left if other != term]
            pieces += [nodes.Text(text[: found.start()])] if found.start() else []
            pieces.append(self._reference(found[0], term))
            text = text[found.end() :]
        return [*pieces, *([nodes.Text(text)] if text else [])], left

    def _reference(self, shown: str, term: str) -> addnodes.pending_xref:
        inner = nodes.inline("", shown, classes=["xref", "std", "std-term"])
        where = {"refdomain": "std", "reftype": "term", "refdoc": self.env.docname}
        return addnodes.pending_xref("", inner, reftarget=term, refexplicit=True, refwarn=True, **where)


def _in_prose(text: nodes.Text) -> bool:
    """Return True for text in a paragraph that no node around it takes out of the prose."""
    in_paragraph, node = False, text.parent
    while node is not None:
        if isinstance(node, PASSED_OVER):
            return False
        in_paragraph |= isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
