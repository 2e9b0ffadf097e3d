"""Reads who an image's service runs as: names and numbers of users and groups."""

from __future__ import annotations

from typing import NamedTuple

_NAME, _UID, _GID = 0, 2, 3
_FIELDS = 4


class Account(NamedTuple):
    """A user and the group of its process."""

    uid: int
    gid: int

    def may_write(self, mode: int, uid: int, gid: int) -> bool:
        """Tell whether it may write a file with these permission bits and owners.

        Source: the kernel's rule, path_resolution(7): the owner's bits alone where it is the
        owner, else the group's, else the others'. Root may always.

        >>> Account(10, 0).may_write(0o664, 0, 0), Account(10, 10).may_write(0o664, 0, 0)
        (True, False)
        """
        if self.uid == 0:
            return True
        if self.uid == uid:
            return bool(mode & 0o200)
        return bool(mode & (0o020 if self.gid == gid else 0o002))


def account_of(user: str, passwd: str, group: str) -> Account | None:
    """Give the account that a configuration's USER names; None where nothing says its number.

    Args:
        user: as the configuration has it: `""`, `app`, `1000`, `1000:1000`, `app:app`.
        passwd: the text of the image's /etc/passwd.
        group: the text of its /etc/group.

    >>> account_of("app:0", "app:x:1000:1000::/:/bin/sh", "").uid
    1000
    """
    name, _, group_name = user.partition(":")
    rows = [row.split(":") for row in passwd.splitlines() if row.count(":") >= _FIELDS]
    known = next((row for row in rows if name in {row[_NAME], row[_UID]}), None)
    if not name:
        uid, gid = 0, 0
    elif name.isdigit():
        uid, gid = int(name), _number(known[_GID]) if known else 0
    elif known is not None:
        uid, gid = _number(known[_UID]), _number(known[_GID])
    elif name == "root":
        uid, gid = 0, 0
    else:
        return None
    if group_name.isdigit():
        gid = int(group_name)
    elif group_name:
        groups = [row.split(":") for row in group.splitlines() if row.count(":") >= _UID]
        found = next((row for row in groups if row[_NAME] == group_name), None)
        if found is None:
            return None
        gid = _number(found[_UID])
    return Account(uid, gid)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
