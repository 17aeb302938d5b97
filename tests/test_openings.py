"""Each numbered chapter opens with its answer: two sentences and its verdicts; its numbers come after them."""

import re

import prose
import pytest

from hetsnn_book.building import chapters, pinned
from hetsnn_book.project import PROJECT

NUMBERED = [page.name for page in chapters.pages(PROJECT) if page.order is not None and page.order >= 1]
ANSWER = re.compile(r"^## The answer$(.*?)(?=^#{2,3} )", re.MULTILINE | re.DOTALL)
CITED = r"\b(?:Fig|Figs|Tab|Sec|Eq|App)\. "  # no end of a sentence
END = re.compile(r"[.?!][\"*)]*(?=\s|$)")


def opening(text: str) -> tuple[str, list[str]]:
    """The prose of an opening, with a word for each glued text, and what each of its cells shows."""
    found = ANSWER.search(text)
    assert found is not None, "no section begins the page with the answer"
    shown = re.findall(r"^(?:verdicts|figures)\.(show\w*)", found[1], re.MULTILINE)
    before, _, after = found[1].partition("verdicts.show_table(")
    assert prose.CELL.sub("", "```{code-cell}\n" + after).strip() == "", "prose follows the verdicts"
    words = prose.CELL.sub("", before.rpartition("```{code-cell}")[0])
    words = re.sub(r"\{[a-z:]+\}`[^`]*`|\$[^$]+\$", "word", words)
    return re.sub(CITED, "place ", words).strip(), shown


def sentences(words: str) -> int:
    return len(END.findall(words))


def test_there_are_numbered_chapters() -> None:
    assert len(NUMBERED) > 10


@pytest.mark.parametrize("name", NUMBERED)
def test_a_chapter_opens_with_two_sentences_and_its_verdicts(name: str) -> None:
    words, shown = opening((prose.BOOK / f"{name}.md").read_text(encoding="utf-8"))
    assert sentences(words) == 2, words
    assert shown[0] == "show_table"
    assert set(shown[1:]) <= {"show_curve"}


@pytest.mark.parametrize("name", NUMBERED)
def test_no_text_in_an_opening_hides_a_sentence(name: str) -> None:
    found = ANSWER.search((prose.BOOK / f"{name}.md").read_text(encoding="utf-8"))
    used = set(prose.used(found[1])) if found else set()
    texts = {
        pin.column: str(pin.entries[0][0])
        for pin in pinned.read()
        if (pin.chapter, pin.figure) == (name, pinned.GLUED) and pin.column in used
    }
    assert used - texts.keys() == set(), "not pinned: hetsnn figures --accept"
    assert [text for text in texts.values() if END.search(text)] == []


PAGE = """## The answer

```{code-cell}
figures.glue("a", b)
```

By Eq. 2 all is {glue:text}`a-word` of $x. y$. {more}

```{code-cell}
verdicts.show_table(judged, "claims", "Fig. 1")
```
{after}
## Next
"""


def test_the_counter_finds_sentences_and_what_follows_the_verdicts() -> None:
    assert sentences(opening(PAGE.replace("{more}", "Is it?").replace("{after}", ""))[0]) == 2
    assert sentences(opening(PAGE.replace("{more}", "It *is.* So be it.").replace("{after}", ""))[0]) == 3
    with pytest.raises(AssertionError, match="prose follows"):
        opening(PAGE.replace("{more}", "").replace("{after}", "And more."))
