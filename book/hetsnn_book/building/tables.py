"""Tables of a rendered page, made fit for phones: long ones are folded, wide ones become blocks of lines, one a row."""

import re

from bs4 import BeautifulSoup, Tag

LETTER, AROUND = 8.5, 24  # pixels of a letter at most, and around the words of a cell
PHONE = 350  # pixels that a phone leaves to a table
SENTENCE = 60  # letters; three columns leave a sentence too little room
LONG_WORD, AFTER_SIGN = re.compile(r"\S{20,}"), re.compile(r"(?<=[_/.,=])(?=\S)")
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

    These words are shown, and said, where a table is no table any more.
    """
    large = [table for table in page.select("table") if _least_width(table) > PHONE or _wordy(table)]
    cells = [table.find_parent(class_="cell_output") for table in large]
    for table in page.select("table"):
        heads, cell = table.select("thead th"), table.find_parent(class_="cell_output")
        # A table's continuation looks as the table does.
        if not heads or not (any(table is one for one in large) or (cell and any(cell is one for one in cells))):
            continue
        table["class"] = " ".join([*map(str, filter(None, table.get_attribute_list("class"))), "stacks"])
        for row in table.select("tbody tr"):
            for head, part in zip(heads, row.find_all(["td", "th"]), strict=False):
                if not part.get_text(strip=True) and not part.find("img"):
                    part["class"] = "stack-empty"
                label = page.new_tag("span", attrs={"class": "stack-label"})
                label.extend(BeautifulSoup(_inner(head), "html.parser").contents)
                part.insert(0, label)


def break_long_words(page: BeautifulSoup) -> None:
    """Let long words in cells, such as names in code, break after a sign."""
    for cell in page.select("td"):
        for text in cell.find_all(string=LONG_WORD):
            first, *others = AFTER_SIGN.split(str(text))
            text.replace_with(first, *(part for other in others for part in (page.new_tag("wbr"), other)))


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
