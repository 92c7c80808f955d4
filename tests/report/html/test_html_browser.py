"""The page in a browser: sorting, choices, audio, contrast, small screens, printing."""

from __future__ import annotations

import shutil

import pytest

from aser_bench.report.html import render
from aser_bench.report.html.grid import EMPTY

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Text with too little contrast by the formula of WCAG 2, without the exception for large text.
PALE = """() => {
  const light = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const back = (e) => {
    for (; e; e = e.parentElement) {
      const found = rgb(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest(".skip, script, style")) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(back(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(pale)];
}"""
COLUMN = """(table) => [...table.tBodies[0].rows].filter((row) => !row.hidden)
  .map((row) => row.cells[%d].textContent)"""


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(page, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(page), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, address):
    """Open the page as asked; at the end nothing was complained of, and nothing loaded."""
    said, asked, contexts = [], [], []

    def visit(**options):
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(address)
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [address] * len(contexts)


# What a column is sorted by after each of two clicks on its head: null for what has no value.
SORTED = """(table) => [...table.tHead.rows[0].cells].map((head, index) => [0, 1].map(() => {
  head.querySelector("button").click();
  return [head.getAttribute("aria-sort"), [...table.tBodies[0].rows]
    .map((row) => row.cells[index])
    .map((cell) => "v" in cell.dataset ? Number(cell.dataset.v)
      : cell.matches(".n") ? null : cell.textContent)];
}))"""


def test_every_column_sorts_both_ways(opened):
    tab = opened()
    table = tab.locator("#losses table:visible").first
    columns = table.evaluate(SORTED)
    assert len(columns) == 13
    for (up_says, up), (down_says, down) in columns:
        assert (up_says, down_says) == ("ascending", "descending")
        known = [value for value in up if value is not None]
        nothing = [None] * (len(up) - len(known))
        assert up == [*sorted(known), *nothing]
        assert down == [*sorted(known, reverse=True), *nothing]
    assert table.locator("[aria-sort]").count() == 1
    # 8 before 16 before 64, and what has no bitrate at the end.
    table.get_by_role("button", name="kbit/s").click()
    assert table.evaluate(COLUMN % 3)[::3] == ["8", "16", "64", "192", EMPTY]


def test_metric_and_training_are_chosen(opened):
    tab = opened()
    section = tab.locator("#losses")
    captions = section.locator("caption:visible")
    assert [text.split()[0] for text in captions.all_inner_texts()] == ["UAR", "UAR"]
    section.get_by_label("Metric").select_option("macro_f1")
    assert [text.split()[0] for text in captions.all_inner_texts()] == ["Macro-F1"] * 2
    section.get_by_label("Training").select_option("clean")
    table = section.locator("table:visible").first
    assert set(table.evaluate(COLUMN % 2)) == {"clean"}
    section.get_by_label("Training").select_option("")
    assert set(table.evaluate(COLUMN % 2)) == {"clean", "matched"}


def test_page_works_with_the_keyboard(opened):
    tab = opened()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the results"
    assert tab.locator(".skip").bounding_box()["x"] >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"
    for _ in range(3):
        tab.keyboard.press("Tab")
    # The table that scrolls, its first head, its second.
    assert tab.evaluate("document.activeElement.textContent") == "Model"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    table = tab.locator("#safe table").first
    assert table.evaluate(COLUMN % 1) == ["mlp", "svm"]
    tab.keyboard.press("Space")
    assert table.evaluate(COLUMN % 1) == ["svm", "mlp"]


def test_all_rows_are_visible_without_script(opened):
    tab = opened(java_script_enabled=False)
    assert tab.locator("thead button").count() == 0
    assert tab.locator(".controls").first.is_hidden()
    panels = tab.locator("#losses details")
    assert panels.count() == 8
    tab.locator("#losses summary", has_text="Accuracy").first.click()
    assert panels.nth(2).locator("tbody tr").last.is_visible()


def test_audio_and_figures_load(opened):
    tab = opened()
    lengths = tab.evaluate(
        """() => Promise.all([...document.querySelectorAll("audio")].map((audio) =>
        new Promise((done, fail) => {
          audio.addEventListener("loadedmetadata", () => done(audio.duration));
          audio.addEventListener("error", () => fail(audio.error.message));
          audio.load();
        })))"""
    )
    assert lengths == pytest.approx([0.5] * 3, abs=0.01)
    widths = tab.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(widths) == 1
    assert min(widths) > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(opened, scheme):
    tab = opened(color_scheme=scheme)
    back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.evaluate(PALE) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_only_tables_scroll_sideways(opened, width):
    tab = opened(viewport={"width": width, "height": 800})
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    wide = tab.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
        .filter((e) => !e.closest(".scroll, .card, .skip"))
        .filter((e) => e.getBoundingClientRect().right > width + 1)
        .map((e) => e.tagName)""",
        width,
    )
    assert wide == []


def test_print_shows_everything_without_controls(opened):
    tab = opened(color_scheme="dark")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.locator("nav, .controls, audio, .copy").filter(visible=True).count() == 0
    assert tab.evaluate("[...document.querySelectorAll('details')].every((one) => one.open)")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    boxes = tab.locator(".scroll:visible")
    assert boxes.evaluate_all("(all) => all.map((e) => getComputedStyle(e).overflow)") == (
        ["visible"] * boxes.count()
    )
    assert tab.evaluate(PALE) == []


def test_the_command_is_copied(opened):
    tab = opened(permissions=["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_text("Copied.").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()").startswith("aser-bench run study.yaml")
