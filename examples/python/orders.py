"""What a shop does with an event, once: however often, and in whatever order, events come.

The rules are the same in every language:
- an event whose id was seen before changes nothing;
- goods are delivered once for an externalId, when it succeeded;
- `succeeded` wins: a failure that comes later changes nothing, a success after one delivers;
- an event that only a person can judge is put before a person;
- an event of an unknown type is ignored: new types may be added.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Literal, Self

type Verdict = Literal["deliver", "give up", "look", "nothing"]

SUCCEEDED = "payment.succeeded"
NOT_PAID = {"payment.failed", "payment.rejected"}
FOR_A_PERSON = {
    "payment.unresolved",
    "payment.mismatch",
    "payment.conflict",
    "callback.unmatched",
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS orders (
    external_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('paid', 'not paid'))
);
CREATE TABLE IF NOT EXISTS deliveries (external_id TEXT PRIMARY KEY);
"""


class Orders:
    """The shop's own database; here SQLite. What an event does is one transaction in it."""

    def __init__(self, path: str) -> None:
        """Opens the database, and makes the tables if they are not there."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the database."""
        self.close()

    def take(self, event: Mapping[str, Any]) -> Verdict:
        """Do what the event asks for, once. When this returns, it is done and will stay done.

        Raises KeyError for what is no event, sqlite3.Error if the database fails: then do not
        acknowledge the message, and it comes again.
        """
        with closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                verdict = take_within(cursor, event["id"], event["type"], event["subject"])
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
        return verdict


def take_within(cursor: sqlite3.Cursor, event_id: str, kind: str, external_id: str) -> Verdict:
    """The part inside the transaction."""
    cursor.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event_id,))
    if cursor.rowcount == 0:
        return "nothing"
    if kind == SUCCEEDED:
        return pay(cursor, external_id)
    if kind in NOT_PAID:
        return give_up(cursor, external_id)
    return "look" if kind in FOR_A_PERSON else "nothing"


def pay(cursor: sqlite3.Cursor, external_id: str) -> Verdict:
    """The order is paid, whatever was said of it before; its goods leave once."""
    cursor.execute(
        "INSERT INTO orders VALUES (?, 'paid')"
        " ON CONFLICT (external_id) DO UPDATE SET state = 'paid'",
        (external_id,),
    )
    # Here a shop writes its own delivery note: in the same transaction, so that it is written once.
    cursor.execute("INSERT OR IGNORE INTO deliveries VALUES (?)", (external_id,))
    return "deliver" if cursor.rowcount else "nothing"


def give_up(cursor: sqlite3.Cursor, external_id: str) -> Verdict:
    """The order is not paid, unless it is known to be."""
    cursor.execute("INSERT OR IGNORE INTO orders VALUES (?, 'not paid')", (external_id,))
    return "give up" if cursor.rowcount else "nothing"
