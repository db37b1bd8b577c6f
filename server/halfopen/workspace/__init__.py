"""The files of a workspace, what was read from them, and what an edit makes stale."""
