"""Playgrounds: they compute what the package computes, and answer to keys, touch, links and themes."""

import json
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from browser.reading import BOOK, Reader
from playwright.sync_api import Locator, Page, expect

from hetsnn.networks.neurons import Properties, lif_step
from hetsnn.networks.rates import firing_rate
from hetsnn.tasks.memory import Memory
from hetsnn.training.evolution import Evolution
from hetsnn_book.building import motion, playgrounds

# A page's playgrounds as the book has them, by their names.
PLACES = {
    name: path.name
    for name in playgrounds.names()
    for path in BOOK.glob("*.html")
    if f'id="playground-{name}"' in path.read_text(encoding="utf-8")
}
FILES = "_static/playgrounds"
BENCH = """<!doctype html><html lang="en" data-theme="light"><head><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="playgrounds.css"><link rel="stylesheet" href="uPlot.min.css"></head>
<body>{place}<script src="uPlot.iife.min.js"></script><script src="playgrounds.js"></script></body></html>"""


def place(name: str) -> str:
    """The element of a playground as it is on its page; a bare one, where the book has none yet."""
    if name not in PLACES:
        return f'<div id="playground-{name}" data-playground="{name}"></div>'
    found = re.search(
        rf'<div [^>]*id="playground-{name}".*?</div>', (BOOK / PLACES[name]).read_text(encoding="utf-8"), re.S
    )
    assert found
    return found[0]


def alone(reader: Reader, place: str, address: str = "") -> Page:
    """A page with one playground, which costs less than a chapter."""
    reader.page.goto("about:blank")
    reader.page.goto(f"{reader.address}/{FILES}/playgrounds.css{address}")
    reader.page.set_content(BENCH.format(place=place))
    return reader.page


def playground(reader: Reader, name: str, setting: str = "") -> Locator:
    """A playground in a setting, ready to play with."""
    page = alone(reader, place(name), f"#playground-{name}?{setting}" if setting else "")
    box = page.locator(f"#playground-{name}")
    expect(box.get_by_role("status")).not_to_be_empty()
    return box


def called(reader: Reader, module: str, function: str, *arguments: Any) -> Any:
    """The result of a function of a playground's module."""
    code = "async ([module, name, given]) => (await import(`playgrounds/${module}`))[name](...given)"
    return reader.page.evaluate(code, [module, function, list(arguments)])


@pytest.fixture
def modules(reader: Reader) -> Reader:
    """A reader whose page has loaded the playgrounds' modules."""
    playground(reader, "neuron")
    return reader


def test_a_neuron_is_that_of_lif_step(modules: Reader) -> None:
    rng, fired = np.random.default_rng(0), 0.0
    for _ in range(5):
        drawn = rng.uniform([1, 0.5, -0.5, 0.5], [20, 1.5, 0.4, 2]).tolist()
        neuron = dict(zip(Properties._fields, drawn, strict=True))
        currents = rng.normal(1.2, 1.0, 200)
        voltages, spikes = [], []
        with jax.enable_x64(True):
            properties, voltage = Properties(*map(jnp.float64, neuron.values())), jnp.float64(neuron["v_rest"])
            for current in currents:
                voltage, spike = lif_step(voltage, jnp.float64(current), properties)
                voltages.append(float(voltage))
                spikes.append(float(spike))
        found = called(modules, "lif", "simulate", currents.tolist(), neuron)
        np.testing.assert_allclose(found["voltages"], voltages, rtol=0, atol=1e-6)
        assert found["spikes"] == spikes
        fired += sum(spikes)
    assert 50 < fired < 900


def test_rates_are_those_of_the_package(modules: Reader) -> None:
    for neuron in (
        {"tau_m": 5.0, "v_th": 1.0, "v_rest": 0.0, "r_m": 1.0},
        {"tau_m": 1.0, "v_th": 0.5, "v_rest": 0.9, "r_m": 2.0},
    ):
        for current in (-1.0, -0.3, 0.0, 0.9, 1.0, 1.5, 2.75, 4.0):
            expected = firing_rate(current, Properties(*neuron.values())).item()  # type: ignore[arg-type]  # floats do
            assert called(modules, "lif", "firingRate", current, neuron) == pytest.approx(expected, abs=1e-12)


def test_a_search_moves_as_evosax_does(modules: Reader) -> None:
    rng, settings = np.random.default_rng(0), {"sigma": 0.4, "rate": 0.1}
    strategy, params = Evolution(population=8, sigma=0.4, learning_rate=0.1).build(2)
    state = strategy.init(jax.random.key(0), jnp.array([-2.0, 1.0]), params)
    search = called(modules, "search", "begin", [-2.0, 1.0])
    for generation in range(12):
        noise = rng.normal(size=(4, 2))
        candidates = called(modules, "search", "ask", search, noise.tolist(), 0.4)
        np.testing.assert_allclose(candidates, state.mean + 0.4 * np.concatenate([noise, -noise]), atol=1e-5)
        losses = np.floor(np.square(candidates).sum(1)).tolist()  # with ties
        search = called(modules, "search", "tell", search, candidates, losses, settings)
        state, _ = strategy.tell(jax.random.key(generation), jnp.array(candidates), jnp.array(losses), state, params)
        np.testing.assert_allclose(search["centre"], state.mean, atol=1e-5)
    assert np.linalg.norm(state.mean) < 2  # it has moved


def test_the_memory_task_is_the_packages(modules: Reader) -> None:
    expected = np.asarray(Memory(length=7).examples(8)[0])
    for cue, seen in zip((-1, 1), expected, strict=True):
        np.testing.assert_allclose(called(modules, "network", "observations", cue, 7), seen, atol=1e-6)


def test_a_networks_potentials_are_those_of_lif_step(reader: Reader) -> None:
    playground(reader, "memory")
    page = (BOOK / PLACES["memory"]).read_text(encoding="utf-8")
    networks = json.loads(re.findall(r'<script type="application/json">(\[.*?\])</script>', page)[0])
    network = networks[len(networks) // 2]
    length = network["length"]
    with jax.enable_x64(True):
        properties = Properties(**{name: jnp.array(network["neuron"][name]) for name in Properties._fields})
        for cue in (-1, 1):
            found = called(reader, "network", "episode", network, cue, length)
            voltage = properties.v_rest
            for seen, voltages, spikes in zip(
                called(reader, "network", "observations", cue, length), found["voltages"], found["spikes"], strict=True
            ):
                voltage, fired = lif_step(voltage, jnp.array(seen, float) @ jnp.array(network["input"]), properties)
                np.testing.assert_allclose(voltages, voltage, rtol=0, atol=1e-6)
                np.testing.assert_array_equal(spikes, fired)
            assert np.sign(found["margin"]) == cue


def test_networks_remember_as_they_did_when_they_were_trained(reader: Reader) -> None:
    box = playground(reader, "memory")
    choice = box.get_by_label("Network trained for length")
    lengths = choice.locator("option").all_inner_texts()
    assert len(lengths) > 10
    for length in lengths:
        choice.select_option(length)
        expect(box.get_by_role("status")).to_contain_text("Both cues are answered right.")
    choice.select_option("10")
    box.get_by_role("button", name="Silence it").click()
    expect(box.get_by_role("status")).to_contain_text("one is wrong")


def test_mirror_images_spike_alike(reader: Reader) -> None:
    box = playground(reader, "neuron", "v_th=1.4&noise=0.7")
    box.get_by_role("button", name="Mirror").click()
    expect(box.get_by_role("status")).to_contain_text("The spikes of the two are the same at all 2,000 steps")
    expect(box.get_by_role("status")).to_contain_text("threshold 1.00, rest \N{MINUS SIGN}0.40")


def test_a_slider_answers_to_keys_and_its_link_carries_the_setting(reader: Reader) -> None:
    box = playground(reader, "neuron")
    slider = box.get_by_role("slider", name="threshold")
    assert slider.input_value() == "1"
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(1.1)
    link = box.get_by_role("link", name="Link to this setting").get_attribute("href") or ""
    again = playground(reader, "neuron", link.partition("?")[2]).get_by_role("slider", name="threshold")
    assert float(again.input_value()) == pytest.approx(1.1)
    expect(again).to_be_in_viewport()


def test_a_link_with_nonsense_changes_nothing(reader: Reader) -> None:
    box = playground(reader, "neuron", "v_th=abc&tau_m=&nothing=1&noise=1e9")
    assert box.get_by_role("slider", name="threshold").input_value() == "1"
    assert box.get_by_role("slider", name="noise").input_value() == "3"


def test_presets_are_the_neurons_of_the_chapters_figure(reader: Reader) -> None:
    box = playground(reader, "neuron")
    figure = (
        (BOOK / PLACES["neuron"])
        .read_text(encoding="utf-8")
        .partition('id="spiking-patterns"')[2]
        .partition("</figure>")[0]
    )
    presets = box.get_by_label("Neurons of Fig. 1")
    patterns = []
    for number in range(presets.locator("option").count() - 1):
        presets.select_option(str(number))
        patterns.append(box.get_by_role("status").inner_text())
    said = re.findall(r": (silent|every \d+ steps)", figure)
    assert len(patterns) == len(said) == 9
    for pattern, expected in zip(patterns, said, strict=True):
        assert pattern.startswith("It is silent." if expected == "silent" else f"It fires {expected}.")


def test_evolution_steps_and_its_link_repeats_them(reader: Reader) -> None:
    box = playground(reader, "evolution")
    said = box.get_by_role("status")
    for generation in (1, 2, 3):
        box.get_by_role("button", name="One generation").click()
        expect(said).to_contain_text(f"Generation {generation}:")
    after, link = said.inner_text(), box.get_by_role("link").get_attribute("href") or ""
    box.get_by_role("button", name="Start again").click()
    expect(said).to_contain_text("Generation 0:")
    expect(playground(reader, "evolution", link.partition("?")[2]).get_by_role("status")).to_have_text(after)


def test_a_tie_moves_nothing(reader: Reader) -> None:
    box = playground(reader, "evolution", "landscape=reward&sigma=0.1")
    box.get_by_role("button", name="One generation").click()
    expect(box.get_by_role("status")).to_contain_text("a tie")
    expect(box.locator(".playground-chart").first).to_have_attribute(
        "aria-label", re.compile("centre at -2.20 and -1.80")
    )


def test_the_drift_dial_follows_its_rule(reader: Reader) -> None:
    playground(reader, "drift")
    spreads = {}
    for rate in (0.01, 0.04):
        ends = [
            called(reader, "drift", "evolve", {"rate": rate, "generations": 200, "fitness": "one", "seed": seed})
            for seed in (1, 3)
        ]
        spreads[rate] = np.mean([end["spreads"]["drifting"][-1] for end in ends])
        assert spreads[rate] == pytest.approx(rate * np.sqrt(200), rel=0.35)
    assert spreads[0.04] / spreads[0.01] == pytest.approx(4, rel=0.05)


def test_a_robot_moves_and_stops(reader: Reader) -> None:
    frames = [[10 * step, 0, 10 * step + 300, 1000] for step in range(100)]
    recording = {"environment": "hopper", "evolved": "neuron", "frames": frames, "radii": [50], "seconds": 0.04}
    page = alone(reader, motion.player(recording, "A hopper."))
    button, picture = page.get_by_role("button", name="Play: Hopper"), page.get_by_role("img", name="A hopper.")
    expect(button).to_have_text("Play")
    before = picture.screenshot()
    button.press("Enter")
    button = page.get_by_role("button")
    expect(button).to_have_text("Stop")
    page.wait_for_timeout(500)
    button.press("Enter")
    expect(button).to_have_text("Play")
    after = picture.screenshot()
    assert after != before
    reader.darken()
    page.wait_for_timeout(100)
    assert picture.screenshot() != after


@pytest.mark.parametrize("name", playgrounds.names())
def test_a_playground_fits_a_phone_and_both_themes(phone: Reader, name: str) -> None:
    box = playground(phone, name)
    chart = box.locator("canvas").first
    light = chart.screenshot()
    phone.darken()
    phone.page.wait_for_timeout(100)
    assert chart.screenshot() != light
    for part in box.locator("*").all()[:200]:
        edge = part.bounding_box()
        assert edge is None or edge["x"] + edge["width"] <= 390, part.evaluate("one => one.outerHTML")[:100]
    slider = box.get_by_role("slider").first
    before = slider.input_value()
    slider.tap(position={"x": 5, "y": 10})
    assert slider.input_value() != before


def elsewhere(reader: Reader, address: str, **options: Any) -> Locator:
    """The neuron on a page that is opened in another way; what else is missing there is no fault."""
    browser = reader.context.browser
    assert browser
    page = browser.new_context(**options).new_page()
    page.goto(address)
    return page.locator("#playground-neuron")


def test_a_playground_runs_from_a_file(reader: Reader) -> None:
    box = elsewhere(reader, (BOOK / PLACES["neuron"]).as_uri())
    expect(box.get_by_role("status")).to_contain_text("It fires every 5 steps")


def test_where_no_script_runs_a_sentence_stands(reader: Reader) -> None:
    box = elsewhere(reader, f"{reader.address}/{PLACES['neuron']}", java_script_enabled=False)
    expect(box).to_contain_text("one neuron under a constant current")
