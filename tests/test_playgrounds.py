"""Playgrounds, as far as no browser is needed: their modules fit together, and their data are the project's."""

import re

import pytest

from hetsnn.errors import InputError
from hetsnn_book.building import pages, playgrounds
from hetsnn_book.measures import cell_types

MODULES = {path.stem: path.read_text(encoding="utf-8") for path in playgrounds.FOLDER.glob("*.mjs")}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_is_there(name: str) -> None:
    for names, other in re.findall(r'^import \{ (.*) \} from "playgrounds/(.*)";$', MODULES[name], re.MULTILINE):
        for imported in names.split(", "):
            assert re.search(
                rf"^export (const|function) {imported}\b|^export const \w+ = .*, {imported} =", MODULES[other], re.M
            )


@pytest.mark.parametrize("name", playgrounds.names())
def test_a_playground_says_what_it_is(name: str) -> None:
    assert re.fullmatch(r"[a-z].*\.", playgrounds.sentence(name))


def test_an_unknown_playground() -> None:
    with pytest.raises(InputError, match="playground must be one of drift, evolution, memory, neuron, got 'link'"):
        playgrounds.sentence("link")


def test_drift_is_compared_with_the_cells_of_the_chapter() -> None:
    assert playgrounds.data("neuron") is None
    mouse = cell_types.summary().loc[("mouse", cell_types.MAIN), "log_sd"]
    assert playgrounds.data("drift")["mouse"] == pytest.approx(mouse)


def test_a_place_holds_any_words_and_data() -> None:
    html = playgrounds.place("robot", 'a "hopper"', "<p>still</p>", {"end": "</script>"}, of="hopper")
    assert html.startswith(
        '<div id="playground-robot-hopper" data-playground="robot" data-title="a &quot;hopper&quot;">'
    )
    assert html.count("</script>") == 1
    faults = pages._Faults()
    faults.feed(html)
    assert not faults.found


def test_the_loader_fetches_nothing() -> None:
    script = playgrounds.loader()
    assert not re.search(r"https?:|fetch\(", script)
    for name in MODULES:
        assert f'\\"playgrounds/{name}\\": \\"data:text/javascript' in script
