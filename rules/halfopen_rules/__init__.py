"""The rules that ship with halfopen, one folder each: `<chapter>/<slug>/rule.py` and `rule.md`."""
