"""What the deck claims, and on what grounds: `assets/claims.yaml`, read and checked against the slides."""

from classroom.claims.agreement import check
from classroom.claims.claim import STATUSES, TALK, Claim, Side, Status
from classroom.claims.command import command
from classroom.claims.ledger import read

__all__ = ["STATUSES", "TALK", "Claim", "Side", "Status", "check", "command", "read"]
