"""Readers press keys, unfold code, and search."""

import pytest
from browser.reading import Reader
from playwright.sync_api import expect

# Words that readers try, and a page that must be among the first that they find.
WORDS = {
    "heterogeneity": "is_it_heterogeneity",
    "LIF": "spiking_neurons",
    "threshold": "spiking_neurons",
    "surrogate": "glossary",
    "bsuite": "memory_contest",
    "drift": "drift",
    "lognormal": "biology",
    "HalfCheetah": "control",
    "MNIST": "images",
    "CartPole": "cartpole",
    "glossary": "glossary",
}
FIRST = 8


def test_keys_lead_to_a_playground_and_through_it(reader: Reader) -> None:
    page = reader.open("spiking_neurons.html")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    box = page.locator("#playground-neuron")
    for _ in range(200):  # links and folds come before it
        page.keyboard.press("Tab")
        if box.evaluate("box => box.contains(document.activeElement)"):
            break
    threshold, said = box.get_by_role("slider", name="threshold"), box.get_by_role("status")
    page.keyboard.press("Tab")
    expect(threshold).to_be_focused()
    page.keyboard.press("Home")  # below rest
    expect(said).to_contain_text("It fires at every step.")
    mirror = box.get_by_role("button", name="Mirror")
    for _ in range(10):
        page.keyboard.press("Tab")
        if mirror.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(mirror).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("Mirror image")


def test_code_unfolds_by_a_key(reader: Reader) -> None:
    page = reader.open("spiking_neurons.html")
    fold = page.locator("details.hide").first
    expect(fold.locator("pre").first).to_be_hidden()
    fold.locator("summary").press("Enter")
    expect(fold.locator("pre").first).to_be_visible()


@pytest.mark.parametrize("word", WORDS)
def test_search_finds_what_readers_look_for(reader: Reader, word: str) -> None:
    page = reader.open(f"search.html?q={word}")
    found = page.locator("#search-results ul.search li a")
    expect(found.first).to_be_visible()
    links = [link.get_attribute("href") or "" for link in found.all()[:FIRST]]
    assert any(link.startswith(f"{WORDS[word]}.html") for link in links), links
