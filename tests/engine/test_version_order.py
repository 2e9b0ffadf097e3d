"""dpkg itself says which of two versions is the lower one."""

from __future__ import annotations

import subprocess

import hypothesis.strategies as st
from hypothesis import given, settings

from careen.scan.version_order import version_key

# deb-version(7): a version begins with a digit, and a revision has no hyphen.
UPSTREAM = st.from_regex(r"[0-9][0-9a-cA-C.+~]{0,6}", fullmatch=True)
REVISION = st.from_regex(r"[0-9a-c+.~]{1,4}", fullmatch=True)
VERSION = st.builds(
    lambda epoch, upstream, revision: f"{epoch}{upstream}{revision}",
    st.sampled_from(["", "0:", "1:"]),
    UPSTREAM,
    st.just("") | REVISION.map(lambda text: f"-{text}"),
)


def is_lower(one: str, other: str) -> bool:
    done = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False)
    assert done.returncode in {0, 1}
    return done.returncode == 0


@settings(max_examples=300, deadline=None)
@given(VERSION, VERSION)
def test_the_order_is_dpkgs(one: str, other: str) -> None:
    ours = (
        version_key("deb", one) < version_key("deb", other),
        version_key("deb", other) < version_key("deb", one),
    )
    assert ours == (is_lower(one, other), is_lower(other, one))
