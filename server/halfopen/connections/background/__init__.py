"""Work that runs beside the connection, and who sees it fail."""
