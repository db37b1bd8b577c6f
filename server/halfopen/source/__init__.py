"""Text, positions, languages and parsing."""

from halfopen.source.document import Change, Document
from halfopen.source.languages import Language, language_of
from halfopen.source.parsing import MAX_FILE_BYTES, ParseTooSlow, SyntaxProblem, parse, syntax_problems
from halfopen.source.text import ColumnUnit, NotUtf8, Position, SourceText, Splice

__all__ = [
    "MAX_FILE_BYTES",
    "Change",
    "ColumnUnit",
    "Document",
    "Language",
    "NotUtf8",
    "ParseTooSlow",
    "Position",
    "SourceText",
    "Splice",
    "SyntaxProblem",
    "language_of",
    "parse",
    "syntax_problems",
]
