"""Who is let in: authentication, origin, limits and how long an admission lasts."""
