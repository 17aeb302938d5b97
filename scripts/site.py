"""Put a site together: the newest book at its front, earlier ones from their releases' archives, and the switch's list.

    scripts/site.py _build/html earlier _build/site

`earlier` holds files book-VERSION.tar.gz, as releases carry them. HETSNN_SITE is the site's address.
"""

import argparse
import json
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from hetsnn.errors import InputError
from hetsnn_book.building import site


def assemble(newest: Path, earlier: Path, target: Path, address: str) -> list[str]:
    """Write the site; return the numbers of the earlier versions in it.

    Raises:
        InputError: the newest book is not there, or an archive holds something else.
    """
    if not (newest / "index.html").is_file():
        raise InputError(f"{newest} must hold a rendered book: `make book PROFILE=paper`")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(newest, target)
    numbers = []
    for path in sorted(earlier.glob("book-*.tar.gz")):
        number = re.fullmatch(r"book-(\d+(?:\.\d+)*)\.tar\.gz", path.name)
        if number is None:
            raise InputError(f"an archive must be named book-VERSION.tar.gz, got {path.name}")
        with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
            book = Path(folder) / path.name.removesuffix(".tar.gz")
            if not (book / "index.html").is_file():
                raise InputError(f"{path.name} must hold a rendered book, got none")
            shutil.copytree(book, target / f"v{number[1]}")
        numbers.append(number[1])
    (target / site.VERSIONS).write_text(json.dumps(site.versions(address, numbers), indent=1), encoding="utf-8")
    (target / ".nojekyll").touch()  # folders that begin with _ are part of it
    return numbers


def main() -> int:
    """Put the site together from the command's arguments."""
    parser = argparse.ArgumentParser(description="Put a site together from books.")
    for name in ("newest", "earlier", "target"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    try:
        address = site.address()
        if not address:
            raise InputError(f"{site.SITE} must be the site's address, got none")
        numbers = assemble(options.newest, options.earlier, options.target, address)
    except InputError as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    print(f"{options.target}: the newest book, and {', '.join(numbers) or 'none'} of the earlier ones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
