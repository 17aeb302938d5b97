"""The learning goals and the minutes of a chapter, from its front matter, as a box at the head of its page."""

from collections.abc import Set

from hetsnn_book.building.chapters import Page

# Pages that explain the words of all chapters, and the words that link to them.
HELP = {
    "primer": "New to spiking neurons or to machine learning? {doc}`primer` explains each to readers of the other.",
    "glossary": "The first use of each term leads to the {doc}`glossary`.",
}


def goals(page: Page, names: Set[str]) -> str:
    """Return the box of a page (MyST), folded; nothing for a page without goals.

    Args:
        page: the page.
        names: names of the pages of the book.
    """
    if not page.goals:
        return ""
    listed = "\n".join(f"- {goal}" for goal in page.goals)
    offered = " ".join(text for name, text in HELP.items() if name in names)
    title = f"Learning goals ({page.minutes} minutes)" if page.minutes else "Learning goals"
    return f"::::{{dropdown}} {title}\nAfter this chapter you can\n\n{listed}\n\n{offered}\n::::"
