"""The site of halfopen's documentation: what is written in docs/ and clients/, and what is made from the code.

`python -m website` puts it into build/website. Rules' pages come from each `rule.md`, the settings from
their schema; neither is kept twice.
"""
