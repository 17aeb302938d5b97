"""Which icons a page's font needs."""

from hetsnn_book.building.sphinx_icons import FACE, FILE, shown, without_unused

STYLES = (
    "@font-face{font-display:block;font-family:Font Awesome\\ 6 Free;font-weight:900;src:url(../fa-solid-900.woff2) "
    'format("woff2"),url(../fa-solid-900.ttf) format("truetype")}:root{--pst-icon-copy:"\\f0c5"}'
    '.fa-moon:before{content:"\\f186"}.fa-circle-down:before,.fa-down:before{content:"\\f358"}.toggle:after{content:"\\f078"}'
)


def test_icons_are_those_that_pages_name_and_styles_draw() -> None:
    assert shown(STYLES, '<i class="fa-solid fa-down"></i>') == {0xF0C5, 0xF358, 0xF078}
    assert shown(STYLES, "fa-moon") == {0xF0C5, 0xF186, 0xF078}


def test_a_fonts_family_and_file_are_found() -> None:
    (face,) = FACE.finditer(STYLES)
    assert face.groups() == ("Font Awesome\\ 6 Free", "900")
    assert FILE.findall(face[0]) == ["fa-solid-900"]


def test_rules_of_other_icons_go() -> None:
    left = without_unused(STYLES, "fa-circle-down")
    assert left == STYLES.replace('.fa-moon:before{content:"\\f186"}', "")
