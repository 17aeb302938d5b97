"""The table of all claims: effects as text, pictures with text alternatives, links to the chapters."""

import base64
import re

import numpy as np
import pandas as pd

from hetsnn_book import claims
from hetsnn_book.plots import results as draw
from hetsnn_book.project import PROJECT


def test_a_line_tells_verdict_place_effect_and_curve() -> None:
    made = {"specifications": [4, 0], "share": [0.75, np.nan], "effect": [0.25, np.nan], "unit": ["of reward", ""]}
    made |= {"interval": [[0.1, 0.4], [np.nan, np.nan]], "where": ["Fig. 2", "Tab. 1"], "claim": ["A.", "B."]}
    made |= {"share_interval": [[0.3, 0.95], [np.nan, np.nan]]}
    made |= {"cells": ["neurons +0.60; weights -0.10", ""]}
    made |= {"chapter": ["memory", "results"], "verdict": ["● robust", "… not measured yet"], "evidence": ["", "waits"]}
    effects = np.array([0.3, 0.5, -0.1, 0.2])
    curve = pd.DataFrame({"effect": effects, "low": effects, "high": effects, "holds": effects > 0})
    lines = draw.at_a_glance(
        pd.DataFrame(made), {"A.": (curve, (0.1,), "tuned cell"), "B.": (curve[:0], (0.1,), "specification")}
    )
    first, second = lines.to_dict("records")
    assert first["claim"] == "A. (Fig. 2; {doc}`memory`)"
    assert first["effect"] == "+0.25 [+0.10, +0.40] of reward<br>neurons +0.60; weights -0.10"
    assert first["holds in"].startswith("75% of 4<br><img ")
    assert 'alt="3 of 4 tuned cells hold"' in first["holds in"]
    assert base64.b64decode(first["holds in"].split("base64,")[1].split('"')[0]).startswith(b"\x89PNG")
    assert (second["claim"], second["effect"], second["holds in"]) == ("B. (Tab. 1)", "waits", "")


def test_large_effects_have_no_decimals() -> None:
    assert draw.effect(1234.5, (1000.0, 1469.0), "of reward") == "+1,234 [+1,000, +1,469] of reward"
    assert draw.effect(0.5, (np.nan, np.nan), "points") == "+0.50 points"


def test_every_claim_has_its_specification_curve_on_a_page() -> None:
    """But those that are settled without any, or have nothing to compare with."""
    pages = [path.read_text() for path in (PROJECT / "book").glob("*.md")]
    starts = {start for page in pages if "show_curve" in page for start in re.findall(r'"([A-Z][^"\n]{9,})"', page)}
    without = [claim.claim for claim in claims.every() if not any(claim.claim.startswith(start) for start in starts)]
    assert {claim.split()[0] for claim in without} == {"Other", "Four"}
