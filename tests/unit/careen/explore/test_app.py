from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.events import Key

from careen.explore.app import Explorer, Tree
from careen.image.browse import Browser
from careen.image.layer import FILE, FOLDER, SYMLINK, Entry, from_entries
from careen.image.model import Image, LayerFacts

SNAPSHOTS = Path(__file__).parent / "snapshots"
Press = Callable[..., Awaitable[str]]


def image(*layers: list[Entry]) -> Image:
    instructions = ("ADD rootfs.tar /", "RUN [bold]pip[/bold] install x\x1b[2J", "RUN rm -r d")
    facts = tuple(
        LayerFacts(f"sha256:{at}", "", 1_500_000 * (at + 1), "gzip", at == 1, instructions[at])
        for at in range(len(layers))
    )
    return Image("i:1", "registry", "", "", {}, 0, facts, tuple(map(from_entries, layers)))


def file(path: str, size: int, content: int) -> Entry:
    return Entry(path, FILE, size, content=content)


SMALL = image(
    [
        Entry("d", FOLDER, mode=0o755),
        file("d/big.py", 2_000_000, 1),
        file("d/small.pyc", 1_000, 2),
        file("etc/conf", 300, 3),
        Entry("bin", SYMLINK, link="usr/bin"),
    ],
    [file("etc/conf", 400, 4), file("etc/[red]a\x1b[31m\n\udcff", 5, 5)],
    [Entry(".wh.d", FILE)],
)


def screen(app: Explorer) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def run(
    shown: Image,
    steps: Callable[[Explorer, Press], Awaitable[None]],
    *,
    width: int = 100,
    height: int = 30,
) -> None:
    async def inner() -> None:
        app = Explorer(Browser(shown))
        async with app.run_test(size=(width, height)) as pilot:

            async def press(*keys: str) -> str:
                await pilot.press(*keys)
                await pilot.pause()
                return screen(app)

            await pilot.pause()
            await steps(app, press)

    asyncio.run(inner())


def test_the_screen_is_as_the_snapshot_has_it() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("tab", "down", "enter")
        assert text + "\n" == (SNAPSHOTS / "explore.txt").read_text()

    run(SMALL, steps)


def test_removed_files_are_shown_in_their_layer_and_no_more_left_out() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("tab", "down", "enter", "down")
        assert "R   2.0 MB   2.0 MB      big.py".replace(" ", "") in text.replace(" ", "")
        assert "waste: 2.0 MB of layer 0, hidden by layer 2: a later layer removes" in text
        text = await press("r")
        assert "big.py" not in text
        text = await press("r", "u", "a", "c")
        assert "big.py" in text
        assert "etc/" not in text

    run(SMALL, steps)


def test_another_layer_shows_its_tree() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("up")
        assert "layer 1: added" in text
        assert "RUN [bold]pip[/bold] install x" in text
        assert app.outline is not None
        assert app.outline.view.number == 1
        text = await press("tab", "w", "end", "right")
        assert "C    400 B    300 B" in text
        assert "d/" not in [line.rpartition(" ")[2] for line in text.splitlines()]

    run(SMALL, steps)


def test_text_of_the_image_is_no_markup_and_has_no_control_characters() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("up", "tab", "end", "right", "down")
        assert text.count("[red]a?[31m??") == 2  # in the tree, and below it
        assert all(letter.isprintable() or letter == "\n" for letter in text)

    run(SMALL, steps)


def test_search_opens_what_matches_are_in() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("slash", *"d/*", "enter")
        assert "match 1 of 2 of d/*" in text
        assert "/d/big.py" in text
        text = await press("n")
        assert "match 2 of 2" in text
        assert "/d/small.pyc" in text
        text = await press("N")
        assert "match 1 of 2" in text
        text = await press("slash", *"nothing", "enter")
        assert "no match of nothing" in text
        await press("slash", "q", "escape")
        assert app.is_running
        assert isinstance(app.focused, Tree)

    run(SMALL, steps)


def burst(app: Explorer, *keys: str) -> None:
    """Press keys without waiting, as a paste does."""
    for key in keys:
        app.post_message(Key("slash" if key == "/" else key, key if len(key) == 1 else None))


def test_keys_that_come_at_once_reach_the_search() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        burst(app, *"/d/*.pyc", "enter")
        text = await press("f9")
        assert "match 1 of 1 of d/*.pyc" in text

    run(SMALL, steps)


def test_keys_that_come_at_once_close_the_help_once() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        await press("question_mark")
        burst(app, "x", "x", "q")
        text = await press("f9")
        assert "Any key closes this." not in text

    run(SMALL, steps)


def test_sorting_by_size_puts_the_largest_first_and_keeps_the_chosen_path() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("tab", "s")
        assert "by size" in text
        assert app.outline is not None
        assert [line.row.name for line in app.outline.lines] == ["d", "etc", "bin"]
        assert text.count("/bin") == 2  # the link, and the chosen path

    run(SMALL, steps)


def test_left_closes_then_goes_to_the_folder_above() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        await press("tab", "down", "right", "down")
        text = await press("left")
        assert "in it: 0 added, 0 changed, 2 removed" in text
        assert app.outline is not None
        assert len(app.outline.lines) == 5
        await press("left")
        assert len(app.outline.lines) == 3

    run(SMALL, steps)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50)])
def test_help_and_all_keys_fit(width: int, height: int) -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = screen(app)
        keys = "/ search a added c changed r removed u rest w waste s sort ? help q quit"
        assert " ".join(text.splitlines()[-1].split()) == keys
        text = await press("question_mark")
        assert "next and previous match" in text
        assert "Any key closes this." in text
        text = await press("x")
        assert "Any key closes this." not in text
        await press("q")
        assert not app.is_running

    run(SMALL, steps, width=width, height=height)


def test_an_image_without_layers_is_shown_as_such() -> None:
    async def steps(app: Explorer, press: Press) -> None:
        text = await press("tab", "enter", "left", "right", "s", "a", "w", "slash", "x", "enter")
        assert "no layers" in text
        assert "nothing to show" in text

    run(image(), steps)


def test_without_colour_the_letters_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def steps(app: Explorer, press: Press) -> None:
        assert app.no_color
        text = await press("tab")
        assert "│R   2.0 MB" in text

    run(SMALL, steps)


def test_a_hundred_thousand_files_cost_what_is_seen_of_them() -> None:
    entries = [file(f"flat/f{at:05}", 10, at + 1) for at in range(20_000)]
    entries += [file(f"usr/d{at // 100:03}/f{at % 100:02}", 10, at + 1) for at in range(80_000)]

    async def steps(app: Explorer, press: Press) -> None:
        tree = app.query_one(Tree)
        widgets = len(app.screen.query("*"))
        assert tree.drawn < 500
        await press("tab", "enter")
        assert app.outline is not None
        assert len(app.outline.lines) == 20_002
        text = await press("end", "up", "pageup", "pagedown")
        assert "f19999" in text
        text = await press("slash", *"usr/d7*/f55", "enter")
        assert "match 1 of 100" in text
        assert len(app.screen.query("*")) == widgets
        assert tree.drawn < 2_000  # lines written, of 20,000 listed

    run(image(entries), steps)
