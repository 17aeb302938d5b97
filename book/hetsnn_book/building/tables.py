"""Tables of a rendered page, made fit for phones: long ones are folded, wide ones become blocks of lines, one a row."""

import re

from bs4 import BeautifulSoup, Tag

LETTER, AROUND = 8.5, 18  # pixels of a letter at most, and around the words of a cell
PHONE = 350  # pixels that a phone leaves to a table
SENTENCE = 60  # letters; three columns leave a sentence too little room
FIRST_WORDS = re.compile(r".*?(?=[.:;](?:\s|$)|$)", re.DOTALL)


def fold_long(page: BeautifulSoup) -> None:
    """Fold the tables of class `folded`, with their continuations; a fold shows number, rows and first words."""
    for table in page.select("table.folded"):
        around = table.find_parent(class_="cell_output")
        caption = table.caption
        if around is None or caption is None:
            continue
        number, words = caption.select_one(".caption-number"), caption.select_one(".caption-text")
        fold = page.new_tag("details", attrs={"class": "folded-table"})
        fold.extend([child.extract() for child in list(around.contents)])
        summary = page.new_tag("summary")
        said = FIRST_WORDS.match(words.get_text() if words else "")
        whose = number.get_text(strip=True) if number else "Table"
        summary.string = f"{whose}, {len(table.select('tbody tr'))} rows: {said[0].strip() if said else ''}"
        fold.insert(0, summary)
        around.append(fold)


def stack_wide(page: BeautifulSoup) -> None:
    """Let tables that are too wide or wordy for a phone become blocks there, and give cells the words above them.

    Where a table is no table to browsers any more, it stays one to screen readers.
    """
    for table in page.select("table"):
        heads = table.select("thead th")
        if not heads or not (_least_width(table) > PHONE or _wordy(table)):
            continue
        table["class"] = [*table.get_attribute_list("class"), "stacks"]
        table["role"] = "table"
        for group in table.select("thead, tbody"):
            group["role"] = "rowgroup"
        for row in table.select("tr"):
            row["role"] = "row"
        for head in heads:
            head["role"] = "columnheader"
        for row in table.select("tbody tr"):
            for head, cell in zip(heads, row.find_all(["td", "th"]), strict=False):
                cell["role"] = "cell"
                label = page.new_tag("span", attrs={"class": "stack-label", "aria-hidden": "true"})
                label.extend(BeautifulSoup(_inner(head), "html.parser").contents)
                cell.insert(0, label)


def _inner(head: Tag) -> str:
    only = head.find("p")
    return (only if isinstance(only, Tag) else head).decode_contents()


def _wordy(table: Tag) -> bool:
    """Return whether three columns or more share a phone with sentences."""
    return any(
        len(cells) >= 3 and any(len(cell.get_text()) > SENTENCE for cell in cells)
        for cells in (row.find_all(["td", "th"]) for row in table.select("tr"))
    )


def _least_width(table: Tag) -> float:
    """Return about how many pixels a table needs: the longest word of each column, with what surrounds it."""
    columns: dict[int, int] = {}
    for row in table.select("tr"):
        for place, cell in enumerate(row.find_all(["td", "th"])):
            longest = max(map(len, cell.get_text(" ").split()), default=0)
            columns[place] = max(columns.get(place, 0), longest)
    return sum(LETTER * longest + AROUND for longest in columns.values())
