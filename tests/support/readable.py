"""What a page must be so that everybody can read it, as far as a program sees it (JIS X 8341-3 AA)."""

from typing import NamedTuple

from tests.support.axe import violations
from tests.support.chromium import Tab


class View(NamedTuple):
    """How a page is looked at: CSS pixels, and how much larger than at 100 % everything is."""

    width: int
    height: int
    zoom: float = 1


PHONE, DESK, NARROW = View(390, 844), View(1280, 800), View(320, 640)
ZOOMED = View(DESK.width // 2, DESK.height // 2, 2)  # a desktop at 200 %
VIEWS = (NARROW, PHONE, ZOOMED, DESK)
LARGE_LETTERS = 24  # pixels where 16 are usual: the letters alone made larger, as a phone's own setting does

CONTRAST = """(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const part = v => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = c => { const f = c.slice(0, 3).map(part);
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const b = parse(getComputedStyle(e).backgroundColor);
    if (b[3] > 0) return b; } return [255, 255, 255, 1]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, s = getComputedStyle(e);
    if (!walk.currentNode.textContent.trim() || e.closest('.skip, option, optgroup')) continue;
    const a = light(parse(s.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push([e.tagName, e.textContent.trim().slice(0, 20), ratio.toFixed(2)]);
  }
  return poor;
})()"""
UNLABELLED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => !one.labels.length && !one.getAttribute('aria-label')).map(one => one.name)"""
SMALL = """[...document.querySelectorAll('button, a.button, label.pick, nav a, select, summary')]
  .filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.textContent.trim().slice(0, 20))"""
CUT = """[...document.querySelectorAll('body *')].filter(one => !one.closest('.skip, .trap'))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.tagName + one.className)"""
OUTLINE = """[document.documentElement.lang, document.querySelectorAll('h1').length,
  document.querySelectorAll('main').length, document.title.length > 0]"""


def assert_readable(tab: Tab, page: str, *, dark: bool, axe_at: tuple[View, ...] = VIEWS) -> None:
    """Assert that the page that is open can be read in every view; axe-core looks at it in some of them."""
    for view in VIEWS:
        tab.look(*view, dark=dark)
        assert tab.find(CUT) == [], (page, view)
        assert tab.find(CONTRAST) == [], (page, view)
        assert tab.find(SMALL) == [], (page, view)
        if view in axe_at:
            assert violations(tab) == [], (page, view)
    tab.look(*PHONE, dark=dark, letters=LARGE_LETTERS)
    assert tab.find(CUT) == [], (page, "large letters")
    tab.look(*PHONE, dark=dark)
    assert tab.find(UNLABELLED) == [], page
    assert tab.find(OUTLINE) == ["ja", 1, 1, True], page
