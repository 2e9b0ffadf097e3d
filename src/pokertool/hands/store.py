"""Keeping hand histories in the database."""

from sqlalchemy import func, select

from pokertool.database import Database
from pokertool.hands.records import HandRecord
from pokertool.hands.schemas import Hand, HandPage, NewHand


def add_hand(database: Database, hand: NewHand) -> Hand:
    """Keep a hand history; the answer has its number."""
    fields = dict(hand) | {"hole": " ".join(hand.hole), "board": " ".join(hand.board)}
    with database.session() as session:
        record = HandRecord(**fields)
        session.add(record)
        session.flush()
        return Hand.kept(record.id, hand)


def find_hand(database: Database, number: int) -> Hand | None:
    """The hand history of a number, or None."""
    with database.session() as session:
        record = session.get(HandRecord, number)
        return None if record is None else _hand(record)


def list_hands(database: Database, *, limit: int, offset: int) -> HandPage:
    """Some hand histories, the last played first."""
    newest = select(HandRecord).order_by(HandRecord.played_at.desc(), HandRecord.id.desc())
    with database.session() as session:
        total = session.scalar(select(func.count()).select_from(HandRecord)) or 0
        records = session.scalars(newest.limit(limit).offset(offset)).all()
        return HandPage(
            items=[_hand(record) for record in records], total=total, limit=limit, offset=offset
        )


def _hand(record: HandRecord) -> Hand:
    return Hand(
        id=record.id,
        played_at=record.played_at,
        hole=record.hole.split(),
        board=record.board.split(),
        position=record.position,
        stack=record.stack,
        pot=record.pot,
        result=record.result,
        notes=record.notes,
    )
