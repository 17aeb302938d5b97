"""The book's place on the web: addresses within its pages, a 404 page, cards for those who share it, its versions.

HETSNN_SITE is the address that the newest version has, such as https://someone.github.io/hetsnn/. Earlier versions lie
below it, each in the folder vVERSION, and versions.json beside the front page lists them for the switch. Canonical
addresses are those of the newest version, also in the pages of earlier ones.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hetsnn.errors import InputError

SITE = "HETSNN_SITE"  # the environment variable with the address
EDITION = "HETSNN_EDITION"  # the environment variable with the version that a release's book has
NEWEST = "newest"
VERSIONS = "versions.json"
CARD = Path("data") / "figures" / "memory-reward.png"  # of pages without a figure of their own
CARD_ALT = "Reward against memory length, for networks whose neurons evolve and networks whose weights evolve"
EXTENSIONS = ("notfound.extension", "sphinx_sitemap", "sphinxext.opengraph")


def address() -> str:
    """Return the site's address, or "" if the book is not for the web.

    Raises:
        InputError: HETSNN_SITE is no address of a folder.
    """
    given = os.environ.get(SITE, "")
    if given and not re.fullmatch(r"https?://[\w.:-]+/(?:[\w.-]+/)*", given):
        raise InputError(f"{SITE} must look like https://OWNER.github.io/NAME/, got {given!r}")
    return given


def configure(config: dict[str, Any], place: str) -> None:
    """Add to Jupyter Book's settings what the pages need at an address."""
    sphinx = config["sphinx"]["config"]
    sphinx["extensions"] += EXTENSIONS
    folder = urlsplit(place).path
    sphinx |= {
        "html_baseurl": place,
        "notfound_urls_prefix": folder,
        "sitemap_url_scheme": "{link}",
        "sitemap_excludes": ["404.html", "search.html", "genindex.html"],
        "ogp_site_url": place,
        "ogp_site_name": config["title"],
        "ogp_use_first_image": True,
        "ogp_image": f"_static/{CARD.name}",
        "ogp_image_alt": CARD_ALT,
        "ogp_social_cards": {"enable": False},
        "ogp_enable_meta_description": True,
    }
    theme = sphinx.setdefault("html_theme_options", {})
    theme |= {
        "primary_sidebar_end": ["version-switcher.html"],
        "switcher": {"json_url": f"{folder}{VERSIONS}", "version_match": os.environ.get(EDITION, NEWEST)},
        "check_switcher": False,  # it is written when the site is put together
    }


def versions(place: str, earlier: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the switch offers: the newest version, and the numbers of earlier ones, newest first."""
    numbered = sorted(earlier, key=lambda number: [int(part) for part in number.split(".")], reverse=True)
    offered = [{"name": number, "version": number, "url": f"{place}v{number}/"} for number in numbered]
    return [{"name": NEWEST, "version": NEWEST, "url": place, "preferred": True}, *offered]
