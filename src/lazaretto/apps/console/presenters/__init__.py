"""From facts to words: one module per part of a page. Nothing here reads the database or the clock."""
