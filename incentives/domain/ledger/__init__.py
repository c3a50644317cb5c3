"""The ledger: append-only, balanced by construction, guarded in the database. Nothing else writes it."""

from incentives.domain.ledger.book import Book, InsufficientPoints, LedgerError
from incentives.domain.ledger.store import AlreadyPosted, open_book, posted_keys, write

__all__ = ["AlreadyPosted", "Book", "InsufficientPoints", "LedgerError", "open_book", "posted_keys", "write"]
