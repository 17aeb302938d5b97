"""The factorial: what its cells train, and contrasts whose values are known."""

import numpy as np
import pandas as pd
import pytest

from hetsnn.statistics import mean_interval
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import start
from hetsnn.training.policies import fix
from hetsnn.training.random_search import RandomSearch
from hetsnn_book import experiments
from hetsnn_book.claims import factorial as contrasts
from hetsnn_book.experiments import factorial, factorial_finals, factorial_search
from hetsnn_book.experiments.factorial_finals import FINALISTS
from hetsnn_book.experiments.factorial_search import CELLS, FACTORIAL, HIDDEN, OWN, TASKS, TRIALS, cell_run, trials
from hetsnn_book.plots import factorial as draw
from hetsnn_book.project import published_only

SEEDS = 12


def run_of(cell: str, task: str = "memory", place: int = 1) -> Run:
    return cell_run(("factorial", 1), task, CELLS[cell], trials(task)[place], TASKS[task].lengths[0], 0)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_evolves_what_its_name_says_from_the_neurons_that_it_says(cell: str) -> None:
    training = run_of(cell).check().training
    _, centre = fix(training, training.key)
    drawn = fix(training, training.key)[0].drawn
    weights = HIDDEN * (3 + 1 + 2)  # observations, bias, outputs
    sizes = {
        "frozen weights, shared neurons": 4,
        OWN: 4 * HIDDEN,
        "evolved weights, shared neurons": 4 + weights,
        "evolved weights, each neurons": 4 * HIDDEN + weights,
        "read-outs": 2 * HIDDEN,
        "biases": HIDDEN,
        "output scale": 1,
    }
    assert centre.size == sizes.get(cell, weights)
    spread = np.log(np.asarray(drawn["neuron"]["tau_m"]) / training.architecture.tau_m).std()
    assert spread == pytest.approx(CELLS[cell].spread, abs=0.2)
    untrained = isinstance(training.method, RandomSearch) and training.method.length * training.method.population == 1
    assert untrained == (CELLS[cell].evolved is None)
    assert start(training.genome, drawn).size == centre.size
    assert experiments.labels(run_of(cell))["cell"] == cell


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_trials_of_its_own_kind_that_labels_know(task: str) -> None:
    assert len({(setting.tau_m, setting.gain) for setting in trials(task)}) == TRIALS
    for place in (0, TRIALS - 1):
        labels = experiments.labels(run_of(OWN, task, place).check())
        assert labels == {"contest": task, "cell": OWN, "span": TASKS[task].lengths[0], "trial": place, "spread": None}


def made_up(scores: dict[tuple[str, str], float], rivals: float = 0.2) -> pd.DataFrame:
    """Two contests with known mean scores of each cell, and noise that all cells of a seed share."""
    noise = np.random.default_rng(0).normal(size=SEEDS)
    others = (*contrasts.RIVALS, factorial.AS_MANY)
    named = {contrasts.NAMES[cell]: score for cell, score in scores.items()} | dict.fromkeys(others, rivals)
    rows = [
        {"contest": contest, "span": span, "cell": cell, "seed": seed, "spread": np.nan,
         "reward": (score + 0.1 * noise[seed]) * (span if contest == "cartpole" else 1)}
        for contest, span in (("memory", 10), ("memory", 100), ("cartpole", 200))
        for cell, score in named.items()
        for seed in range(SEEDS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_leads_count_after_a_correction_for_their_number() -> None:
    lead = pd.DataFrame([{"effect": 0.11, "low": 0.055, "high": 0.165, "seeds": 20}])  # one-sided p = 0.017
    clear = pd.DataFrame([{"effect": 0.5, "low": 0.45, "high": 0.55, "seeds": 20}])
    assert contrasts.beyond(lead).tolist() == [True]
    assert contrasts.beyond(pd.concat([lead, lead])).tolist() == [False, False]
    assert contrasts.beyond(pd.concat([lead, clear])).tolist() == [True, True]
    assert contrasts.beyond(lead.assign(high=np.nan)).tolist() == [False]
    assert contrasts.beyond(lead[:0]).shape == (0,)


def test_effects_are_contrasts_within_seeds() -> None:
    scores = dict(zip(FACTORIAL, (0.0, 0.1, 0.2, 0.5, 0.4, 0.5, 0.4, 0.6), strict=True))
    found = contrasts.effects(made_up(scores))
    expected = {
        "weights evolve": np.mean([0.4, 0.4, 0.2, 0.1]),
        "neurons evolve, alike": 0.1,
        "neurons differ at random": 0.1,
        "neurons evolve apart, not alike": (0.4 + 0.1) / 2,
        "... more where weights are frozen": 0.4 - 0.1,
        "apart, not alike, on frozen weights": 0.4,
        "apart, not equal, on evolved weights": 0.2,
        "random, not equal, on evolved weights": 0.0,
    }
    assert len(found) == 3 * len(expected)
    for name, of in found.groupby("effect_of"):
        assert of["effect"].to_numpy() == pytest.approx(expected[str(name)])
        assert (of["high"] - of["low"]).to_numpy() == pytest.approx(0.0, abs=1e-9)  # the noise of a seed cancels
    leads = contrasts.leads(made_up(scores))
    assert leads["effect"].to_numpy() == pytest.approx(0.3)
    assert set(leads["rival"]) == {"read-outs", "biases", "output scale", "random search"}
    sides = contrasts.leads(made_up(scores), contrasts.SIDES).groupby("rival")["effect"].mean()
    assert sides.to_dict() == pytest.approx(dict(zip(contrasts.SIDES, (0.1, 0.3), strict=True)))


def test_weights_are_also_measured_at_as_many_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factorial, "WINNERS", {("cartpole", OWN): 0, ("cartpole", factorial.WEIGHTS_ALONE): 1})
    few = [run for run in factorial.runs("paper") if experiments.labels(run)["cell"] == factorial.AS_MANY]
    assert len(few) == len(TASKS["cartpole"].lengths) * TASKS["cartpole"].seeds
    training = few[0].check().training
    _, centre = fix(training, training.key)
    assert trials("cartpole")[1].bias
    assert training.architecture.hidden == round(4 * HIDDEN / (4 + 1 + 2))  # observations, bias, outputs
    assert centre.size == pytest.approx(4 * HIDDEN, abs=(4 + 1 + 2) / 2)


def test_a_contest_without_all_cells_has_no_effects_and_other_spreads_do_not_count() -> None:
    frame = made_up(dict.fromkeys(FACTORIAL, 0.5))
    other = frame[frame["cell"] == OWN].assign(spread=1.0, reward=99.0)
    both = pd.concat([frame, other])
    assert contrasts.cells(both)["mean"].max() < 1
    assert contrasts.cells(both[:0], contrasts.OVERALL).empty
    partly = both[(both["contest"] == "memory") | (both["cell"] == OWN)]
    assert set(contrasts.effects(partly)["contest"]) == {"memory"}
    assert set(contrasts.leads(frame[frame["cell"] != "biases"])["rival"]) == {*contrasts.RIVALS} - {"biases"}


def test_drawn_scores_are_the_means_over_spans() -> None:
    scores = dict(zip(FACTORIAL, np.linspace(0.1, 0.8, len(FACTORIAL)), strict=True))
    frame = made_up(scores)
    figure = draw.scores(contrasts.cells(frame, contrasts.OVERALL), contrasts.NAMES)
    drawn = figure.axes[0].lines[0].get_ydata()
    noise = 0.1 * np.random.default_rng(0).normal(size=SEEDS).mean()
    frozen = [scores["frozen", kind] for kind in ("equal", "shared", "random", "each")]
    np.testing.assert_allclose(np.asarray(drawn, float), np.array(frozen) + noise, atol=1e-9)
    assert [axis.get_title() for axis in figure.axes] == ["memory", "CartPole"]
    effects = contrasts.effects(frame, contrasts.OVERALL)
    forest = draw.forest(effects, "effect_of", contrasts.LEAD, "share of the best")
    assert len(forest.axes[0].get_yticks()) == len(contrasts.EFFECTS)


def test_finalists_are_the_best_of_the_published_search_and_settings_the_best_of_the_published_finals() -> None:
    search, finals = (experiments.read(f"factorial_{name}", "paper", published_only()) for name in ("search", "finals"))
    assert set(factorial_finals.CHOSEN) == set(factorial.WINNERS)
    for (task, cell), places in factorial_finals.CHOSEN.items():
        assert factorial_search.ranking(search, task, cell)[:FINALISTS] == [*places]
        assert factorial_finals.ranking(finals, task, cell)[0] == factorial.WINNERS[task, cell]


def test_a_final_is_decided_by_the_mean_over_spans_and_seeds_then_by_the_rank_of_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(factorial_finals, "CHOSEN", {("cartpole", OWN): (7, 5, 3, 1)})
    rewards = {1: (200, 0), 3: (100, 1000), 5: (100, 1000), 7: (50, 1000)}  # at 200 and 1,000 steps
    rows = [
        {"contest": "cartpole", "cell": cell, "trial": trial, "span": span, "seed": seed, "reward": reward}
        for cell, sign in ((OWN, 1), ("biases", -1))
        for trial, both in rewards.items()
        for span, reward in zip((200, 1000), both, strict=True)
        for seed, reward in ((0, reward), (1, reward * sign))
    ]
    frame = pd.DataFrame(rows)
    assert factorial_finals.ranking(frame, "cartpole", OWN) == [5, 3, 7, 1]
    assert factorial_finals.scores(frame, "cartpole", OWN).to_dict() == {1: 0.5, 3: 0.75, 5: 0.75, 7: 0.625}


def test_the_final_has_seeds_of_its_own_and_each_finalist_at_each_span() -> None:
    seeds = {name: {run.training.seed for run in experiments.runs(name, "paper")}
             for name in ("factorial_search", "factorial", "spreads", "factorial_finals")}  # fmt: skip
    final = seeds.pop("factorial_finals")
    assert len(final) == factorial_finals.SEEDS
    assert not final & set.union(*seeds.values())
    found = pd.DataFrame(map(experiments.labels, experiments.runs("factorial_finals", "paper")))
    for (task, cell), group in found.groupby(["contest", "cell"]):
        assert set(group["trial"]) == set(factorial_finals.CHOSEN[str(task), str(cell)])
        assert len(group) == FINALISTS * len(TASKS[str(task)].searched) * factorial_finals.SEEDS
        assert set(group["span"]) == set(TASKS[str(task)].searched)


def test_a_ranking_prefers_the_mean_then_the_longest_span_then_noise_and_speed() -> None:
    def ranked(**trials: tuple[float, ...]) -> list[int]:
        rows = [
            {"contest": "memory", "cell": OWN, "trial": int(trial[1:]), "span": span, "seed": seed, "reward": reward,
             "reward_noise_0.1": noisy, "curve_best": np.array([early, 1.0])}
            for trial, (short, long, noisy, early) in trials.items()
            for span, reward in ((10, short), (100, long))
            for seed in range(2)
        ]  # fmt: skip
        return factorial_search.ranking(pd.DataFrame(rows), "memory", OWN)

    same = (0.0, 0.0)
    assert ranked(t0=(1.0, 0.0, *same), t1=(0.0, 1.0, *same), t2=(0.4, 0.4, *same)) == [1, 0, 2]
    assert ranked(t0=(1.0, 1.0, 0.2, 0.9), t1=(1.0, 1.0, 0.7, 0.1), t2=(1.0, 0.9, 1.0, 1.0)) == [1, 0, 2]
    assert ranked(t0=(1.0, 1.0, 0.5, 0.1), t1=(1.0, 1.0, 0.5, 0.1), t2=(1.0, 1.0, 0.5, 0.9)) == [2, 0, 1]


def test_the_headline_is_the_means_and_counts_of_its_contrasts() -> None:
    scores = dict(zip(FACTORIAL, (0.0, 0.1, 0.02, 0.5, 0.5, 0.5, 0.4, 0.6), strict=True))
    told = draw.headline(made_up(scores))
    noise = 0.1 * np.random.default_rng(0).normal(size=SEEDS).mean()
    assert {name: told[name] for name in ("equal", "alike", "random", "apart")} == {
        "equal": f"{noise:.2f}", "alike": f"{0.1 + noise:.2f}", "random": f"{0.02 + noise:.2f}",
        "apart": f"{0.5 + noise:.2f}",
    }  # fmt: skip
    assert (told["differ-held"], told["sides-held"], told["sides-behind"]) == ("3 of 3", "0 of 3", "0 of 3")
    assert told["differ"] == "+0.40 [+0.40, +0.40]"
    reversed_sides = draw.headline(made_up(scores | {("evolved", "equal"): 0.7}))
    assert (reversed_sides["sides-held"], reversed_sides["sides-behind"]) == ("0 of 3", "3 of 3")
    assert set(draw.headline(made_up(scores)[:0]).values()) == {None}


def test_published_results_bear_the_page_out() -> None:
    """Its sentences name a direction; the numbers in them are the results'."""
    frame = experiments.read("factorial", "paper", published_only())
    told = {name: float(text) for name, text in draw.headline(frame).items() if text and name in draw.TOLD}
    assert told["equal"] + contrasts.LEAD < told["alike"] < told["apart"] - contrasts.LEAD
    assert min(told["weights"], told["read-outs"]) > told["apart"]
    for contest in ("recall", "recall, recurrent"):
        recall = contrasts.cells(frame[frame["contest"] == contest], contrasts.OVERALL).set_index("cell")["mean"]
        weights = {kind: recall[contrasts.NAMES["evolved", kind]] for kind in contrasts.NEURONS}
        assert recall[OWN] > recall[contrasts.APART[0]] + contrasts.LEAD
        assert weights["random"] < weights["equal"] < min(weights["shared"], weights["each"])
        assert weights["shared"] > weights["each"] - contrasts.LEAD  # one value for all neurons is enough
        assert recall["read-outs"] > recall[OWN]
    assert (contrasts.apart(frame)["low"] > 0).all()
    finals = experiments.read("factorial_finals", "paper", published_only())
    best = {task: factorial_finals.scores(finals, task, OWN).max() for task in TASKS}
    assert best["memory"] == best["memory, memoryless read-out"] == 1 > best["cartpole"] + contrasts.LEAD


def test_effects_of_contests_are_means_over_their_spans_and_together_the_mean_over_tasks() -> None:
    rng = np.random.default_rng(1)
    frame = made_up(dict.fromkeys(FACTORIAL, 0.5))
    own = frame["cell"] == OWN
    frame.loc[own, "reward"] += (0.1 + 0.05 * rng.normal(size=own.sum())) * frame.loc[own, "span"].where(
        frame.loc[own, "contest"] == "cartpole", 1
    )
    found = contrasts.apart(frame, by=contrasts.OVERALL).set_index("contest")
    each = contrasts.apart(frame).groupby("contest")["effect"].mean()
    assert found["effect"].to_dict() == pytest.approx(each.to_dict())
    memory = frame[(frame["contest"] == "memory") & frame["cell"].isin(contrasts.APART)]
    leads = memory.pivot_table("reward", ["seed", "span"], "cell")[[OWN, contrasts.APART[0]]]
    by_seed = (leads[OWN] - leads[contrasts.APART[0]]).groupby("seed").mean()
    half = 2.2010 * by_seed.sem()  # Student's t, 11 degrees of freedom
    assert (found.loc["memory", "high"] - found.loc["memory", "low"]) / 2 == pytest.approx(half, rel=0.1)
    mean, low, high = contrasts.together(found.reset_index())
    assert mean == pytest.approx(found["effect"].mean())
    halves = (found["high"] - found["low"]) / 2
    assert (high - low) / 2 == pytest.approx(np.hypot(*halves) / 2)


def test_the_score_of_a_contest_is_the_mean_over_spans_of_each_seed() -> None:
    rng = np.random.default_rng(2)
    rows = [
        {"contest": "memory", "span": span, "cell": OWN, "seed": seed, "spread": np.nan, "reward": rng.normal()}
        for span in (10, 100)
        for seed in range(SEEDS)
    ]
    frame = pd.DataFrame(rows)
    found = contrasts.cells(frame, contrasts.OVERALL).iloc[0]
    by_seed = frame.groupby("seed")["reward"].mean()
    assert found["mean"] == pytest.approx(by_seed.mean())
    assert (found["low"], found["high"]) == pytest.approx(mean_interval(by_seed)[1:])
    assert found["seeds"] == SEEDS


def test_variants_of_a_task_count_once_and_their_errors_are_taken_for_the_same() -> None:
    rows = [("memory", 0.1, 0.02), ("memory, memoryless read-out", 0.3, 0.04), ("cartpole", 0.5, 0.04)]
    ends = [(name, at, at - half, at + half) for name, at, half in rows]
    table = pd.DataFrame(ends, columns=["contest", "effect", "low", "high"])
    assert contrasts.together(table) == pytest.approx((0.35, 0.35 - 0.025, 0.35 + 0.025))
    assert draw.over_tasks(table.assign(rival="weights"), "rival").to_dict() == pytest.approx({"weights": 0.35})


def test_what_is_kept_is_the_settings_own_score_in_the_search_and_the_finals_beside_fresh_seeds() -> None:
    frame = made_up(dict.fromkeys(FACTORIAL, 0.5)).assign(trial=1)
    search = pd.DataFrame(
        {"contest": "memory", "cell": OWN, "trial": [0, 0, 1, 1], "span": 10, "reward": [1.0, 0.9, 0.9, 0.7]}
    )
    finals = search.assign(reward=[0.1, 0.1, 0.7, 0.6])
    kept = contrasts.kept(search, finals, frame)
    assert kept[["contest", "cell"]].to_numpy().tolist() == [["memory", OWN]]
    noise = 0.1 * np.random.default_rng(0).normal(size=SEEDS).mean()
    assert kept[["search", "final", "fresh"]].to_numpy()[0] == pytest.approx([0.8, 0.65, 0.5 + noise])
    assert contrasts.kept(search, finals[:0], frame)["final"].isna().all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [(OWN, "frozen weights, neurons apart"), ("evolved weights, shared neurons", "evolved weights, neurons alike"),
     ("biases", "biases")],
)  # fmt: skip
def test_cells_have_the_pages_names(cell: str, words: str) -> None:
    assert cell in CELLS
    assert draw.told(cell) == words
