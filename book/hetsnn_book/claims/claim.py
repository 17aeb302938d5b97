"""Claims: a statement of the paper, how it is measured, and the judgement that follows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from hetsnn.statistics import wilson_interval
from hetsnn_book import experiments
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.deciding import AND, binned, decisive, shares_by
from hetsnn_book.claims.specifications import COLUMNS, settings_of
from hetsnn_book.claims.verdicts import KNOBS, MOST, NO_VERDICT, NOT_MEASURED, verdict_of
from hetsnn_book.words import as_code, title

FEWEST = 4  # specifications, below which there is no verdict
LARGE = 100  # effects of this size are printed without decimals
ALONE = "no setting but the tuned ones was measured"
UNDECIDED = "nothing is decided, since intervals span the smallest effect, or the share of settings that is asked for"
LISTED = 6  # cells whose effects are listed; of more, the range


@dataclass(frozen=True)
class Measured:
    """Measurements for a claim: specifications, and the tuned best of both sides on fresh seeds.

    Tuned cells are no sample of settings. Where nothing but them was measured, they are judged by their intervals,
    corrected for their number, and not by a share of specifications.
    """

    specifications: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*COLUMNS]))
    best: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*COLUMNS]))  # a row per cell
    units: tuple[str, ...] = ()  # columns of `specifications`; those with one value were drawn together
    note: str = ""  # what else belongs to the evidence, such as cells that are missing
    lacking: str = ""  # why there is no verdict
    unjudged: str = NOT_MEASURED  # the verdict where something is lacking


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: str
    evidence: str = ""
    specifications: pd.DataFrame = field(default_factory=pd.DataFrame)  # the judged ones, with `holds`
    share: float = np.nan
    share_interval: tuple[float, float] = (np.nan, np.nan)
    settings: tuple[str, ...] = ()  # columns of the specifications that may decide
    decided_by: str = ""
    effect: float = np.nan
    interval: tuple[float, float] = (np.nan, np.nan)
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)  # the tuned best, a row per cell

    @property
    def tuned(self) -> bool:
        """Return whether the effect is that of the tuned best, and not the mean over specifications."""
        return len(self.cells) > 0

    @property
    def kind(self) -> str:
        """Return what the judged specifications are, in words: without a share they are the tuned cells alone."""
        return "tuned cell" if np.isnan(self.share_interval[0]) else "specification"

    def told_cells(self) -> str:
        """Return the effects of the tuned cells in words, "" unless there are several."""
        return by_cell(self.cells, effect_format(self.effect)) if len(self.cells) > 1 else ""

    def curve(self) -> pd.DataFrame:
        """Return the specifications as their curve is drawn: settings as categories, numbers in thirds."""
        return self.specifications.assign(**{name: binned(self.specifications[name]) for name in self.settings})


class Claim(NamedTuple):
    """A statement of the paper, in our words, and the rule that judges it."""

    where: str
    claim: str
    experiments: tuple[str, ...]
    criterion: Criterion
    measure: Callable[..., Measured]  # paper-profile frames of the experiments, in this order -> what was measured
    fewest: int = FEWEST  # specifications
    settled: tuple[str, str] | None = None  # verdict and reason, where no measurement can change the verdict
    shown: str = ""  # chapter; default: that of the experiments

    @property
    def chapter(self) -> str:
        """Return the name of the chapter that shows the claim."""
        return self.shown or str(experiments.load(self.experiments[0]).CHAPTER)

    def judge(self, *frames: pd.DataFrame) -> Judgement:
        """Return the judgement on frames of the claim's experiments."""
        empty = [name for name, frame in zip(self.experiments, frames, strict=True) if frame.empty]
        waits = f"waits for {' and '.join(map(as_code, empty))}"
        measured = Measured(lacking=waits) if empty else self.measure(*frames)
        judged = _judged(self.criterion, measured, self.fewest)
        if self.settled is None:
            return judged
        verdict, reason = self.settled
        evidence = "; ".join(filter(None, (reason, "" if judged.verdict == NOT_MEASURED else judged.evidence)))
        return Judgement(**vars(judged) | {"verdict": verdict, "evidence": evidence})


def _judged(criterion: Criterion, measured: Measured, fewest: int) -> Judgement:
    if measured.lacking:
        return Judgement(measured.unjudged, measured.lacking)
    alone = measured.specifications.empty
    every = measured.best if alone else measured.specifications
    blind = int(every["blind"].astype(bool).sum())
    cells = measured.best[measured.best["low"].notna() & ~measured.best["blind"].astype(bool)]
    found = (cells if alone else every[criterion.judgeable(every)])[[*settings_of(every), *COLUMNS]]
    found = found.reset_index(drop=True)
    if len(found) < fewest:
        return Judgement(NOT_MEASURED, _joined(_too_few(len(found), fewest), _blind(blind)))
    hold = criterion.hold_jointly(cells)
    holds = hold if alone else criterion.holds(found)
    share = float(holds.mean())
    drawn = () if alone else measured.units
    units = min([found[unit].nunique() for unit in drawn], default=len(found))
    names = [name for name in settings_of(found) if name not in drawn]
    deciding, somewhere = _deciding(found, holds, names, drawn)
    best = float(hold.mean()) if len(cells) else None
    mean = pooled(cells if len(cells) else found)
    ends = (np.nan, np.nan) if alone else wilson_interval(round(share * units), units)
    against = failing(criterion, cells, share, 0 if alone else units)
    verdict = verdict_of(share, best, deciding, somewhere=somewhere, against=against)
    of_all = f"{int(holds.sum())} of {len(found)} specifications"
    told = f"holds ({criterion.counts}) in {of_all} ({share:.0%} [{ends[0]:.0%}, {ends[1]:.0%}])"
    return Judgement(
        verdict,
        _joined(
            UNDECIDED if verdict == NO_VERDICT else "",
            f"{ALONE}; it holds {criterion.counts}" if alone else told,
            _levels(found, holds, deciding),
            _tuned(criterion, mean, cells, hold),
            _blind(blind),
            measured.note,
        ),
        found.assign(holds=holds),
        share,
        ends,
        tuple(names),
        deciding,
        mean[0],
        mean[1:],
        cells,
    )


def failing(criterion: Criterion, cells: pd.DataFrame, share: float, units: int) -> bool:
    """Return whether there is evidence that a claim is not robust.

    More than a fifth of the tuned cells clearly fail, corrected for their number; or the 95 % interval of the share of
    specifications in which the claim holds lies below four fifths. A share of fewer than `FEWEST` is no evidence.

    Args:
        criterion: what counts.
        cells: tuned best, a row per cell.
        share: share of the specifications in which the claim holds.
        units: number of specifications that were drawn apart.
    """
    if len(cells) and 1 - criterion.fail_jointly(cells).mean() < MOST:
        return True
    return units >= FEWEST and wilson_interval(round(share * units), units)[1] < MOST


def pooled(cells: pd.DataFrame) -> tuple[float, float, float]:
    """Return the mean effect over cells, and an interval as wide as if all cells shared one draw of seeds."""
    effect, low, high = cells[["effect", "low", "high"]].mean(skipna=False)
    return float(effect), float(low), float(high)


def effect_format(effect: float) -> str:
    """Return how an effect of this size is printed."""
    return "+,.0f" if abs(effect) >= LARGE else "+.2f"


def by_cell(cells: pd.DataFrame, spec: str) -> str:
    """Return the effects of tuned cells in words: each with the settings that tell cells apart, or their range."""
    if len(cells) > LISTED:
        return f"{cells['effect'].min():{spec}} to {cells['effect'].max():{spec}}"
    names = [name for name in settings_of(cells) if len(cells[name].unique()) > 1]
    texts = []
    for _, cell in cells.iterrows():
        words = (title(cell[name]) if isinstance(cell[name], str) else f"{name} {cell[name]:,g}" for name in names)
        texts.append(f"{', '.join(words)} {cell['effect']:{spec}}".strip())
    return "; ".join(texts)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _too_few(count: int, fewest: int) -> str:
    can = "1 specification can" if count == 1 else f"{count or 'no'} specifications can"
    return f"{can} be judged yet, and a verdict needs {fewest}"


def _blind(count: int) -> str:
    return f"{count} more are no evidence (no search signal, or neither side learned)" if count else ""


def _deciding(
    found: pd.DataFrame, holds: np.ndarray | pd.Series, names: list[str], units: tuple[str, ...]
) -> tuple[str, bool]:
    """Return the deciding setting, or pair of settings, and whether the claim is robust for one of its values."""
    first = ""
    for size in (1, 2):
        some = decisive(found, holds, names, units, size)
        robust = [deciding for deciding in some if _robust_somewhere(found, holds, deciding)]
        if robust:
            return robust[0], True
        first = first or (some[0] if some else "")
    return first, False


def _robust_somewhere(found: pd.DataFrame, holds: np.ndarray | pd.Series, deciding: str) -> bool:
    if any(name.startswith(KNOBS) for name in deciding.split(AND)):
        return False
    shares = shares_by(found, holds, deciding)
    return bool((shares["mean"][shares["size"] >= FEWEST] >= MOST).any())


def _levels(found: pd.DataFrame, holds: np.ndarray | pd.Series, deciding: str) -> str:
    if not deciding:
        return ""
    shares = shares_by(found, holds, deciding)
    texts = [
        f"{row['mean']:.0%} at {', '.join(key) if isinstance(key, tuple) else key}" for key, row in shares.iterrows()
    ]
    return f"by {deciding}: {'; '.join(texts)}" if AND in deciding else f"by {deciding}: {', '.join(texts)}"


def _tuned(criterion: Criterion, mean: tuple[float, float, float], cells: pd.DataFrame, hold: np.ndarray) -> str:
    spec = effect_format(mean[0])
    ends = "" if np.isnan(mean[1]) else f" [{mean[1]:{spec}}, {mean[2]:{spec}}]"
    texts = [f"{'tuned' if len(cells) else 'on average'} {mean[0]:{spec}}{ends} {criterion.unit}"]
    if len(cells) > 1:
        against, fails = int(criterion.reversed(cells).sum()), int(criterion.fail_jointly(cells).sum())
        texts.append(
            f"holds in {int(hold.sum())} of {len(cells)} tuned cells and clearly fails in {fails}, "
            "corrected for their number" + (f", {criterion.opposite} in {against}" if against else "")
        )
        texts.append(f"by cell ({by_cell(cells, spec)})")
    return _joined(*texts)
