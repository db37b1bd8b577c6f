"""What libraries do by default, as data: one TOML table for each, read by one interpreter.

    model = defaults("uvicorn", "0.45.0", implementation="wsproto")
    model.keepalive.sends_pings            # Default(value=False, source="uvicorn release notes #2916 (0.46)", ...)
    defaults("partysocket", "^1.1.0").reconnection.jitter      # DependsOnVersion(...)

`LibraryModel` lists the aspects; a setting is a `Default`, a `DependsOnVersion`, or None when the
table does not speak of it. `Catalogue` finds libraries by the package that a requirement names
and by the module and export that code imports; `catalogue_with` adds a team's own tables.
The format of a table is described in `halfopen.libraries.table`.
"""

from halfopen.libraries.catalogue import (
    Catalogue,
    RejectedTable,
    built_in_catalogue,
    catalogue_with,
    defaults,
)
from halfopen.libraries.model import Default, DependsOnVersion, LibraryModel, Possibility, Setting
from halfopen.libraries.recognition import Constructor, Interface, Option
from halfopen.libraries.table import TableError, read_table
from halfopen.libraries.versions import VersionRange, version_range

__all__ = [
    "Catalogue",
    "Constructor",
    "Default",
    "DependsOnVersion",
    "Interface",
    "LibraryModel",
    "Option",
    "Possibility",
    "RejectedTable",
    "Setting",
    "TableError",
    "VersionRange",
    "built_in_catalogue",
    "catalogue_with",
    "defaults",
    "read_table",
    "version_range",
]
