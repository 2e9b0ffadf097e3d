"""The page of `careen analyze --html` in a real Chromium, at a phone's and a desk's width."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.report.analysis_html import html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

EXAMPLES = Path(__file__).parents[1] / "unit/careen/report/examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
PHONE, DESK = (390, 844), (1280, 800)
both_widths = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])

SURFACES = "path.surface"
BARS = ".bars .bars .point path"
FILLS = "nodes => nodes.map(node => getComputedStyle(node).fill)"
# What a colour of the style sheet is called once it is drawn.
DRAWN = """name => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@dataclass
class Opened:
    """A page, and everything that it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def fills(self, selector: str) -> set[str]:
        return set(self.page.eval_on_selector_all(selector, FILLS))

    def drawn(self, name: str) -> str:
        return str(self.page.evaluate(DRAWN, name))

    def rows(self) -> list[str]:
        return self.page.locator("table[data-search] tbody tr:visible").all_inner_texts()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[..., Any]:
    """`with opened("slim", PHONE) as found:` the page of an example, its charts drawn."""

    @contextmanager
    def open_page(name: str, size: tuple[int, int], scheme: Any = "light") -> Iterator[Opened]:
        path = tmp_path / f"{name}.html"
        path.write_text(html(json.loads((EXAMPLES / f"{name}.json").read_text())))
        viewport: Any = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        found = Opened(context.new_page())

        def said(message: ConsoleMessage) -> None:
            found.said.append(f"{message.type}: {message.text}")

        def asked(request: Request) -> None:
            if request.url != path.as_uri() and not request.url.startswith("data:"):
                found.asked.append(request.url)

        found.page.on("console", said)
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("request", asked)
        found.page.on("dialog", lambda dialog: found.said.append(dialog.message))
        try:
            found.page.goto(path.as_uri())
            found.page.wait_for_selector("html[data-ready]", state="attached")
            yield found
        finally:
            context.close()

    return open_page


@both_widths
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_quiet_asks_for_nothing_and_fits(
    opened: Callable[..., Any], name: str, size: tuple[int, int]
) -> None:
    with opened(name, size) as found:
        assert found.page.evaluate(OVERFLOW) <= 0
        found.page.emulate_media(media="print")
        assert not found.page.locator(".search").is_visible()
        assert found.page.evaluate(OVERFLOW) <= 0
        assert found.said == []
        assert found.asked == []


@both_widths
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charts_are_there_and_waste_has_its_colour(
    opened: Callable[..., Any], size: tuple[int, int], scheme: str
) -> None:
    with opened("wasteful", size, scheme) as found:
        waste = found.drawn("waste")
        assert found.page.locator(SURFACES).count() > 30
        assert found.page.locator(BARS).count() >= 10
        assert waste in found.fills(SURFACES)
        assert waste in found.fills(BARS)
        assert found.drawn("own") in found.fills(BARS)
        box = found.page.locator(".chart.treemap").bounding_box()
        assert box is not None
        assert box["width"] > size[0] * 0.8
        assert found.page.get_by_text("COPY --from=builder /wheels").first.is_visible()


def test_an_image_without_waste_has_none_of_its_colour(opened: Callable[..., Any]) -> None:
    with opened("rootfs", DESK) as found:
        assert found.page.locator(SURFACES).count() > 3
        assert found.drawn("waste") not in found.fills(SURFACES) | found.fills(BARS)


@both_widths
def test_the_treemap_switches_with_the_keyboard(
    opened: Callable[..., Any], size: tuple[int, int]
) -> None:
    with opened("wasteful", size) as found:
        labels = found.page.locator(".chart.treemap .slicetext")
        before = labels.all_text_contents()
        button = found.page.get_by_role("button", name="By package")
        button.focus()
        found.page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        after = labels.all_text_contents()
        assert before != after
        assert any("torch" in label for label in after)
        assert any("Python distributions" in label for label in after)
        count = found.page.locator(SURFACES).count()
        found.page.get_by_label("Look into").focus()
        found.page.keyboard.press("ArrowDown")
        found.page.wait_for_function(
            "count => document.querySelectorAll('path.surface').length < count", arg=count
        )


@both_widths
def test_the_search_filters_every_table(opened: Callable[..., Any], size: tuple[int, int]) -> None:
    with opened("wasteful", size) as found:
        every = found.rows()
        found.page.get_by_label("Search the tables").fill("TORCH")
        rows = found.rows()
        assert 2 <= len(rows) < len(every)
        assert all("torch" in row.lower() for row in rows)
        assert found.page.locator("#found").inner_text().startswith(f"{len(rows)} of ")
        found.page.get_by_label("Search the tables").fill("no such file")
        assert found.rows() == []
        found.page.get_by_label("Search the tables").fill("")
        assert found.rows() == every


def test_a_long_table_opens(opened: Callable[..., Any]) -> None:
    with opened("wasteful", PHONE) as found:
        before = len(found.rows())
        button = found.page.get_by_role("button", name="Show all 13 rows")
        button.press("Enter")
        assert len(found.rows()) == before + 1
        assert found.page.get_by_role("button", name="Show fewer rows").is_visible()


@both_widths
def test_hostile_names_stay_text(opened: Callable[..., Any], size: tuple[int, int]) -> None:
    with opened("hostile", size) as found:
        page = found.page
        for selector in ("path.surface", ".bars .bars .point path"):
            for one in page.locator(selector).all()[:12]:
                one.dispatch_event("mouseover")
                one.dispatch_event("mousemove")
        page.get_by_role("button", name="By package").click()
        page.get_by_label("Search the tables").fill("<img")
        assert page.evaluate("window.hacked") is None
        assert page.locator("img, iframe, object, embed, svg a, script[src]").count() == 0
        assert any("<img src=x" in row for row in found.rows())
        assert found.said == []
        assert found.asked == []


def test_the_policy_refuses_scripts_and_connections(opened: Callable[..., Any]) -> None:
    with opened("slim", DESK) as found:
        refused = found.page.evaluate(
            """async () => {
              const refused = [];
              document.addEventListener("securitypolicyviolation",
                event => refused.push(event.effectiveDirective));
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              document.body.append(script);
              await fetch("http://127.0.0.1:9/").catch(() => null);
              await new Promise(done => setTimeout(done, 100));
              return refused;
            }"""
        )
        assert sorted(refused) == ["connect-src", "script-src-elem"]
        assert found.page.evaluate("window.hacked") is None


@both_widths
def test_several_images_have_a_section_each_and_what_they_share(
    opened: Callable[..., Any], size: tuple[int, int]
) -> None:
    with opened("two", size) as found:
        assert found.page.locator("section.image").count() == 2
        assert found.page.locator(".chart.treemap").count() == 2
        assert {found.drawn("shared"), found.drawn("own")} <= found.fills(BARS)
        assert found.page.get_by_text("Shared layers").is_visible()
        assert "pokertool:distroless †" in found.page.locator("h2").all_inner_texts()
