"""The command line, `hetsnn COMMAND`: `hetsnn --help` lists the commands."""

import argparse
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pandas as pd

from hetsnn.errors import InputError
from hetsnn.folders import home, settle
from hetsnn.sweeps.runs import identity, settings
from hetsnn_book import experiments
from hetsnn_book.building.errors import BuildError
from hetsnn_book.project import PROJECT, SOME_LEFT, check_checkout, default_store, published_only


class Parser(argparse.ArgumentParser):
    """Parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise InputError, which `main` prints."""
        raise InputError(f"{message} (see `{self.prog} --help`)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0 if all runs are done, 75 if some are left, 2 for invalid input."""
    try:
        options, unknown = _parser().parse_known_args(arguments)
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        settle()
        return options.command(options)
    except InputError as error:
        print(f"hetsnn: {error}", file=sys.stderr)
        return 2
    except BuildError as error:
        print(f"hetsnn: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        print(f"hetsnn: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("hetsnn: interrupted; the next call goes on", file=sys.stderr)
        return SOME_LEFT


def _parser() -> Parser:
    parser = Parser(prog="hetsnn", description="Regenerate the figures and tables of the paper.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        function: Callable[[argparse.Namespace], int],
        name: str,
        *,
        experiment: str | None = None,
        profile: str | None = None,
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        sub.set_defaults(command=function, parser=sub)
        if experiment:
            sub.add_argument(
                "experiment",
                nargs=None if experiment == "one" else "*",
                help="default: all" if experiment == "some" else None,
            )
        if profile:
            sub.add_argument(
                "--profile", default=profile, help=f"{', '.join(experiments.PROFILES)} (default: {profile})"
            )
        return sub

    run = command(_run, "run", experiment="one", profile="quick")
    regenerate = command(_regenerate, "regenerate", profile="paper")
    regenerate.add_argument("chapter", help="its experiments are recomputed")
    for sub in (run, regenerate):
        sub.add_argument("--time-limit", type=_seconds, metavar="TIME", help="stop cleanly by then: 90s, 9m, 2h")
        sub.add_argument(
            "--only",
            action="append",
            metavar="NAME=VALUE,...",
            help="just the runs with these settings, such as evolved=neuron,length=25; may be repeated",
        )
    run.add_argument("--recompute", action="store_true", help="compute what is published, too")
    run.add_argument("--scheduler", metavar="ADDRESS", help="send programs to a Dask cluster, such as tcp://HOST:8786")
    status = command(_status, "status", experiment="some")
    status.add_argument("--json", action="store_true", help="a list of objects")
    status.add_argument("--verify", action="store_true", help="check the digest of every file instead")
    command(_merge, "merge").add_argument("store", type=Path, metavar="OTHER_STORE", help="another HETSNN_HOME")
    cache = command(_cache, "cache")
    cache.add_argument("--clear", action="store_true", help="remove what is made again without loss: compiled programs")
    command(_publish, "publish", experiment="one", profile="paper")
    command(_compare, "compare", experiment="some", profile="paper")
    claims = command(_claims, "claims")
    claims.add_argument("--json", action="store_true", help="a list of objects")
    chapters = command(_chapters, "chapters")
    chapters.add_argument("--json", action="store_true", help="the chapters' names, as the GPU workflow reads them")
    chapters.add_argument("--write", action="store_true", help="write the lists of chapters in README.md and _toc.yml")
    new = command(_new, "new")
    new.add_argument("kind", choices=("experiment", "chapter"), help="a chapter comes with its experiment")
    new.add_argument("name", help="lower-case words joined by underscores")
    data = command(_data, "data")
    data.add_argument("action", choices=("fetch", "verify", "where"), help="download, check, or tell where it is")
    data.add_argument("file", nargs="*", help="names, or how they begin; default: all")
    bench = command(_bench, "bench")
    bench.add_argument("--json", action="store_true", help="a list of objects")
    bench.add_argument("--only", action="append", metavar="NAME", help="just this one; may be repeated")
    bench.add_argument("--publish", action="store_true", help="put this run into data/benchmarks")
    figures = command(_figures, "figures")
    figures.add_argument("--chapter", action="append", metavar="NAME", help="just this one; may be repeated")
    figures.add_argument("--accept", action="store_true", help="pin what the chapters show now")
    book = command(_book, "book", profile="quick")
    book.add_argument("--chapter", action="append", metavar="NAME", help="execute just this one; may be repeated")
    book.add_argument("--execute-only", action="store_true", help="stop before rendering")
    book.add_argument("--pdf", action="store_true", help="print the pages by this machine's Chromium, too")
    return parser


def _run(options: argparse.Namespace) -> int:
    """Compute the missing runs of an experiment."""
    from hetsnn.sweeps.sweep import missing, sweep

    runs = experiments.select(
        experiments.runs(options.experiment, options.profile), ",".join(options.only) if options.only else None
    )
    store = default_store(published=not options.recompute)
    if options.recompute and (before := len(runs) - len(missing(runs, store))):
        where = f"{before} of {len(runs)} runs are in {home()} already, and are not computed again"
        print(f"{options.experiment} at {options.profile}: {where}", flush=True)
    if options.scheduler:
        try:
            from hetsnn.sweeps.cluster import distribute
        except ImportError as error:
            raise InputError(f"{error.name} is missing: install the cluster's packages, hetsnn[cluster]") from None
        outcome = distribute(runs, store, options.scheduler, options.time_limit)
    else:
        outcome = sweep(runs, store, options.time_limit)
    left = f", {outcome.left} left: the next call goes on" if outcome.left else ""
    print(f"{options.experiment} at {options.profile}: {outcome.done} of {outcome.done + outcome.left} runs done{left}")
    return SOME_LEFT if outcome.left else 0


def _status(options: argparse.Namespace) -> int:
    """Tell how many runs of each experiment and profile are done, and how many of them are published."""
    store, table = default_store(), []
    if options.verify:
        checked = list(store.verify())
        damaged = [path for path, sound in checked if not sound]
        print("\n".join([*(f"damaged: {path}" for path in damaged), f"{len(checked)} files, {len(damaged)} damaged"]))
        return 1 if damaged else 0
    for name in options.experiment or experiments.names():
        rows = store.rows(name, columns=["seconds"])
        for profile in experiments.PROFILES:
            wanted = [identity(run) for run in experiments.runs(name, profile)]
            done = rows[rows.index.isin(wanted)]
            row = {"experiment": name, "profile": profile, "runs": len(wanted), "done": len(done)}
            table.append(
                row | {"published": int(done["published"].sum()), "seconds": round(float(done["seconds"].sum()), 1)}
            )
    print(json.dumps(table, indent=1) if options.json else pd.DataFrame(table).to_string(index=False))
    return 0


def _merge(options: argparse.Namespace) -> int:
    """Copy the missing results from another store into this one."""
    print(f"{default_store().merge(options.store)} runs merged into {home()}")
    return 0


def _cache(options: argparse.Namespace) -> int:
    """Show the folders of the store, and their sizes."""
    if options.clear:
        shutil.rmtree(home() / "compiled", ignore_errors=True)
    print(f"HETSNN_HOME is {home()}")
    for folder in (*sorted(path for path in home().glob("*") if path.is_dir()), PROJECT / "data" / "results"):
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        print(f"{sum(sizes) / 2**20:8.1f} MiB {len(sizes):6} files  {folder}")
    return 0


def _publish(options: argparse.Namespace) -> int:
    """Copy the finished runs of an experiment into the project's data/results."""
    check_checkout("publishing")
    runs = experiments.runs(options.experiment, options.profile)
    store, wanted = default_store(), {identity(run) for run in runs}
    done = len(wanted & store.known(options.experiment))
    if not done:
        first = f"hetsnn run {options.experiment} --profile {options.profile}"
        raise InputError(f"no run of {options.experiment} at {options.profile} is done: first `{first}`")
    current = experiments.current(options.experiment)
    genomes = {run for run, kept in current.items() if kept}
    paths = store.publish(options.experiment, wanted, current=set(current), genomes=genomes)
    what = f"{len(paths)} files published" if paths else "nothing new to publish"
    print(f"{options.experiment} at {options.profile}: {done} of {len(wanted)} runs done, {what}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    """Compare results computed here with published results; exit code 1 if they differ beyond the tolerance."""
    return _compared(options.experiment, options.profile, every=False)


def _compared(names: Sequence[str], profile: str, *, every: bool) -> int:
    """Print the comparison of some experiments, or of all; with `every`, those that are not published are named."""
    from hetsnn_book.measures.comparison import compare

    here, failed = default_store(published=False), []
    missing: dict[str, float] = {}  # seconds that what is published took
    for name in names or experiments.names():
        old, new = (experiments.read(name, profile, store) for store in (published_only(), here))
        if every and old.empty:
            print(f"{name} at {profile}: {len(new)} runs computed here, none published")
            continue
        if names and old.empty:
            raise InputError(f"nothing of {name} is published at {profile}: see `hetsnn status {name}`")
        if old.empty or new.empty:
            missing |= {} if old.empty else {name: old["seconds"].sum()}
            continue
        old = old[old["identity"].isin(new["identity"])]  # a part may have been recomputed
        settings_of = [column for column in settings(experiments.runs(name, profile)[0]) if column != "seed"]
        table = compare(old, new, settings_of, experiments.load(name).SCORE)
        print(f"{name} at {profile}: {len(table)} settings computed here and published")
        print(table.to_string(index=False, float_format="{:.3f}".format))
        failed += [int((~table["agrees"]).sum())]
    if missing and (names or not failed):
        cheapest = min(missing, key=missing.__getitem__)
        first = f"hetsnn run {cheapest} --profile {profile} --recompute"
        raise InputError(f"nothing of {cheapest} at {profile} is computed here: first `{first}`")
    if not failed and every:
        print(f"nothing that was recomputed is published at {profile}")
        return 0
    if not failed:
        raise InputError(f"nothing is published at {profile}: see `hetsnn status`")
    print(f"{sum(failed)} settings outside the tolerance" if sum(failed) else "all within the tolerance")
    return 1 if sum(failed) else 0


def _claims(options: argparse.Namespace) -> int:
    """Show the verdict on each of the paper's claims, and what it rests on."""
    from hetsnn_book.claims import verdicts
    from hetsnn_book.claims.verdicts import kind, shaped

    table = verdicts("paper")
    if options.json:
        print(table.to_json(orient="records", indent=1))
    else:
        for row in table.itertuples():
            print(f"{row.where}: {row.claim}\n    {': '.join(filter(None, (shaped(row.verdict), row.evidence)))}\n")
        counts = table["verdict"].map(kind).value_counts()
        print(f"{len(table)} claims: {', '.join(f'{count} {verdict}' for verdict, count in counts.items())}")
    return 0


def _chapters(options: argparse.Namespace) -> int:
    """List the chapters and the experiments that they show."""
    check_checkout("listing chapters")
    from hetsnn_book.building import chapters

    found = chapters.pages(PROJECT)
    if options.write:
        print(f"{' and '.join(chapters.write_lists(PROJECT))} list the chapters")
    elif options.json:
        print(json.dumps([page.name for page in found if page.executable]))  # one line
    else:
        shown = {page.name: " ".join(chapters.shown_in(page.name)) for page in found if page.executable}
        print("\n".join(f"{name}: {names or '-'}" for name, names in shown.items()))
    return 0


def _new(options: argparse.Namespace) -> int:
    """Write a working skeleton of an experiment or a chapter, with its test."""
    check_checkout(f"a new {options.kind}")
    from hetsnn_book.building import chapters, skeletons

    write = {"experiment": skeletons.new_experiment, "chapter": skeletons.new_chapter}[options.kind]
    print("\n".join(str(path.relative_to(PROJECT)) for path in write(options.name, PROJECT)))
    if options.kind == "chapter":
        importlib.invalidate_caches()  # the experiment was written a moment ago
        chapters.write_lists(PROJECT)
    return 0


def _data(options: argparse.Namespace) -> int:
    """Download the public data sets, check the downloaded ones, or show the place and the owner of each."""
    from hetsnn.data import downloads, image_sets
    from hetsnn_book.archives import archives, fetch
    from hetsnn_book.measures import cell_types

    every = (cell_types.TABLE, *image_sets.FILES)
    files = [file for file in every if not options.file or file.name.startswith(tuple(options.file))]
    # Older results are many megabytes, and no chapter needs them.
    older = {archive.file(): archive for archive in archives() if archive.name in options.file}
    if options.action == "where" and not options.file:
        older = {archive.file(): archive for archive in archives()}
    if not (files or older):
        raise InputError(f"no data set is named {' or '.join(options.file)}: see `hetsnn data where`")
    failed = 0
    for file in (*files, *older):
        if options.action == "where":
            home_of = next(iter(file.homes), "attached to a release of this project")
            print(f"{file.name}: {downloads.locate(file) or 'not here'}\n    {home_of}\n    {file.terms}")
            continue
        try:
            if file in older and options.action == "fetch":
                folder = fetch(older[file])
                print(f"{older[file].name}: `hetsnn merge {folder}` adds runs that are missing here")
                print(f'    all of it, genomes too: experiments.read(NAME, "paper", Store(Path("{folder}"), None))')
                continue
            downloads.read(file, download=options.action == "fetch")
            print(f"{file.name}: {downloads.locate(file)}")
        except InputError as error:
            failed += 1
            print(f"hetsnn: {error}", file=sys.stderr)
    return 1 if failed else 0


def _bench(options: argparse.Namespace) -> int:
    """Measure the speed of trainings on this machine, beside other libraries."""
    from hetsnn_book.measures import speed

    try:
        from benchmarks import harness
    except ImportError:
        raise InputError("benchmarks come with the project, not with the installed package") from None
    try:
        record = harness.run(options.only)
    except subprocess.CalledProcessError:
        print("hetsnn: a benchmark failed: its traceback is above", file=sys.stderr)
        return 1
    print(
        json.dumps(record["results"], indent=1)
        if options.json
        else speed.table(record["results"]).to_string(index=False)
    )
    if options.publish:
        print(f"published as {', '.join(path.name for path in harness.publish(record))}", file=sys.stderr)
    return 0


def _book(options: argparse.Namespace) -> int:
    """Execute the chapters that have changed and render the book."""
    try:
        from hetsnn_book.building.build import build
    except ImportError as error:
        raise InputError(f"{error.name} is missing: install the book's packages, hetsnn[chapters,book]") from None
    build(options.profile, options.chapter, options.execute_only, pdf=options.pdf)
    return 0


def _regenerate(options: argparse.Namespace) -> int:
    """Compute a chapter's experiments once more, execute it on them, and compare them with published results."""
    check_checkout("regenerating")
    try:
        from hetsnn_book.building import regeneration
    except ImportError as error:
        raise InputError(f"{error.name} is missing: install the book's packages, hetsnn[chapters,book]") from None
    only = ",".join(options.only) if options.only else None
    names = regeneration.concerned(options.chapter, options.profile, only)
    left = regeneration.recompute(names, options.profile, only, options.time_limit)
    if left:
        print(f"{options.chapter}: {', '.join(left)} not finished: the next call goes on")
        return SOME_LEFT
    print(f"Executed notebook: {regeneration.execute_on_recomputed(options.chapter, options.profile)}", flush=True)
    return _compared(names, options.profile, every=True) if names else 0


def _figures(options: argparse.Namespace) -> int:
    """Execute the chapters on published results, and compare their figures' data and numbers with the pinned ones."""
    check_checkout("pinning figures")
    try:
        from hetsnn_book.building import pinned
        from hetsnn_book.building.build import build
    except ImportError as error:
        raise InputError(f"{error.name} is missing: install the book's packages, hetsnn[chapters,book]") from None
    old = pinned.read()
    pinned.without_own_results(PROJECT / "_build" / "published")
    folder = build("paper", options.chapter, execute_only=True, root=PROJECT)
    chapters = options.chapter or pinned.executable(PROJECT)
    new = pinned.found(folder, chapters)
    if not options.chapter:
        chapters = {*chapters, *(pin.chapter for pin in old)}  # a chapter may be gone
    apart = list(pinned.differences([pin for pin in old if pin.chapter in chapters], new))
    print("\n".join([*apart, ", ".join(f"{count} {what}" for what, count in pinned.summary(new).items())]))
    if options.accept:
        pinned.write(new, chapters)
        print(f"{len(apart)} differences accepted in {pinned.TABLE.relative_to(PROJECT)}")
        return 0
    print(f"{len(apart)} differences: `hetsnn figures --accept`, if they are meant" if apart else "all as pinned")
    return 1 if apart else 0


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90s, 9m or 2h")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]
