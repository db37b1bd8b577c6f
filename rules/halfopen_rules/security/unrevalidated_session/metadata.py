"""What both sides of the rule name."""

from __future__ import annotations

from halfopen.audit.finding import Severity

CODE = "WS7A"
SLUG = "unrevalidated-session"
USUAL = Severity.MEDIUM
