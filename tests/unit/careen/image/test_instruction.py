from __future__ import annotations

import pytest

from careen.image.instruction import cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("RUN /bin/sh -c pip install . # buildkit", "RUN pip install ."),
        ("RUN |2 TOKEN=a B=c d /bin/sh -c make # buildkit", "RUN make"),
        ("|1 TOKEN=a /bin/sh -c make", "RUN make"),
        (
            "/bin/sh -c apt-get update   &&\tapt-get install -y x",
            "RUN apt-get update && apt-get install -y x",
        ),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:1 in / ", "ADD file:1 in /"),
        ("COPY /a /b # buildkit", "COPY /a /b"),
        ("RUN make # not /bin/sh -c x", "RUN make # not /bin/sh -c x"),
        ("# debian.sh --arch 'amd64' out/ 'trixie'", "# debian.sh --arch 'amd64' out/ 'trixie'"),
    ],
)
def test_what_a_builder_writes_goes(text: str, expected: str) -> None:
    assert cleaned(text) == expected
