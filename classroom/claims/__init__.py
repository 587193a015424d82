"""What the deck claims, and on what grounds: `assets/claims.yaml`, read and checked against the slides."""

from classroom.claims.claim import STATUSES, Claim, Side, Status
from classroom.claims.ledger import check, read

__all__ = ["STATUSES", "Claim", "Side", "Status", "check", "read"]
