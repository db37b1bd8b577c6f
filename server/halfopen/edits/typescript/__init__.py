"""Edits of TypeScript and JavaScript files, in the style that each file has.

Statements are given with an indentation of two spaces and written with the file's semicolons, quotes,
indentation and line ends. Each builder gives no changes (`()`) where the text already is as wanted or
cannot safely be made so; none makes a file that parses stop parsing.
"""

from halfopen.edits.typescript.effect import add_effect_cleanup
from halfopen.edits.typescript.expressions import (
    add_class_field,
    add_options,
    insert_at_top_level,
    replace_expression,
)
from halfopen.edits.typescript.imports import add_named_import
from halfopen.edits.typescript.insertion import (
    add_first_statements,
    insert_statement_after,
    insert_statement_before,
)
from halfopen.edits.typescript.modules import NewModule, add_module

__all__ = [
    "NewModule",
    "add_class_field",
    "add_effect_cleanup",
    "add_first_statements",
    "add_module",
    "add_named_import",
    "add_options",
    "insert_at_top_level",
    "insert_statement_after",
    "insert_statement_before",
    "replace_expression",
]
