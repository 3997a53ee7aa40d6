"""Working together: for now the four daily steps of the leading group."""
